"""How a job is getting on, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.models import Job
from jobs.phases import Phase

# Before so many exposures are done the rate says little.
_MIN_DONE_FOR_RATE = 20

_SENTENCES = {
    Phase.PENDING: "Waiting to be started.",
    Phase.QUEUED: "In the queue: it starts as soon as a worker is free.",
    Phase.COMPLETED: "Done.",
    Phase.ERROR: "Stopped by an error.",
    Phase.ABORTED: "Cancelled.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What pages say about a job at one moment.

    Parameters
    ----------
    sentence
        What is happening.
    short
        The same in two or three words, for a list and a window's title.
    n_done, n_found
        Exposures measured and found; the latter is `None` until they have been searched for.
    elapsed
        Time since it was started, or that it took; empty if it never was.
    remaining
        An estimate from the rate so far; empty if there is none yet.
    """

    sentence: str
    short: str
    n_done: int
    n_found: int | None
    elapsed: str
    remaining: str

    @property
    def percent(self) -> int | None:
        """Exposures done, rounded down; `None` if their number is not known."""
        if self.n_found is None:
            return None
        return 100 if self.n_found == 0 else 100 * self.n_done // self.n_found


def progress(job: Job, now: datetime | None = None) -> Progress:
    """Return how a job is getting on."""
    phase = Phase(job.phase)
    n_done, n_found = job.n_done, job.n_exposures
    started = job.started
    end = job.ended or now or timezone.now()
    elapsed = max(end - started, timedelta(0)) if started else None
    remaining = ""
    if phase == Phase.EXECUTING and elapsed and n_found and _MIN_DONE_FOR_RATE <= n_done < n_found:
        remaining = duration_text(elapsed * (n_found - n_done) / n_done)
    return Progress(
        sentence=_sentence(phase, n_done, n_found),
        short=_short(phase, n_done, n_found),
        n_done=n_done,
        n_found=n_found,
        elapsed=duration_text(elapsed) if elapsed is not None else "",
        remaining=remaining,
    )


def _sentence(phase: Phase, n_done: int, n_found: int | None) -> str:
    if phase != Phase.EXECUTING:
        return _SENTENCES[phase]
    if n_found is None:
        return "Searching the archive for exposures that cover the position."
    if n_done < n_found:
        return "Measuring: forced photometry on every exposure found."
    return "All exposures are measured; the spectrum is being put together."


def _short(phase: Phase, n_done: int, n_found: int | None) -> str:
    if phase != Phase.EXECUTING:
        return {"ERROR": "error", "ABORTED": "cancelled"}.get(phase.value, phase.label)
    if n_found is None:
        return "searching"
    return f"{n_done} of {n_found}" if n_done < n_found else "finishing"


def duration_text(duration: timedelta) -> str:
    """Return a duration as ``8 s``, ``2 min 5 s`` or ``3 h 20 min``."""
    seconds = int(duration.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
