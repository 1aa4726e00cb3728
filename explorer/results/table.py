"""The table of measurements: one page of it, with sensible digits and flags in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.results.columns import COUNT_COLUMNS, USUAL, ColumnInfo
from explorer.results.dataset import Dataset
from explorer.results.flux_units import (
    DETECTED_SNR,
    FLUX_COLUMNS,
    LIMIT_SIGMA,
    UNITS,
    convert,
)
from explorer.results.number_texts import flux_format, full_text, real_text, with_minus
from explorer.results.query import column_values, columns_of
from explorer.results.row_flags import N_NEAR, RowFlag, row_flags
from explorer.results.view import View
from photometry_core.types import IntArray

PAGE_SIZE = 100
"""Rows on one page."""

_LIMIT_IN_WORDS = f"{LIMIT_SIGMA:g}-sigma limit: S/N below {DETECTED_SNR:g}"
_EXAMPLES = {"text": "text or like '%D3%'", "bool": "true"}


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
    chips: tuple[RowFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement as the table shows it."""

    index: int
    cells: tuple[Cell, ...]
    is_measured: bool


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
        return _flag_cells(dataset, rows)
    return [_cell(info, value) for value in values]


def _flag_cells(dataset: Dataset, rows: IntArray) -> list[Cell]:
    names = [name for name in ("flags", N_NEAR, *COUNT_COLUMNS) if name in dataset.columns]
    lines = dataset.table.select(names).take(rows).to_pylist()
    return [
        Cell(None) if line["flags"] is None else Cell(str(line["flags"]), "", True, row_flags(line))
        for line in lines
    ]


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
            full = f"fainter than {full_text(value, label)} ({_LIMIT_IN_WORDS})"
            made.append(Cell(f"> {text_of(value)}", full))
        else:
            made.append(Cell(text_of(value), full_text(value, label)))
    return made
