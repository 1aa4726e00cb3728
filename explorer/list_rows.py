"""The rows of a list as the page shows them: a page of them, counts, a report, and edits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from explorer.list_mapping import used_roles
from explorer.list_mapping_fields import label_of, shape_of, short_label_of
from jobs.models import TargetList
from jobs.target_lists import checked, edits_of, file_of, mapping_of, save_edits
from photometry_core.target_lists.checks import CellProblem, CheckedList, CheckedRow, Edits
from photometry_core.target_lists.mapping import Mapping
from photometry_core.target_lists.proposals import questions

PAGE_SIZE = 100
SHOWN = {
    "all": "All rows",
    "error": "With errors",
    "warning": "With warnings",
    "unresolved": "Names to look up",
    "left out": "Left out",
}
"""Filters of the rows, by the status that they keep."""

_AS_SHOWN = {
    "axis_ratio": {("", "b/a")},
    "position_angle": {("deg", "east of north")},
    "effective_radius": {("arcsec", "")},
}
"""Unit and kind of shapes that are shown as they are written."""
_NUMBER = re.compile(r"[+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the grid.

    Parameters
    ----------
    role, label
        What it is.
    text
        As it counts.
    shown
        What the page shows of it, if that is not the text: a name with its suffix.
    problems
        What is wrong or remarkable.
    is_corrected, is_constant
        Whether a person changed it, and whether it is the same for all rows.
    """

    role: str
    label: str
    text: str
    shown: str
    problems: tuple[CellProblem, ...]
    is_corrected: bool
    is_constant: bool

    @property
    def state(self) -> str:
        """``error``, ``warning`` or nothing."""
        if any(problem.is_error for problem in self.problems):
            return "error"
        return "warning" if self.problems else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of the grid.

    Parameters
    ----------
    row, cells
        The row and its cells.
    status, problems
        Those of the row; ``waiting`` and nothing as long as something is asked of the columns.
    ra, dec, shape
        As converted; empty if there is no target.
    """

    row: CheckedRow
    cells: tuple[Cell, ...]
    status: str
    problems: tuple[CellProblem, ...]
    ra: str
    dec: str
    shape: str

    @property
    def number(self) -> int:
        """What messages call the row: they count from 1."""
        return self.row.index + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPage:
    """One page of the rows that are shown.

    Parameters
    ----------
    columns
        Pairs of short and full label.
    rows
        Those of the page.
    page, n_pages, n_shown
        Number of the page from 0, how many there are, and rows on all of them.
    first
        Number of the first row of the page among those that are shown, from 1.
    has_shapes
        Whether rows have a shape that their cells do not say as they are.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[GridRow, ...]
    page: int
    n_pages: int
    n_shown: int
    first: int
    has_shapes: bool

    @property
    def last(self) -> int:
        """Number of the last row of the page among those that are shown, from 1."""
        return self.first + len(self.rows) - 1

    @property
    def n_columns(self) -> int:
        """Columns of the grid: the cells, row, status, position, shape, and what can be done."""
        return len(self.columns) + 4 + self.has_shapes

    @property
    def before(self) -> int | None:
        """Number of the page before; `None` if it is the first."""
        return self.page - 1 if self.page else None

    @property
    def after(self) -> int | None:
        """Number of the page after; `None` if it is the last."""
        return self.page + 1 if self.page + 1 < self.n_pages else None


