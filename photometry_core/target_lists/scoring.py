"""How well each column of a table fits each role, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from photometry_core.errors import InvalidInputError
from photometry_core.positions import parse_position
from photometry_core.target_lists.aliases import (
    DEC_NAMES,
    NAMES,
    PAIRS,
    RA_NAMES,
    bare_name,
    coordinate_word,
    spellings,
)
from photometry_core.target_lists.columns import ColumnValues, TableValues
from photometry_core.target_lists.contents import ListColumn
from photometry_core.target_lists.mapping import COLUMN_JOINT
from photometry_core.target_lists.units import unit_key, unit_of_header

_UCDS = {
    "ra": {"pos.eq.ra": "", "pos.galactic.lon": "Galactic", "pos.ecliptic.lon": "Ecliptic"},
    "dec": {"pos.eq.dec": "", "pos.galactic.lat": "Galactic", "pos.ecliptic.lat": "Ecliptic"},
}
_OLD_UCDS = {
    "pos.gal.lon": "pos.galactic.lon", "pos.gal.lat": "pos.galactic.lat",
    "pos.ec.lon": "pos.ecliptic.lon", "pos.ec.lat": "pos.ecliptic.lat",
}  # fmt: skip
_UTYPE = re.compile(r"(?:position2d\.value2\.c|obscore:s_(?:ra|dec)|\.s_(?:ra|dec)).*")
_ROLE_UCDS = {
    "name": ("meta.id", "id.main"),
    "pm_ra": ("pos.pm;pos.eq.ra", "pos.eq.pmra"),
    "pm_dec": ("pos.pm;pos.eq.dec", "pos.eq.pmdec"),
    "ref_epoch": ("time.epoch", "time.epoch;pos"),
    "position_angle": ("pos.posang",),
    "effective_radius": ("phys.angsize.smajaxis",),
}
_PARTS = (
    ("ra", (("rah",), ("ram",), ("ras",)), 0),
    ("dec", (("de-", "dec-", "de_", "sign"), ("ded", "decd"), ("dem", "decm"), ("des", "decs")), 0),
)
_RANGES: dict[str, tuple[float, float]] = {
    "sersic_index": (0.05, 20.0),
    "axis_ratio": (0.0, 100.0),
    "position_angle": (-360.0, 720.0),
    "effective_radius": (0.0, 10_000.0),
    "pm_ra": (-20_000.0, 20_000.0),
    "pm_dec": (-20_000.0, 20_000.0),
    "ref_epoch": (1800.0, 2.6e6),
}
_UNSURE = 0.4
"""Score of what nothing but its values speaks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One column that may have a role.

    Parameters
    ----------
    column
        Its name, or the names of several as `photometry_core.target_lists.mapping.Choice` has
        them.
    score
        0 to 1.
    reasons
        What speaks for it, a few words each, such as ``UCD pos.eq.ra;meta.main``.
    """

    column: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinateColumn:
    """One column, or several joined, that may be one of the two coordinates.

    Parameters
    ----------
    candidate
        Column, score and reasons.
    stems
        What the header of its partner has in common with it.
    frame
        Frame that its name or UCD states; empty if they state none.
    needs_frame
        Whether its name is used in many frames.
    is_main
        Whether its UCD says that it is the main position.
    is_named
        Whether name, UCD or utype speak for it, and not its values alone.
    """

    candidate: Candidate
    stems: frozenset[str]
    frame: str = ""
    needs_frame: bool = False
    is_main: bool = False
    is_named: bool = True


class _Evidence:
    """What speaks for and against a column."""

    def __init__(self) -> None:
        self.doubt = 1.0
        self.reasons: list[str] = []

    def speaks(self, weight: float, reason: str) -> None:
        self.doubt *= 1.0 - weight
        self.reasons.append(reason)

    def candidate(self, column: str) -> Candidate:
        return Candidate(
            column=column, score=round(1.0 - self.doubt, 3), reasons=tuple(self.reasons)
        )

    def weaken(self, factor: float, reason: str) -> None:
        self.doubt = 1.0 - (1.0 - self.doubt) * factor
        self.reasons.append(reason)


def coordinate_columns(values: TableValues, role: str) -> list[CoordinateColumn]:
    """Return the columns that may be the first (``ra``) or second coordinate, the best first."""
    found = [
        column
        for name in values.names
        if (column := _coordinate(values, values[name], role)) is not None
    ]
    found += _joined(values, role)
    return sorted(found, key=lambda column: -column.candidate.score)


def _coordinate(values: TableValues, cells: ColumnValues, role: str) -> CoordinateColumn | None:
    column = cells.column
    evidence, stems = _Evidence(), set()
    ucd = _ucd(column)
    frame = ""
    if ucd[0] in _UCDS[role]:
        is_main = "meta.main" in ucd
        evidence.speaks(0.9 if is_main else 0.8, f"UCD {column.ucd}")
        frame = _UCDS[role][ucd[0]]
        stems.add(f"ucd {frame} {';'.join(ucd[1:])}")
    elif ucd[0].startswith(("stat.error", "pos.pm", "pos.eq", "arith")):
        return None
    if _UTYPE.search(column.utype.casefold()) and column.utype.casefold().endswith(
        ("1", "ra") if role == "ra" else ("2", "dec")
    ):
        evidence.speaks(0.8, f"utype {column.utype}")
        stems.add("utype")
    needs_frame = False
    copies = _without_number(column.name, values)
    known = RA_NAMES if role == "ra" else DEC_NAMES
    pair = next((known[name] for name in spellings(copies) if name in known), None)
    if pair and not column.name.rstrip().endswith("-"):
        evidence.speaks(pair.weight, f"name {column.name}")
        mark = "_" if column.name.startswith("_") else ""
        copy = column.name[len(copies) :] if _has_twin(column.name, copies, role, values) else ""
        stems.add(f"{mark}{PAIRS.index(pair)}{copy}")
        frame, needs_frame = frame or pair.frame, pair.needs_frame and not frame
    else:
        word, stem = coordinate_word(column.name)
        if word == role:
            evidence.speaks(0.5, f"{role} in the name {column.name}")
            stems.add(stem)
    is_named = bool(evidence.reasons)
    if not is_named:
        if not _could_be(cells, role):
            return None
        evidence.speaks(0.15, "values in the range")
        return CoordinateColumn(
            candidate=evidence.candidate(column.name), stems=frozenset(), is_named=False
        )
    _weigh_coordinates(evidence, cells, role)
    return CoordinateColumn(
        candidate=evidence.candidate(column.name),
        stems=frozenset(stems),
        frame=frame,
        needs_frame=needs_frame,
        is_main="meta.main" in ucd and ucd[0] in _UCDS[role],
    )


def _weigh_coordinates(evidence: _Evidence, cells: ColumnValues, role: str) -> None:
    """Let unit and values speak for or against a column with the name of a coordinate."""
    column = cells.column
    if unit_key(role, column.unit) or unit_of_header(role, column.name):
        evidence.speaks(0.2, f"unit {column.unit or 'in the name'}")
    if not cells.sample:
        evidence.weaken(0.1, "no values")
    elif cells.is_mostly_sexagesimal:
        evidence.speaks(0.3, "sexagesimal values")
    elif not cells.is_mostly_numbers:
        evidence.weaken(0.3, "values are no coordinates")
    elif _could_be(cells, role):
        evidence.speaks(0.2, "values in the range")
    else:
        evidence.weaken(0.7, "values out of the range")


def _could_be(cells: ColumnValues, role: str) -> bool:
    """Whether the values of a column can be coordinates."""
    if cells.is_mostly_sexagesimal:
        return True
    if not cells.is_mostly_numbers:
        return False
    low, high = (-180.0, 360.0) if role == "ra" else (-90.0, 90.0)
    good = sum(low <= value <= high for value in cells.decimals)
    return 2 * good >= len(cells.decimals)


def _ucd(column: ListColumn) -> list[str]:
    """Return the words of a UCD, those of the first version of the standard as today's."""
    text = column.ucd.strip().casefold()
    if ";" not in text and "_" in text:
        dotted = text.replace("_", ".")
        text = re.sub(r"\.main$", ";meta.main", dotted)
    words = [word.strip() for word in text.split(";")]
    return [_OLD_UCDS.get(words[0], words[0]), *words[1:]]


