"""Spectra of different brightness brought together in one panel, and what was done in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.results.quantities import Quantity, Values
from explorer.results.view import View
from photometry_core.types import FloatArray

_STEP_PER_SPREAD = 1.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    """What is done to the values of each spectrum in the main panel.

    Parameters
    ----------
    label
        Of the axis.
    factor, shift
        Values become ``value * factor + shift``; an element per spectrum, in order of drawing.
        The factor is NaN for a spectrum that can't be shown like this.
    notes
        What was done, one sentence for each spectrum that it was done to.
    """

    label: str
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
    count = len(spectra)
    one, zero = np.ones(count), np.zeros(count)
    if view.scale == "none" or count < 2 or not quantity.is_flux:
        return Scaling(label=quantity.label, factor=one, shift=zero, notes=[])
    if view.scale == "normalised":
        return _normalised(view, quantity, spectra)
    step = _step([values for _, values in spectra])
    if view.unit == "abmag":
        step = -step
    return Scaling(
        label=f"{quantity.name} + offset ({quantity.unit_label})",
        factor=one,
        shift=step * np.arange(count, dtype=float),
        notes=[
            f"{name}: {step * place:+.6g} {quantity.unit_label} added"
            for place, (name, _) in enumerate(spectra)
            if place
        ],
    )


def _normalised(view: View, quantity: Quantity, spectra: Sequence[tuple[str, Values]]) -> Scaling:
    """Divide each spectrum by its median; of magnitudes, subtract that."""
    medians = np.array([_median(values) for _, values in spectra])
    names = [name for name, _ in spectra]
    if view.unit == "abmag":
        return Scaling(
            label=f"{quantity.name} \u2212 median ({quantity.unit_label})",
            factor=np.ones(len(names)),
            shift=-medians,
            notes=[
                f"{name}: {-median:+.4f} mag added"
                for name, median in zip(names, medians, strict=True)
            ],
        )
    usable = medians > 0
    return Scaling(
        label=f"{quantity.name} / median",
        factor=np.where(usable, 1 / np.where(usable, medians, 1.0), np.nan),
        shift=np.zeros(len(names)),
        notes=[
            f"{name}: divided by its median, {median:.6g} {quantity.unit_label}"
            if good
            else f"{name}: not drawn, since its median is not positive and can't be divided by"
            for name, median, good in zip(names, medians, usable, strict=True)
        ],
    )


def _median(values: Values) -> float:
    there = values.value[np.isfinite(values.value)]
    return float(np.median(there)) if there.size else math.nan


def _step(spectra: Sequence[Values]) -> float:
    """Return a round number somewhat above the usual spread of a spectrum."""
    spreads = []
    for values in spectra:
        there = values.value[np.isfinite(values.value)]
        if there.size:
            low, high = np.percentile(there, (5, 95))
            spreads.append(float(high - low))
    spread = _STEP_PER_SPREAD * float(np.median(spreads)) if spreads else 0.0
    if not spread > 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(spread))
    return next(factor for factor in (1.0, 2.0, 5.0, 10.0) if factor * size >= spread) * size
