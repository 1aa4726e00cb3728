"""What a form asks for while it is being filled in: as far as it is valid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict

from explorer.forms import JobForm, new_submission_key
from explorer.source_form import ONLY_TOGETHER
from photometry_core.types import MeasureOptions, Target

ON_THE_SKY = frozenset(
    {"pm_ra", "pm_dec", "ref_epoch", "bands", "time_start", "time_end", "releases"}
)
"""Fields that say which exposures there are, and where the target is on them."""

_MOST_NAMED = 3
# They say themselves what is wrong with them, or are nothing that a measurement depends on.
_ELSEWHERE = frozenset({"target", "list", "title", "submission_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A field because of which nothing can be submitted.

    Parameters
    ----------
    field, label
        Its name, and what the page calls it.
    message
        What submitting says of it.
    missing
        Whether it is only still empty, while others have begun what it belongs to.
    """

    field: str
    label: str
    message: str
    missing: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """The valid part of a form.

    Parameters
    ----------
    targets
        The single target and its partners, if the target is understood; else empty. A target
        whose shape or motion is not valid yet is here without it.
    options
        What to measure; fields that are not valid have their defaults.
    list_id
        Id of the list that is chosen instead of a single target; empty if none is.
    problems
        Fields of the source and of the options that are not valid, in the order of the page.
    """

    targets: tuple[Target, ...]
    options: MeasureOptions
    list_id: str = ""
    problems: tuple[Problem, ...] = ()

    def why_not(self, fields: Collection[str]) -> str:
        """Return which of some fields are not valid, in words; empty if all are."""
        return in_words([problem for problem in self.problems if problem.field in fields])


def so_far(data: QueryDict) -> SoFar:
    """Return the valid part of a form, GET or POST."""
    form = form_so_far(data)
    return SoFar(
        targets=form.targets(),
        options=form.options(),
        list_id=form.cleaned_data.get("list", "") if form.is_multi else "",
        problems=problems_of(form),
    )


def problems_of(form: JobForm) -> tuple[Problem, ...]:
    """Return the fields of a cleaned form that are not valid, in the order of the page."""
    return tuple(
        Problem(
            field=name,
            label=str(field.label),
            message=" ".join(str(message) for message in form.errors[name]),
            missing=name in ONLY_TOGETHER and not str(form[name].value() or "").strip(),
        )
        for name, field in form.fields.items()
        if name in form.errors and name not in _ELSEWHERE
    )


def in_words(problems: Collection[Problem]) -> str:
    """Return which fields are not valid, and which are missing; empty if there is none."""
    if len(problems) > _MOST_NAMED:
        first = next(iter(problems)).label
        return f"{first} and {len(problems) - 1} other fields are not valid or missing"
    wrong = [problem.label for problem in problems if not problem.missing]
    missing = [problem.label for problem in problems if problem.missing]
    parts = [_are(wrong, "not valid"), _are(missing, "missing")]
    return " and ".join(part for part in parts if part)


def _are(labels: list[str], what: str) -> str:
    if not labels:
        return ""
    *first, last = labels
    return f"{', '.join(first)} and {last} are {what}" if first else f"{last} is {what}"


def form_so_far(data: QueryDict) -> JobForm:
    """Return a form that was not sent yet, GET or POST, with its valid part cleaned."""
    several = {name: data.getlist(name) for name in ("bands", "releases")}
    form = JobForm({**data.dict(), **several, "submission_key": new_submission_key()})
    # Asking for errors is what cleans a form, once.
    _ = form.errors
    return form
