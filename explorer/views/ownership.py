"""Visitors see their own jobs only."""

from django.shortcuts import get_object_or_404

from jobs.models import Job
from jobs.visitors import VisitorRequest


def owned_job(request: VisitorRequest, job_id: str) -> Job:
    """Return a job of the visitor; a stranger's job is a 404, as if it did not exist."""
    return get_object_or_404(Job.objects.owned_by(request.visitor), pk=job_id)


def readable_job(request: VisitorRequest, job_id: str) -> Job:
    """Return a job that the visitor may look at: one of their own."""
    return owned_job(request, job_id)
