"""What a file states, or its values make certain, of units and conventions of its columns."""

from __future__ import annotations

from dataclasses import replace

from photometry_core.target_lists.aliases import (
    ARCSEC_NAMES,
    DEC_NAMES,
    DOUBTFUL_RATIOS,
    EAST_OF_NORTH,
    KIND_OF_NAME,
    RA_NAMES,
    WITHOUT_COS_DEC_UNKNOWN,
    spellings,
)
from photometry_core.target_lists.columns import ColumnValues, TableValues
from photometry_core.target_lists.contents import ListColumn, ListTable
from photometry_core.target_lists.frames import is_equatorial
from photometry_core.target_lists.mapping import SHAPE_ROLES, Choice, Mapping
from photometry_core.target_lists.units import UNITS, bracketed, unit_key, unit_of_header
from photometry_core.target_lists.values import is_iso_date

LARGEST_RADIANS = {"ra": 6.3, "dec": 1.6}
"""Just above 2 pi and pi / 2: what is larger is not in radians."""
_FULL_HOURS = 24.0
_SLOWEST_IN_MAS = 20.0
"""Arcsec/yr: nothing moves so fast, so that larger numbers are mas/yr."""


def with_what_is_stated(table: ListTable, mapping: Mapping) -> Mapping:
    """Return a mapping without columns that the table lacks, and with units that are certain.

    Parameters
    ----------
    table
        The table that the mapping is about.
    mapping
        Units and conventions that it has are kept as they are.
    """
    values = TableValues(table)
    roles = {
        role: choice
        for role, choice in mapping.roles.items()
        if all(name in values for name in choice.columns) and (choice.column or choice.constant)
    }
    mapping = replace(mapping, roles=roles)
    for role, choice in roles.items():
        if mapping.model != "sersic" and role in SHAPE_ROLES:
            continue
        if not choice.unit and role in UNITS:
            choice = replace(choice, unit=stated_unit(values, mapping, role))  # noqa: PLW2901
        if not choice.kind and role in ("axis_ratio", "position_angle"):
            choice = replace(choice, kind=stated_kind(values, role, choice))  # noqa: PLW2901
        mapping = mapping.with_choice(role, choice)
    return mapping


def stated_unit(values: TableValues, mapping: Mapping, role: str) -> str:
    """Return the key of the unit that a role's column certainly has; empty if it must be asked."""
    choice = mapping.choice(role)
    if role in ("ra", "dec"):
        return _coordinate_unit(values, mapping, role)
    column = _column(values, choice)
    if role == "ref_epoch":
        return _epoch_unit(column)
    if stated := _written_unit(role, column.column):
        unknown = role == "pm_ra" and WITHOUT_COS_DEC_UNKNOWN & set(spellings(column.column.name))
        return "" if unknown else stated
    if column.column.unit:
        return ""
    if role == "effective_radius":
        return "arcsec" if ARCSEC_NAMES & set(spellings(column.column.name)) else ""
    if role == "position_angle":
        certain = column.reach > LARGEST_RADIANS["ra"] or all(
            value.is_integer() for value in column.numbers
        )
        return "deg" if certain or len(choice.columns) > 1 else ""
    return _motion_unit(values, mapping, role, column)


def _column(values: TableValues, choice: Choice) -> ColumnValues:
    """Return the first column of a choice, or its constant as a column of one cell."""
    if choice.column:
        return values[choice.columns[0]]
    return ColumnValues(ListColumn(name=""), [choice.constant])


def _written_unit(role: str, column: ListColumn) -> str:
    """Return the key of the unit in the file's metadata, or else in the header."""
    return unit_key(role, column.unit) if column.unit else unit_of_header(role, column.name)


def _coordinate_unit(values: TableValues, mapping: Mapping, role: str) -> str:
    choice = mapping.choice(role)
    equatorial = is_equatorial(mapping.frame)
    of_hours = "sexagesimal" if role == "ra" and equatorial else "sexagesimal degrees"
    if len(choice.columns) > 1:
        return of_hours
    column = _column(values, choice)
    written = _written_unit(role, column.column)
    if column.is_mostly_sexagesimal:
        letters = column.first_letters()
        if letters:
            return of_hours if letters == {"h"} or role == "dec" else "sexagesimal degrees"
        contradicts = role == "ra" and equatorial and written == "deg"
        unclear = contradicts or (column.column.unit and not written)
        if written.startswith("sexagesimal"):
            return written
        return "" if unclear else of_hours
    if written.startswith("sexagesimal"):
        return "" if column.decimals else written
    if written or column.column.unit:
        return written
    return _unit_by_values(values, mapping, role, column)


