"""Who is visiting: a signed cookie makes a browser the owner of its jobs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from jobs.models import Job

COOKIE_AGE_SECONDS = 400 * 86400
"""As long as browsers keep any cookie."""
RENEWAL_SECONDS = 30 * 86400
"""A cookie older than this is set again, so that regular visitors never lose theirs."""
CLAIM_AGE_SECONDS = 86400

_COOKIE_SALT = "jobs.visitor"
_CLAIMS = signing.TimestampSigner(salt="jobs.claim")
_VISITOR = re.compile(r"[A-Za-z0-9_-]{22}")


class VisitorRequest(HttpRequest):
    """A request that passed `VisitorMiddleware`."""

    visitor: str


def new_visitor() -> str:
    """Return the unguessable name of a visitor who was never here."""
    return secrets.token_urlsafe(16)


class VisitorMiddleware:
    """Sets ``request.visitor``, and the cookie that keeps it.

    Answers depend on the visitor, so that no cache between may keep them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: VisitorRequest) -> HttpResponseBase:
        """Answer a request."""
        kept = _visitor_of_cookie(request, RENEWAL_SECONDS)
        request.visitor = kept or _visitor_of_cookie(request, COOKIE_AGE_SECONDS) or new_visitor()
        response = self._get_response(request)
        # A view may have made the browser another visitor.
        if request.visitor != kept:
            _set_cookie(response, request.visitor)
        patch_vary_headers(response, ["Cookie"])
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True)
        return response


def _visitor_of_cookie(request: HttpRequest, max_age_seconds: int) -> str | None:
    """Return the visitor that the cookie names, or `None` if it is old or not ours."""
    try:
        name = request.get_signed_cookie(
            settings.VISITOR_COOKIE_NAME, salt=_COOKIE_SALT, max_age=max_age_seconds
        )
    except (KeyError, signing.BadSignature):
        return None
    return name if name and _VISITOR.fullmatch(name) else None


def _set_cookie(response: HttpResponseBase, visitor: str) -> None:
    response.set_signed_cookie(
        settings.VISITOR_COOKIE_NAME,
        visitor,
        salt=_COOKIE_SALT,
        max_age=COOKIE_AGE_SECONDS,
        secure=settings.VISITOR_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def claim_token(job: Job) -> str:
    """Return a text that gives a browser access to a job for a day, as part of an address."""
    return _CLAIMS.sign(f"{job.pk}.{job.owner}")


@require_safe
def claim(request: VisitorRequest, token: str) -> HttpResponse:
    """Let the browser that holds a claim token have its job, and go to the results.

    A browser without jobs becomes the owner of the job. One that has jobs of its own keeps them
    and gets the job in addition.
    """
    try:
        job_id, owner = _CLAIMS.unsign(token, max_age=CLAIM_AGE_SECONDS).split(".")
    except signing.BadSignature as error:
        raise Http404("This link is not valid, or older than a day.") from error
    if request.visitor != owner:
        if Job.objects.owned_by(request.visitor).exists():
            Job.objects.filter(pk=job_id, owner=owner).update(
                owner=request.visitor, submission_key=None
            )
        else:
            request.visitor = owner
    return redirect("results", job_id)
