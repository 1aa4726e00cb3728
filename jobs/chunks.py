"""Second step of a job: measure the exposures of a chunk.

An attempt at a chunk ends in one of three ways. It hands in its measurements: a file, then one
guarded update of the row. It learns that it is not wanted any more, and writes nothing. Or its
worker dies, the lease lapses, and the next attempt begins from the start of the chunk.

After a death the attempts are careful. They hand in what they have every few moments, leaving
the rest to a new chunk, and write down each exposure before they touch it: one that was in hand
when two workers died is given up, so that a single exposure can't take the others with it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django_q.exceptions import TimeoutException

from jobs import archives, assembly, chunk_results, folders, scheduling
from jobs.errors import gave_up
from jobs.leases import UNLEASED, Heartbeat, claim
from jobs.models import Chunk, Job
from jobs.services import fail_job
from jobs.troubles import handled
from photometry_core import pipeline
from photometry_core.measurement import Measurement

GIVEN_UP_REASON = "the measurement crashed the worker twice"
_CRASHES_TO_GIVE_UP = 2

Rows = list[tuple[int, Measurement]]


def run(chunk_id: int) -> None:
    """Measure a chunk, unless somebody does or did, and assemble the job if it was the last."""
    token = claim(scheduling.to_measure().filter(pk=chunk_id))
    if token is None:
        return
    chunk = Chunk.objects.select_related("job").get(pk=chunk_id)
    mine = scheduling.to_measure().filter(pk=chunk_id, lease_token=token)
    _count_crash(chunk, mine)
    most = settings.SPHEREX_MAX_ATTEMPTS
    if chunk.attempts > most:
        fail_job(chunk.job_id, gave_up("measuring the same few exposures", most))
        return
    with handled(chunk.job_id, mine, retry_archive=True):
        attempt = _Attempt(chunk, mine)
        with Heartbeat(mine, attempt.progress) as heartbeat:
            attempt.measure(heartbeat)
        if heartbeat.lost:
            return
        chunk_results.write(folders.chunk_result(chunk.job_id, chunk.number, token), attempt.rows)
        _hand_in(chunk, mine, token, attempt.n_done)
    assembly.run(chunk.job_id)


class _Attempt:
    """One worker's measurements of a chunk.

    Parameters
    ----------
    chunk
        As claimed.
    mine
        A queryset of its row, which is empty once the work is not wanted any more.

    Attributes
    ----------
    rows
        Index of the target and measurement, of the exposures done.
    n_done
        Number of exposures done, counted from the first.
    """

    def __init__(self, chunk: Chunk, mine: QuerySet[Chunk]) -> None:
        self.rows: Rows = []
        self.n_done = 0
        self._mine = mine
        self._matches = chunk.matches
        self._given_up = frozenset(chunk.given_up)
        self._careful = chunk.is_suspect
        self._targets = chunk.job.targets
        self._options = chunk.job.options
        self._archive = archives.open_for_reading(chunk.job.archive)

    def progress(self) -> dict[str, Any]:
        """Return what the heartbeat reports."""
        return {"n_done": self.n_done}

    def measure(self, heartbeat: Heartbeat) -> None:
        """Measure exposure after exposure, until the end, a cancellation, or the time is up."""
        seconds = (
            settings.SPHEREX_CAREFUL_CHUNK_SECONDS
            if self._careful
            else settings.SPHEREX_CHUNK_SECONDS
        )
        end = time.monotonic() + seconds
        for index, match in enumerate(self._matches):
            if heartbeat.lost or (self.rows and time.monotonic() > end):
                break
            if self._careful:
                self._mine.update(in_hand=index)
            try:
                if index in self._given_up:
                    measured = pipeline.failed_rows(match, self._targets, GIVEN_UP_REASON)
                else:
                    measured = pipeline.measure_match(
                        match, self._targets, self._archive, self._options
                    )
            except (TimeoutException, MemoryError):
                self._mine.update(in_hand=index)
                raise
            except Exception:
                # A fault of the program, which ends the job elsewhere: this was no crash.
                self._mine.update(in_hand=None)
                raise
            self.rows.extend(zip(match.targets, measured, strict=True))
            self.n_done = index + 1
        if self._careful:
            # What comes now is no fault of an exposure.
            self._mine.update(in_hand=None)


def _count_crash(chunk: Chunk, mine: QuerySet[Chunk]) -> None:
    """Remember the exposure that the previous worker had in hand when it died, if one did."""
    if chunk.in_hand is None:
        return
    chunk.crashes = [*chunk.crashes, chunk.in_hand]
    if chunk.crashes.count(chunk.in_hand) >= _CRASHES_TO_GIVE_UP:
        chunk.given_up = [*chunk.given_up, chunk.in_hand]
        # To know it is to have got somewhere; every exposure can be given up but once.
        chunk.attempts = 1
    chunk.in_hand = None
    mine.update(
        crashes=chunk.crashes, given_up=chunk.given_up, attempts=chunk.attempts, in_hand=None
    )


def _hand_in(chunk: Chunk, mine: QuerySet[Chunk], token: str, n_done: int) -> None:
    """Mark a chunk as done, if it still is ours; what it did not get to becomes a new chunk."""
    rest = chunk.exposures[n_done:]
    with transaction.atomic():
        # Chunks get their numbers one at a time.
        Job.objects.select_for_update().get(pk=chunk.job_id)
        if not mine.update(
            is_done=True,
            result=token,
            exposures=chunk.exposures[:n_done],
            n_exposures=n_done,
            n_done=n_done,
            crashes=_before(chunk.crashes, n_done),
            given_up=_before(chunk.given_up, n_done),
            in_hand=None,
            **UNLEASED,
        ):
            return
        Job.objects.filter(pk=chunk.job_id).exclude(notice="").update(notice="")
        if not rest:
            return
        siblings = Chunk.objects.filter(job_id=chunk.job_id)
        last: int = siblings.aggregate(last=Max("number"))["last"]
        following = Chunk.objects.create(
            job_id=chunk.job_id,
            number=last + 1,
            exposures=rest,
            n_exposures=len(rest),
            attempts=int(chunk.is_suspect),
            crashes=_shifted(chunk.crashes, n_done),
            given_up=_shifted(chunk.given_up, n_done),
        )
        transaction.on_commit(lambda: scheduling.announce_chunks([following.pk]))


def _before(indices: Sequence[int], n_done: int) -> list[int]:
    """Return those indices of exposures that stay in a chunk that ends after `n_done`."""
    return [index for index in indices if index < n_done]


def _shifted(indices: Sequence[int], n_done: int) -> list[int]:
    """Return indices of exposures as they count in a chunk that begins `n_done` later."""
    return [index - n_done for index in indices if index >= n_done]
