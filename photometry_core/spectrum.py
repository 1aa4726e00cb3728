"""The spectrum of one target: its columns, and how it is put together.

`COLUMNS` is the only list of columns. Names, units, UCDs and descriptions in every file,
on every page and in every help text come from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from astropy.table import MaskedColumn, Table

from photometry_core.flags import FIT_ERROR, FLAGS, Flag
from photometry_core.measurement import Measurement, Provenance
from photometry_core.positions import designation
from photometry_core.stamp_cubes import Stamps, stack_stamps
from photometry_core.types import (
    MeasureOptions,
    Target,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table that is written to files.

    Parameters
    ----------
    name
        Its name in every file.
    dtype
        numpy type; ``str`` for texts. Of the columns of a measurement only floating-point ones
        have nulls; those of other files may all have them.
    unit
        In VOUnit spelling; empty where there is none.
    ucd
        IVOA Unified Content Descriptor.
    description
        One line for people.
    """

    name: str
    dtype: str
    unit: str
    ucd: str
    description: str


@dataclass(frozen=True, slots=True)
class SpectrumColumn(Column):
    """One column of a spectrum.

    Parameters
    ----------
    value
        Takes the value from a measurement; NaN becomes null.
    """

    value: Callable[[Measurement], Any]


def _count_column(flag: Flag) -> SpectrumColumn:
    """Return the column that says how many of the pixels around the target carry a flag."""
    return SpectrumColumn(
        f"n_{flag.name.lower()}",
        "i2",
        "",
        "meta.number",
        f"Of n_aper_pix pixels, those with {flag.name}",
        lambda m: m.flag_counts[flag.bit],
    )


