"""Noise and defects of the detectors.

Noise levels per detector follow the medians of real VARIANCE planes. The variance of a
pixel is affine in its surface brightness: a floor that varies slowly along the wavelengths,
plus a photon term. Pixels hit by a cosmic ray have a further known term, because less of
their ramp could be used.

What differs from exposure to exposure is drawn in blocks of 64 x 64 pixels, seeded by
exposure and block, so that a pixel has the same noise and flags in a cutout and in a full
frame. What belongs to the detector is the same in all exposures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from photometry_core.archive.regions import Box
from photometry_core.flags import mask_of
from photometry_core.simulation.diffuse import typical_zodiacal_light
from photometry_core.simulation.seeds import generator
from photometry_core.simulation.wavelengths import dichroic_pixels, smooth_wavelength
from photometry_core.types import DETECTOR_SIZE_PIX, Float32Array, FloatArray, IntArray

BLOCK_PIX = 64

_BLOCKS = -(-DETECTOR_SIZE_PIX // BLOCK_PIX)

# Per detector: wavelengths in um, sigma per pixel in MJy/sr at the typical brightness.
_SIGMA = {
    1: ((0.73, 0.81, 0.99, 1.13), (0.0166, 0.0169, 0.0159, 0.0156)),
    2: ((1.08, 1.10, 1.63, 1.67), (0.0170, 0.0169, 0.0144, 0.0143)),
    3: ((1.61, 1.63, 2.33, 2.44), (0.0150, 0.0149, 0.0110, 0.0137)),
    4: ((2.39, 2.44, 2.78, 3.35, 3.87), (0.0123, 0.0121, 0.0098, 0.0092, 0.0099)),
    5: ((3.78, 3.82, 4.40, 4.45), (0.0198, 0.0200, 0.0300, 0.0306)),
    6: ((4.38, 4.41, 4.97, 5.02), (0.0255, 0.0259, 0.0464, 0.0490)),
}
_PHOTON_SHARE = 0.6
"""Part of the typical variance that is photon noise, where that is smallest."""

# Detector-fixed defects: fractions of all pixels.
_NONFUNC, _HOT, _COLD = 0.0029, 0.0001, 0.00042

# Defects of an exposure, each the fraction of pixels that it takes at random.
_CODES = 1 << 16
_RANDOM_FLAGS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.0040, ("TRANSIENT",)),
    (0.0010, ("TRANSIENT", "OUTLIER")),
    (0.0100, ("OUTLIER",)),
    (0.0032, ("SUR_ERROR",)),
    (0.0003, ("SUR_ERROR", "OVERFLOW", "TRANSIENT")),
    (0.00006, ("FULLSAMPLE",)),
)
_TRANSIENT_VARIANCES = (1.0, 4.0)
"""Range of the further variance of transient pixels, in units of the typical variance."""

# Round defects of an exposure: expected number per block, radii in pixels, flags.
_BLOBS: tuple[tuple[float, tuple[float, float], tuple[str, ...]], ...] = (
    (1.40, (0.8, 1.9), ("PERSIST",)),
    (0.03, (4.0, 7.0), ("BLOOM",)),
    (0.01, (3.0, 6.0), ("HALO", "TRANSIENT")),
    (0.004, (2.0, 5.0), ("SNOWBALL", "TRANSIENT")),
)
_MOST_BLOBS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """What chance did to a box of pixels in one exposure, all of shape (ny, nx).

    Parameters
    ----------
    normal
        Standard normal deviates.
    flags
        Defects of the exposure, as a bit mask.
    excess
        Further variance, in units of the typical variance.
    """

    normal: Float32Array
    flags: npt.NDArray[np.int32]
    excess: Float32Array


def variance_floor(detector: int, box: Box) -> FloatArray:
    """Return the variance of every row at no light, (MJy/sr)^2, shape (ny, 1)."""
    return _floor(detector)[box.y0 : box.y1, None]


def typical_variance(detector: int, box: Box) -> FloatArray:
    """Return the variance of every row at the typical brightness, shape (ny, 1)."""
    return _typical(detector)[box.y0 : box.y1, None]


@cache
def photon_slope(detector: int) -> float:
    """Return the growth of the variance with the surface brightness, MJy/sr."""
    y = np.arange(float(DETECTOR_SIZE_PIX))
    return float(_PHOTON_SHARE * np.min(_typical(detector) / typical_zodiacal_light(detector, y)))


def draws(pointing: int, detector: int, box: Box, *, with_flags: bool) -> Draws:
    """Return noise and defects of a box of pixels in one exposure."""
    shape = box.shape
    normal = np.empty(shape, np.float32)
    flags = np.zeros(shape, np.int32)
    excess = np.zeros(shape, np.float32)
    for number, block, part in _blocks(box):
        inside = _within(part, box)
        own = _within(part, block)
        random = generator(pointing, detector, number)
        normal[inside] = random.standard_normal((BLOCK_PIX, BLOCK_PIX), dtype=np.float32)[own]
        if with_flags:
            codes = random.integers(_CODES, size=(BLOCK_PIX, BLOCK_PIX), dtype=np.uint16)[own]
            flag_of, excess_of = _code_tables()
            flags[inside] = flag_of[codes] | _blobs(random)[own]
            excess[inside] = excess_of[codes]
    return Draws(normal=normal, flags=flags, excess=excess)


def fixed_flags(detector: int, box: Box) -> npt.NDArray[np.int32]:
    """Return the defects of the detector itself in a box of pixels, shape (ny, nx)."""
    x, y, flag, first_of_row = _bad_pixels(detector)
    rows = slice(first_of_row[box.y0], first_of_row[box.y1])
    flags = np.zeros(box.shape, np.int32)
    columns = x[rows] - box.x0
    inside = (columns >= 0) & (columns < box.x1 - box.x0)
    flags[y[rows][inside] - box.y0, columns[inside]] = flag[rows][inside]
    if detector in (3, 4):
        dark = dichroic_pixels(detector, np.arange(box.x0, box.x1), np.arange(box.y0, box.y1))
        flags |= np.where(dark, mask_of(["DICHROIC"]), 0).astype(np.int32)
    return flags


@cache
def _typical(detector: int) -> FloatArray:
    y = np.arange(float(DETECTOR_SIZE_PIX))
    wavelength = smooth_wavelength(detector, np.array([1020.0]), y)[:, 0]
    return np.asarray(np.interp(wavelength, *_SIGMA[detector]) ** 2)


@cache
def _floor(detector: int) -> FloatArray:
    y = np.arange(float(DETECTOR_SIZE_PIX))
    return np.asarray(
        _typical(detector) - photon_slope(detector) * typical_zodiacal_light(detector, y)
    )


def _blocks(box: Box) -> Iterator[tuple[int, Box, Box]]:
    """Blocks that reach into a box: number, the block, the pixels in both."""
    for row in range(box.y0 // BLOCK_PIX, (box.y1 - 1) // BLOCK_PIX + 1):
        for column in range(box.x0 // BLOCK_PIX, (box.x1 - 1) // BLOCK_PIX + 1):
            x0, y0 = column * BLOCK_PIX, row * BLOCK_PIX
            block = Box(x0, y0, x0 + BLOCK_PIX, y0 + BLOCK_PIX)
            yield row * _BLOCKS + column, block, block.intersection(box)


def _within(part: Box, whole: Box) -> tuple[slice, slice]:
    return (
        slice(part.y0 - whole.y0, part.y1 - whole.y0),
        slice(part.x0 - whole.x0, part.x1 - whole.x0),
    )


@cache
def _code_tables() -> tuple[npt.NDArray[np.int32], Float32Array]:
    """Flags and further variance of every 16-bit random number a pixel can get."""
    flags, excess = np.zeros(_CODES, np.int32), np.zeros(_CODES, np.float32)
    start = 0
    for fraction, names in _RANDOM_FLAGS:
        stop = start + round(fraction * _CODES)
        flags[start:stop] = mask_of(names)
        if "TRANSIENT" in names:
            excess[start:stop] = np.geomspace(*_TRANSIENT_VARIANCES, stop - start)
        start = stop
    return flags, excess


def _blobs(random: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw the round defects of a block; each lies within the block."""
    flags = np.zeros((BLOCK_PIX, BLOCK_PIX), np.int32)
    drawn = random.random((len(_BLOBS), _MOST_BLOBS, 4))
    for (expected, (smallest, largest), names), candidates in zip(_BLOBS, drawn, strict=True):
        drawn_now = candidates[candidates[:, 0] < expected / _MOST_BLOBS]
        for size, at_x, at_y in drawn_now[:, 1:]:
            radius = smallest + (largest - smallest) * size
            x, y = (radius + (BLOCK_PIX - 1 - 2 * radius) * at for at in (at_x, at_y))
            axis = np.arange(BLOCK_PIX)
            disc = (axis - x) ** 2 + ((axis - y) ** 2)[:, None] <= radius**2
            flags[disc] |= mask_of(names)
    return flags


@cache
def _bad_pixels(
    detector: int,
) -> tuple[IntArray, IntArray, npt.NDArray[np.int32], IntArray]:
    """Columns, rows and flags of the detector's bad pixels by rows; first of every row."""
    random = generator(detector)
    pixels = DETECTOR_SIZE_PIX**2
    flags = np.zeros(pixels, np.int32)
    for fraction, name in ((_NONFUNC, "NONFUNC"), (_HOT, "HOT"), (_COLD, "COLD")):
        flags[random.integers(pixels, size=round(fraction * pixels))] |= mask_of([name])
    bad = np.flatnonzero(flags)
    y, x = np.divmod(bad, DETECTOR_SIZE_PIX)
    return x, y, flags[bad], np.searchsorted(y, np.arange(DETECTOR_SIZE_PIX + 1))
