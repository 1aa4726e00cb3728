"""Targets from a table file or from a position in words, for the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from astropy.io.votable import is_votable
from astropy.table import Table
from astropy.units import Quantity, UnitBase, UnitConversionError, UnitTypeError, arcsec, deg

from photometry_core.errors import InvalidInputError
from photometry_core.positions import designation, parse_position
from photometry_core.types import SersicProfile, Target

_READERS = {
    ".csv": "ascii.csv",
    ".tsv": "ascii.tab",
    ".tbl": "ascii.ipac",
    ".ecsv": "ascii.ecsv",
    ".vot": "votable",
    ".xml": "votable",
    ".fits": "fits",
    ".fit": "fits",
    ".parquet": "parquet",
}
_NOT_SUPPORTED = ("pm_ra", "pm_dec", "ref_epoch")
_SERSIC_COLUMNS = ("sersic_index", "axis_ratio", "position_angle", "effective_radius")
"""Position angle in degrees and effective radius in arcsec, unless the file has units."""


def read_targets(
    text: str,
    *,
    ra_column: str | None = None,
    dec_column: str | None = None,
    name_column: str | None = None,
) -> list[Target]:
    """Return the targets that a command-line argument stands for.

    Parameters
    ----------
    text
        The path of a table (CSV with comma, semicolon, or tab, IPAC, VOTable, FITS, ECSV
        or Parquet), or a position such as ``"10.68 41.27"``.
    ra_column, dec_column, name_column
        Columns to use; `None` looks for ``ra``, ``dec`` and ``name``, in any case. There
        need not be a column of names. Columns ``sersic_index``, ``axis_ratio``,
        ``position_angle`` (degrees) and ``effective_radius`` (arcsec) make a row a galaxy.

    Returns
    -------
    list of Target
        In the order of the rows.

    Raises
    ------
    InvalidInputError
        It is neither, or a row can't be used; the message names row, column and value.
    """
    path = Path(text)
    if path.is_file():
        return _from_table(_read_table(path), path, ra_column, dec_column, name_column)
    position = parse_position(text)
    if position is None:
        raise InvalidInputError(
            f"targets: {text!r} is neither a file nor a position; "
            'give the path of a table or a position such as "10.68 41.27"'
        )
    return [
        Target(
            name=designation(position.ra_deg, position.dec_deg),
            ra_deg=position.ra_deg,
            dec_deg=position.dec_deg,
        )
    ]


def _read_table(path: Path) -> Table:
    """Read a table by its extension; text tables by the separator of their first line."""
    reader = _READERS.get(path.suffix.lower())
    if path.stat().st_size == 0:
        raise InvalidInputError(f"targets: {path.name} is empty")
    if reader is None:
        allowed = ", ".join(_READERS)
        raise InvalidInputError(
            f"targets: {path.name} has the extension {path.suffix!r}; allowed: {allowed}"
        )
    try:
        if reader == "votable" and not is_votable(str(path)):
            raise InvalidInputError(f"targets: {path.name} is not a VOTable")
        if reader == "parquet":
            columns = pq.read_table(path).to_pydict()
            return Table({name: _masked(values) for name, values in columns.items()})
        if reader == "ascii.csv":
            with path.open(encoding="utf-8-sig") as stream:
                lines = stream.read().splitlines()
            header = next((line for line in lines if line.strip()), "")
            separator = max(",;\t|", key=header.count)
            return Table.read(lines, format=reader, delimiter=separator)
        return Table.read(path, format=reader)
    except InvalidInputError:
        raise
    except Exception as error:
        # The readers of seven formats raise whatever they like for a damaged file.
        raise InvalidInputError(
            f"targets: {path.name} can't be read as {reader}: {str(error).splitlines()[0]}"
        ) from error


def _masked(values: list[Any]) -> Any:
    """Return a column with its nulls masked."""
    missing = [value is None for value in values]
    kind = next((type(value) for value in values if value is not None), float)
    filled = [kind() if value is None else value for value in values]
    return np.ma.array(filled, mask=missing) if any(missing) else filled


def _from_table(
    table: Table,
    path: Path,
    ra_column: str | None,
    dec_column: str | None,
    name_column: str | None,
) -> list[Target]:
    ra_name = _column(table, ra_column, "ra", path)
    dec_name = _column(table, dec_column, "dec", path)
    has_names = name_column is not None or _matching(table, "name")
    name = _column(table, name_column, "name", path) if has_names else None
    for column in table.colnames:
        if column.lower() in _NOT_SUPPORTED and not np.all(np.ma.getmaskarray(table[column])):
            raise InvalidInputError(
                f"targets: {path.name} has the column {column!r}: proper motions are not "
                "measured by this version; remove the column to measure at fixed positions"
            )
    if not len(table):
        raise InvalidInputError(f"targets: {path.name} has no rows")
    shapes = {column: _matching(table, column) for column in _SERSIC_COLUMNS}
    targets = []
    for row in range(len(table)):
        where = f"targets: {path.name}: row {row + 1}"
        ra = _degrees(table[ra_name], row, f"{where}, column {ra_name!r}")
        dec = _degrees(table[dec_name], row, f"{where}, column {dec_name!r}")
        label = "" if name is None else _text(table[name][row])
        try:
            targets.append(
                Target(
                    name=label or designation(ra % 360, dec),
                    ra_deg=ra,
                    dec_deg=dec,
                    profile=_profile(table, shapes, row),
                )
            )
        except (InvalidInputError, ValueError) as error:
            raise InvalidInputError(f"{where}: {error}") from error
    return targets


def _profile(table: Table, columns: dict[str, list[str]], row: int) -> SersicProfile | None:
    """Return the shape that a row gives: all four values or none."""
    for name, found in columns.items():
        if len(found) > 1:
            raise InvalidInputError(f"{len(found)} columns {name!r}: {', '.join(found)}")
    given = {
        name: found[0]
        for name, found in columns.items()
        if found and _text(table[found[0]][row]) not in ("", "nan")
    }
    if not given:
        return None
    if missing := [name for name in _SERSIC_COLUMNS if name not in given]:
        raise InvalidInputError(
            f"column {next(iter(given.values()))!r}: Sersic profiles need the values "
            f"{', '.join(_SERSIC_COLUMNS)}, all four or none; missing: {', '.join(missing)}"
        )
    values = {
        name: _number(table[given[name]], row, f"column {given[name]!r}", unit)
        for name, unit in zip(_SERSIC_COLUMNS, (None, None, deg, arcsec), strict=True)
    }
    return SersicProfile(
        sersic_index=values["sersic_index"],
        axis_ratio=values["axis_ratio"],
        position_angle_deg=values["position_angle"],
        effective_radius_arcsec=values["effective_radius"],
    )


def _matching(table: Table, wanted: str) -> list[str]:
    return [column for column in table.colnames if column.strip().lower() == wanted]


def _column(table: Table, given: str | None, default: str, path: Path) -> str:
    """Return the name of a column, as asked for or by its usual name."""
    found = (
        _matching(table, default) if given is None else [c for c in table.colnames if c == given]
    )
    if len(found) != 1:
        how = "no column" if not found else f"{len(found)} columns"
        raise InvalidInputError(
            f"targets: {path.name} has {how} {given or default!r}; columns: "
            f"{', '.join(table.colnames)}; use --{default}-column"
        )
    return found[0]


def _degrees(column: Any, row: int, where: str) -> float:
    """One coordinate in degrees; a unit in the file is honoured."""
    if np.ma.is_masked(column[row]):
        raise InvalidInputError(f"{where}: the value is missing")
    return _number(column, row, where, deg)


def _number(column: Any, row: int, where: str, wanted: UnitBase | None) -> float:
    """One value in the unit that is wanted; a unit in the file is honoured."""
    value, unit = column[row], getattr(column, "unit", None)
    kind = {deg: "a number of degrees", arcsec: "a number of arcsec"}.get(wanted, "a number")
    try:
        number = float(getattr(value, "value", value))
        if unit is not None:
            number = float(Quantity(number, unit).to_value(wanted or ""))
    except UnitConversionError as error:
        expected = "an angle" if wanted else "that of a plain number"
        raise InvalidInputError(f"{where}: the unit {unit} is not {expected}") from error
    except UnitTypeError as error:
        raise InvalidInputError(f"{where}: the unit {unit} is not an angle") from error
    except (ValueError, TypeError) as error:
        raise InvalidInputError(f"{where}: {_text(value)!r} is not {kind}") from error
    return number


def _text(value: object) -> str:
    if np.ma.is_masked(value):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()
