"""What the tabs of every page show: which is open, what runs, and which result is the latest."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from explorer.views.ownership import readable_job
from jobs.models import ID_PATTERN, Job
from jobs.phases import Phase
from jobs.visitors import VisitorRequest

TABS = {
    "new_job": ("new_job",),
    "jobs": ("jobs", "job"),
    "latest_result": ("latest_result", "results"),
    "upload": ("upload",),
    "help": ("help", "method"),
}
"""Names of the tabs' addresses, and of the pages below each; the first is the tab's own."""

_COOKIE = "last_result"
_COOKIE_SECONDS = 30 * 86400
_KEPT = re.compile(rf"({ID_PATTERN})\.(\d{{1,15}})", re.ASCII)


def open_tab(request: HttpRequest) -> dict[str, str]:
    """Return the value of ``aria-current`` by tab: ``page``, or ``true`` for a page below it."""
    page = request.resolver_match.url_name if request.resolver_match else None
    return {
        tab: "page" if page == pages[0] else "true" for tab, pages in TABS.items() if page in pages
    }


def count_active(request: HttpRequest) -> int:
    """Return how many jobs of the visitor wait or run.

    A browser that came without the cookie has none, and nobody has to be asked. A page that tells
    of a fault of the database has to appear as well: there the answer is 0.
    """
    visitor = getattr(request, "visitor", None)
    if visitor is None or settings.VISITOR_COOKIE_NAME not in request.COOKIES:
        return 0
    try:
        return Job.objects.filter(owner=visitor).active().count()
    except DatabaseError:
        return 0


def remember_result(response: HttpResponse, job: Job) -> None:
    """Have the browser remember that it was shown the results of a job, and when."""
    response.set_cookie(
        _COOKIE,
        f"{job.pk}.{timezone.now().timestamp() * 1000:.0f}",
        max_age=_COOKIE_SECONDS,
        # Nothing else wants to know.
        path=reverse("latest_result"),
        secure=settings.VISITOR_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def latest_result(request: VisitorRequest) -> Job | None:
    """Return the job whose results were looked at last, or one that was completed since then."""
    newest = (
        Job.objects.owned_by(request.visitor)
        .filter(phase=Phase.COMPLETED, ended__isnull=False)
        .order_by("-ended")
        .first()
    )
    viewed, when = _last_viewed(request)
    if viewed is None or when is None:
        return newest
    return newest if newest and newest.ended and newest.ended > when else viewed


def _last_viewed(request: VisitorRequest) -> tuple[Job | None, datetime | None]:
    kept = _KEPT.fullmatch(request.COOKIES.get(_COOKIE, ""))
    if kept is None:
        return None, None
    try:
        job = readable_job(request, kept[1])
        when = datetime.fromtimestamp(int(kept[2]) / 1000, UTC)
    except (Http404, ValueError, OverflowError, OSError):
        return None, None
    return (job, when) if job.phase == Phase.COMPLETED else (None, None)
