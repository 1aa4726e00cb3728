"""Tables whose columns the file describes, such as VOTable and IPAC, as tables of a list."""

from __future__ import annotations

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.foreign_tables.limits import check_size
from photometry_core.foreign_tables.origins import is_spectrum
from photometry_core.foreign_tables.text_tables import TextTable
from photometry_core.target_lists.contents import ListTable
from photometry_core.target_lists.headings import described_columns
from photometry_core.target_lists.limits import BOUNDS, MAX_CELL_LENGTH

_FRAMES = ("frame", "radesys", "radecsys", "coosys", "coord_sys", "coordsys", "skysys")
_EPOCHS = ("epoch", "obs_epoch", "ref_epoch")


def list_table(
    where: str, table: TextTable, *, header: str = "names", separator: str = ""
) -> tuple[ListTable, list[str]]:
    """Return a table of a list, and notes about its columns.

    Parameters
    ----------
    where
        What messages call the table.
    table
        The table; its rows may have too many or too few cells.
    header, separator
        As in `ListTable`.

    Raises
    ------
    ForeignFileError
        It is a spectrum, or a name or a cell is too long.
    """
    check_size(where, len(table.rows), len(table.columns), BOUNDS)
    refuse_spectrum(where, [column.name for column in table.columns], dict(table.facts))
    columns, notes = described_columns(where, table.columns)
    rows, broken = even_rows(where, table.rows, table.lines, len(columns))
    facts = {name.lower(): text for name, text in table.facts.items()}
    found = ListTable(
        name=where,
        columns=columns,
        rows=rows,
        lines=tuple(table.lines),
        broken=broken,
        header=header,
        separator=separator,
        frame=_first(facts, _FRAMES),
        equinox=_first(facts, ("equinox",)),
        epoch=_first(facts, _EPOCHS),
    )
    return found, notes


def refuse_spectrum(where: str, names: list[str], facts: dict[str, str]) -> None:
    """Refuse a spectrum that this program or the official tool has measured.

    Raises
    ------
    ForeignFileError
        It is one.
    """
    if is_spectrum(names, facts):
        raise ForeignFileError(
            f"{where} is a spectrum, with one row per measurement, and not a list of targets: open "
            "it in the Upload tab"
        )


def even_rows(
    where: str, rows: list[list[str]], lines: list[int], n_columns: int
) -> tuple[tuple[tuple[str, ...], ...], dict[int, str]]:
    """Return rows with as many cells as there are columns, and what was wrong by their numbers.

    Raises
    ------
    ForeignFileError
        A cell is too long.
    """
    even = []
    broken = {}
    for index, (cells, line) in enumerate(zip(rows, lines, strict=True)):
        longest = max(map(len, cells), default=0)
        if longest > MAX_CELL_LENGTH:
            at = next(at for at, cell in enumerate(cells) if len(cell) == longest)
            raise ForeignFileError(
                f"{where}, line {line}, column {at + 1}: a cell of {longest:,} characters "
                f"({clean_text(cells[at], 30)}…); allowed: at most {MAX_CELL_LENGTH:,}"
            )
        n_cells = len(cells)
        while n_cells > n_columns and not cells[n_cells - 1]:
            n_cells -= 1
        if n_cells != n_columns:
            broken[index] = (
                f"Line {line} has {n_cells} cell{'s'[: n_cells != 1]}, and the table has "
                f"{n_columns} column{'s'[: n_columns != 1]}"
            )
        even.append((*cells[:n_columns], *[""] * (n_columns - n_cells)))
    return tuple(even), broken


def _first(facts: dict[str, str], names: tuple[str, ...]) -> str:
    return next((clean_text(facts[name], 60) for name in names if facts.get(name)), "")
