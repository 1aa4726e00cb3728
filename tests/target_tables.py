"""Small tables of targets, as the reader of lists hands them over."""

from photometry_core.target_lists.contents import ListColumn, ListFile, ListTable


def list_table(names, rows, *, units=None, ucds=None, utypes=None, **facts):
    """A table with one name, unit, UCD and utype for each column; rows are texts with commas."""
    names = names.split(",") if isinstance(names, str) else names
    units, ucds, utypes = units or {}, ucds or {}, utypes or {}
    cells = [tuple(row.split(",")) if isinstance(row, str) else tuple(row) for row in rows]
    columns = tuple(
        ListColumn(
            name=name,
            unit=units.get(name, ""),
            ucd=ucds.get(name, ""),
            utype=utypes.get(name, ""),
        )
        for name in names
    )
    return ListTable(
        name="a.csv",
        columns=columns,
        rows=tuple(cells),
        lines=tuple(range(2, len(cells) + 2)),
        separator=",",
        **facts,
    )


def list_file(names, rows, **facts):
    """A file with one such table."""
    return ListFile(name="a.csv", format="CSV", tables=(list_table(names, rows, **facts),))
