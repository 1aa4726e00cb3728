"""Archives as workers open them."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from photometry_core.archive import Archive


def open_anew(name: str) -> Archive:
    """Open an archive as it is now, as a search wants it.

    Raises
    ------
    ArchiveError
        There is no such archive, or it can't be opened.
    """
    return cast(Archive, import_string(settings.SPHEREX_ARCHIVE_OPENER)(name))


@lru_cache(maxsize=4)
def open_for_reading(name: str) -> Archive:
    """Return an archive that this process may have opened before, as chunks want it.

    Raises
    ------
    ArchiveError
        As in `open_anew`.
    """
    return open_anew(name)
