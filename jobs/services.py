"""What can be done with jobs: submit, rename, cancel, and let fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs import scheduling
from jobs.errors import Failure, LimitError
from jobs.models import Job, TargetList, request_of
from jobs.phases import TRANSITIONS, Phase, move
from photometry_core import __version__
from photometry_core.errors import InvalidInputError
from photometry_core.types import MeasureOptions, Target

SOFTWARE = f"SPHEREx Explorer {__version__}"
TITLE_LENGTH = 200
"""The most characters of a title."""
_ABORTABLE = [origin for origin, following in TRANSITIONS.items() if Phase.ABORTED in following]
_CAN_FAIL = [origin for origin, following in TRANSITIONS.items() if Phase.ERROR in following]


def submit_job(
    *,
    owner: str,
    title: str,
    targets: Sequence[Target],
    options: MeasureOptions,
    archive: str,
    submission_key: str | None = None,
) -> Job:
    """Queue a job.

    Parameters
    ----------
    owner
        The visitor.
    title
        What the owner calls it.
    targets
        At least one.
    options
        What to measure, and how.
    archive
        Name of the archive.
    submission_key
        If the owner submitted the same request with the same key before (a double click, a
        repeated POST), that job is returned and none is made.

    Raises
    ------
    LimitError
        Too many targets, or too many unfinished jobs.
    InvalidInputError
        No target, or a title that is too long.
    """
    [job] = submit_parts(
        owner=owner,
        title=title,
        parts=[targets],
        options=options,
        archive=archive,
        submission_key=submission_key,
    )
    return job


def submit_parts(
    *,
    owner: str,
    title: str,
    parts: Sequence[Sequence[Target]],
    options: MeasureOptions,
    archive: str,
    submission_key: str | None = None,
    target_list: TargetList | None = None,
) -> list[Job]:
    """Queue several jobs that belong together: all of them, or none.

    Parameters
    ----------
    owner, title, options, archive, submission_key
        As in `submit_job`; each title says which part it is of how many.
    parts
        The targets of each job.
    target_list
        The list that the targets are from, if they are from one.

    Raises
    ------
    LimitError
        Too many targets in a part, or too many unfinished jobs.
    InvalidInputError
        No target, or a title that is too long.
    """
    titles = _titles(title, len(parts))
    for targets in parts:
        _check_targets(targets)
    requests = [request_of(list(targets), options, SOFTWARE) for targets in parts]
    keys = _keys(submission_key, [titles, archive, requests])
    now = timezone.now()
    try:
        with transaction.atomic():
            if earlier := _submitted(owner, keys):
                return earlier
            _check_number(owner, len(parts))
            jobs = [
                Job.objects.create(
                    owner=owner,
                    submission_key=keys[number],
                    title=titles[number],
                    phase=Phase.QUEUED,
                    archive=archive,
                    request=requests[number],
                    n_targets=len(targets),
                    created=now,
                    target_list=target_list,
                    part=number + 1,
                    n_parts=len(parts),
                )
                for number, targets in enumerate(parts)
            ]
            for job in jobs:
                # Should the process die in between, the sweeper announces the job.
                transaction.on_commit(partial(scheduling.announce_search, job.pk))
    except IntegrityError:
        # The other click of the two was faster.
        if earlier := _submitted(owner, keys):
            return earlier
        raise
    return jobs


def rename_job(job: Job, title: str) -> str:
    """Give a job another title.

    Products that are saved already keep the title they were saved with: they say what was true
    when they were made, and nothing is found by it. Files made from now on have the new one.

    Parameters
    ----------
    job
        Any job, whatever its phase.
    title
        What the owner calls it from now on.

    Returns
    -------
    str
        The title as it is kept: in one line, without control characters.

    Raises
    ------
    InvalidInputError
        It is empty or too long.
    """
    title = _checked_title(title)
    if not title:
        raise InvalidInputError(
            f"title: empty; allowed: 1 to {TITLE_LENGTH} characters that can be seen"
        )
    Job.objects.filter(pk=job.pk).update(title=title)
    job.title = title
    return title


def cancel_job(job: Job) -> bool:
    """Cancel a job; workers notice it between exposures.

    Returns
    -------
    bool
        Whether it was active.
    """
    return _end(job.pk, _ABORTABLE, Phase.ABORTED)


def fail_job(job_id: str, failure: Failure) -> bool:
    """End a job without a product.

    Returns
    -------
    bool
        Whether it was active.
    """
    return _end(
        job_id,
        _CAN_FAIL,
        Phase.ERROR,
        error_kind=failure.kind,
        error_message=failure.message,
    )


def _end(job_id: str, origins: Sequence[Phase], destination: Phase, **values: str) -> bool:
    job = Job.objects.filter(pk=job_id)
    # The phase may move on between two of these updates, but only along the order of `origins`.
    return any(move(job, origin, destination, **values) for origin in origins)


def _titles(title: str, n_parts: int) -> list[str]:
    """Return the title of each part, in one line."""
    title = _checked_title(title)
    if n_parts == 1:
        return [title]
    titles = [f"{title} ({part} of {n_parts})" for part in range(1, n_parts + 1)]
    room = TITLE_LENGTH - len(titles[-1]) + len(title)
    if len(title) > room:
        raise InvalidInputError(f"title: {len(title)} characters given; allowed: at most {room}")
    return titles


def _keys(submission_key: str | None, request: list[Any]) -> list[str | None]:
    """Return what the jobs of a submission are known by, if it is made again."""
    titles = request[0]
    if not submission_key:
        return [None] * len(titles)
    # The request is part of the key: going back and changing the form is a new submission.
    whole = json.dumps([submission_key, *request]).encode()
    return [
        hashlib.sha256(b"%d " % number + hashlib.sha256(whole).digest()).hexdigest()
        for number in range(len(titles))
    ]


def _submitted(owner: str, keys: list[str | None]) -> list[Job]:
    """Return the jobs of a submission that was made before; none if it was not."""
    if None in keys:
        return []
    found = Job.objects.filter(owner=owner, submission_key__in=keys).order_by("part")
    return list(found)


def _check_number(owner: str, n_parts: int) -> None:
    most = settings.SPHEREX_MAX_ACTIVE_JOBS
    unfinished = Job.objects.filter(owner=owner).active().count()
    if unfinished + n_parts <= most:
        return
    if n_parts == 1:
        raise LimitError(
            f"jobs: {unfinished} of your jobs are not finished yet, and no more than {most} are "
            "allowed; wait for one, or cancel one"
        )
    raise LimitError(
        f"jobs: this list needs {n_parts} jobs, and {unfinished} of your jobs are not finished "
        f"yet; allowed: at most {most} unfinished jobs. None was submitted; "
        + (
            "wait until others are finished, or cancel some"
            if n_parts <= most
            else f"leave rows out, so that it needs at most {most} jobs, which take up to "
            f"{settings.SPHEREX_MAX_TARGETS:,} targets each, and submit those first"
        )
    )


def _checked_title(title: str) -> str:
    """Return a title in one line, without characters that can't be seen."""
    # Joiners can't be seen either, but make one sign of several.
    shown = "".join(one if one.isprintable() or one in "\u200c\u200d" else " " for one in title)
    title = " ".join(shown.split())
    if len(title) > TITLE_LENGTH:
        raise InvalidInputError(
            f"title: {len(title)} characters given; allowed: at most {TITLE_LENGTH}"
        )
    return title


def _check_targets(targets: Sequence[Target]) -> None:
    if not targets:
        raise InvalidInputError("targets: none given; allowed: at least one")
    most = settings.SPHEREX_MAX_TARGETS
    if len(targets) > most:
        raise LimitError(f"targets: {len(targets)} given; allowed: at most {most}")
