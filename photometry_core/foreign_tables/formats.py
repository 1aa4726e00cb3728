"""What kind of file it is, by what it begins with and whatever its name is."""

from __future__ import annotations

import re

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.mrt_files import is_mrt

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_NOT_TABLES = (
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "packed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a rar archive; unpack it first"),
    (b"%PDF", "a PDF document, not a table"),
    (b"%!PS", "a PostScript document, not a table"),
    (b"{\\rtf", "a text document (RTF), not a table"),
    (b"\xd0\xcf\x11\xe0", "an Excel file (xls) or another office document; open it there and save "
     "the table as CSV"),
    (b"\x89HDF", "an HDF5 file; save the table as CSV, VOTable, FITS, ECSV or Parquet"),
    (b"#ASDF", "an ASDF file; save the table as CSV, VOTable, FITS, ECSV or Parquet"),
    (b"\x89PNG", "a picture, not a table"),
    (b"GIF8", "a picture, not a table"),
    (b"\xff\xd8\xff", "a picture, not a table"),
    (b"\x93NUMPY", "an array of numpy without columns"),
    (b"ARROW1", "a Feather file; save it as Parquet"),
    (b"SQLite format 3", "a database; save the table as CSV"),
    (b"MZ\x90", "a program, not a table"),
    (b"\x7fELF", "a program, not a table"),
)  # fmt: skip
_PICKLE = re.compile(rb"\x80[\x02-\x05](\x95|[\]}cq()])")
_TAR_MAGIC = (257, b"ustar")
_NOT_TABLES_IN_TEXT = (
    (re.compile(r"\s*(\\documentclass|\\begin\s*\{|\\usepackage)"), "a LaTeX document; save it as"),
    (re.compile(r"\s*# Region file format"), "a file of regions, not a table; save it as"),
    (re.compile(r"\s*(={2,}[ \t]+){1,}={2,}\s*\n"), "a table in reStructuredText; save it as"),
    (re.compile(r"\s*\+[-=]+(\+[-=]+)+\+"), "a table drawn with lines; save it as"),
    (re.compile(r"\s*(\{\s*[\"}]|\[\s*[\[{\"])"), "JSON; save it as"),
)  # fmt: skip


def check_is_table(name: str, content: bytes) -> None:
    """Refuse files that are known and hold no table that can be read.

    Raises
    ------
    ForeignFileError
        It is a picture, a document, a program, or packed in another way than with gzip or zip.
    """
    for magic, what in _NOT_TABLES:
        if content.startswith(magic):
            raise ForeignFileError(f"{name} is {what}")
    at, magic = _TAR_MAGIC
    if content[at : at + len(magic)] == magic:
        raise ForeignFileError(f"{name} is a tar archive; unpack it first")
    if _PICKLE.match(content):
        raise ForeignFileError(f"{name} is a pickle of Python, which is never opened")


def what_is_zipped(content: bytes) -> str:
    """Return what a zip file is that can't be read, and what to do, in words.

    Nothing is unpacked for it: the names of members stand in the file as they are.
    """
    if b"opendocument" in content[:400]:
        return "an OpenDocument spreadsheet (ods); open it there and save the table as CSV"
    if b"[Content_Types].xml" in content:
        return "an Excel spreadsheet (xlsx); open it there and save the table as CSV"
    return "a zip archive; unpack it, and bring the table that is in it"


def format_of(name: str, content: bytes) -> str:
    """Return ``Parquet``, ``FITS`` or ``VOTable`` by the first bytes, else ``text``.

    Raises
    ------
    ForeignFileError
        It is none of them, and no text with a table.
    """
    check_is_table(name, content)
    if content.startswith(b"PAR1"):
        return "Parquet"
    if content.startswith(b"SIMPLE  ="):
        return "FITS"
    start = content[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if start.startswith(b"<") or (is_utf16 and b"<" in content[:6]):
        if re.search(rb"<!doctype\s+html|<html|<table[\s>]|<svg", start, re.IGNORECASE) and (
            b"VOTABLE" not in start
        ):
            raise ForeignFileError(f"{name} is a web page, not a table")
        return "VOTable"
    return "text"


def check_is_text_table(name: str, text: str) -> None:
    """Refuse texts that are known and hold no table that can be read.

    Raises
    ------
    ForeignFileError
        It is LaTeX, reStructuredText, JSON or a file of regions.
    """
    start = text[:20_000]
    for pattern, what in _NOT_TABLES_IN_TEXT:
        if pattern.match(start):
            raise ForeignFileError(f"{name} is {what} CSV")


def text_format_of(text: str) -> str:
    """Return ``ECSV``, ``MRT``, ``IPAC`` or ``delimited``."""
    if re.match(r"# ?%ECSV", text):
        return "ECSV"
    if is_mrt(text):
        return "MRT"
    lines = (line for line in text.split("\n", 400) if line.strip() and line[0] != "\\")
    first = next(lines, "")
    is_ipac = first.startswith("|") and first.rstrip().endswith("|")
    return "IPAC" if is_ipac or text.startswith("\\") else "delimited"
