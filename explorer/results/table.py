"""The table of measurements: one page of it, with sensible digits and flags in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from explorer.results.columns import COUNT_COLUMNS, USUAL, ColumnInfo
from explorer.results.dataset import Dataset
from explorer.results.flux_units import FLUX_COLUMNS, UNITS, convert
from explorer.results.query import column_values, columns_of
from explorer.results.view import View
from photometry_core import flags
from photometry_core.types import FloatArray, IntArray

PAGE_SIZE = 100
"""Rows on one page."""

_N_NEAR = "n_aper_pix"
_SEVERITIES = ("reject", "serious", "warn", "benign")
_EXAMPLES = {"text": "text or like '%D3%'", "bool": "true"}


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
        if self.n_pix is None or self.n_near is None:
            return self.meaning
        return f"{self.meaning}: {self.n_pix} of {self.n_near} pixels near the target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The head of a column.

    Parameters
    ----------
    info
        The column.
    unit_label
        Of the values as they are shown.
    sort
        ``ascending``, ``descending`` or empty.
    example
        Of a filter.
    """

    info: ColumnInfo
    unit_label: str
    sort: str
    example: str

    @property
    def is_text(self) -> bool:
        """Whether the column is aligned to the left."""
        return self.info.kind == "text" or self.info.name == "flags"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: shown, and in full; `None` where there is none."""

    text: str | None
    full: str = ""
    is_text: bool = False
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement as the table shows it."""

    index: int
    cells: tuple[Cell, ...]
    is_measured: bool


@lru_cache(maxsize=4096)
def chips(value: int) -> tuple[Chip, ...]:
    """Return the flags set in a value, each with its meaning, the worst first."""
    found = [
        Chip(flag.name, flag.meaning, flag.severity)
        if (flag := flags.BY_NAME.get(name))
        else Chip(name, "Not described by this version", "warn")
        for name in flags.decode(value)
    ]
    return tuple(sorted(found, key=lambda chip: _SEVERITIES.index(chip.severity)))


def row_chips(dataset: Dataset, row: int) -> tuple[Chip, ...]:
    """Return the flags of a row, with the number of pixels near the target that carry each.

    Files without numbers of pixels have none here.
    """
    found = chips(int(dataset.flags()[row]))
    counts = {flag.name: name for name, flag in COUNT_COLUMNS.items() if name in dataset.columns}
    if _N_NEAR not in dataset.columns:
        return found

    def number(name: str) -> int | None:
        value = dataset.table.column(name)[row].as_py()
        return None if value is None else int(value)

    return tuple(
        replace(chip, n_pix=number(counts[chip.name]), n_near=number(_N_NEAR))
        if chip.name in counts
        else chip
        for chip in found
    )


def shown_columns(dataset: Dataset, view: View) -> list[ColumnInfo]:
    """Return the columns of the table: the number of the row, and those that are chosen.

    Without a choice these are the usual ones and those that were added. Columns that this file
    does not have are left out: the choice may have been made for another one.
    """
    known = columns_of(dataset, view)
    chosen = view.columns
    if chosen is None:
        chosen = (*(name for name in USUAL if name in known), *(one.name for one in view.derived))
    names = dict.fromkeys(("row", *chosen))
    return [known[name] for name in names if name in known]


def headers(dataset: Dataset, view: View) -> list[Header]:
    """Return the heads of the columns."""
    return [
        Header(
            info=info,
            unit_label=unit_label(info, view.unit),
            sort=("descending" if view.descending else "ascending")
            if view.sort and info.name.lower() == view.sort.lower()
            else "",
            example="DICHROIC" if info.name == "flags" else _EXAMPLES.get(info.kind, "> 5"),
        )
        for info in shown_columns(dataset, view)
    ]


def unit_label(info: ColumnInfo, unit: str) -> str:
    """Return the unit that the values of a column are shown in."""
    return UNITS[unit].label if is_flux(info.name) and unit in UNITS else info.unit_label


def is_flux(name: str) -> bool:
    """Whether a column is shown in the chosen unit of flux."""
    return name in FLUX_COLUMNS or name in FLUX_COLUMNS.values()


