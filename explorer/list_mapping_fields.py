"""The fields of the mapping of a list: what can be chosen, how sure it is, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, replace

from explorer.list_mapping import columns_of, commas_matter, frames_of, has_motion, used_roles
from photometry_core.positions import sexagesimal
from photometry_core.target_lists.checks import CheckedList, CheckedRow
from photometry_core.target_lists.contents import ListColumn, ListFile
from photometry_core.target_lists.mapping import (
    MOTION_ROLES,
    SHAPE_ROLES,
    Choice,
    Mapping,
    may_have_header,
)
from photometry_core.target_lists.proposals import Candidate, Proposal, Question, questions
from photometry_core.target_lists.units import KINDS, UNITS
from photometry_core.types import (
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    MAX_PROPER_MOTION_MAS_YR,
    REF_EPOCH_RANGE_YR,
    SERSIC_INDEX_RANGE,
    Target,
)

POSITION_ROLES = ("ra", "dec", "position", "name")
MANY_COLUMNS = 24
"""With more columns than this a box to search in takes the place of a list to choose from."""
N_SAMPLES = 3

ROLE_LABELS = {
    "position": "Position or name",
    "ra": "RA",
    "dec": "Dec",
    "name": "Name",
    "sersic_index": "S\u00e9rsic index n",
    "axis_ratio": "Axis ratio",
    "position_angle": "Position angle",
    "effective_radius": "Effective radius",
    "pm_ra": "Motion in RA",
    "pm_dec": "Motion in Dec",
    "ref_epoch": "Epoch of the position",
}
_SHORT_LABELS = {
    "position": "Position",
    "sersic_index": "n",
    "position_angle": "PA",
    "effective_radius": "Re",
    "pm_ra": "pm RA",
    "pm_dec": "pm Dec",
    "ref_epoch": "epoch",
}
_COORDINATES = {
    "Galactic": ("Galactic l", "Galactic b"),
    "Ecliptic": ("Ecliptic longitude", "Ecliptic latitude"),
}
_HELP = {
    "position": "Names to look up, or both coordinates in one cell.",
    "name": "What you call the target. Without a name it is called after its position.",
    "ref_epoch": "Year in which the target is at its position.",
}
_RANGES = {
    "sersic_index": f"{SERSIC_INDEX_RANGE[0]:g} to {SERSIC_INDEX_RANGE[1]:g}",
    "position_angle": "-360 to 360 degrees, east of north",
    "effective_radius": f"above 0, to {MAX_EFFECTIVE_RADIUS_ARCSEC:g} arcsec, along the major axis",
    "pm_ra": f"-{MAX_PROPER_MOTION_MAS_YR:,.0f} to {MAX_PROPER_MOTION_MAS_YR:,.0f} mas/yr",
    "pm_dec": f"-{MAX_PROPER_MOTION_MAS_YR:,.0f} to {MAX_PROPER_MOTION_MAS_YR:,.0f} mas/yr",
    "ref_epoch": f"years {REF_EPOCH_RANGE_YR[0]:g} to {REF_EPOCH_RANGE_YR[1]:g}",
}
_RATIO_RANGES = {"a/b": "1 or more", "1-b/a": "0 to below 1"}
_SURE, _LIKELY = 0.8, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOption:
    """One column that can be chosen: its name, and the name with what is known of it."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleField:
    """What can be chosen for one role.

    Parameters
    ----------
    role, label, help, allowed
        The role, and what people read of it; `allowed` is the range of a constant.
    choice
        What is chosen.
    likely, others
        Columns that may have the role, the best first, and all others.
    confidence
        ``sure``, ``likely``, ``unsure`` or ``your choice``; empty without a column.
    percent
        The same as the length of a bar, 0 to 100.
    reasons
        What speaks for the column.
    units, kinds
        Pairs of key and words.
    takes_constant
        Whether one value for all rows can take the place of a column.
    is_constant
        Whether it is given, or about to be.
    error
        What is wrong with the constant.
    """

    role: str
    label: str
    help: str
    allowed: str
    choice: Choice
    likely: tuple[ColumnOption, ...]
    others: tuple[ColumnOption, ...]
    confidence: str
    percent: int
    reasons: str
    units: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    takes_constant: bool
    is_constant: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row as written, and what it becomes."""

    line: int
    name: str
    written: str
    degrees: str = ""
    sexagesimal: str = ""
    shape: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingFields:
    """Everything that the page shows of a mapping."""

    mapping: Mapping
    questions: list[Question]
    positions: list[RoleField]
    shapes: list[RoleField]
    motions: list[RoleField]
    tables: list[tuple[int, str]]
    asks_header: bool
    asks_comma: bool
    frames: tuple[str, ...]
    samples: list[Sample]
    summary: str
    is_certain: bool
    has_motion: bool
    asked_first: bool
    """Whether no row is converted before a question is answered."""
    columns: tuple[ColumnOption, ...]
    """For the box to search in; empty if the columns are few."""


def fields_of(
    file: ListFile,
    mapping: Mapping,
    proposal: Proposal,
    checked: CheckedList,
    sources: AbstractMapping[str, str] = {},
) -> MappingFields:
    """Return what the page shows of a mapping.

    Parameters
    ----------
    file, mapping
        The list and its mapping.
    proposal
        What its columns seem to be.
    checked
        Its rows.
    sources
        ``column`` or ``constant`` for roles whose value is about to be given. Parameters of a shape
        for which no column is found are asked for as constants.
    """
    asked = questions(file, mapping)
    asked_first = any(question.blocks for question in asked)

    def fields(roles: tuple[str, ...]) -> list[RoleField]:
        return [
            _with_source(_role_field(role, file, mapping, proposal, checked), sources)
            for role in roles
        ]

    shapes = fields(SHAPE_ROLES) if mapping.model == "sersic" else []
    positions, motions = fields(POSITION_ROLES), fields(MOTION_ROLES)
    columns = {column.name: column for column in columns_of(file, mapping)}
    return MappingFields(
        mapping=mapping,
        questions=asked,
        positions=positions,
        shapes=shapes,
        motions=motions,
        tables=[
            (number, f"{table.name}, {len(table.rows):,} row{'s'[: len(table.rows) != 1]}")
            for number, table in enumerate(file.tables)
        ],
        asks_header=may_have_header(file.tables[mapping.table]),
        asks_comma=commas_matter(file, mapping),
        frames=frames_of(file, mapping),
        samples=[
            _sample(row, mapping, asked_first=asked_first) for row in checked.rows[:N_SAMPLES]
        ],
        summary=_summary(mapping),
        is_certain=not asked
        and _has_positions(mapping)
        and not any(
            one.confidence == "unsure" or one.error for one in positions + shapes + motions
        ),
        has_motion=has_motion(mapping),
        asked_first=asked_first,
        columns=tuple(_option(name, columns) for name in columns)
        if len(columns) > MANY_COLUMNS
        else (),
    )


def _with_source(field: RoleField, sources: AbstractMapping[str, str]) -> RoleField:
    """Return a field that takes a constant, if that is wanted or nothing else is left."""
    is_missing = field.role in SHAPE_ROLES and not field.choice.column and not field.likely
    source = sources.get(field.role, "constant" if is_missing else "")
    is_constant = not field.choice.column and source == "constant"
    return replace(field, is_constant=field.is_constant or is_constant)


def label_of(role: str, mapping: Mapping) -> str:
    """Return what people call a role, in the frame of a mapping."""
    if role in ("ra", "dec") and mapping.frame in _COORDINATES:
        return _COORDINATES[mapping.frame][role == "dec"]
    return ROLE_LABELS[role]


def short_label_of(role: str, mapping: Mapping) -> str:
    """Return the same in as few letters as people know it by."""
    kind = mapping.choice(role).kind if role == "axis_ratio" else ""
    return kind or _SHORT_LABELS.get(role) or label_of(role, mapping)


def shape_of(target: Target) -> str:
    """Return the shape of a target in one line."""
    shape = target.profile
    if shape is None:
        return "point source"
    return (
        f"n {shape.sersic_index:g}, b/a {shape.axis_ratio:.3g}, "
        f"PA {shape.position_angle_deg:g}°, Re {shape.effective_radius_arcsec:.4g}″"
    )


def _role_field(
    role: str, file: ListFile, mapping: Mapping, proposal: Proposal, checked: CheckedList
) -> RoleField:
    choice = mapping.choice(role)
    candidates = proposal.candidates.get(role, ())
    names = [candidate.column for candidate in candidates]
    by_name = {column.name: column for column in columns_of(file, mapping)}
    proposed = proposal.mapping.choice(role)
    if role in SHAPE_ROLES and proposed == Choice() and names:
        proposed = Choice(column=names[0])  # what it is for galaxies, once they are said to be such
    confidence, percent, reasons = _confidence(choice, proposed, candidates)
    return RoleField(
        role=role,
        label=label_of(role, mapping),
        help="" if role == "position" and mapping.choice("ra").column else _HELP.get(role, ""),
        allowed=_RATIO_RANGES.get(choice.kind, "above 0, to 1")
        if role == "axis_ratio"
        else _RANGES.get(role, ""),
        choice=choice,
        likely=tuple(
            _option(name, by_name, _words(candidate.score))
            for name, candidate in zip(names, candidates, strict=True)
        ),
        others=tuple(
            _option(name, by_name) for name in _others(choice, by_name) if name not in names
        ),
        confidence=confidence,
        percent=percent,
        reasons=reasons,
        units=tuple(UNITS.get(role, {}).items()),
        kinds=tuple(KINDS.get(role, {}).items()),
        takes_constant=role not in POSITION_ROLES,
        is_constant=bool(choice.constant) and not choice.column,
        error="" if choice.column else _constant_error(role, choice, checked),
    )


def _option(name: str, columns: dict[str, ListColumn], confidence: str = "") -> ColumnOption:
    """Return a column, or several that make one value together, as it can be chosen."""
    choice = Choice(column=name)
    unit = columns[name].unit if name in columns else ""
    words = f"{choice.label} [{unit}]" if unit else choice.label
    return ColumnOption(name=name, words=f"{words} · {confidence}" if confidence else words)


def _others(choice: Choice, columns: dict[str, ListColumn]) -> list[str]:
    """Return all columns, and those together that are chosen."""
    return [*columns, choice.column] if len(choice.columns) > 1 else list(columns)


def _words(score: float) -> str:
    if score >= _SURE:
        return "sure"
    return "likely" if score >= _LIKELY else "unsure"


def _confidence(
    choice: Choice, proposed: Choice, candidates: tuple[Candidate, ...]
) -> tuple[str, int, str]:
    """Return the word, the length of the bar in percent, and the reasons."""
    if not choice.column:
        return "", 0, ""
    found = next((one for one in candidates if one.column == choice.column), None)
    reasons = ", ".join(found.reasons) if found else ""
    percent = round(100 * min(max(found.score, 0.0), 1.0)) if found else 0
    if choice.column != proposed.column or found is None:
        return "your choice", percent, reasons
    return _words(found.score), percent, reasons


def _constant_error(role: str, choice: Choice, checked: CheckedList) -> str:
    if not choice.constant:
        return ""
    return next(
        (
            problem.message
            for row in checked.rows[:N_SAMPLES]
            for problem in row.problems
            if problem.role == role and not problem.column and role not in row.corrected
        ),
        "",
    )


def _has_positions(mapping: Mapping) -> bool:
    has = {role for role in ("position", "ra", "dec") if mapping.choice(role).column}
    return "position" in has or {"ra", "dec"} <= has


def _summary(mapping: Mapping) -> str:
    """Return the mapping in one line."""
    parts = []
    for role in used_roles(mapping):
        choice = mapping.choice(role)
        label = short_label_of(role, mapping)
        unit = UNITS.get(role, {}).get(choice.unit, "")
        text = choice.label or f"{choice.constant} for all rows"
        parts.append(f"{label}: {text} ({unit})" if unit else f"{label}: {text}")
    if not parts:
        return "No column is chosen yet"
    frame = f"; {mapping.frame}" if mapping.frame else ""
    return ", ".join(parts) + frame


def _sample(row: CheckedRow, mapping: Mapping, *, asked_first: bool) -> Sample:
    cells = [row.cells.get(role, "") for role in ("position", "ra", "dec")]
    written = "  ".join(cell for cell in cells if cell)
    problem = next((problem.message for problem in row.problems if problem.is_error), "")
    if asked_first:
        # What every row says then is the question, which the page has above.
        problem = ""
    elif row.unresolved and not problem:
        problem = "a name, to be looked up"
    if row.target is None:
        return Sample(line=row.line, name=row.name, written=written, problem=problem)
    ra, dec = row.target.ra_deg, row.target.dec_deg
    return Sample(
        line=row.line,
        name=row.name,
        written=written,
        degrees=f"{ra:.6f} {dec:+.6f}",
        sexagesimal=" ".join(sexagesimal(ra, dec)),
        shape=shape_of(row.target) if mapping.model == "sersic" else "",
        problem=problem,
    )
