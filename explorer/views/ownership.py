"""Visitors see their own jobs, and those that they were let look at."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from explorer.sharing import granted_job
from jobs.models import Job, TargetList
from jobs.visitors import VisitorRequest


def owned_job(request: VisitorRequest, job_id: str) -> Job:
    """Return a job of the visitor; a stranger's job is a 404, as if it did not exist."""
    return get_object_or_404(Job.objects.owned_by(request.visitor), pk=job_id)


def readable_job(request: VisitorRequest, job_id: str) -> Job:
    """Return a job that the visitor may look at: one of their own, or one shared with them."""
    own = Job.objects.owned_by(request.visitor).filter(pk=job_id).first()
    job = own or granted_job(request, job_id)
    if job is None:
        raise Http404("There is no such job.")
    return job


def owned_list(request: VisitorRequest, list_id: str) -> TargetList:
    """Return a list of the visitor; a stranger's list is a 404, as if it did not exist."""
    lists = TargetList.objects.defer("content")
    return get_object_or_404(lists, owner=request.visitor, pk=list_id)
