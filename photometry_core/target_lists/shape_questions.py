"""What is to be answered about the shapes of targets: galaxies or not, and which ratio is meant."""

from __future__ import annotations

from photometry_core.target_lists.columns import TableValues
from photometry_core.target_lists.mapping import SHAPE_ROLES, Choice, Mapping
from photometry_core.target_lists.question import LABELS, Question
from photometry_core.target_lists.scoring import role_candidates
from photometry_core.target_lists.shape_columns import (
    is_part_of_a_shape,
    radii_in_lengths,
    shape_columns_of,
)
from photometry_core.target_lists.stated import named_ratio
from photometry_core.target_lists.units import KINDS

_READ_AS = {
    "1-b/a": "ellipticity, b/a = 1 - {}",
    "a/b": "major over minor axis, b/a = 1 / {}",
}


def shape_questions(values: TableValues, mapping: Mapping) -> list[Question]:
    """Return what is missing of the four Sersic parameters, or not certain."""
    if mapping.model != "sersic":
        return _model_questions(values, mapping)
    found = []
    for role in SHAPE_ROLES:
        choice = mapping.choice(role)
        if not choice.column and not choice.constant:
            found.append(_missing(values, role))
        elif role == "axis_ratio":
            found += _ratio_questions(values, mapping, choice)
        elif role == "position_angle" and not choice.kind:
            label = choice.label or choice.constant
            text = (
                f"From where is {label} counted? If north is not up in the image, convert it to "
                "angles east of north first."
            )
            found.append(Question(key=f"{role}.kind", text=text, answers=_kinds(role)))
    return found


def _kinds(role: str) -> tuple[tuple[str, str], ...]:
    return tuple(item for item in KINDS[role].items() if item[0] != "e1, e2")


def _model_questions(values: TableValues, mapping: Mapping) -> list[Question]:
    """Ask what the targets are, if some parameters of a Sersic profile are there."""
    if "model" in mapping.answered:
        return []
    found = shape_columns_of(values)
    if not is_part_of_a_shape(values, found):
        return []
    labels = [Choice(column=candidate.column).label for candidate in found.values()]
    missing = [LABELS[role].removeprefix("the ") for role in SHAPE_ROLES if role not in found]
    text = (
        f"{_listed(labels)} {'look' if len(labels) > 1 else 'looks'} like a part of a S\u00e9rsic "
        f"profile; not found: {_listed(missing)}.{_lengths(values)} What are the targets?"
    )
    answers = (
        ("point", "point sources"),
        ("sersic", f"galaxies with a S\u00e9rsic profile ({_listed(missing)} to be given)"),
    )
    return [Question(key="model", text=text, answers=answers)]


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _lengths(values: TableValues) -> str:
    """Say of radii in kpc that those in arcsec are needed."""
    return "".join(
        f" {name} is in {unit}: an angular radius is needed."
        for name, unit in radii_in_lengths(values).items()
    )


def _missing(values: TableValues, role: str) -> Question:
    answers = tuple((c.column, c.column) for c in role_candidates(values, role))
    text = f"Which column, or which constant, is {LABELS[role]}?"
    if not answers:
        text = f"No column seems to be {LABELS[role]}: give one value for all rows, or choose one."
        text += _lengths(values) if role == "effective_radius" else ""
    return Question(key=role, text=text, answers=answers)


def _ratio_questions(values: TableValues, mapping: Mapping, choice: Choice) -> list[Question]:
    """Ask which ratio of the axes a column is, and let what is not b/a be confirmed."""
    key = "axis_ratio.kind"
    label, named = choice.label or choice.constant, named_ratio(values, choice)
    is_open = not choice.kind
    is_confirmed = choice.kind != named or named not in _READ_AS or key in mapping.answered
    if not is_open and is_confirmed:
        return []
    kinds = _kinds("axis_ratio")
    if named not in _READ_AS:
        return [Question(key=key, text=f"Which ratio of the axes is {label}?", answers=kinds)]
    text = f"{label} is read as {_READ_AS[named].format(label)}: is that right?"
    first = (named, f"yes, {dict(kinds)[named]}")
    answers = (first, *(item for item in kinds if item[0] != named))
    return [Question(key=key, text=text, answers=answers, blocks=is_open)]
