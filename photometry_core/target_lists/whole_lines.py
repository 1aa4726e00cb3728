"""Lines that are one target each: names and positions, with whatever stands between their parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from photometry_core.target_lists.headings import is_header_word, looks_like_value

_FRAME = r"(?:gal|galactic|icrs|fk[45]|j2000|b1950|ecl|ecliptic|eq|equ|equatorial)"
_FRAME_WORD = re.compile(rf"^{_FRAME}\b[\s:]*|[\s,;]+{_FRAME}(?:\.0)?$", re.IGNORECASE)
_ANGLES = re.compile(
    r"[-+\u2212\u2013\d.][-+\u2212\u2013\d.,;:\s°d'\u2032\u2019\"\u2033\u201dhmsr]+", re.IGNORECASE
)
_FIGURES = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_DESIGNATION = re.compile(r".{0,30}J\d{4,6}(\.\d+)?[-+\u2212]\d{4,6}(\.\d+)?", re.IGNORECASE)
_DECIMAL_PAIR = re.compile(r"[-+\u2212]?[\d.]+\s*[\s,;]\s*[-+\u2212]?[\d.]+")
_SEPARATORS = re.compile(r"[,;\t|]")
_MAX_LENGTH = 200


def is_position(line: str) -> bool:
    """Whether a line is two angles in any spelling, with a frame or not, or a J-name."""
    if len(line) > _MAX_LENGTH:
        return False
    bare = _FRAME_WORD.sub("", line.strip())
    if _DESIGNATION.fullmatch(bare):
        return True
    return bool(_ANGLES.fullmatch(bare)) and 2 <= len(_FIGURES.findall(bare)) <= 6


def are_whole(lines: Sequence[str], *, is_pasted: bool) -> bool:
    """Whether every line is one target, and not a row of several cells.

    Parameters
    ----------
    lines
        Lines with something in them.
    is_pasted
        Whether a person typed or pasted them: then two decimals are a position, while in a file
        they are two columns.
    """
    positions = [is_position(line) for line in lines]
    if is_pasted and all(positions):
        return True
    if not is_pasted:
        if all(_DECIMAL_PAIR.fullmatch(line.strip()) for line in lines):
            return False
        if any(_SEPARATORS.search(line) for line in lines):
            return False
        if all(positions):
            return True
    undivided = (
        position or not _SEPARATORS.search(line)
        for line, position in zip(lines, positions, strict=True)
    )
    return all(undivided) and not _are_columns(lines)


def _are_columns(lines: Sequence[str]) -> bool:
    """Whether lines without separators are columns between blanks."""
    first = lines[0].split()
    if len(first) > 1 and sum(map(is_header_word, first)) > len(first) / 2:
        return True
    for cells in ([line.split() for line in lines], [_wide(line) for line in lines]):
        width = len(cells[0])
        if width < 2 or len(cells) < 2 or any(len(row) != width for row in cells[1:]):
            continue
        below = cells[1:]
        numeric = [
            all(looks_like_value(row[at]) and "." in row[at] for row in below)
            for at in range(width)
        ]
        if _may_be_numbered_name(cells[0], numeric):
            continue
        if sum(numeric) >= 2 and not all(is_position(line) for line in lines[1:]):
            return True
    return False


def _may_be_numbered_name(cells: Sequence[str], numeric: Sequence[bool]) -> bool:
    """Whether a line may be a name such as NGC 205 12: letters, and whole numbers behind them."""
    numbers = [cell for cell, is_number in zip(cells, numeric, strict=True) if is_number]
    return not any(
        re.search(r"\d", cell)
        for cell, is_number in zip(cells, numeric, strict=True)
        if not is_number
    ) and all(map(str.isdigit, numbers))


def _wide(line: str) -> list[str]:
    return re.split(r"\s{2,}|\t", line.strip())
