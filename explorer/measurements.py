"""Measurements as pages show them: numbers with sensible digits, flags in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from photometry_core import flags
from photometry_core.spectrum import COLUMNS, Spectrum
from photometry_core.types import FloatArray

PAGE_SIZE = 100
"""Rows on one page of the table of measurements."""

# In the order of a reader's interest; the file has the order of `COLUMNS`.
_HEADINGS = {
    "det_id": ("Det.", ""),
    "wavelength": ("\u03bb", "\u00b5m"),
    "lambda_width": ("\u0394\u03bb", "\u00b5m"),
    "flux": ("Flux", "\u00b5Jy"),
    "flux_err": ("Error", "\u00b5Jy"),
    "fit_ql": ("Fit", ""),
    "flags": ("Flags", ""),
    "flux_bkg": ("Background", "MJy/sr"),
    "local_bkg_flg": ("Local", ""),
    "mjd": ("MJD", "d"),
    "x_image": ("x", "pix"),
    "y_image": ("y", "pix"),
    "n_pix": ("Pixels", ""),
    "deep_flg": ("Deep", ""),
    "obs_publisher_did": ("Exposure", ""),
    "reason": ("Why there is no flux", ""),
}
_DECIMALS = {
    "wavelength": 4,
    "lambda_width": 4,
    "fit_ql": 2,
    "flux_bkg": 4,
    "mjd": 5,
    "x_image": 2,
    "y_image": 2,
}
_DESCRIPTIONS = {column.name: column.description for column in COLUMNS}

COUNT_COLUMNS = {f"n_{flag.name.lower()}": flag for flag in flags.FLAGS if flag.in_image}
"""The columns that count the pixels near a target with a flag, and the flag of each.

They are in every file; on pages the counts stand with the flags, not in columns of their own.
"""

_N_NEAR = "n_aper_pix"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of one column of the table of measurements."""

    name: str
    label: str
    unit: str
    description: str

    @property
    def is_text(self) -> bool:
        """Whether the column is aligned to the left."""
        return self.name in ("flags", "obs_publisher_did", "reason")


@dataclass(frozen=True, slots=True)
class Chip:
    """One flag of a measurement.

    `n_pix` of the `n_near` pixels near the target carry it; `None` where that is not known.
    """

    name: str
    meaning: str
    severity: flags.Severity
    n_pix: int | None = None
    n_near: int | None = None

    @property
    def explanation(self) -> str:
        """What it means and, where that is known, how many pixels carry it."""
        if self.n_pix is None:
            return self.meaning
        return f"{self.meaning}: {self.n_pix} of {self.n_near} pixels near the target"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value as text; `None` where there is none."""

    heading: Heading
    text: str | None
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement as the table shows it."""

    index: int
    cells: tuple[Cell, ...]
    is_measured: bool


HEADINGS = tuple(
    Heading(name, label, unit, _DESCRIPTIONS[name]) for name, (label, unit) in _HEADINGS.items()
)


@lru_cache(maxsize=4096)
def chips(value: int) -> tuple[Chip, ...]:
    """Return the flags set in a value, each with its meaning, the worst first."""
    found = [
        Chip(flag.name, flag.meaning, flag.severity)
        if (flag := flags.BY_NAME.get(name))
        else Chip(name, "Not described by this version", "warn")
        for name in flags.decode(value)
    ]
    order = ("reject", "serious", "warn", "benign")
    return tuple(sorted(found, key=lambda chip: order.index(chip.severity)))


def row_chips(values: Any) -> tuple[Chip, ...]:
    """Return the flags of a row of a spectrum, with the number of pixels that carry each.

    Parameters
    ----------
    values
        The row, of a table with columns as in `COLUMNS`; spectra that were saved without
        numbers of pixels have none here.
    """
    counted = {
        flag.name: int(values[name])
        for name, flag in COUNT_COLUMNS.items()
        if name in values.colnames and _N_NEAR in values.colnames
    }
    return tuple(
        replace(chip, n_pix=counted[chip.name], n_near=int(values[_N_NEAR]))
        if chip.name in counted
        else chip
        for chip in chips(int(values["flags"]))
    )


def column(spectrum: Spectrum, name: str) -> FloatArray:
    """Return a floating-point column of a spectrum, NaN where it has no value."""
    values: FloatArray = np.ma.filled(np.ma.asarray(spectrum.table[name], dtype=float), np.nan)
    # A plain array: bokeh writes the buffer of astropy's columns with the wrong length.
    return np.array(values)


def is_measured(spectrum: Spectrum) -> np.ndarray:
    """Return which rows have a flux and a wavelength, and so a place in the plot."""
    return np.isfinite(column(spectrum, "flux")) & np.isfinite(column(spectrum, "wavelength"))


def flux_decimals(spectrum: Spectrum) -> int:
    """Return how many decimals of uJy show two digits of the typical error."""
    errors = column(spectrum, "flux_err")
    errors = errors[np.isfinite(errors) & (errors > 0)]
    if errors.size == 0:
        return 1
    return min(max(1 - math.floor(math.log10(float(np.median(errors)))), 0), 4)


def rows(spectrum: Spectrum, page: int) -> list[Row]:
    """Return one page of the table.

    Parameters
    ----------
    spectrum
        The measurements.
    page
        Counted from 0; a page beyond the last is empty.
    """
    part = spectrum.table[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    decimals = _DECIMALS | dict.fromkeys(("flux", "flux_err"), flux_decimals(spectrum))
    return [
        Row(
            index=page * PAGE_SIZE + number,
            cells=tuple(_cell(heading, values, decimals) for heading in HEADINGS),
            is_measured=values["flux"] is not np.ma.masked,
        )
        for number, values in enumerate(part)
    ]


def _cell(heading: Heading, values: Any, decimals: dict[str, int]) -> Cell:
    value = values[heading.name]
    if value is np.ma.masked:
        return Cell(heading, None)
    if heading.name == "flags":
        return Cell(heading, str(int(value)), row_chips(values))
    if isinstance(value, (bool, np.bool_)):
        return Cell(heading, "yes" if value else "no")
    if heading.name in decimals:
        return Cell(heading, number_text(float(value), decimals[heading.name]))
    return Cell(heading, str(value))


def number_text(value: float, decimals: int) -> str:
    """Return a number with a real minus sign."""
    return f"{value:.{decimals}f}".replace("-", "\u2212")
