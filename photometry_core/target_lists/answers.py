"""How the answer to a question about a list is taken into its mapping."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.frames import frame_of
from photometry_core.target_lists.mapping import COLUMN_JOINT, Choice, Mapping, mapped_table
from photometry_core.target_lists.pairs import find_pairs, pair_by_values
from photometry_core.target_lists.questions import questions
from photometry_core.target_lists.roles import propose
from photometry_core.target_lists.scoring import coordinate_columns
from photometry_core.target_lists.shape_columns import shape_columns_of
from photometry_core.target_lists.stated import with_what_is_stated


def answer(file: ListFile, mapping: Mapping, key: str, value: str) -> Mapping:
    """Return the mapping with one question answered.

    Raises
    ------
    InvalidInputError
        There is no such question, or the value is none of its answers.
    """
    asked = next((question for question in questions(file, mapping) if question.key == key), None)
    if asked is None:
        raise InvalidInputError(f"question: {key!r} is not open")
    if value not in [allowed for allowed, _ in asked.answers]:
        allowed = ", ".join(label for _, label in asked.answers)
        raise InvalidInputError(f"{key}: {value!r} is no answer; allowed: {allowed}")
    table, _ = mapped_table(file, mapping)
    mapping = with_what_is_stated(table, mapping)
    take = _TAKING.get(key) or (_take_role if "." not in key else _take_detail)
    mapping = take(file, mapping, key, value)
    return replace(mapping, answered=tuple(dict.fromkeys((*mapping.answered, key))))


def _take_table(file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    return replace(propose(file, int(value)).mapping, answered=mapping.answered)


def _take_header(file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    proposed = propose(file, mapping.table, header=value == "names").mapping
    return replace(proposed, answered=mapping.answered)


def _take_pair(file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    names = json.loads(value)
    if len(names) == 1:
        roles = {r: c for r, c in mapping.roles.items() if r not in ("ra", "dec")}
        return replace(mapping, roles={**roles, "position": Choice(column=names[0])})
    return with_pair(file, mapping, *names)


def with_pair(file: ListFile, mapping: Mapping, ra: str, dec: str) -> Mapping:
    """Return a mapping with two columns as the position, and with what the file says of them.

    Parameters
    ----------
    file, mapping
        The list.
    ra, dec
        The columns, as `photometry_core.target_lists.mapping.Choice` has them.
    """
    table = mapped_table(file, mapping)[0]
    values = TableValues(table)
    columns = [coordinate_columns(values, role) for role in ("ra", "dec")]
    pairs = [*find_pairs(values, *columns), *pair_by_values(values, *columns)]
    frames = [
        pair.frame
        for pair in pairs
        if (pair.ra.candidate.column, pair.dec.candidate.column) == (ra, dec)
    ]
    frame = frames[0] if frames else frame_of(table.frame, table.equinox) or "ICRS"
    mapping = replace(mapping, frame=frame)
    for role, name in (("ra", ra), ("dec", dec)):
        mapping = mapping.with_choice(role, Choice(column=name))
    names = [*ra.split(COLUMN_JOINT), *dec.split(COLUMN_JOINT)]
    has_commas = any(values[name].n_decimal_commas for name in names)
    if has_commas and mapping.decimal_comma is False and "decimal_comma" not in mapping.answered:
        mapping = replace(mapping, decimal_comma=None)
    return with_what_is_stated(table, mapping)


def _take_decimal_comma(_file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    return replace(mapping, decimal_comma=value == "yes")


def _take_frame(file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    return with_what_is_stated(mapped_table(file, mapping)[0], replace(mapping, frame=value))


def _take_ra_unit(_file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    mapping = mapping.with_choice("ra", replace(mapping.choice("ra"), unit=value))
    declination = mapping.choice("dec")
    if declination.unit or not (declination.column or declination.constant):
        return mapping
    unit = value if value in ("rad", "arcsec") else "deg"
    return mapping.with_choice("dec", replace(declination, unit=unit))


def _take_epoch(_file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    if value == "none":
        motion = ("pm_ra", "pm_dec", "ref_epoch")
        return replace(mapping, roles={r: c for r, c in mapping.roles.items() if r not in motion})
    return mapping.with_choice("ref_epoch", Choice(constant=value, unit="yr"))


def _take_model(file: ListFile, mapping: Mapping, _: str, value: str) -> Mapping:
    return with_model(file, mapping, value)


def with_model(file: ListFile, mapping: Mapping, model: str) -> Mapping:
    """Return a mapping of point sources, or of galaxies with the parameters that are found.

    Parameters
    ----------
    file, mapping
        The list.
    model
        ``point`` or ``sersic``.
    """
    table = mapped_table(file, mapping)[0]
    mapping = replace(mapping, model=model)
    if model == "sersic":
        for role, candidate in shape_columns_of(TableValues(table)).items():
            if mapping.choice(role) == Choice():
                mapping = mapping.with_choice(role, Choice(column=candidate.column))
    return with_what_is_stated(table, mapping)


def _take_role(file: ListFile, mapping: Mapping, role: str, value: str) -> Mapping:
    return with_what_is_stated(
        mapped_table(file, mapping)[0], mapping.with_choice(role, Choice(column=value))
    )


def _take_detail(file: ListFile, mapping: Mapping, key: str, value: str) -> Mapping:
    role, detail = key.split(".")
    choice = mapping.choice(role)
    changed = replace(choice, unit=value) if detail == "unit" else replace(choice, kind=value)
    return with_what_is_stated(mapped_table(file, mapping)[0], mapping.with_choice(role, changed))


_TAKING: dict[str, Callable[[ListFile, Mapping, str, str], Mapping]] = {
    "table": _take_table,
    "header": _take_header,
    "position.pair": _take_pair,
    "decimal_comma": _take_decimal_comma,
    "frame": _take_frame,
    "ra.unit": _take_ra_unit,
    "model": _take_model,
    "motion": _take_epoch,
    "ref_epoch": _take_epoch,
}
