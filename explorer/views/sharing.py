"""Links for others: to look at results, and for programs and scripts to fetch a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from explorer.results.dataset import Dataset
from explorer.results.file_names import spectrum_stem
from explorer.results.saved_contents import shown_rows
from explorer.results.snippets import needs_server, script_of
from explorer.results.view import View
from explorer.sharing import (
    MOST_GRANTS,
    MOST_LINK_CHARACTERS,
    SAMP_LINK,
    SNIPPET_LINK,
    LinkError,
    file_token,
    grant,
    revoke_links,
    share_token,
    shared_jobs,
)
from explorer.views.answers import answer, asked
from explorer.views.ownership import owned_job, readable_job
from jobs.models import Job
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_EXTENSION = ".vot"
_FILTERED = ("filters", "sql", "mask", "derived", "x", "channel")
"""Fields of a view that decide which rows are shown."""


@require_POST
def share(request: VisitorRequest, job_id: str) -> HttpResponseBase:
    """Give the owner of a job a link with which anybody can look at it.

    The form may name other jobs as ``also``, those that are compared with it; the ones that are
    theirs are opened too.
    """
    job = owned_job(request, job_id)
    also = request.POST.getlist("also")[: MOST_GRANTS - 1]
    others = Job.objects.owned_by(request.visitor).filter(pk__in=also).exclude(pk=job.pk)
    return answer({"path": reverse("shared", args=[share_token([job, *others])])})


@require_POST
def revoke(request: VisitorRequest, job_id: str) -> HttpResponseBase:
    """Make all links to a job void."""
    revoke_links(owned_job(request, job_id))
    return answer({})


@require_safe
def shared(request: VisitorRequest, token: str) -> HttpResponseBase:
    """Let the browser that holds a link look at a job, and go to its results.

    The address is kept: its query here, its fragment by the browser.
    """
    try:
        jobs = shared_jobs(token)
    except LinkError as error:
        raise Http404(str(error)) from error
    query = request.META.get("QUERY_STRING", "")
    address = reverse("results", args=[jobs[0].pk]) + (f"?{query}" if query else "")
    response = redirect(address)
    grant(request, response, (job for job in jobs if job.owner != request.visitor))
    return response


@asked
def file_links(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return addresses of the spectrum that work without our cookie, for a while."""
    job = readable_job(request, dataset.job_id)
    rows = shown_rows(dataset, view)
    name = f"{spectrum_stem(dataset)}{_EXTENSION}"
    if body.get("purpose") == "samp":
        token, until = file_token(job, dataset.index, SAMP_LINK)
        return answer(
            {
                "address": _address(request, token, name),
                "until": until.isoformat(),
                "name": dataset.name,
            }
        )
    by_server = needs_server(dataset, view)
    kept = {field: body["view"][field] for field in _FILTERED if field in body.get("view", {})}
    token, until = file_token(job, dataset.index, SNIPPET_LINK, kept if by_server else None)
    if by_server:
        name = f"{spectrum_stem(dataset)}_filtered{_EXTENSION}"
    script = script_of(dataset, view, _address(request, token, name), name, until, int(rows.size))
    return answer({"python": script.python, "curl": script.curl, "until": until.isoformat()})


def _address(request: HttpRequest, token: str, name: str) -> str:
    address = request.build_absolute_uri(reverse("linked_file", args=[token, name]))
    if len(address) > MOST_LINK_CHARACTERS:
        raise InvalidInputError(
            "The filters are too long for a link. Save the shown rows as a file instead."
        )
    return address
