"""What a check of a spectrum says: verdicts, sentences, and the rows that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from explorer.results.dataset import Dataset
from explorer.results.row_lists import list_of
from explorer.results.view import MAX_LIST_TEXT
from photometry_core.types import FloatArray, IntArray

Verdict = Literal["ok", "look", "bad", "impossible"]

VERDICTS: dict[str, str] = {
    "ok": "ok",
    "look": "look",
    "bad": "bad",
    "impossible": "not possible",
}
"""The verdicts as pages word them, from the best to the worst; the last is none at all."""

LISTED = 10
"""Rows that a finding lists by number; the others are a filter of the table away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    verdict
        What came out.
    text
        The numbers, in a sentence.
    limit
        Where the verdict changes, and why there.
    rows
        The rows that a reader should see, the worst first.
    notes
        What is wrong with each of the first `LISTED` of them, or none.
    """

    verdict: Verdict
    text: str
    limit: str = ""
    rows: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it with the filter of the table that shows its rows, if not all are listed."""
        listed = [
            {"row": row, "note": self.notes[place] if self.notes else ""}
            for place, row in enumerate(self.rows[:LISTED])
        ]
        text, n_in_filter = row_filter(self.rows)
        return {
            "verdict": self.verdict,
            "text": self.text,
            "limit": self.limit,
            "rows": listed,
            "n_rows": len(self.rows),
            "filter": text,
            "n_in_filter": n_in_filter,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One point of the list of checks.

    Parameters
    ----------
    key
        For scripts.
    title
        What is checked.
    findings
        What was looked at; at least one.
    """

    key: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its findings; ``impossible`` if none was possible."""
        order = ("impossible", "ok", "look", "bad")
        return max((one.verdict for one in self.findings), key=order.index)

    def to_json(self) -> dict[str, Any]:
        """Return it for the page."""
        return {
            "key": self.key,
            "title": self.title,
            "verdict": self.verdict,
            "word": VERDICTS[self.verdict],
            "findings": [one.to_json() | {"word": VERDICTS[one.verdict]} for one in self.findings],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The measurements that are checked: those that the view shows and that have a flux.

    Parameters
    ----------
    dataset
        All rows.
    rows
        Numbers of those that are checked.
    """

    dataset: Dataset
    rows: IntArray

    def has(self, *names: str) -> bool:
        """Whether the file has all of these columns."""
        return all(name in self.dataset.columns for name in names)

    def numbers(self, name: str) -> FloatArray:
        """Return a column, NaN where it has no value."""
        return self.dataset.numbers(name)[self.rows]


def impossible(reason: str) -> Finding:
    """Return that something can't be checked, and why."""
    return Finding(verdict="impossible", text=f"{reason[0].upper()}{reason[1:]}.")


def absent(sample: Sample, names: Iterable[str]) -> Finding | None:
    """Return that the file lacks a column, if it does."""
    missing = [name for name in names if not sample.has(name)]
    return impossible(f"this file has no {' and no '.join(missing)}") if missing else None


def graded(value: float, look: float, bad: float) -> Verdict:
    """Return the verdict on a number of which more is worse; limits themselves are fine."""
    if value > bad:
        return "bad"
    return "look" if value > look else "ok"


def offenders(
    sample: Sample,
    is_one: np.ndarray,
    badness: FloatArray,
    note: Callable[[int], str] | None = None,
) -> dict[str, Any]:
    """Return `Finding.rows` and `Finding.notes`, the worst first.

    Parameters
    ----------
    sample
        The measurements.
    is_one
        Which of them are to be listed.
    badness
        What orders them.
    note
        Says what is wrong with one, given its place in the sample.
    """
    places = np.flatnonzero(is_one)
    places = places[np.argsort(-badness[places], kind="stable")]
    return {
        "rows": tuple(int(row) for row in sample.rows[places]),
        "notes": tuple(note(int(place)) for place in places[:LISTED]) if note else (),
    }


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def digits(value: float, places: int = 2) -> str:
    """Return a number with a real minus sign."""
    return f"{value:.{places}f}".replace("-", "\u2212")


def significant(value: float, figures: int = 3) -> str:
    """Return a number of any size with so many figures and a real minus sign."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    places = figures - 1 - int(np.floor(np.log10(abs(value))))
    return f"{round(value, places):.{max(places, 0)}f}".replace("-", "\u2212")


def percent(fraction: float) -> str:
    """Return a fraction in percent, with a digit where it is small."""
    value = 100 * fraction
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def row_filter(rows: Sequence[int]) -> tuple[str, int]:
    """Return the condition on ``row`` that shows these rows, and how many fit into a filter."""
    if len(rows) <= LISTED:
        return "", 0
    text, fitting = list_of(rows), len(rows)
    while len(text) > MAX_LIST_TEXT:
        fitting = fitting * MAX_LIST_TEXT // len(text)
        text = list_of(rows[:fitting])
    return text, fitting
