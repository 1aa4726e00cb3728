"""The two coordinates of a position, each in a cell of its own."""

from __future__ import annotations

import re

from photometry_core.target_lists.frames import axis_names, is_equatorial
from photometry_core.target_lists.units import UNITS, unit_key
from photometry_core.target_lists.values import (
    TO_DEGREES,
    UnreadableCellError,
    is_sexagesimal,
    number,
    out_of_range,
    plain,
    sexagesimal,
)

_ONE_NUMBER = re.compile(r"[+-]?[0-9]*[.,]?[0-9]*")
"""What nearly all cells are: those need not be looked at as anything else."""

_FORTRAN = re.compile(r"[+-]?[0-9]+[dD][0-9]+")
"""Numbers that look like degrees and minutes."""


def angle_deg(
    role: str,
    text: str,
    unit: str,
    frame: str,
    *,
    decimal_comma: bool = False,
    is_typed: bool = False,
) -> float:
    """Return a coordinate in degrees; its range is checked.

    Parameters
    ----------
    role
        ``ra`` or ``dec``: the first or the second coordinate of the frame.
    text
        The cell.
    unit
        Key of the unit of the column.
    frame
        Of the position.
    decimal_comma
        Whether its comma is a decimal point.
    is_typed
        Whether a person wrote this one cell, and may have chosen another form than the column
        has: ``12h30m``, ``12:30:00``, ``187.5d``.

    Raises
    ------
    UnreadableCellError
        It is not a coordinate in this unit, or out of range.
    """
    name = axis_names(frame)[role == "dec"]
    in_hours = role == "ra" and is_equatorial(frame)
    if _has_parts(text, unit, is_typed=is_typed):
        value, hours = _of_parts(role, text, unit, in_hours=in_hours, is_typed=is_typed, name=name)
    else:
        value, hours = _of_number(role, text, unit, decimal_comma, is_typed=is_typed)
    return _in_range(role, name, text, value, unit, hours=hours)


def _has_parts(text: str, unit: str, *, is_typed: bool) -> bool:
    """Whether a cell is sexagesimal; ``1d2`` is so only in columns that are."""
    if _ONE_NUMBER.fullmatch(text) or not is_sexagesimal(text):
        return False
    if _FORTRAN.fullmatch(text) and not unit.startswith("sexagesimal"):
        if is_typed:
            raise UnreadableCellError(f"{text!r} could be a power of ten; write {text}m")
        return False
    return True


def _of_parts(
    role: str, text: str, unit: str, *, in_hours: bool, is_typed: bool, name: str
) -> tuple[float, bool]:
    """Return the degrees of a sexagesimal cell, and whether it is in hours."""
    value, letter = sexagesimal(text)
    if letter == "h" and not in_hours:
        raise UnreadableCellError(f"{name} {text!r} can't be in hours")
    if letter:
        hours = letter == "h"
    elif unit.startswith("sexagesimal"):
        hours = unit == "sexagesimal" and in_hours
    else:
        hours = in_hours
    degrees = value * 15.0 if hours else value
    if not unit.startswith("sexagesimal") and not is_typed:
        in_unit = degrees / TO_DEGREES[unit]
        raise UnreadableCellError(
            f"{name} {text!r} is sexagesimal, but this column is in {UNITS[role][unit]}",
            f"{in_unit:.10g}",
            why="mixed",
        )
    return degrees, hours


def _of_number(
    role: str, text: str, unit: str, decimal_comma: bool, *, is_typed: bool
) -> tuple[float, bool]:
    """Return the degrees of a decimal cell, and whether it is in hours."""
    stated = ""
    bare = text if _ONE_NUMBER.fullmatch(text) else plain(text)
    if bare[-1:] in ("d", "h", "D", "H") and bare[-2:-1].isdigit():
        bare, stated = bare[:-1], unit_key(role, bare[-1])
        if not stated:
            raise UnreadableCellError(f"{text!r} can't be in hours")
    elif bare.casefold().endswith(("deg", "degrees", "rad", "hours")):
        letters = bare.lstrip("+-.0123456789eE ,")
        bare, stated = bare[: len(bare) - len(letters)].strip(), unit_key(role, letters)
    value = number(bare, decimal_comma=decimal_comma)
    same = stated == unit or (stated == "deg" and unit == "sexagesimal degrees")
    if stated and not same and not is_typed and not unit.startswith("sexagesimal"):
        raise UnreadableCellError(
            f"{text!r} is not in {UNITS[role][unit]} as this column is",
            f"{value * TO_DEGREES[stated] / TO_DEGREES[unit]:.10g}",
            why="mixed",
        )
    if not stated and unit == "sexagesimal":
        raise UnreadableCellError(
            f"{text!r} could be hours or degrees among hours, minutes and seconds; write "
            f"{bare}h or {bare}d",
            f"{bare}d" if abs(value) > 24.0 else "",
            why="mixed",
        )
    key = stated or ("deg" if unit == "sexagesimal degrees" else unit)
    return value * TO_DEGREES[key], key == "hourangle"


def _in_range(role: str, name: str, text: str, degrees: float, unit: str, *, hours: bool) -> float:
    """Return a coordinate in its range, the first one in [0, 360)."""
    if role == "dec":
        if -90.0 <= degrees <= 90.0:
            return degrees
        raise out_of_range(name, text, _limits(-90.0, 90.0, unit))
    if 0.0 <= degrees <= 360.0:
        return degrees % 360.0
    allowed = "0 to 24 hours" if hours else _limits(0.0, 360.0, unit)
    turned = _turned(text, unit) if -180.0 <= degrees < 0.0 else ""
    raise out_of_range(name, text, allowed, turned)


def _limits(low: float, high: float, unit: str) -> str:
    if unit in ("rad", "arcsec"):
        factor = TO_DEGREES[unit]
        return f"{low / factor:.5g} to {high / factor:.7g} {UNITS['dec'][unit]}"
    return f"{low:g} to {high:g} degrees"


def _turned(text: str, unit: str) -> str:
    """Return a negative first coordinate plus a full turn; empty if it is sexagesimal."""
    try:
        value = number(text, decimal_comma="," in text)
    except UnreadableCellError:
        return ""
    turned = f"{value + 360.0 / TO_DEGREES.get(unit, 1.0):.12g}"
    return turned.replace(".", ",") if "," in text else turned
