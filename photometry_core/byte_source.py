"""Where bytes come from: a file on disk or a file in memory."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Protocol

from photometry_core.errors import DataFormatError

_GZIP_MAGIC = b"\x1f\x8b"
_MAX_UNPACKED_BYTES = 200_000_000
"""A full frame has 72 MB; anything much larger is not a Spectral Image."""


class ByteSource(Protocol):
    """A file of which parts can be read."""

    @property
    def name(self) -> str:
        """What to call it in messages."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        ...


class MemorySource:
    """A whole file in memory."""

    __slots__ = ("_data", "name")

    def __init__(self, data: bytes, name: str) -> None:
        self._data = memoryview(data)
        self.name = name

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        return bytes(self._data[start:end])


class FileSource:
    """An uncompressed file on disk; a context manager that closes it."""

    __slots__ = ("_descriptor", "name")

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self) -> FileSource:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        return os.pread(self._descriptor, end - start, start)


def unpack(path: Path) -> MemorySource:
    """Read a gzip-compressed file into memory.

    Raises
    ------
    DataFormatError
        It is not gzip, is damaged or truncated, or unpacks to more than a Spectral Image
        can have.
    """
    try:
        with gzip.open(path) as stream:
            data = stream.read(_MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataFormatError(f"{path.name}: damaged gzip file ({error})") from error
    if len(data) > _MAX_UNPACKED_BYTES:
        raise DataFormatError(
            f"{path.name}: unpacks to more than {_MAX_UNPACKED_BYTES // 1_000_000} MB"
        )
    return MemorySource(data, path.name)


def is_gzip(path: Path) -> bool:
    """Whether a file begins like a gzip file, whatever it is called."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC
