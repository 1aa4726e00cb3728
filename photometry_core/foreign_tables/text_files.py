"""Tables in text: CSV with any separator, columns between blanks, IPAC and ECSV."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

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
from photometry_core.foreign_tables.limits import MAX_COLUMNS, MAX_ROWS, check_size
from photometry_core.foreign_tables.units import parse_unit

_SEPARATORS = (",", ";", "\t", "|")
_MAX_LINE = 1_000_000
_MAX_YAML = 256_000
_PLAIN_TAGS = ("tag:yaml.org,2002:omap", "!")
_ECSV_KINDS = {"bool": "bool", "string": "str", "object": "str"}
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
        The bars of its header are missing or not in one line, a character stands under one of
        them, or a cell is not of the type of its column.
    """
    lines = text.split("\n")
    headers = [line for line in lines if line.startswith("|")][:4]
    if not headers:
        raise ForeignFileError(f"{name} has no line of column names between bars")
    bars = [position for position, character in enumerate(headers[0]) if character == "|"]
    spans = [(start + 1, end) for start, end in itertools.pairwise(bars)]
    check_size(name, 0, len(spans))
    headings = [[line[start:end].strip() for start, end in spans] for line in headers]
    headings += [[""] * len(spans)] * (4 - len(headings))
    cells: list[list[str]] = [[] for _ in spans]
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line[0] in "|\\":
            continue
        under = next((at for at in bars if line[at : at + 1].strip()), None)
        if under is not None:
            raise ForeignFileError(
                f"{name}, line {number}: {line[under]!r} stands under a bar of the header "
                f"(character {under + 1}), so that its column is not certain"
            )
        for column, (start, end), null in zip(cells, spans, headings[3], strict=True):
            cell = line[start:end].strip()
            column.append("" if cell == null else cell)
        check_size(name, len(cells[0]) if cells else 0, 0)
    columns = [
        FileColumn(
            name=column,
            values=typed_column(f"{name}, column {column!r}", _ipac_kind(kind), values),
            unit=unit,
        )
        for column, kind, unit, values in zip(
            unique_names(headings[0]), headings[1], headings[2], cells, strict=True
        )
    ]
    keywords = (re.match(r"\\\s*(\w+)\s*=\s*(.*)", line) for line in lines if line[:1] == "\\")
    return _content(
        name, columns, facts_of((found[1], _unquoted(found[2])) for found in keywords if found)
    )


def _ipac_kind(text: str) -> str:
    return _IPAC_KINDS.get(text.lower().lstrip("-"), "str")


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def read_ecsv(name: str, text: str) -> FileContent:
    """Read an ECSV file (version 1.0: https://docs.astropy.org/en/stable/io/ascii/ecsv.html).

    Raises
    ------
    ForeignFileError
        Its header is not plain YAML, or a cell is not of the type of its column.
    """
    lines = text.split("\n")
    n_header = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header = plain_yaml(name, "\n".join(line[2:] for line in lines[1:n_header]))
    described = described_columns(header)
    separator = str(header.get("delimiter", " "))
    if separator not in (" ", ","):
        raise ForeignFileError(f"{name}: the separator {separator[:10]!r} is neither ' ' nor ','")
    body = (line + "\n" for line in lines[n_header:] if line.strip())
    reader = csv.reader(body, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ForeignFileError(f"{name}, row {reader.line_num}: {first_line(error)}") from error
    if not rows:
        raise ForeignFileError(f"{name} has no line of column names")
    check_size(name, len(rows) - 1, len(rows[0]))
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ForeignFileError(
                f"{name}, row {number}: {len(row)} cells; there are {len(rows[0])} columns"
            )
    columns = []
    for at, (column, title) in enumerate(zip(unique_names(rows[0]), rows[0], strict=True)):
        about = described.get(title, {})
        where = f"{name}, column {column!r}"
        values = typed_column(where, _ecsv_kind(about), [row[at] for row in rows[1:]])
        columns.append(
            FileColumn(
                name=column,
                values=values,
                unit=about.get("unit", ""),
                ucd=about.get("ucd", ""),
                description=about.get("description", ""),
            )
        )
    meta = header.get("meta")
    return _content(name, columns, facts_of(_plain_items(meta)))


def _ecsv_kind(about: Mapping[str, str]) -> str:
    kind = about.get("datatype", "string")
    if about.get("subtype"):
        return "str"
    return _ECSV_KINDS.get(kind, "float" if kind.startswith("float") else "int")


def plain_yaml(name: str, text: str) -> dict[str, Any]:
    """Return the mapping that a YAML text is, if it refers to nothing and builds nothing.

    Raises
    ------
    ForeignFileError
        It is long, damaged, or more than plain values.
    """
    if len(text) > _MAX_YAML:
        raise ForeignFileError(
            f"{name}: its header has {len(text):,} characters; allowed: at most {_MAX_YAML:,}"
        )
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            tag = getattr(event, "tag", None)
            if isinstance(event, yaml.AliasEvent) or (tag and tag not in _PLAIN_TAGS):
                raise ForeignFileError(f"{name}: its header is more than plain values")
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ForeignFileError(
            f"{name}: its header can't be read as YAML ({first_line(error)})"
        ) from error
    return values if isinstance(values, dict) else {}


def described_columns(header: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what an ECSV header says about each column: datatype, unit, ucd, description."""
    described: dict[str, dict[str, str]] = {}
    columns = header.get("datatype")
    for column in columns[:MAX_COLUMNS] if isinstance(columns, list) else []:
        if not isinstance(column, dict):
            continue
        meta = column.get("meta")
        more = {key: text for key, text in _plain_items(meta) if key == "ucd"}
        described[str(column.get("name", ""))] = {
            **{key: str(value) for key, value in column.items() if key != "meta"}, **more,
        }  # fmt: skip
    return described


def _plain_items(meta: Any) -> list[tuple[str, str]]:
    """Return the texts and numbers of a YAML mapping, ordered or not."""
    pairs = list(meta.items()) if isinstance(meta, dict) else meta
    if not isinstance(pairs, list):
        return []
    return [
        (str(pair[0]), str(pair[1]))
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], str | int | float)
    ]


def _content(name: str, columns: list[FileColumn], facts: dict[str, str]) -> FileContent:
    table = FileTable(where=name, columns=tuple(columns), facts=facts)
    return FileContent(name=name, tables=(table,))
