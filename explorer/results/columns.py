"""The columns of a spectrum as headers and menus name them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from photometry_core import flags
from photometry_core.spectrum import COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """One column.

    Parameters
    ----------
    name
        As in files and expressions.
    kind
        ``double``, ``long``, ``bool`` or ``text``.
    unit, ucd, description
        As in the file; the unit in VOUnit spelling.
    label, unit_label
        For headers.
    decimals
        Digits after the point that are shown; `None`: as many as the number has.
    is_computed
        Whether it is not in the file.
    """

    name: str
    kind: str
    unit: str
    ucd: str
    description: str
    label: str
    unit_label: str
    decimals: int | None = None
    is_computed: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it can be plotted."""
        return self.kind in ("double", "long")


USUAL = (
    "det_id", "wavelength", "lambda_width", "flux", "flux_err", "snr", "fit_ql", "flags",
    "flux_bkg", "local_bkg_flg", "mjd", "x_image", "y_image", "n_pix", "deep_flg",
    "obs_publisher_did", "reason",
)  # fmt: skip
"""Columns shown unless others are chosen, in the order of a reader's interest."""

_LABELS = {
    "row": "Row",
    "det_id": "Det.",
    "channel": "Channel",
    "wavelength": "\u03bb",
    "lambda_width": "\u0394\u03bb",
    "flux": "Flux",
    "flux_err": "Error",
    "snr": "S/N",
    "fit_ql": "Fit",
    "flags": "Flags",
    "flux_bkg": "Background",
    "flux_bkg_err": "Background error",
    "local_bkg_flg": "Local",
    "mjd": "MJD",
    "x_image": "x",
    "y_image": "y",
    "n_pix": "Pixels",
    "deep_flg": "Deep",
    "obs_publisher_did": "Exposure",
    "reason": "Why there is no flux",
    "chi2": "\u03c7\u00b2",
    "flux_corr": "Correlation",
    "aper_flux": "Aperture flux",
    "aper_flux_err": "Aperture error",
}
_UNIT_LABELS = {"um": "\u00b5m", "uJy": "\u00b5Jy", "MJy / sr": "MJy/sr"}
_DECIMALS = {
    "wavelength": 4, "lambda_width": 4, "fit_ql": 2, "flux_bkg": 4, "flux_bkg_err": 4, "mjd": 5,
    "x_image": 2, "y_image": 2, "ra": 6, "dec": 6, "snr": 1, "chi2": 1, "flux_corr": 3,
    "aper_masked": 3, "aper_psf_fraction": 3,
}  # fmt: skip
_COMPUTED = {
    "row": ("Row of the downloaded table, counted from 0", ""),
    "snr": ("Flux over its error", "stat.snr"),
    "channel": ("Nominal channel of the detector, 1 (short wavelengths) to 17", "meta.id"),
}
_KNOWN = {column.name: column for column in COLUMNS}

COUNT_COLUMNS = {f"n_{flag.name.lower()}": flag for flag in flags.FLAGS if flag.in_image}
"""The columns that count the pixels near a target with a flag, and the flag of each."""


def kind_of(arrow_type: pa.DataType) -> str:
    """Return ``double``, ``long``, ``bool`` or ``text``."""
    if pa.types.is_floating(arrow_type):
        return "double"
    if pa.types.is_boolean(arrow_type):
        return "bool"
    return "long" if pa.types.is_integer(arrow_type) else "text"


def column_info(field: pa.Field, *, is_computed: bool = False) -> ColumnInfo:
    """Return what is known of a column of a product.

    The unit and the words are those of the file, or else those of `COLUMNS`. `is_computed` says
    that the column was added to those of the file.
    """
    name = field.name
    kept = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    known = _KNOWN.get(name)
    description, ucd = _COMPUTED.get(name, ("", ""))
    unit = kept.get("unit", known.unit if known else "")
    return ColumnInfo(
        name=name,
        kind=kind_of(field.type),
        unit=unit,
        ucd=kept.get("ucd", known.ucd if known else ucd),
        description=kept.get("description", known.description if known else description),
        label=_LABELS.get(name, name),
        unit_label=_UNIT_LABELS.get(unit, unit),
        decimals=_DECIMALS.get(name),
        is_computed=is_computed,
    )
