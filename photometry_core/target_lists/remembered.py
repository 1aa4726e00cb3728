"""What a person said of earlier lists, laid over what is proposed for one with the same columns.

What was proposed for an earlier list, and never touched, is not remembered: whether values are
hours or degrees is another question in another file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from photometry_core.target_lists.answers import answer
from photometry_core.target_lists.columns import ColumnValues, TableValues
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.frames import is_equatorial
from photometry_core.target_lists.mapping import ROLES, Choice, Mapping, mapped_table
from photometry_core.target_lists.question import LABELS, Question
from photometry_core.target_lists.questions import questions
from photometry_core.target_lists.roles import propose
from photometry_core.target_lists.stated import LARGEST_RADIANS, with_what_is_stated

_FULL_HOURS = 24.0
_DETAILS = ("unit", "kind")
_LABELS = {"position": "position", "name": "name", **LABELS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A mapping with what was said of earlier lists.

    Parameters
    ----------
    mapping
        The mapping.
    sources
        Numbers of the earlier lists from which something was taken, from 0.
    """

    mapping: Mapping
    sources: tuple[int, ...]


def recalled(
    file: ListFile, proposed: Mapping, earlier: Iterable[tuple[ListFile, Mapping]]
) -> Recalled:
    """Return a proposal with what a person said of lists with the same columns.

    Parameters
    ----------
    file
        The new list.
    proposed
        What its columns seem to be.
    earlier
        Earlier lists with the same columns, the last changed first. All that was said of the first
        counts; of the others, what they answer of the questions that are still open.
    """
    mapping, sources = proposed, []
    for number, (other, said) in enumerate(earlier):
        before = mapping
        if number == 0:
            mapping = _with_choices(file, mapping, other, said)
        mapping = _with_answers(file, mapping, other, said)
        if mapping != before:
            sources.append(number)
        if not questions(file, mapping):
            break
    return Recalled(mapping=mapping, sources=tuple(sources))


def taken_over(proposed: Mapping, mapping: Mapping) -> tuple[str, ...]:
    """Return in words in which fields a mapping is not what was proposed.

    Parameters
    ----------
    proposed
        The proposal for the table and the header of the mapping.
    mapping
        The mapping.
    """
    words = ["table"] if "table" in mapping.answered else []
    words += ["first row"] if "header" in mapping.answered else []
    if mapping.frame != proposed.frame or "frame" in mapping.answered:
        words.append("frame")
    if mapping.model != proposed.model or "model" in mapping.answered:
        words.append("shape of the targets")
    if mapping.decimal_comma != proposed.decimal_comma:
        words.append("decimal comma")
    for role in ROLES:
        old, new = proposed.choice(role), mapping.choice(role)
        if (old.column, old.constant) != (new.column, new.constant):
            words.append(_LABELS[role])
            continue
        if role in ("ra", "dec") and "frame" in words:
            continue  # their units follow from it
        if old.unit != new.unit:
            words.append(f"unit of {_LABELS[role]}")
        if old.kind != new.kind or f"{role}.kind" in mapping.answered:
            words.append(f"convention of {_LABELS[role]}")
    return tuple(words)


def _with_choices(file: ListFile, own: Mapping, other: ListFile, said: Mapping) -> Mapping:
    """Take over columns, constants and switches that were not as they had been proposed."""
    if said.table != own.table and "table" not in said.answered:
        return own
    own = _with_table(file, own, said)
    proposed = propose(other, said.table, header=said.header).mapping
    values = TableValues(mapped_table(file, own)[0])
    old_values = TableValues(mapped_table(other, said)[0])
    if said.model != proposed.model:
        own = replace(own, model=said.model)
    own = _with_columns(own, proposed, said)
    if (
        said.frame != proposed.frame == own.frame
        and said.frame
        and (is_equatorial(said.frame) or _are_written_alike(values, old_values, own))
    ):
        own = replace(own, frame=said.frame, answered=(*own.answered, "frame"))
        own = _without_details(own, "ra", "dec")
    own = with_what_is_stated(values.table, own)
    own = _with_details(values, own, _untouched(old_values, said), said)
    has_commas = any(
        values[name].n_decimal_commas
        for role, choice in own.roles.items()
        if role not in ("position", "name")
        for name in choice.columns
    )
    is_said = said.decimal_comma not in (None, proposed.decimal_comma)
    return replace(own, decimal_comma=said.decimal_comma) if has_commas and is_said else own


def _with_table(file: ListFile, own: Mapping, said: Mapping) -> Mapping:
    """Take over which table of the file has the targets, and whether its first row has names."""
    answered = ["table"] if "table" in said.answered else []
    if said.header != own.header or "header" in said.answered:
        answered.append("header")
    if (said.table, said.header) != (own.table, own.header):
        own = propose(file, said.table, header=said.header).mapping
    return replace(own, answered=tuple(answered))


def _with_columns(own: Mapping, proposed: Mapping, said: Mapping) -> Mapping:
    """Take over the columns and constants that were chosen; a column's unit is no part of that."""
    for role in ROLES:
        old, new = proposed.choice(role), said.choice(role)
        if new.column and new.column != old.column:
            own = own.with_choice(role, Choice(column=new.column))
        elif not new.column and new != old:
            own = own.with_choice(role, new)
    return own


