"""How much a list of targets may hold."""

from __future__ import annotations

from photometry_core.foreign_tables.confinement import ProcessBounds
from photometry_core.foreign_tables.limits import Bounds

MAX_FILE_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 500
MAX_CELLS = 1_000_000
MAX_CELL_LENGTH = 4_000
MAX_NAME_LENGTH = 80
"""Of a target."""
MAX_EXPANDED_BYTES = 50_000_000
MAX_EXPANSION = 100
"""How much longer than the file its content may be, if it is not short."""
PROCESSOR_SECONDS = 3
"""Time of the processor that a file may take to be read."""
SECONDS = 20.0
"""Time that it may take on a machine where others want the processor as well."""
MEMORY_BYTES = 800_000_000
"""Address space of the process that reads it, over what it has when it begins."""

BOUNDS = Bounds(
    file_bytes=MAX_FILE_BYTES,
    expanded_bytes=MAX_EXPANDED_BYTES,
    tables=50,
    rows=MAX_ROWS,
    columns=MAX_COLUMNS,
    elements=1_500_000,
    header_length=64_000,
    skips_columns=True,
    cells=MAX_CELLS,
)
PROCESS = ProcessBounds(
    memory_bytes=MEMORY_BYTES,
    processor_seconds=PROCESSOR_SECONDS,
    seconds=SECONDS,
    file_bytes=200_000_000,
)