COLUMNS: tuple[SpectrumColumn, ...] = (
    SpectrumColumn(
        "wavelength", "f8", "um", "em.wl",
        "Central wavelength (vacuum) at the target",
        lambda m: m.wavelength_um,
    ),
    SpectrumColumn(
        "lambda_width", "f8", "um", "instr.bandwidth",
        "Effective bandwidth at the target",
        lambda m: m.bandwidth_um,
    ),
    SpectrumColumn(
        "flux", "f8", "uJy", "phot.flux.density;em.IR",
        "Total (untruncated) flux density; may be negative",
        lambda m: m.flux_ujy,
    ),
    SpectrumColumn(
        "flux_err", "f8", "uJy", "stat.error;phot.flux.density;em.IR",
        "1-sigma error of flux, with that of the background",
        lambda m: m.flux_err_ujy,
    ),
    SpectrumColumn(
        "flags", "i8", "", "meta.code.qual",
        "Flags within 2.5 pix, or Re if larger; bits 32, 33: of the fit",
        lambda m: m.flags,
    ),
    SpectrumColumn(
        "fit_ql", "f8", "", "stat.fit.goodness",
        "Mean |pixel - model| / sigma, pixels as for flags; 0.8: perfect",
        lambda m: m.fit_quality,
    ),
    SpectrumColumn(
        "flux_bkg", "f8", "MJy / sr", "phot.flux.density.sb;instr.background",
        "Local background",
        lambda m: m.background_mjy_sr,
    ),
    SpectrumColumn(
        "local_bkg_flg", "bool", "", "meta.code",
        "True if the background box did not have to grow",
        lambda m: m.background_is_local,
    ),
    SpectrumColumn(
        "det_id", "i2", "", "meta.id;instr.det", "Detector, 1 to 6",
        lambda m: m.exposure.detector,
    ),
    SpectrumColumn(
        "lvf_id", "i8", "", "meta.id;obs", "Integer exposure identifier",
        lambda m: m.exposure.lvf_id,
    ),
    SpectrumColumn(
        "deep_flg", "bool", "", "meta.code", "True for exposures of the deep survey",
        lambda m: m.exposure.deep,
    ),
    SpectrumColumn(
        "mjd", "f8", "d", "time.epoch", "Mid-time of the exposure, MJD (UTC)",
        lambda m: m.exposure.mjd,
    ),
    SpectrumColumn(
        "x_image", "f8", "pix", "pos.cartesian.x;instr.det",
        "Position on the detector; first pixel's centre is 0",
        lambda m: m.x_pix,
    ),
    SpectrumColumn(
        "y_image", "f8", "pix", "pos.cartesian.y;instr.det",
        "Position on the detector; first pixel's centre is 0",
        lambda m: m.y_pix,
    ),
    SpectrumColumn(
        "ra", "f8", "deg", "pos.eq.ra;meta.main", "Right ascension used, ICRS",
        lambda m: m.ra_deg,
    ),
    SpectrumColumn(
        "dec", "f8", "deg", "pos.eq.dec;meta.main", "Declination used, ICRS",
        lambda m: m.dec_deg,
    ),
    SpectrumColumn(
        "obs_publisher_did", "str", "", "meta.ref.ivoid", "Identifier of the image",
        lambda m: m.exposure.publisher_did,
    ),
    SpectrumColumn(
        "data_collection", "str", "", "meta.id", "Data collection of the image",
        lambda m: m.exposure.collection,
    ),
    SpectrumColumn(
        "flux_bkg_err", "f8", "MJy / sr", "stat.error;phot.flux.density.sb;instr.background",
        "1-sigma error of the local background",
        lambda m: m.background_err_mjy_sr,
    ),
    SpectrumColumn(
        "n_pix", "i4", "", "meta.number", "Pixels that entered the fit",
        lambda m: m.n_pix,
    ),
    SpectrumColumn(
        "reason", "str", "", "meta.note", "Why there is no flux; empty where there is one",
        lambda m: m.reason,
    ),
    SpectrumColumn(
        "model", "str", "", "meta.code.class", "Fitted shape: point or sersic",
        lambda m: m.model,
    ),
    SpectrumColumn(
        "flux_corr", "f8", "", "stat.correlation;phot.flux.density",
        "Strongest correlation with the flux of a neighbour in the fit",
        lambda m: m.flux_correlation,
    ),
    SpectrumColumn(
        "chi2", "f8", "", "stat.fit.chi2", "Sum of ((pixel - model) / sigma)^2 over n_pix pixels",
        lambda m: m.chi2,
    ),
    SpectrumColumn(
        "n_aper_pix", "i4", "", "meta.number", "Pixels that flags and fit_ql look at",
        lambda m: m.n_aperture_pix,
    ),
    *(_count_column(flag) for flag in FLAGS if flag.in_image),
    SpectrumColumn(
        "aper_flux", "f8", "uJy", "phot.flux.density;em.IR",
        "Sum in a circle, less background; null unless asked for",
        lambda m: m.aperture_flux_ujy,
    ),
    SpectrumColumn(
        "aper_flux_err", "f8", "uJy", "stat.error;phot.flux.density;em.IR",
        "1-sigma error of aper_flux, with that of the background",
        lambda m: m.aperture_flux_err_ujy,
    ),
    SpectrumColumn(
        "aper_masked", "f8", "", "phys.area;arith.ratio",
        "Fraction of the circle's area that is not in aper_flux",
        lambda m: m.aperture_masked_fraction,
    ),
    SpectrumColumn(
        "aper_psf_fraction", "f8", "", "phot.flux;arith.ratio",
        "Fraction of a point source's light that is in aper_flux",
        lambda m: m.aperture_psf_fraction,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """All measurements of one target.

    Parameters
    ----------
    target, options, provenance
        What was measured, how, and from what.
    table
        One row per exposure, columns as in `COLUMNS`, ordered by wavelength, then time;
        rows of unknown wavelength come last. Missing quantities are masked.
    stamps
        The pixels, if they are at hand.
    """

    target: Target
    options: MeasureOptions
    provenance: Provenance
    table: Table
    stamps: Stamps | None = None

    @property
    def n_found(self) -> int:
        """Number of exposures found."""
        return len(self.table)

    @property
    def n_measured(self) -> int:
        """Number of exposures with a flux."""
        return int(np.count_nonzero((self.table["flags"] & FIT_ERROR) == 0))


def build_spectrum(
    target: Target,
    measurements: Sequence[Measurement],
    options: MeasureOptions,
    provenance: Provenance,
    stamps: Stamps | None = None,
    *,
    with_stamps: bool = True,
) -> Spectrum:
    """Put the measurements of one target in order and into a table.

    The provenance says that data are simulated if that of a single exposure are, whatever
    the archive is.

    Parameters
    ----------
    target, measurements, options, provenance
        What was measured, how, and from what.
    stamps
        The stamps of the measurements, if these have none; they are put in order in place.
    with_stamps
        Whether the spectrum is to have stamps at all.
    """
    order = sorted(range(len(measurements)), key=lambda row: _rank(measurements[row]))
    ordered = [measurements[row] for row in order]
    if not with_stamps:
        stamps = None
    elif stamps is None:
        stamps = stack_stamps([m.stamp for m in ordered])
    else:
        stamps.reorder(order)
    values = {c.name: [c.value(m) for m in ordered] for c in COLUMNS}
    return Spectrum(
        target=target,
        options=options,
        provenance=replace(
            provenance,
            simulated=provenance.simulated or any(m.exposure.simulated for m in ordered),
        ),
        table=make_table(COLUMNS, values),
        stamps=stamps,
    )


def _rank(measurement: Measurement) -> tuple[bool, float, float, int]:
    """Return what rows are ordered by: wavelength, none last, then time."""
    unknown = math.isnan(measurement.wavelength_um)
    wavelength = 0.0 if unknown else measurement.wavelength_um
    return unknown, wavelength, measurement.exposure.mjd, measurement.exposure.detector


def make_table(columns: Sequence[Column], values: dict[str, Any]) -> Table:
    """Return a table with units and descriptions.

    Parameters
    ----------
    columns
        Its columns, in order.
    values
        A sequence or masked array per column; NaN becomes null.
    """
    table = Table(masked=False)
    for column in columns:
        data: Any = np.ma.asarray(values[column.name], dtype=column.dtype)
        is_floating = column.dtype in ("f4", "f8")
        if is_floating:
            data = np.ma.masked_invalid(data)
        table[column.name] = MaskedColumn(
            data,
            unit=column.unit or None,
            description=column.description,
            meta={"ucd": column.ucd},
        )
        if not is_floating and not np.ma.is_masked(data):
            table[column.name] = table[column.name].filled()
    return table


def file_stem(target: Target) -> str:
    """Return a name for the files of a target, such as ``M_81_J095533.17+690355.0``.

    Letters, digits, ``+``, ``-``, ``.`` and ``_`` only, and at most 60 characters, so that
    it is the same on every file system.
    """
    position = designation(target.ra_deg, target.dec_deg)
    name = name_stem(target.name)
    return f"{name}_{position}" if name and name != position else position


def name_stem(name: str) -> str:
    """Return what of a name can be part of a file's; empty if nothing of it can."""
    return re.sub(r"[^A-Za-z0-9+.-]+", "_", name).strip("_.-")[:40]