def _with_details(values: TableValues, own: Mapping, untouched: Mapping, said: Mapping) -> Mapping:
    """Take over units and conventions that somebody put in the place of those that were certain."""
    for role, choice in own.roles.items():
        certain, chosen = untouched.choice(role), said.choice(role)
        if not choice.column or choice.column != chosen.column:
            continue
        for detail in _DETAILS:
            old, new = getattr(certain, detail), getattr(chosen, detail)
            is_override = old and new and old != new and getattr(choice, detail) == old
            if is_override and _supports(values, role, choice, new):
                own = own.with_choice(role, replace(own.choice(role), **{detail: new}))
    return own


def _untouched(values: TableValues, said: Mapping) -> Mapping:
    """Return the mapping with the units and conventions that its file makes certain."""
    columns = [role for role, choice in said.roles.items() if choice.column]
    return with_what_is_stated(values.table, _without_details(said, *columns))


def _without_details(mapping: Mapping, *roles: str) -> Mapping:
    for role in roles:
        choice = mapping.choice(role)
        if choice.column:
            mapping = mapping.with_choice(role, Choice(column=choice.column))
    return mapping


def _are_written_alike(values: TableValues, others: TableValues, mapping: Mapping) -> bool:
    """Whether both files have decimals as coordinates, or both sexagesimal numbers."""
    names = [name for role in ("ra", "dec") for name in mapping.choice(role).columns]
    return all(
        values[name].is_mostly_sexagesimal == others[name].is_mostly_sexagesimal
        for name in names
        if name in values and name in others
    )


def _with_answers(file: ListFile, mapping: Mapping, other: ListFile, said: Mapping) -> Mapping:
    """Answer the questions that were answered before, if they are the same."""
    seen: set[str] = set()
    while True:
        values = TableValues(mapped_table(file, mapping)[0])
        asked = (one for one in questions(file, mapping) if one.key not in seen)
        question = next(asked, None)
        if question is None:
            return mapping
        seen.add(question.key)
        value = _value_said(other, said, question, mapping)
        if value in dict(question.answers) and _fits(values, mapping, question.key, value):
            mapping = answer(file, mapping, question.key, value)


def _fits(values: TableValues, mapping: Mapping, key: str, value: str) -> bool:
    role, _, detail = key.partition(".")
    choice = mapping.choice(role)
    return not (detail in _DETAILS and choice.column) or _supports(values, role, choice, value)


def _value_said(other: ListFile, said: Mapping, question: Question, mapping: Mapping) -> str:
    """Return what was answered to a question about an earlier list; empty if it was not."""
    key = question.key
    if key != "table" and said.table != mapping.table:
        return ""
    if key.partition(".")[2] in _DETAILS:
        return _detail_said(other, said, question, mapping)
    if key not in said.answered:
        return ""
    if key == "position.pair":
        pair = [said.choice(role).column for role in ("ra", "dec")]
        names = pair if all(pair) else [said.choice("position").column]
        return json.dumps(names) if all(names) else ""
    return {
        "table": str(said.table),
        "header": "" if said.header is None else "names" if said.header else "row",
        "frame": said.frame,
        "decimal_comma": "yes" if said.decimal_comma else "no",
        "model": said.model,
    }.get(key, "")


def _detail_said(other: ListFile, said: Mapping, question: Question, mapping: Mapping) -> str:
    """Return the unit or convention that was chosen when the very same question was open."""
    role, _, detail = question.key.partition(".")
    choice = said.choice(role)
    value: str = getattr(choice, detail)
    if not value or choice.column != mapping.choice(role).column:
        return ""
    # A declination in degrees may be no more than what was concluded of the right ascension.
    roles = ("ra", "dec") if role == "ra" else (role,)
    answered = tuple(key for key in said.answered if key != question.key)
    reopened = replace(_without_details(said, *roles), answered=answered)
    restated = with_what_is_stated(mapped_table(other, said)[0], reopened)
    is_said = question.key in said.answered or getattr(restated.choice(role), detail) != value
    same = next((one for one in questions(other, reopened) if one.key == question.key), None)
    if not is_said or same is None or dict(same.answers).keys() != dict(question.answers).keys():
        return ""
    return value


def _supports(values: TableValues, role: str, choice: Choice, detail: str) -> bool:
    """Whether the values of a column can have a unit, or a convention."""
    if len(choice.columns) > 1:
        return True
    column = values[choice.column]
    if role == "axis_ratio":
        return _is_possible_ratio(column, detail)
    if role not in LARGEST_RADIANS:
        return detail != "rad" or column.reach <= LARGEST_RADIANS["ra"]
    if detail.startswith("sexagesimal") or column.is_mostly_sexagesimal:
        return detail.startswith("sexagesimal") and column.is_mostly_sexagesimal
    limits = {"hourangle": _FULL_HOURS, "rad": LARGEST_RADIANS[role]}
    return column.reach <= limits.get(detail, float("inf"))


def _is_possible_ratio(column: ColumnValues, kind: str) -> bool:
    ratios = [value for value in column.numbers if value > 0]
    above = sum(value > 1 for value in ratios)
    below = sum(value < 1 for value in ratios)
    return not below if kind == "a/b" else not above
