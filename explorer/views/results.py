"""The results of a completed job: the page on which a spectrum is looked at."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from explorer.navigation import remember_result
from explorer.results.about import about_context
from explorer.results.cutouts import image_flags
from explorer.results.dataset import Dataset, open_dataset
from explorer.results.target_list import SERIOUS, target_lines
from explorer.views.answers import dataset_of
from explorer.views.ownership import readable_job
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from jobs.visitors import VisitorRequest
from photometry_core.positions import sexagesimal

_PARTS = ("layout", "targets", "compare", "plot", "table", "strip", "flags", "checks", "download")


# Named in the page, since a browser finds the modules of modules only one after the other.
_MODULES = sorted(
    f"js/results/{path.name}" for path in (settings.BASE_FOLDER / "static/js/results").glob("*.js")
)
_ENGINES = {"native": "native", "tractor": "The Tractor"}
_MODELS = {False: "point source", True: "S\u00e9rsic profile"}


@require_safe
@ensure_csrf_cookie
def results(request: VisitorRequest, job_id: str) -> HttpResponse:
    """Show the spectrum of one target of a job, its measurements and their cutouts."""
    job = readable_job(request, job_id)
    if job.phase != Phase.COMPLETED:
        return redirect("job", job.pk)
    index = _number(request, "target", job.n_targets, default=0) or 0
    try:
        dataset = open_dataset(job, index)
    except ProductMissingError:
        return render(request, "results_missing.html", {"job": job}, status=410)
    row = _number(request, "row", dataset.n_rows, default=_first_row(dataset))
    response = render(request, "results.html", _context(job, dataset, row))
    remember_result(response, job)
    return response


@require_safe
def head(request: VisitorRequest, job_id: str, index: int) -> HttpResponse:
    """Return the head of the page for another target."""
    job = readable_job(request, job_id)
    return render(request, "results/head.html", _head(job, dataset_of(request, job_id, index)))


@require_safe
def about(request: VisitorRequest, job_id: str, index: int) -> HttpResponse:
    """Return how a target was measured."""
    job = readable_job(request, job_id)
    context = about_context(job, dataset_of(request, job_id, index))
    return render(request, "results/about.html", {"job": job} | context)


@require_safe
def target_list(request: VisitorRequest, job_id: str) -> HttpResponse:
    """Return the list of the targets of another job."""
    job = readable_job(request, job_id)
    context = {"job": job, "lines": target_lines(job), "index": None}
    return render(request, "results/targets.html", context)


def _number(request: VisitorRequest, name: str, count: int, default: int | None) -> int | None:
    """Return a number from the address, from 0 to below `count`; anything else is a 404."""
    text = request.GET.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) >= count:
        raise Http404(f"{name}: {text!r} does not exist; allowed: 0 to below {count}.")
    return int(text)


def _first_row(dataset: Dataset) -> int | None:
    """Return the row that is selected at first: the first one in the plot."""
    plotted = dataset.is_measured()
    if plotted.any():
        return int(plotted.argmax())
    return 0 if dataset.n_rows else None


def _context(job: Job, dataset: Dataset, row: int | None) -> dict[str, Any]:
    return (
        _head(job, dataset)
        | about_context(job, dataset)
        | {
            "row": row,
            "parts": _PARTS,
            "modules": _MODULES,
            "lines": target_lines(job),
            "image_flags": image_flags(),
            "options": dataset.metadata.get("options"),
        }
    )


def _head(job: Job, dataset: Dataset) -> dict[str, Any]:
    """Return what is always in sight: what was measured, how, from what and when."""
    provenance = dataset.metadata.get("provenance") or {}
    options = dataset.metadata.get("options") or {}
    ra, dec = dataset.target.get("ra_deg"), dataset.target.get("dec_deg")
    sexagesimals = sexagesimal(ra, dec) if ra is not None and dec is not None else ("", "")
    measured = dataset.is_measured()
    n_measured = int(measured.sum())
    n_good = int(np.count_nonzero(dataset.flags()[measured] & SERIOUS == 0))
    return {
        "job": job,
        "dataset": dataset,
        "index": dataset.index,
        "ra_sexagesimal": sexagesimals[0],
        "dec_sexagesimal": sexagesimals[1],
        "n_measured": n_measured,
        "all_flagged": n_measured > 0 and n_good == 0,
        "n_failed": dataset.n_rows - n_measured,
        "releases": dataset.texts("data_collection"),
        "engine": _ENGINES.get(options.get("engine", "")),
        "model": _MODELS[bool(dataset.target.get("profile"))] if options else "",
        "software": provenance.get("software"),
        "created": str(provenance.get("created", ""))[:19].replace("T", " "),
    }
