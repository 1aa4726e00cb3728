"""Columns of Arrow as columns of files: types that every format knows, and explicit nulls."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy import units

from photometry_core.spectrum import Column

# What XML can't hold, and what ends a line or a cell in a text file.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"[\t\r\n]+")
_MAX_UNIT = 40
_MANY_DIGITS = re.compile(r"\d{4}")


def file_column(
    name: str, values: Any, *, unit: str, ucd: str, description: str
) -> tuple[Column, Any]:
    """Return a column and its values as `photometry_core.spectrum.make_table` takes them.

    Parameters
    ----------
    name
        Its name in the file.
    values
        An array of Arrow, in one piece or more: booleans, numbers or texts, with nulls.
        Integers become signed ones of at most 64 bits; unsigned ones that need more become
        texts, as does everything that no file knows.
    unit
        As somebody wrote it. One that means nothing to astropy goes into the description.
    ucd, description
        As in files.

    Returns
    -------
    column, values
        `values` is a masked array.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    dtype, array = _typed(values)
    unit = clean_text(unit).strip()
    if unit and not is_unit(unit):
        description, unit = f"{description} (unit: {unit})".strip(), ""
    column = Column(clean_text(name), dtype, unit, clean_text(ucd), clean_text(description))
    return column, _masked(array, dtype)


def clean_text(text: str) -> str:
    """Return a text without control characters, and in one line: every format can hold it."""
    return _CONTROL.sub("\ufffd", _BREAKS.sub(" ", text))


@lru_cache(maxsize=256)
def is_unit(text: str) -> bool:
    """Whether a text is a unit that files can be given."""
    # A power with many digits takes minutes to be worked out.
    if len(text) > _MAX_UNIT or _MANY_DIGITS.search(text) or not text.isascii():
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            units.Unit(text).to_string("vounit")
            units.Unit(text).to_string("fits")
    except (ValueError, TypeError, OverflowError, Warning):
        return False
    return True


def _typed(values: Any) -> tuple[str, Any]:
    kind = values.type
    if pa.types.is_boolean(kind):
        return "bool", values
    if pa.types.is_floating(kind):
        if kind.bit_width == 64:
            return "f8", values
        return "f4", pc.cast(values, pa.float32())
    if pa.types.is_decimal(kind):
        return "f8", pc.cast(values, pa.float64(), safe=False)
    if pa.types.is_integer(kind):
        return _integer(values)
    if pa.types.is_null(kind):
        return "f8", pc.cast(values, pa.float64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "str", values
    texts = [None if value is None else str(value) for value in values.to_pylist()]
    return "str", pa.array(texts, pa.string())


def _integer(values: Any) -> tuple[str, Any]:
    kind = values.type
    if pa.types.is_unsigned_integer(kind):
        try:
            return "i8", pc.cast(values, pa.int64())
        except pa.ArrowInvalid:
            return "str", pc.cast(values, pa.string())
    # A signed byte is a number of no other format.
    narrowest: Any = {8: pa.int16(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[kind.bit_width]
    return f"i{narrowest.bit_width // 8}", pc.cast(values, narrowest)


def _masked(values: Any, dtype: str) -> Any:
    null = np.asarray(pc.is_null(values).to_numpy(zero_copy_only=False), dtype=bool)
    if dtype == "str":
        texts = [clean_text(text or "") for text in values.to_pylist()]
        return np.ma.array(np.array(texts, dtype=str), mask=null)
    if dtype in ("f4", "f8"):
        return np.ma.masked_invalid(values.to_numpy(zero_copy_only=False))
    filled = pc.fill_null(values, pa.scalar(False if dtype == "bool" else 0, values.type))
    return np.ma.array(np.asarray(filled.to_numpy(zero_copy_only=False), dtype=dtype), mask=null)
