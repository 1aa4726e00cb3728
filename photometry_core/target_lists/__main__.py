"""The process that reads one list: ``python -m photometry_core.target_lists FOLDER``.

`photometry_core.target_lists.isolation` starts it. It reads ``request.json`` and ``source`` in the
folder, and writes ``report.json`` there.
"""

from __future__ import annotations

import json
import sys
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.confinement import REPORT, REQUEST, SOURCE, confine
from photometry_core.foreign_tables.formats import GZIP
from photometry_core.target_lists.limits import PROCESS
from photometry_core.target_lists.reading import read_list

_TYPED = (b"SIMPLE  =", b"PAR1")


def main(folder: Path) -> None:
    """Read the list in a folder, and report."""
    content = (folder / SOURCE).read_bytes()
    request = json.loads((folder / REQUEST).read_text("utf-8"))
    # What is imported counts neither as memory nor as time of the file.
    if _start(content).startswith(_TYPED):
        import_module("photometry_core.target_lists.typed_lists")
    confine(folder, PROCESS)
    report: dict[str, Any]
    try:
        report = {"list": read_list(content, request["file_name"]).to_json()}
    except ForeignFileError as error:
        report = {"error": str(error)}
    (folder / REPORT).write_text(json.dumps(report, allow_nan=False), "utf-8")


def _start(content: bytes) -> bytes:
    """Return the first bytes of a file, packed or not."""
    if not content.startswith(GZIP):
        return content[:16]
    try:
        return zlib.decompressobj(wbits=31).decompress(content[:4_096], 16)
    except zlib.error:
        return b""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
