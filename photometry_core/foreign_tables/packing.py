"""What is packed in a file, within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text, first_line
from photometry_core.foreign_tables.formats import GZIP, ZIP
from photometry_core.foreign_tables.limits import MAX_MEMBERS, SPECTRA, Bounds

_CHUNK = 1_000_000
_FEED = 65_536
_MAX_STREAMS = 10_000
_IGNORED_SUFFIXES = frozenset(
    (".json", ".md", ".html", ".htm", ".png", ".svg", ".pdf", ".log", ".py", ".ipynb", ".yaml")
)
_IGNORED_STEMS = ("readme", "license", "manifest")


def members_of(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """Return the files in a file: itself, or what a gzip or zip file holds.

    Parameters
    ----------
    name
        Name of the file, for messages only.
    content
        Its bytes.

    Returns
    -------
    list of (str, bytes)
        Names and bytes, without pictures, manifests and the like.

    Raises
    ------
    ForeignFileError
        It is empty, damaged, encrypted or too large, or packed twice.
    """
    check_bytes(name, content, SPECTRA)
    if content.startswith(GZIP):
        return [(name, unpacked(name, content, SPECTRA.expanded_bytes))]
    if content.startswith(ZIP):
        return _zipped(name, content)
    return [(name, content)]


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
                    raise _too_large(name, most)
                pieces.append(piece)
    except zlib.error as error:
        raise ForeignFileError(f"{name}: its gzip data are damaged ({error})") from error
    if content[at:].strip(b"\0"):
        raise ForeignFileError(f"{name}: something follows its gzip data")
    whole = b"".join(pieces)
    if whole.startswith((GZIP, *ZIP)):
        raise ForeignFileError(f"{name} is packed twice; unpack it first")
    return whole


def _zipped(name: str, content: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _members(name, archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise ForeignFileError(f"{name} is a damaged zip file ({first_line(error)})") from error


def _members(name: str, archive: zipfile.ZipFile) -> list[tuple[str, bytes]]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename == "[Content_Types].xml" for info in infos):
        raise ForeignFileError(f"{name} is an office document; save the table as CSV")
    if len(infos) > MAX_MEMBERS:
        raise ForeignFileError(f"{name} holds {len(infos)} files; allowed: at most {MAX_MEMBERS}")
    room = SPECTRA.expanded_bytes
    members: list[tuple[str, bytes]] = []
    for info in infos:
        if _is_ignored(info.filename):
            continue
        where = f"{name}/{clean_text(info.filename, 120)}"
        data = _member(name, where, archive, info, room)
        room -= len(data)
        if data:
            members.append((where, data))
    if not members:
        raise ForeignFileError(f"{name} holds no table")
    return members


def _member(
    name: str, where: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int
) -> bytes:
    """Return one file of a zip file, unpacked to at most `room` bytes."""
    if info.flag_bits & 1:
        raise ForeignFileError(f"{where} is encrypted")
    with archive.open(info) as stream:
        # What the header says of the size may be a lie.
        data = stream.read(room + 1)
    if data.startswith(ZIP):
        raise ForeignFileError(f"{where} is packed twice; unpack it first")
    if data.startswith(GZIP):
        data = unpacked(where, data, SPECTRA.expanded_bytes)
    if len(data) > room:
        raise _too_large(name, SPECTRA.expanded_bytes)
    return data


def _is_ignored(name: str) -> bool:
    path = PurePosixPath(name.lower())
    hidden = path.name.startswith(".") or "__macosx" in path.parts
    return hidden or path.suffix in _IGNORED_SUFFIXES or path.name.startswith(_IGNORED_STEMS)


def _too_large(name: str, most: int) -> ForeignFileError:
    return ForeignFileError(
        f"{name} unpacks to more than {most / 1e6:.0f} MB, which is not allowed"
    )
