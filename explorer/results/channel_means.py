"""Visits of a nominal channel averaged, by the recipe of a view.

With the default recipe the numbers are those of `photometry_core.binning.bin_spectrum`; here the
rows of the view are averaged, and the recipe can be another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.results.dataset import Dataset
from explorer.results.flux_units import FLUX_COLUMNS
from explorer.results.view import BinningRecipe
from photometry_core.binning import DEFAULT_REJECT
from photometry_core.channels import CHANNELS_PER_DETECTOR, channel_at, nominal_band_um
from photometry_core.errors import InvalidInputError
from photometry_core.flags import FIT_ERROR, decode
from photometry_core.types import FloatArray, IntArray

DEFAULT_RECIPE = BinningRecipe(mask=DEFAULT_REJECT)
"""What is done unless a view says otherwise."""

NEEDED = ("x_image", "y_image", "det_id", "wavelength")
"""Columns without which channels can't be told."""

_NORMAL_PER_MAD = 1.482602218505602
"""Standard deviation of a normal distribution over its median absolute deviation."""
_LEAST_CLIPPED = 3
"""A median of two visits is their mean, from which both are equally far."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChannelMeans:
    """Averages of channels, one element per channel that has one, by detector and wavelength.

    Parameters
    ----------
    detector, channel
        1 to 6, and 1 to 17.
    wavelength_um, width_um
        Nominal wavelength and bandwidth.
    flux_ujy, flux_err_ujy
        Average and its 1-sigma error.
    mean_wavelength_um
        Mean wavelength of the visits, weighted as the flux.
    n_used, n_found
        Visits averaged, and all visits of the rows given.
    """

    detector: IntArray
    channel: IntArray
    wavelength_um: FloatArray
    width_um: FloatArray
    flux_ujy: FloatArray
    flux_err_ujy: FloatArray
    mean_wavelength_um: FloatArray
    n_used: IntArray
    n_found: IntArray


def missing_for_means(dataset: Dataset, column: str = "flux") -> list[str]:
    """Return the columns that averages need and the file does not have."""
    needed = (*NEEDED, column, FLUX_COLUMNS[column])
    return [name for name in needed if name not in dataset.columns]


def recipe_in_words(recipe: BinningRecipe) -> str:
    """Return how averages are made, in one sentence."""
    kind = {
        "mean": "inverse-variance mean",
        "median": "median (error: that of the unweighted mean, times 1.25 from 3 visits on)",
    }[recipe.statistic]
    names = ", ".join(decode(recipe.mask | FIT_ERROR))
    parts = [f"{kind} of the visits of each nominal channel; left out: {names}"]
    if recipe.clip_sigma is not None:
        parts.append(f"visits more than {recipe.clip_sigma:g} sigma from the median are clipped")
    if recipe.least_visits > 1:
        parts.append(f"channels with fewer than {recipe.least_visits} visits are left out")
    return "; ".join(parts)


def channel_means(
    dataset: Dataset, recipe: BinningRecipe, rows: IntArray, column: str = "flux"
) -> ChannelMeans:
    """Average the visits of every nominal channel.

    Parameters
    ----------
    dataset
        All measurements of one target.
    recipe
        How; measurements with FIT_ERROR are always left out.
    rows
        Numbers of the rows that take part, in any order.
    column
        One of `FLUX_COLUMNS`.

    Raises
    ------
    InvalidInputError
        The file lacks a column that is needed.
    """
    if missing := missing_for_means(dataset, column):
        raise InvalidInputError(
            f"averages of channels need {', '.join(missing)}, which this file does not have"
        )
    rows = np.sort(rows)
    flux, error, wavelength, x, y, detector = (
        dataset.numbers(name)[rows]
        for name in (column, FLUX_COLUMNS[column], "wavelength", "x_image", "y_image", "det_id")
    )
    rejected = (dataset.flags()[rows] & (recipe.mask | FIT_ERROR)) != 0
    usable = ~rejected & np.isfinite(flux) & (error > 0)
    channel = channel_at(x, y)
    found = []
    for number in np.unique(detector[(detector >= 1) & (detector <= 6)]).astype(int):
        for position in range(1, CHANNELS_PER_DETECTOR + 1):
            visits = np.flatnonzero((detector == number) & (channel == position))
            used = _unclipped(flux, visits[usable[visits]], recipe.clip_sigma)
            if used.size >= max(recipe.least_visits, 1):
                average = _AVERAGES[recipe.statistic](flux[used], error[used], wavelength[used])
                band = nominal_band_um(int(number), position)
                found.append((number, position, *band, *average, used.size, visits.size))
    columns = np.array(found, dtype=float).reshape(-1, 9).T
    return ChannelMeans(
        detector=columns[0].astype(np.int64),
        channel=columns[1].astype(np.int64),
        wavelength_um=columns[2],
        width_um=columns[3],
        flux_ujy=columns[4],
        flux_err_ujy=columns[5],
        mean_wavelength_um=columns[6],
        n_used=columns[7].astype(np.int64),
        n_found=columns[8].astype(np.int64),
    )


def _unclipped(flux: FloatArray, used: IntArray, clip_sigma: float | None) -> IntArray:
    """Return the visits that are not too far from their median."""
    if clip_sigma is None or used.size < _LEAST_CLIPPED:
        return used
    distance = np.abs(flux[used] - np.median(flux[used]))
    spread = _NORMAL_PER_MAD * float(np.median(distance))
    return used[distance <= clip_sigma * spread] if spread > 0 else used


def _mean(flux: FloatArray, error: FloatArray, wavelength: FloatArray) -> tuple[float, ...]:
    weight = 1 / error**2
    return (
        float(np.sum(weight * flux) / np.sum(weight)),
        float(np.sum(weight) ** -0.5),
        float(np.sum(weight * wavelength) / np.sum(weight)),
    )


def _median(flux: FloatArray, error: FloatArray, wavelength: FloatArray) -> tuple[float, ...]:
    # Of many normal visits the median scatters sqrt(pi / 2) times as much as the mean.
    loss = math.sqrt(math.pi / 2) if flux.size >= _LEAST_CLIPPED else 1.0
    return (
        float(np.median(flux)),
        loss * float(np.sqrt(np.sum(error**2))) / flux.size,
        float(np.mean(wavelength)),
    )


_AVERAGES = {"mean": _mean, "median": _median}
