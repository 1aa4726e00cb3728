"""Bytes of a file, unpacked within bounds."""

from __future__ import annotations

import zlib

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.formats import GZIP, ZIP
from photometry_core.foreign_tables.limits import Bounds

_CHUNK = 1_000_000
_FEED = 65_536
_MAX_STREAMS = 10_000


def check_bytes(name: str, content: bytes, bounds: Bounds) -> None:
    """Refuse a file without bytes, or with too many.

    Raises
    ------
    ForeignFileError
        It is empty or too large.
    """
    if not content:
        raise ForeignFileError(f"{name} is empty")
    if len(content) > bounds.file_bytes:
        raise ForeignFileError(
            f"{name} has {len(content) / 1e6:.0f} MB; "
            f"allowed: at most {bounds.file_bytes / 1e6:.0f} MB"
        )


def unpacked(name: str, content: bytes, most: int) -> bytes:
    """Unpack gzip; several members in a row are one content.

    Parameters
    ----------
    name
        Name of the file, for messages only.
    content
        Its bytes.
    most
        How many bytes may be unpacked.

    Raises
    ------
    ForeignFileError
        It is damaged or too large, or packed twice.
    """
    pieces: list[bytes] = []
    room, at, n_streams = most, 0, 0
    try:
        while content.startswith(GZIP, at):
            stream = zlib.decompressobj(wbits=31)
            n_streams += 1
            if n_streams > _MAX_STREAMS:
                raise ForeignFileError(f"{name} is packed in more than {_MAX_STREAMS:,} pieces")
            while not stream.eof:
                # Small pieces: what is left over of one is copied for every stream in it.
                given = content[at : at + _FEED]
                piece = stream.decompress(given, _CHUNK)
                used = len(given) - len(stream.unconsumed_tail) - len(stream.unused_data)
                if not piece and not used and not stream.eof:
                    raise ForeignFileError(f"{name} is truncated: its gzip data end too early")
                at += used
                room -= len(piece)
                if room < 0:
                    raise too_large(name, most)
                pieces.append(piece)
    except zlib.error as error:
        raise ForeignFileError(f"{name}: its gzip data are damaged ({error})") from error
    if content[at:].strip(b"\0"):
        raise ForeignFileError(f"{name}: something follows its gzip data")
    whole = b"".join(pieces)
    if whole.startswith((GZIP, *ZIP)):
        raise ForeignFileError(f"{name} is packed twice; unpack it first")
    return whole


def too_large(name: str, most: int) -> ForeignFileError:
    """Return the error of a file that unpacks to more than `most` bytes."""
    return ForeignFileError(
        f"{name} unpacks to more than {most / 1e6:.0f} MB, which is not allowed"
    )
