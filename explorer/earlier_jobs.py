"""An earlier job as the start of a new one: the form that asks for exactly the same."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404

from explorer.names import ResolverUnreachableError, locate
from explorer.neighbours import TOGETHER_ARCSEC, distance_arcsec
from explorer.options_form import initial_options
from jobs.models import Job
from photometry_core.errors import InvalidInputError
from photometry_core.types import Target


def initial_of(job: Job) -> dict[str, Any]:
    """Return what the fields of the form hold when they ask for what a job asked for.

    Raises
    ------
    Http404
        The form can't ask for that: it was an uploaded file, or a list that was deleted.
    """
    if job.is_upload:
        raise Http404("An uploaded file was not measured here and can't be edited.")
    options = initial_options(job.options)
    if job.target_list is not None:
        return options | {"mode": "multi", "list": job.target_list.pk}
    first, *others = job.targets
    if job.n_parts > 1 or any(not _is_neighbour(other, first) for other in others):
        raise Http404(
            "The targets of this job are from a list that was deleted, so it can't be edited. "
            "Bring the list again to measure it."
        )
    partners = [{"name": other.name, "ra": other.ra_deg, "dec": other.dec_deg} for other in others]
    return (
        options
        | {"mode": "single", "partners": json.dumps(partners) if partners else ""}
        | {"target": _text_of(first)}
        | _motion_of(first)
        | _shape_of(first)
    )


def _is_neighbour(other: Target, target: Target) -> bool:
    """Return whether the form could have asked for it together with the target."""
    between = distance_arcsec(target.ra_deg, target.dec_deg, other.ra_deg, other.dec_deg)
    return not other.motion and not other.profile and between <= TOGETHER_ARCSEC


def _text_of(target: Target) -> str:
    """Return the name of a target if it still leads to its exact position, else the position."""
    try:
        located = locate(target.name)
    except (InvalidInputError, ResolverUnreachableError):
        pass
    else:
        if (located.ra_deg, located.dec_deg) == (target.ra_deg, target.dec_deg):
            return target.name
    return f"{target.ra_deg!r} {target.dec_deg!r} icrs"


def _motion_of(target: Target) -> dict[str, str]:
    motion = target.motion
    if motion is None:
        return {}
    return {
        "pm_ra": repr(motion.pm_ra_mas_yr),
        "pm_dec": repr(motion.pm_dec_mas_yr),
        "ref_epoch": repr(motion.ref_epoch_yr),
    }


def _shape_of(target: Target) -> dict[str, str]:
    profile = target.profile
    if profile is None:
        return {}
    return {
        "model": "sersic",
        "sersic_index": repr(profile.sersic_index),
        "axis_ratio": repr(profile.axis_ratio),
        "axis_ratio_kind": "b/a",
        "position_angle": repr(profile.position_angle_deg),
        "effective_radius": repr(profile.effective_radius_arcsec),
        "effective_radius_unit": "arcsec",
    }
