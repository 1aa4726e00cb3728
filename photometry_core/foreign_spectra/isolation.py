"""Files are opened by a process of their own, which may run out of memory, time, or control."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra.contents import Answers
from photometry_core.foreign_tables import limits
from photometry_core.foreign_tables.contents import clean_text

log = logging.getLogger(__name__)

REQUEST, SOURCE, REPORT, PRODUCT = "request.json", "source", "report.json", "product"
"""What the process finds and leaves in its folder."""
_START_SECONDS = 60
"""It starts within a second, on a busy machine within ten; nothing is read until then."""
_ROOT = Path(__file__).parents[2]
_TOO_LONG = (-signal.SIGALRM, -signal.SIGXCPU)


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
    _write(folder / SOURCE, pieces, name)
    (folder / PRODUCT).mkdir()
    request = {"file_name": name, "answers": answers.to_json()}
    (folder / REQUEST).write_text(json.dumps(request), "utf-8")
    _run(folder, name)
    report = json.loads((folder / REPORT).read_text("utf-8"))
    if "error" in report:
        raise ForeignFileError(report["error"], report["questions"])
    spectra: list[dict[str, Any]] = report["spectra"]
    return spectra


def _write(path: Path, pieces: Iterable[bytes], name: str) -> None:
    room = limits.MAX_FILE_BYTES
    with path.open("wb") as stream:
        for piece in pieces:
            room -= len(piece)
            if room < 0:
                raise ForeignFileError(
                    f"{name} is too large; allowed: at most {limits.MAX_FILE_BYTES / 1e6:.0f} MB"
                )
            stream.write(piece)


def _run(folder: Path, name: str) -> None:
    """Have the process open the file in a folder."""
    # -P: modules are looked for where ours are, and not where the file is.
    command = [sys.executable, "-P", "-m", "photometry_core.foreign_spectra", str(folder)]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        # What libraries write for themselves goes with the folder.
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START_SECONDS + limits.SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _took_too_long(name) from error
    if done.returncode in _TOO_LONG:
        raise _took_too_long(name)
    if done.returncode != 0 or not (folder / REPORT).is_file():
        log.warning(
            "opening a file ended with %d: %s",
            done.returncode,
            clean_text(done.stderr.decode("utf-8", "replace")[-2000:], 2000),
        )
        raise ForeignFileError(
            f"{name} can't be opened: reading it failed, or took more memory than is allowed. "
            "It may be damaged; a smaller table, or another format such as CSV, may help"
        )


def _took_too_long(name: str) -> ForeignFileError:
    return ForeignFileError(
        f"{name} takes too long to be opened. A smaller table, or another format "
        "such as FITS or Parquet, may help"
    )
