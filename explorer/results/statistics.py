"""What the values of each column are like, over the rows that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from explorer.results.columns import ColumnInfo
from explorer.results.dataset import Dataset
from explorer.results.locked_database import Deadline, run
from explorer.results.number_texts import real_text, with_minus
from explorer.results.query import select_rows, shown_measurements
from explorer.results.table import shown_columns, unit_label
from explorer.results.view import View

_NUMBERS = ("min", "max", "avg", "median", "stddev_samp")
_IDENTIFIERS = ("flags", "lvf_id", "det_id", "channel", "row")
"""Whole numbers of which a mean says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """One column.

    Parameters
    ----------
    info, unit_label
        The column, and the unit of the numbers.
    count, n_null
        Rows with a value and without.
    distinct
        Number of different values.
    numbers
        Texts of smallest, largest, mean, median and standard deviation (n - 1); `None` where there
        is none.
    """

    info: ColumnInfo
    unit_label: str
    count: int
    n_null: int
    distinct: int
    numbers: tuple[str | None, ...]


def column_statistics(dataset: Dataset, view: View) -> list[ColumnStatistics]:
    """Return the statistics of the columns that the table shows, over the rows that it shows.

    Fluxes are in the view's unit; a limit is no value.

    Raises
    ------
    InvalidInputError
        A filter or an expression is not what it should be.
    """
    measurements = shown_measurements(dataset, view)
    rows = select_rows(dataset, view).rows
    kept: pa.Table = measurements.table.take(rows)
    chosen = shown_columns(dataset, view)
    parts: list[str] = []
    for info in chosen:
        column = f'"{measurements.columns[info.name].physical}"'
        functions = _NUMBERS if info.is_number else ()
        parts += [f"count({column})", f"count(DISTINCT {column})"]
        parts += [f"{function}({column})" for function in functions]
    answer = run(f"SELECT {', '.join(parts)} FROM measurements", kept, Deadline())  # noqa: S608 ours
    values: Iterator[Any] = (column[0].as_py() for column in answer.columns)
    return [_column(info, view, len(rows), values) for info in chosen]


def _column(info: ColumnInfo, view: View, n_rows: int, values: Iterator[Any]) -> ColumnStatistics:
    """Return the statistics of a column, taking what belongs to it off the values."""
    count, distinct = next(values), next(values)
    numbers = [next(values) if info.is_number else None for _ in _NUMBERS]
    return ColumnStatistics(
        info=info,
        unit_label=unit_label(info, view.unit),
        count=count,
        n_null=n_rows - count,
        distinct=distinct,
        numbers=tuple(_texts(info, numbers)),
    )


def _texts(info: ColumnInfo, numbers: list[Any]) -> list[str | None]:
    if info.name in _IDENTIFIERS:
        numbers = [*numbers[:2], None, None, None]
    return [None if value is None else _text(info, value) for value in numbers]


def _text(info: ColumnInfo, value: float) -> str:
    if isinstance(value, int):
        return with_minus(str(value))
    decimals = None if info.decimals is None else info.decimals + 1
    return real_text(value, decimals)
