"""What stands between the cells of a text: looked for in its first lines."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence

from photometry_core.target_lists.headings import looks_like_value

CHARACTERS = ("\t", ";", "|", ",")
"""In the order in which they are preferred: commas are also decimal points, and stand in names."""
_SAMPLE = 200
_MOST = 0.8
_TRIPLE = re.compile(r"[-+\u2212]?\d{1,3} \d{1,2} \d{1,2}(\.\d*)?")
Split = Callable[[str], list[str]]


def separator_of(lines: Sequence[str]) -> str:
    """Return the character between the cells, empty if there are blanks or nothing.

    Parameters
    ----------
    lines
        Lines with something in them, without comments.
    """
    sample = lines[:_SAMPLE]
    best, best_share = "", 0.0
    for character in CHARACTERS:
        share = _agreement([len(cells) for cells in _sniffed(sample, character)])
        if share > best_share:
            best, best_share = character, share
    if best_share < _MOST and blank_split(sample) is not None:
        return ""
    return best


def _sniffed(lines: Sequence[str], character: str) -> list[list[str]]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=character, skipinitialspace=True)
    try:
        return [cells for cells in reader if cells]
    except csv.Error:
        return [line.split(character) for line in lines]


def _agreement(counts: Sequence[int]) -> float:
    """Return the share of rows with the usual number of cells, if that is more than one."""
    if not counts:
        return 0.0
    usual, n_usual = Counter(counts).most_common(1)[0]
    if usual < 2:
        # A first row of several cells may head rows that are all too short.
        return 0.1 if counts[0] > 1 else 0.0
    share = n_usual / len(counts)
    return share if counts[0] == usual else share / 2


def blank_split(lines: Sequence[str]) -> Split | None:
    """Return how lines are taken apart at blanks, `None` if they are not."""
    ruled = _spans_of_rule(lines)
    if ruled:
        return lambda line: [line[start:end].strip() for start, end in ruled]
    any_blank = _agreement([len(line.split()) for line in lines])
    two_blanks = [_at_two_blanks(line) for line in lines]
    wide = _agreement([len(cells) for cells in two_blanks])
    has_triples = any(_TRIPLE.fullmatch(cell) for cells in two_blanks[1:4] for cell in cells)
    if any_blank > _MOST and not (wide > _MOST and has_triples):
        return str.split
    if wide > _MOST:
        return _at_two_blanks
    spans = _spans_of_gaps(lines)
    if spans:
        return lambda line: [line[start:end].strip() for start, end in spans]
    numbers = sum(looks_like_value(cell) for line in lines[1:] for cell in line.split())
    return str.split if any_blank >= 0.5 and numbers >= len(lines) - 1 else None


def _at_two_blanks(line: str) -> list[str]:
    return re.split(r"\s{2,}|\t", line.strip())


def _spans_of_rule(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of columns under a line of dashes, if there is one near the top."""
    for line in lines[1:4]:
        groups = [found.span() for found in re.finditer(r"-{2,}", line)]
        if len(groups) > 1 and not line.strip("- "):
            ends = [start for start, _ in groups[1:]] + [10_000]
            return [(start, end) for (start, _), end in zip(groups, ends, strict=True)]
    return []


def _spans_of_gaps(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of columns between gaps that all lines have, one per word of the first.

    What has no word above it belongs to the column on its left: names have blanks in them.
    """
    width = min(max(map(len, lines)), 2_000)
    filled = {
        at for line in lines for at, character in enumerate(line[:width]) if not character.isspace()
    }
    words = [found.start() for found in re.finditer(r"\S+", lines[0])]
    starts: list[int] = []
    gaps = [at for at in range(width) if at in filled and at - 1 not in filled]
    for start, end in itertools.pairwise([*gaps, 1_000_000]):
        n_words = sum(start <= word < end for word in words)
        if n_words > 1 or (not n_words and not starts):
            return []
        if n_words:
            starts.append(start)
    return list(itertools.pairwise([*starts, 1_000_000])) if len(starts) > 1 else []
