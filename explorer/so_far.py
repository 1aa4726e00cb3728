"""What a form asks for while it is being filled in: as far as it is valid."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from explorer.forms import JobForm
from photometry_core.types import DETECTORS, MeasureOptions, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """The valid part of a form.

    Parameters
    ----------
    targets
        The single target and its partners, if the target is understood; else empty.
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
    form = JobForm({**data.dict(), "bands": data.getlist("bands")})
    form.fields["submission_key"].required = False
    form.full_clean()
    values = form.cleaned_data
    target = values.get("target")
    return SoFar(
        targets=(target,) if target else (),
        options=MeasureOptions(
            detectors=tuple(sorted(values.get("bands") or DETECTORS)),
            mjd_range=(values.get("time_start"), values.get("time_end")),
            background_size_pix=values.get("background_size")
            or MeasureOptions().background_size_pix,
        ),
    )
