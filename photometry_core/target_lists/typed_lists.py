"""Lists in formats with types: FITS and Parquet. Importing this takes half a second."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.arrays import Values
from photometry_core.foreign_tables.contents import FileColumn, FileTable
from photometry_core.foreign_tables.fits_files import read_fits
from photometry_core.foreign_tables.parquet_files import read_parquet
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable
from photometry_core.target_lists.limits import BOUNDS

_READERS = {"FITS": read_fits, "Parquet": read_parquet}


def read_typed(
    format_name: str, name: str, content: bytes
) -> tuple[list[tuple[str, TextTable]], list[str]]:
    """Read the tables of a FITS or Parquet file.

    Parameters
    ----------
    format_name
        ``FITS`` or ``Parquet``.
    name
        What messages call the file.
    content
        Its bytes.

    Returns
    -------
    list of (str, TextTable), list of str
        What messages call each table, and the table; notes about columns that were left out.

    Raises
    ------
    ForeignFileError
        It is damaged, too large, or holds no table.
    """
    file = _READERS[format_name](name, content, BOUNDS)
    n_cells = sum(table.n_rows * len(table.columns) for table in file.tables)
    if n_cells > BOUNDS.cells:
        raise ForeignFileError(f"{name} has {n_cells:,} cells; allowed: at most {BOUNDS.cells:,}")
    notes = [f"A column was left out: {sentence}" for sentence in file.left_out]
    return [(table.where, _texts(table)) for table in file.tables], notes


def _texts(table: FileTable) -> TextTable:
    cells = [cell_texts(column.values) for column in table.columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return TextTable(
        columns=tuple(map(_described, table.columns)),
        rows=rows,
        lines=list(range(1, len(rows) + 1)),
        # A request is in the products of this program only.
        facts={**table.facts, **({"creator": "SPHEREx Explorer"} if table.request else {})},
    )


def _described(column: FileColumn) -> TextColumn:
    return TextColumn(
        name=column.name,
        unit=column.unit,
        ucd=column.ucd,
        utype=column.utype,
        description=column.description,
    )


def cell_texts(values: Values) -> list[str]:
    """Return the texts of a column: whole numbers with all digits, empty where there is none.

    Floating-point numbers have the fewest digits that give the same number of their width again.
    """
    kind = values.type
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        numbers: Any = values.to_numpy(zero_copy_only=False)
        return ["" if math.isnan(number) else str(number) for number in numbers]
    if pa.types.is_float64(kind):
        # Nulls become NaN.
        return [
            "" if math.isnan(number) else repr(number)
            for number in values.to_numpy(zero_copy_only=False).tolist()
        ]
    return [_text(value) for value in values.to_pylist()]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, list):
        return json.dumps(value)
    return str(value).strip()
