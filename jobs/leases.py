"""Leases: who works on a row, for how long, and how a worker notices that it no longer does.

A lease is a token and an end time in the row. Times are those of the database's clock. Every
write of a worker names its token, so one that was thought dead and replaced (a suspended
laptop, a long pause) can't write any more.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.models import F, Q
from django.db.models.functions import Now

log = logging.getLogger(__name__)


class Leased(models.Model):
    """A row that one worker at a time may work on.

    Parameters
    ----------
    lease_token
        Names the worker's claim; empty if nobody works on it.
    lease_until
        The claim lapses then unless renewed.
    attempts
        Claims since something was last achieved, counted before the work begins.
    nudged
        When a message about the row was last put into the queue.
    """

    lease_token = models.CharField(max_length=16, default="", blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    nudged = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


FREE = Q(lease_until=None) | Q(lease_until__lt=Now())
LAPSED = Q(lease_until__lt=Now())
UNLEASED: dict[str, Any] = {"lease_token": "", "lease_until": None}


def lease_end() -> Any:
    """Return the database expression of the end of a lease taken or renewed now."""
    return Now() + timedelta(seconds=settings.SPHEREX_LEASE_SECONDS)


def claim(rows: models.QuerySet[Any]) -> str | None:
    """Take the lease of a row and count the attempt.

    Parameters
    ----------
    rows
        A queryset of one row, with what must hold besides; conditions on other tables must be
        `Exists`, since a join would let PostgreSQL grant a lease twice.

    Returns
    -------
    str or None
        The token, or `None` if the row is not to be had.
    """
    token = secrets.token_hex(8)
    taken = rows.filter(FREE).update(
        lease_token=token, lease_until=lease_end(), attempts=F("attempts") + 1
    )
    return token if taken == 1 else None


class Heartbeat:
    """Renews a lease from a thread of its own, as long as the block lasts.

    Use as a context manager. A thread does it because a single exposure may take longer than
    a lease.

    Parameters
    ----------
    rows
        A queryset of the leased row, filtered by its token and by whatever else must hold for
        the work to make sense.
    progress
        Returns the fields to be written with each renewal.
    """

    def __init__(
        self,
        rows: models.QuerySet[Any],
        progress: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._rows = rows
        self._progress = progress
        self._end = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether the work is no longer wanted from this worker: cancelled, or replaced."""
        return self._lost.is_set()

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._end.wait(settings.SPHEREX_HEARTBEAT_SECONDS):
                try:
                    renewed = self._rows.update(lease_until=lease_end(), **self._progress())
                except DatabaseError:
                    # If it goes on, the lease lapses and somebody else goes on with the work.
                    log.exception("a lease could not be renewed")
                    connection.close()
                    continue
                if renewed == 0:
                    self._lost.set()
                    return
        finally:
            connection.close()
