"""Averages of channels as the plot shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.results.channel_means import (
    DEFAULT_RECIPE,
    ChannelMeans,
    channel_means,
    missing_for_means,
    recipe_in_words,
)
from explorer.results.flux_units import convert
from explorer.results.plot_parts import Part, joined
from explorer.results.plot_scale import Scaling
from explorer.results.quantities import Quantity, Values
from explorer.results.view import View
from photometry_core.channels import nominal_band_um
from photometry_core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Means:
    """Averages of channels: an element of each array per average, an array per panel.

    Parameters
    ----------
    spectrum, detector, n_used
        Index of the spectrum, its detector, and how many visits were averaged.
    x, left, right
        Nominal wavelength and the edges of the channel, on the horizontal axis.
    value, low, high, is_limit
        Per panel, as in `explorer.results.quantities.Values`; all NaN in panels that show no
        flux.
    """

    spectrum: IntArray
    detector: IntArray
    n_used: IntArray
    x: FloatArray
    left: FloatArray
    right: FloatArray
    value: list[FloatArray]
    low: list[FloatArray]
    high: list[FloatArray]
    is_limit: list[BoolArray]


def means_of(
    parts: Sequence[Part], view: View, quantities: Sequence[Quantity], scaling: Scaling
) -> tuple[Means | None, str]:
    """Return averages of channels for every spectrum that has what they need, and a sentence.

    The sentence says how they are made, or why there are none; it is empty if the view asks for
    none.
    """
    columns = [quantity.column for quantity in quantities if quantity.is_flux]
    if not view.binned:
        return None, ""
    if view.x == "mjd":
        return None, "A light curve shows every visit: averages of channels are over time."
    if not columns:
        return None, "Only fluxes are averaged, and none is shown."
    found = []
    for position, part in enumerate(parts):
        lacking = [missing_for_means(part.source.dataset, column) for column in columns]
        if not any(lacking):
            found.append(_of_part(part, position, quantities, scaling))
        elif part.index == 0:
            names = sorted({name for one in lacking for name in one})
            return None, f"No averages: this file has no {', '.join(names)}."
    return _together(found), f"Averages: {recipe_in_words(view.binning or DEFAULT_RECIPE)}."


def _together(means: Sequence[Means]) -> Means:
    panels = range(len(means[0].value))
    return Means(
        spectrum=joined([one.spectrum for one in means]),
        detector=joined([one.detector for one in means]),
        n_used=joined([one.n_used for one in means]),
        x=joined([one.x for one in means]),
        left=joined([one.left for one in means]),
        right=joined([one.right for one in means]),
        value=[joined([one.value[panel] for one in means]) for panel in panels],
        low=[joined([one.low[panel] for one in means]) for panel in panels],
        high=[joined([one.high[panel] for one in means]) for panel in panels],
        is_limit=[joined([one.is_limit[panel] for one in means]) for panel in panels],
    )


def _of_part(part: Part, position: int, quantities: Sequence[Quantity], scaling: Scaling) -> Means:
    """Return the averages of one spectrum."""
    dataset, view = part.source.dataset, part.source.view
    recipe = view.binning or DEFAULT_RECIPE
    by_column = {
        column: channel_means(dataset, recipe, part.kept, column)
        for column in {quantity.column for quantity in quantities if quantity.is_flux}
    }
    # Channels of two flux columns may differ: a panel has no value where its own has none.
    keys = sorted({key for means in by_column.values() for key in _channels(means)})
    n_used = np.zeros(len(keys), np.int64)
    lists: dict[str, list[FloatArray]] = {"value": [], "low": [], "high": []}
    limits = []
    for number, quantity in enumerate(quantities):
        arrays = [np.full(len(keys), np.nan) for _ in lists]
        is_limit = np.zeros(len(keys), bool)
        if quantity.is_flux:
            means = by_column[quantity.column]
            at = np.array([keys.index(key) for key in _channels(means)], np.int64)
            values = _converted(means, view)
            if number == 0:
                values = scaling.apply(position, values)
            for array, new in zip(arrays, (values.value, values.low, values.high), strict=True):
                array[at] = new
            is_limit[at] = values.is_limit
            n_used[at] = np.maximum(n_used[at], means.n_used)
        for name, array in zip(lists, arrays, strict=True):
            lists[name].append(array)
        limits.append(is_limit)
    stretch = 1 + (view.redshift or 0.0)
    bands = np.array([nominal_band_um(*key) for key in keys]).reshape(-1, 2)
    center, half = bands[:, 0], bands[:, 1] / 2
    return Means(
        spectrum=np.full(len(keys), part.index),
        detector=np.array([detector for detector, _ in keys], np.int64),
        n_used=n_used,
        x=center / stretch,
        left=(center - half) / stretch,
        right=(center + half) / stretch,
        is_limit=limits,
        **lists,
    )


def _converted(means: ChannelMeans, view: View) -> Values:
    one = convert(means.flux_ujy, means.flux_err_ujy, means.wavelength_um, view.unit)
    return Values(
        value=one.value,
        error=one.error,
        low=one.low,
        high=one.high,
        is_limit=one.is_limit,
        decimals=None,
    )


def _channels(means: ChannelMeans) -> list[tuple[int, int]]:
    pairs = zip(means.detector, means.channel, strict=True)
    return [(int(detector), int(channel)) for detector, channel in pairs]
