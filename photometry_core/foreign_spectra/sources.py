"""Tables with one row per source, and arrays in the cells, become one table per source."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra.roles import wavelength_column
from photometry_core.foreign_tables.contents import FileColumn, FileTable, facts_of
from photometry_core.foreign_tables.limits import MAX_SPECTRA, check_size


def sources_of(table: FileTable, wavelength: str = "") -> list[FileTable]:
    """Return one table per source.

    Parameters
    ----------
    table
        Any table; one without arrays of wavelengths is one source.
    wavelength
        Name of the column of wavelengths, if a person said it.

    Returns
    -------
    list of FileTable
        What a source has once, such as its position, is among its facts.

    Raises
    ------
    NoSpectrumError
        There are arrays, but no column of wavelengths.
    ForeignFileError
        The arrays of a row have different lengths.
    """
    if not any(_is_list(column) for column in table.columns):
        return [table]
    chosen = wavelength_column(table, wavelength)
    if not _is_list(chosen):
        return [replace(table, columns=tuple(_flat(column) for column in table.columns))]
    if table.n_rows > MAX_SPECTRA:
        raise ForeignFileError(
            f"{table.where} has {table.n_rows:,} sources; allowed: at most {MAX_SPECTRA}"
        )
    return [_source(table, chosen, row) for row in range(table.n_rows)]


def _is_list(column: FileColumn) -> bool:
    kind = column.values.type
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _flat(column: FileColumn) -> FileColumn:
    """Return a column whose cells are arrays as one of texts."""
    if not _is_list(column):
        return column
    texts = [None if cell is None else json.dumps(cell) for cell in column.values.to_pylist()]
    return replace(column, values=pa.array(texts, pa.string()))


def _source(table: FileTable, wavelength: FileColumn, row: int) -> FileTable:
    where = table.where if table.n_rows == 1 else f"{table.where}, row {row + 1}"
    n_values = len(wavelength.values[row].as_py() or ())
    check_size(where, n_values, len(table.columns))
    columns: list[FileColumn] = []
    once: list[tuple[str, object]] = []
    for column in table.columns:
        cell = column.values[row].as_py()
        if not _is_list(column) and not column.item_length:
            once.append((column.name, "" if cell is None else cell))
            continue
        items = _texts(where, column, cell, n_values) if column.item_length else cell
        if items is None or len(items) == 0:
            items = [None] * n_values
        if len(items) != n_values:
            raise ForeignFileError(
                f"{where}, column {column.name!r}: {len(items)} values; "
                f"{wavelength.name!r} has {n_values}"
            )
        kind = pa.string() if column.item_length else column.values.type.value_type
        columns.append(replace(column, values=pa.array(items, kind), item_length=0))
    return FileTable(where=where, columns=tuple(columns), facts=facts_of(once) | dict(table.facts))


def _texts(where: str, column: FileColumn, cell: Any, count: int) -> list[str | None] | None:
    """Return the texts that are written one behind the other in a cell.

    Each has the same length, filled up with blanks; where writers leave the blanks out, the
    texts are words.
    """
    if not cell:
        return None
    length = column.item_length
    pieces = [cell[at : at + length].strip(" \0") for at in range(0, len(cell), length)]
    words: list[str | None] = list(cell.split())
    if len(words) == count and len(cell) != count * length:
        return words
    # The blanks at the very end may be gone.
    if len(pieces) == count:
        return [piece or None for piece in pieces]
    raise ForeignFileError(
        f"{where}, column {column.name!r}: {len(cell)} characters are not {count} texts of {length}"
    )