def _without_number(name: str, values: TableValues) -> str:
    """Return the header of a column whose name the file has twice without the number it got."""
    match = re.fullmatch(r"(.+)_\d+", name)
    names = {other.casefold() for other in values.names}
    return match[1] if match and match[1].casefold() in names else name


def _has_twin(name: str, original: str, role: str, values: TableValues) -> bool:
    """Whether the other coordinate has been given the same number as this one, too."""
    known, number = (DEC_NAMES if role == "ra" else RA_NAMES), name[len(original) :]
    return bool(number) and any(
        other.endswith(number) and bare_name(other[: -len(number)]) in known
        for other in values.names
    )


def _joined(values: TableValues, role: str) -> list[CoordinateColumn]:
    """Return coordinates whose sign, degrees (hours), minutes and seconds have their columns."""
    lower = {name.strip().casefold(): name for name in values.names}
    for of_role, parts, _ in _PARTS:
        if of_role != role:
            continue
        found = [next((lower[n] for n in names if n in lower), "") for names in parts]
        needed = found[-3:-1]
        if not all(needed):
            return []
        names = [name for name in found if name]
        candidate = Candidate(
            column=COLUMN_JOINT.join(names),
            score=0.85,
            reasons=(f"names {', '.join(names)}",),
        )
        return [CoordinateColumn(candidate=candidate, stems=frozenset(("parts",)))]
    return []


