"""What a form asks for while it is being filled in: as far as it is valid."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from explorer.forms import JobForm, new_submission_key
from photometry_core.types import MeasureOptions, Target


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
    """

    targets: tuple[Target, ...]
    options: MeasureOptions
    list_id: str = ""


def so_far(data: QueryDict) -> SoFar:
    """Return the valid part of a form, GET or POST."""
    form = form_so_far(data)
    return SoFar(
        targets=form.targets(),
        options=form.options(),
        list_id=form.cleaned_data.get("list", "") if form.is_multi else "",
    )


def form_so_far(data: QueryDict) -> JobForm:
    """Return a form that was not sent yet, GET or POST, with its valid part cleaned."""
    several = {name: data.getlist(name) for name in ("bands", "releases")}
    form = JobForm({**data.dict(), **several, "submission_key": new_submission_key()})
    # Asking for errors is what cleans a form, once.
    _ = form.errors
    return form
