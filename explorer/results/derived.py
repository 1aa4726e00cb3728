"""The measurements as DuckDB sees them, and columns that people add to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.results.columns import ColumnInfo, kind_of
from explorer.results.expressions import Column, columns_used, compiled, named
from explorer.results.locked_database import Deadline, run
from explorer.results.operands import Expression, as_number, cast_to_text, finite
from explorer.results.view import DerivedColumn
from photometry_core.errors import InvalidInputError
from photometry_core.types import FloatArray

_TYPES: dict[str, Any] = {
    "double": pa.float64(),
    "long": pa.int64(),
    "bool": pa.bool_(),
    "text": pa.string(),
}


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """A table of four types: real and 64-bit whole numbers, bool and text.

    Parameters
    ----------
    table
        Columns ``row_number`` and ``c0``, ``c1``...; nothing is NaN, what has no value is null.
    columns
        By name.
    """

    table: pa.Table
    columns: Mapping[str, Column]

    @classmethod
    def of_table(cls, table: pa.Table) -> Measurements:
        """Return the rows of a dataset."""
        row_number: Any = pa.array(np.arange(table.num_rows, dtype=np.int64))
        measurements = cls(pa.table({"row_number": row_number}), {})
        for number, field in enumerate(table.schema):
            kind = kind_of(field.type)
            values: Any = table.column(number).combine_chunks()
            values = pc.cast(values, _TYPES[kind], safe=False)
            measurements = measurements.with_column(field.name, kind, values)
        return measurements

    def with_column(self, name: str, kind: str, values: Any, n_joined: int = 1) -> Measurements:
        """Return the same with a column more, or with another one of that name."""
        physical = f"c{self.table.num_columns}"
        if kind == "double":
            values = pc.if_else(pc.is_finite(values), values, None)
        return Measurements(
            self.table.append_column(physical, values),
            {**self.columns, name: Column(physical, kind, n_joined)},
        )

    def with_numbers(self, values: Mapping[str, FloatArray]) -> Measurements:
        """Return the same with other numbers in columns; NaN is no value."""
        changed = self
        for name, numbers in values.items():
            changed = changed.with_column(name, "double", pa.array(numbers, pa.float64()))
        return changed

    def with_table(self, table: pa.Table) -> Measurements:
        """Return the same columns in a table that has more of them."""
        return Measurements(table, self.columns)

    def values(self, name: str) -> pa.Array:
        """Return a column.

        Raises
        ------
        InvalidInputError
            There is none.
        """
        column: Any = self.table.column(named(name, self.columns).physical)
        values: pa.Array = column.combine_chunks()
        return values


def derived_info(derived: DerivedColumn) -> ColumnInfo:
    """Return what describes an added column."""
    return ColumnInfo(
        name=derived.name,
        kind=derived.kind,
        unit=derived.unit,
        ucd="",
        description=derived.description or derived.expression,
        label=derived.name,
        unit_label=derived.unit,
        is_computed=True,
    )


@lru_cache(maxsize=16)
def with_derived(measurements: Measurements, derived: tuple[DerivedColumn, ...]) -> Measurements:
    """Return measurements with columns added to them.

    A column may use others that are added, in any order, but not itself.

    Raises
    ------
    InvalidInputError
        An expression is not what it should be; the message names its column.
    """
    deadline = Deadline()
    for one in _ordered(measurements, derived):
        try:
            expression = _of_kind(compiled(one.expression, measurements.columns), one.kind)
            found = run(
                f"SELECT {expression.sql} AS made FROM measurements",  # noqa: S608 written by us
                measurements.table,
                deadline,
            )
        except InvalidInputError as error:
            raise InvalidInputError(f"column {one.name}: {error}") from error
        values: Any = pc.cast(found.column("made").combine_chunks(), _TYPES[one.kind])
        measurements = measurements.with_column(one.name, one.kind, values, expression.n_joined)
    return measurements


def _ordered(measurements: Measurements, derived: tuple[DerivedColumn, ...]) -> list[DerivedColumn]:
    """Return added columns so that each comes after those that it uses."""
    taken = {name.lower() for name in measurements.columns}
    waiting: dict[str, tuple[DerivedColumn, set[str]]] = {}
    for one in derived:
        name = one.name.lower()
        if name in taken or name in waiting:
            raise InvalidInputError(f"column {one.name}: there is one of that name already")
        try:
            waiting[name] = (one, columns_used(one.expression))
        except InvalidInputError as error:
            raise InvalidInputError(f"column {one.name}: {error}") from error
    ordered = []
    while waiting:
        ready = [name for name, (_, used) in waiting.items() if not used & waiting.keys()]
        if not ready:
            names = ", ".join(one.name for one, _ in waiting.values())
            raise InvalidInputError(f"columns {names}: each needs another of them, or itself")
        ordered += [waiting.pop(name)[0] for name in ready]
    return ordered


def _of_kind(expression: Expression, kind: str) -> Expression:
    """Return an expression as double, long or text.

    Raises
    ------
    InvalidInputError
        It is a text, and a number is wanted.
    """
    if kind == "text":
        return cast_to_text(expression)
    number = finite(as_number(expression, f"type {kind}"))
    sql = f"TRY_CAST({number.sql} AS {'DOUBLE' if kind == 'double' else 'BIGINT'})"
    return Expression(sql, kind, expression.shown)
