"""Saving spectra: what a request comes to, the file itself, and its fixed address."""

from __future__ import annotations

import tempfile
from typing import Any, cast

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from explorer.results.channel_means import missing_for_means
from explorer.results.dataset import Dataset
from explorer.results.downloads import Download, has_images, plan_download
from explorer.results.save_request import SaveRequest, parse_save, parse_view_text
from explorer.results.saved_contents import (
    file_columns,
    shown_columns,
    shown_derived,
    shown_rows,
)
from explorer.results.view import View, parse_view
from explorer.sharing import LinkEndedError, LinkError, open_file_token
from explorer.views.answers import answer, asked
from explorer.views.ownership import readable_job
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_IN_MEMORY_BYTES = 8_000_000
"""Larger files wait on disk for the browser."""
_SCRIPT_FIELDS = ("format", "data", "images")


@asked
def download_plan(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Say what would be saved, and what there is to choose from."""
    job = readable_job(request, dataset.job_id)
    choices = _choices(job, dataset, view)
    try:
        download = plan_download(
            job, dataset.index, view, parse_save(body.get("save", {})), _reference(request, dataset)
        )
        sentence, remarks = download.words()
    except InvalidInputError as error:
        return answer({"error": str(error), "choices": choices})
    return answer(
        {
            "sentence": sentence,
            "remarks": remarks,
            "file_name": download.file_name,
            "choices": choices,
        }
    )


@require_POST
def download(request: VisitorRequest, job_id: str, index: int) -> HttpResponseBase:
    """Answer a form with the file that it asks for."""
    job = readable_job(request, job_id)
    fields = {
        name: value
        for name, value in request.POST.items()
        if name not in ("csrfmiddlewaretoken", "view")
    }
    try:
        view = parse_view(parse_view_text(request.POST.get("view", "")))
        return _attachment(request, job, index, view, parse_save(fields))
    except InvalidInputError as error:
        return render(
            request, "results/download_failed.html", {"error": error, "job": job}, status=400
        )


@require_safe
def spectrum_file(request: VisitorRequest, job_id: str, index: int) -> HttpResponseBase:
    """Return a spectrum as it was measured, at an address that scripts can rely on."""
    return _for_script(request, job_id, index, _SCRIPT_FIELDS, {})


@require_safe
def targets_file(request: VisitorRequest, job_id: str) -> HttpResponseBase:
    """Return the list of a job's targets, without spectra, at a fixed address."""
    return _for_script(request, job_id, 0, ("format",), {"what": "list"})


@require_safe
def linked_file(request: HttpRequest, token: str, file_name: str) -> HttpResponseBase:
    """Return the file that a signed link opens, to whoever holds it."""
    try:
        link = open_file_token(token)
    except LinkEndedError as error:
        return _plain(str(error), 410)
    except LinkError as error:
        return _plain(str(error), 404)
    view = parse_view(link.view or {})
    save = SaveRequest(rows="all" if link.view is None else "shown")
    try:
        return _attachment(request, link.job, link.index, view, save)
    except InvalidInputError as error:
        return _plain(str(error), 400)


def _for_script(
    request: VisitorRequest,
    job_id: str,
    index: int,
    allowed: tuple[str, ...],
    fixed: dict[str, Any],
) -> HttpResponseBase:
    job = readable_job(request, job_id)
    try:
        for name in request.GET:
            if name not in allowed:
                raise InvalidInputError(
                    f"{name[:40]!r} is not known; allowed: {', '.join(allowed)}"
                )
        save = parse_save(request.GET.dict() | fixed)
        return _attachment(request, job, index, View(), save)
    except InvalidInputError as error:
        return _plain(f"{error}\n", 400)


def _attachment(
    request: HttpRequest, job: Job, index: int, view: View, save: SaveRequest
) -> HttpResponseBase:
    """Return a file to be saved; it is whole before the first byte is sent."""
    reference = request.build_absolute_uri(reverse("results", args=[job.pk]))
    if index >= job.n_targets:
        raise Http404(f"job {job.pk} has no target {index}")
    try:
        products.folder(job)
        planned = plan_download(job, index, view, save, f"{reference}?target={index}")
        return _written(planned)
    except ProductMissingError as error:
        raise Http404(str(error)) from error


def _written(planned: Download) -> FileResponse:
    # It is closed with the response.
    stream = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        planned.write(cast(Any, stream))
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    response = FileResponse(
        cast(Any, stream),
        as_attachment=True,
        filename=planned.file_name,
        content_type=planned.content_type,
    )
    if planned.is_bundle:
        # It is compressed, and a browser that knows its length shows how far it got.
        response["Content-Encoding"] = "identity"
    return response


def _choices(job: Job, dataset: Dataset, view: View) -> dict[str, Any]:
    """Return what there is to be saved, in numbers, and why something can't be."""
    try:
        n_shown, filter_error = int(shown_rows(dataset, view).size), ""
    except InvalidInputError as error:
        n_shown, filter_error = None, str(error)
    missing = missing_for_means(dataset)
    return {
        "name": dataset.name,
        "n_rows": dataset.n_rows,
        "n_shown": n_shown,
        "filter_error": filter_error,
        "n_columns": len(file_columns(dataset)),
        "n_shown_columns": len(shown_columns(dataset, view)),
        "n_derived": len(view.derived),
        "n_shown_derived": len(shown_derived(view)),
        "n_targets": job.n_targets,
        "names": [str(target["name"]) for target in job.request["targets"]],
        "has_images": has_images(job, dataset.index),
        "averages_need": missing,
    }


def _reference(request: HttpRequest, dataset: Dataset) -> str:
    path = reverse("results", args=[dataset.job_id])
    return f"{request.build_absolute_uri(path)}?target={dataset.index}"


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
