"""Targets from a table file or from a position in words, for the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from photometry_core.errors import InvalidInputError
from photometry_core.positions import designation, parse_position
from photometry_core.target_lists.answers import with_pair
from photometry_core.target_lists.checks import CheckedRow, check
from photometry_core.target_lists.contents import ListFile, ListTable
from photometry_core.target_lists.limits import MAX_FILE_BYTES
from photometry_core.target_lists.mapping import MOTION_ROLES, SHAPE_ROLES, Choice, Mapping
from photometry_core.target_lists.names import clean_name
from photometry_core.target_lists.proposals import best_table, propose, questions
from photometry_core.target_lists.reading import read_list
from photometry_core.target_lists.stated import with_what_is_stated
from photometry_core.target_lists.units import UNITS
from photometry_core.types import Target

_UNITS = {
    "ra": "deg",
    "dec": "deg",
    "position_angle": "deg",
    "effective_radius": "arcsec",
    "pm_ra": "mas/yr",
    "pm_dec": "mas/yr",
    "ref_epoch": "yr",
}
"""Of the documented columns, where the file states none."""
_KINDS = {"axis_ratio": "b/a", "position_angle": "east of north"}
_OPTIONS = {"ra": "--ra-column", "dec": "--dec-column", "name": "--name-column"}


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
        The path of a table (CSV with any separator, IPAC, VOTable, FITS, ECSV, Parquet or MRT), or
        a position such as ``"10.68 41.27"``.
    ra_column, dec_column, name_column
        Columns to use; `None` looks for ``ra``, ``dec`` and ``name`` in any case, and then for
        what catalogues call them. There need not be a column of names. A proper motion is in the
        columns ``pm_ra`` (with cos(dec)), ``pm_dec``, both in mas/yr if they have no unit, and
        ``ref_epoch``. Columns ``sersic_index``, ``axis_ratio``, ``position_angle`` (degrees) and
        ``effective_radius`` (arcsec) make a row a galaxy.

    Returns
    -------
    list of Target
        In the order of the rows.

    Raises
    ------
    InvalidInputError
        The text is neither a file nor a position, or the table can't be used; the message says
        which row, column and value, or what the table leaves open.
    """
    path = Path(text)
    try:
        is_file = path.is_file()
    except OSError:  # the text is too long for a path
        is_file = False
    if is_file:
        return _from_file(path, {"ra": ra_column, "dec": dec_column, "name": name_column})
    position = parse_position(text)
    if position is None:
        raise InvalidInputError(f"targets: {text!r} is neither a file nor a position")
    name = designation(position.ra_deg, position.dec_deg)
    return [Target(name=name, ra_deg=position.ra_deg, dec_deg=position.dec_deg)]


def _from_file(path: Path, wanted: dict[str, str | None]) -> list[Target]:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InvalidInputError(
            f"targets: {path.name} has {size:,} bytes; allowed: at most {MAX_FILE_BYTES:,}"
        )
    try:
        file = read_list(path.read_bytes(), path.name)
        mapping = _mapping(file, wanted)
    except InvalidInputError as error:
        raise InvalidInputError(f"targets: {error}") from error
    if asked := [question for question in questions(file, mapping) if question.blocks]:
        raise InvalidInputError(
            f"targets: {path.name}: {asked[0].text} {_what_to_write(asked[0].key, file, mapping)}"
        )
    return [_target(row, path.name) for row in check(file, mapping).rows]


