"""Ranges of axes that show the spectrum, not its wildest points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.types import FloatArray

_MEDIAN_POINTS = 5
_PRESSED_FLAT = 3.0
_WILD_SIGMA = 5.0
_NORMAL_PER_MAD = 1.482602218505602
"""Standard deviation of a normal distribution over its median absolute deviation."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges of an axis, each as (low, high).

    Parameters
    ----------
    shown
        At first.
    full
        Of everything, with error bars.
    """

    shown: tuple[float, float]
    full: tuple[float, float]

    def backwards(self) -> Ranges:
        """Return them from high to low, as axes of magnitudes are drawn."""
        return Ranges(shown=self.shown[::-1], full=self.full[::-1])


def value_ranges(
    x: FloatArray,
    value: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    is_sequence: bool = True,
    margin: float = 0.05,
) -> Ranges:
    """Return the ranges of a vertical axis.

    A few wild points must not press the spectrum flat: if everything needs more than three times
    the room of the running median, only that and the points that scatter around it are shown at
    first. Lines stay in view, since several exposures in a row have them.

    Parameters
    ----------
    x, value, low, high
        Of one spectrum, in any order; NaN where there is none.
    is_sequence
        Whether neighbours along `x` are alike; if not, nothing is wild.
    margin
        Part of the range that is left free on either side, so that symbols are not cut.
    """
    there = np.isfinite(value)
    order = np.argsort(x[there], kind="stable")
    value, low, high = (array[there][order] for array in (value, low, high))
    if value.size == 0:
        return Ranges((0.0, 1.0), (0.0, 1.0))
    everything = padded(
        float(np.min(np.where(np.isfinite(low), low, value))),
        float(np.max(np.where(np.isfinite(high), high, value))),
        part=margin,
    )
    if value.size < _MEDIAN_POINTS or not is_sequence:
        return Ranges(everything, everything)
    around = np.pad(value, _MEDIAN_POINTS // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(around, _MEDIAN_POINTS), axis=1)
    main = padded(float(smooth.min()), float(smooth.max()), part=0.15)
    if everything[1] - everything[0] <= _PRESSED_FLAT * (main[1] - main[0]):
        return Ranges(everything, everything)
    distance = np.abs(value - smooth)
    usual = value[distance <= _WILD_SIGMA * _NORMAL_PER_MAD * float(np.median(distance))]
    ends = np.concatenate([smooth, usual])
    main = padded(float(ends.min()), float(ends.max()), part=max(margin, 0.1))
    return Ranges(main, everything)


def padded(low: float, high: float, part: float = 0.05) -> tuple[float, float]:
    """Return a range that is larger by a part of it on either side, and never empty."""
    margin = (high - low) * part or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def union(ranges: list[Ranges], margin: float = 0.05) -> Ranges:
    """Return the ranges that hold all of several, with room beside them as in `value_ranges`."""
    if not ranges:
        return Ranges((0.0, 1.0), (0.0, 1.0))
    if len(ranges) == 1:
        return ranges[0]
    shown, full = (
        padded(min(low for low, _ in ends), max(high for _, high in ends), part=margin)
        for ends in ([one.shown for one in ranges], [one.full for one in ranges])
    )
    return Ranges(shown, full)
