"""The message queue: the only module that knows how messages travel.

Messages carry ids and nothing else. They may be lost, late or delivered several times, and
tasks are written so that none of this matters.
"""

from __future__ import annotations

from typing import Literal

from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

TaskName = Literal["search_job", "run_chunk", "assemble_job"]


def send(task: TaskName, row_id: str | int) -> None:
    """Put a message into the queue that makes a worker call a function of `jobs.tasks`."""
    async_task(f"jobs.tasks.{task}", row_id)


def waiting() -> set[tuple[str, str | int]]:
    """Return (task, id) of the messages that no worker has fetched.

    A message that was fetched and not acknowledged may be in work, or lost with its worker
    until it is delivered again, so it does not count.
    """
    found = set()
    for message in OrmQ.objects.filter(lock__lte=timezone.now()):
        function, arguments = str(message.func()), message.args()
        # A message that can't be read (signed with a former key) has no arguments.
        if function.startswith("jobs.tasks.") and arguments:
            found.add((function.removeprefix("jobs.tasks."), arguments[0]))
    return found
