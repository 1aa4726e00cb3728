"""What a worker does about errors in its work."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django_q.exceptions import TimeoutException

from jobs.errors import DISK_FULL_NOTICE, failure_of, is_disk_full
from jobs.leases import UNLEASED
from jobs.models import Job
from jobs.services import fail_job
from photometry_core.errors import ArchiveError

log = logging.getLogger(__name__)


@contextmanager
def handled(job_id: str, mine: QuerySet[Any], *, retry_archive: bool = False) -> Iterator[None]:
    """Translate errors of the block into what becomes of the work and of its job.

    Parameters
    ----------
    job_id
        The job.
    mine
        A queryset of the leased row, filtered by the token.
    retry_archive
        Whether an unavailable archive is worth another attempt: it is not if nothing has been
        achieved yet that could be lost.

    Raises
    ------
    SystemExit
        The queue wants the task to end. The work is up for another attempt.
    """
    try:
        yield
    except (TimeoutException, MemoryError) as error:
        # As bad as a crash: the attempt counts, and the exposure in hand is remembered.
        log.warning("job %s: %s", job_id, error or "out of memory")
        mine.update(**UNLEASED)
        if isinstance(error, TimeoutException):
            raise
    except DatabaseError:
        # Nothing can be written down now; the lease lapses, and the work is done again.
        log.exception("job %s: the database failed", job_id)
    except ArchiveError as error:
        if not (retry_archive and _put_off(job_id, mine, f"{error}. It is tried again.")):
            fail_job(job_id, failure_of(error))
    except Exception as error:  # noqa: BLE001 whatever it was, the owner of the job must hear of it
        if isinstance(error, OSError) and is_disk_full(error):
            log.warning("job %s: %s", job_id, error)
            # It says nothing about the work: the attempt does not count.
            mine.update(attempts=F("attempts") - 1)
            _put_off(job_id, mine, DISK_FULL_NOTICE)
        else:
            fail_job(job_id, failure_of(error))


def _put_off(job_id: str, mine: QuerySet[Any], notice: str) -> bool:
    """Leave the work to a later attempt, if one is left, and say why the job waits."""
    left = mine.filter(attempts__lt=settings.SPHEREX_MAX_ATTEMPTS)
    if not left.update(**UNLEASED, nudged=Now()):
        return False
    Job.objects.filter(pk=job_id).active().update(notice=notice)
    return True
