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
_SEXAGESIMAL = (
    rf"\d{{1,3}}[:h]\d{{1,2}}(?:[:m]\d{{1,2}}(?:\.\d*)?s?|m)?\s+"
    rf"{_SIGN}?\d{{1,2}}[:d]\d{{1,2}}(?:[:m']\d{{1,2}}(?:\.\d*)?[s\"]?|[m'])?"
    rf"|\d{{1,2}}\s+\d{{1,2}}\s+\d{{1,2}}(?:\.\d*)?\s+"
    rf"{_SIGN}\s?\d{{1,2}}\s+\d{{1,2}}\s+\d{{1,2}}(?:\.\d*)?"
)
_DECIMAL = rf"\d{{1,3}}(?:\.\d*)?\s+{_SIGN}?\d{{1,2}}(?:\.\d*)?"
_NAMED = re.compile(
    rf"(?P<name>\S.*?)\s+(?:(?P<sexagesimal>{_SEXAGESIMAL})|(?P<decimal>{_DECIMAL}))", re.IGNORECASE
)
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
    found = [_cells(line) for line in body]
    if any(cells is None for cells in found):
        return None
    n_certain = sum("." in line or ":" in line or _is_sexagesimal(line) for line in body)
    return _split if 2 * n_certain >= len(body) else None


def _is_header(line: str) -> bool:
    words = line.split()
    return len(words) == _N_CELLS and sum(map(is_header_word, words)) > 1


def _is_sexagesimal(line: str) -> bool:
    match = _NAMED.fullmatch(line.strip())
    return bool(match and match["sexagesimal"])


def _split(line: str) -> list[str]:
    """Return name, RA and Dec; words of a line that has no coordinates, such as a header."""
    return _cells(line) or line.split()


def _is_name(text: str) -> bool:
    """Whether a text has a letter, and no decimals at its end, as another column would."""
    return bool(re.search(r"[^\W\d_]", text)) and not re.search(r"(?:^|\s)[-+]?\d*\.\d*$", text)


def _cells(line: str) -> list[str] | None:
    """Return name, RA and Dec of a line; `None` if it may be anything else."""
    line = line.strip()
    match = _NAMED.fullmatch(line) if len(line) <= _MAX_LENGTH else None
    if match is None or is_position(line) or not _is_name(match["name"]):
        return None
    if match["sexagesimal"]:
        words = match["sexagesimal"].split()
        half = len(words) // 2
        return [match["name"], " ".join(words[:half]), " ".join(words[half:])]
    ra, dec = match["decimal"].split()
    large = [float(text.lstrip("+-\u2212")) for text in (ra, dec)]
    fits = all(value <= most for value, most in zip(large, _LARGEST, strict=True))
    # Two whole numbers behind letters are the number of an object and something else.
    is_doubtful = "." not in ra + dec and not re.search(r"\d", match["name"])
    return [match["name"], ra, dec] if fits and not is_doubtful else None
