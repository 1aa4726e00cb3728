"""What a file does not say of its columns, or says twice."""

from __future__ import annotations

import json

from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.frames import frame_of, is_equatorial
from photometry_core.target_lists.mapping import (
    FRAMES,
    SHAPE_ROLES,
    Choice,
    Mapping,
    mapped_table,
)
from photometry_core.target_lists.pairs import find_pairs, pair_by_values, ties_with
from photometry_core.target_lists.question import LABELS, Question
from photometry_core.target_lists.scoring import (
    CoordinateColumn,
    coordinate_columns,
    position_candidates,
)
from photometry_core.target_lists.shape_questions import shape_questions
from photometry_core.target_lists.stated import LARGEST_RADIANS, with_what_is_stated
from photometry_core.target_lists.units import UNITS, is_length, is_pixels

_EPOCHS = (
    ("2016.0", "2016.0 (Gaia DR3)"),
    ("2015.5", "2015.5 (Gaia DR2)"),
    ("2000.0", "2000.0"),
    ("1991.25", "1991.25 (Hipparcos)"),
    ("none", "leave the proper motion out"),
)


def questions(file: ListFile, mapping: Mapping) -> list[Question]:
    """Return what is still to be answered about a mapping, the most important first.

    Depends on the mapping as it is: a question that a person's choice has settled is not asked.
    """
    table, _ = mapped_table(file, mapping)
    mapping = with_what_is_stated(table, mapping)
    values = TableValues(table)
    found = [
        _table_question(file, mapping),
        _header_question(file, mapping),
        _position_question(values, mapping),
        _decimal_comma_question(values, mapping),
        _frame_question(values, mapping),
        _ra_unit_question(values, mapping),
        *(_unit_question(values, mapping, role) for role in UNITS if role != "ra"),
        *_motion_questions(mapping),
        *shape_questions(values, mapping),
    ]
    return [question for question in found if question is not None]


def _table_question(file: ListFile, mapping: Mapping) -> Question | None:
    if len(file.tables) == 1 or "table" in mapping.answered:
        return None
    with_positions = [
        number for number, table in enumerate(file.tables) if _has_position(TableValues(table))
    ]
    if with_positions == [mapping.table]:
        return None
    answers = tuple(
        (str(number), f"{table.name} ({len(table.rows):,} row{'s'[: len(table.rows) != 1]})")
        for number, table in enumerate(file.tables)
    )
    return Question(key="table", text="Which table has the targets?", answers=answers)


def _has_position(values: TableValues) -> bool:
    return bool(
        find_pairs(values, coordinate_columns(values, "ra"), coordinate_columns(values, "dec"))
        or position_candidates(values)
    )


def _header_question(file: ListFile, mapping: Mapping) -> Question | None:
    table = file.tables[mapping.table]
    if table.header != "asked" or mapping.header is not None:
        return None
    first = ", ".join(table.rows[0])[:80]
    return Question(
        key="header",
        text=f"Does the first row give the names of the columns: {first}?",
        answers=(("row", "no, it is a target"), ("names", "yes, these are names")),
    )


def _position_question(values: TableValues, mapping: Mapping) -> Question | None:
    ra, dec = mapping.choice("ra"), mapping.choice("dec")
    has_both = bool((ra.column or ra.constant) and (dec.column or dec.constant))
    if ra.column and ra.column == dec.column:
        text = f"RA and Dec can't both be in {ra.label}: which columns are the positions?"
    elif has_both or mapping.choice("position").column:
        return None
    else:
        text = "Which columns are the positions?"
    columns = [coordinate_columns(values, role) for role in ("ra", "dec")]
    pairs = find_pairs(values, *columns)
    if pairs and not ra.column:
        pairs = [pairs[0], *ties_with(values, pairs)]
    pairs = pairs or pair_by_values(values, *columns)
    answers = [
        (
            json.dumps([pair.ra.candidate.column, pair.dec.candidate.column]),
            pair.label,
        )
        for pair in pairs
    ]
    answers += [
        (json.dumps([candidate.column]), f"{candidate.column}: names or whole positions")
        for candidate in position_candidates(values)
    ]
    if not answers:
        text = f"{text} None of {', '.join(values.names)[:200]} looks like one."
    return Question(key="position.pair", text=text, answers=tuple(answers))


def _decimal_comma_question(values: TableValues, mapping: Mapping) -> Question | None:
    if mapping.decimal_comma is not None:
        return None
    examples = [
        text
        for role, choice in mapping.roles.items()
        if role not in ("position", "name")
        for name in choice.columns
        for text in values[name].sample
        if "," in text
    ]
    example = next(iter(examples), "0,5")
    return Question(
        key="decimal_comma",
        text=f"Are the commas in numbers such as {example} decimal points?",
        answers=(
            ("yes", f"yes, {example} is {example.replace(',', '.')}"),
            ("no", "no, numbers with commas are wrong"),
        ),
    )


