"""Which column of a table has which role, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.mapping import (
    ROLES,
    SHAPE_ROLES,
    Choice,
    Mapping,
    mapped_table,
)
from photometry_core.target_lists.pairs import ColumnPair, find_pairs, pair_by_values, ties_with
from photometry_core.target_lists.scoring import (
    Candidate,
    CoordinateColumn,
    coordinate_columns,
    position_candidates,
    role_candidates,
)
from photometry_core.target_lists.shape_columns import shape_columns
from photometry_core.target_lists.stated import with_what_is_stated
from photometry_core.target_lists.values import is_absent

_LEAST_SCORE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a table seems to be.

    Parameters
    ----------
    mapping
        The mapping, as far as it is clear.
    candidates
        For every role the columns that may have it, the best first.
    """

    mapping: Mapping
    candidates: dict[str, tuple[Candidate, ...]]


def propose(file: ListFile, table: int = 0, *, header: bool | None = None) -> Proposal:
    """Return what the columns of one table of a file seem to be.

    Parameters
    ----------
    file
        The file.
    table
        Number of the table.
    header
        What a person said of the first row, if the file does not make it certain.
    """
    if header is None and file.tables[table].header == "none":
        header = False
    mapping = Mapping(table=table, header=header)
    mapped, _ = mapped_table(file, mapping)
    values = TableValues(mapped)
    coordinates = {role: coordinate_columns(values, role) for role in ("ra", "dec")}
    candidates = {
        role: tuple(column.candidate for column in columns) for role, columns in coordinates.items()
    }
    candidates["position"] = tuple(position_candidates(values))
    for role in ROLES[3:]:
        candidates[role] = tuple(role_candidates(values, role))
    mapping = _with_position(mapping, values, candidates["position"], *coordinates.values())
    mapping = _with_name(mapping, candidates["name"])
    mapping = _with_shape(mapping, candidates)
    mapping = _with_motion(mapping, candidates, mapped.epoch)
    if _has_decimal_commas(mapping, values):
        mapping = replace(mapping, decimal_comma=None)
    return Proposal(mapping=with_what_is_stated(mapped, mapping), candidates=candidates)


def best_table(file: ListFile) -> int:
    """Return the number of the table that most likely has the targets: positions, then rows."""

    def rank(number: int) -> tuple[bool, int]:
        roles = propose(file, number).mapping.roles
        return bool(roles.keys() & {"ra", "position"}), len(file.tables[number].rows)

    return max(range(len(file.tables)), key=rank)


def _with_position(
    mapping: Mapping,
    values: TableValues,
    whole: tuple[Candidate, ...],
    ra: list[CoordinateColumn],
    dec: list[CoordinateColumn],
) -> Mapping:
    """Take the pair of columns that is the position, or the column of whole positions or names."""
    pairs = find_pairs(values, ra, dec)
    if not pairs and (guessed := pair_by_values(values, ra, dec)) and _is_bare(values, guessed):
        pairs = guessed[:1]
    if not pairs:
        # Two columns of numbers without names may be the position: that is asked.
        guessed = pair_by_values(values, ra, dec)
        certain = bool(whole) and (not guessed or whole[0].score >= 0.7)
        return (
            mapping.with_choice("position", Choice(column=whole[0].column)) if certain else mapping
        )
    if ties_with(values, pairs):
        return mapping
    best = pairs[0]
    mapping = replace(mapping, frame=best.frame)
    mapping = mapping.with_choice("ra", Choice(column=best.ra.candidate.column))
    mapping = mapping.with_choice("dec", Choice(column=best.dec.candidate.column))
    if whole and _has_rows_without(values, best):
        mapping = mapping.with_choice("position", Choice(column=whole[0].column))
    return mapping


def _is_bare(values: TableValues, guessed: list[ColumnPair]) -> bool:
    """Whether a table without names of columns has no other two columns for the position."""
    return values.table.header != "names" and len(guessed) == 1


def _has_rows_without(values: TableValues, pair: ColumnPair) -> bool:
    """Whether some rows have no coordinates, so that their name or position must do."""
    columns = [
        values[name].cells
        for column in (pair.ra, pair.dec)
        for name in Choice(column=column.candidate.column).columns
    ]
    return any(all(map(is_absent, cells)) for cells in zip(*columns, strict=True))


def _with_name(mapping: Mapping, names: tuple[Candidate, ...]) -> Mapping:
    taken = {choice.column for choice in mapping.roles.values()}
    best = next((candidate for candidate in names if candidate.column not in taken), None)
    return mapping.with_choice("name", Choice(column=best.column)) if best else mapping


def _with_shape(mapping: Mapping, candidates: dict[str, tuple[Candidate, ...]]) -> Mapping:
    """Take the four columns of a Sersic profile if all are there; if some are, that is asked."""
    chosen = shape_columns(candidates)
    different = {candidate.column for candidate in chosen.values()}
    components = "e1, e2" if chosen and len(different) == len(SHAPE_ROLES) - 1 else ""
    if len(chosen) < len(SHAPE_ROLES) or (len(different) < len(SHAPE_ROLES) and not components):
        return mapping
    for role, candidate in chosen.items():
        mapping = mapping.with_choice(role, Choice(column=candidate.column))
    return replace(mapping, model="sersic")


def _with_motion(
    mapping: Mapping, candidates: dict[str, tuple[Candidate, ...]], epoch: str
) -> Mapping:
    """Take the proper motion, if both components are there, and what the file says of its epoch."""
    motion = [candidates[role] for role in ("pm_ra", "pm_dec")]
    if any(not found or found[0].score < _LEAST_SCORE for found in motion):
        return mapping
    for role, found in zip(("pm_ra", "pm_dec"), motion, strict=True):
        mapping = mapping.with_choice(role, Choice(column=found[0].column))
    epochs = candidates["ref_epoch"]
    if epochs and epochs[0].score >= _LEAST_SCORE:
        return mapping.with_choice("ref_epoch", Choice(column=epochs[0].column))
    if epoch:
        return mapping.with_choice("ref_epoch", Choice(constant=epoch, unit="yr"))
    return mapping


def _has_decimal_commas(mapping: Mapping, values: TableValues) -> bool:
    """Whether columns of numbers have cells that are numbers if their comma is a point."""
    return any(
        values[name].n_decimal_commas
        for role, choice in mapping.roles.items()
        if role not in ("position", "name")
        for name in choice.columns
    )