def _mapping(file: ListFile, wanted: dict[str, str | None]) -> Mapping:
    """Return the mapping of the documented columns; positions may be called otherwise."""
    number = best_table(file)
    table = file.tables[number]
    # A first row of numbers is a target: there are no names in it that could be asked for.
    header = False if table.header == "asked" else None
    mapping = propose(file, number, header=header).mapping
    mapping = replace(mapping, model="point", answered=("table", "model"))
    documented = {
        role: Choice(column=column)
        for role in ("ra", "dec", "name", *SHAPE_ROLES, *MOTION_ROLES)
        if (column := _documented(table, role, wanted.get(role)))
    }
    if "ra" in documented and "dec" in documented:
        pair = documented["ra"].column, documented["dec"].column
        mapping = with_pair(file, mapping, *pair)
    elif wanted["ra"] or wanted["dec"]:
        missing = "dec" if wanted["ra"] else "ra"
        raise InvalidInputError(f"{table.name} has no column {missing!r}; use {_OPTIONS[missing]}")
    if any(role in documented for role in SHAPE_ROLES):
        _require(table.name, documented, SHAPE_ROLES, "a Sersic profile")
        mapping = replace(mapping, model="sersic")
    if any(role in documented for role in MOTION_ROLES[:2]):
        _require(table.name, documented, MOTION_ROLES, "a proper motion")
    positions = {r: c for r, c in mapping.roles.items() if r in ("position", "ra", "dec")}
    mapping = replace(mapping, roles={**documented, **positions})
    return _with_documented_units(table, mapping, documented)


def _documented(table: ListTable, role: str, wanted: str | None) -> str:
    """Return the column that was asked for, or the one with the documented name, if it is there."""
    names = [column.name for column in table.columns]
    if wanted is not None:
        found = [name for name in names if name == wanted]
    else:
        found = [name for name in names if name.strip().lower() == role]
        copies = [
            name for name in names if name.lower().startswith(f"{role}_") and name[-1:] in "23"
        ]
        found += [name for name in copies if found and name.lower()[len(role) + 1 :].isdigit()]
    if len(found) > 1:
        raise InvalidInputError(
            f"{table.name} has {len(found)} columns {role!r}: {', '.join(found)}"
        )
    if wanted is not None and not found:
        raise InvalidInputError(
            f"{table.name} has no column {wanted!r}; columns: {', '.join(names)}; "
            f"use {_OPTIONS[role]}"
        )
    return found[0] if found else ""


def _require(where: str, documented: dict[str, Choice], roles: tuple[str, ...], what: str) -> None:
    if missing := [role for role in roles if role not in documented]:
        raise InvalidInputError(
            f"{where} has no column {missing[0]!r}; {what} takes the columns {', '.join(roles)}"
        )


def _with_documented_units(
    table: ListTable, mapping: Mapping, documented: dict[str, Choice]
) -> Mapping:
    """Give the documented columns their units and conventions, where the file states no other."""
    units = {column.name: column.unit for column in table.columns}
    stated = with_what_is_stated(table, mapping)
    for role in documented:
        choice = stated.choice(role)
        unit = choice.unit or ("" if units[choice.column] else _UNITS.get(role, ""))
        kind = _KINDS.get(role, "")
        stated = stated.with_choice(role, replace(choice, unit=unit, kind=kind))
    return stated


def _what_to_write(key: str, file: ListFile, mapping: Mapping) -> str:
    """Return how a question is answered in the file or on the command line."""
    names = ", ".join(column.name for column in file.tables[mapping.table].columns)
    if key == "position.pair":
        return f"Columns: {names}; use --ra-column and --dec-column"
    role = key.partition(".")[0]
    if key.endswith(".unit"):
        name, units = mapping.choice(role).column, list(UNITS[role])
        return f"Write it behind the name of the column, such as '{name} ({units[0]})'"
    if key == "decimal_comma":
        return "Write numbers with points"
    return "Use the documented columns: ra, dec, in degrees and ICRS; axis_ratio is b/a"


def _target(row: CheckedRow, file_name: str) -> Target:
    """Return the target of a row under the very name that the row has."""
    where = f"targets: {file_name}: row {row.index + 1}"
    for problem in row.problems:
        if problem.is_error:
            column = f", column {problem.column!r}" if problem.column else ""
            raise InvalidInputError(f"{where}{column}: {problem.message}")
    if row.target is None:
        raise InvalidInputError(
            f"{where}: {row.unresolved!r} is a name; write its position in columns ra and dec"
        )
    given, _ = clean_name(row.cells.get("name", ""))
    return replace(row.target, name=given or row.target.name)
