"""What kind of file it is, and what is packed in it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import FileContent, clean_text, first_line
from photometry_core.foreign_tables.fits_files import read_fits
from photometry_core.foreign_tables.limits import (
    MAX_EXPANDED_BYTES,
    MAX_FILE_BYTES,
    MAX_MEMBERS,
)
from photometry_core.foreign_tables.parquet_files import read_parquet
from photometry_core.foreign_tables.text_files import (
    decoded,
    read_delimited,
    read_ecsv,
    read_ipac,
)
from photometry_core.foreign_tables.votable_files import read_votable

_CHUNK = 1_000_000
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_NOT_TABLES = (
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"%PDF", "a PDF document, not a table"),
    (b"\x89HDF", "an HDF5 file; save the spectrum as one of the formats listed"),
    (b"\x89PNG", "a picture, not a table"),
    (b"\x93NUMPY", "an array of numpy without columns"),
)
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
    if not content:
        raise ForeignFileError(f"{name} is empty")
    if len(content) > MAX_FILE_BYTES:
        raise ForeignFileError(
            f"{name} has {len(content) / 1e6:.0f} MB; "
            f"allowed: at most {MAX_FILE_BYTES / 1e6:.0f} MB"
        )
    if content.startswith(_GZIP):
        return [(name, _unpacked(name, content))]
    if content.startswith(_ZIP):
        return _zipped(name, content)
    return [(name, content)]


def _unpacked(name: str, content: bytes) -> bytes:
    """Unpack gzip; several members in a row are one content."""
    pieces: list[bytes] = []
    room = MAX_EXPANDED_BYTES
    rest = content
    try:
        while rest.startswith(_GZIP):
            stream = zlib.decompressobj(wbits=31)
            while not stream.eof:
                piece = stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
                if not piece and not rest and not stream.eof:
                    raise ForeignFileError(f"{name} is truncated: its gzip data end too early")
                room -= len(piece)
                if room < 0:
                    raise _too_large(name)
                pieces.append(piece)
            rest = stream.unused_data
    except zlib.error as error:
        raise ForeignFileError(f"{name}: its gzip data are damaged ({error})") from error
    if rest.strip(b"\0"):
        raise ForeignFileError(f"{name}: something follows its gzip data")
    unpacked = b"".join(pieces)
    if unpacked.startswith((_GZIP, *_ZIP)):
        raise ForeignFileError(f"{name} is packed twice; unpack it first")
    return unpacked


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
    room = MAX_EXPANDED_BYTES
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
    if data.startswith(_ZIP):
        raise ForeignFileError(f"{where} is packed twice; unpack it first")
    if data.startswith(_GZIP):
        data = _unpacked(where, data)
    if len(data) > room:
        raise _too_large(name)
    return data


def _is_ignored(name: str) -> bool:
    path = PurePosixPath(name.lower())
    hidden = path.name.startswith(".") or "__macosx" in path.parts
    return hidden or path.suffix in _IGNORED_SUFFIXES or path.name.startswith(_IGNORED_STEMS)


def _too_large(name: str) -> ForeignFileError:
    return ForeignFileError(
        f"{name} unpacks to more than {MAX_EXPANDED_BYTES / 1e6:.0f} MB, which is not allowed"
    )


def read_file(name: str, content: bytes) -> FileContent:
    """Read a file that is not packed, by what it begins with and whatever its name is.

    Raises
    ------
    ForeignFileError
        It is in no format that can be opened, or is damaged.
    """
    for magic, what in _NOT_TABLES:
        if content.startswith(magic):
            raise ForeignFileError(f"{name} is {what}")
    if content.startswith(b"PAR1"):
        return read_parquet(name, content)
    if content.startswith(b"SIMPLE  ="):
        return read_fits(name, content)
    start = content[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if start.startswith(b"<") or (is_utf16 and b"<" in content[:6]):
        if re.search(rb"<!doctype\s+html|<html", start, re.IGNORECASE):
            raise ForeignFileError(f"{name} is a web page, not a table")
        return read_votable(name, content)
    text = decoded(name, content)
    return _text_reader(text)(name, text)


def _text_reader(text: str) -> Callable[[str, str], FileContent]:
    if re.match(r"# ?%ECSV", text):
        return read_ecsv
    first = next((line for line in text.split("\n", 400) if line.strip() and line[0] != "\\"), "")
    is_ipac = first.startswith("|") and first.rstrip().endswith("|")
    return read_ipac if is_ipac or text.startswith("\\") else read_delimited
