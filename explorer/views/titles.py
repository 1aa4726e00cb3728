"""Titles of jobs and opened files, changed where they are shown."""

from __future__ import annotations

import logging

from django.db import OperationalError
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from explorer.views.answers import answer
from explorer.views.ownership import owned_job
from jobs.services import rename_job
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_NOT_STORED = (
    "The site can't store the title at the moment: its disk is full or its database is busy. "
    "Try again in a few minutes."
)

log = logging.getLogger(__name__)


@require_POST
def rename(request: VisitorRequest, job_id: str) -> JsonResponse:
    """Give a job of the visitor the title that was typed; answer with it as it is kept."""
    job = owned_job(request, job_id)
    try:
        return answer({"title": rename_job(job, request.POST.get("title", ""))})
    except InvalidInputError as error:
        return answer({"error": str(error)}, 422)
    except OperationalError:
        log.exception("a title could not be stored")
        return answer({"error": _NOT_STORED}, 503)
