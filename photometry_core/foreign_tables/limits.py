"""How much a file may hold. Bounds are checked before anything is made of what they bound."""

from __future__ import annotations

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

MEMORY_BYTES = 2_500_000_000
"""Address space of the process that reads a file."""
PROCESSOR_SECONDS = 20
"""Of that process; the largest files that are allowed take half of it."""
SECONDS = 60
"""Time that it may take on a machine where others want the processor as well."""


def check_size(where: str, n_rows: int, n_columns: int) -> None:
    """Refuse a table that is too large.

    Raises
    ------
    ForeignFileError
        It has too many rows or columns.
    """
    if n_rows > MAX_ROWS:
        raise ForeignFileError(f"{where} has {n_rows:,} rows; allowed: at most {MAX_ROWS:,}")
    if n_columns > MAX_COLUMNS:
        raise ForeignFileError(
            f"{where} has {n_columns:,} columns; allowed: at most {MAX_COLUMNS:,}"
        )
