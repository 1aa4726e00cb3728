"""Columns of Arrow as the types that our columns have; nulls stay nulls, nothing is rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.arrays import Values
from photometry_core.types import FloatArray

_EXACT = 2.0**53
"""Up to here a floating-point number can be a whole number without doubt."""
_TRUE, _FALSE = ("true", "t", "yes", "1"), ("false", "f", "no", "0")


def as_numbers(where: str, values: Values) -> FloatArray:
    """Return floating-point numbers, NaN where the column is null.

    Raises
    ------
    ForeignFileError
        A value is no number, or not exactly one of 64 bits.
    """
    kind = values.type
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        found = (
            values.to_numpy(zero_copy_only=False)
            if pa.types.is_floating(kind)
            else (np.array([np.nan if v is None else v for v in values.to_pylist()], np.float64))
        )
        return np.array(found, np.float64)
    raise ForeignFileError(f"{where}, {_first_other(values)} is not a number")


def as_integers(where: str, values: Values, dtype: str) -> Values:
    """Return integers of a type, as exactly as the column has them.

    Parameters
    ----------
    where
        File and column, for messages.
    values
        Whole numbers, whatever their type.
    dtype
        ``i2``, ``i4`` or ``i8``.

    Raises
    ------
    ForeignFileError
        A value is not whole, or too large for the type or to be exact.
    """
    wanted = pa.from_numpy_dtype(np.dtype(dtype))
    kind = values.type
    if pa.types.is_null(kind):
        return values.cast(wanted)
    if pa.types.is_boolean(kind):
        raise ForeignFileError(f"{where}: true and false are not whole numbers")
    if pa.types.is_floating(kind):
        for row, value in enumerate(values.to_pylist(), start=1):
            if (
                value is not None
                and not np.isnan(value)
                and (abs(value) > _EXACT or value != int(value))
            ):
                raise ForeignFileError(f"{where}, row {row}: {value!r} is not a whole number")
        whole = [
            None if value is None or np.isnan(value) else int(value) for value in values.to_pylist()
        ]
        values = pa.array(whole, pa.int64())
    elif not pa.types.is_integer(kind):
        raise ForeignFileError(f"{where}, {_first_other(values)} is not a whole number")
    try:
        return values.cast(wanted)
    except pa.ArrowInvalid as error:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        raise ForeignFileError(
            f"{where} has a value that is too large; allowed: {low} to {high}"
        ) from error


def as_booleans(where: str, values: Values) -> Values:
    """Return booleans of booleans, of 0 and 1, or of words.

    Raises
    ------
    ForeignFileError
        A value is none of these.
    """
    if pa.types.is_boolean(values.type):
        return values
    found: list[bool | None] = []
    for row, value in enumerate(values.to_pylist(), start=1):
        text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        text = text.strip().lower()
        if text not in (*_TRUE, *_FALSE, "", "nan"):
            raise ForeignFileError(f"{where}, row {row}: {value!r} is neither true nor false")
        found.append(None if text in ("", "nan") else text in _TRUE)
    return pa.array(found, pa.bool_())


def as_texts(values: Values) -> Values:
    """Return texts."""
    return values.cast(pa.string())


def null_if_not_finite(values: Values | FloatArray) -> Values:
    """Return a column with nulls where it is NaN or infinite; other than numbers as they are."""
    if isinstance(values, pa.Array) and not pa.types.is_floating(values.type):
        return values
    if isinstance(values, pa.Array):
        kept: Values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        return kept
    return pa.array(values, mask=~np.isfinite(values))


def _first_other(values: Values) -> str:
    """Return the row and the text of the first value that is no number."""
    found: list[Any] = values.to_pylist()
    for row, value in enumerate(found, start=1):
        if isinstance(value, str):
            try:
                float(value)
            except ValueError:
                return f"row {row}: {value[:40]!r}"
        elif value is not None:
            return f"row {row}: {value!r}"
    return "row 1: a text"
