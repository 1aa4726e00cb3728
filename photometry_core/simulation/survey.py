"""The simulated survey: when the telescope looked where, over 18 months.

The survey is divided into planning periods of 3.5 days. In each, the boresight follows a
great circle through the ecliptic poles, at right angles to the Sun: down the side where
the Sun is 90 degrees behind, with +y to the south, and up the other, with +y to the north.
The circle moves with the Sun, 3.45 degrees per period, so that every position is seen twice
a year. Steps along the circle are 708.7 arcsec, one spectral channel; four of them, 128.9 s
apart, make a large slew. Near the poles the circle is completed by deep pointings, which
are also made with the boresight moved aside, so that each pair of detectors passes
over the poles.

Every pointing is a function of its number; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from photometry_core.celestial import TanSip
from photometry_core.simulation.focal_plane import COLUMN_OFFSET_DEG, detector_geometry
from photometry_core.simulation.seeds import uniforms
from photometry_core.types import BoolArray, FloatArray, IntArray

SURVEY_START_MJD = 60789.5
"""2025-04-24 12:00 UTC, the start of the second half of ISO week 17."""

PERIOD_DAYS = 3.5
PERIODS = 158
"""To 2026-10-30 12:00 UTC."""

QR3_START_MJD = 61241.0
"""2026-07-20: from here on exposures belong to the third quick release, before to the second."""

SMALL_SLEWS = 4
SMALL_SLEW_SECONDS = 128.9
FRAME_SECONDS = 1.5349
EXPOSURE_SECONDS = 75 * FRAME_SECONDS
"""From MJD-BEG to MJD-END."""

STEP_DEG = 708.7 / 3600

_ARC_SLEWS = 215
_DEEP_SLEWS = 15
_DEEP_SIDES = np.array([-1.0, 0.0, 1.0])
_WIDE_SLEWS = 2 * _ARC_SLEWS
_SLEWS = _WIDE_SLEWS + 2 * _DEEP_SIDES.size * _DEEP_SLEWS
POINTINGS_PER_PERIOD = _SLEWS * SMALL_SLEWS
POINTINGS = PERIODS * POINTINGS_PER_PERIOD
_SLEW_STRIDE = 49
"""Successive large slews are so many places apart on the circle: a tenth of an orbit."""

_SLEW_OF_ORDER = np.arange(_SLEWS) * _SLEW_STRIDE % _SLEWS
_ORDER_OF_SLEW = np.argsort(_SLEW_OF_ORDER)

_SUN_START_DEG = 34.1
_SUN_DEG_PER_DAY = 360.0 / 365.25
_ROLL_DEG = 0.6
_DITHER_DEG = 25.0 / 3600
_DITHER_ROLL_DEG = 0.05

_OBLIQUITY = np.radians(84381.448 / 3600)
_TO_ICRS = np.array([
    [1.0, 0.0, 0.0],
    [0.0, np.cos(_OBLIQUITY), -np.sin(_OBLIQUITY)],
    [0.0, np.sin(_OBLIQUITY), np.cos(_OBLIQUITY)],
])  # fmt: skip
"""From ecliptic (J2000) to ICRS unit vectors."""

POLE_ICRS = _TO_ICRS[:, 2]
"""Unit vector of the north ecliptic pole."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pointings:
    """Where the telescope looked, for n pointings.

    Parameters
    ----------
    number
        Numbers of the pointings, 0 to POINTINGS - 1, shape (n,).
    boresight, x_axis, y_axis
        ICRS unit vectors of the boresight and of the focal plane's axes, shape (n, 3).
    planned_longitude_deg, planned_latitude_deg, planned_angle_deg
        Ecliptic boresight and position angle of +y, without roll offset and dither.
    deep
        Whether it belongs to the deep survey.
    """

    number: IntArray
    boresight: FloatArray
    x_axis: FloatArray
    y_axis: FloatArray
    planned_longitude_deg: FloatArray
    planned_latitude_deg: FloatArray
    planned_angle_deg: FloatArray
    deep: BoolArray


