"""Coverage maps of the archive that the site measures, made in the background and kept."""

from __future__ import annotations

import hashlib
import json
import logging
import threading

from django.conf import settings

from explorer.sky import kept_files
from jobs import archives
from photometry_core.archive import Archive
from photometry_core.coverage import COVERAGE_ORDER, coverage_map
from photometry_core.errors import PhotometryError

_VERSION = 1
_PATIENCE_SECONDS = 2.5

_lock = threading.Lock()
_at_work: dict[str, threading.Thread] = {}

log = logging.getLogger(__name__)


def file_name(archive: Archive, *, deep: bool) -> str:
    """Return the name of the file that keeps the map of an archive as it is now.

    Raises
    ------
    ArchiveError
        The archive can't be listed.
    """
    what = f"{archive.name}\0{archive.state()}\0{_VERSION}\0{COVERAGE_ORDER}"
    key = hashlib.sha256(what.encode()).hexdigest()[:24]
    return f"coverage-{'deep' if deep else 'all'}-{key}.json"


def current_file_name(*, deep: bool) -> str:
    """Return the same for the archive of the site.

    Raises
    ------
    ArchiveError
        There is none, or it can't be listed.
    """
    return file_name(archives.open_anew(settings.SPHEREX_ARCHIVE), deep=deep)


def content(*, deep: bool) -> bytes | None:
    """Return the map of the site's archive as JSON of the MOC standard.

    Parameters
    ----------
    deep
        Of the deep survey only.

    Returns
    -------
    bytes or None
        `None` if it is still being made.

    Raises
    ------
    ArchiveError
        The archive can't be opened or listed.
    """
    archive = archives.open_anew(settings.SPHEREX_ARCHIVE)
    name = file_name(archive, deep=deep)
    path = kept_files.folder() / name
    if not path.exists():
        _worker(archive, name, deep=deep).join(_PATIENCE_SECONDS)
    return path.read_bytes() if path.exists() else None


def _worker(archive: Archive, name: str, *, deep: bool) -> threading.Thread:
    """Return the thread that makes a map: however many ask for it, one of this process does."""
    with _lock:
        for done in [key for key, thread in _at_work.items() if not thread.is_alive()]:
            del _at_work[done]
        if name not in _at_work:
            _at_work[name] = threading.Thread(target=_make, args=(archive, name, deep), daemon=True)
            _at_work[name].start()
        return _at_work[name]


def _make(archive: Archive, name: str, deep: bool) -> None:
    def serialized() -> bytes:
        cells = coverage_map(archive.coverage(deep=deep)).serialize(format="json")
        return json.dumps(cells, separators=(",", ":")).encode()

    try:
        kept_files.kept(name, serialized)
    except PhotometryError:
        log.exception("the coverage map of %s could not be made", archive.description)
