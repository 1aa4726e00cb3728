"""Lines with a name and two coordinates behind it, and nothing but blanks between them.

Names have blanks and numbers of their own: ``NGC 205 12`` may be a name as well as a position.
Lines are taken apart only if each of them has two coordinates at its end, and enough of them can
be nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from photometry_core.target_lists.headings import is_header_word
from photometry_core.target_lists.separators import CHARACTERS, Split
from photometry_core.target_lists.whole_lines import is_position

_SIGN = r"[-+\u2212]"
_SECONDS = r"\d{1,2}(?:\.\d*)?"
_PAIRS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\d{{1,2}}[:h]\d{{1,2}}(?:[:m](?:{_SECONDS}s?)?)? "
        rf"{_SIGN}?\d{{1,2}}[:d]\d{{1,2}}(?:[:m'](?:{_SECONDS}[s\"]?)?)?",
        rf"\d{{1,2}} \d{{1,2}} {_SECONDS} {_SIGN}\d{{1,2}} \d{{1,2}} {_SECONDS}",
        rf"\d{{1,3}}(?:\.\d*)? {_SIGN}?\d{{1,2}}(?:\.\d*)?",
    )
)
"""RA and Dec with signs between their parts, with blanks, and in degrees."""
_N_WORDS = (2, 6, 2)
_LARGEST = (360.0, 90.0)
_MAX_LENGTH = 200
_N_CELLS = 3


def named_split(lines: Sequence[str]) -> Split | None:
    """Return how lines are taken apart into name, RA and Dec; `None` if they are something else.

    Parameters
    ----------
    lines
        Lines with something in them; the first one may name the three columns.
    """
    body = lines[1:] if _is_header(lines[0]) else lines
    if not body or any(character in line for line in body for character in CHARACTERS):
        return None
    n_certain = 0
    for line in body:
        cells = _cells(line)
        if cells is None:
            return None
        n_certain += any(mark in cell for cell in cells[1:] for mark in ".:hH ")
    return _split if 2 * n_certain >= len(body) else None


def _is_header(line: str) -> bool:
    words = line.split()
    return len(words) == _N_CELLS and sum(map(is_header_word, words)) > 1


def _split(line: str) -> list[str]:
    """Return name, RA and Dec; words of a line that has no coordinates, such as a header."""
    return _cells(line) or line.split()


def _is_name(text: str) -> bool:
    """Whether a text has a letter, and no decimals at its end, as another column would."""
    return bool(re.search(r"[^\W\d_]", text)) and not re.search(r"(?:^|\s)[-+]?\d*\.\d*$", text)


def _cells(line: str) -> list[str] | None:
    """Return name, RA and Dec of a line; `None` if it may be anything else."""
    if len(line) > _MAX_LENGTH:
        return None
    for pattern, n_words in zip(_PAIRS, _N_WORDS, strict=True):
        name, *words = line.rsplit(None, n_words)
        if len(words) == n_words and pattern.fullmatch(" ".join(words)):
            half = n_words // 2
            cells = [name.strip(), " ".join(words[:half]), " ".join(words[half:])]
            is_one = _is_name(cells[0]) and not is_position(" ".join(line.split()))
            return cells if is_one and (n_words > 2 or _fits(*cells)) else None
    return None


def _fits(name: str, ra: str, dec: str) -> bool:
    """Whether two numbers are in the range of coordinates, and no number of an object."""
    if ":" in dec or "d" in dec.casefold():
        return True
    numbers = [float(text.lstrip("+-\u2212")) for text in (ra, dec)]
    # Two whole numbers behind letters are the number of an object and something else.
    is_doubtful = "." not in ra + dec and not re.search(r"\d", name)
    return not is_doubtful and all(
        value <= most for value, most in zip(numbers, _LARGEST, strict=True)
    )
