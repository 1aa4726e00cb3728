"""IPAC tables, as texts (https://irsa.ipac.caltech.edu/applications/DDGEN/Doc/ipac_tbl.html)."""

from __future__ import annotations

import itertools
import re

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import facts_of
from photometry_core.foreign_tables.limits import SPECTRA, Bounds, check_size
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable


def read_ipac_texts(name: str, text: str, bounds: Bounds = SPECTRA) -> TextTable:
    """Read an IPAC table; only the line of names is needed of its header.

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
        The bars of its header are missing, or a character stands under one of them.
    """
    lines = text.split("\n")
    headers = [line for line in lines if line.startswith("|")][:4]
    if not headers:
        raise ForeignFileError(f"{name} has no line of column names between bars")
    check_size(name, 0, headers[0].count("|") - 1, bounds)
    bars = [position for position, character in enumerate(headers[0]) if character == "|"]
    spans = [(start + 1, end) for start, end in itertools.pairwise(bars)]
    headings = [[line[start:end].strip() for start, end in spans] for line in headers]
    headings += [[""] * len(spans)] * (4 - len(headings))
    nulls = headings[3]
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line[0] in "|\\":
            continue
        _check_bars(name, number, line, bars)
        cells = [line[start:end].strip() for start, end in spans]
        rows.append(["" if cell == null else cell for cell, null in zip(cells, nulls, strict=True)])
        numbers.append(number)
        check_size(name, len(rows), 0, bounds)
    columns = (
        TextColumn(name=column, kind=kind, unit=unit)
        for column, kind, unit in zip(*headings[:3], strict=True)
    )
    keywords = (re.match(r"\\\s*(\w+)\s*=\s*(.*)", line) for line in lines if line[:1] == "\\")
    return TextTable(
        columns=tuple(columns),
        rows=rows,
        lines=numbers,
        facts=facts_of((found[1], _unquoted(found[2])) for found in keywords if found),
    )


def _check_bars(name: str, number: int, line: str, bars: list[int]) -> None:
    """Refuse a row with a character under a bar: a minus sign there would get lost."""
    under = next((at for at in bars if line[at : at + 1].strip()), None)
    if under is not None:
        raise ForeignFileError(
            f"{name}, line {number}: {line[under]!r} stands under a bar of the header "
            f"(character {under + 1}), so that its column is not certain; move the bar or the value"
        )
    beyond = line[bars[-1] + 1 :].strip()
    if beyond:
        raise ForeignFileError(
            f"{name}, line {number}: {beyond[:40]!r} stands to the right of the last bar of the "
            "header, so that it has no column"
        )


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text
