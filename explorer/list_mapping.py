"""Which column of a list is what: as the page shows it, and as a person changes it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from jobs.models import TargetList
from jobs.target_lists import file_of
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.answers import with_model
from photometry_core.target_lists.contents import ListColumn, ListFile
from photometry_core.target_lists.frames import frame_of
from photometry_core.target_lists.limits import MAX_CELL_LENGTH
from photometry_core.target_lists.mapping import (
    FRAMES,
    MOTION_ROLES,
    ROLES,
    SHAPE_ROLES,
    Choice,
    mapped_table,
)
from photometry_core.target_lists.mapping import Mapping as ListMapping
from photometry_core.target_lists.proposals import Proposal, answer, propose
from photometry_core.target_lists.stated import with_what_is_stated
from photometry_core.target_lists.units import KINDS, UNITS
from photometry_core.target_lists.values import looks_decimal_comma

MODELS = ("point", "sersic")
ANSWER = "answer:"
"""What the names of fields that answer a question begin with; the key of the question follows."""

_OF_A_ROLE = ("source", "shown", "column", "constant", "unit", "kind")
_ROWS_LOOKED_AT = 50
_Value = TypeVar("_Value")


def checked_text(text: str, what: str) -> str:
    """Return a text that somebody typed, without the blanks around it.

    Raises
    ------
    InvalidInputError
        It is longer than a cell of a list may be, or has characters that can't be printed.
    """
    text = text.strip()
    if len(text) > MAX_CELL_LENGTH:
        raise InvalidInputError(
            f"{what}: {len(text):,} characters given; allowed: at most {MAX_CELL_LENGTH:,}."
        )
    if not text.replace("\t", " ").isprintable():
        raise InvalidInputError(f"{what}: there are characters in it that can't be printed.")
    return text


def columns_of(file: ListFile, mapping: ListMapping) -> tuple[ListColumn, ...]:
    """Return the columns of the table in use, under the names that its header row gives them."""
    return mapped_table(file, mapping)[0].columns


def frames_of(file: ListFile, mapping: ListMapping) -> tuple[str, ...]:
    """Return the frames that the positions of a list can be in; its file may state a rare one."""
    table = file.tables[mapping.table]
    stated = (mapping.frame, frame_of(table.frame, table.equinox))
    return tuple(dict.fromkeys((*FRAMES, *filter(None, stated))))


def commas_matter(file: ListFile, mapping: ListMapping) -> bool:
    """Whether there are numbers whose commas may be decimal points."""
    if mapping.decimal_comma is not False:
        return True
    rows = mapped_table(file, mapping)[0].rows[:_ROWS_LOOKED_AT]
    return any(looks_decimal_comma(cell) for row in rows for cell in row)


@lru_cache(maxsize=16)
def proposal_of(list_id: str, table: int, header: bool | None) -> Proposal:
    """Return what the columns of a list seem to be; kept in memory for the next request."""
    return propose(file_of(TargetList(pk=list_id)), table, header=header)


def changed_mapping(file: ListFile, mapping: ListMapping, data: Mapping[str, str]) -> ListMapping:
    """Return the mapping with what a form says that differs from it.

    Parameters
    ----------
    file
        The file.
    mapping
        The mapping that the form was made of.
    data
        Fields: ``table``, ``header``, ``decimal_comma``, ``frame``, ``model``; for each role
        ``ROLE.source`` (``column`` or ``constant``), ``ROLE.column``, ``ROLE.constant``,
        ``ROLE.unit`` and ``ROLE.kind``; and ``answer:KEY`` for questions. Those that are absent
        leave things as they are. Another table or header makes all else a new proposal.
        ``ROLE.shown``, as ``ROLE.source``, is what the page shows, and changes nothing.

    Raises
    ------
    InvalidInputError
        A field has a value that its page does not offer.
    """
    proposed = _proposed_anew(file, mapping, data)
    if proposed is not None:
        return proposed
    _refuse_unknown_fields(data)
    changed = _with_switches(file, mapping, data)
    for role in ROLES:
        choice = _choice(file, changed, role, data)
        if choice != changed.choice(role):
            changed = _without_answers(changed, role, choice).with_choice(role, choice)
    changed = with_what_is_stated(mapped_table(file, changed)[0], changed)
    for name in data:
        if name.startswith(ANSWER) and data[name]:
            changed = answer(file, changed, name.removeprefix(ANSWER), data[name])
    return changed


def sources_of(data: Mapping[str, str]) -> dict[str, str]:
    """Return where the value of each role comes from, as a form says it: column or constant."""
    said = {role: data.get(f"{role}.source") or data.get(f"{role}.shown", "") for role in ROLES}
    return {role: source for role, source in said.items() if source}


def _without_answers(mapping: ListMapping, role: str, choice: Choice) -> ListMapping:
    """Forget what was answered about the column of a role, if it gets another one."""
    if choice.column == mapping.choice(role).column:
        return mapping
    kept = tuple(key for key in mapping.answered if key not in (f"{role}.unit", f"{role}.kind"))
    return replace(mapping, answered=kept)


def _with_switches(file: ListFile, mapping: ListMapping, data: Mapping[str, str]) -> ListMapping:
    """Return the mapping with what the form says of the whole table."""
    if "decimal_comma" in data:
        answers = {"yes": True, "no": False, "": None}
        mapping = replace(mapping, decimal_comma=_one_of(data, "decimal_comma", answers))
    if "frame" in data:
        frame = _one_of(data, "frame", _themselves("", *frames_of(file, mapping)))
        if frame != mapping.frame:
            mapping = replace(mapping, frame=frame, answered=(*mapping.answered, "frame"))
    if "model" in data:
        model = _one_of(data, "model", _themselves(*MODELS))
        if model != mapping.model:
            mapping = with_model(file, mapping, model)
            mapping = replace(mapping, answered=(*mapping.answered, "model"))
    return mapping


def _proposed_anew(
    file: ListFile, mapping: ListMapping, data: Mapping[str, str]
) -> ListMapping | None:
    """Return a new proposal if the form names another table, or another header, than in use."""
    table, header = mapping.table, mapping.header
    if "table" in data:
        numbers = {str(number): number for number in range(len(file.tables))}
        table = _one_of(data, "table", numbers)
    if "header" in data:
        header = _one_of(data, "header", {"names": True, "none": False, "": None})
    if (table, header) == (mapping.table, mapping.header):
        return None
    answered: tuple[str, ...] = mapping.answered
    if table != mapping.table:
        header, answered = None, ("table",)
    return replace(propose(file, table, header=header).mapping, answered=answered)


def _choice(file: ListFile, mapping: ListMapping, role: str, data: Mapping[str, str]) -> Choice:
    """Return what the form says of one role."""
    old = mapping.choice(role)
    column, constant = old.column, old.constant
    if f"{role}.column" in data:
        column = _column(file, mapping, role, data[f"{role}.column"])
    if f"{role}.constant" in data:
        constant = checked_text(data[f"{role}.constant"], role)
    source = data.get(f"{role}.source", "column" if column else "")
    if source == "constant":
        column = ""
    elif source == "column":
        constant = ""
    elif source:
        raise InvalidInputError(f"{role}.source: {source!r:.40} given; allowed: column, constant")
    if column and column != old.column:
        return Choice(column=column)
    unit, kind = old.unit, old.kind
    if f"{role}.unit" in data:
        units = UNITS.get(role, {})
        unit = _one_of(data, f"{role}.unit", _themselves("", *units))
    if f"{role}.kind" in data:
        kinds = KINDS.get(role, {})
        kind = _one_of(data, f"{role}.kind", _themselves("", *kinds))
    return Choice(column=column, constant=constant, unit=unit, kind=kind)


def _column(file: ListFile, mapping: ListMapping, role: str, name: str) -> str:
    names = [column.name for column in columns_of(file, mapping)]
    if not all(part in names for part in Choice(column=name).columns):
        raise InvalidInputError(
            f"{role}: the list has no column {name!r:.60}; choose one of its {len(names)} columns."
        )
    return name


def _refuse_unknown_fields(data: Mapping[str, str]) -> None:
    for name in data:
        role, dot, what = name.partition(".")
        if name.startswith(ANSWER) or not dot:
            continue
        if role not in ROLES or what not in _OF_A_ROLE:
            raise InvalidInputError(f"{name!r:.60} is no field of a mapping.")


def _themselves(*texts: str) -> dict[str, str]:
    return {text: text for text in texts}


def _one_of(data: Mapping[str, str], name: str, values: Mapping[str, _Value]) -> _Value:
    text = data[name]
    if text not in values:
        allowed = ", ".join(filter(None, values)) or "nothing"
        raise InvalidInputError(f"{name}: {text!r:.60} given; allowed: {allowed}")
    return values[text]


def used_roles(mapping: ListMapping) -> list[str]:
    """Return the roles that count for the model in use, those with a column or a constant."""
    return [
        role
        for role in ROLES
        if (mapping.choice(role).column or mapping.choice(role).constant)
        and (mapping.model == "sersic" or role not in SHAPE_ROLES)
    ]


def has_motion(mapping: ListMapping) -> bool:
    """Whether a proper motion or its epoch is chosen."""
    return any(role in MOTION_ROLES for role in used_roles(mapping))
