"""Catalogues of SExtractor in ASCII, whose comments number and name the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from photometry_core.foreign_tables.text_tables import TextColumn, TextTable

_LINE = re.compile(r"#\s*(\d{1,4})\s+([A-Z][A-Z0-9_]*)\b\s*(.*)")
_UNIT = re.compile(r"\[([^\]]*)\]\s*$")


def columns_of(lines: Sequence[str]) -> list[tuple[int, TextColumn]]:
    """Return the columns that the first lines declare, with their numbers from 1.

    Empty if the lines are none of SExtractor.
    """
    columns: list[tuple[int, TextColumn]] = []
    for line in lines:
        found = _LINE.match(line)
        if not found:
            if line.startswith("#") or not line.strip():
                continue
            break
        number, name, about = int(found[1]), found[2], found[3]
        if number <= (columns[-1][0] if columns else 0):
            return []
        unit = _UNIT.search(about)
        columns.append(
            (
                number,
                TextColumn(
                    name=name,
                    unit=unit[1] if unit else "",
                    description=_UNIT.sub("", about).strip(),
                ),
            )
        )
    return columns if columns and columns[0][0] == 1 else []


def read_sextractor(lines: Sequence[str], declared: list[tuple[int, TextColumn]]) -> TextTable:
    """Read the rows under the declarations.

    Parameters
    ----------
    lines
        All lines of the file.
    declared
        What `columns_of` found. Between two numbers that do not follow each other is an array:
        its columns are called ``MAG_APER``, ``MAG_APER_1`` and so on.
    """
    numbered = [
        (number, line.split())
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
    last = declared[-1][0]
    # The last may be an array as well, which only the rows tell.
    n_columns = max(last, len(numbered[0][1]) if numbered else last)
    columns: list[TextColumn] = []
    ends = [number for number, _ in declared[1:]] + [n_columns + 1]
    for (number, column), end in zip(declared, ends, strict=True):
        columns.append(column)
        columns += (
            TextColumn(name=f"{column.name}_{item}", unit=column.unit)
            for item in range(1, end - number)
        )
    return TextTable(
        columns=tuple(columns),
        rows=[cells for _, cells in numbered],
        lines=[number for number, _ in numbered],
    )
