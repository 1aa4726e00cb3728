"""The results of a completed job: plot, table and cutouts of one target, and its file."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from explorer import measurements
from explorer.bands import BANDS
from explorer.charts import spectrum_plot
from explorer.cutouts import cutouts_json
from explorer.times import format_mjd
from explorer.views.ownership import owned_job
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from jobs.visitors import VisitorRequest
from photometry_core.positions import sexagesimal
from photometry_core.spectrum import Spectrum

_MAX_CUTOUTS = 30
_MAX_FAILURES_LISTED = 50


@require_safe
def results(request: VisitorRequest, job_id: str) -> HttpResponse:
    """Show the spectrum of one target of a job, its measurements and their cutouts."""
    job = owned_job(request, job_id)
    if job.phase != Phase.COMPLETED:
        return redirect("job", job.pk)
    index = _number(request, "target", job.n_targets, default=0)
    try:
        spectrum = products.spectrum(job, index)
    except ProductMissingError:
        return render(request, "results_missing.html", {"job": job}, status=410)
    row = _number(request, "row", spectrum.n_found, default=_first_row(spectrum))
    page = _number(
        request, "page", _n_pages(spectrum), default=(row or 0) // measurements.PAGE_SIZE
    )
    return render(
        request,
        "results.html",
        _results_context(job, index, spectrum, row) | _table_context(job, index, spectrum, page),
    )


@require_safe
def table_page(request: VisitorRequest, job_id: str, index: int) -> HttpResponse:
    """Return one page of the table of measurements."""
    job = owned_job(request, job_id)
    spectrum = _spectrum(job, index)
    page = _number(request, "page", _n_pages(spectrum), default=0)
    context = {"job": job, "selected_row": None} | _table_context(job, index, spectrum, page)
    return render(request, "fragments/table.html", context)


@require_safe
def plot(request: VisitorRequest, job_id: str, index: int) -> JsonResponse:
    """Return the plot of a spectrum."""
    return _json(spectrum_plot(_spectrum(owned_job(request, job_id), index)))


@require_safe
def cutouts(request: VisitorRequest, job_id: str, index: int) -> JsonResponse:
    """Return the pixels and captions of the cutouts of some rows."""
    job = owned_job(request, job_id)
    spectrum = _spectrum(job, index)
    text = request.GET.get("rows", "")
    if not re.fullmatch(r"\d{1,9}(,\d{1,9})*", text, re.ASCII):
        return _json({"error": "rows: give row numbers separated by commas"}, status=400)
    rows = [int(part) for part in text.split(",")]
    if len(rows) > _MAX_CUTOUTS:
        message = f"rows: {len(rows)} given; allowed: at most {_MAX_CUTOUTS}"
        return _json({"error": message}, status=400)
    if max(rows) >= spectrum.n_found:
        raise Http404(f"Row {max(rows)} does not exist: there are {spectrum.n_found} rows.")
    return _json({"cutouts": cutouts_json(spectrum, products.stamps(job, index, rows), rows)})


@require_safe
def download_votable(request: VisitorRequest, job_id: str, index: int) -> HttpResponse:
    """Return the saved spectrum as a VOTable."""
    job = owned_job(request, job_id)
    try:
        download = products.open_download(job, index)
    except ProductMissingError as error:
        raise Http404(str(error)) from error
    disposition = content_disposition_header(as_attachment=True, filename=download.file_name)
    return HttpResponse(
        download.content,
        content_type=download.content_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )


def _spectrum(job: Job, index: int) -> Spectrum:
    try:
        return products.spectrum(job, index)
    except ProductMissingError as error:
        raise Http404(str(error)) from error


def _number(request: VisitorRequest, name: str, count: int, default: int) -> int:
    """Return a number from the address, from 0 to below `count`; anything else is a 404."""
    text = request.GET.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) >= count:
        raise Http404(f"{name}: {text!r} does not exist; allowed: 0 to below {count}.")
    return int(text)


def _n_pages(spectrum: Spectrum) -> int:
    return max(1, -(-spectrum.n_found // measurements.PAGE_SIZE))


def _first_row(spectrum: Spectrum) -> int:
    """Return the row that is selected at first: the first one in the plot."""
    plotted = measurements.is_measured(spectrum)
    return int(plotted.argmax()) if plotted.any() else 0


def _table_context(job: Job, index: int, spectrum: Spectrum, page: int) -> dict[str, Any]:
    return {
        "index": index,
        "n_found": spectrum.n_found,
        "headings": measurements.HEADINGS,
        "rows": measurements.rows(spectrum, page),
        "page": page,
        "pages": range(_n_pages(spectrum)),
        "last_page": _n_pages(spectrum) - 1,
        "page_size": measurements.PAGE_SIZE,
    }


def _results_context(job: Job, index: int, spectrum: Spectrum, row: int) -> dict[str, Any]:
    target = spectrum.target
    ra, dec = sexagesimal(target.ra_deg, target.dec_deg)
    plotted = measurements.is_measured(spectrum)
    failures = [
        {"row": number, "reason": str(spectrum.table["reason"][number])}
        for number in (~plotted).nonzero()[0].tolist()
    ]
    releases = sorted({str(name) for name in spectrum.table["data_collection"]})
    start, end = spectrum.options.mjd_range
    return {
        "job": job,
        "target": target,
        "other_targets": list(enumerate(job.targets)) if job.n_targets > 1 else [],
        "ra_sexagesimal": ra,
        "dec_sexagesimal": dec,
        "spectrum": spectrum,
        "options": spectrum.options,
        "provenance": spectrum.provenance,
        "created": spectrum.provenance.created[:19].replace("T", " "),
        "releases": releases,
        "time_start": None if start is None else format_mjd(start),
        "time_end": None if end is None else format_mjd(end),
        "bands": [band for band in BANDS if band.detector in spectrum.options.detectors],
        "failures": failures[:_MAX_FAILURES_LISTED],
        "n_failures": len(failures),
        "n_plotted": int(plotted.sum()),
        "selected_row": row if spectrum.n_found else None,
    }


def _json(values: dict[str, Any], status: int = 200) -> JsonResponse:
    # NaN is no JSON: a browser would refuse the whole answer.
    return JsonResponse(values, status=status, json_dumps_params={"allow_nan": False})
