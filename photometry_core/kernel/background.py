"""The local background: a plane or a constant through the unclipped pixels of a box."""

from __future__ import annotations

from photometry_core.kernel.compiled import compiled
from photometry_core.types import BoolArray, FloatArray, IntArray

MAX_GROWTH_PIX = 24
"""How much wider than asked for the box may become."""

GROWTH_STEP_PIX = 8
ENOUGH_PIXELS = 40
"""Background noise adds 1/n of N_eff (about 4 px) to the variance of a flux: below 10 %."""

FEWEST_PIXELS = 12
PLANE_PIXELS = 60
"""With fewer pixels the background is a constant."""

PLANE_COST = 2.0
"""Where pixels lie so much to one side that a plane would have more than this times the
variance of a constant at the target, the background is a constant."""

CLIP_SIGMA = 3.0
_MAX_CLIPS = 10
_MAD_TO_SIGMA = 1.482602218505602
_ROUNDING = 2.0**-22
"""Images hold 24 bits: residuals of less than four units of the last one are no outliers."""


@compiled
def pixels_in_box(
    usable: BoolArray, shape: tuple[int, int], column: int, row: int, size_pix: int, place: IntArray
) -> tuple[int, int]:
    """List the pixels of the smallest box that holds enough of them.

    Parameters
    ----------
    usable
        Pixels that may be used, shape (ny * nx,).
    shape
        (ny, nx).
    column, row
        The pixel in the middle of the box.
    size_pix
        Width of the box that is wanted.
    place
        Filled with the pixels' indices; as long as the largest box has pixels.

    Returns
    -------
    count
        Number of pixels; below `FEWEST_PIXELS` they do not make a background.
    size
        Width of the box they are from.
    """
    ny, nx = shape
    size = size_pix
    while True:
        x0, y0 = max(column - size // 2, 0), max(row - size // 2, 0)
        x1, y1 = min(column - size // 2 + size, nx), min(row - size // 2 + size, ny)
        count = 0
        for y in range(y0, y1):
            for p in range(y * nx + x0, y * nx + x1):
                place[count] = p
                count += usable[p]
        if count >= ENOUGH_PIXELS or size + GROWTH_STEP_PIX > size_pix + MAX_GROWTH_PIX:
            return count, size
        size += GROWTH_STEP_PIX


@compiled
def fit_background(
    values: FloatArray,
    dx: FloatArray,
    dy: FloatArray,
    place: IntArray,
    coefficients: FloatArray,
    inverse: FloatArray,
) -> tuple[float, int]:
    """Fit a plane, or a constant, to the pixels that survive clipping.

    Parameters
    ----------
    values
        Surface brightness, shape (n,), at least `FEWEST_PIXELS`.
    dx, dy
        Offsets of the pixels from the target, shape (n,).
    place
        Which pixels they are, shape (n,). The four are reordered: survivors come first.
    coefficients
        Filled with the level at the target and its slopes along x and y, shape (3,).
    inverse
        Filled with the inverse normal matrix of the coefficients, shape (3, 3): times the
        variance of a pixel it is their covariance.

    Returns
    -------
    variance
        Of the surviving pixels around the fit.
    kept
        How many survived.

    Notes
    -----
    Clipping is at 3 sigma, first around the median, then around the fit, with sigma from the
    median absolute deviation, until nothing changes. For Gaussian noise the result is unbiased
    and has 0.99 of the efficiency of a fit to all pixels.
    """
    count = values.size
    residual = values.copy()
    center = median(residual, count)
    for i in range(count):
        residual[i] = abs(values[i] - center)
    work = residual.copy()
    limit = CLIP_SIGMA * _MAD_TO_SIGMA * median(work, count)
    # Without noise, clipping what rounding left would go on until nothing is left of the plane.
    least = _ROUNDING * (abs(center) + limit)
    limit = max(limit, least)
    plane = count >= PLANE_PIXELS
    kept = 0
    for _ in range(_MAX_CLIPS):
        survivors, moved = _survivors_first(values, dx, dy, place, residual, limit)
        if survivors == kept and not moved:
            break
        kept = survivors
        if plane and not _fit_plane(values, dx, dy, kept, coefficients, inverse):
            plane = False
        if not plane:
            _fit_constant(values, kept, coefficients, inverse)
        for i in range(count):
            fit = coefficients[0] + coefficients[1] * dx[i] + coefficients[2] * dy[i]
            residual[i] = abs(values[i] - fit)
            work[i] = residual[i]
        limit = max(CLIP_SIGMA * _MAD_TO_SIGMA * median(work, kept), least)
    total = 0.0
    for i in range(kept):
        total += residual[i] * residual[i]
    return total / max(kept - (3 if plane else 1), 1), kept


@compiled
def _survivors_first(
    values: FloatArray,
    dx: FloatArray,
    dy: FloatArray,
    place: IntArray,
    residual: FloatArray,
    limit: float,
) -> tuple[int, bool]:
    """Move the pixels within the limit to the front; return their number, and if any moved."""
    kept, moved = 0, False
    for i in range(values.size):
        if residual[i] <= limit:
            if i != kept:
                moved = True
                values[i], values[kept] = values[kept], values[i]
                dx[i], dx[kept] = dx[kept], dx[i]
                dy[i], dy[kept] = dy[kept], dy[i]
                place[i], place[kept] = place[kept], place[i]
                residual[i], residual[kept] = residual[kept], residual[i]
            kept += 1
    return kept, moved


@compiled
def _fit_constant(
    values: FloatArray, count: int, coefficients: FloatArray, inverse: FloatArray
) -> None:
    coefficients[:] = 0.0
    inverse[:] = 0.0
    coefficients[0] = values[:count].mean()
    inverse[0, 0] = 1.0 / count


@compiled
def _fit_plane(
    values: FloatArray,
    dx: FloatArray,
    dy: FloatArray,
    count: int,
    coefficients: FloatArray,
    inverse: FloatArray,
) -> bool:
    """Fit a plane; return whether the pixels are spread well enough for one."""
    x = y = xx = xy = yy = total = by_x = by_y = 0.0
    reference = values[0]
    for i in range(count):
        value = values[i] - reference
        x += dx[i]
        y += dy[i]
        xx += dx[i] * dx[i]
        xy += dx[i] * dy[i]
        yy += dy[i] * dy[i]
        total += value
        by_x += value * dx[i]
        by_y += value * dy[i]
    n = float(count)
    # The adjugate of the symmetric matrix [[n, x, y], [x, xx, xy], [y, xy, yy]].
    aa, ab, ac = xx * yy - xy * xy, y * xy - x * yy, x * xy - xx * y
    bb, bc, cc = n * yy - y * y, x * y - n * xy, n * xx - x * x
    determinant = n * aa + x * ab + y * ac
    if not (determinant > 0 and n * aa <= PLANE_COST * determinant):
        return False
    inverse[0, 0], inverse[1, 1], inverse[2, 2] = aa, bb, cc
    inverse[0, 1] = inverse[1, 0] = ab
    inverse[0, 2] = inverse[2, 0] = ac
    inverse[1, 2] = inverse[2, 1] = bc
    for i in range(3):
        for j in range(3):
            inverse[i, j] /= determinant
        coefficients[i] = inverse[i, 0] * total + inverse[i, 1] * by_x + inverse[i, 2] * by_y
    coefficients[0] += reference
    return True


@compiled
def median(values: FloatArray, count: int) -> float:
    """Return the median of the first `count` values, which it reorders."""
    upper = _select(values, count, count // 2)
    if count % 2:
        return upper
    lower = values[0]
    for i in range(1, count // 2):
        lower = max(lower, values[i])
    middle: float = 0.5 * (lower + upper)
    return middle


@compiled
def _select(values: FloatArray, count: int, rank: int) -> float:
    """Put the value of a rank into its place, those that are not larger before it.

    Hoare's selection (1961), with moves that do not depend on comparisons: those of noise can't
    be predicted.
    """
    low, high = 0, count
    while high - low > 1:
        pivot = values[low + (high - low) // 2]
        smaller = low
        for i in range(low, high):
            value = values[i]
            values[i] = values[smaller]
            values[smaller] = value
            smaller += value < pivot
        if rank < smaller:
            high = smaller
            continue
        equal = smaller
        for i in range(smaller, high):
            value = values[i]
            values[i] = values[equal]
            values[equal] = value
            equal += value <= pivot
        if rank < equal:
            break
        low = equal
    found: float = values[rank]
    return found
