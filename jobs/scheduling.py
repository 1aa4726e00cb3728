"""Which work is announced to the workers, and when.

Today everything is announced as soon as it can be done, in the order of submission. Turns
between visitors, a short lane for small jobs and limits of accounts belong here: work whose turn
has not come is not announced, and `due` does not list it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from jobs import queue
from jobs.leases import FREE
from jobs.models import Chunk, Job
from jobs.phases import Phase

IS_EXECUTING = Exists(Job.objects.filter(pk=OuterRef("job_id"), phase=Phase.EXECUTING))
"""Condition on chunks: their job is being worked on."""

HAS_WORK_LEFT = Exists(Chunk.objects.filter(job_id=OuterRef("pk"), is_done=False))
"""Condition on jobs: a chunk is not done."""


def to_search() -> QuerySet[Job]:
    """Return the jobs whose exposures have not been searched for."""
    return Job.objects.filter(phase__in=[Phase.QUEUED, Phase.EXECUTING], n_exposures=None)


def to_measure() -> QuerySet[Chunk]:
    """Return the chunks that are not done, of jobs that still are wanted."""
    return Chunk.objects.filter(IS_EXECUTING, is_done=False)


def to_assemble() -> QuerySet[Job]:
    """Return the jobs whose chunks are all done."""
    return Job.objects.filter(~HAS_WORK_LEFT, phase=Phase.EXECUTING, n_exposures__isnull=False)


_STEPS: tuple[tuple[queue.TaskName, Any], ...] = (
    ("search_job", to_search),
    ("run_chunk", to_measure),
    ("assemble_job", to_assemble),
)


def announce_search(job_id: str) -> None:
    """Have a worker search for the exposures of a job."""
    Job.objects.filter(pk=job_id).update(nudged=Now())
    queue.send("search_job", job_id)


def announce_chunks(chunk_ids: Iterable[int]) -> None:
    """Have workers measure chunks, in this order."""
    ids = list(chunk_ids)
    Chunk.objects.filter(pk__in=ids).update(nudged=Now())
    for chunk_id in ids:
        queue.send("run_chunk", chunk_id)


def announce_overdue() -> None:
    """Announce work again that waits, with no worker on it and no message about it."""
    patience = timedelta(seconds=settings.SPHEREX_RENUDGE_SECONDS)
    overdue = FREE & (Q(nudged=None) | Q(nudged__lt=Now() - patience))
    waiting: set[tuple[str, str | int]] | None = None
    for task, rows in _STEPS:
        for row_id in list(rows().filter(overdue).order_by("pk").values_list("pk", flat=True)):
            # Messages are only read when something is overdue, which is rare.
            waiting = queue.waiting() if waiting is None else waiting
            # Of several sweepers at once only one still finds the row overdue.
            if (task, row_id) not in waiting and rows().filter(overdue, pk=row_id).update(
                nudged=Now()
            ):
                queue.send(task, row_id)


def is_idle() -> bool:
    """Whether nothing waits for a worker, but for what was put off with a notice."""
    return not (
        to_search().filter(FREE, notice="").exists()
        or to_measure().filter(FREE, job__notice="").exists()
        or to_assemble().filter(FREE, notice="").exists()
    )


def is_worked_on() -> bool:
    """Whether a worker holds a lease that has not lapsed."""
    alive = Q(lease_until__gte=Now())
    return Job.objects.filter(alive).exists() or Chunk.objects.filter(alive).exists()