def rows_page(
    target_list: TargetList,
    *,
    show: str,
    find: str,
    page: int,
    row: int | None,
    is_waiting: bool = False,
) -> RowsPage:
    """Return one page of the rows of a list.

    Parameters
    ----------
    target_list
        The list.
    show
        One of `SHOWN`.
    find
        Part of a name; empty for all.
    page
        Number of the page, from 0; one too far is the last.
    row
        Number of a row whose page is meant instead, if it is shown.
    is_waiting
        Whether something is asked of the columns, so that no row was read yet.
    """
    mapping = mapping_of(target_list)
    shown = _shown(checked(target_list), show, find)
    n_pages = max(-(-len(shown) // PAGE_SIZE), 1)
    place = next((n for n, one in enumerate(shown) if one.index == row), None)
    page = min(page, n_pages - 1) if place is None else place // PAGE_SIZE
    first = page * PAGE_SIZE
    roles = _columns(mapping)
    return RowsPage(
        columns=tuple((short_label_of(role, mapping), label_of(role, mapping)) for role in roles),
        rows=tuple(
            _grid_row(one, roles, mapping, is_waiting=is_waiting)
            for one in shown[first : first + PAGE_SIZE]
        ),
        page=page,
        n_pages=n_pages,
        n_shown=len(shown),
        first=first + 1,
        has_shapes=mapping.model == "sersic" and _converts_shapes(mapping),
    )


def _converts_shapes(mapping: Mapping) -> bool:
    """Whether shapes are written otherwise than they are shown: b/a, degrees, arcsec."""
    return any(
        (choice.unit, choice.kind) not in _AS_SHOWN[role]
        for role in _AS_SHOWN
        for choice in (mapping.choice(role),)
    )


def _shown(rows: CheckedList, show: str, find: str) -> list[CheckedRow]:
    kept = [row for row in rows.rows if show in ("all", row.status)]
    part = find.casefold()
    if not part:
        return kept
    return [
        row
        for row in kept
        if any(
            part in text.casefold()
            for text in (row.name, row.cells.get("name", ""), row.cells.get("position", ""))
        )
    ]


def _columns(mapping: Mapping) -> list[str]:
    """Return the roles that have a column in the grid; the name comes first."""
    return ["name", *(role for role in used_roles(mapping) if role != "name")]


def _grid_row(
    row: CheckedRow, roles: Iterable[str], mapping: Mapping, *, is_waiting: bool
) -> GridRow:
    target = row.target
    return GridRow(
        row=row,
        cells=tuple(_cell(row, role, mapping) for role in roles),
        status="waiting" if is_waiting else row.status,
        problems=() if is_waiting else row.problems,
        ra=f"{target.ra_deg:.6f}" if target else "",
        dec=f"{target.dec_deg:+.6f}" if target else "",
        shape=shape_of(target) if target else "",
    )


def _cell(row: CheckedRow, role: str, mapping: Mapping) -> Cell:
    text = row.cells.get(role, "")
    return Cell(
        role=role,
        label=label_of(role, mapping),
        text=text,
        shown=row.name if role == "name" and row.name else text,
        problems=tuple(problem for problem in row.problems if problem.role == role),
        is_corrected=role in row.corrected,
        is_constant=not mapping.choice(role).column and bool(mapping.choice(role).constant),
    )


def first_question(target_list: TargetList) -> str:
    """Return what has to be answered about the columns before any row is read; or nothing."""
    asked = questions(file_of(target_list), mapping_of(target_list))
    return next((question.text for question in asked if question.blocks), "")


def counts_of(rows: CheckedList) -> dict[str, int]:
    """Return how many rows have each status, and how many there are."""
    statuses = [row.status for row in rows.rows]
    return {status: statuses.count(status) for status in ("good", *SHOWN) if status != "all"} | {
        "all": len(statuses)
    }


def summary_of(counts: dict[str, int]) -> str:
    """Return the counts in one line, without those that are zero."""
    words = [f"{counts['good']:,} good"]
    if counts["error"]:
        words.append(f"{counts['error']:,} with errors")
    if counts["warning"]:
        words.append(f"{counts['warning']:,} {_plural(counts['warning'], 'warning')}")
    if counts["unresolved"]:
        words.append(f"{counts['unresolved']:,} {_plural(counts['unresolved'], 'name')} to look up")
    if counts["left out"]:
        words.append(f"{counts['left out']:,} left out")
    return ", ".join(words)


def rows_in_words(number: int) -> str:
    """Return a number of rows in words."""
    return f"{number:,} {_plural(number, 'row')}"


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"


def positions_of(target_list: TargetList) -> dict[str, Any]:
    """Return where the rows of a list are, and how many are good, for the map."""
    rows = checked(target_list)
    counts = counts_of(rows)
    return {
        "list": {
            "id": target_list.pk,
            "name": target_list.name,
            "rows": counts["all"],
            # As many as are measured: a warning keeps no row from that.
            "good": counts["good"] + counts["warning"],
            "errors": counts["error"],
            "warnings": counts["warning"],
            "left_out": counts["left out"],
            "unresolved": counts["unresolved"],
        },
        "rows": [
            {
                "row": row.index,
                "name": row.name,
                "ra": row.target.ra_deg,
                "dec": row.target.dec_deg,
                "status": row.status,
            }
            for row in rows.rows
            if row.target is not None
        ],
    }


def report_csv(rows: CheckedList) -> str:
    """Return all problems of a list as CSV, one to a line.

    Texts that a spreadsheet would run as a formula have an apostrophe in front of them; numbers
    are left as they are.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(["row", "line", "column", "value", "kind", "problem", "suggestion"])
    for row in rows.rows:
        for problem in row.problems:
            kind = "error" if problem.is_error else "warning"
            cell = (problem.column or problem.role, problem.value)
            words = (kind, problem.message, problem.suggestion)
            writer.writerow([row.index + 1, row.line, *map(_harmless, cell + words)])
    return stream.getvalue()


def _harmless(text: str) -> str:
    is_formula = text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def change_edits(list_id: str, change: Callable[[Edits], Edits]) -> TargetList:
    """Change the edits of a list, whatever else changes them at the same time; return the list."""
    with transaction.atomic():
        target_list = TargetList.objects.select_for_update().defer("content").get(pk=list_id)
        save_edits(target_list, change(edits_of(target_list)))
    return target_list


def corrected(edits: Edits, row: int, role: str, text: str | None) -> Edits:
    """Return the edits with the text of one cell; `None` is that of the file."""
    texts = dict(edits.corrections.get(row, {}))
    texts.pop(role, None)
    if text is not None:
        texts[role] = text
    corrections = {key: value for key, value in edits.corrections.items() if key != row}
    return replace(edits, corrections=corrections | ({row: texts} if texts else {}))


def left_out(edits: Edits, rows: Iterable[int]) -> Edits:
    """Return the edits with more rows left out."""
    return replace(edits, left_out=frozenset(edits.left_out) | set(rows))


def taken_back(edits: Edits, rows: Iterable[int]) -> Edits:
    """Return the edits with rows no more left out."""
    return replace(edits, left_out=frozenset(edits.left_out) - set(rows))
