"""Tables in text: CSV with any separator, columns between blanks, IPAC, ECSV and MRT."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.cells import guessed_column, typed_column
from photometry_core.foreign_tables.contents import (
    FileColumn,
    FileContent,
    FileTable,
    facts_of,
    first_line,
    unique_names,
)
from photometry_core.foreign_tables.ecsv_files import read_ecsv_texts
from photometry_core.foreign_tables.ipac_files import read_ipac_texts
from photometry_core.foreign_tables.limits import MAX_ROWS, check_size
from photometry_core.foreign_tables.mrt_files import read_mrt_texts
from photometry_core.foreign_tables.text_tables import TextTable
from photometry_core.foreign_tables.units import parse_unit

_SEPARATORS = (",", ";", "\t", "|")
_MAX_LINE = 1_000_000
_IPAC_KINDS = {
    "i": "int", "int": "int", "integer": "int", "l": "int", "long": "int",
    "d": "float", "double": "float", "f": "float", "float": "float", "r": "float",
    "real": "float", "c": "str", "char": "str", "date": "str", "t": "str",
}  # fmt: skip


def decoded(name: str, content: bytes) -> str:
    """Return the text of a file.

    Raises
    ------
    ForeignFileError
        It is not a text, or has a line that no table has.
    """
    encodings = ["utf-8-sig", "cp1252"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ForeignFileError(f"{name} is neither a text nor in a format that can be opened")
    if "\0" in text:
        raise ForeignFileError(f"{name} is neither a text nor in a format that can be opened")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > 3 * MAX_ROWS:
        raise ForeignFileError(f"{name} has more than {3 * MAX_ROWS:,} lines")
    longest = max(map(len, text.split("\n")), default=0)
    if longest > _MAX_LINE:
        raise ForeignFileError(
            f"{name} has a line of {longest:,} characters; allowed: at most {_MAX_LINE:,}"
        )
    return text


def read_delimited(name: str, text: str) -> FileContent:
    """Read a table with one line of names, separated by commas or others, or by blanks.

    Lines that begin with ``#`` are comments; the last of them may be the line of names.

    Raises
    ------
    ForeignFileError
        A row has too many or too few cells, or there are no names.
    """
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if not _is_comment(line)), len(lines))
    comments = [line.lstrip("#% ").strip() for line in lines[:start] if line.strip()]
    separator = _separator(lines[start : start + 20])
    rows = _rows(name, lines[start:], separator, start)
    if not rows:
        raise ForeignFileError(f"{name} has no line of column names and no rows")
    header, rows = _header(name, comments, rows, separator)
    table_rows = [cells for _, cells in rows]
    check_size(name, len(table_rows), len(header))
    names = unique_names(header)
    described = [""] * len(header)
    if table_rows and _is_line_of_units(table_rows[0]):
        described, table_rows = table_rows[0], table_rows[1:]
    columns = zip(*table_rows, strict=True) if table_rows else ([] for _ in names)
    columns = (tuple(map(_without_apostrophe, cells)) for cells in columns)
    return _content(
        name,
        [
            FileColumn(name=column, values=guessed_column(cells), unit=unit)
            for column, unit, cells in zip(names, described, columns, strict=True)
        ],
        _facts_in_comments(comments),
    )


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(("#", "%"))


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that most of the first lines have in the first's number."""
    header = next((line for line in lines if line.strip()), "")
    best = max(_SEPARATORS, key=header.count)
    return best if header.count(best) else " "


def _rows(
    name: str, lines: Sequence[str], separator: str, skipped: int
) -> list[tuple[int, list[str]]]:
    """Return the cells of every row, with the number of the line that it ends on."""
    kept = [line if not line.startswith("#") else "" for line in lines]
    rows: list[tuple[int, list[str]]] = []
    if separator == " ":
        found = enumerate((line.split() for line in kept), start=skipped + 1)
        rows = [(number, cells) for number, cells in found if cells]
    else:
        reader = csv.reader((line + "\n" for line in kept), delimiter=separator, strict=True)
        try:
            for cells in reader:
                stripped = [cell.strip() for cell in cells]
                if any(stripped):
                    rows.append((skipped + reader.line_num, stripped))
        except csv.Error as error:
            line = skipped + reader.line_num
            raise ForeignFileError(f"{name}, line {line}: {first_line(error)}") from error
    for number, cells in rows:
        if len(cells) != len(rows[0][1]):
            raise ForeignFileError(
                f"{name}, line {number}: {len(cells)} cells; the first line has {len(rows[0][1])}"
            )
    return rows


