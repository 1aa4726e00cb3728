"""ECSV files, as texts (version 1.0: https://docs.astropy.org/en/stable/io/ascii/ecsv.html)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

import yaml

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import facts_of, first_line
from photometry_core.foreign_tables.limits import MAX_COLUMNS, SPECTRA, Bounds, check_size
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable

_UNIT = "!astropy.units.Unit"
_PLAIN_TAGS = ("tag:yaml.org,2002:omap", "!")
_ASTROPY = "!astropy."
_MIXINS = "__serialized_columns__"


class _PlainLoader(yaml.SafeLoader):
    """Builds mappings, lists and texts of what astropy writes about columns of several parts."""


def _plain_node(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return str(node.value)


_PlainLoader.add_multi_constructor(_ASTROPY, _plain_node)


def read_ecsv_texts(name: str, text: str, bounds: Bounds = SPECTRA) -> TextTable:
    """Read an ECSV file.

    Columns of several parts (`SkyCoord`, `Time`) are as many columns as they were written as.
    The fact ``frame`` is the frame of the first `SkyCoord`.

    Parameters
    ----------
    name
        What messages call the file.
    text
        The file.
    bounds
        What it may hold.

    Raises
    ------
    ForeignFileError
        Its header is not plain YAML, or a row has too many or too few cells.
    """
    lines = text.split("\n")
    n_header = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    yaml_text = "\n".join(line[2:] for line in lines[1:n_header])
    header = plain_yaml(name, yaml_text, bounds.header_length)
    described = described_columns(header)
    rows, numbers = _rows(name, lines, n_header, str(header.get("delimiter", " ")), bounds)
    titles = rows[0]
    columns = []
    for title in titles:
        about = described.get(title, {})
        kind = "" if not about else "subtype" if about.get("subtype") else about.get("datatype", "")
        columns.append(
            TextColumn(
                name=title,
                kind=kind,
                unit=about.get("unit", ""),
                ucd=about.get("ucd", ""),
                utype=about.get("utype", ""),
                description=about.get("description", ""),
            )
        )
    facts = facts_of([*_plain_items(header.get("meta")), *_frame(header.get("meta"))])
    return TextTable(columns=tuple(columns), rows=rows[1:], lines=numbers[1:], facts=facts)


def _rows(
    name: str, lines: list[str], n_header: int, separator: str, bounds: Bounds
) -> tuple[list[list[str]], list[int]]:
    """Return the cells of all lines under the header, and on which line each row ends."""
    if separator not in (" ", ","):
        raise ForeignFileError(f"{name}: the separator {separator[:10]!r} is neither ' ' nor ','")
    numbered = [number for number in range(n_header, len(lines)) if lines[number].strip()]
    body = (lines[number] + "\n" for number in numbered)
    reader = csv.reader(body, delimiter=separator, skipinitialspace=True, strict=True)
    rows, numbers = [], []
    try:
        for row in reader:
            rows.append(row)
            numbers.append(numbered[reader.line_num - 1] + 1)
            check_size(name, len(rows) - 1, len(row), bounds)
    except csv.Error as error:
        raise ForeignFileError(f"{name}, row {reader.line_num}: {first_line(error)}") from error
    if not rows:
        raise ForeignFileError(f"{name} has no line of column names")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ForeignFileError(
                f"{name}, row {number}: {len(row)} cells; there are {len(rows[0])} columns"
            )
    return rows, numbers


def plain_yaml(name: str, text: str, most: int = SPECTRA.header_length) -> dict[str, Any]:
    """Return the mapping that a YAML text is, if it refers to nothing and builds nothing.

    What astropy writes about columns of several parts becomes mappings; a reference to a unit
    is allowed, as it is written there.

    Raises
    ------
    ForeignFileError
        It is longer than `most` characters, damaged, or more than plain values.
    """
    if len(text) > most:
        raise ForeignFileError(
            f"{name}: its header has {len(text):,} characters; allowed: at most {most:,}"
        )
    try:
        units = set()
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            tag = getattr(event, "tag", None) or ""
            if isinstance(event, yaml.AliasEvent):
                is_plain = event.anchor in units
            else:
                is_plain = not tag or tag in _PLAIN_TAGS or tag.startswith(_ASTROPY)
                if tag == _UNIT:
                    units.add(getattr(event, "anchor", None))
            if not is_plain:
                raise ForeignFileError(f"{name}: its header is more than plain values")
        values = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 it is a safe loader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
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
        more = {key: text for key, text in _plain_items(meta) if key in ("ucd", "utype")}
        described[str(column.get("name", ""))] = {
            **{key: _scalar(value) for key, value in column.items() if key != "meta"}, **more,
        }  # fmt: skip
    return described


def _scalar(value: Any) -> str:
    """Return the text of a plain value; lists and mappings may be huge when they are written."""
    return str(value) if isinstance(value, str | int | float) else ""


def _pairs(meta: Any) -> list[tuple[Any, Any]]:
    """Return the items of a YAML mapping, ordered or not."""
    pairs = list(meta.items()) if isinstance(meta, dict) else meta
    if not isinstance(pairs, list):
        return []
    return [pair for pair in pairs if isinstance(pair, tuple) and len(pair) == 2]


def _plain_items(meta: Any) -> list[tuple[str, str]]:
    """Return the texts and numbers of a YAML mapping."""
    return [
        (_scalar(name), str(value))
        for name, value in _pairs(meta)
        if isinstance(value, str | int | float)
    ]


def _frame(meta: Any) -> list[tuple[str, str]]:
    """Return the frame of the first column of positions, as astropy writes it."""
    for name, mixins in _pairs(meta):
        if name == _MIXINS and isinstance(mixins, dict):
            for about in mixins.values():
                if isinstance(about, dict) and isinstance(about.get("frame"), str):
                    return [("frame", about["frame"])]
    return []
