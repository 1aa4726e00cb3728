"""Pixels of a cutout: which may be used, how noise grows with light, what flags say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.flags import IMAGE_BITS
from photometry_core.kernel.compiled import compiled
from photometry_core.types import BoolArray, Float32Array, FloatArray, IntArray

UJY_PER_MJY_SR_ARCSEC2 = 1e12 / (180 * 3600 / np.pi) ** 2
"""1 MJy/sr over 1 arcsec^2, in uJy: 23.50443."""

_CLIP_SIGMA = 4.0
_FEWEST_PIXELS = 30
LARGEST = 3.0e38
"""No finite number of 32 bits is much larger; comparisons with it are quicker than isfinite."""


SMALLEST = 1e-30
"""Smaller variances, in (MJy/sr)^2, or pixels, in arcsec^2, are not those of a measurement;
weights would overflow."""


@compiled
def find_good(
    image: Float32Array,
    variance: Float32Array,
    flags: npt.NDArray[np.int32],
    solid_angle: FloatArray,
    ignored_flags: int,
    good: BoolArray,
) -> None:
    """Find the pixels that the fit may use.

    They carry none of the flags that forbid it, everything is finite, and variance and solid
    angle are positive. All arrays have the shape (npix,).
    """
    smallest, largest = np.float32(SMALLEST), np.float32(LARGEST)
    ignored = np.int32(ignored_flags)
    for p in range(np.uint64(image.size)):
        # Comparisons with NaN are false.
        good[p] = (
            ((flags[p] & ignored) == 0)
            & (abs(image[p]) <= largest)
            & (variance[p] >= smallest)
            & (variance[p] <= largest)
            & (solid_angle[p] >= SMALLEST)
            & (solid_angle[p] <= LARGEST)
        )


@compiled
def photon_slope(
    image: Float32Array,
    variance: Float32Array,
    good: BoolArray,
    width: int,
    box: tuple[int, int, int, int],
    brightness: FloatArray,
    level: FloatArray,
) -> float:
    """Return how fast the variance grows with brightness in a box, in MJy/sr.

    The slope of a straight-line fit of variance against brightness, repeated without the
    pixels more than 4 sigma off; not negative, and 0 where there are too few pixels. The
    VARIANCE plane grows linearly with the observed brightness of its own pixel.

    Parameters
    ----------
    image, variance, good
        Shape (npix,).
    width
        Pixels per row.
    box
        First column and row, and those after the last; not empty.
    brightness, level
        Room for one number more than the box has pixels.
    """
    x0, y0, x1, y1 = box
    count = 0
    for y in range(y0, y1):
        start = np.uint64(y * width + x0)
        for i in range(np.uint64(x1 - x0)):
            brightness[count], level[count] = image[start + i], variance[start + i]
            count += good[start + i]
    if count == 0:
        return 0.0
    # Differences from typical values keep the sums of squares from cancelling.
    zero_b, zero_v = brightness[0], level[0]
    slope, offset, limit = 0.0, 0.0, np.inf
    for _ in range(2):
        n = b = v = bb = bv = vv = 0.0
        for i in range(count):
            db, dv = brightness[i] - zero_b, level[i] - zero_v
            # Multiplying instead of branching lets several pixels be treated at once.
            keep = 1.0 if abs(dv - offset - slope * db) <= limit else 0.0
            n += keep
            b += keep * db
            v += keep * dv
            bb += keep * db * db
            bv += keep * db * dv
            vv += keep * dv * dv
        spread, common = bb - b * b / n, bv - b * v / n
        if n < _FEWEST_PIXELS or not spread > 0:
            return 0.0
        slope = common / spread
        offset = (v - slope * b) / n
        # The sums may round to slightly less than nothing.
        limit = _CLIP_SIGMA * np.sqrt(max(vv - v * v / n - slope * common, 0.0) / n)
    return max(slope, 0.0)


@compiled
def read_aperture(
    flags: npt.NDArray[np.int32],
    good: BoolArray,
    shape: tuple[int, int],
    x: float,
    y: float,
    radius: float,
    counts: IntArray,
) -> tuple[int, bool, int]:
    """Read the flags of the pixels whose centres are within a radius of a position.

    Parameters
    ----------
    flags, good
        Shape (npix,).
    shape
        (ny, nx).
    x, y, radius
        In pixels.
    counts
        The number of pixels that carry a bit is added for every bit, shape (IMAGE_BITS,).

    Returns
    -------
    flags
        Union of the flags.
    contains_bad
        Whether a pixel is not good, or off the image.
    count
        Number of pixels on the image.
    """
    ny, nx = shape
    union, contains_bad, count = 0, False, 0
    for row in range(int(np.ceil(y - radius)), int(np.floor(y + radius)) + 1):
        for column in range(int(np.ceil(x - radius)), int(np.floor(x + radius)) + 1):
            if np.hypot(column - x, row - y) > radius:
                continue
            if not (0 <= row < ny and 0 <= column < nx):
                contains_bad = True
                continue
            p = row * nx + column
            count += 1
            contains_bad |= not good[p]
            # The last bit, which has no meaning, is the sign: it must not set those above it.
            value = int(flags[p]) & 0xFFFFFFFF
            union |= value
            bit = 0
            while value > 0 and bit < IMAGE_BITS:
                counts[bit] += value & 1
                value >>= 1
                bit += 1
    return union, contains_bad, count
