"""Finds work that was lost, and folders that nobody needs, and puts both right.

Workers die, and messages get lost. Nothing else repairs that: `sweep` is called by a schedule of
the queue once a minute, and by the supervisor every few seconds. It may run several times at
once.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from django.db.models import QuerySet
from django_q.models import Schedule

from jobs import folders, scheduling
from jobs.leases import LAPSED, UNLEASED
from jobs.models import ID_PATTERN, Chunk, Job
from jobs.phases import ACTIVE, Phase

log = logging.getLogger(__name__)

_SCHEDULE = "jobs.sweep"
_ABANDONED_SECONDS = 3600
"""A file that a visitor opens becomes a job within two minutes, or never."""


def sweep() -> None:
    """Return lapsed leases, announce forgotten work, and remove what is not needed."""
    n_returned = _return_lapsed(Job.objects.active()) + _return_lapsed(scheduling.to_measure())
    if n_returned:
        log.warning(
            "%d workers were not heard of any more; their work is given to others", n_returned
        )
    scheduling.announce_overdue()
    _clean_folders()


def schedule_sweeps() -> None:
    """Have the workers sweep once a minute, if they don't already."""
    schedules = Schedule.objects.filter(name=_SCHEDULE)
    if schedules.count() == 1:
        return
    schedules.delete()
    Schedule.objects.create(
        name=_SCHEDULE,
        func="jobs.sweeper.sweep",
        schedule_type=Schedule.MINUTES,
        minutes=1,
        repeats=-1,
    )


def _return_lapsed(rows: QuerySet[Job] | QuerySet[Chunk]) -> int:
    """Take leases from workers that have not been heard of; the work counts as unannounced."""
    return rows.filter(LAPSED).update(**UNLEASED, nudged=None)


def _clean_folders() -> None:
    """Remove the unpublished files of jobs that have ended.

    A worker that was replaced may go on writing for a moment after its job has ended. It can do
    so only where its work folder is, and that is looked at again each time.
    """
    root = folders.all_work()
    names = [path.name for path in root.iterdir()] if root.is_dir() else []
    ids = [name for name in names if re.fullmatch(ID_PATTERN, name)]
    phases = dict(Job.objects.filter(pk__in=ids).values_list("pk", "phase"))
    for job_id in set(ids) - set(phases):
        _remove_abandoned(root / job_id)
    for job_id, phase in phases.items():
        if phase in ACTIVE:
            continue
        if phase != Phase.COMPLETED:
            shutil.rmtree(folders.published(job_id), ignore_errors=True)
            Chunk.objects.filter(job_id=job_id).update(exposures=[])
        shutil.rmtree(folders.work(job_id), ignore_errors=True)


def _remove_abandoned(path: Path) -> None:
    """Remove the folder of a file that was being opened when the site was stopped."""
    with suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
