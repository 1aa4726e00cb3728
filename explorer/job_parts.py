"""Jobs that belong together, since they are made of one list."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Job, TargetList


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParts:
    """The jobs that were made of a list by one submission.

    Parameters
    ----------
    jobs
        In the order of the parts.
    list
        The list; `None` if it is another visitor's.
    """

    jobs: list[Job]
    list: TargetList | None

    @property
    def n_targets(self) -> int:
        """Targets of all of them."""
        return sum(job.n_targets for job in self.jobs)


def parts_of(shown: Job | None) -> JobParts | None:
    """Return the jobs that were submitted together with a job; `None` if it is of no list."""
    if shown is None or shown.target_list is None:
        return None
    is_own = shown.target_list.owner == shown.owner
    return JobParts(
        jobs=list(Job.objects.owned_by(shown.owner).submitted_with(shown)),
        list=shown.target_list if is_own else None,
    )