def position_candidates(values: TableValues) -> list[Candidate]:
    """Return columns that may hold whole positions, or names to be looked up."""
    found = []
    for name in values.names:
        cells, evidence = values[name], _Evidence()
        if not cells.sample or (cells.is_mostly_numbers and not cells.n_sexagesimal):
            continue
        share = sum(map(_is_position, cells.sample[:50])) / len(cells.sample[:50])
        if share >= 0.5:
            evidence.speaks(0.4 + 0.5 * share, "positions in its cells")
        weight = max(NAMES["position"].get(bare, 0.0) for bare in spellings(name))
        if weight and share:
            evidence.speaks(weight, f"name {name}")
        named = max(NAMES["name"].get(bare, 0.0) for bare in spellings(name))
        if share < 0.5 and (named or len(values.names) == 1):
            evidence.speaks(max(0.5 * named, 0.3), "names that can be looked up")
        if evidence.reasons:
            found.append(evidence.candidate(name))
    return sorted(found, key=lambda candidate: -candidate.score)


def _is_position(text: str) -> bool:
    try:
        return parse_position(text) is not None
    except InvalidInputError:
        return False


def role_candidates(values: TableValues, role: str) -> list[Candidate]:
    """Return the columns that may have a role that is no coordinate, the best first."""
    found = [
        candidate
        for name in values.names
        if (candidate := _role_candidate(values, values[name], role)) is not None
    ]
    if role in ("axis_ratio", "position_angle"):
        found += _components(values)
    if role == "name" and not found and values.table.header != "names":
        found = _nameless_names(values)
    return sorted(found, key=lambda candidate: -candidate.score)


def _nameless_names(values: TableValues) -> list[Candidate]:
    """Return the only column of texts, or of texts that all differ, where columns have no names."""
    texts = [name for name in values.names if _are_texts(values[name])]
    different = [name for name in texts if _are_different(values[name].sample)]
    found = texts if len(texts) == 1 else different
    if len(found) != 1:
        return []
    reasons = ("the only column of texts" if len(texts) == 1 else "texts that all differ",)
    return [Candidate(column=found[0], score=_UNSURE, reasons=reasons)]


def _are_texts(cells: ColumnValues) -> bool:
    """Whether most cells of a column are neither numbers nor positions."""
    if not cells.sample or cells.is_mostly_numbers or cells.is_mostly_sexagesimal:
        return False
    sample = cells.sample[:50]
    return 2 * sum(map(_is_position, sample)) < len(sample)


def _are_different(texts: list[str]) -> bool:
    return len(set(texts)) == len(texts)


def _role_candidate(values: TableValues, cells: ColumnValues, role: str) -> Candidate | None:
    column, evidence = cells.column, _Evidence()
    ucd = ";".join(_ucd(column))
    if any(ucd.startswith(start) for start in _ROLE_UCDS.get(role, ())):
        evidence.speaks(0.6 if "meta.main" in ucd else 0.4, f"UCD {column.ucd}")
    known = NAMES[role]
    bare = spellings(_without_number(column.name, values))
    weight = max(known.get(name, 0.0) for name in bare)
    if weight:
        evidence.speaks(weight, f"name {column.name}")
    if not evidence.reasons:
        return None
    if role == "name":
        return evidence.candidate(column.name)
    if unit_key(role, column.unit) or unit_of_header(role, column.name):
        evidence.speaks(0.2, f"unit {column.unit or 'in the name'}")
    _weigh_numbers(evidence, cells, role)
    return evidence.candidate(column.name)


def _weigh_numbers(evidence: _Evidence, cells: ColumnValues, role: str) -> None:
    low, high = _RANGES[role]
    allowed: Callable[[float], bool] = lambda value: low <= value <= high  # noqa: E731
    if not cells.sample:
        evidence.weaken(0.2, "no values")
    elif not cells.is_mostly_numbers and role != "ref_epoch":
        evidence.weaken(0.2, "values are no numbers")
    elif cells.decimals and 2 * sum(map(allowed, cells.decimals)) < len(cells.decimals):
        evidence.weaken(0.4, "values out of the range")


def _components(values: TableValues) -> list[Candidate]:
    """Return the two columns with components of the ellipticity, joined."""
    bare = {bare_name(name): name for name in values.names}
    for first, second in (("shapee1", "shapee2"), ("e1", "e2"), ("epsilon1", "epsilon2")):
        if first in bare and second in bare:
            names = (bare[first], bare[second])
            reasons = (f"names {', '.join(names)}: components of the ellipticity",)
            return [Candidate(column=COLUMN_JOINT.join(names), score=0.7, reasons=reasons)]
    return []
