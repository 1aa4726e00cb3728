"""VOTables, one spectrum per table or one per row with arrays in the cells."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.io.votable import parse
from astropy.io.votable.tree import Resource, TableElement

from photometry_core.foreign_tables.arrays import arrow_column
from photometry_core.foreign_tables.contents import (
    FileColumn,
    FileContent,
    FileTable,
    facts_of,
    unique_names,
)
from photometry_core.foreign_tables.limits import check_size
from photometry_core.foreign_tables.votable_scan import scan


def read_votable(name: str, contents: bytes) -> FileContent:
    """Read a VOTable in any serialisation that keeps its data in the file.

    Parameters
    ----------
    name
        What messages call the file.
    contents
        Its bytes.

    Raises
    ------
    ForeignFileError
        It is not one that can be opened, or is not safe.
    """
    outline = scan(name, contents)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = parse(io.BytesIO(outline.contents), verify="ignore")
    general = [(info.name or "", info.value) for info in document.infos]
    found = [pair for resource in document.resources for pair in _tables(resource, general)]
    # The scan counts fields in the order of the file, as tables are numbered.
    n_fields = 0
    tables = []
    for number, (table, facts) in enumerate(found, start=1):
        where = name if len(found) == 1 else f"{name}, table {number}"
        lengths = [outline.item_lengths.get(n_fields + at, 0) for at in range(len(table.fields))]
        n_fields += len(table.fields)
        tables.append(_file_table(where, table, facts, lengths))
    return FileContent(name=name, tables=tuple(tables))


def _tables(
    resource: Resource, inherited: list[tuple[str, object]]
) -> Iterator[tuple[TableElement, list[tuple[str, object]]]]:
    about = [
        *((info.name or "", info.value) for info in resource.infos),
        *((param.name or "", _plain(param.value)) for param in resource.params),
    ]
    for table in resource.tables:
        own = [
            *((param.name or "", _plain(param.value)) for param in table.params),
            *((info.name or "", info.value) for info in table.infos),
        ]
        if table.description:
            own.append(("description", table.description))
        yield table, own + about + inherited
    for inner in resource.resources:
        yield from _tables(inner, about + inherited)


def _plain(value: Any) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _file_table(
    where: str, table: TableElement, facts: list[tuple[str, object]], lengths: list[int]
) -> FileTable:
    rows: Any = table.array
    check_size(where, len(rows), len(table.fields))
    names = unique_names(field.name or field.ID or "" for field in table.fields)
    columns = []
    for name, field, length in zip(names, table.fields, lengths, strict=True):
        values = rows[field.ID] if rows.dtype.names else pa.array([], pa.null())
        columns.append(
            FileColumn(
                name=name,
                values=arrow_column(f"{where}, column {name!r}", values),
                unit=str(field.unit) if field.unit is not None else "",
                ucd=field.ucd or "",
                description=" ".join((field.description or "").split()),
                item_length=length,
            )
        )
    return FileTable(where=where, columns=tuple(columns), facts=facts_of(facts))
