"""Which two columns are the position, and whether another two could be it as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photometry_core.target_lists.angles import angle_deg
from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.frames import frame_of, is_equatorial, to_icrs
from photometry_core.target_lists.mapping import Choice, Mapping
from photometry_core.target_lists.scoring import CoordinateColumn
from photometry_core.target_lists.stated import with_what_is_stated
from photometry_core.target_lists.values import UnreadableCellError

_MOST = 8
"""Columns looked at for each coordinate."""
_LEAST_SCORE = 0.3
_NOT_CORRESPONDING = 0.6
_TIE = 0.08
_SAME_POSITION_DEG = 0.5 / 3600
_COMPARED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPair:
    """Two columns that may be the position.

    Parameters
    ----------
    ra, dec
        The columns.
    score
        0 to 1.
    frame
        Frame of the position; empty if it has to be asked.
    """

    ra: CoordinateColumn
    dec: CoordinateColumn
    score: float
    frame: str

    @property
    def label(self) -> str:
        """What people call the pair."""
        first, second = (
            Choice(column=self.ra.candidate.column),
            Choice(column=self.dec.candidate.column),
        )
        return f"{first.label} and {second.label}"

    def mapping(self) -> Mapping:
        """Return a mapping of nothing but the pair."""
        return Mapping(
            frame=self.frame,
            roles={
                "ra": Choice(column=self.ra.candidate.column),
                "dec": Choice(column=self.dec.candidate.column),
            },
        )


def find_pairs(
    values: TableValues, ra: Sequence[CoordinateColumn], dec: Sequence[CoordinateColumn]
) -> list[ColumnPair]:
    """Return the pairs that may be the position, the best first.

    Parameters
    ----------
    values
        The table.
    ra, dec
        Columns that may be the coordinates, the best first.
    """
    pairs = [
        _pair(values, first, second)
        for first in ra[:_MOST]
        for second in dec[:_MOST]
        if first.is_named and second.is_named
        and first.candidate.column != second.candidate.column
        and min(first.candidate.score, second.candidate.score) >= _LEAST_SCORE
    ]  # fmt: skip
    pairs = [pair for pair in pairs if pair.score >= _LEAST_SCORE]
    return sorted(pairs, key=lambda pair: (not _is_main(pair), -pair.score))


def pair_by_values(
    values: TableValues, ra: Sequence[CoordinateColumn], dec: Sequence[CoordinateColumn]
) -> list[ColumnPair]:
    """Return pairs that nothing but their values speaks for: neighbours, RA first."""
    names = values.names
    second_by_name = {column.candidate.column: column for column in dec}
    found = []
    for first in ra:
        name = first.candidate.column
        place = names.index(name) if name in names else len(names)
        if place + 1 < len(names) and names[place + 1] in second_by_name:
            found.append(_pair(values, first, second_by_name[names[place + 1]]))
    return sorted(found, key=lambda pair: names.index(pair.ra.candidate.column))


def ties_with(values: TableValues, pairs: Sequence[ColumnPair]) -> list[ColumnPair]:
    """Return the pairs that are as good as the best one, and give other positions."""
    best = pairs[0]
    as_good = [
        pair
        for pair in pairs[1:]
        if pair.score > best.score - _TIE and _is_main(pair) == _is_main(best)
    ]
    return [pair for pair in as_good if not _same_positions(values, best, pair)]


def _is_main(pair: ColumnPair) -> bool:
    return pair.ra.is_main and pair.dec.is_main


def _pair(values: TableValues, ra: CoordinateColumn, dec: CoordinateColumn) -> ColumnPair:
    corresponding = bool(ra.stems & dec.stems) or not (ra.is_named and dec.is_named)
    score = float(np.sqrt(ra.candidate.score * dec.candidate.score))
    return ColumnPair(
        ra=ra,
        dec=dec,
        score=score if corresponding else score * _NOT_CORRESPONDING,
        frame=_frame(values, ra, dec),
    )


def _frame(values: TableValues, ra: CoordinateColumn, dec: CoordinateColumn) -> str:
    """Return the frame that names and file agree on; empty if it has to be asked."""
    table = values.table
    says_something = bool(table.frame or table.equinox)
    stated = frame_of(table.frame, table.equinox)
    if ra.frame != dec.frame and ra.frame and dec.frame:
        return ""
    named = ra.frame or dec.frame
    if ra.needs_frame or dec.needs_frame:
        return stated
    if not named:
        # Right ascensions and declinations without another word are those of ICRS and J2000.
        return stated if is_equatorial(stated) and stated else "" if says_something else "ICRS"
    if named in ("Galactic", "Ecliptic") or not stated or not is_equatorial(stated):
        return named
    of_1950 = {frame for frame in (named, stated) if frame == "B1950" or frame.startswith("FK4")}
    return named if len(of_1950) != 1 else ""


def _same_positions(values: TableValues, first: ColumnPair, second: ColumnPair) -> bool:
    """Whether two pairs give the same positions, in whatever frame and unit."""
    one, other = _sample_positions(values, first), _sample_positions(values, second)
    if one is None or other is None:
        return False
    both = np.isfinite(one[0]) & np.isfinite(other[0])
    if both.sum() * 2 < max(np.isfinite(one[0]).sum(), np.isfinite(other[0]).sum(), 1):
        return False
    turn = (one[0] - other[0] + 180.0) % 360.0 - 180.0
    apart = np.hypot(turn * np.cos(np.radians(one[1])), one[1] - other[1])
    return bool(np.all(apart[both] < _SAME_POSITION_DEG))


def _sample_positions(
    values: TableValues, pair: ColumnPair
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return ICRS positions of the first rows; `None` if unit or frame are not certain."""
    mapping = with_what_is_stated(values.table, pair.mapping())
    choices = [mapping.choice(role) for role in ("ra", "dec")]
    if not mapping.frame or not all(choice.unit for choice in choices):
        return None
    if any(len(choice.columns) > 1 for choice in choices):
        return None
    found = []
    for role, choice in zip(("ra", "dec"), choices, strict=True):
        cells = values[choice.column].cells[:_COMPARED]
        found.append(np.array([_angle(role, cell, choice.unit, mapping.frame) for cell in cells]))
    usable = np.isfinite(found[0]) & np.isfinite(found[1]) & (np.abs(found[1]) <= 90)
    ra, dec = to_icrs(
        mapping.frame, np.where(usable, found[0], 0.0), np.where(usable, found[1], 0.0)
    )
    return np.where(usable, ra, np.nan), dec


def _angle(role: str, cell: str, unit: str, frame: str) -> float:
    try:
        return angle_deg(role, cell, unit, frame, decimal_comma="," in cell)
    except UnreadableCellError:
        return float("nan")
