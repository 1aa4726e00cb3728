"""From bytes to a text, with a note where that was not certain."""

from __future__ import annotations

import re

from photometry_core.errors import ForeignFileError
from photometry_core.target_lists.limits import MAX_CELL_LENGTH, MAX_COLUMNS, MAX_ROWS

_MAX_LINES = 5 * MAX_ROWS
"""Most of them may be empty."""
_MAX_LINE = MAX_COLUMNS * MAX_CELL_LENGTH
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NEVER_TEXT = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
"""Overlong forms and halves of surrogate pairs in what is nearly UTF-8."""
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CONTROL_BYTES = bytes([*range(9), *range(14, 32), 127])
_MAX_CONTROLS = 0.02
_MAX_HIGH = 0.3
"""Share of a text that is not ASCII, where the encoding is guessed."""


def decode(name: str, content: bytes) -> tuple[str, list[str]]:
    r"""Return the text of a file, its lines separated by ``\n``, and notes for a person.

    Parameters
    ----------
    name
        What messages call the file.
    content
        Its bytes: UTF-8, UTF-16 with a byte order mark, or Windows-1252.

    Raises
    ------
    ForeignFileError
        It is no text, or in several encodings, or has far too many lines, or too long ones.
    """
    notes: list[str] = []
    n_lines = max(content.count(b"\n"), content.count(b"\r"))
    if n_lines > _MAX_LINES:
        raise too_many_lines(name, n_lines)
    if content.startswith(_UTF_32):
        raise ForeignFileError(f"{name} is a text in UTF-32; save it in UTF-8")
    if content.startswith(_UTF_16):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise ForeignFileError(
                f"{name} is damaged: it begins as UTF-16, and byte {error.start + 1} is not"
            ) from error
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _guessed(name, content)
            notes.append(
                "The file is not in UTF-8: it was read as Windows-1252. Check letters with accents"
            )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _check_characters(name, text)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _MAX_LINE:
            raise ForeignFileError(
                f"{name}, line {number}: a line of {len(line):,} characters; allowed: at most "
                f"{_MAX_LINE:,}"
            )
    return text, notes


def too_many_lines(name: str, n_lines: int) -> ForeignFileError:
    """Return the error of a text with far more lines than rows are allowed."""
    return ForeignFileError(f"{name} has {n_lines:,} lines; allowed: at most {MAX_ROWS:,} rows")


def _guessed(name: str, content: bytes) -> str:
    """Return a text that is not UTF-8 as Windows-1252, if nothing speaks against it."""
    n_bytes = len(content)
    if content.count(b"\0") > n_bytes / 4:
        raise ForeignFileError(
            f"{name} is no text in UTF-8: it is full of NUL bytes. It may be in UTF-16; save it "
            "in UTF-8"
        )
    n_high = n_bytes - len(content.translate(None, bytes(range(128, 256))))
    n_controls = n_bytes - len(content.translate(None, _CONTROL_BYTES))
    if n_high > _MAX_HIGH * n_bytes or n_controls > _MAX_CONTROLS * n_bytes:
        raise ForeignFileError(f"{name} is neither a text nor in a format that can be read")
    lines = re.split(rb"\r\n|\r|\n", content)
    wrong = [number for number, line in enumerate(lines, start=1) if not _is_utf8(line)]
    damaged = next((n for n in wrong if _NEVER_TEXT.search(lines[n - 1])), None)
    if damaged is not None:
        raise ForeignFileError(
            f"{name}, line {damaged}: it holds bytes that stand for no character in UTF-8"
        )
    if any(_MULTIBYTE.search(line) for line in lines if _is_utf8(line)):
        raise ForeignFileError(
            f"{name}, line {wrong[0]}: this line is not in UTF-8, others are; save the whole file "
            "in UTF-8"
        )
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ForeignFileError(
            f"{name}, line {line}: it is neither in UTF-8 nor in Windows-1252; save it in UTF-8"
        ) from error


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_characters(name: str, text: str) -> None:
    """Refuse what decodes and is no text all the same."""
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        more = " It may be in UTF-16; save it in UTF-8" if text.count("\0") > len(text) / 4 else ""
        raise ForeignFileError(
            f"{name}, line {line}: it holds a NUL byte, which no text has.{more}"
        )
    if len(_CONTROLS.findall(text)) > _MAX_CONTROLS * len(text) + 4:
        raise ForeignFileError(f"{name} is neither a text nor in a format that can be read")
