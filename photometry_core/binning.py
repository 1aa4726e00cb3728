"""The spectrum on the 102 nominal channels: visits of a channel averaged.

A product of its own beside the spectrum of all measurements, with its recipe in its header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.table import Table

from photometry_core.channels import CHANNELS_PER_DETECTOR, channel_at, nominal_band_um
from photometry_core.errors import InvalidInputError
from photometry_core.flags import BY_NAME, FIT_ERROR, FLAGS, decode, mask_of
from photometry_core.spectrum import Column, Spectrum, make_table
from photometry_core.types import FloatArray

DEFAULT_REJECT = mask_of(flag.name for flag in FLAGS if flag.severity in ("serious", "reject"))
"""Measurements that are left out unless said otherwise: DICHROIC, CONTAINS_BAD_PIXEL and
FIT_ERROR."""

COLUMNS: tuple[Column, ...] = (
    Column("det_id", "i2", "", "meta.id;instr.det", "Detector, 1 to 6"),
    Column("channel", "i2", "", "meta.id", "Nominal channel, 1 to 17"),
    Column("wavelength", "f8", "um", "em.wl.central", "Nominal wavelength of the channel"),
    Column("lambda_width", "f8", "um", "instr.bandwidth", "Nominal bandwidth of the channel"),
    Column("flux", "f8", "uJy", "phot.flux.density;em.IR", "Inverse-variance mean of the visits"),
    Column("flux_err", "f8", "uJy", "stat.error;phot.flux.density;em.IR", "1-sigma error of flux"),
    Column("wavelength_mean", "f8", "um", "em.wl;stat.mean", "Mean wavelength, weighted as flux"),
    Column("n_used", "i4", "", "meta.number;obs", "Visits averaged"),
    Column("n_found", "i4", "", "meta.number;obs", "Visits, rejected ones included"),
    Column("scatter", "f8", "uJy", "stat.stdev;phot.flux.density", "Standard deviation of visits"),
    Column("chi2", "f8", "", "stat.fit.chi2", "Sum of ((visit - mean) / error)^2"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BinnedSpectrum:
    """A spectrum on the nominal channels.

    Parameters
    ----------
    spectrum
        What was averaged.
    reject
        Flags of measurements that were left out, as a bit mask.
    table
        One row per channel of the detectors that were used, columns as in `COLUMNS`, in
        order of detector and wavelength; without visits the flux is masked.
    """

    spectrum: Spectrum
    reject: int
    table: Table

    @property
    def recipe(self) -> str:
        """How it was made, in one sentence."""
        names = ", ".join(decode(self.reject)) or "nothing"
        return (
            "inverse-variance mean of the visits of each of the mission's nominal channels "
            f"(cal-sch-v1-2026-106), by position on the detector; left out: {names}"
        )


def bin_spectrum(spectrum: Spectrum, reject: int = DEFAULT_REJECT) -> BinnedSpectrum:
    """Average the visits of every nominal channel.

    Parameters
    ----------
    spectrum
        All measurements of one target.
    reject
        Measurements with any of these flags are left out; FIT_ERROR always is.

    Notes
    -----
    Visits of a channel differ by up to half of it in wavelength, so that `scatter` and
    `chi2` contain the slope of the spectrum, and lines, besides noise and variability.
    """
    table = spectrum.table
    flux, error, wavelength = (_filled(table, n) for n in ("flux", "flux_err", "wavelength"))
    channel = channel_at(_filled(table, "x_image"), _filled(table, "y_image"))
    reject |= FIT_ERROR
    flags, detectors = np.asarray(table["flags"]), np.asarray(table["det_id"])
    usable = ((flags & reject) == 0) & np.isfinite(flux) & (error > 0)
    rows: list[dict[str, Any]] = []
    for detector in spectrum.options.detectors:
        # Wavelengths ascend with the number of the channel.
        for number in range(1, CHANNELS_PER_DETECTOR + 1):
            visits = (detectors == detector) & (channel == number)
            used = visits & usable
            center, width = nominal_band_um(detector, number)
            rows.append(
                {
                    "det_id": detector,
                    "channel": number,
                    "wavelength": center,
                    "lambda_width": width,
                    "n_found": int(np.count_nonzero(visits)),
                    **_mean(flux[used], error[used], wavelength[used]),
                }
            )
    values = {column.name: [row[column.name] for row in rows] for column in COLUMNS}
    return BinnedSpectrum(spectrum=spectrum, reject=reject, table=make_table(COLUMNS, values))


def reject_mask(text: str) -> int:
    """Return the bit mask of flag names separated by commas; empty means none.

    Raises
    ------
    InvalidInputError
        A name is not that of a flag.
    """
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in BY_NAME:
            raise InvalidInputError(f"flags: {name!r} is not a flag; allowed: {', '.join(BY_NAME)}")
    return mask_of(names)


def _filled(table: Table, name: str) -> FloatArray:
    """Return a column, NaN where it has no value."""
    return np.asarray(np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan))


def _mean(flux: FloatArray, error: FloatArray, wavelength: FloatArray) -> dict[str, Any]:
    count = flux.size
    if not count:
        missing = dict.fromkeys(("flux", "flux_err", "wavelength_mean", "scatter", "chi2"), np.nan)
        return {**missing, "n_used": 0}
    weight = 1 / error**2
    mean = float(np.sum(weight * flux) / np.sum(weight))
    return {
        "flux": mean,
        "flux_err": float(np.sum(weight) ** -0.5),
        "wavelength_mean": float(np.sum(weight * wavelength) / np.sum(weight)),
        "n_used": count,
        "scatter": float(np.std(flux, ddof=1)) if count > 1 else np.nan,
        "chi2": float(np.sum(weight * (flux - mean) ** 2)) if count > 1 else np.nan,
    }
