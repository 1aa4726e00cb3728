"""Spectra of different brightness brought together in one panel, and what was done in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from explorer.results.number_texts import with_minus
from explorer.results.quantities import Quantity, Values
from explorer.results.view import View
from photometry_core.types import FloatArray

_ENDS_PERCENT = (2, 98)
"""Between these lies what counts as the extent of a spectrum that is set apart."""
_GAP = 0.08
"""Left free between two spectra, as part of the larger extent."""
_SHIFT_DIGITS = 2
_LEAST_MEDIAN_SNR = 5.0
"""Spectra whose medians are less certain are not divided by them."""
_MEDIAN_LOSS = math.sqrt(math.pi / 2)
"""Of many normal values the median scatters so much more than the mean."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    """What is done to the values of each spectrum in the main panel.

    Parameters
    ----------
    label, unit_label
        Of the axis, and the unit in it; empty where there is none.
    factor, shift
        Values become ``value * factor + shift``; an element per spectrum, in order of drawing.
        The factor is NaN for a spectrum that can't be shown like this.
    notes
        What was done, one sentence for each spectrum that it was done to.
    """

    label: str
    unit_label: str
    factor: FloatArray
    shift: FloatArray
    notes: list[str]

    def apply(self, position: int, values: Values) -> Values:
        """Return the values of a spectrum as they are drawn."""
        factor, shift = self.factor[position], self.shift[position]
        if factor == 1.0 and shift == 0.0:
            return values
        return replace(
            values,
            value=values.value * factor + shift,
            error=values.error * factor,
            low=values.low * factor + shift,
            high=values.high * factor + shift,
            decimals=None if factor != 1.0 else values.decimals,
        )


def scaling_of(view: View, quantity: Quantity, spectra: Sequence[tuple[str, Values]]) -> Scaling:
    """Return how spectra are brought together in a panel.

    Parameters
    ----------
    view
        Its ``scale`` says how.
    quantity
        What the panel shows; only fluxes are scaled.
    spectra
        Name and values of each, in order of drawing.
    """
    unit = quantity.unit_label
    if view.scale == "none" or len(spectra) < 2 or not quantity.is_flux:
        one, zero = np.ones(len(spectra)), np.zeros(len(spectra))
        return Scaling(label=quantity.label, unit_label=unit, factor=one, shift=zero, notes=[])
    if view.scale == "offset":
        return _set_apart(view, quantity, spectra)
    return (_less_median if view.unit == "abmag" else _over_median)(quantity, spectra)


def _set_apart(view: View, quantity: Quantity, spectra: Sequence[tuple[str, Values]]) -> Scaling:
    """Put each spectrum above the one before it, where it is not there already."""
    upwards = -1.0 if view.unit == "abmag" else 1.0
    extents = [_extent(values, upwards) for _, values in spectra]
    shifts = [0.0]
    for (bottom, top), (next_bottom, next_top) in pairwise(extents):
        gap = _GAP * max(top - bottom, next_top - next_bottom)
        needed = top + shifts[-1] + gap - next_bottom
        shifts.append(max(_rounded_up(needed), shifts[-1]))
    shift = upwards * np.array(shifts)
    return Scaling(
        label=f"{quantity.name} + offset ({quantity.unit_label})",
        unit_label=quantity.unit_label,
        factor=np.ones(len(spectra)),
        shift=shift,
        notes=[
            f"{name}: {with_minus(f'{added:+.6g}')} {quantity.unit_label} added"
            for (name, _), added in zip(spectra, shift, strict=True)
            if added
        ],
    )


def _extent(values: Values, upwards: float) -> tuple[float, float]:
    """Return where a spectrum begins and ends, from the bottom of the plot to its top."""
    there = values.value[np.isfinite(values.value)]
    if not there.size:
        return 0.0, 0.0
    low, high = np.percentile(upwards * there, _ENDS_PERCENT)
    return float(low), float(high)


def _rounded_up(value: float) -> float:
    """Return a number of few digits that is not less; of a negative one, zero."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - _SHIFT_DIGITS + 1)
    return math.ceil(value / step) * step


def _over_median(quantity: Quantity, spectra: Sequence[tuple[str, Values]]) -> Scaling:
    """Divide each spectrum by its median."""
    medians = [_median(values) for _, values in spectra]
    usable = [
        error is not None and 0 < median >= _LEAST_MEDIAN_SNR * error for median, error in medians
    ]
    notes = []
    for (name, _), (median, error), good in zip(spectra, medians, usable, strict=True):
        size = f"{with_minus(f'{median:.6g}')} {quantity.unit_label}"
        if error is None:
            notes.append(f"{name}: not drawn, since it has no median to be divided by")
        elif good:
            notes.append(f"{name}: divided by its median, {size}")
        else:
            notes.append(
                f"{name}: not drawn, since its median, {size}, is below {_LEAST_MEDIAN_SNR:g} "
                f"times the error of that, {error:.2g} {quantity.unit_label}"
            )
    return Scaling(
        label=f"{quantity.name} / median",
        unit_label="",
        factor=np.array(
            [
                1 / median if good else math.nan
                for (median, _), good in zip(medians, usable, strict=True)
            ]
        ),
        shift=np.zeros(len(spectra)),
        notes=notes,
    )


def _less_median(quantity: Quantity, spectra: Sequence[tuple[str, Values]]) -> Scaling:
    """Subtract from each spectrum of magnitudes its median."""
    shifts, notes = [], []
    for name, values in spectra:
        known = np.isfinite(values.value)
        if not known.any() or 2 * np.count_nonzero(values.is_limit & known) > known.sum():
            shifts.append(math.nan)
            notes.append(f"{name}: not drawn, since most of its magnitudes are limits or missing")
            continue
        # A limit says nothing of where the middle is.
        median = float(np.median(values.value[known & ~values.is_limit]))
        shifts.append(-median)
        notes.append(f"{name}: {with_minus(f'{-median:+.4f}')} mag added")
    return Scaling(
        label=f"{quantity.name} \u2212 median ({quantity.unit_label})",
        unit_label=quantity.unit_label,
        factor=np.ones(len(spectra)),
        shift=np.array(shifts),
        notes=notes,
    )


def _median(values: Values) -> tuple[float, float | None]:
    """Return the median of a spectrum and its error; `None` if there is no median.

    The error is that of a typical measurement over the square root of their number, times what
    medians lose. Without errors the scatter takes their place.
    """
    there = np.isfinite(values.value)
    if not there.any():
        return math.nan, None
    median = float(np.median(values.value[there]))
    errors = values.error[there & np.isfinite(values.error)]
    scatter = np.abs(values.value[there] - median)
    typical = float(np.median(errors)) if errors.size else float(np.median(scatter))
    return median, _MEDIAN_LOSS * typical / math.sqrt(np.count_nonzero(there))
