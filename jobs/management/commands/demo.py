"""``manage.py demo``: the site with a first job on the simulated sky."""

from __future__ import annotations

import time

from django.urls import reverse

from jobs.management.commands import run
from jobs.models import Job, request_of
from jobs.phases import ACTIVE, Phase
from jobs.services import SOFTWARE, submit_job
from jobs.visitors import claim_token, new_visitor
from photometry_core.archive import SIMULATED
from photometry_core.simulation.names import NamedSource, find_named
from photometry_core.types import MeasureOptions, Target

OBJECT = "SIMP J0136+0933"
_LOOK_SECONDS = 0.5


class Command(run.Command):
    """Runs the site and submits a job, unless it was done by an earlier start."""

    help = "Run the site with a first job on the simulated sky, until Ctrl-C."

    _job_id: str | None = None
    _next_look = 0.0
    _shown = ""

    def prepare(self) -> None:
        """Submit the job, or find that of an earlier start."""
        source = find_named(OBJECT)
        if source is None:
            raise LookupError(f"{OBJECT} is not in the simulated sky")
        job = _earlier_job(source) or _submit(source)
        self._job_id = job.pk
        self.say(f"First job: {job.title}")

    def on_tick(self, address: str) -> None:
        """Show how the job gets on, until it ends."""
        if self._job_id is None or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_SECONDS
        job = Job.objects.get(pk=self._job_id)
        if job.is_active:
            if job.n_exposures is not None:
                self._show(f"  {job.n_done} of {job.n_exposures} exposures measured")
            return
        self._job_id = None
        if job.phase == Phase.COMPLETED:
            self._show(f"  {job.n_exposures} exposures measured")
            link = address + reverse("claim", args=[claim_token(job)])
            self.say(f"Results: {link}")
            self.say("The link works for a day, in any browser on this machine.")
        else:
            self.say(f"The job ended as {job.phase}. {job.error_message}")

    def _show(self, line: str) -> None:
        if line != self._shown:
            self._shown = line
            self.say(line)


def _title(source: NamedSource) -> str:
    return f"{source.name}, {source.description} (simulated)"


def _target(source: NamedSource) -> Target:
    return Target(name=source.name, ra_deg=source.ra_deg, dec_deg=source.dec_deg)


def _earlier_job(source: NamedSource) -> Job | None:
    """Return a job that would give the same product."""
    wanted = request_of([_target(source)], MeasureOptions(), SOFTWARE)
    earlier = Job.objects.filter(
        archive=SIMULATED, title=_title(source), phase__in=[Phase.COMPLETED, *ACTIVE]
    )
    return next(
        # What its owner did with it since is in the request as well.
        (job for job in earlier.order_by("-created") if wanted.items() <= job.request.items()),
        None,
    )


def _submit(source: NamedSource) -> Job:
    return submit_job(
        owner=new_visitor(),
        title=_title(source),
        targets=[_target(source)],
        options=MeasureOptions(),
        archive=SIMULATED,
    )
