"""The four numbers of a Sersic profile, as people have them: checked one by one, in their units."""

from __future__ import annotations

from typing import Any

from photometry_core.errors import InvalidInputError
from photometry_core.extent import NOMINAL_PIXEL_ARCSEC
from photometry_core.types import (
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    SERSIC_INDEX_RANGE,
    SersicProfile,
)

AXIS_RATIO_KINDS = {
    "b/a": "b/a (minor / major)",
    "a/b": "a/b (major / minor)",
    "1-b/a": "1 \u2212 b/a (ellipticity)",
}
RADIUS_UNITS = {"arcsec": 1.0, "arcmin": 60.0, "deg": 3600.0, "pix": NOMINAL_PIXEL_ARCSEC}
"""Arcsec in each of the units that a radius can be typed in."""

RADIUS_UNIT_NAMES = {
    "arcsec": "arcsec",
    "arcmin": "arcmin",
    "deg": "degrees",
    "pix": f"pixels ({NOMINAL_PIXEL_ARCSEC} arcsec)",
}
_LOW_INDEX, _HIGH_INDEX = SERSIC_INDEX_RANGE
ALLOWED = {
    "sersic_index": f"{_LOW_INDEX:g} to {_HIGH_INDEX:g}",
    "axis_ratio": "above 0, to 1",
    "position_angle": "-360 to 360 degrees",
    "effective_radius": f"above 0, to {MAX_EFFECTIVE_RADIUS_ARCSEC:g} arcsec",
}
"""What each of the four can be, in the words of the messages."""

# No galaxy is a thinner needle: what is larger is not taken for a ratio of axes.
_MOST_ELONGATED = 100.0
_ROUND: dict[str, Any] = {
    "sersic_index": 1.0,
    "effective_radius_arcsec": 5.0,
    "axis_ratio": 1.0,
    "position_angle_deg": 0.0,
}


def checked_index(value: float) -> float:
    """Return a Sersic index.

    Raises
    ------
    InvalidInputError
        It is out of range.
    """
    return _checked("sersic_index", value)


def checked_angle(value: float) -> float:
    """Return a position angle in degrees east of north.

    Raises
    ------
    InvalidInputError
        It is out of range.
    """
    return _checked("position_angle_deg", value)


def axis_ratio_of(value: float, kind: str) -> float:
    """Return minor over major axis.

    Parameters
    ----------
    value
        As it was typed.
    kind
        What it is said to be, one of `AXIS_RATIO_KINDS`.

    Raises
    ------
    InvalidInputError
        It is out of range; where it looks like the inverse, the message says so.
    """
    if kind == "a/b":
        if not 1.0 <= value <= _MOST_ELONGATED:
            raise InvalidInputError(
                f"{value:g} given as a/b; allowed: 1 to {_MOST_ELONGATED:g}"
                + (" (is it b/a?)" if 0.0 < value < 1.0 else "")
            )
        return 1.0 / value
    if kind == "1-b/a":
        if not 0.0 <= value < 1.0:
            raise InvalidInputError(f"{value:g} given as ellipticity; allowed: 0 to below 1")
        return 1.0 - value
    if 1.0 < value <= _MOST_ELONGATED:
        raise InvalidInputError(
            f"{value:g} given; allowed: {ALLOWED['axis_ratio']}. It looks like a/b: b/a would be "
            f"{1.0 / value:.4g}. If it is, choose {AXIS_RATIO_KINDS['a/b']!r} beside it."
        )
    return _checked("axis_ratio", value)


def radius_arcsec(value: float, unit: str) -> float:
    """Return an effective radius in arcsec.

    Parameters
    ----------
    value
        As it was typed.
    unit
        A key of `RADIUS_UNITS`.

    Raises
    ------
    InvalidInputError
        It is out of range.
    """
    arcsec = value * RADIUS_UNITS[unit]
    try:
        return _checked("effective_radius_arcsec", arcsec)
    except InvalidInputError as error:
        if unit == "arcsec":
            raise
        name = RADIUS_UNIT_NAMES[unit].split(" ")[0]
        raise InvalidInputError(
            f"{value:g} {name} are {arcsec:g} arcsec; allowed: {ALLOWED['effective_radius']}"
        ) from error


def _checked(name: str, value: float) -> float:
    """Let the profile itself check one of its values; the message goes beside its field."""
    try:
        SersicProfile(**{**_ROUND, name: value})
    except InvalidInputError as error:
        raise InvalidInputError(str(error).partition(": ")[2]) from error
    return value
