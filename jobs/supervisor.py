"""Keeps the processes of a site running, and leaves none behind."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, connection

from jobs import scheduling, sweeper

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long processes may take to stop by themselves. Chunks take less; one that is cut off is
measured again later."""
_TICK_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One program, with all processes that it starts.

    It leads a process group of its own, so that the whole group can be ended whatever became of
    its leader, and Ctrl-C in a terminal reaches the supervisor only.

    Parameters
    ----------
    name
        What it is, for messages.
    arguments
        Its command line.
    """

    name: str
    arguments: Sequence[str]
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _start_again: float | None = None
    _early_deaths: int = 0

    def start(self) -> None:
        """Start it."""
        self._started, self._start_again = time.monotonic(), None
        self._process = subprocess.Popen(
            self.arguments,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 the supervisor has no threads
            env=_environment(),
        )

    def is_alive(self) -> bool:
        """Whether its first process runs."""
        return self._process is not None and self._process.poll() is None

    def revive(self) -> None:
        """Start it again if it died, at growing intervals if it dies soon each time."""
        if self.is_alive():
            return
        now = time.monotonic()
        if self._start_again is None:
            lasted = now - self._started
            early = lasted < _LONGEST_PAUSE_SECONDS
            self._early_deaths = self._early_deaths + 1 if early else 0
            pause = min(2.0**self._early_deaths - 1, _LONGEST_PAUSE_SECONDS)
            self._start_again = now + pause
            log.error("%s died after %.0f s; started again in %.0f s", self.name, lasted, pause)
            # Without its leader the rest of a group would go on unseen.
            self.kill()
        if now >= self._start_again:
            self.start()

    def terminate(self) -> None:
        """Ask its first process to stop; that one sees to the others."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End every process of the group at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Supervisor:
    """Starts programs, starts them again when they die, sweeps, and stops everything.

    Parameters
    ----------
    web
        The command line of the web server.
    workers
        The command line of each cluster of workers.
    on_tick
        Called several times a second, from the thread that called `run`.
    """

    def __init__(
        self,
        web: Sequence[str],
        workers: Sequence[Sequence[str]],
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._workers = [Child(f"workers {n}", line) for n, line in enumerate(workers, start=1)]
        self._children = [Child("web server", web), *self._workers]
        self._on_tick = on_tick
        self._stopping = False
        self._next_sweep = 0.0
        self._last_activity = time.monotonic()
        self._patience_seconds: float = settings.SPHEREX_STALL_SECONDS

    def run(self) -> None:
        """Run until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            for child in self._children:
                child.start()
            while not self._stopping:
                for child in self._children:
                    child.revive()
                self._sweep()
                self._on_tick()
                time.sleep(_TICK_SECONDS)
        finally:
            self._end_all()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _sweep(self) -> None:
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + settings.SPHEREX_SWEEP_SECONDS
        try:
            sweeper.sweep()
            self._restart_stalled()
        except (DatabaseError, OSError):
            # A full disk, a database that is being restarted: it may go better next time.
            log.exception("sweeping failed")
            connection.close()

    def _restart_stalled(self) -> None:
        """Restart the workers if work waits and none of them takes any.

        A worker that is killed while it waits for work takes the lock of the cluster's queue
        with it, and the cluster is deaf from then on.
        """
        now = time.monotonic()
        if scheduling.is_idle() or scheduling.is_worked_on():
            self._last_activity = now
            self._patience_seconds = settings.SPHEREX_STALL_SECONDS
        elif not all(child.is_alive() for child in self._workers):
            self._last_activity = now
        elif now - self._last_activity > self._patience_seconds:
            log.error("work waits and no worker takes it: the workers are started again")
            for child in self._workers:
                child.kill()
                child.start()
            # On a very slow machine they may just not have begun.
            self._last_activity, self._patience_seconds = now, 2 * self._patience_seconds

    def _end_all(self) -> None:
        # Whoever presses Ctrl-C twice wants it to stop, not to be left half stopped.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in self._children:
            child.terminate()
        end = time.monotonic() + GRACE_SECONDS
        while any(child.is_alive() for child in self._children) and time.monotonic() < end:
            time.sleep(0.05)
        for child in self._children:
            child.kill()


def _environment() -> dict[str, str]:
    """Return the environment of the children: the same settings, found from any folder."""
    paths = [str(settings.BASE_FOLDER), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        # Work is divided over processes: threads of linear algebra would only get in their way.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _die_with_parent() -> None:
    """Have the system stop this process if the supervisor is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
