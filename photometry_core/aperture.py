"""What the pixels near a position say: their flags, and how well a model fits them."""

from __future__ import annotations

import numpy as np

from photometry_core.archive.regions import nearest_pixel
from photometry_core.cutout import Cutout
from photometry_core.flags import CONTAINS_BAD_PIXEL
from photometry_core.types import BoolArray, FloatArray

APERTURE_RADIUS_PIX = 2.5
"""Pixels whose centres are within this radius count as near, as in the official tool."""


def pixels_near(
    cutout: Cutout, x_pix: float, y_pix: float, radius_pix: float = APERTURE_RADIUS_PIX
) -> BoolArray:
    """Return which pixels of a cutout are near a detector position, shape (ny, nx)."""
    ny, nx = cutout.image_mjy_sr.shape
    return _within(x_pix - cutout.origin_pix[0], y_pix - cutout.origin_pix[1], ny, nx, radius_pix)


def flags_near(
    cutout: Cutout,
    good: BoolArray,
    x_pix: float,
    y_pix: float,
    radius_pix: float = APERTURE_RADIUS_PIX,
) -> int:
    """Return the union of the flags near a detector position.

    CONTAINS_BAD_PIXEL is set if the fit ignores one of the pixels, or if one is missing
    because the image ends there.

    Parameters
    ----------
    cutout
        The pixels.
    good
        Which of them the fit uses, shape (ny, nx).
    x_pix, y_pix
        Detector position.
    radius_pix
        Pixels whose centres are within this radius are near.
    """
    near = pixels_near(cutout, x_pix, y_pix, radius_pix)
    flags = int(np.bitwise_or.reduce(cutout.flags[near], initial=0))
    reach = int(radius_pix) + 1
    complete = _within(
        x_pix - nearest_pixel(x_pix) + reach,
        y_pix - nearest_pixel(y_pix) + reach,
        2 * reach + 1,
        2 * reach + 1,
        radius_pix,
    )
    if not good[near].all() or np.count_nonzero(near) < np.count_nonzero(complete):
        flags |= CONTAINS_BAD_PIXEL
    return flags


def fit_quality(
    image: FloatArray, model: FloatArray, variance: FloatArray, pixels: BoolArray
) -> float:
    """Return the mean of |image - model| / sigma over some pixels; NaN if there are none.

    All arrays have the shape (ny, nx) and units that agree.
    """
    if not pixels.any():
        return float("nan")
    return float(np.mean(np.abs(image[pixels] - model[pixels]) / np.sqrt(variance[pixels])))


def _within(x: float, y: float, ny: int, nx: int, radius: float) -> BoolArray:
    rows, columns = np.ogrid[:ny, :nx]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius)