def _unit_by_values(values: TableValues, mapping: Mapping, role: str, column: ColumnValues) -> str:
    """Return the unit of decimal coordinates without one, if only one is possible."""
    pairs = RA_NAMES if role == "ra" else DEC_NAMES
    known = (pairs.get(name) for name in spellings(column.column.name))
    if unit := next((pair.unit for pair in known if pair), ""):
        return unit
    limit = LARGEST_RADIANS[role]
    if role == "ra" and is_equatorial(mapping.frame):
        limit = _FULL_HOURS
    if column.reach > limit:
        return "deg"
    return _unit_of_partner(values, mapping, role)


def _unit_of_partner(values: TableValues, mapping: Mapping, role: str) -> str:
    """Return the unit that the other coordinate makes certain."""
    other = "dec" if role == "ra" else "ra"
    choice = mapping.choice(other)
    if not choice.column and not choice.constant:
        return ""
    partner = _column(values, choice)
    unit = choice.unit or _written_unit(other, partner.column)
    if role == "ra":
        # Declinations in degrees go with right ascensions in hours, too.
        equatorial = is_equatorial(mapping.frame)
        return "rad" if unit == "rad" else "" if equatorial else unit
    if unit == "rad":
        return "rad"
    if unit or partner.is_mostly_sexagesimal or partner.reach > LARGEST_RADIANS["ra"]:
        return "deg"
    return ""


def _epoch_unit(column: ColumnValues) -> str:
    """Return the unit of epochs, whose numbers differ so much that they tell it."""
    if written := _written_unit("ref_epoch", column.column):
        return written
    if 2 * sum(map(is_iso_date, column.sample)) > len(column.sample):
        return "iso"
    if not column.numbers:
        return "yr" if column.sample else ""
    low, high = min(column.numbers), max(column.numbers)
    for unit, least, most in (
        ("yr", 1800.0, 2200.0), ("mjd", 10_000.0, 100_000.0), ("jd", 2.3e6, 2.6e6),
    ):  # fmt: skip
        if least <= low and high <= most:
            return unit
    return ""


def _motion_unit(values: TableValues, mapping: Mapping, role: str, column: ColumnValues) -> str:
    """Return the unit of proper motions without one, if only one is possible."""
    names = set(spellings(column.column.name))
    if role == "pm_ra" and WITHOUT_COS_DEC_UNKNOWN & names:
        return ""
    of_gaia = any("refepoch" in spellings(name) for name in values.names)
    if column.reach > _SLOWEST_IN_MAS or (of_gaia and names & {"pmra", "pmdec"}):
        return "mas/yr"
    other = mapping.choice("pm_dec" if role == "pm_ra" else "pm_ra")
    if role == "pm_dec" and other.column:
        unit = other.unit or _written_unit("pm_ra", _column(values, other).column)
        return unit.removesuffix(" without cos(Dec)")
    return ""


def stated_kind(values: TableValues, role: str, choice: Choice) -> str:
    """Return the convention of an axis ratio or a position angle; empty if it must be asked."""
    if len(choice.columns) > 1:
        return "e1, e2"
    if role == "position_angle":
        names = set(spellings(choice.column))
        return "east of north" if not choice.column or names & EAST_OF_NORTH else ""
    kind = named_ratio(values, choice)
    return "" if kind != "b/a" and _is_doubtful(choice.column) else kind


def _is_doubtful(name: str) -> bool:
    """Whether a header may mean an ellipticity, a/b, or something else altogether."""
    return bool(DOUBTFUL_RATIOS & set(spellings(name))) and "/" not in bracketed(name)[0]


def named_ratio(values: TableValues, choice: Choice) -> str:
    """Return which ratio of the axes a header means; empty if nothing, or if values contradict."""
    column = _column(values, choice)
    named = next((KIND_OF_NAME[n] for n in spellings(choice.column) if n in KIND_OF_NAME), "")
    ratios = [value for value in column.numbers if value > 0]
    if not ratios:
        return named
    above = sum(value > 1 for value in ratios) / len(ratios)
    ones = all(value == 1 for value in ratios)
    if named == "a/b":
        return "a/b" if ones or above > 0.5 else ""
    if named:
        return named if above <= 0.5 and not (named == "1-b/a" and ones) else ""
    # An axis ratio without further words is not above 1 if it is minor over major.
    is_axis_ratio = bool({"axisratio", "axialratio"} & set(spellings(choice.column)))
    return "b/a" if is_axis_ratio and above == 0 else ""
