"""Statistics that a few wild points do not move."""

from __future__ import annotations

import numpy as np

from photometry_core.types import FloatArray, IntArray

MAD_TO_SIGMA = 1.4826
"""Standard deviation of Gaussian noise over its median absolute deviation."""

MEDIAN_ERROR = 1.2533
"""Error of a median over that of a mean, for Gaussian noise: sqrt(pi / 2)."""

NEIGHBOURS = 8
"""Points that say what a point should be: four on either side, or the nearest eight at an end."""

PREDICTION_INFLATION = 1.10
"""Scatter of `local_residuals` over that of the points, for Gaussian noise: what the neighbours
predict is itself uncertain. Found with random numbers, away from the ends of a group."""


def spread(values: FloatArray) -> float:
    """Return the standard deviation as the median absolute deviation has it; NaN without values."""
    if not values.size:
        return float("nan")
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def local_residuals(x: FloatArray, y: FloatArray, group: IntArray) -> FloatArray:
    """Return how far points are from the line through their neighbours.

    Parameters
    ----------
    x, y
        Finite coordinates.
    group
        Points are compared within their group only.

    Returns
    -------
    FloatArray
        y less the value at x of a Theil-Sen line through the `NEIGHBOURS` nearest points in
        order of x; NaN in groups that have no more points than those.
    """
    residual = np.full(x.size, np.nan)
    order = np.lexsort((x, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=group[order][:1] - 1))
    for members in np.split(order, starts[1:]):
        if members.size > NEIGHBOURS:
            residual[members] = _residuals(x[members], y[members])
    return residual


def _residuals(x: FloatArray, y: FloatArray) -> FloatArray:
    place = np.arange(x.size)
    start = np.clip(place - NEIGHBOURS // 2, 0, x.size - NEIGHBOURS - 1)
    around = start[:, None] + np.arange(NEIGHBOURS)
    # The point itself has no say in what it should be.
    around += around >= place[:, None]
    dx, near_y = x[around] - x[:, None], y[around]
    one, other = np.triu_indices(NEIGHBOURS, 1)
    run, rise = dx[:, other] - dx[:, one], near_y[:, other] - near_y[:, one]
    slopes = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    slope = np.median(slopes, axis=1)
    return np.asarray(y - np.median(near_y - slope[:, None] * dx, axis=1))


def rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Return Spearman's rank correlation; 0 if one of them is constant."""
    ranks = [np.argsort(np.argsort(values)).astype(float) for values in (x, y)]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
