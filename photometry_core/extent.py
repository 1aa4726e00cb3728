"""How far a source reaches: the pixels that its fit, its background and its flags take."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photometry_core.kernel.background import MAX_GROWTH_PIX
from photometry_core.psf import PROFILE_HALF_SIZE_PIX
from photometry_core.types import (
    STAMP_SIZE_PIX,
    FloatArray,
    MeasureOptions,
    Target,
)

NOMINAL_PIXEL_ARCSEC = 6.15
"""Boxes are sized with it, so that they do not depend on the exposure."""

APERTURE_RADIUS_PIX = 2.5
"""Pixels whose centres are within this radius count for flags, as in the official tool."""

FOOTPRINT_RADIUS_PIX = 5.5
"""Background pixels are at least so far from every fitted source: a PSF plane ends there."""

FOOTPRINT_EFFECTIVE_RADII = 2.5
"""How much further the footprint of a galaxy reaches; at most 8 pixels, so that the largest
background box always holds enough pixels outside it. Wings beyond are part of the fit."""

FIT_EFFECTIVE_RADII = 4.0
"""How much further than that of a point source the fit box of a galaxy reaches."""


def fit_half_size_pix(target: Target) -> int:
    """Return how many pixels to every side of the central one the fit of a target takes."""
    shape = target.resolved_profile
    if shape is None:
        return PROFILE_HALF_SIZE_PIX
    radii = FIT_EFFECTIVE_RADII * shape.effective_radius_arcsec / NOMINAL_PIXEL_ARCSEC
    return PROFILE_HALF_SIZE_PIX + math.ceil(radii)


def background_half_size_pix(options: MeasureOptions) -> int:
    """Return how many pixels to every side of a target its background may take."""
    return (options.background_size_pix + MAX_GROWTH_PIX) // 2 + 1


def half_size_pix(options: MeasureOptions, targets: Sequence[Target] = ()) -> int:
    """Return how many pixels to every side of targets their measurement needs.

    Parameters
    ----------
    options
        How to measure.
    targets
        What is measured; without galaxies it makes no difference.
    """
    boxes = (fit_half_size_pix(target) for target in targets)
    return max(background_half_size_pix(options), STAMP_SIZE_PIX // 2, *boxes)


def aperture_radius_pix(target: Target, cd_deg: FloatArray) -> float:
    """Return the radius within which pixels count for the flags and the quality of a fit.

    2.5 pixels, or the effective radius if that is larger.

    Parameters
    ----------
    target
        What is measured.
    cd_deg
        Local linear WCS, shape (2, 2), degrees per pixel.
    """
    shape = target.resolved_profile
    if shape is None:
        return APERTURE_RADIUS_PIX
    pixel_arcsec = 3600 * math.sqrt(abs(float(np.linalg.det(cd_deg))))
    return max(APERTURE_RADIUS_PIX, shape.effective_radius_arcsec / pixel_arcsec)


def footprint_ellipse(target: Target, cd_deg: FloatArray) -> tuple[float, float, float]:
    """Return which pixels are too close to a source to be background.

    The footprint is a circle; for a galaxy, an ellipse that reaches 2.5 effective radii
    further along either axis.

    Parameters
    ----------
    target
        What is measured.
    cd_deg
        Local linear WCS: offsets to the east and to the north in degrees per pixel.

    Returns
    -------
    tuple of float
        (a, b, c) of the footprint ``a dx^2 + 2 b dx dy + c dy^2 <= 1``, offsets from the source
        in pixels.
    """
    shape = target.resolved_profile
    if shape is None:
        circle = FOOTPRINT_RADIUS_PIX**-2
        return circle, 0.0, circle
    angle = math.radians(shape.position_angle_deg)
    east, north = 3600 / NOMINAL_PIXEL_ARCSEC * cd_deg
    further = FOOTPRINT_EFFECTIVE_RADII * shape.effective_radius_arcsec / NOMINAL_PIXEL_ARCSEC
    major = (math.sin(angle) * east + math.cos(angle) * north) / (FOOTPRINT_RADIUS_PIX + further)
    minor = (math.cos(angle) * east - math.sin(angle) * north) / (
        FOOTPRINT_RADIUS_PIX + further * shape.axis_ratio
    )
    form = np.outer(major, major) + np.outer(minor, minor)
    return float(form[0, 0]), float(form[0, 1]), float(form[1, 1])


def footprint_half_size_pix(target: Target) -> int:
    """Return how many pixels to every side of the central one the footprint may reach.

    Pixels are nominal ones; a tenth is added for those that are smaller.
    """
    shape = target.resolved_profile
    radius = shape.effective_radius_arcsec if shape else 0.0
    further = FOOTPRINT_EFFECTIVE_RADII * radius / NOMINAL_PIXEL_ARCSEC
    return math.ceil(1.1 * (FOOTPRINT_RADIUS_PIX + further)) + 1
