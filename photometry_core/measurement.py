"""What comes out: measurements, and where they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from photometry_core.cutout import Stamp
from photometry_core.flags import IMAGE_BITS
from photometry_core.types import Exposure, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """One target on one exposure: one row of a spectrum.

    Quantities that could not be had are NaN, and `reason` says why. A negative flux is a
    measurement like any other.

    Parameters
    ----------
    exposure
        The exposure.
    wavelength_um, bandwidth_um
        At the position of the target.
    flux_ujy, flux_err_ujy
        Total flux density and its 1-sigma error.
    flags
        Union of the flags of the pixels around the target, with the bits that only a
        measurement can have.
    fit_quality
        Mean of |pixel - model| / sigma near the target; 0.8 for a perfect fit.
    background_mjy_sr, background_err_mjy_sr
        Local background and its 1-sigma error.
    background_is_local
        True if it was measured in a box of the size that was asked for.
    x_pix, y_pix
        Position on the detector.
    ra_deg, dec_deg
        The ICRS position used.
    flux_correlation
        Correlation of the flux with that of the target, fitted together with this one, with
        which it is correlated most; NaN where there is none.
    chi2
        Sum of ((pixel - model) / sigma)^2 over the pixels of the fit of this target.
    n_pix
        Number of those pixels.
    n_aperture_pix
        Number of pixels of the image that `flags` and `fit_quality` look at.
    flag_counts
        How many of them carry each bit of the FLAGS plane, from bit 0 on, 30 numbers.
    aperture_flux_ujy, aperture_flux_err_ujy
        Light above the background within `MeasureOptions.aperture_radius_arcsec` of the
        position, on the pixels that may be used, and its 1-sigma error. NaN if it was not
        asked for, no pixel may be used, or the circle reaches beyond the image.
    aperture_masked_fraction
        Share of the circle's area without pixels that may be used; their light is missing.
    aperture_psf_fraction
        Share of a point source's light that is in `aperture_flux_ujy`, which is not corrected
        for it.
    model
        What was fitted, as `Target.model` says it.
    reason
        Why there is no flux; empty if there is one.
    stamp
        The pixels; `None` if none could be read.
    """

    exposure: Exposure
    wavelength_um: float = math.nan
    bandwidth_um: float = math.nan
    flux_ujy: float = math.nan
    flux_err_ujy: float = math.nan
    flags: int = 0
    fit_quality: float = math.nan
    background_mjy_sr: float = math.nan
    background_err_mjy_sr: float = math.nan
    background_is_local: bool = False
    x_pix: float = math.nan
    y_pix: float = math.nan
    ra_deg: float = math.nan
    dec_deg: float = math.nan
    flux_correlation: float = math.nan
    chi2: float = math.nan
    n_pix: int = 0
    n_aperture_pix: int = 0
    flag_counts: tuple[int, ...] = (0,) * IMAGE_BITS
    aperture_flux_ujy: float = math.nan
    aperture_flux_err_ujy: float = math.nan
    aperture_masked_fraction: float = math.nan
    aperture_psf_fraction: float = math.nan
    model: str = "point"
    reason: str = ""
    stamp: Stamp | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance(JsonValue):
    """Where a spectrum comes from; written into every file.

    Parameters
    ----------
    software
        Name and version of this program.
    archive
        Name of the archive, as given.
    archive_description
        One sentence on what the archive is.
    simulated
        Whether the data are simulated.
    calibration
        Which wavelengths and solid angles were used, in words.
    created
        Date and time of the measurement, ISO 8601, UTC.
    """

    software: str
    archive: str
    archive_description: str
    simulated: bool
    calibration: str
    created: str
