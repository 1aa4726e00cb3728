"""The results of a completed job: the page on which a spectrum is looked at."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from explorer.results.dataset import Dataset, open_dataset
from explorer.views.ownership import readable_job
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from jobs.visitors import VisitorRequest

_PARTS = ("layout", "targets", "compare", "plot", "table", "strip", "flags", "checks", "download")


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
    return render(request, "results.html", _context(job, dataset, row))


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
    return {"job": job, "dataset": dataset, "index": dataset.index, "row": row, "parts": _PARTS}
