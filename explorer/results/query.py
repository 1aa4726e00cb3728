"""Which rows a view shows, in which order, and the values of any column: SQL, run by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.results import row_lists
from explorer.results.columns import ColumnInfo
from explorer.results.dataset import Dataset
from explorer.results.derived import Measurements, derived_info, with_derived
from explorer.results.expressions import Column, compiled, named
from explorer.results.filters import condition
from explorer.results.flux_units import FLUX_COLUMNS, convert, flux_unit
from explorer.results.locked_database import Deadline, run
from explorer.results.operands import as_bool, finite
from explorer.results.view import ColumnFilter, DerivedColumn, View
from photometry_core.errors import InvalidInputError
from photometry_core.types import BoolArray, FloatArray, IntArray

_KEPT = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selected:
    """The rows that a view shows.

    Parameters
    ----------
    rows
        Row numbers in the order of the table.
    rows_before_mask
        The same without the mask of flags, in order of row number: what flags are counted in.
    strip
        The rows in the order of the strip of cutouts.
    """

    rows: IntArray
    rows_before_mask: IntArray
    strip: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """The parts of a view that choose and order rows."""

    filters: tuple[ColumnFilter, ...]
    sql: str
    mask: int
    channel: tuple[int, int] | None
    derived: tuple[DerivedColumn, ...]
    sort: str
    sort_unit: str
    descending: bool
    strip_order: str


def select_rows(dataset: Dataset, view: View) -> Selected:
    """Return the rows that a view shows.

    Rows without a value in the column that orders them are last, whatever the direction; those
    with the same value are in the order of the file.

    Raises
    ------
    InvalidInputError
        A filter, an expression or a column is not what it should be.
    """
    return _select(
        dataset,
        _Question(
            filters=tuple(one for one in view.filters if one.text),
            sql=view.sql,
            mask=view.mask,
            channel=view.light_curve_channel,
            derived=view.derived,
            sort=view.sort,
            sort_unit=view.unit if _is_flux(view.sort) else "uJy",
            descending=view.descending,
            strip_order=view.strip_order,
        ),
    )


def columns_of(dataset: Dataset, view: View) -> dict[str, ColumnInfo]:
    """Return what describes every column: those of the file, the computed and the derived ones."""
    added = {one.name: derived_info(one) for one in view.derived}
    return dict(dataset.columns) | added


def column_values(dataset: Dataset, view: View, name: str) -> pa.Array:
    """Return a column with all its values, exactly; null where there is none.

    Raises
    ------
    InvalidInputError
        There is no such column, or an expression is not what it should be.
    """
    if name in dataset.columns:
        return _base(dataset).values(name)
    return with_derived(_base(dataset), view.derived).values(name)


def column_numbers(dataset: Dataset, view: View, name: str) -> FloatArray:
    """Return a column of the file, a computed or a derived one as numbers, for all rows.

    Raises
    ------
    InvalidInputError
        There is no such column, it holds texts, or an expression is not what it should be.
    """
    values: Any = column_values(dataset, view, name)
    if pa.types.is_string(values.type):
        raise InvalidInputError(f"{name}: holds texts; allowed: a column of numbers")
    numbers = pc.cast(values, pa.float64(), safe=False)
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype=float)


def natural_kind(dataset: Dataset, view: View, name: str) -> str:
    """Return the kind of values that the expression of an added column has by itself.

    Raises
    ------
    InvalidInputError
        An expression is not what it should be.
    """
    measurements = with_derived(_base(dataset), view.derived)
    expression = next(one.expression for one in view.derived if one.name == name)
    return compiled(expression, measurements.columns).kind


def shown_measurements(dataset: Dataset, view: View) -> Measurements:
    """Return all rows with the added columns, and with fluxes in the view's unit.

    Raises
    ------
    InvalidInputError
        An expression is not what it should be.
    """
    return _in_unit(dataset, with_derived(_base(dataset), view.derived), view.unit)


@lru_cache(maxsize=8)
def _base(dataset: Dataset) -> Measurements:
    return Measurements.of_table(dataset.table)


@lru_cache(maxsize=_KEPT)
def _select(dataset: Dataset, question: _Question) -> Selected:
    measurements = with_derived(_base(dataset), question.derived)
    measurements, key = _sort_key(dataset, measurements, question)
    measurements, conditions = _conditions(dataset, measurements, question)
    order = f"{key} {'DESC' if question.descending else 'ASC'} NULLS LAST, " if key else ""
    deadline = Deadline()
    try:
        found = run(
            f"SELECT row_number FROM measurements"  # noqa: S608 written by us
            f" WHERE {' AND '.join(conditions.values()) or 'true'} ORDER BY {order}row_number",
            measurements.table,
            deadline,
        )
    except InvalidInputError as error:
        raise InvalidInputError(_blamed(conditions, measurements, deadline, str(error))) from error
    rows = np.asarray(found.column("row_number").to_numpy(), dtype=np.int64)
    rows = rows[_is_listed(dataset, question.filters)[rows]]
    if question.channel is not None:
        rows = rows[_is_of_channel(dataset, question.channel)[rows]]
    kept = rows[(dataset.flags()[rows] & question.mask) == 0]
    return Selected(
        rows=kept,
        rows_before_mask=np.sort(rows),
        strip=_strip(dataset, question.strip_order, kept),
    )


def _is_of_channel(dataset: Dataset, channel: tuple[int, int]) -> BoolArray:
    for name in ("det_id", "channel"):
        if name not in dataset.columns:
            raise InvalidInputError(
                f"channel: {name} can't be told, since it, or x_image and y_image, are not in "
                "this file"
            )
    detectors, channels = dataset.numbers("det_id"), dataset.numbers("channel")
    return np.asarray((detectors == channel[0]) & (channels == channel[1]))


def _is_flux(name: str) -> bool:
    return name.lower() in {*FLUX_COLUMNS, *FLUX_COLUMNS.values()}


def _in_unit(dataset: Dataset, measurements: Measurements, unit: str) -> Measurements:
    """Return the measurements with every flux in a unit; a limit is no value."""
    flux_unit(unit)
    if unit == "uJy" or "wavelength" not in dataset.columns:
        return measurements
    values: dict[str, FloatArray] = {}
    for name, error_name in FLUX_COLUMNS.items():
        if name in dataset.columns:
            flux, error = dataset.numbers(name), dataset.numbers(error_name)
            converted = convert(flux, error, dataset.numbers("wavelength"), unit)
            values[name] = np.where(converted.is_limit, np.nan, converted.value)
            if error_name in dataset.columns:
                values[error_name] = converted.error
    return measurements.with_numbers(values)


def _sort_key(
    dataset: Dataset, measurements: Measurements, question: _Question
) -> tuple[Measurements, str]:
    """Return what the rows are ordered by, in SQL; empty for the order of the file."""
    if not question.sort:
        return measurements, ""
    ordering = _in_unit(dataset, measurements, question.sort_unit)
    try:
        physical = named(question.sort, ordering.columns).physical
    except InvalidInputError as error:
        raise InvalidInputError(f"sort: {error}") from error
    return measurements.with_table(ordering.table), f'"{physical}"'


def _conditions(
    dataset: Dataset, measurements: Measurements, question: _Question
) -> tuple[Measurements, dict[str, str]]:
    """Return the conditions on rows, in SQL, by what a message calls them."""
    conditions: dict[str, str] = {}
    for one in question.filters:
        text, _ = _parts(one)
        if not text:
            continue
        columns: Mapping[str, Column] = measurements.columns
        if _is_flux(one.column):
            converted = _in_unit(dataset, measurements, one.unit)
            measurements = measurements.with_table(converted.table)
            columns = converted.columns
        conditions[f"filter of {one.column}"] = condition(one.column, text, columns).sql
    if question.sql:
        try:
            found = as_bool(finite(compiled(question.sql, measurements.columns)), "it")
        except InvalidInputError as error:
            raise InvalidInputError(f"filter of rows: {error}") from error
        conditions["filter of rows"] = found.sql
    return measurements, conditions


def _parts(one: ColumnFilter) -> tuple[str, list[str]]:
    """Return what of a filter DuckDB computes, and the lists of rows in it."""
    return row_lists.split_lists(one.text) if one.column == row_lists.COLUMN else (one.text, [])


def _is_listed(dataset: Dataset, filters: tuple[ColumnFilter, ...]) -> BoolArray:
    """Return which rows pass all lists of rows."""
    passed = np.ones(dataset.n_rows, dtype=bool)
    for one in filters:
        for text in _parts(one)[1]:
            try:
                passed &= row_lists.rows_in(text, dataset.n_rows)
            except InvalidInputError as error:
                raise InvalidInputError(f"filter of {one.column}: {error}") from error
    return passed


def _blamed(
    conditions: Mapping[str, str], measurements: Measurements, deadline: Deadline, message: str
) -> str:
    """Return a message with the name of the first condition that can't be computed alone."""
    for name, sql in conditions.items():
        try:
            run(f"SELECT {sql} FROM measurements", measurements.table, deadline)  # noqa: S608 ours
        except InvalidInputError:
            return f"{name}: {message}"
    return f"filters: {message}"


def _strip(dataset: Dataset, order: str, rows: IntArray) -> IntArray:
    if order == "table":
        return rows
    rows = np.sort(rows)
    if order == "time" and "mjd" in dataset.columns:
        return rows[np.argsort(dataset.numbers("mjd")[rows], kind="stable")]
    if order == "flags":
        return rows[np.argsort(dataset.flags()[rows], kind="stable")]
    return rows
