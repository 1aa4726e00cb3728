"""The Sersic profile and the proper motion of a row, value by value."""

from __future__ import annotations

import math

from photometry_core.target_lists.mapping import Choice
from photometry_core.target_lists.values import (
    TO_ARCSEC,
    UnreadableCellError,
    is_sentinel,
    julian_year,
    number_with_unit,
    out_of_range,
    plain,
)
from photometry_core.types import (
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    MAX_PROPER_MOTION_MAS_YR,
    REF_EPOCH_RANGE_YR,
    SERSIC_INDEX_RANGE,
)


def shape_value(role: str, text: str, choice: Choice, *, decimal_comma: bool) -> float:
    """Return one of the four Sersic parameters, as `photometry_core.types.SersicProfile` has it.

    Parameters
    ----------
    role
        One of `photometry_core.target_lists.mapping.SHAPE_ROLES`.
    text
        The cell; a unit in it counts more than that of the column.
    choice
        Unit and convention of the column.
    decimal_comma
        Whether its comma is a decimal point.

    Raises
    ------
    UnreadableCellError
        It is no number, or out of the range.
    """
    if choice.kind == "e1, e2":
        return _of_components(role, text, decimal_comma=decimal_comma)
    value, unit = number_with_unit(role, text, choice.unit, decimal_comma=decimal_comma)
    if role == "sersic_index":
        low, high = SERSIC_INDEX_RANGE
        if not low <= value <= high:
            raise out_of_range("S\u00e9rsic index", text, f"{low:g} to {high:g}")
        return value
    if role == "axis_ratio":
        return _axis_ratio(value, text, choice.kind)
    if role == "position_angle":
        return _position_angle(math.degrees(value) if unit == "rad" else value, text, choice.kind)
    radius = value * TO_ARCSEC[unit]
    if not 0.0 < radius <= MAX_EFFECTIVE_RADIUS_ARCSEC:
        allowed = f"above 0, to {MAX_EFFECTIVE_RADIUS_ARCSEC:g} arcsec"
        stated = text if unit == "arcsec" else f"{text} ({radius:.4g} arcsec)"
        raise out_of_range("effective radius", text if is_sentinel(text) else stated, allowed)
    return radius


def _axis_ratio(value: float, text: str, kind: str) -> float:
    """Return minor over major axis."""
    if kind == "a/b":
        if value < 1.0:
            raise out_of_range("axis ratio a/b", text, "1 or more")
        return 1.0 / value
    if kind == "1-b/a":
        if not 0.0 <= value < 1.0:
            raise out_of_range("ellipticity", text, "0 to below 1")
        return 1.0 - value
    if not 0.0 < value <= 1.0:
        hint = f"{1.0 / value:.4g}" if 1.0 < value <= 20.0 else ""
        raise out_of_range("axis ratio b/a", text, "above 0, to 1", hint)
    return value


def _position_angle(degrees: float, text: str, kind: str) -> float:
    """Return the angle of the major axis east of north."""
    if not -360.0 <= degrees <= 360.0:
        raise out_of_range("position angle", text, "-360 to 360 degrees")
    if kind == "from x":
        return math.fmod(degrees - 90.0, 360.0)
    if kind == "from RA":
        return math.fmod(90.0 - degrees, 360.0)
    return degrees


def _of_components(role: str, text: str, *, decimal_comma: bool) -> float:
    """Return axis ratio or position angle of the components e1 and e2 of the ellipticity."""
    parts = plain(text).split(" ")
    if len(parts) != 2:
        raise UnreadableCellError(f"{text!r} given; two components of an ellipticity are needed")
    first, second = (
        number_with_unit(role, part, "", decimal_comma=decimal_comma)[0] for part in parts
    )
    size = math.hypot(first, second)
    if size >= 1.0:
        raise out_of_range("ellipticity", text, "components whose squares add up to below 1")
    if role == "axis_ratio":
        return (1.0 - size) / (1.0 + size)
    return math.degrees(math.atan2(second, first)) / 2.0


def motion_value(
    role: str, text: str, choice: Choice, *, decimal_comma: bool, is_typed: bool
) -> tuple[float, bool]:
    """Return one component of the proper motion in mas/yr, and whether it lacks cos(Dec).

    Parameters
    ----------
    role
        ``pm_ra`` or ``pm_dec``.
    text, choice, decimal_comma
        As in `shape_value`.
    is_typed
        Whether a person wrote this one cell: then -999 is a number like others.

    Raises
    ------
    UnreadableCellError
        It is no number, or too large.
    """
    value, unit = number_with_unit(role, text, choice.unit, decimal_comma=decimal_comma)
    label = "proper motion"
    if is_sentinel(text) and abs(value) >= 999.0 and not is_typed:
        raise UnreadableCellError(f"{label} {text} usually stands for no value", why="absent")
    mas_yr = value * 1000.0 if unit.startswith("arcsec") else value
    if not abs(mas_yr) <= MAX_PROPER_MOTION_MAS_YR:
        allowed = f"{MAX_PROPER_MOTION_MAS_YR:g}"
        raise out_of_range(label, f"{text} ({unit})", f"-{allowed} to {allowed} mas/yr")
    return mas_yr, unit.endswith("without cos(Dec)")


def epoch_value(text: str, choice: Choice, *, decimal_comma: bool) -> float:
    """Return the epoch as a Julian year.

    Raises
    ------
    UnreadableCellError
        It is no date, or none of the last and the next decades.
    """
    year = julian_year(text, choice.unit, decimal_comma=decimal_comma)
    low, high = REF_EPOCH_RANGE_YR
    if not low <= year <= high:
        raise out_of_range("epoch", text, f"Julian years {low:g} to {high:g}")
    return year