def pointings(number: npt.ArrayLike) -> Pointings:
    """Return pointings by their numbers, shape (n,)."""
    number = np.atleast_1d(np.asarray(number, dtype=np.int64))
    period, order, small = _split(number)
    slew = _SLEW_OF_ORDER[order]
    strip, along_deg, angle_deg, side = _on_strip(period, slew, small)
    up, outward, east = _strip_axes(strip)
    along, aside = np.radians(along_deg)[:, None], np.radians(side * COLUMN_OFFSET_DEG)[:, None]
    forward = np.cos(along) * outward + np.sin(along) * up
    north = -np.sin(along) * outward + np.cos(along) * up
    sign = np.where(angle_deg == 0, 1.0, -1.0)[:, None]
    # With +y to the north +x points west, with +y to the south it points east.
    x_axis, y_axis = -sign * east, sign * north
    forward, x_axis = _turned(forward, x_axis, aside)
    planned, planned_angle = forward, _position_angle(forward, y_axis)
    dx, dy = ((uniforms(stream, number) * 2 - 1) * _DITHER_DEG for stream in (101, 102))
    roll = _ROLL_DEG + (uniforms(103, number) * 2 - 1) * _DITHER_ROLL_DEG
    x_axis, y_axis = _turned(x_axis, y_axis, np.radians(roll)[:, None])
    forward, x_axis = _turned(forward, x_axis, np.radians(dx)[:, None])
    forward, y_axis = _turned(forward, y_axis, np.radians(dy)[:, None])
    return Pointings(
        number=number,
        boresight=forward @ _TO_ICRS.T,
        x_axis=x_axis @ _TO_ICRS.T,
        y_axis=y_axis @ _TO_ICRS.T,
        planned_longitude_deg=np.degrees(np.arctan2(planned[:, 1], planned[:, 0])) % 360.0,
        planned_latitude_deg=np.degrees(np.arcsin(np.clip(planned[:, 2], -1, 1))),
        planned_angle_deg=planned_angle,
        deep=slew >= _WIDE_SLEWS,
    )


def begin_mjd(number: npt.ArrayLike) -> FloatArray:
    """Return the start (MJD-BEG) of pointings by their numbers."""
    period, order, small = _split(np.asarray(number, dtype=np.int64))
    seconds = order * (PERIOD_DAYS * 86400.0 / _SLEWS) + small * SMALL_SLEW_SECONDS
    return np.asarray(SURVEY_START_MJD + period * PERIOD_DAYS + seconds / 86400.0)


def mid_mjd(number: npt.ArrayLike) -> FloatArray:
    """Return the middle (MJD-AVG) of pointings by their numbers."""
    return begin_mjd(number) + EXPOSURE_SECONDS / 2 / 86400.0


@lru_cache(maxsize=4096)
def release(number: int) -> str:
    """Return the quick release that a pointing belongs to, ``qr2`` or ``qr3``."""
    return "qr3" if float(begin_mjd(number)) >= QR3_START_MJD else "qr2"


def is_deep(number: npt.ArrayLike) -> BoolArray:
    """Whether pointings belong to the deep survey."""
    _, order, _ = _split(np.asarray(number, dtype=np.int64))
    return np.asarray(_SLEW_OF_ORDER[order] >= _WIDE_SLEWS)


def slew_numbers(number: int) -> tuple[int, int, int]:
    """Return planning period (from 0), large slew (from 0) and small slew (from 1)."""
    period, order, small = _split(np.asarray(number))
    return int(period), int(order), int(small) + 1


@lru_cache(maxsize=4096)
def celestial_wcs(number: int, detector: int) -> TanSip:
    """Return the celestial WCS of one detector in one pointing."""
    center, x_axis, y_axis = axes_of(number, detector)
    ra = np.arctan2(center[1], center[0])
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    north = np.cross(center, east)
    axes = np.array([[east @ x_axis, east @ y_axis], [north @ x_axis, north @ y_axis]])
    dec = np.degrees(np.arctan2(center[2], np.hypot(center[0], center[1])))
    return detector_geometry(detector).wcs((float(np.degrees(ra) % 360.0), float(dec)), axes)


