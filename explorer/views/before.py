"""What the page says before a job is sent: how much there is to measure, a look at the place."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from explorer import catalogues
from explorer.estimate import estimate, pace
from explorer.in_time import StillWorkingError
from explorer.neighbours import NEIGHBOUR_ARCSEC, around, simulated_sources
from explorer.preview import preview
from explorer.so_far import ON_THE_SKY, SoFar, in_words, so_far
from explorer.views.answers import answer
from explorer.views.ownership import owned_list
from jobs.target_lists import checked, division_of
from jobs.visitors import VisitorRequest
from photometry_core.archive import SIMULATED
from photometry_core.errors import ArchiveError, InvalidInputError
from photometry_core.types import DETECTORS, Target

_NO_ARCHIVE = "The archive can't be searched at the moment, so exposures are not counted: "


@require_POST
def estimate_job(request: VisitorRequest) -> JsonResponse:
    """Count the exposures of the form's target, or of a portion of its list, from ``part`` on.

    While a field is not valid nothing is counted: ``problems`` are what submitting would say.
    """
    asked, targets = _asked(request)
    first = _whole_number(request.POST.get("part", "0"), len(targets))
    if first is None:
        return answer({"error": f"part: allowed: a whole number, 0 to {len(targets)}"}, 400)
    archive = settings.SPHEREX_ARCHIVE
    shown = targets[0] if targets and not asked.list_id else None
    said: dict[str, Any] = {
        "n_targets": len(targets),
        "target": shown and {"name": shown.name, "ra": shown.ra_deg, "dec": shown.dec_deg},
    }
    if asked.problems:
        said["problems"] = [problem.to_json() for problem in asked.problems]
        said["stopped"] = f"Not counted: {in_words(asked.problems)}"
    if asked.problems or not targets:
        return answer(said | {"counted": 0, "next": None})
    if first == 0:
        said |= _division(request, asked)
    try:
        counts = estimate(archive, targets, asked.options, first)
    except ArchiveError as error:
        return answer(said | {"error": _NO_ARCHIVE + str(error)}, 422)
    return answer(said | counts | {"pace": pace(archive, targets, asked.options).to_json()})


@require_POST
def preview_target(request: VisitorRequest) -> JsonResponse:
    """Answer with the pixels around the target on one exposure; ``band`` is 1 to 6, or empty."""
    asked = so_far(request.POST)
    text = request.POST.get("band", "")
    if text and text not in map(str, DETECTORS):
        return answer({"error": f"band: {text!r:.20} given; allowed: 1 to 6"}, 400)
    if not asked.targets:
        return answer({"pixels": None, "missing": "There is no target yet."})
    if why := asked.why_not(ON_THE_SKY):
        return answer({"pixels": None, "missing": f"No preview: {why}."})
    target, band = asked.targets[0], int(text) if text else None
    try:
        return answer(preview(settings.SPHEREX_ARCHIVE, target, asked.options, band))
    except StillWorkingError:
        return answer({"pending": True})
    except ArchiveError as error:
        return answer({"error": f"There is no preview: {error}"}, 422)


@require_POST
def neighbours(request: VisitorRequest) -> JsonResponse:
    """Answer with known sources near the target.

    On a site that does not simulate they are asked of a catalogue service, and only if the
    visitor wants that: ``ask`` is 1.
    """
    targets = so_far(request.POST).targets
    said: dict[str, Any] = {"within": NEIGHBOUR_ARCSEC}
    if not targets:
        return answer(said | {"state": "none"})
    target = targets[0]
    if settings.SPHEREX_ARCHIVE == SIMULATED:
        found = simulated_sources(target.ra_deg, target.dec_deg)
        said["catalogue"] = "the simulated sky"
    elif not catalogues.is_available():
        return answer(said | {"state": "none"})
    elif request.POST.get("ask") != "1":
        return answer(said | {"state": "offered"})
    else:
        said["catalogue"] = "Gaia DR3 and 2MASS"
        try:
            found = catalogues.catalogue_sources(target.ra_deg, target.dec_deg)
        except catalogues.CatalogueError as error:
            return answer(said | {"state": "failed", "message": str(error)})
    return answer(said | {"state": "known"} | around(target.ra_deg, target.dec_deg, found))


def _asked(request: VisitorRequest) -> tuple[SoFar, tuple[Target, ...]]:
    """Return what the form asks for, and its targets: those of a list if one is chosen."""
    asked = so_far(request.POST)
    if not asked.list_id:
        return asked, asked.targets
    return asked, tuple(checked(owned_list(request, asked.list_id)).targets)


def _division(request: VisitorRequest, asked: SoFar) -> dict[str, Any]:
    """Say how many jobs the targets make, or why they make none."""
    if asked.list_id:
        try:
            division = division_of(checked(owned_list(request, asked.list_id)))
        except InvalidInputError as error:
            return {"jobs": 0, "problem": str(error)}
        return {"jobs": len(division.parts)}
    n_targets, most = len(asked.targets), settings.SPHEREX_MAX_TARGETS
    if n_targets > most:
        return {"jobs": 0, "problem": f"targets: {n_targets} given; allowed: at most {most}"}
    return {"jobs": 1}


def _whole_number(text: str, most: int) -> int | None:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) > most:
        return None
    return int(text)
