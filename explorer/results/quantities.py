"""What an axis or a colour of the plot shows: values of a column, and words that are true."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from explorer.results.dataset import Dataset
from explorer.results.flux_units import FLUX_COLUMNS, Converted, convert, flux_unit
from explorer.results.query import column_numbers
from explorer.results.view import View
from photometry_core.types import BoolArray, FloatArray, IntArray

_NAMES = {
    "aper_flux": "Aperture flux",
    "channel": "Channel",
    "det_id": "Detector",
    "fit_ql": "Fit quality",
    "flags": "Flags",
    "flux_err": "Flux error",
    "lambda_width": "Bandwidth",
    "mjd": "Time",
    "snr": "S/N",
    "wavelength": "Wavelength",
}
_UNITS = {"mjd": "MJD, UTC"}
_ERRORS = {"flux_bkg": "flux_bkg_err"}
"""Columns that have errors, besides fluxes."""
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a column is called where it is plotted.

    Parameters
    ----------
    column
        Its name.
    name
        For people.
    unit_label
        Empty where there is none.
    is_flux
        Whether it follows the flux unit of the view.
    """

    column: str
    name: str
    unit_label: str
    is_flux: bool

    @property
    def label(self) -> str:
        """Name and unit, as on an axis."""
        return f"{self.name} ({self.unit_label})" if self.unit_label else self.name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """Values of a quantity in some rows.

    Parameters
    ----------
    value, error, low, high
        Values, their 1-sigma errors and the ends of their error bars; NaN where there is none.
    is_limit
        Values that are upper limits of the flux.
    decimals
        Digits after the point for people; `None`: a few significant ones.
    """

    value: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    is_limit: BoolArray
    decimals: int | None


def quantity_of(dataset: Dataset, view: View, column: str) -> Quantity:
    """Return what a column is called; one that is not there goes by its own name."""
    if column in FLUX_COLUMNS:
        unit = flux_unit(view.unit)
        name = unit.quantity if column == "flux" else f"{_NAMES[column]}: {unit.quantity}"
        if view.redshift is not None:
            name += ", observed"
        return Quantity(column=column, name=name, unit_label=unit.label, is_flux=True)
    for derived in view.derived:
        if derived.name == column:
            return Quantity(column=column, name=column, unit_label=derived.unit, is_flux=False)
    info = dataset.columns.get(column)
    return Quantity(
        column=column,
        name=_NAMES.get(column, info.label if info else column),
        unit_label=_UNITS.get(column, info.unit_label if info else ""),
        is_flux=False,
    )


def plottable(dataset: Dataset, view: View) -> list[Quantity]:
    """Return every column that can be an axis or a colour, in the order of the file."""
    names = [info.name for info in dataset.columns.values() if info.is_number]
    names += [derived.name for derived in view.derived if derived.kind != "text"]
    return [quantity_of(dataset, view, name) for name in names]


def is_flipped(view: View, quantity: Quantity) -> bool:
    """Return whether larger values are further down, as magnitudes are."""
    return quantity.is_flux and view.unit == "abmag"


def values_of(dataset: Dataset, view: View, quantity: Quantity, rows: IntArray) -> Values:
    """Return the values of a quantity, in the unit of the view.

    Raises
    ------
    InvalidInputError
        There is no such column, or it holds texts.
    """
    column = quantity.column
    if quantity.is_flux:
        # What could not be fitted has no place in the plot, whatever a file has for its flux.
        measured = dataset.is_measured()[rows]
        flux = np.where(measured, column_numbers(dataset, view, column)[rows], np.nan)
        error = dataset.numbers(FLUX_COLUMNS[column])[rows]
        wavelength = dataset.numbers("wavelength")[rows]
        return _of_converted(convert(flux, error, wavelength, view.unit), view)
    value = column_numbers(dataset, view, column)[rows]
    value = np.where(np.isfinite(value), value, np.nan)
    error = np.full(value.shape, np.nan)
    if column in _ERRORS:
        error = dataset.numbers(_ERRORS[column])[rows]
    info = dataset.columns.get(column)
    whole = info is not None and info.kind == "long"
    return Values(
        value=value,
        error=error,
        low=value - error,
        high=value + error,
        is_limit=np.zeros(value.shape, bool),
        decimals=0 if whole else info.decimals if info else None,
    )


def _of_converted(converted: Converted, view: View) -> Values:
    return Values(
        value=converted.value,
        error=converted.error,
        low=converted.low,
        high=converted.high,
        is_limit=converted.is_limit,
        decimals=3 if view.unit == "abmag" else _decimals(converted.error),
    )


def _decimals(error: FloatArray) -> int | None:
    """Return how many decimals show two digits of the typical error."""
    known = error[np.isfinite(error) & (error > 0)]
    if not known.size:
        return None
    digits = max(1 - math.floor(math.log10(float(np.median(known)))), 0)
    return digits if digits <= _MOST_DECIMALS else None
