"""Aperture photometry: the light within a circle around a target, as a check of the fit.

The sum is that of all light above the local background, of neighbours as well. It is not
corrected for the light of the target that falls outside the circle or on masked pixels: how much
that is for a point source is told beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from photometry_core.cutout import Cutout
from photometry_core.errors import FitError
from photometry_core.flags import IGNORED_BY_FIT
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2, find_good
from photometry_core.measurement import Measurement
from photometry_core.psf import render_point_source
from photometry_core.sources import Located, core_offset_pix
from photometry_core.types import BoolArray, FloatArray, MeasureOptions

Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApertureSum:
    """The light within a circle.

    Parameters
    ----------
    flux_ujy, flux_err_ujy
        Sum over the pixels that may be used, and its 1-sigma error; NaN if there is none, or
        the circle reaches beyond the image.
    masked_fraction
        Share of the circle's area without pixels that may be used, masked or off the image.
    psf_fraction
        Share of a point source's light that the pixels of the sum receive; NaN if the PSF is
        not known.
    """

    flux_ujy: float
    flux_err_ujy: float
    masked_fraction: float
    psf_fraction: float


def with_aperture(measurement: Measurement, one: Located, options: MeasureOptions) -> Measurement:
    """Return a measurement with the sum in an aperture, if the options ask for one.

    Parameters
    ----------
    measurement
        With the position on the detector and the local background.
    one
        The target it is of, on the image.
    options
        Radius of the aperture, and what of a PSF plane is on the target.
    """
    if options.aperture_radius_arcsec is None:
        return measurement
    found = sum_aperture(
        one.cutout,
        (one.x_pix, one.y_pix),
        options.aperture_radius_arcsec / (3600 * math.sqrt(abs(float(np.linalg.det(one.cd_deg))))),
        background_mjy_sr=measurement.background_mjy_sr,
        background_err_mjy_sr=measurement.background_err_mjy_sr,
        psf_offset_pix=core_offset_pix(one.cutout.psf, options),
    )
    return replace(
        measurement,
        aperture_flux_ujy=found.flux_ujy,
        aperture_flux_err_ujy=found.flux_err_ujy,
        aperture_masked_fraction=found.masked_fraction,
        aperture_psf_fraction=found.psf_fraction,
    )


def sum_aperture(
    cutout: Cutout,
    at_pix: tuple[float, float],
    radius_pix: float,
    *,
    background_mjy_sr: float,
    background_err_mjy_sr: float,
    psf_offset_pix: tuple[float, float] = (0.0, 0.0),
) -> ApertureSum:
    """Sum the light above the background within a circle.

    Every pixel counts with the exact area that it has in common with the circle. Pixels that
    the fit ignores are left out and not filled in.

    Parameters
    ----------
    cutout
        The pixels.
    at_pix
        Detector (x, y) of the centre, on the cutout.
    radius_pix
        Of the circle.
    background_mjy_sr, background_err_mjy_sr
        The background at the centre and its 1-sigma error. It is taken to be the same in the
        whole circle, which in the mean holds for one with a slope as well.
    psf_offset_pix
        (x, y) of the light from the middle of the PSF planes.

    Notes
    -----
    The error is that of the pixels, from the VARIANCE plane, and that of the background, the
    same for all of them. The two are taken to be independent, as they are if the circle ends
    within the footprint that the background leaves out: at 5.5 pixels, 34 arcsec, for a star.
    A larger circle shares pixels with the background, whose noise then cancels in part: the
    error is too large, by a half for 60 arcsec and the usual box of 15 pixels. It says nothing
    of a background that is not even, which large circles feel most.
    """
    # A quarter of what this package takes to import, and most measurements don't need it.
    from photutils.aperture import CircularAperture

    x0, y0 = cutout.origin_pix
    circle = CircularAperture((at_pix[0] - x0, at_pix[1] - y0), radius_pix)
    mask = circle.to_mask(method="exact")
    overlap: FloatArray = mask.data
    on_image, on_circle = mask.get_overlap_slices(cutout.image_mjy_sr.shape)
    beyond = overlap.copy()
    beyond[on_circle] = 0.0
    used = np.zeros(overlap.shape, np.bool_)
    used[on_circle] = _usable(cutout, on_image)
    used &= overlap > 0
    masked_fraction = float(overlap[~used].sum() / overlap.sum())
    light = _light(cutout, at_pix, psf_offset_pix, (mask.bbox.ixmin, mask.bbox.iymin), used.shape)
    psf_fraction = math.nan if light is None else float((overlap * light)[used].sum())
    flux = error = math.nan
    if used.any() and not beyond.any():
        image, variance, solid_angle = (
            plane[on_image][used[on_circle]].astype(np.float64)
            for plane in (
                cutout.image_mjy_sr,
                cutout.variance_mjy2_sr2,
                cutout.solid_angle_arcsec2,
            )
        )
        weight = UJY_PER_MJY_SR_ARCSEC2 * solid_angle * overlap[used]
        flux = float(np.sum(weight * (image - background_mjy_sr)))
        noise = float(np.sum(weight**2 * variance))
        error = math.sqrt(noise + (background_err_mjy_sr * float(weight.sum())) ** 2)
    return ApertureSum(
        flux_ujy=flux,
        flux_err_ujy=error,
        masked_fraction=masked_fraction,
        psf_fraction=psf_fraction,
    )


def _usable(cutout: Cutout, box: Slices) -> BoolArray:
    """Return which pixels of a box the fit may use."""
    # Copies: compiled code is another for arrays that are read-only.
    image = cutout.image_mjy_sr[box].flatten()
    variance = cutout.variance_mjy2_sr2[box].flatten()
    flags = cutout.flags[box].flatten()
    solid_angle = cutout.solid_angle_arcsec2[box].flatten()
    good = np.empty(image.size, np.bool_)
    find_good(image, variance, flags, solid_angle, IGNORED_BY_FIT, good)
    return good.reshape(cutout.image_mjy_sr[box].shape)


def _light(
    cutout: Cutout,
    at_pix: tuple[float, float],
    psf_offset_pix: tuple[float, float],
    corner: tuple[int, int],
    shape: tuple[int, ...],
) -> FloatArray | None:
    """Return the light of a point source in a box of pixels, whose corner is on the cutout.

    `None` if the PSF is not known.
    """
    try:
        profile, origin = render_point_source(cutout.psf, *at_pix, core_offset_pix=psf_offset_pix)
    except FitError:
        return None
    light = np.zeros(shape)
    x0, y0 = (cutout.origin_pix[axis] + corner[axis] - origin[axis] for axis in (0, 1))
    rows, columns = y0 + np.arange(shape[0]), x0 + np.arange(shape[1])
    known = np.ix_(_within(rows, profile.shape[0]), _within(columns, profile.shape[1]))
    light[known] = profile[rows[known[0]], columns[known[1]]]
    return light


def _within(index: npt.NDArray[np.int_], size: int) -> npt.NDArray[np.int_]:
    return np.flatnonzero((index >= 0) & (index < size))
