"""The profile of a point source on native pixels, from spline coefficients.

The profile is a spline through the source's position: of degree 6 where the plane is to be
integrated over native pixels (the integral of a quintic B-spline over one pixel is a sum of
B-splines of degree 6), of degree 5 where it contains the pixel already. See
`photometry_core.psf` for the coefficients.
"""

from __future__ import annotations

import numpy as np

from photometry_core.kernel.compiled import compiled
from photometry_core.types import Float32Array, FloatArray, IntArray

HALF_SIZE_PIX = 6
"""A profile covers so many pixels to every side of the pixel that holds the source."""

SIZE_PIX = 2 * HALF_SIZE_PIX + 1

MAX_TAPS = 7


@compiled
def spline_weights(place: float, degree: int, weights: FloatArray) -> int:
    """Find the B-splines that are not zero at a place.

    Parameters
    ----------
    place
        In units of the distance of B-splines, which are centred on whole numbers.
    degree
        5 or 6.
    weights
        Filled with the values of the ``degree + 1`` B-splines, by the recurrence of de Boor
        (1972), J. Approx. Theory 6, 50, for equidistant knots.

    Returns
    -------
    int
        The first of them.
    """
    knot = place + 0.5 * (degree + 1 - 6)
    whole = int(np.floor(knot))
    fraction = knot - whole
    weights[0] = 1.0
    for k in range(1, degree + 1):
        weights[k] = 0.0
        for r in range(k, 0, -1):
            weights[r] = ((fraction + k - r) * weights[r - 1] + (1 + r - fraction) * weights[r]) / k
        weights[0] = (1 - fraction) * weights[0] / k
    return whole - degree // 2


@compiled
def render(
    bank: Float32Array,
    slots: IntArray,
    blend: FloatArray,
    oversampling: int,
    degree: int,
    offset_x_pix: float,
    offset_y_pix: float,
    profile: FloatArray,
) -> None:
    """Render a point source.

    Parameters
    ----------
    bank
        Spline coefficients of PSF planes as `photometry_core.psf` arranges them, shape
        (planes, oversampling**2 * cells**2): those of row ``oversampling q + j`` and column
        ``oversampling p + i`` are element ``[j, i, q, p]`` of the plane, so that the pixels of a
        profile lie side by side.
    slots, blend
        The four planes around the source and their weights, shapes (4,).
    oversampling
        Coefficients per native pixel.
    degree
        Of the spline.
    offset_x_pix, offset_y_pix
        Position of the source from the centre of the pixel that holds it.
    profile
        Filled with the fraction of the flux per pixel, shape (SIZE_PIX**2,), row by row.
    """
    side = int(np.sqrt(bank.shape[1]) + 0.5) // oversampling
    weights = np.empty((2, MAX_TAPS))
    x_weights, y_weights = weights[0], weights[1]
    first = plane_center(oversampling, degree) - HALF_SIZE_PIX * oversampling
    x_first = spline_weights(first - offset_x_pix * oversampling, degree, x_weights)
    y_first = spline_weights(first - offset_y_pix * oversampling, degree, y_weights)
    # The sum of all samples of a plane is 1, and those at pixel centres are one in so many.
    scale = 1.0 if degree == 6 else float(oversampling * oversampling)
    flat, plane_size = bank.reshape(bank.size), np.uint64(bank.shape[1])
    a, b = np.uint64(slots[0]) * plane_size, np.uint64(slots[1]) * plane_size
    c, d = np.uint64(slots[2]) * plane_size, np.uint64(slots[3]) * plane_size
    # All cells from the first pixel to the last in one go: those between the end of a row of
    # pixels and the beginning of the next are computed in vain, but without a loop.
    length = np.uint64(HALF_SIZE_PIX * 2 * side + SIZE_PIX)
    total, part = np.zeros(length), np.empty(length, np.float32)
    for n in range(degree + 1):
        y_cell, j = divmod(y_first + n, oversampling)
        part[:] = 0
        for m in range(degree + 1):
            x_cell, i = divmod(x_first + m, oversampling)
            at = np.uint64(((j * oversampling + i) * side + y_cell) * side + x_cell)
            weight = scale * y_weights[n] * x_weights[m]
            in_a, in_b = np.float32(weight * blend[0]), np.float32(weight * blend[1])
            in_c, in_d = np.float32(weight * blend[2]), np.float32(weight * blend[3])
            for k in range(length):
                part[k] += (
                    in_a * flat[a + at + k]
                    + in_b * flat[b + at + k]
                    + in_c * flat[c + at + k]
                    + in_d * flat[d + at + k]
                )
        for k in range(length):
            total[k] += part[k]
    for row in range(SIZE_PIX):
        for column in range(SIZE_PIX):
            profile[row * SIZE_PIX + column] = total[row * side + column]


@compiled
def plane_center(oversampling: int, degree: int) -> float:
    """Return where the centre of a plane is among its coefficients, along either axis.

    There is room for the whole profile before it, for half a pixel of offset, and for the
    B-splines that reach further. Sums over a pixel are centred half a coefficient further
    where they are of an even number.
    """
    middle = (HALF_SIZE_PIX + 1) * oversampling + 4
    return middle + 0.5 * (oversampling - 1) if degree == 6 else float(middle)


def cells(oversampling: int) -> int:
    """Return how many pixels the coefficients of a plane cover along either axis."""
    reach = plane_center(oversampling, 6) + (HALF_SIZE_PIX + 0.5) * oversampling + 4
    return int(reach) // oversampling + 1