def _header(
    name: str, comments: Sequence[str], rows: list[tuple[int, list[str]]], separator: str
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns and the rows without them."""
    first = rows[0][1]
    numeric = [cell for cell in first if _looks_numeric(cell)]
    if not numeric:
        return first, rows[1:]
    for comment in reversed(comments):
        words = comment.split(None if separator == " " else separator)
        if len(words) == len(first) and not any(map(_looks_numeric, words)):
            return [word.strip() for word in words], rows
    raise ForeignFileError(
        f"{name}, line {rows[0][0]}: {numeric[0][:40]!r} stands where the column names should be; "
        "begin the file with a line of names, such as wavelength_um,flux_uJy"
    )


def _without_apostrophe(cell: str) -> str:
    """Return a text without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell


def _looks_numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.strip().lower().lstrip("+-") not in ("nan", "inf", "infinity")


def _is_line_of_units(cells: Sequence[str]) -> bool:
    texts = [cell.strip("[]()") for cell in cells if cell]
    if len(texts) < 2 or any(map(_looks_numeric, texts)):
        return False
    return all(parse_unit(text) is not None for text in texts)


def _facts_in_comments(comments: Sequence[str]) -> dict[str, str]:
    pairs = (re.match(r"([A-Za-z_][\w .-]{0,60}?)\s*[:=]\s*(.+)", comment) for comment in comments)
    return facts_of((found[1], found[2]) for found in pairs if found)


def read_ipac(name: str, text: str) -> FileContent:
    """Read an IPAC table.

    Raises
    ------
    ForeignFileError
        The bars of its header are missing, a character stands under one of them, or a cell is not
        of the type of its column.
    """
    return _typed(name, read_ipac_texts(name, text), _ipac_kind)


def _ipac_kind(text: str) -> str:
    return _IPAC_KINDS.get(text.lower().lstrip("-"), "str")


def read_ecsv(name: str, text: str) -> FileContent:
    """Read an ECSV file.

    Raises
    ------
    ForeignFileError
        Its header is not plain YAML, or a cell is not of the type of its column.
    """
    return _typed(name, read_ecsv_texts(name, text), _ecsv_kind)


def _ecsv_kind(text: str) -> str:
    if text in ("", "string", "object", "subtype"):
        return "str"
    return "bool" if text == "bool" else "float" if text.startswith("float") else "int"


def read_mrt(name: str, text: str) -> FileContent:
    """Read a machine-readable table of CDS or AAS journals.

    Raises
    ------
    ForeignFileError
        Its description can't be understood, the rows are in another file, or a cell is not of the
        type of its column.
    """
    return _typed(name, read_mrt_texts(name, text), _mrt_kind)


def _mrt_kind(text: str) -> str:
    letter = text.lstrip("0123456789")[:1].upper()
    return "int" if letter == "I" else "float" if letter in "FEDG" else "str"


def _typed(name: str, table: TextTable, kind_of: Callable[[str], str]) -> FileContent:
    """Return a table with values of the types that it states."""
    cells = zip(*table.rows, strict=True) if table.rows else ([] for _ in table.columns)
    names = unique_names(column.name for column in table.columns)
    columns = [
        FileColumn(
            name=unique,
            values=typed_column(f"{name}, column {unique!r}", kind_of(column.kind), list(values)),
            unit=column.unit,
            ucd=column.ucd,
            utype=column.utype,
            description=column.description,
        )
        for unique, column, values in zip(names, table.columns, cells, strict=True)
    ]
    return _content(name, columns, dict(table.facts))


def _content(name: str, columns: list[FileColumn], facts: dict[str, str]) -> FileContent:
    table = FileTable(where=name, columns=tuple(columns), facts=facts)
    return FileContent(name=name, tables=(table,))
