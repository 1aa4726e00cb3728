"""Lists of targets: taken, summed up, deleted, and submitted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from explorer.fetching import fetch
from explorer.forms import JobForm, default_list_title
from explorer.list_form import ListForm
from explorer.list_summary import intake_context, summary_of
from explorer.upload_limit import is_too_large
from explorer.views.ownership import owned_list
from explorer.views.redirection import PageRequest, go_to
from jobs.models import Job, TargetList
from jobs.target_lists import leave_out_bad, open_list, submit_list
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_NOT_STORED = (
    "The site can't store lists at the moment: its disk is full or its database is busy. "
    "Try again in a few minutes."
)

log = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: PageRequest) -> HttpResponse:
    """Take a list and go to the start page with it; without scripts also the page that asks."""
    if request.method != "POST":
        return _page(request, None, 200)
    form = ListForm(request.POST, request.FILES)
    if is_too_large(request):
        form.refuse_size()
        return _page(request, form, 413)
    status = 422
    if form.is_valid():
        try:
            target_list = _opened(request, form)
        except InvalidInputError as error:
            form.add_error(form.source, str(error))
        except (OperationalError, OSError):
            log.exception("a list could not be stored")
            form.add_error(form.source, _NOT_STORED)
            status = 503
        else:
            return _go(request, target_list)
    return _page(request, form, status)


def _opened(request: VisitorRequest, form: ListForm) -> TargetList:
    """Read what a valid form has."""
    pieces: Iterable[bytes]
    if form.source == "url":
        fetched = fetch(form.cleaned_data["url"])
        name, pieces = fetched.name, [fetched.content]
    else:
        name, pieces = form.pieces()
    return open_list(owner=request.visitor, file_name=name, source=form.source, pieces=pieces)


@require_safe
def summary(request: VisitorRequest, list_id: str) -> HttpResponse:
    """Return what the page says about a list; asked again whenever the list was changed."""
    shown = summary_of(owned_list(request, list_id))
    return render(request, "start/list_summary.html", {"summary": shown})


def _storing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view that says so if nothing can be stored at the moment."""

    @wraps(view)
    def answering(request: PageRequest, list_id: str) -> HttpResponse:
        try:
            return view(request, list_id)
        except OperationalError:
            log.exception("a list could not be changed")
            return HttpResponse(_NOT_STORED, status=503, content_type="text/plain; charset=utf-8")

    return answering


@require_POST
@_storing
def delete(request: PageRequest, list_id: str) -> HttpResponse:
    """Delete a list of the visitor; jobs that were made of it stay."""
    owned_list(request, list_id).delete()
    if request.htmx:
        return HttpResponse(status=204)
    in_use = TargetList.objects.filter(owner=request.visitor, pk=request.POST.get("in_use", ""))
    return _go(request, in_use.first())


@require_POST
@_storing
def leave_out(request: PageRequest, list_id: str) -> HttpResponse:
    """Leave out every row of a list that can't be measured as it is."""
    target_list = owned_list(request, list_id)
    leave_out_bad(target_list)
    return _go(request, target_list)


def submit(request: VisitorRequest, form: JobForm, list_id: str) -> HttpResponse:
    """Queue the jobs of a list, and go to the job, or to the list of jobs if there are several.

    Parameters
    ----------
    request
        Of the visitor.
    form
        The valid form, for the options and the title.
    list_id
        Of the visitor's list.

    Raises
    ------
    Http404
        The visitor has no such list.
    InvalidInputError
        As in `jobs.target_lists.submit_list`.
    """
    target_list = owned_list(request, list_id)
    values = form.cleaned_data
    jobs = submit_list(
        target_list=target_list,
        title=values.get("title") or default_list_title(target_list.name, form.options()),
        options=form.options(),
        archive=settings.SPHEREX_ARCHIVE,
        submission_key=values["submission_key"],
    )
    return redirect(where_to_see(jobs))


def where_to_see(jobs: list[Job]) -> str:
    """Return the address that shows what was submitted."""
    if len(jobs) == 1:
        return reverse("job", args=[jobs[0].pk])
    return f"{reverse('jobs')}?{urlencode({'submitted': jobs[0].pk})}"


def _go(request: PageRequest, target_list: TargetList | None) -> HttpResponse:
    """Go to the start page with a list, or to where it asks for one."""
    query = {"list": target_list.pk} if target_list else {"mode": "multi"}
    where = f"{reverse('new_job')}?{urlencode(query)}"
    return go_to(request, where)


def _page(request: PageRequest, form: ListForm | None, status: int) -> HttpResponse:
    context: dict[str, Any] = intake_context(request.visitor, None)
    if form is not None:
        context |= {
            "list_errors": {name: form.errors[name] for name in form.fields if name in form.errors},
            "typed_text": form.data.get("text", ""),
            "typed_url": form.data.get("url", ""),
        }
    return render(request, "lists.html", context, status=status)
