"""What is packed in a file, within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text, first_line
from photometry_core.foreign_tables.formats import GZIP, ZIP
from photometry_core.foreign_tables.limits import MAX_MEMBERS, SPECTRA
from photometry_core.foreign_tables.unpacking import check_bytes, too_large, unpacked

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
        raise too_large(name, SPECTRA.expanded_bytes)
    return data


def _is_ignored(name: str) -> bool:
    path = PurePosixPath(name.lower())
    hidden = path.name.startswith(".") or "__macosx" in path.parts
    return hidden or path.suffix in _IGNORED_SUFFIXES or path.name.startswith(_IGNORED_STEMS)
