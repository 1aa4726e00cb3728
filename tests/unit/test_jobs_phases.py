"""Phases: every move that is allowed happens once, and no other ever."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction

from jobs.models import Chunk, Job
from jobs.phases import ACTIVE, TRANSITIONS, Phase, move

pytestmark = pytest.mark.django_db


def make_job(phase, **values):
    return Job.objects.create(
        owner="me", title="", phase=phase, archive="simulated", request={}, n_targets=1, **values
    )


@pytest.mark.parametrize(("origin", "destination"), list(product(Phase, Phase)))
def test_every_pair(origin, destination):
    job = make_job(origin)
    jobs = Job.objects.filter(pk=job.pk)
    if destination not in TRANSITIONS[origin]:
        with pytest.raises(ValueError, match=f"from {origin} to {destination}"):
            move(jobs, origin, destination)
        job.refresh_from_db()
        assert job.phase == origin
        return
    assert move(jobs, origin, destination, title="moved")
    assert not move(jobs, origin, destination, title="moved twice")
    job.refresh_from_db()
    assert (job.phase, job.title) == (destination, "moved")


@pytest.mark.parametrize(("phase", "origin"), list(product(Phase, TRANSITIONS)))
def test_a_job_that_is_elsewhere_stays_there(phase, origin):
    for destination in TRANSITIONS[origin]:
        job = make_job(phase)
        assert move(Job.objects.filter(pk=job.pk), origin, destination) == (phase == origin)
        job.refresh_from_db()
        assert job.phase == (destination if phase == origin else phase)


def test_the_phases_are_those_of_uws_and_ends_are_final():
    assert {"PENDING", "QUEUED", "EXECUTING"} == ACTIVE
    assert {phase for phase in Phase if not TRANSITIONS[phase]} == {
        "COMPLETED", "ERROR", "ABORTED",
    }  # fmt: skip


def test_times_are_written_with_the_phase_and_the_lease_ends_with_the_work():
    job = make_job(Phase.QUEUED, lease_token="somebody", notice="waits")
    jobs = Job.objects.filter(pk=job.pk)
    move(jobs, Phase.QUEUED, Phase.EXECUTING)
    job.refresh_from_db()
    assert job.started is not None
    assert (job.ended, job.lease_token) == (None, "somebody")
    move(jobs, Phase.EXECUTING, Phase.ERROR)
    job.refresh_from_db()
    assert job.ended >= job.started
    assert (job.lease_token, job.lease_until, job.notice) == ("", None, "")


@pytest.mark.parametrize("values", [{"phase": "RUNNING"}, {"error_kind": "odd"}])
def test_the_database_refuses_what_is_not_legal(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(**{"phase": Phase.PENDING, **values})


def test_the_database_refuses_a_second_chunk_of_a_number():
    job = make_job(Phase.EXECUTING)
    Chunk.objects.create(job=job, number=3, exposures=[], n_exposures=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Chunk.objects.create(job=job, number=3, exposures=[], n_exposures=0)
