"""Jobs while they wait and run: the list, one job's page, and the parts that renew themselves."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING, HttpResponseClientRedirect

from explorer.job_parts import parts_of
from explorer.progress import progress
from explorer.views.ownership import owned_job
from explorer.views.redirection import PageRequest, go_to
from jobs.models import Job
from jobs.phases import Phase
from jobs.services import cancel_job
from jobs.visitors import VisitorRequest

_JOBS_PER_PAGE = 50


@require_safe
def jobs(request: VisitorRequest) -> HttpResponse:
    """List the visitor's jobs, newest first; say what was submitted a moment ago."""
    context = _page_of_jobs(request)
    if "submitted" in request.GET:
        context["submitted"] = parts_of(
            Job.objects.owned_by(request.visitor).filter(pk=request.GET["submitted"]).first()
        )
    return render(request, "jobs.html", context)


@require_safe
def job_rows(request: VisitorRequest) -> HttpResponse:
    """Return the rows of the list as they are now; polled while a job is active."""
    context = _page_of_jobs(request)
    status = 200 if context["any_active"] else HTMX_STOP_POLLING
    return render(request, "fragments/job_rows.html", context, status=status)


@require_safe
def job(request: VisitorRequest, job_id: str) -> HttpResponse:
    """Show one job; a completed one is its results."""
    shown = owned_job(request, job_id)
    if shown.phase == Phase.COMPLETED:
        return redirect("results", shown.pk)
    return render(request, "job.html", _job_context(shown))


@require_safe
def job_status(request: VisitorRequest, job_id: str) -> HttpResponse:
    """Return the part of a job's page that changes; polled until the job has ended."""
    shown = owned_job(request, job_id)
    if shown.phase == Phase.COMPLETED:
        return HttpResponseClientRedirect(reverse("results", args=[shown.pk]))
    status = 200 if shown.is_active else HTMX_STOP_POLLING
    return render(request, "fragments/job_status.html", _job_context(shown), status=status)


@require_POST
def cancel(request: PageRequest, job_id: str) -> HttpResponse:
    """Cancel a job that has not ended; then show the page the visitor came from."""
    shown = owned_job(request, job_id)
    cancel_job(shown)
    where = reverse("jobs") if "list" in request.POST else reverse("job", args=[shown.pk])
    return go_to(request, where)


def _job_context(shown: Job) -> dict[str, Any]:
    return {"job": shown, "progress": progress(shown), "options": shown.options}


def _page_of_jobs(request: VisitorRequest) -> dict[str, Any]:
    page = Paginator(Job.objects.owned_by(request.visitor), _JOBS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    listed = [{"job": shown, "progress": progress(shown)} for shown in page.object_list]
    return {
        "page": page,
        "listed": listed,
        "any_active": any(shown.is_active for shown in page.object_list),
    }
