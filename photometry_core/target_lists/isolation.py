"""Lists are read by a process of their own, which may run out of memory, time, or control."""

from __future__ import annotations

from collections.abc import Iterable

from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.reading import read_list


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
    return read_list(b"".join(pieces), file_name)
