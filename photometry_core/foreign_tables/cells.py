"""Texts of cells become columns of numbers, booleans or texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.arrays import Values

_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eEdD][+-]?[0-9]{1,4})?")
_NOT_FINITE = frozenset(("inf", "+inf", "-inf", "infinity", "-infinity"))
_NULLS = frozenset(("", "nan", "null", "none", "--", "n/a", "na", "masked"))
"""What stands for a missing number, in lower case."""
_BOOLEANS = {"true": True, "false": False}
_INT64 = range(-(2**63), 2**63)


def guessed_column(cells: Sequence[str]) -> Values:
    """Return a column of the narrowest type that holds all texts exactly.

    Numbers with leading zeros, or of more than 64 bits, are names and stay texts.
    """
    present = {cell for cell in cells if cell.lower() not in _NULLS}
    if present and all(cell.lower() in _BOOLEANS for cell in present):
        return pa.array([_BOOLEANS.get(cell.lower()) for cell in cells], pa.bool_())
    if present and all(_INTEGER.fullmatch(cell) and int(cell) in _INT64 for cell in present):
        return pa.array([int(cell) if cell in present else None for cell in cells], pa.int64())
    if all(_is_number(cell) for cell in present):
        return pa.array([_float(cell) if cell in present else None for cell in cells], pa.float64())
    return pa.array([cell or None for cell in cells], pa.string())


def typed_column(where: str, kind: str, cells: Sequence[str], first_row: int = 1) -> Values:
    """Return a column of a type that the file states.

    Parameters
    ----------
    where
        File and column, for messages.
    kind
        ``bool``, ``int``, ``float`` or ``str``.
    cells
        Its texts; an empty one is null.
    first_row
        Number of the first row, for messages.

    Raises
    ------
    ForeignFileError
        A text is not of that type.
    """
    read, arrow_type = _READERS[kind]
    values: list[Any] = []
    for row, cell in enumerate(cells, start=first_row):
        if not cell or (kind != "str" and cell.lower() in _NULLS):
            values.append(None)
            continue
        value = read(cell)
        if value is None:
            raise ForeignFileError(f"{where}, row {row}: {cell[:40]!r} is not {_NAMES[kind]}")
        values.append(value)
    return pa.array(values, arrow_type)


def _is_number(text: str) -> bool:
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return bool(_INTEGER.fullmatch(text)) and int(text) in _INT64
    return _float(text) is not None


def _float(text: str) -> float | None:
    if _NUMBER.fullmatch(text):
        return float(text.replace("d", "e").replace("D", "e"))
    return float(text) if text.lower() in _NOT_FINITE else None


def _int(text: str) -> int | None:
    if re.fullmatch(r"[+-]?[0-9]{1,19}", text) and int(text) in _INT64:
        return int(text)
    return None


_READERS: dict[str, tuple[Callable[[str], Any], pa.DataType]] = {
    "bool": (lambda text: _BOOLEANS.get(text.lower()), pa.bool_()),
    "int": (_int, pa.int64()),
    "float": (_float, pa.float64()),
    "str": (str, pa.string()),
}
_NAMES = {"bool": "true or false", "int": "a whole number of 64 bits", "float": "a number"}
