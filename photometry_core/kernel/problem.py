"""The arrays that go into the measurement of a batch, and those that come out of it.

All are flat or have one row per source, so that a batch of any number of exposures is one
call. Positions and pixels are those of the exposure's cutout: x along rows, the centre of the
first pixel at 0; pixel (column, row) is element ``row * width + column``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from photometry_core.flags import IMAGE_BITS
from photometry_core.types import (
    STAMP_SIZE_PIX,
    BoolArray,
    Float32Array,
    FloatArray,
    IntArray,
)

MEASURED = 0
TOO_LITTLE_LIGHT = 1
NOT_SEPARABLE = 2
NO_BACKGROUND = 3


class Exposures(NamedTuple):
    """The pixels of all cutouts, one after the other.

    Parameters
    ----------
    image, variance
        Surface brightness in MJy/sr and its variance.
    flags
        Bit mask per pixel.
    solid_angle
        In arcsec^2.
    start
        First pixel of every cutout and, at last, their number, shape (exposures + 1,).
    width
        Pixels per row of every cutout, shape (exposures,).
    """

    image: Float32Array
    variance: Float32Array
    flags: npt.NDArray[np.int32]
    solid_angle: FloatArray
    start: IntArray
    width: IntArray


class Sources(NamedTuple):
    """What is measured: sources in groups, groups in the order of their exposures.

    Parameters
    ----------
    group_exposure
        The exposure of every group, shape (groups,).
    group_first
        First source of every group and, at last, their number, shape (groups + 1,).
    x, y, column, row
        Position, and the pixel that holds it.
    phase_x, phase_y
        Where the middle of the PSF planes is put, from the centre of that pixel.
    half_size
        The fit takes so many pixels to every side of that pixel.
    aperture
        Radius of the pixels that count for flags and fit quality, pixels.
    footprint
        Coefficients (a, b, c) of the ellipse ``a dx^2 + 2 b dx dy + c dy^2 <= 1`` of pixels
        that are not background, shape (sources, 3).
    footprint_half_size
        It reaches so many pixels, at most, to every side.
    galaxy
        Whether the light is given; that of a point source is found from the PSF.
    slots, blend
        PSF planes of point sources, as `point_source.render` takes them, shapes (sources, 4).
    light
        Fractions of the flux per pixel of all sources, one after the other, row by row.
    light_start, light_half_size
        Where the light of each source is, and to how many pixels to every side it is known.
    """

    group_exposure: IntArray
    group_first: IntArray
    x: FloatArray
    y: FloatArray
    column: IntArray
    row: IntArray
    phase_x: FloatArray
    phase_y: FloatArray
    half_size: IntArray
    aperture: FloatArray
    footprint: FloatArray
    footprint_half_size: IntArray
    galaxy: BoolArray
    slots: IntArray
    blend: FloatArray
    light: FloatArray
    light_start: IntArray
    light_half_size: IntArray


class Recipe(NamedTuple):
    """How to measure.

    Parameters
    ----------
    background_size
        Width of the background box, pixels.
    model_weights
        Whether the photon term of the variance is that of the model.
    ignored_flags, source_flag
        Bits of pixels that the fit ignores, and of those that background leaves out as well.
    oversampling, degree
        Of the splines in the bank of PSF planes.
    """

    background_size: int
    model_weights: bool
    ignored_flags: int
    source_flag: int
    oversampling: int
    degree: int


class Results(NamedTuple):
    """What is found, one row per source; quantities are NaN where the status is not 0.

    Parameters
    ----------
    status, detail
        `MEASURED`, or why not, and a number that belongs to it.
    flux, flux_err
        In uJy.
    correlation
        Of the flux with that of the neighbour that it is correlated with most; NaN alone.
    level, level_err, is_local
        Background at the position in MJy/sr, its error, and whether the box did not grow.
    fit_quality, chi2, n_pix
        Mean |pixel - model| / sigma in the aperture; sum of squares of it in the fit; number
        of pixels in the fit.
    contains_bad
        Whether the fit ignores a pixel of the aperture, or the image ends there.
    flags, counts, aperture_pix
        Union of the flags in the aperture, number of pixels per bit, shape (sources,
        IMAGE_BITS), and number of pixels.
    model
        Background and all sources of the group in MJy/sr, NaN off the image, shape (sources,
        STAMP_SIZE_PIX, STAMP_SIZE_PIX).
    """

    status: IntArray
    detail: FloatArray
    flux: FloatArray
    flux_err: FloatArray
    correlation: FloatArray
    level: FloatArray
    level_err: FloatArray
    is_local: BoolArray
    fit_quality: FloatArray
    chi2: FloatArray
    n_pix: IntArray
    contains_bad: BoolArray
    flags: IntArray
    counts: IntArray
    aperture_pix: IntArray
    model: Float32Array


def empty_results(count: int) -> Results:
    """Return results to be filled, for so many sources."""

    def numbers() -> FloatArray:
        return np.full(count, np.nan)

    def integers() -> IntArray:
        return np.zeros(count, np.int64)

    def switches() -> BoolArray:
        return np.zeros(count, np.bool_)

    return Results(
        status=integers(),
        detail=numbers(),
        flux=numbers(),
        flux_err=numbers(),
        correlation=numbers(),
        level=numbers(),
        level_err=numbers(),
        is_local=switches(),
        fit_quality=numbers(),
        chi2=numbers(),
        n_pix=integers(),
        contains_bad=switches(),
        flags=integers(),
        counts=np.zeros((count, IMAGE_BITS), np.int64),
        aperture_pix=integers(),
        model=np.full((count, STAMP_SIZE_PIX, STAMP_SIZE_PIX), np.nan, np.float32),
    )
