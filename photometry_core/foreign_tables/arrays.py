"""Arrays of numpy, as astropy gives them, become columns of Arrow."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from photometry_core.errors import ForeignFileError

Values: TypeAlias = "pa.Array[Any]"
"""A column of Arrow of whatever type."""


def arrow_column(where: str, values: Any) -> Values:
    """Return a column with its nulls, whatever astropy made of it.

    Parameters
    ----------
    where
        File and column, for messages.
    values
        Array of numpy, masked or not, of booleans, numbers, texts, arrays or lists of them.

    Raises
    ------
    ForeignFileError
        It holds something else, such as complex numbers.
    """
    if isinstance(values, pa.Array):
        given: Values = values
        return given
    data, mask = np.ma.getdata(values), np.ma.getmaskarray(values)
    try:
        if data.dtype == object or data.ndim > 1:
            cells: Values = pa.array([_cell(values[row]) for row in range(len(values))])
            return cells
        if data.dtype.kind == "S":
            data = np.char.decode(data, "utf-8", "replace")
        if data.dtype.kind == "U":
            texts = [None if null else str(text) for text, null in zip(data, mask, strict=True)]
            return pa.array(texts, pa.string())
        if data.dtype.kind not in "biuf":
            raise ForeignFileError(f"{where} is of the type {data.dtype}, which is not known here")
        native = data.astype(data.dtype.newbyteorder("="), copy=False)
        found: Values = pa.array(np.ascontiguousarray(native), mask=mask if mask.any() else None)
        return found
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ForeignFileError(f"{where} holds values of different types") from error


def _cell(value: Any) -> Any:
    """Return a cell as plain values, `None` where it is masked."""
    if value is None or value is np.ma.masked:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        # The list of a masked array has `None` where it is masked.
        return [_cell(item) for item in value.tolist()]
    return value.item() if isinstance(value, np.generic) else value
