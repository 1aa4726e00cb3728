"""Weighted linear least squares for the fluxes of overlapping sources."""

from __future__ import annotations

import numpy as np

from photometry_core.kernel.compiled import compiled
from photometry_core.types import BoolArray, FloatArray, IntArray

WORST_CONDITION = 1e4
"""Beyond this condition number of the normalised normal matrix, fluxes can't be separated.

Two sources with correlated profiles, correlation r, have (1 + r) / (1 - r): the limit is
reached at about 0.015 pixels, where their errors would be 70 times those of single sources.
"""

_TAKES_PART = 1e-3


@compiled
def normal_equations(
    seen: FloatArray,
    seen_start: IntArray,
    seen_box: IntArray,
    weight: FloatArray,
    data: FloatArray,
    width: int,
    normal: FloatArray,
    right: FloatArray,
) -> None:
    """Sum up the normal equations of a group.

    Parameters
    ----------
    seen
        Light of each source per unit flux as the background-subtracted data hold it, row by
        row of its box, one source after the other.
    seen_start
        Where each source begins, shape (n,).
    seen_box
        First column and row of the box of each source, and those after the last, shape (n, 4).
    weight, data
        Inverse variance and flux of the pixels, 0 where a pixel is not fitted, shape (npix,).
    width
        Pixels per row of the image.
    normal, right
        Filled with ``P^T W P``, shape (n, n), and ``P^T W d``, shape (n,).
    """
    for i in range(right.size):
        right[i] = _sum_over_box(seen, seen_start[i], seen_box[i], weight, data, width)
        for j in range(i + 1):
            normal[i, j] = _sum_over_overlap(seen, seen_start, seen_box, i, j, weight, width)
            normal[j, i] = normal[i, j]


@compiled
def _sum_over_box(
    seen: FloatArray,
    start: int,
    box: IntArray,
    weight: FloatArray,
    data: FloatArray,
    width: int,
) -> float:
    """Sum of light times weight times data over the box of a source."""
    across, total = box[2] - box[0], 0.0
    for y in range(box[1], box[3]):
        light = seen[start + (y - box[1]) * across :][:across]
        weights = weight[y * width + box[0] :][:across]
        values = data[y * width + box[0] :][:across]
        for i in range(across):
            total += light[i] * weights[i] * values[i]
    return total


@compiled
def _sum_over_overlap(
    seen: FloatArray,
    seen_start: IntArray,
    seen_box: IntArray,
    i: int,
    j: int,
    weight: FloatArray,
    width: int,
) -> float:
    """Sum of the products of two sources' light and the weight, where both are."""
    x0, x1 = max(seen_box[i, 0], seen_box[j, 0]), min(seen_box[i, 2], seen_box[j, 2])
    y0, y1 = max(seen_box[i, 1], seen_box[j, 1]), min(seen_box[i, 3], seen_box[j, 3])
    if x1 <= x0:
        return 0.0
    across, total = x1 - x0, 0.0
    across_i, across_j = seen_box[i, 2] - seen_box[i, 0], seen_box[j, 2] - seen_box[j, 0]
    for y in range(y0, y1):
        a = seen[seen_start[i] + (y - seen_box[i, 1]) * across_i + x0 - seen_box[i, 0] :][:across]
        b = seen[seen_start[j] + (y - seen_box[j, 1]) * across_j + x0 - seen_box[j, 0] :][:across]
        weights = weight[y * width + x0 :][:across]
        for k in range(across):
            total += a[k] * b[k] * weights[k]
    return total


@compiled
def solve(
    normal: FloatArray,
    right: FloatArray,
    active: BoolArray,
    flux: FloatArray,
    covariance: FloatArray,
    separable: BoolArray,
) -> None:
    """Solve the normal equations of the active sources.

    Combinations of fluxes that the data say nothing about are left out, and the sources that
    take part in them are not separable.

    Parameters
    ----------
    normal, right
        As from `normal_equations`.
    active
        Sources that are fitted, shape (n,).
    flux, covariance
        Filled: the fluxes and the inverse of the normal matrix, shapes (n,) and (n, n); 0 for
        sources that are not active.
    separable
        Filled: whether a source has a flux of its own, shape (n,).
    """
    members = np.flatnonzero(active)
    count = members.size
    flux[:] = 0.0
    covariance[:] = 0.0
    separable[:] = False
    scale, scaled, inverse = np.empty(count), np.empty((count, count)), np.empty((count, count))
    for i in range(count):
        scale[i] = 1 / np.sqrt(normal[members[i], members[i]])
    for i in range(count):
        for j in range(count):
            scaled[i, j] = normal[members[i], members[j]] * scale[i] * scale[j]
    own = np.ones(count, np.bool_)
    # The product of the norms is never below the condition number.
    if not (_invert(scaled, inverse) and _norm(scaled) * _norm(inverse) <= WORST_CONDITION):
        _invert_separable(scaled, inverse, own)
    for i in range(count):
        separable[members[i]] = own[i]
        for j in range(count):
            value = inverse[i, j] * scale[i] * scale[j]
            covariance[members[i], members[j]] = value
            flux[members[i]] += value * right[members[j]]


