"""Lists are read by a process of their own, which may run out of memory, time, or control."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.confinement import REPORT, REQUEST
from photometry_core.foreign_tables.isolation import run_module, write_source
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.limits import MAX_FILE_BYTES, SECONDS
from photometry_core.target_lists.reading import display_name


def read_list_isolated(pieces: Iterable[bytes], file_name: str) -> ListFile:
    """Read a list in a process with bounded memory and time.

    Parameters
    ----------
    pieces
        The bytes of the file.
    file_name
        Its name, for messages; empty for a pasted text.

    Raises
    ------
    ForeignFileError
        It can't be read, or the process did not survive it.
    """
    shown = display_name(file_name)
    name = shown or "The text"
    with tempfile.TemporaryDirectory(prefix="list-") as made:
        folder = Path(made)
        write_source(folder, pieces, name, MAX_FILE_BYTES)
        (folder / REQUEST).write_text(json.dumps({"file_name": shown}), "utf-8")
        run_module("photometry_core.target_lists", folder, name, SECONDS)
        report = json.loads((folder / REPORT).read_text("utf-8"))
    if "error" in report:
        raise ForeignFileError(report["error"])
    return ListFile.from_json(report["list"])
