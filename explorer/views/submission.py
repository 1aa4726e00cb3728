"""The form for a new job, and what it says while somebody types."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from explorer.bands import BANDS
from explorer.forms import JobForm, default_title, new_submission_key
from explorer.names import ResolverUnreachableError, locate
from explorer.sky.surveys import with_sky
from explorer.times import parse_time
from explorer.views.ownership import owned_job
from jobs.models import Job
from jobs.services import submit_job
from jobs.visitors import VisitorRequest
from photometry_core.archive import SIMULATED
from photometry_core.errors import InvalidInputError
from photometry_core.positions import sexagesimal
from photometry_core.types import DETECTORS, MeasureOptions, Target

_POSITION_EXAMPLES = (
    "12.34 34.89",
    "46.53 -0.251 gal",
    "19h17m32s 11d58m02s",
    "12.3 8.5 b1950",
    "J140258.51+542318.3",
)
_NOT_STORED = (
    "The site can't store jobs at the moment: its disk is full or its database is busy. "
    "Nothing was submitted; try again in a few minutes."
)

log = logging.getLogger(__name__)


@with_sky
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: VisitorRequest) -> HttpResponse:
    """Show the form; take a submission."""
    if request.method != "POST":
        form = JobForm(initial=_initial(request))
        return render(request, "new_job.html", _context(form))
    form = JobForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            job = submit_job(
                owner=request.visitor,
                title=form.job_title(),
                targets=[form.cleaned_data["target"]],
                options=form.options(),
                archive=settings.SPHEREX_ARCHIVE,
                submission_key=form.cleaned_data["submission_key"],
            )
        except InvalidInputError as error:
            form.add_error(None, str(error))
        except OperationalError:
            log.exception("a job could not be stored")
            form.add_error(None, _NOT_STORED)
            status = 503
        else:
            return redirect("job", job.pk)
    return render(request, "new_job.html", _context(form), status=status)


@require_safe
def position_feedback(request: VisitorRequest) -> HttpResponse:
    """Say how the text in the target's box is understood."""
    text = request.GET.get("target", "")[:300]
    context: dict[str, Any] = {"default_title": default_title("", _options_so_far(request))}
    if text.strip():
        try:
            located = locate(text)
        except InvalidInputError as error:
            context["error"] = str(error)
        except ResolverUnreachableError as error:
            context["unreachable"] = str(error)
        else:
            ra, dec = sexagesimal(located.ra_deg, located.dec_deg)
            context |= {
                "located": located,
                "ra_sexagesimal": ra,
                "dec_sexagesimal": dec,
                "default_title": default_title(located.name, _options_so_far(request)),
            }
    return render(request, "fragments/position.html", context)


@require_safe
def time_feedback(request: VisitorRequest) -> HttpResponse:
    """Say how one end of the time range is understood, in both notations."""
    text = request.GET.get("time_start") or request.GET.get("time_end") or ""
    context: dict[str, Any] = {}
    if text.strip():
        try:
            context["time"] = parse_time(text[:100])
        except InvalidInputError as error:
            context["error"] = str(error)
    return render(request, "fragments/time.html", context)


def _options_so_far(request: VisitorRequest) -> MeasureOptions:
    """Return the options as far as they are valid, for the title that would be made of them."""
    form = JobForm({**request.GET.dict(), "bands": request.GET.getlist("bands"), "target": "0 0"})
    form.fields["submission_key"].required = False
    form.full_clean()
    values = form.cleaned_data
    return MeasureOptions(
        detectors=tuple(sorted(values.get("bands") or DETECTORS)),
        mjd_range=(values.get("time_start"), values.get("time_end")),
        background_size_pix=values.get("background_size") or MeasureOptions().background_size_pix,
    )


def _initial(request: VisitorRequest) -> dict[str, Any]:
    """Return what the form starts with: nothing, a target in the address, or an earlier job."""
    if "from" in request.GET:
        return _initial_of(owned_job(request, request.GET["from"]))
    return {"target": request.GET.get("target", "")[:200]}


def _initial_of(job: Job) -> dict[str, Any]:
    if job.is_upload:
        raise Http404("An uploaded file was not measured here and can't be edited.")
    target, options = job.targets[0], job.options
    start, end = options.mjd_range
    return {
        "target": _text_of(target),
        "bands": [] if options.detectors == DETECTORS else list(options.detectors),
        "time_start": "" if start is None else repr(start),
        "time_end": "" if end is None else repr(end),
        "background_size": options.background_size_pix,
    }


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


def _context(form: JobForm) -> dict[str, Any]:
    if form.is_bound and "submission_key" in form.errors:
        # The page was tampered with or is very old: a new key, and the form can be sent again.
        data = QueryDict(mutable=True)
        data.update(form.data)
        data["submission_key"] = new_submission_key()
        form.data = data
    return {
        "form": form,
        "bands": BANDS,
        "examples": _POSITION_EXAMPLES,
        "named_examples": _named_examples(),
        "chosen_bands": [str(value) for value in form["bands"].value() or []],
        "default_title": default_title("", MeasureOptions()),
    }


def _named_examples() -> list[Any]:
    """Return objects whose names are certain to be known."""
    if settings.SPHEREX_ARCHIVE != SIMULATED:
        return []
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.names import NAMED

    # The first of each kind: a galaxy, a brown dwarf, a quasar, ...
    return list({source.kind: source for source in reversed(NAMED)}.values())[::-1]