@compiled
def _invert(matrix: FloatArray, inverse: FloatArray) -> bool:
    """Invert a symmetric matrix by Cholesky's method; return whether it is positive definite."""
    n = matrix.shape[0]
    lower = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i == j:
                if not total > 0:
                    return False
                lower[i, i] = np.sqrt(total)
            else:
                lower[i, j] = total / lower[j, j]
    # The inverse of the triangle, row by row, and its product with its transpose.
    for i in range(n):
        for j in range(i):
            total = 0.0
            for k in range(j, i):
                total -= lower[i, k] * inverse[k, j]
            inverse[i, j] = total / lower[i, i]
        inverse[i, i] = 1 / lower[i, i]
    for i in range(n):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, n):
                total += inverse[k, i] * inverse[k, j]
            # Element (i, j) of the triangle is not needed any more, but those below it are.
            inverse[i, j] = total
            inverse[j, i] = total
    return True


@compiled
def _norm(matrix: FloatArray) -> float:
    """Return the largest sum of absolute values of a column."""
    largest = 0.0
    for j in range(matrix.shape[1]):
        total = 0.0
        for i in range(matrix.shape[0]):
            total += abs(matrix[i, j])
        largest = max(largest, total)
    return largest


@compiled
def _invert_separable(matrix: FloatArray, inverse: FloatArray, own: BoolArray) -> None:
    """Invert a normalised matrix without the eigenvectors that the data do not determine."""
    values, vectors = np.linalg.eigh(matrix)
    inverse[:] = 0.0
    n = values.size
    for m in range(n):
        kept = values[m] > values[n - 1] / WORST_CONDITION
        for i in range(n):
            if kept:
                for j in range(n):
                    inverse[i, j] += vectors[i, m] * vectors[j, m] / values[m]
    for i in range(n):
        lost = 0.0
        for m in range(n):
            if not values[m] > values[n - 1] / WORST_CONDITION:
                lost += vectors[i, m] ** 2
        own[i] = lost < _TAKES_PART


@compiled
def add_background_covariance(
    covariance: FloatArray, response: FloatArray, background: FloatArray
) -> None:
    """Add the uncertainty of the backgrounds to the covariance of the fluxes.

    Parameters
    ----------
    covariance
        Inverse normal matrix, shape (n, n); changed.
    response
        ``P^T W B``, shape (n, m), for the response B of the data to the backgrounds.
    background
        Covariance of the backgrounds, shape (m, m).

    Notes
    -----
    ``A^-1 + K C K^T`` with ``K = A^-1 P^T W B``.
    """
    n, m = response.shape
    carried, spread = np.zeros((n, m)), np.zeros((n, m))
    for i in range(n):
        for j in range(n):
            if covariance[i, j] != 0:
                for k in range(m):
                    carried[i, k] += covariance[i, j] * response[j, k]
    for i in range(n):
        for k in range(m):
            value = 0.0
            for j in range(m):
                value += carried[i, j] * background[j, k]
            spread[i, k] = value
    for i in range(n):
        for j in range(n):
            value = 0.0
            for k in range(m):
                value += spread[i, k] * carried[j, k]
            covariance[i, j] += value


@compiled
def worst_correlation(covariance: FloatArray, separable: BoolArray, source: int) -> float:
    """Return the correlation with the source that one is correlated with most; NaN if alone."""
    worst = np.nan
    for other in range(separable.size):
        if other != source and separable[other]:
            value = covariance[source, other] / np.sqrt(
                covariance[source, source] * covariance[other, other]
            )
            if not abs(value) <= abs(worst):
                worst = value
    return worst
