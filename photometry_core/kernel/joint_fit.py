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
    starts: IntArray,
    boxes: IntArray,
    weight: FloatArray,
    data: FloatArray,
    across: int,
    normal: FloatArray,
    right: FloatArray,
) -> None:
    """Sum up the normal equations of a group.

    Parameters
    ----------
    seen
        Light of each source per unit flux as the data hold it, row by row of its box, one
        source after the other.
    starts
        Where each source begins, shape (n,).
    boxes
        First column and row of the box of each source, and those after the last, shape (n, 4).
    weight, data
        Inverse variance and value of the pixels, shape (npix,).
    across
        Pixels per row of `weight` and `data`.
    normal, right
        Filled with ``P^T W P``, shape (n, n), and ``P^T W d``, shape (n,).
    """
    for k in range(right.size):
        x0, y0, x1, y1 = boxes[k]
        rows, width = y1 - y0, x1 - x0
        if width == across:
            rows, width = 1, rows * width
        total = 0.0
        for row in range(rows):
            start, here = starts[k] + row * width, (y0 + row) * across + x0
            total += _sum_of_products(seen, start, weight, here, data, here, width)
        right[k] = total
        for j in range(k + 1):
            normal[k, j] = _overlap(seen, starts, boxes, k, j, weight, across)
            normal[j, k] = normal[k, j]


@compiled
def _sum_of_products(
    a: FloatArray,
    a_start: int,
    b: FloatArray,
    b_start: int,
    c: FloatArray,
    c_start: int,
    count: int,
) -> float:
    in_a, in_b, in_c, total = np.uint64(a_start), np.uint64(b_start), np.uint64(c_start), 0.0
    for i in range(np.uint64(count)):
        total += a[in_a + i] * b[in_b + i] * c[in_c + i]
    return total


@compiled
def _overlap(
    seen: FloatArray,
    starts: IntArray,
    boxes: IntArray,
    k: int,
    j: int,
    weight: FloatArray,
    across: int,
) -> float:
    """Sum of the products of two sources' light and the weight, where both are."""
    x0, x1 = max(boxes[k, 0], boxes[j, 0]), min(boxes[k, 2], boxes[j, 2])
    y0, y1 = max(boxes[k, 1], boxes[j, 1]), min(boxes[k, 3], boxes[j, 3])
    if x1 <= x0 or y1 <= y0:
        return 0.0
    across_k, across_j = boxes[k, 2] - boxes[k, 0], boxes[j, 2] - boxes[j, 0]
    rows, width = y1 - y0, x1 - x0
    if width == across_k == across_j == across:
        rows, width = 1, rows * width
    total = 0.0
    for row in range(rows):
        in_k = starts[k] + (y0 + row - boxes[k, 1]) * across_k + x0 - boxes[k, 0]
        in_j = starts[j] + (y0 + row - boxes[j, 1]) * across_j + x0 - boxes[j, 0]
        here = (y0 + row) * across + x0
        total += _sum_of_products(seen, in_k, seen, in_j, weight, here, width)
    return total


@compiled
def add_light(
    seen: FloatArray,
    first: int,
    box: IntArray,
    flux: float,
    across: int,
    model: FloatArray,
) -> None:
    """Add a source to a model.

    Parameters
    ----------
    seen, first
        Light of all sources per unit flux, and where its own begins, row by row of its box.
    box
        First column and row of that, and those after the last, shape (4,).
    flux
        Its flux.
    across
        Pixels per row of the model.
    model
        Changed, shape (npix,).
    """
    x0, y0, x1, y1 = box
    rows, width = y1 - y0, x1 - x0
    if width == across:
        rows, width = 1, rows * width
    for row in range(rows):
        here, there = np.uint64((y0 + row) * across + x0), np.uint64(first + row * width)
        for i in range(np.uint64(width)):
            model[here + i] += flux * seen[there + i]


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
    flux[:] = 0.0
    covariance[:] = 0.0
    separable[:] = active
    if active.size == 1:
        if active[0]:
            flux[0], covariance[0, 0] = right[0] / normal[0, 0], 1 / normal[0, 0]
        return
    members = np.flatnonzero(active)
    count = members.size
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
    # Transposed, so that the sources lie side by side.
    carried, spread = np.zeros((m, n)), np.zeros((m, n))
    for j in range(n):
        for k in range(m):
            if response[j, k] != 0:
                for i in range(n):
                    carried[k, i] += covariance[i, j] * response[j, k]
    for k in range(m):
        for j in range(m):
            if background[k, j] != 0:
                for i in range(n):
                    spread[j, i] += carried[k, i] * background[k, j]
    for k in range(m):
        for j in range(n):
            if spread[k, j] != 0:
                for i in range(n):
                    covariance[j, i] += spread[k, j] * carried[k, i]


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
