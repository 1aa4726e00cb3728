"""Targets from a table file or from a position in words, for the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from astropy.io.votable import is_votable
from astropy.table import Table
from astropy.units import (
    Quantity,
    UnitBase,
    UnitConversionError,
    UnitTypeError,
    arcsec,
    deg,
    dimensionless_unscaled,
    mas,
    year,
)

from photometry_core.errors import InvalidInputError
from photometry_core.positions import designation, parse_position
from photometry_core.types import ProperMotion, SersicProfile, Target

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
_MOTION_UNITS = {"pm_ra": mas / year, "pm_dec": mas / year, "ref_epoch": year}
_SHAPE_UNITS = {
    "sersic_index": dimensionless_unscaled,
    "axis_ratio": dimensionless_unscaled,
    "position_angle": deg,
    "effective_radius": arcsec,
}


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
        need not be a column of names. A proper motion is in the columns ``pm_ra`` (with
        cos(dec)), ``pm_dec``, both in mas/yr if they have no unit, and ``ref_epoch``.
        Columns ``sersic_index``, ``axis_ratio``, ``position_angle`` (degrees) and
        ``effective_radius`` (arcsec) make a row a galaxy.

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
    motion_columns = _motion_columns(table, path)
    if not len(table):
        raise InvalidInputError(f"targets: {path.name} has no rows")
    shapes = {column: _matching(table, column) for column in _SHAPE_UNITS}
    targets = []
    for row in range(len(table)):
        where = f"targets: {path.name}: row {row + 1}"
        ra = _number(table[ra_name], row, f"{where}, column {ra_name!r}", deg)
        dec = _number(table[dec_name], row, f"{where}, column {dec_name!r}", deg)
        label = "" if name is None else _text(table[name][row])
        try:
            targets.append(
                Target(
                    name=label or designation(ra % 360, dec),
                    ra_deg=ra,
                    dec_deg=dec,
                    motion=_motion(table, motion_columns, row),
                    profile=_profile(table, shapes, row),
                )
            )
        except (InvalidInputError, ValueError) as error:
            raise InvalidInputError(f"{where}: {error}") from error
    return targets


def _motion_columns(table: Table, path: Path) -> dict[str, str]:
    """Return the columns of the proper motion by what they hold: all three, or none."""
    found = {wanted: _matching(table, wanted) for wanted in _MOTION_UNITS}
    missing = [wanted for wanted, columns in found.items() if not columns]
    if len(missing) == len(found):
        return {}
    if missing:
        raise InvalidInputError(
            f"targets: {path.name} has no column {missing[0]!r}; a proper motion takes the "
            "columns pm_ra (with the factor cos(dec)), pm_dec and ref_epoch"
        )
    return {wanted: _column(table, None, wanted, path) for wanted in found}


def _motion(table: Table, columns: dict[str, str], row: int) -> ProperMotion | None:
    """Return the proper motion of a row; `None` if all its cells are empty."""
    empty = [np.ma.is_masked(table[column][row]) for column in columns.values()]
    if all(empty):
        return None
    values = {
        wanted: _number(table[column], row, f"column {column!r}", _MOTION_UNITS[wanted])
        for wanted, column in columns.items()
    }
    return ProperMotion(
        pm_ra_mas_yr=values["pm_ra"],
        pm_dec_mas_yr=values["pm_dec"],
        ref_epoch_yr=values["ref_epoch"],
    )


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
    if missing := [name for name in _SHAPE_UNITS if name not in given]:
        raise InvalidInputError(
            f"column {next(iter(given.values()))!r}: Sersic profiles need the values "
            f"{', '.join(_SHAPE_UNITS)}, all four or none; missing: {', '.join(missing)}"
        )
    values = {
        name: _number(table[given[name]], row, f"column {given[name]!r}", unit)
        for name, unit in _SHAPE_UNITS.items()
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


def _number(column: Any, row: int, where: str, unit: UnitBase) -> float:
    """One number in the unit wanted; a unit in the file is honoured."""
    value = column[row]
    if np.ma.is_masked(value):
        raise InvalidInputError(f"{where}: the value is missing")
    given = getattr(column, "unit", None)
    try:
        number = float(getattr(value, "value", value))
        return number if given is None else float(Quantity(number, given).to_value(unit))
    except (UnitConversionError, UnitTypeError) as error:
        raise InvalidInputError(f"{where}: the unit {given} can't be taken for {unit}") from error
    except (ValueError, TypeError) as error:
        raise InvalidInputError(f"{where}: {_text(value)!r} is not a number of {unit}") from error


def _text(value: object) -> str:
    if np.ma.is_masked(value):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()