@lru_cache(maxsize=4096)
def axes_of(number: int, detector: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return tangent point and plane axes of one detector in one pointing, shape (3,)."""
    offset = detector_geometry(detector).offset_deg
    center, x_axis, y_axis = detector_axes(pointings(number), offset)
    return center[0], x_axis[0], y_axis[0]


def detector_axes(
    pointing: Pointings, offset_deg: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a detector's tangent point and plane axes as ICRS unit vectors, shape (n, 3)."""
    angle = np.full((pointing.number.size, 1), np.radians(offset_deg))
    center, x_axis = _turned(pointing.boresight, pointing.x_axis, angle)
    return center, x_axis, pointing.y_axis


def candidates(direction: FloatArray, offset_deg: float, reach_deg: float) -> IntArray:
    """Return numbers of all pointings that bring a detector near a direction, ascending.

    Parameters
    ----------
    direction
        ICRS unit vector, shape (3,).
    offset_deg
        Of the detector from the boresight, along +x.
    reach_deg
        Pointings are returned if the direction is within this of the detector's tangent
        point along both axes; some of those returned are a little further off.
    """
    ecliptic = direction @ _TO_ICRS
    period, kind = (grid.ravel() for grid in np.mgrid[:PERIODS, : _STRIPS.shape[0]])
    first_slew, slews, reversed_, side = _STRIPS[kind].T
    up, outward, east = _strip_axes(_strip_longitude(period, reversed_))
    across = np.degrees(np.arcsin(np.clip(east @ ecliptic, -1, 1)))
    along = np.degrees(np.arctan2(up @ ecliptic, outward @ ecliptic))
    # +x points west (-) where +y points north, east (+) where it points south.
    sign = np.where(reversed_ == 1, 1.0, -1.0)
    near = np.abs(across - sign * (offset_deg + side * COLUMN_OFFSET_DEG)) < reach_deg
    period, kind, along, sign = period[near], kind[near], along[near], sign[near]
    first_slew, last = first_slew[near].astype(np.int64), slews[near] * SMALL_SLEWS - 1
    # Deep strips run past the pole, where the angle along the strip goes on beyond 90.
    from_middle = (along - _middle_deg(kind) + 180.0) % 360.0 - 180.0
    nearest = -sign * from_middle / STEP_DEG + _middle_step(period, kind)
    reach = reach_deg / STEP_DEG
    low = np.maximum(np.ceil(nearest - reach), 0).astype(np.int64)
    high = np.minimum(np.floor(nearest + reach), last).astype(np.int64)
    count = np.maximum(high - low + 1, 0)
    which = np.repeat(np.arange(count.size), count)
    step = low[which] + np.arange(which.size) - np.repeat(np.cumsum(count) - count, count)
    slew = first_slew[which] + step // SMALL_SLEWS
    number = _ORDER_OF_SLEW[slew] * SMALL_SLEWS + step % SMALL_SLEWS
    return np.sort(period[which] * POINTINGS_PER_PERIOD + number)


def spaced_pointings(periods: Sequence[int], stride_steps: int, *, deep: bool) -> IntArray:
    """Return numbers of pointings that stand for all of some planning periods.

    Parameters
    ----------
    periods
        Planning periods, from 0.
    stride_steps
        Steps along a strip from one of them to the next; the last of a strip is among them.
    deep
        Only strips of the deep survey.
    """
    numbers = []
    for first_slew, slews, _, _ in _STRIPS[2 if deep else 0 :].tolist():
        last = int(slews) * SMALL_SLEWS - 1
        step = np.append(np.arange(0, last, stride_steps), last)
        slew = int(first_slew) + step // SMALL_SLEWS
        numbers.append(_ORDER_OF_SLEW[slew] * SMALL_SLEWS + step % SMALL_SLEWS)
    first = np.asarray(periods, dtype=np.int64)[:, None] * POINTINGS_PER_PERIOD
    return np.asarray((first + np.concatenate(numbers)).ravel())


# One row per strip of a planning period: its first large slew, number of large slews,
# whether it runs down (+y to the south), and the side to which the boresight is moved.
_STRIPS = np.array(
    [(0, _ARC_SLEWS, 0, 0.0), (_ARC_SLEWS, _ARC_SLEWS, 1, 0.0)]
    + [
        (_WIDE_SLEWS + k * _DEEP_SLEWS, _DEEP_SLEWS, 0, _DEEP_SIDES[k % _DEEP_SIDES.size])
        for k in range(2 * _DEEP_SIDES.size)
    ]
)
_STRIP_OF_SLEW = np.searchsorted(_STRIPS[:, 0], np.arange(_SLEWS), side="right") - 1


def _split(number: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Planning period, order of the large slew in it, small slew; all from 0."""
    period, rest = np.divmod(number, POINTINGS_PER_PERIOD)
    order, small = np.divmod(rest, SMALL_SLEWS)
    return period, order, small


def _on_strip(
    period: IntArray, slew: IntArray, small: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Strip longitude, angle along it, position angle of +y (degrees), side."""
    kind = _STRIP_OF_SLEW[slew]
    first_slew, _, reversed_, side = _STRIPS[kind].T
    step = (slew - first_slew) * SMALL_SLEWS + small
    direction = np.where(reversed_ == 1, -1.0, 1.0)
    along = _middle_deg(kind) + direction * STEP_DEG * (step - _middle_step(period, kind))
    return _strip_longitude(period, reversed_), along, 180.0 * reversed_, side


def _strip_longitude(period: IntArray, reversed_: FloatArray) -> FloatArray:
    """Ecliptic longitude of a strip, at right angles to the Sun in mid-period."""
    sun = _SUN_START_DEG + _SUN_DEG_PER_DAY * PERIOD_DAYS * (period + 0.5)
    return np.asarray(sun + np.where(reversed_ == 1, 90.0, -90.0))


def _middle_deg(kind: IntArray) -> FloatArray:
    """Angle along a strip of its middle: the ecliptic, or a pole for deep strips."""
    north = (kind - 2) // _DEEP_SIDES.size == 0
    return np.asarray(np.where(kind < 2, 0.0, np.where(north, 90.0, -90.0)))


def _middle_step(period: IntArray, kind: IntArray) -> FloatArray:
    """Step at which the middle is passed, with a phase that differs from strip to strip."""
    phase = uniforms(104, period, kind) - 0.5
    return np.asarray((_STRIPS[kind, 1] * SMALL_SLEWS - 1) / 2 + phase)


def _strip_axes(longitude_deg: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ecliptic unit vectors: north pole, equator point of the strip, east there."""
    longitude = np.radians(longitude_deg)
    zero = np.zeros_like(longitude)
    outward = np.stack([np.cos(longitude), np.sin(longitude), zero], axis=-1)
    east = np.stack([-np.sin(longitude), np.cos(longitude), zero], axis=-1)
    return np.array([0.0, 0.0, 1.0]), outward, east


def _position_angle(direction: FloatArray, axis: FloatArray) -> FloatArray:
    """Angle of an axis east of the ecliptic north pole, degrees in [0, 360)."""
    east = direction[:, 0] * axis[:, 1] - direction[:, 1] * axis[:, 0]
    angle = np.degrees(np.arctan2(east, axis[:, 2]))
    # Rounded, so that the planned 0 and 180 of ordinary strips are these very numbers.
    return np.asarray(np.round(angle, 6) % 360.0)


def _turned(one: FloatArray, other: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn two orthogonal unit vectors in their plane, the first towards the second."""
    return np.cos(angle) * one + np.sin(angle) * other, np.cos(angle) * other - np.sin(angle) * one
