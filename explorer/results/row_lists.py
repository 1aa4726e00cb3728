"""Lists of rows as filters of the column ``row``: ``in (0-49,60)``, and their negations.

Rows that were chosen one by one, in the plot or by a check, are too many for an expression of SQL;
ranges keep them short, and they are looked up instead of computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from photometry_core.errors import InvalidInputError
from photometry_core.types import BoolArray

COLUMN = "row"
"""The column whose filters may be lists of rows."""

_ITEM = r"\d{1,9}(?:\s*-\s*\d{1,9})?"
ITEMS = re.compile(rf"\(\s*{_ITEM}(?:\s*,\s*{_ITEM})*\s*\)")
"""Rows and ranges in brackets."""
_LIST = re.compile(rf"(not\s+)?in\s*({ITEMS.pattern})", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_NOT_PLAIN = re.compile(r"\bor\b|[('\"]", re.IGNORECASE)


def list_of(rows: Iterable[int]) -> str:
    """Return the filter that keeps some rows and no others."""
    numbers = np.unique(np.fromiter(rows, np.int64))
    breaks = np.flatnonzero(np.diff(numbers) > 1) + 1
    runs = [run for run in np.split(numbers, breaks) if run.size]
    items = [str(run[0]) if run.size == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"in ({','.join(items)})"


def split_lists(text: str) -> tuple[str, list[str]]:
    """Return what of a filter is a condition to be computed, and which lists must hold besides.

    Lists are taken out where they are joined to the rest by ``and``. Where that is not certain,
    the whole text is the condition.
    """
    # Long runs of spaces would be looked through from each of them.
    parts = _AND.split(" ".join(text.split()))
    lists = [part for part in parts if _LIST.fullmatch(part)]
    rest = " and ".join(part for part in parts if part not in lists)
    return (text, []) if _NOT_PLAIN.search(rest) else (rest, lists)


def rows_in(text: str, n_rows: int) -> BoolArray:
    """Return which rows a list keeps.

    Parameters
    ----------
    text
        One that `split_lists` found.
    n_rows
        Of the spectrum; the list may have larger numbers.

    Raises
    ------
    InvalidInputError
        A range ends before it begins.
    """
    found = _LIST.fullmatch(text)
    if found is None:
        raise InvalidInputError(f"{text[:60]} is no list of rows")
    is_in = np.zeros(n_rows, dtype=bool)
    for first, last in ranges_of(found[2]):
        is_in[first : last + 1] = True
    return ~is_in if found[1] else is_in


def ranges_of(items: str) -> list[tuple[int, int]]:
    """Return the first and the last row of each item of a list in brackets.

    Raises
    ------
    InvalidInputError
        A range ends before it begins.
    """
    found = []
    for item in items.strip("() ").split(","):
        first, _, last = item.partition("-")
        pair = int(first), int(last or first)
        if pair[1] < pair[0]:
            raise InvalidInputError(f"{item.strip()}: the range ends before it begins")
        found.append(pair)
    return found
