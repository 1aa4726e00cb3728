"""Tables of texts: what a file in a text format says before anybody makes numbers of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn:
    """What a file says about one column.

    Parameters
    ----------
    name, unit, ucd, utype, description
        As the file has them; empty where it has none. Names may be empty and equal.
    kind
        Type of the values as the format calls it, empty where it has none.
    """

    name: str
    kind: str = ""
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """One table with a text in every cell.

    Parameters
    ----------
    columns
        Its columns.
    rows
        Cells as they are written, as many as columns in every row; empty where there is none.
    lines
        For each row the line of the file that it ends on, from 1.
    facts
        Texts about the table by name.
    name
        Of the table, if the file says one.
    """

    columns: tuple[TextColumn, ...]
    rows: list[list[str]]
    lines: list[int]
    facts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
