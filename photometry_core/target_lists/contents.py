"""What a file with targets holds: texts, as they are written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumn:
    """One column of a table.

    Parameters
    ----------
    name
        As in the file, cleaned, and different from those of all others; ``column 3`` if it has
        none.
    unit, ucd, utype, description
        As the file has them; empty where it has none.
    """

    name: str
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTable:
    """One table of a file, every cell a text.

    Parameters
    ----------
    name
        What messages call it: the file, and the table if there are several.
    columns
        Its columns.
    rows
        Cells as they are written, without the blanks around them; empty where there is none.
        Integers have all their digits. Every row has as many cells as there are columns.
    lines
        For each row the line of the file that it ends on, or its number in a file without lines;
        both count from 1.
    broken
        What is wrong with rows as a whole, by the number of the row (from 0), such as too many
        cells.
    header
        ``"names"``: the file has names of columns; ``"none"``: it has none, so that ``columns`` are
        called ``column 1`` and so on; ``"asked"``: the first row may be either. Where it is
        ``"asked"``, the first row is in `rows`.
    separator
        Between the cells, if the file is a text: ``,``, ``;``, ``|``, tab, or one blank for any
        number of them. Empty in other formats.
    frame, equinox, epoch
        What the file says of its positions (COOSYS, keywords), as it spells them; empty where it
        says nothing.
    """

    name: str
    columns: tuple[ListColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    broken: dict[int, str] = field(default_factory=dict)
    header: str = "names"
    separator: str = ""
    frame: str = ""
    equinox: str = ""
    epoch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """What a file, a pasted text or an answer of a server holds.

    Parameters
    ----------
    name
        Of the file, cleaned.
    format
        In words, such as ``VOTable`` or ``CSV``.
    tables
        At least one, each with at least one row.
    notes
        What a person must see before trusting it, one sentence each: how it was decoded, that the
        extension says something else, that columns were renamed.
    """

    name: str
    format: str
    tables: tuple[ListTable, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "name": self.name,
            "format": self.format,
            "notes": list(self.notes),
            "tables": [_table_to_json(table) for table in self.tables],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ListFile:
        """Inverse of `to_json`."""
        return cls(
            name=values["name"],
            format=values["format"],
            notes=tuple(values["notes"]),
            tables=tuple(_table_from_json(table) for table in values["tables"]),
        )


def _table_to_json(table: ListTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "columns": [
            [column.name, column.unit, column.ucd, column.utype, column.description]
            for column in table.columns
        ],
        "rows": [list(row) for row in table.rows],
        "lines": list(table.lines),
        "broken": {str(row): text for row, text in table.broken.items()},
        "header": table.header,
        "separator": table.separator,
        "frame": table.frame,
        "equinox": table.equinox,
        "epoch": table.epoch,
    }


def _table_from_json(values: dict[str, Any]) -> ListTable:
    return ListTable(
        name=values["name"],
        columns=tuple(
            ListColumn(name=name, unit=unit, ucd=ucd, utype=utype, description=description)
            for name, unit, ucd, utype, description in values["columns"]
        ),
        rows=tuple(map(tuple, values["rows"])),
        lines=tuple(values["lines"]),
        broken={int(row): text for row, text in values["broken"].items()},
        header=values["header"],
        separator=values["separator"],
        frame=values["frame"],
        equinox=values["equinox"],
        epoch=values["epoch"],
    )


def with_header(table: ListTable) -> ListTable:
    """Return a table whose first row gives the names of its columns."""
    from photometry_core.target_lists.headings import named_columns

    columns, _ = named_columns(table.name, table.rows[0])
    return replace(
        table,
        columns=columns,
        rows=table.rows[1:],
        lines=table.lines[1:],
        broken={row - 1: text for row, text in table.broken.items() if row > 0},
        header="names",
    )
