"""The phases of a job and every move between them.

Phases are those of the IVOA Universal Worker Service 1.1. A move is one guarded update, so of
several processes that want to move a job one does, and the others learn that they did not.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now


class Phase(models.TextChoices):
    """A phase of a job."""

    PENDING = "PENDING", "pending"
    QUEUED = "QUEUED", "queued"
    EXECUTING = "EXECUTING", "executing"
    COMPLETED = "COMPLETED", "completed"
    ERROR = "ERROR", "error"
    ABORTED = "ABORTED", "aborted"


TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    Phase.PENDING: frozenset({Phase.QUEUED, Phase.ERROR, Phase.ABORTED}),
    Phase.QUEUED: frozenset({Phase.EXECUTING, Phase.ERROR, Phase.ABORTED}),
    Phase.EXECUTING: frozenset({Phase.COMPLETED, Phase.ERROR, Phase.ABORTED}),
    Phase.COMPLETED: frozenset(),
    Phase.ERROR: frozenset(),
    Phase.ABORTED: frozenset(),
}
"""Where a job may go from each phase."""

ACTIVE: frozenset[Phase] = frozenset(phase for phase, following in TRANSITIONS.items() if following)
"""Phases that a job leaves some day."""


def move(jobs: models.QuerySet[Any], origin: Phase, destination: Phase, **values: Any) -> bool:
    """Move a job from one phase to another, if it still is in the first.

    Parameters
    ----------
    jobs
        A queryset with the job, and with whatever else must hold (such as a lease).
    origin, destination
        The phases.
    **values
        Other fields to be set in the same update.

    Returns
    -------
    bool
        Whether this call moved it.

    Raises
    ------
    ValueError
        `TRANSITIONS` has no such move.
    """
    if destination not in TRANSITIONS[origin]:
        raise ValueError(f"a job can't move from {origin} to {destination}")
    if destination is Phase.EXECUTING:
        values["started"] = Now()
    elif destination not in ACTIVE:
        values |= {"ended": Now(), "lease_token": "", "lease_until": None, "notice": ""}
    return jobs.filter(phase=origin).update(phase=destination, **values) == 1
