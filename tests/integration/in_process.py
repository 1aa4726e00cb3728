"""Workers of jobs that run, die and are replaced within the process of a test."""

from django_q.models import OrmQ

from jobs.models import Chunk, Job


class KilledError(BaseException):
    """What a worker does not survive: nothing may catch it."""


def die():
    raise KilledError


def forget_leases():
    """Let all leases lapse now."""
    for rows in (Job.objects, Chunk.objects):
        rows.exclude(lease_until=None).update(lease_until="2020-01-01T00:00Z")


def job_of(job):
    return Job.objects.get(pk=job.pk)


def lose_messages():
    """Empty the queue and return what was in it."""
    lost = [
        (message.func().removeprefix("jobs.tasks."), message.args()[0])
        for message in OrmQ.objects.order_by("pk")
    ]
    OrmQ.objects.all().delete()
    return lost