def page_rows(dataset: Dataset, view: View, rows: IntArray) -> list[Row]:
    """Return rows as the table shows them.

    Parameters
    ----------
    dataset, view
        The measurements, and how they are looked at.
    rows
        Numbers of rows, in the order of the table.

    Raises
    ------
    InvalidInputError
        An expression is not what it should be.
    """
    columns = [cells(dataset, view, info, rows) for info in shown_columns(dataset, view)]
    is_measured = dataset.is_measured()[rows]
    return [
        Row(int(row), tuple(column[place] for column in columns), bool(is_measured[place]))
        for place, row in enumerate(rows)
    ]


def cells(dataset: Dataset, view: View, info: ColumnInfo, rows: IntArray) -> list[Cell]:
    """Return a column of the table."""
    if is_flux(info.name) and "wavelength" in dataset.columns:
        return _flux_cells(dataset, view, info, rows)
    values: list[Any] = column_values(dataset, view, info.name).take(rows).to_pylist()
    if info.name == "flags":
        return [
            Cell(None)
            if value is None
            else Cell(str(value), "", True, row_chips(dataset, int(row)))
            for value, row in zip(values, rows, strict=True)
        ]
    return [_cell(info, value) for value in values]


def _cell(info: ColumnInfo, value: Any) -> Cell:
    if value is None:
        return Cell(None, is_text=info.kind == "text")
    if info.kind == "bool":
        return Cell("yes" if value else "no")
    if info.kind == "text":
        return Cell(str(value), str(value), True)
    if info.kind == "long":
        return Cell(with_minus(str(value)))
    return Cell(real_text(value, info.decimals), full_text(value, info.unit_label))


def _flux_cells(dataset: Dataset, view: View, info: ColumnInfo, rows: IntArray) -> list[Cell]:
    flux_name = next(name for name, error in FLUX_COLUMNS.items() if info.name in (name, error))
    converted = convert(
        dataset.numbers(flux_name),
        dataset.numbers(FLUX_COLUMNS[flux_name]),
        dataset.numbers("wavelength"),
        view.unit,
    )
    text_of = flux_format(converted.value, converted.error)
    label = UNITS[view.unit].label
    shown = converted.value if info.name == flux_name else converted.error
    is_limit = converted.is_limit if info.name == flux_name else np.zeros(len(shown), bool)
    made = []
    for row in rows:
        value = float(shown[row])
        if not math.isfinite(value):
            made.append(Cell(None))
        elif is_limit[row]:
            full = f"fainter than {full_text(value, label)} (flux + 3 sigma)"
            made.append(Cell(f"> {text_of(value)}", full))
        else:
            made.append(Cell(text_of(value), full_text(value, label)))
    return made


def flux_format(values: FloatArray, errors: FloatArray) -> Callable[[float], str]:
    """Return how fluxes are written: with two digits of the typical error.

    Parameters
    ----------
    values, errors
        All fluxes and their errors in the unit that is shown; NaN where there is none.
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    errors = errors[np.isfinite(errors) & (errors > 0)]
    size = float(np.median(sizes)) if sizes.size else 1.0
    error = float(np.median(errors)) if errors.size else size / 1000
    last = math.floor(math.log10(error)) - 1
    if 1e-4 <= size < 1e7:
        decimals = min(max(-last, 0), 6)
        return lambda value: real_text(value, decimals)
    digits = min(max(math.floor(math.log10(size)) - last, 1), 6)
    return lambda value: with_minus(f"{value:.{digits}e}")


def real_text(value: float, decimals: int | None) -> str:
    """Return a number with a real minus sign; without `decimals`, with six digits."""
    return with_minus(f"{value:.6g}" if decimals is None else f"{value:.{decimals}f}")


def full_text(value: float, unit: str) -> str:
    """Return a number with all its digits, and its unit."""
    return f"{with_minus(repr(value))} {unit}".strip()


def with_minus(text: str) -> str:
    """Return a number with a real minus sign."""
    return text.replace("-", "\u2212")
