"""From the bytes of a file, or a pasted text, to tables of texts."""

from __future__ import annotations

import csv

from photometry_core.errors import ForeignFileError
from photometry_core.target_lists.contents import ListColumn, ListFile, ListTable


def read_list(content: bytes, file_name: str) -> ListFile:
    """Read every table of a file that may hold targets.

    Parameters
    ----------
    content
        The bytes of the file.
    file_name
        Its name, for messages; empty for a pasted text.

    Raises
    ------
    ForeignFileError
        It can't be read; the message names file, line and column.
    """
    lines = content.decode("utf-8-sig", "replace").splitlines()
    rows = [tuple(cell.strip() for cell in row) for row in csv.reader(lines) if row]
    if len(rows) < 2:
        raise ForeignFileError(f"{file_name} has no rows")
    table = ListTable(
        name=file_name,
        columns=tuple(ListColumn(name=name) for name in rows[0]),
        rows=tuple(rows[1:]),
        lines=tuple(range(2, len(rows) + 1)),
        separator=",",
    )
    return ListFile(name=file_name, format="CSV", tables=(table,))
