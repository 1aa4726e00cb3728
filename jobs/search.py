"""First step of a job: find its exposures and divide them into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from jobs import archives, assembly, scheduling
from jobs.errors import gave_up
from jobs.leases import UNLEASED, Heartbeat, claim
from jobs.models import Chunk, Job
from jobs.phases import Phase, move
from jobs.services import fail_job
from jobs.troubles import handled
from photometry_core.archive.search import ExposureMatch, ExposureSearch


def run(job_id: str) -> None:
    """Find the exposures of a job, unless somebody does or did."""
    token = claim(scheduling.to_search().filter(pk=job_id))
    if token is None:
        return
    mine = Job.objects.filter(pk=job_id, lease_token=token)
    move(mine, Phase.QUEUED, Phase.EXECUTING)
    job = Job.objects.get(pk=job_id)
    most = settings.SPHEREX_MAX_ATTEMPTS
    if job.attempts > most:
        fail_job(job_id, gave_up("searching for exposures", most))
        return
    with handled(job_id, mine):
        with Heartbeat(mine.filter(phase=Phase.EXECUTING)):
            archive = archives.open_anew(job.archive)
            found = archive.find_exposures(job.targets, job.options)
        _save(job, mine, found)
    # If nothing was found there is nothing to be waited for.
    assembly.run(job_id)


def divide(matches: Sequence[ExposureMatch], rows_per_chunk: int) -> list[list[ExposureMatch]]:
    """Divide exposures into parts of about equal work, keeping their order.

    A part ends with the exposure that fills it: rows are what takes time, and the targets of
    one exposure must stay together.
    """
    parts: list[list[ExposureMatch]] = []
    room = 0
    for match in matches:
        if room <= 0:
            parts.append([])
            room = rows_per_chunk
        parts[-1].append(match)
        room -= len(match.targets)
    return parts


def _save(job: Job, mine: QuerySet[Job], found: ExposureSearch) -> None:
    """Save what was found, if the job still is ours, and have it measured."""
    with transaction.atomic():
        if not mine.filter(phase=Phase.EXECUTING).update(
            n_exposures=len(found.matches), problems=list(found.problems), attempts=0, **UNLEASED
        ):
            return
        chunks = Chunk.objects.bulk_create(
            Chunk(
                job=job,
                number=number,
                exposures=[match.to_json() for match in part],
                n_exposures=len(part),
            )
            for number, part in enumerate(divide(found.matches, settings.SPHEREX_CHUNK_ROWS))
        )
        transaction.on_commit(partial(scheduling.announce_chunks, [chunk.pk for chunk in chunks]))
