"""Lists in plain text: cells between separators or blanks, or one target per line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import first_line
from photometry_core.foreign_tables.limits import check_size
from photometry_core.target_lists.contents import ListColumn, ListTable
from photometry_core.target_lists.decoding import too_many_lines
from photometry_core.target_lists.described_lists import even_rows, list_table, refuse_spectrum
from photometry_core.target_lists.headings import (
    header_of,
    is_header_word,
    is_line_of_units,
    is_rule,
    looks_like_value,
    named_columns,
    numbered_columns,
)
from photometry_core.target_lists.limits import BOUNDS, MAX_CELL_LENGTH, MAX_CELLS, MAX_ROWS
from photometry_core.target_lists.named_positions import named_split
from photometry_core.target_lists.separators import blank_split, separator_of
from photometry_core.target_lists.sextractor import columns_of, read_sextractor
from photometry_core.target_lists.whole_lines import are_whole, is_position

_COMMENT = re.compile(r"\s*(#|%|//|\\)")
_STATED = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)
_FORMATS = {",": "CSV", ";": "CSV with semicolons", "\t": "TSV", "|": "text with bars"}
_SAMPLE = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """Cells of one row, and the line on which it ends, from 1."""

    line: int
    cells: list[str]


def read_text(name: str, text: str, *, is_pasted: bool) -> tuple[str, ListTable, list[str]]:
    r"""Read a list in plain text.

    Parameters
    ----------
    name
        What messages call it.
    text
        The text, its lines separated by ``\n``.
    is_pasted
        Whether a person typed or pasted it.

    Returns
    -------
    str, ListTable, list of str
        Its format in words, the table, and notes.

    Raises
    ------
    ForeignFileError
        It has no rows, too many, or quotes that do not end.
    """
    lines = text.split("\n")
    n_filled = sum(bool(line) and not line.isspace() for line in lines)
    if n_filled > 2 * MAX_ROWS:
        raise too_many_lines(name, n_filled)
    declared = columns_of(lines)
    if declared:
        table, notes = list_table(name, read_sextractor(lines, declared), separator=" ")
        return "SExtractor catalogue", table, notes
    stated, lines = _stated_separator(lines)
    comments, lines, notes = _without_comments(lines)
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise ForeignFileError(f"{name} has no rows: it holds comments and empty lines only")
    sample = [*_titles(comments), *filled[: 10 * _SAMPLE]]
    named = None if stated else named_split(filled)
    if not (stated or named) and are_whole(sample, is_pasted=is_pasted):
        return _one_per_line(name, lines, notes, is_pasted=is_pasted)
    separator = "" if named else stated or separator_of(sample)
    if separator:
        rows = list(_separated(name, lines, separator))
    else:
        split = named or blank_split(sample[: 4 * _SAMPLE])
        if split is None:
            return _one_per_line(name, lines, notes, is_pasted=is_pasted)
        rows = list(_at_blanks(lines, split))
    table, more = _table(name, rows, separator or " ", comments)
    return _FORMATS.get(separator, "text with columns between blanks"), table, notes + more


def _stated_separator(lines: list[str]) -> tuple[str, list[str]]:
    """Return the separator of a first line ``sep=;``, and the lines with that line empty."""
    found = _STATED.fullmatch(lines[0].rstrip() or lines[0])
    return (found[1], ["", *lines[1:]]) if found else ("", lines)


def _without_comments(
    lines: Sequence[str],
) -> tuple[list[tuple[int, str]], list[str], list[str]]:
    """Return leading comments with their places, all lines with comments emptied, and notes."""
    first = next((n for n, line in enumerate(lines) if not _is_leading_comment(line)), len(lines))
    comments = [(n, lines[n]) for n in range(first) if lines[n].strip()]
    body = list(lines[first:])
    marked = [n for n, line in enumerate(body) if line.lstrip().startswith("#")]
    n_filled = sum(bool(line.strip()) for line in body)
    notes = []
    # Where most rows begin with #, that is how their names begin.
    if marked and 2 * len(marked) <= n_filled:
        for n in marked:
            body[n] = ""
        places = ", ".join(str(first + n + 1) for n in marked[:10])
        notes.append(
            f"{len(marked)} {'lines that begin' if len(marked) > 1 else 'line that begins'} with # "
            f"{'are' if len(marked) > 1 else 'is'} taken as comments: {places}"
            f"{' and more' if len(marked) > 10 else ''}"
        )
    return comments, [""] * first + body, notes


def _is_leading_comment(line: str) -> bool:
    return not line.strip() or bool(_COMMENT.match(line))


def _one_per_line(
    name: str, lines: Sequence[str], notes: list[str], *, is_pasted: bool
) -> tuple[str, ListTable, list[str]]:
    rows = [_Row(n, [line.strip()]) for n, line in enumerate(lines, start=1) if line.strip()]
    first = rows[0].cells[0]
    header = "names" if is_header_word(first) else "none"
    is_telling = is_pasted or is_position(first) or any(map(str.isdigit, first))
    if header == "none" and not is_telling and len(rows) > 1:
        header = "asked"
    table, more = _finished(name, rows, header, "", [])
    return "one target per line", table, notes + more


def _separated(name: str, lines: Sequence[str], separator: str) -> Iterator[_Row]:
    """Return the cells of every row (RFC 4180)."""
    n_separators = sum(line.count(separator) for line in lines)
    if n_separators > 2 * MAX_CELLS:
        raise ForeignFileError(f"{name} has more than {MAX_CELLS:,} cells, which is not allowed")
    barred = separator == "|" and all(_is_barred(line) for line in lines if line.strip())
    reader = csv.reader(
        ((line.strip()[1:-1] if barred else line) + "\n" for line in lines),
        delimiter=separator,
        skipinitialspace=True,
        strict=True,
    )
    begun = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield _Row(reader.line_num, stripped)
            begun = reader.line_num + 1
    except csv.Error as error:
        raise ForeignFileError(_quoting(name, begun, first_line(error))) from error


def _is_barred(line: str) -> bool:
    stripped = line.strip()
    return len(stripped) > 1 and stripped.startswith("|") and stripped.endswith("|")


def _quoting(name: str, line: int, reason: str) -> str:
    if "limit" in reason:
        return (
            f"{name}, line {line}: a cell of more than 131,072 characters; allowed: at most "
            f"{MAX_CELL_LENGTH:,}"
        )
    if "unexpected end" in reason:
        return f'{name}, line {line}: a quote (") begins in this row and does not end'
    return f"{name}, line {line}: its quotes do not fit ({reason})"


def _at_blanks(lines: Sequence[str], split: Callable[[str], list[str]]) -> Iterator[_Row]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _Row(number, split(line))


def _table(
    name: str, rows: list[_Row], separator: str, comments: list[tuple[int, str]]
) -> tuple[ListTable, list[str]]:
    if not rows:
        raise ForeignFileError(f"{name} has no rows: all its cells are empty")
    check_size(name, 0, len(rows[0].cells), BOUNDS)
    header = header_of([row.cells for row in rows[:_SAMPLE]])
    if header != "names":
        titles, note = _titles_in_comments(comments, len(rows[0].cells), separator)
        if titles:
            rows = [_Row(0, titles), *rows]
            table, notes = _finished(name, rows, "names", separator, [])
            return table, [note, *notes]
        return _finished(name, rows, header, separator, [])
    units: list[str] = []
    body = rows[1:]
    if body and is_rule(body[0].cells):
        body = body[1:]
    if len(body) > 1 and is_line_of_units(body[0].cells):
        units, body = body[0].cells, body[1:]
    if body and is_rule(body[0].cells):
        body = body[1:]
    return _finished(name, [rows[0], *body], header, separator, units)


def _titles(comments: list[tuple[int, str]]) -> list[str]:
    """Return the last comment without its mark, in place, if it seems to name columns."""
    for _, comment in reversed(comments):
        words = re.split(r"[,;|\s]+", _COMMENT.sub("", comment, count=1).strip())
        if len(words) > 1 and sum(map(is_header_word, words)) > len(words) / 2:
            return [_COMMENT.sub(" ", comment, count=1)]
    return []


def _titles_in_comments(
    comments: list[tuple[int, str]], n_columns: int, separator: str
) -> tuple[list[str], str]:
    """Return the names of columns that stand in a comment above rows without such a line."""
    for place, comment in reversed(comments):
        bare = _COMMENT.sub("", comment, count=1).lstrip("#% ").strip()
        for split in (separator, " "):
            words = bare.split() if split == " " else [word.strip() for word in bare.split(split)]
            fits = len(words) == n_columns and not any(map(looks_like_value, words))
            if fits and any(map(is_header_word, words)):
                return (
                    words,
                    f"The names of the columns are taken from the comment in line {place + 1}",
                )
    return [], ""


def _finished(
    name: str, rows: list[_Row], header: str, separator: str, units: Sequence[str]
) -> tuple[ListTable, list[str]]:
    notes: list[str] = []
    columns: tuple[ListColumn, ...]
    if header == "names":
        titles, rows = rows[0].cells, rows[1:]
        while len(titles) > 1 and not titles[-1] and all(_lacks(row, len(titles)) for row in rows):
            titles = titles[:-1]
        refuse_spectrum(name, titles, {})
        columns, notes = named_columns(name, titles, units)
    else:
        counts = Counter(_n_filled(row.cells) for row in rows)
        columns = numbered_columns(max(counts, key=lambda count: (counts[count], count)))
    if not rows:
        raise ForeignFileError(f"{name} has no rows: it has one line, with the names of columns")
    check_size(name, len(rows), len(columns), BOUNDS)
    lines = [row.line for row in rows]
    even, broken = even_rows(name, [row.cells for row in rows], lines, len(columns))
    table = ListTable(
        name=name,
        columns=columns,
        rows=even,
        lines=tuple(lines),
        broken=broken,
        header=header,
        separator=separator,
    )
    return table, notes


def _lacks(row: _Row, n_columns: int) -> bool:
    """Whether a row has nothing in the last column and beyond."""
    return not any(row.cells[n_columns - 1 :])


def _n_filled(cells: Sequence[str]) -> int:
    """Return the number of cells up to the last that is not empty."""
    return next((at for at in range(len(cells), 0, -1) if cells[at - 1]), 1)
