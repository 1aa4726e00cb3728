"""Flux densities in the units that people ask for.

Files hold uJy. Everything shown in another unit is converted here, and nowhere else.
F_lambda = F_nu c / lambda^2 and nu F_nu = F_nu c / lambda, with the observed wavelength; AB
magnitudes are 8.90 - 2.5 log10(F_nu / Jy) (Oke & Gunn 1983, ApJ 266, 713, with the zero point
of 3631 Jy). The logarithm of a flux of low S/N is mostly that of its noise: such a flux has no
magnitude here, but a limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.errors import InvalidInputError
from photometry_core.types import BoolArray, FloatArray

FLUX_COLUMNS = {"flux": "flux_err", "aper_flux": "aper_flux_err"}
"""The columns that are fluxes, and the columns of their errors."""

_C_UM_S = 2.99792458e14
_W_PER_UJY = 1e-32
"""W m^-2 Hz^-1 per uJy."""
_ZERO_POINT_UJY = 3631e6
DETECTED_SNR = 3.0
"""Fluxes of lower S/N have limits instead of magnitudes."""
LIMIT_SIGMA = 3.0
LIMIT_MARK_IN_WORDS = f"{LIMIT_SIGMA:g}-sigma limits (S/N below {DETECTED_SNR:g})"
LIMITS_IN_WORDS = (
    f"Below S/N {DETECTED_SNR:g} magnitudes are limits, of the flux (0 if negative) plus "
    f"{LIMIT_SIGMA:g} sigma; errors are 1.0857 / (S/N), bars those of flux \u00b1 error"
)


@dataclass(frozen=True, slots=True)
class FluxUnit:
    """One unit of flux densities.

    Parameters
    ----------
    key
        As in addresses and requests.
    label
        As on axes and in headers.
    quantity
        What the axis is called.
    """

    key: str
    label: str
    quantity: str


UNITS: dict[str, FluxUnit] = {
    unit.key: unit
    for unit in (
        FluxUnit("uJy", "\u00b5Jy", "Flux density"),
        FluxUnit("mJy", "mJy", "Flux density"),
        FluxUnit("flam", "W m\u207b\u00b2 \u00b5m\u207b\u00b9", "F\u03bb"),
        FluxUnit("flam_cgs", "erg s\u207b\u00b9 cm\u207b\u00b2 \u00c5\u207b\u00b9", "F\u03bb"),
        FluxUnit("nufnu", "W m\u207b\u00b2", "\u03bdF\u03bd"),
        FluxUnit("nufnu_cgs", "erg s\u207b\u00b9 cm\u207b\u00b2", "\u03bdF\u03bd"),
        FluxUnit("abmag", "mag", "AB magnitude"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Converted:
    """Fluxes in a unit.

    Parameters
    ----------
    value, error
        Flux and 1-sigma error; for magnitudes the error is 2.5 / ln 10 times that of the flux
        over the flux. Where `is_limit`, the value is the limit and the error NaN.
    low, high
        Ends of the error bar: the conversions of flux - error and flux + error, in order of
        value. NaN where one does not exist.
    is_limit
        Fluxes that have no value in this unit: those whose S/N is below `DETECTED_SNR`, and
        those of zero or less, which have no magnitude. Shown as the upper limit of the flux: the
        flux, or 0 if that is negative, plus `LIMIT_SIGMA` errors.
    """

    value: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    is_limit: BoolArray


def flux_unit(key: str) -> FluxUnit:
    """Return a unit.

    Raises
    ------
    InvalidInputError
        There is no such unit.
    """
    if key not in UNITS:
        raise InvalidInputError(f"unit: {key!r} given; allowed: {', '.join(UNITS)}")
    return UNITS[key]


def convert(
    flux_ujy: FloatArray, error_ujy: FloatArray, wavelength_um: FloatArray, key: str
) -> Converted:
    """Return fluxes in another unit.

    Parameters
    ----------
    flux_ujy, error_ujy
        Flux densities and their errors, uJy; NaN where there is none.
    wavelength_um
        Observed wavelengths, um, same shape.
    key
        One of `UNITS`.

    Raises
    ------
    InvalidInputError
        There is no such unit.
    """
    flux_unit(key)
    if key == "abmag":
        return _magnitudes(flux_ujy, error_ujy)
    factor = _factor(wavelength_um, key)
    value, error = flux_ujy * factor, error_ujy * factor
    return Converted(
        value=value,
        error=error,
        low=value - error,
        high=value + error,
        is_limit=np.zeros(np.shape(value), bool),
    )


def _factor(wavelength_um: FloatArray, key: str) -> FloatArray:
    """Return what a flux density in uJy is multiplied by."""
    one = np.ones_like(wavelength_um)
    if key == "uJy":
        return one
    if key == "mJy":
        return one * 1e-3
    # W m^-2 um^-1 is 0.1 erg s^-1 cm^-2 A^-1; W m^-2 is 1000 erg s^-1 cm^-2.
    if key.startswith("flam"):
        si = _W_PER_UJY * _C_UM_S / wavelength_um**2
        return si * 0.1 if key.endswith("cgs") else si
    si = _W_PER_UJY * _C_UM_S / wavelength_um
    return si * 1e3 if key.endswith("cgs") else si


def _magnitudes(flux: FloatArray, error: FloatArray) -> Converted:
    is_limit = np.asarray((flux <= 0) | (flux < DETECTED_SNR * error))

    def magnitude(values: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = -2.5 * np.log10(values / _ZERO_POINT_UJY)
        return np.where(np.isfinite(found), found, np.nan)

    with np.errstate(divide="ignore", invalid="ignore"):
        relative = 2.5 / np.log(10) * error / flux
    limit = magnitude(np.maximum(flux, 0) + LIMIT_SIGMA * error)
    return Converted(
        value=np.where(is_limit, limit, magnitude(flux)),
        error=np.where(is_limit, np.nan, relative),
        low=np.where(is_limit, np.nan, magnitude(flux + error)),
        high=np.where(is_limit, np.nan, magnitude(flux - error)),
        is_limit=is_limit,
    )
