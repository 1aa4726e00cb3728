"""The process that opens one file: ``python -m photometry_core.foreign_spectra FOLDER``.

`photometry_core.foreign_spectra.isolation` starts it. It reads ``request.json`` and ``source``
in the folder, and writes ``product/`` and ``report.json`` there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# All that reading needs is imported before time and memory are bounded: nothing of the file has
# been looked at by then.
import astropy.io.votable  # noqa: F401 see above
import pyarrow as pa

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra.contents import Answers
from photometry_core.foreign_spectra.isolation import PRODUCT, SECONDS
from photometry_core.foreign_spectra.reading import read_spectra
from photometry_core.foreign_spectra.writing import report_of, save_foreign
from photometry_core.foreign_tables.confinement import (
    REPORT,
    REQUEST,
    SOURCE,
    ProcessBounds,
    confine,
)

_BOUNDS = ProcessBounds(
    memory_bytes=2_000_000_000,
    # The largest files that are allowed take half of it.
    processor_seconds=20,
    seconds=SECONDS,
    file_bytes=1_000_000_000,
)


def main(folder: Path) -> None:
    """Open the file in a folder, and report."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    confine(folder, _BOUNDS)
    request = json.loads((folder / REQUEST).read_text("utf-8"))
    report: dict[str, Any]
    try:
        report = {"spectra": _open(folder, request)}
    except ForeignFileError as error:
        report = {"error": str(error), "questions": error.questions}
    (folder / REPORT).write_text(json.dumps(report, allow_nan=False), "utf-8")


def _open(folder: Path, request: dict[str, Any]) -> list[dict[str, Any]]:
    spectra = read_spectra(
        (folder / SOURCE).read_bytes(),
        request["file_name"],
        Answers.from_json(request["answers"]),
    )
    for index, spectrum in enumerate(spectra):
        save_foreign(spectrum, folder / PRODUCT, index, request["file_name"])
    return [report_of(spectrum) for spectrum in spectra]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
