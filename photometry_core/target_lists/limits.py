"""How much a list of targets may hold."""

MAX_FILE_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 500
MAX_CELLS = 1_000_000
MAX_CELL_LENGTH = 4_000
MAX_NAME_LENGTH = 80
"""Of a target."""
SECONDS = 4.0
"""Time that a file may take to be read."""
MEMORY_BYTES = 1_000_000_000
"""Address space of the process that reads it, over what it has when it begins."""
