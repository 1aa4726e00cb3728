"""Links that open results to others: signed, readable without our cookie, revocable by the owner.

A link to look at a job's results has no end but the owner's word; a link to a file ends by itself.
Every link holds the number of times that the owner has revoked the links of its job: one more,
and all earlier links are void.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from jobs.models import Job

SAMP_LINK = timedelta(minutes=15)
"""How long programs on the desktop have to fetch a file."""
SNIPPET_LINK = timedelta(days=7)
"""How long a copied script finds its file."""
GRANT_AGE_SECONDS = 90 * 86400
MOST_GRANTS = 20
MOST_LINK_CHARACTERS = 6000
"""Longer addresses are refused somewhere on the way."""

_SHARE_SALT = "explorer.share"
_FILE_SALT = "explorer.file"
_GRANT_SALT = "explorer.grant"
_REVOKED = "links_revoked"


class LinkError(Exception):
    """A link is not ours, or was revoked."""


class LinkEndedError(LinkError):
    """A link to a file has ended; the text says when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLink:
    """What a link to a file opens.

    Parameters
    ----------
    job
        The job.
    index
        The target.
    until
        When the link ends.
    view
        How the spectrum is looked at, as JSON; `None` is the whole of it.
    """

    job: Job
    index: int
    until: datetime
    view: dict[str, Any] | None


def share_token(jobs: Sequence[Job]) -> str:
    """Return a token that lets its holders look at jobs; they are led to the first."""
    return signing.dumps([[job.pk, _times_revoked(job)] for job in jobs], salt=_SHARE_SALT)


def shared_jobs(token: str) -> list[Job]:
    """Return the jobs that a token opens, without those whose links were revoked.

    Raises
    ------
    LinkError
        The token is not ours, or opens nothing any more.
    """
    try:
        pairs = signing.loads(token, salt=_SHARE_SALT)
    except signing.BadSignature as error:
        raise LinkError("This link is not valid.") from error
    jobs = [job for job_id, revoked in pairs if (job := _open(job_id, revoked)) is not None]
    if not jobs or jobs[0].pk != pairs[0][0]:
        raise LinkError("This link was revoked by the owner of the job.")
    return jobs


def file_token(
    job: Job, index: int, valid: timedelta, view: dict[str, Any] | None = None
) -> tuple[str, datetime]:
    """Return a token that opens the spectrum of a target as a file, and when it ends."""
    until = (datetime.now(UTC) + valid).replace(microsecond=0)
    content = {
        "job": job.pk,
        "revoked": _times_revoked(job),
        "target": index,
        "until": int(until.timestamp()),
        "view": view,
    }
    return signing.dumps(content, salt=_FILE_SALT, compress=True), until


def open_file_token(token: str) -> FileLink:
    """Return what a token opens.

    Raises
    ------
    LinkEndedError
        It has ended.
    LinkError
        It is not ours, or was revoked.
    """
    try:
        content = signing.loads(token, salt=_FILE_SALT)
    except signing.BadSignature as error:
        raise LinkError("This link is not valid.") from error
    until = datetime.fromtimestamp(content["until"], UTC)
    if datetime.now(UTC) > until:
        raise LinkEndedError(
            f"This link worked until {until:%Y-%m-%d %H:%M} UTC. The results page makes another."
        )
    job = _open(content["job"], content["revoked"])
    if job is None:
        raise LinkError("This link was revoked by the owner of the job.")
    return FileLink(job=job, index=content["target"], until=until, view=content["view"])


def revoke_links(job: Job) -> None:
    """Make every link to a job void, and take back what earlier ones granted."""
    with transaction.atomic():
        fresh = Job.objects.select_for_update().get(pk=job.pk)
        fresh.request = {**fresh.request, _REVOKED: _times_revoked(fresh) + 1}
        fresh.save(update_fields=["request"])


def granted_job(request: HttpRequest, job_id: str) -> Job | None:
    """Return a job that somebody let this browser look at; `None` if nobody did."""
    revoked = _grants(request).get(job_id)
    return None if revoked is None else _open(job_id, revoked)


def grant(request: HttpRequest, response: HttpResponseBase, jobs: Iterable[Job]) -> None:
    """Let the browser that gets a response look at jobs, besides those that it was let before.

    The cookie holds the latest `MOST_GRANTS` of them.
    """
    grants = _grants(request)
    for job in jobs:
        grants.pop(job.pk, None)
        grants[job.pk] = _times_revoked(job)
    latest = list(grants.items())[-MOST_GRANTS:]
    response.set_signed_cookie(
        settings.SHARED_COOKIE_NAME,
        "~".join(f"{job_id}.{revoked}" for job_id, revoked in latest),
        salt=_GRANT_SALT,
        max_age=GRANT_AGE_SECONDS,
        secure=settings.VISITOR_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _grants(request: HttpRequest) -> dict[str, int]:
    """Return the jobs that the cookie lets look at, the latest last."""
    try:
        text = request.get_signed_cookie(
            settings.SHARED_COOKIE_NAME, salt=_GRANT_SALT, max_age=GRANT_AGE_SECONDS
        )
    except (KeyError, signing.BadSignature):
        return {}
    pairs = (part.rpartition(".") for part in (text or "").split("~") if part)
    return {job_id: int(revoked) for job_id, _, revoked in pairs}


def _times_revoked(job: Job) -> int:
    return int(job.request.get(_REVOKED, 0))


def _open(job_id: str, revoked: int) -> Job | None:
    job = Job.objects.filter(pk=job_id).first()
    return job if job is not None and _times_revoked(job) == revoked else None