def _frame_question(values: TableValues, mapping: Mapping) -> Question | None:
    is_answered = "frame" in mapping.answered and bool(mapping.frame)
    ra, dec = mapping.choice("ra"), mapping.choice("dec")
    if is_answered or not (ra.column or ra.constant):
        return None
    names = _named_coordinates(values, mapping)
    implied = {column.frame for column in names if column.frame}
    contradicts = any(is_equatorial(frame) != is_equatorial(mapping.frame) for frame in implied)
    if mapping.frame and not contradicts:
        return None
    table = values.table
    label = f"{ra.label or ra.constant} and {dec.label or dec.constant}"
    stated = " ".join(text for text in (table.frame, table.equinox) if text)
    says = f" The file says {stated[:40]}." if stated else ""
    known = frame_of(table.frame, table.equinox)
    frames = FRAMES if known in ("", *FRAMES) else (*FRAMES, known)
    return Question(
        key="frame",
        text=f"In which frame are {label}?{says}",
        answers=tuple((frame, _FRAME_LABELS.get(frame, frame)) for frame in frames),
    )


_FRAME_LABELS = {
    "ICRS": "ICRS or J2000",
    "FK5": "FK5 (J2000)",
    "B1950": "FK4 (B1950)",
    "Galactic": "galactic l and b",
    "Ecliptic": "ecliptic (J2000)",
}


def _named_coordinates(values: TableValues, mapping: Mapping) -> list[CoordinateColumn]:
    return [
        column
        for role in ("ra", "dec")
        for column in coordinate_columns(values, role)
        if column.candidate.column == mapping.choice(role).column
    ]


def _ra_unit_question(values: TableValues, mapping: Mapping) -> Question | None:
    choice = mapping.choice("ra")
    if choice.unit or not (choice.column or choice.constant) or not mapping.frame:
        return None
    label = choice.label or choice.constant
    column = values[choice.columns[0]] if choice.column else None
    if column is not None and column.is_mostly_sexagesimal:
        keys = ["sexagesimal", "sexagesimal degrees"]
        example = column.sample[0]
        text = f"Are values of {label} such as {example[:40]} hours or degrees?"
    else:
        keys = ["deg", "hourangle"] if is_equatorial(mapping.frame) else ["deg"]
        if _may_be_radians(values, mapping):
            keys.append("rad")
        unit = column.column.unit if column else ""
        if unit:
            keys = ["deg", "hourangle", "rad", "arcsec"]
            text = f"The file says {unit[:40]!r} for {label}: in which unit is it?"
        elif is_equatorial(mapping.frame):
            text = f"No value of {label} is above 24, and it has no unit: is it in hours?"
        else:
            text = f"{label} has no unit, and small values: which is it?"
    return Question(
        key="ra.unit",
        text=text,
        answers=tuple((key, UNITS["ra"][key]) for key in keys),
    )


def _may_be_radians(values: TableValues, mapping: Mapping) -> bool:
    """Whether no coordinate is too large for radians."""
    for role in ("ra", "dec"):
        choice = mapping.choice(role)
        if choice.unit not in ("", "rad"):
            return False
        for name in choice.columns:
            if values[name].reach > LARGEST_RADIANS[role]:
                return False
    return True


def _unit_question(values: TableValues, mapping: Mapping, role: str) -> Question | None:
    choice = mapping.choice(role)
    unused = role in SHAPE_ROLES and mapping.model != "sersic"
    if choice.unit or unused or not (choice.column or choice.constant):
        return None
    if role == "dec" and not mapping.choice("ra").unit and not _unit_of_file(values, choice):
        return None  # the answer about RA settles it
    unit = _unit_of_file(values, choice)
    label = choice.label or f"{LABELS[role]} {choice.constant}"
    text = f"In which unit is {label}?"
    if is_pixels(unit):
        text = (
            f"{label} is in pixels: are those SPHEREx pixels? Those of another image have to be "
            "converted first."
        )
    elif role == "effective_radius" and is_length(unit):
        text = (
            f"{label} is in {unit}: an angular radius is needed. If its values are angles after "
            "all, in which unit?"
        )
    elif unit:
        text = f"The file says {unit[:40]!r} for {label}: in which unit is it?"
    elif role == "pm_ra":
        text = f"In which unit is {label}, and has it the factor cos(Dec)?"
    return Question(key=f"{role}.unit", text=text, answers=tuple(UNITS[role].items()))


def _unit_of_file(values: TableValues, choice: Choice) -> str:
    return values[choice.columns[0]].column.unit if choice.column else ""


def _motion_questions(mapping: Mapping) -> list[Question]:
    given = {
        role: bool(choice.column or choice.constant)
        for role in ("pm_ra", "pm_dec", "ref_epoch")
        for choice in [mapping.choice(role)]
    }
    if given["pm_ra"] != given["pm_dec"]:
        missing = "pm_ra" if given["pm_dec"] else "pm_dec"
        text = f"A proper motion needs {LABELS[missing]}, too: leave it out?"
        return [Question(key="motion", text=text, answers=_EPOCHS[-1:])]
    if given["pm_ra"] and not given["ref_epoch"]:
        text = "Proper motions need the epoch of the positions: which year?"
        return [Question(key="ref_epoch", text=text, answers=_EPOCHS)]
    return []
