"""Files with spectra are opened by a process of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra.contents import Answers
from photometry_core.foreign_tables import limits
from photometry_core.foreign_tables.confinement import REPORT, REQUEST
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.foreign_tables.isolation import run_module, write_source

PRODUCT = "product"
"""Folder of the products, within that of the process."""
SECONDS = 60
"""Time that a file may take on a machine where others want the processor as well."""


def open_isolated(
    pieces: Iterable[bytes], file_name: str, answers: Answers, folder: Path
) -> list[dict[str, Any]]:
    """Open a file in a process with bounded memory and time.

    Parameters
    ----------
    pieces
        The bytes of the file.
    file_name
        Its name, for messages and for spectra that have none.
    answers
        What a person says that the file does not.
    folder
        An empty folder for this call only. In the end its folder `PRODUCT` holds
        ``<n>.parquet`` and ``<n>.stamps.fits`` per spectrum.

    Returns
    -------
    list of dict
        Of each spectrum what `photometry_core.foreign_spectra.writing.report_of` says.

    Raises
    ------
    ForeignFileError
        The file can't be opened, or the process did not survive it.
    """
    name = clean_text(file_name, 120) or "the file"
    write_source(folder, pieces, name, limits.MAX_FILE_BYTES)
    (folder / PRODUCT).mkdir()
    request = {"file_name": name, "answers": answers.to_json()}
    (folder / REQUEST).write_text(json.dumps(request), "utf-8")
    run_module("photometry_core.foreign_spectra", folder, name, SECONDS)
    report = json.loads((folder / REPORT).read_text("utf-8"))
    if "error" in report:
        raise ForeignFileError(report["error"], report["questions"])
    spectra: list[dict[str, Any]] = report["spectra"]
    return spectra
