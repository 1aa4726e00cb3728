"""Requests of htmx, and where a browser goes after a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from jobs.visitors import VisitorRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class PageRequest(VisitorRequest):
    """A request that passed the middleware of htmx, too."""

    htmx: HtmxDetails


def go_to(request: PageRequest, where: str) -> HttpResponse:
    """Send a browser to another page of the site, also one whose htmx would show it in this page.

    Parameters
    ----------
    request
        That changed something.
    where
        The address of the page.
    """
    if request.htmx:
        return HttpResponseClientRedirect(where)
    # Whatever the method was, the page is asked for by GET.
    return HttpResponseRedirect(where, status=303)
