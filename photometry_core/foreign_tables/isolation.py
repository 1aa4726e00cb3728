"""Untrusted files are read by a process of their own, which may run out of memory or time.

`run_module` starts one of our modules on a folder, and that module calls
`photometry_core.foreign_tables.confinement.confine` before it looks at the file. Only what it
leaves in the folder comes back.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.confinement import REPORT, SOURCE
from photometry_core.foreign_tables.contents import clean_text

log = logging.getLogger(__name__)

_START_SECONDS = 60
"""It starts within a second, on a busy machine within ten; nothing is read until then."""
_ROOT = Path(__file__).parents[2]
_TOO_LONG = (-signal.SIGALRM, -signal.SIGXCPU)


def write_source(folder: Path, pieces: Iterable[bytes], name: str, most: int) -> None:
    """Write the file that is to be read into the folder.

    Raises
    ------
    ForeignFileError
        It has more than `most` bytes.
    """
    room = most
    with (folder / SOURCE).open("wb") as stream:
        for piece in pieces:
            room -= len(piece)
            if room < 0:
                raise ForeignFileError(f"{name} is too large; allowed: at most {most / 1e6:.0f} MB")
            stream.write(piece)


def run_module(module: str, folder: Path, name: str, seconds: float) -> None:
    """Have one of our modules read the file in a folder.

    Parameters
    ----------
    module
        Is run as ``python -m MODULE FOLDER``, without our environment, and leaves `REPORT`.
    folder
        Holds `SOURCE` and whatever else the module needs. It may write there and nowhere else.
    name
        What messages call the file.
    seconds
        How long it may take, besides its start.

    Raises
    ------
    ForeignFileError
        The process did not survive the file.
    """
    # -P: modules are looked for where ours are, and not where the file is.
    command = [sys.executable, "-P", "-m", module, str(folder)]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        # What libraries write for themselves goes with the folder.
        "HOME": str(folder),
        "TMPDIR": str(folder),
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
            timeout=_START_SECONDS + seconds,
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
