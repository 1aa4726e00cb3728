"""How much a file may hold. Bounds are checked before anything is made of what they bound."""

from __future__ import annotations

from dataclasses import dataclass

from photometry_core.errors import ForeignFileError

MAX_FILE_BYTES = 50_000_000
MAX_EXPANDED_BYTES = 200_000_000
"""Of all that is packed in a file together."""
MAX_MEMBERS = 400
"""Of a zip file, whatever they are."""
MAX_SPECTRA = 200
MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_CELLS = 20_000_000
"""Of all spectra of a file together."""
MAX_COLUMN_NAME = 128
MAX_FACTS = 200
MAX_FACT_LENGTH = 4_000
"""A request with its options has about 700 characters."""
MAX_UNIT_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one kind of file may hold.

    Parameters
    ----------
    file_bytes, expanded_bytes
        Size of the file, and of all that is packed in it together.
    tables
        Number of tables.
    rows, columns
        Of one table.
    elements
        Of XML.
    header_length
        Characters of a header in YAML.
    skips_columns
        Whether columns of types that are not known are left out, rather than refused.
    cells
        Of all tables together.
    """

    file_bytes: int = MAX_FILE_BYTES
    expanded_bytes: int = MAX_EXPANDED_BYTES
    tables: int = MAX_SPECTRA
    rows: int = MAX_ROWS
    columns: int = MAX_COLUMNS
    elements: int = 12_000_000
    header_length: int = 256_000
    skips_columns: bool = False
    cells: int = MAX_CELLS


SPECTRA = Bounds()


def check_size(where: str, n_rows: int, n_columns: int, bounds: Bounds = SPECTRA) -> None:
    """Refuse a table that is too large.

    Raises
    ------
    ForeignFileError
        It has too many rows or columns.
    """
    if n_rows > bounds.rows:
        raise ForeignFileError(f"{where} has {n_rows:,} rows; allowed: at most {bounds.rows:,}")
    if n_columns > bounds.columns:
        raise ForeignFileError(
            f"{where} has {n_columns:,} columns; allowed: at most {bounds.columns:,}"
        )
