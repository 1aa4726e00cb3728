"""The page that opens saved spectra again, and the end of what was opened."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from explorer.upload_form import UploadForm
from explorer.upload_limit import is_too_large
from explorer.views.ownership import owned_job
from explorer.views.redirection import PageRequest, go_to
from jobs.uploads import delete_upload, open_upload
from photometry_core.errors import ForeignFileError, InvalidInputError
from photometry_core.foreign_tables.limits import (
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_ROWS,
    MAX_SPECTRA,
)

_NOT_STORED = (
    "The site can't store files at the moment: its disk is full or its database is busy. "
    "Try again in a few minutes."
)

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PageRequest) -> HttpResponse:
    """Show the form; open a file, and go to its results."""
    if request.method != "POST":
        return _page(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    asked: dict[str, list[str]] = {}
    status = 422
    if is_too_large(request):
        form.refuse_size()
    elif form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = open_upload(
                owner=request.visitor,
                file_name=file.name,
                pieces=file.chunks(),
                answers=form.answers(),
            )
        except ForeignFileError as error:
            asked = error.questions
            form.add_error(None, str(error))
        except InvalidInputError as error:
            form.add_error(None, str(error))
        except (OperationalError, OSError):
            log.exception("a file could not be stored")
            form.add_error(None, _NOT_STORED)
            status = 503
        else:
            return go_to(request, reverse("results", args=[job.pk]))
    return _page(request, form, asked, status)


@require_POST
def delete(request: PageRequest, job_id: str) -> HttpResponse:
    """Delete an opened file of the visitor; measured jobs are left alone."""
    delete_upload(owned_job(request, job_id))
    return go_to(request, reverse("jobs"))


def _page(
    request: PageRequest,
    form: UploadForm,
    asked: dict[str, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "questions": form.questions(asked or {}),
        "is_asked": bool(asked),
        "most_mb": MAX_FILE_BYTES // 1_000_000,
        "most_bytes": MAX_FILE_BYTES,
        "most_rows": f"{MAX_ROWS:,}",
        "most_columns": MAX_COLUMNS,
        "most_spectra": MAX_SPECTRA,
    }
    return render(request, "upload.html", context, status=status)
