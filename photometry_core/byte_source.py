"""Where bytes come from: a file on disk or a file in memory."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
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

    def read_pieces(self, start: int, size: int, stride: int, count: int) -> bytes:
        """Return `count` pieces of `size` bytes, or fewer bytes if the file ends before.

        The first begins at `start`, every other one `stride` bytes after the one before it.
        """
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

    def read_pieces(self, start: int, size: int, stride: int, count: int) -> bytes:
        """Return `count` pieces of `size` bytes, `stride` bytes apart."""
        return pieces_of(self._data, start, size, stride, count)


class FileSource:
    """An uncompressed file on disk; a context manager that closes it."""

    __slots__ = ("_descriptor", "_size", "name")

    def __init__(self, path: str | Path) -> None:
        self.name = os.path.basename(path)  # noqa: PTH119 (a Path for every file takes longer)
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._size = os.fstat(self._descriptor).st_size

    def __enter__(self) -> FileSource:
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, fewer where the file ends before."""
        # A damaged header can ask for more than there is memory.
        end = min(end, self._size)
        return os.pread(self._descriptor, end - start, start) if start < end else b""

    def read_pieces(self, start: int, size: int, stride: int, count: int) -> bytes:
        """Return `count` pieces of `size` bytes, `stride` bytes apart."""
        read, descriptor = os.pread, self._descriptor
        if start + stride * (count - 1) + size > self._size:
            return b""
        if not _in_memory(descriptor, start):
            # A disk delivers all of it faster than one piece after the other.
            os.posix_fadvise(descriptor, start, stride * count, os.POSIX_FADV_WILLNEED)
        return b"".join(
            [read(descriptor, size, start + number * stride) for number in range(count)]
        )


def _in_memory(descriptor: int, at: int) -> bool:
    """Whether a byte of a file can be read without waiting; False where nobody knows."""
    try:
        return os.preadv(descriptor, [bytearray(1)], at, os.RWF_NOWAIT) == 1
    except OSError:
        return False


def pieces_of(data: bytes | memoryview, start: int, size: int, stride: int, count: int) -> bytes:
    """Return pieces of bytes in memory: as `ByteSource.read_pieces`."""
    firsts = range(start, start + count * stride, stride)
    return b"".join([data[first : first + size] for first in firsts])


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


@contextmanager
def opened(path: str | Path) -> Iterator[ByteSource]:
    """Open a file for reading, gzip-compressed or not, whatever it is called.

    Raises
    ------
    OSError
        It can't be opened.
    DataFormatError
        It is compressed and can't be unpacked.
    """
    with FileSource(path) as source:
        yield unpack(Path(path)) if source.read(0, 2) == _GZIP_MAGIC else source
