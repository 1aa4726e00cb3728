"""Machine-readable tables of CDS and AAS journals, as texts.

Above the rows a byte-by-byte description says which characters of a line are which column
(http://vizier.cds.unistra.fr/doc/catstd.htx, https://journals.aas.org/mrt-standards/). Cells stay
as they are written: ``-00`` is not 0, and identifiers have all their digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text, facts_of
from photometry_core.foreign_tables.limits import SPECTRA, Bounds, check_size
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable

TITLE = re.compile(r"\s*Byte-by-byte\s+Description\s+of\s+file\s*:?\s*(.*)", re.IGNORECASE)
_TITLE_WITHIN_LINES = 2_000
"""A ReadMe has an abstract and notes before it."""
_RULE = re.compile(r"\s{0,3}[-=]{20,}\s*")
_HEADINGS = re.compile(r"\s*Bytes\s+(Format)\s+Units?\s+Label\b.*", re.IGNORECASE)
_COLUMN = re.compile(
    r"\s*(?:(?P<first>\d{1,7})\s*-\s*)?(?P<last>\d{1,7})"
    r"\s+(?P<format>\d{0,4}[AIFEDGLX]\d{0,4}(?:\.\d{1,3})?)"
    r"\s+(?P<unit>\S+)\s+(?P<label>\S+)(?:\s+(?P<about>.*))?",
    re.IGNORECASE,
)
_BEGINS_LIKE_COLUMN = re.compile(r"\s*[-+]?\d")
_ABOUT = re.compile(
    r"(?P<limits>[\[\]][^\[\]]{0,80}[\[\]])?\s*(?P<absent>\?(?:=(?P<null>\S*))?)?\s*[-+=!*]?\s+(?P<text>.*)"
)
_NO_UNIT = re.compile(r"-+|\[-\]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[ED][+-]?\d+)?", re.IGNORECASE)
_END = re.compile(r"\s*\(End\)")
_NOTE = re.compile(r"\s*(?:Global\s+)?Notes?\b", re.IGNORECASE)
_BETWEEN = " \v\f|,;:&/"
"""What may stand between columns without being one. A tab makes bytes uncertain."""
_MAX_ABOUT = 1_000
"""Characters of an explanation, of any number of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column and its characters: from `first` to before `end`, counted from 0.

    `null` stands for no value, and so does every number that is equal to `null_number`.
    """

    described: TextColumn
    first: int
    end: int
    null: str | None = None
    null_number: float | None = None

    @property
    def bytes(self) -> str:
        """Its bytes as the file counts them."""
        return f"bytes {self.first + 1}-{self.end}"

    @property
    def is_number(self) -> bool:
        """Whether the format is one of numbers."""
        return self.described.kind.lstrip("0123456789")[:1].upper() in "IFEDG"


def is_mrt(text: str) -> bool:
    """Whether a text has a byte-by-byte description among its first lines."""
    return any(
        TITLE.match(line[:200])
        for line in text.split("\n", _TITLE_WITHIN_LINES)[:_TITLE_WITHIN_LINES]
    )


def read_mrt_texts(name: str, text: str, bounds: Bounds = SPECTRA) -> TextTable:
    """Read a machine-readable table: description, notes and rows in one file.

    Parameters
    ----------
    name
        What messages call the file.
    text
        The file; `is_mrt` is true of it.
    bounds
        What it may hold.

    Returns
    -------
    TextTable
        Explanations are the descriptions of columns. Cells that are what an explanation says
        stands for no value (``?=-99``) are empty.

    Raises
    ------
    ForeignFileError
        The description can't be understood, contradicts itself or does not fit the rows, or the
        rows are in another file.
    """
    lines = text.split("\n")
    titles = [(at, found) for at, line in enumerate(lines) if (found := TITLE.match(line[:200]))]
    rules = [at for at, line in enumerate(lines) if _RULE.fullmatch(line[:200])]
    if len(titles) > 1:
        raise _elsewhere(name, [found[1] for _, found in titles])
    [(title, found)] = titles
    columns, after = _described(name, lines, title, rules, bounds)
    begin = rules[-1] + 1
    filled = [at for at in range(begin, len(lines)) if lines[at].strip()]
    if not filled or _END.match(lines[filled[0]]):
        raise _elsewhere(name, [found[1]])
    _check_notes(name, lines[after:begin], after, columns)
    check_size(name, len(filled), 0, bounds)
    if len(filled) * len(columns) > bounds.cells:
        raise ForeignFileError(f"{name} has more than {bounds.cells:,} cells, which is not allowed")
    gaps = _gaps(columns)
    heads = (re.match(r"(Title|Table|Authors?):\s*(.*)", line) for line in lines[:title])
    return TextTable(
        columns=tuple(column.described for column in columns),
        rows=[_cells(name, at + 1, lines[at], columns, gaps) for at in filled],
        lines=[at + 1 for at in filled],
        facts=facts_of((head[1], head[2]) for head in heads if head),
        name=clean_text(found[1], 80),
    )


def _elsewhere(name: str, files: Sequence[str]) -> ForeignFileError:
    named = [shown for file in files[:3] if (shown := clean_text(file, 40))]
    of = f" of {', '.join(named)}{' and others' if len(files) > 3 else ''}" if named else ""
    return ForeignFileError(
        f"{name} is the description{of} (a ReadMe), and the rows are not in it. Save the table "
        "from VizieR as VOTable or CSV, or bring the journal's machine-readable table, which holds "
        "both"
    )


def _described(
    name: str, lines: Sequence[str], title: int, rules: Sequence[int], bounds: Bounds
) -> tuple[list[_Column], int]:
    """Return the columns, and the line behind the rule that ends their description."""
    below = (at for at in range(title + 1, len(lines)) if _HEADINGS.fullmatch(lines[at][:400]))
    headings = next(below, None)
    if headings is None:
        raise ForeignFileError(
            f"{name}, line {title + 1}: no line with Bytes, Format, Units, Label and Explanations "
            "follows"
        )
    begin = next((at for at in rules if at > headings), None)
    end = next((at for at in rules if begin is not None and at > begin), None)
    if begin is None or end is None:
        raise ForeignFileError(
            f"{name}, line {headings + 1}: the description of the columns has no line of dashes "
            "above or below it"
        )
    found = _HEADINGS.fullmatch(lines[headings][:400])
    format_at = found.start(1) if found else 0
    columns: list[_Column] = []
    for at in range(begin + 1, end):
        line = lines[at]
        if not line.strip():
            continue
        # What begins further right goes on with the explanation above.
        if _BEGINS_LIKE_COLUMN.match(line[:format_at]):
            columns.append(_column(name, at + 1, line))
            check_size(name, 0, len(columns), bounds)
        elif columns:
            columns[-1] = _continued(columns[-1], line)
        else:
            raise _not_a_column(name, at + 1, line)
    if not columns:
        raise ForeignFileError(f"{name}, line {begin + 1}: no column is described below")
    _check_overlaps(name, columns)
    return [_explained(column) for column in columns], end + 1


def _not_a_column(name: str, number: int, line: str) -> ForeignFileError:
    return ForeignFileError(
        f"{name}, line {number}: {clean_text(line, 40)!r} does not describe a column; needed are "
        "its bytes, format, unit and label, such as '1-  8 F8.4 deg RAdeg'"
    )


def _column(name: str, number: int, line: str) -> _Column:
    found = _COLUMN.fullmatch(line.rstrip()[: 2 * _MAX_ABOUT])
    if found is None:
        raise _not_a_column(name, number, line)
    last = int(found["last"])
    first = int(found["first"] or last)
    if not 1 <= first <= last:
        raise ForeignFileError(
            f"{name}, line {number}: bytes {first}-{last} of column "
            f"{clean_text(found['label'], 40)!r}; allowed: from 1 on, and the last not below the "
            "first"
        )
    unit = "" if _NO_UNIT.fullmatch(found["unit"]) else found["unit"]
    return _Column(
        described=TextColumn(
            name=found["label"], kind=found["format"], unit=unit, description=found["about"] or ""
        ),
        first=first - 1,
        end=last,
    )


def _continued(column: _Column, line: str) -> _Column:
    about = f"{column.described.description} {line.strip()}"[:_MAX_ABOUT]
    return replace(column, described=replace(column.described, description=about))


def _explained(column: _Column) -> _Column:
    """Return a column whose explanation has no limits, and whose sign of absence is known."""
    # Behind the explanation a blank, so that one that is only a sign matches too.
    found = _ABOUT.fullmatch(f"{column.described.description} ")
    if found is None or not (found["limits"] or found["absent"]):
        return column
    null = None if found["null"] is None else found["null"].strip("\"'")
    about = found["text"].strip()
    return replace(
        column,
        described=replace(column.described, description=about),
        null=null,
        null_number=None if null is None else _number(null),
    )


def _check_overlaps(name: str, columns: Sequence[_Column]) -> None:
    """Refuse columns that share bytes: a digit would count in both."""
    ordered = sorted(columns, key=lambda column: (column.first, column.end))
    for left, right in pairwise(ordered):
        if right.first < left.end:
            raise ForeignFileError(
                f"{name}: its columns {clean_text(left.described.name, 40)!r} ({left.bytes}) and "
                f"{clean_text(right.described.name, 40)!r} ({right.bytes}) share bytes, so that it "
                "is not certain what belongs to which"
            )


def _gaps(columns: Sequence[_Column]) -> list[tuple[int, int | None]]:
    """Return the characters of a line that are in no column, from one to before another."""
    ordered = sorted(columns, key=lambda column: column.first)
    ends = [0, *(column.end for column in ordered)]
    firsts: list[int | None] = [*(column.first for column in ordered), None]
    return [(end, first) for end, first in zip(ends, firsts, strict=True) if end != first]


def _check_notes(name: str, notes: Sequence[str], begin: int, columns: Sequence[_Column]) -> None:
    """Refuse rows above a line of dashes, which would be taken for notes."""
    numbers, gaps = [column for column in columns if column.is_number], _gaps(columns)
    follows_rule = True
    for at, line in enumerate(notes):
        if _RULE.fullmatch(line[:200]):
            follows_rule = True
        elif line.strip():
            cells = [line[column.first : column.end].strip() for column in numbers]
            looks_like_row = any(cells) and all(not c or _NUMBER.fullmatch(c) for c in cells)
            is_row = looks_like_row and _stray(line, gaps) is None and not _NOTE.match(line)
            if follows_rule and is_row:
                raise ForeignFileError(
                    f"{name}, line {begin + at + 1}: a row stands above a line of dashes, where "
                    "notes are; remove the line of dashes below it"
                )
            follows_rule = False


def _cells(
    name: str,
    number: int,
    line: str,
    columns: Sequence[_Column],
    gaps: Sequence[tuple[int, int | None]],
) -> list[str]:
    cells = [line[column.first : column.end].strip() for column in columns]
    if not line.isascii():
        _check_bytes(name, number, line, columns, cells)
    stray = _stray(line, gaps)
    if stray is not None:
        raise ForeignFileError(
            f"{name}, line {number}: {line[stray]!r} (byte {stray + 1}) is in no column of the "
            "description, so that its columns are not certain"
        )
    if "\t" in line:
        raise ForeignFileError(
            f"{name}, line {number}: it has a tab, so that its bytes can't be counted"
        )
    return [
        "" if column.null is not None and _is_null(cell, column) else cell
        for cell, column in zip(cells, columns, strict=True)
    ]


def _stray(line: str, gaps: Sequence[tuple[int, int | None]]) -> int | None:
    """Return the place of a character in no column, such as a minus sign that would get lost."""
    for begin, end in gaps:
        gap = line[begin:end]
        if gap.strip(_BETWEEN):
            return begin + len(gap) - len(gap.lstrip(_BETWEEN))
    return None


def _check_bytes(
    name: str, number: int, line: str, columns: Sequence[_Column], cells: Sequence[str]
) -> None:
    """Refuse a row in which characters and bytes are not the same."""
    counted = line.encode()
    by_bytes = (counted[column.first : column.end].decode("utf-8", "replace") for column in columns)
    if [cell.strip() for cell in by_bytes] != list(cells):
        raise ForeignFileError(
            f"{name}, line {number}: it has characters that are not ASCII, so that its bytes "
            "can be counted in two ways; write them without accents"
        )


def _is_null(cell: str, column: _Column) -> bool:
    if cell == column.null:
        return True
    return column.null_number is not None and _number(cell) == column.null_number


def _number(text: str) -> float | None:
    try:
        return float(text.replace("D", "E"))
    except ValueError:
        return None
