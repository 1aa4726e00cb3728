"""Files that can be made again, kept in the data folder up to a limit."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

MOST_FILES = 4000
"""About 400 MB of tiles."""

_WRITES_PER_PRUNING = 100
_writes = itertools.count(1)


def folder() -> Path:
    """Return where the files are."""
    return Path(settings.SPHEREX_DATA_FOLDER) / "sky"


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the content of a file, made if it is not there.

    Parameters
    ----------
    name
        Its name, without folders, which changes when the content does.
    make
        Makes the content. Two who ask at once may both make it; one file results.
    """
    path = folder() / name
    with suppress(OSError):
        return path.read_bytes()
    content = make()
    # Without a disk to keep it on it is made each time.
    with suppress(OSError):
        _write(path, content)
        if next(_writes) % _WRITES_PER_PRUNING == 0:
            prune(MOST_FILES)
    return content


def prune(most: int) -> None:
    """Remove the oldest files until so many are left."""
    with os.scandir(folder()) as entries:
        aged = []
        for entry in entries:
            with suppress(FileNotFoundError):
                aged.append((entry.stat().st_mtime_ns, entry.path))
    aged.sort()
    for _, path in aged[: max(len(aged) - most, 0)]:
        Path(path).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix="draft-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
