"""What can be done with jobs: submit, rename, cancel, and let fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction

from jobs import scheduling
from jobs.errors import Failure, LimitError
from jobs.models import Job, request_of
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
    title = _checked_title(title)
    _check_targets(targets)
    request = request_of(list(targets), options, SOFTWARE)
    # The request is part of the key: going back and changing the form is a new submission.
    key = (
        submission_key
        and hashlib.sha256(
            json.dumps([submission_key, title, archive, request]).encode()
        ).hexdigest()
    )
    if key and (earlier := Job.objects.filter(owner=owner, submission_key=key).first()):
        return earlier
    most = settings.SPHEREX_MAX_ACTIVE_JOBS
    if Job.objects.filter(owner=owner).active().count() >= most:
        raise LimitError(
            f"jobs: {most} of your jobs are not finished yet, and no more are allowed; "
            "wait for one, or cancel one"
        )
    try:
        with transaction.atomic():
            job = Job.objects.create(
                owner=owner,
                submission_key=key or None,
                title=title,
                phase=Phase.QUEUED,
                archive=archive,
                request=request,
                n_targets=len(targets),
            )
            # Should the process die in between, the sweeper announces the job.
            transaction.on_commit(partial(scheduling.announce_search, job.pk))
    except IntegrityError:
        # The other click of the two was faster.
        return Job.objects.get(owner=owner, submission_key=key)
    return job


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
