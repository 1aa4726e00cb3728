"""Jobs worked on by real clusters of processes that are killed, and by archives that kill."""

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from jobs import folders, products, services, sweeper
from jobs.chunks import GIVEN_UP_REASON
from jobs.models import Job
from jobs.phases import Phase
from tests.integration.conftest import kill_group, processes_of, table_of, wait_for

N_EXPOSURES = 150
DELAY_S = 0.02
CLUSTER_PROCESSES = 6
"""The cluster itself, its sentinel, pusher, monitor and two workers."""


@pytest.fixture
def log(tmp_path):
    """The file in which the archive writes down which process reads which exposure."""
    return tmp_path / "exposures.log"


@pytest.fixture
def unharmed(submit, work_off):
    """The rows of the same job when nothing happens to it."""
    job = submit(n=N_EXPOSURES)
    work_off()
    return table_of(job)


def read(log):
    """Return (exposure, pid) in the order of work."""
    lines = log.read_text().splitlines() if log.exists() else []
    return [tuple(int(word) for word in line.split()) for line in lines]


def finished(job):
    """Sweep, as the supervisor does, and say whether the job has ended."""
    sweeper.sweep()
    return not Job.objects.get(pk=job.pk).is_active


def test_two_clusters_share_one_job(submit, workers, log, unharmed):
    with workers(2) as clusters:
        # On a busy machine one of them may be much slower to start, and find nothing left.
        wait_for(lambda: all(len(processes_of(c)) >= CLUSTER_PROCESSES for c in clusters), 60)
        job = submit(n=N_EXPOSURES, delay_s=5 * DELAY_S, log=str(log))
        wait_for(lambda: finished(job), 60)
        groups = {os.getpgid(pid) for _, pid in read(log)}
    assert groups == {cluster.pid for cluster in clusters}
    assert sorted(number for number, _ in read(log)) == list(range(N_EXPOSURES))
    assert table_of(job) == unharmed


@pytest.mark.parametrize("seed", [1, 2])
def test_busy_workers_are_killed_at_any_time(submit, workers, log, unharmed, site, seed):
    site.SPHEREX_RENUDGE_SECONDS = 1.0
    moments = random.Random(seed)
    job = submit(n=N_EXPOSURES, delay_s=DELAY_S, log=str(log))
    kills = 0
    with workers(SPHEREX_CAREFUL_CHUNK_SECONDS=0.3):
        for _ in range(4):
            done = len(read(log))
            at = done + moments.randrange(1, 25)
            wait_for(lambda at=at: len(read(log)) >= at or finished(job))
            time.sleep(moments.uniform(0, DELAY_S))
            # Whoever read the newest exposure is busy with it.
            pid = read(log)[-1][1]
            if Job.objects.get(pk=job.pk).is_active:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
        wait_for(lambda: finished(job), 60)
    job.refresh_from_db()
    assert kills >= 3
    assert (job.phase, job.error_message) == (Phase.COMPLETED, "")
    assert job.n_done == job.n_exposures == N_EXPOSURES
    assert table_of(job) == unharmed


def test_a_power_failure(submit, workers, log, unharmed, site):
    site.SPHEREX_RENUDGE_SECONDS = 1.0
    job = submit(n=N_EXPOSURES, delay_s=DELAY_S, log=str(log))
    with workers() as (cluster,):
        wait_for(lambda: len(read(log)) > 50)
        kill_group(cluster)
        wait_for(lambda: not processes_of(cluster))
    assert Job.objects.get(pk=job.pk).phase == Phase.EXECUTING
    with workers():
        wait_for(lambda: finished(job), 60)
    assert Job.objects.get(pk=job.pk).phase == Phase.COMPLETED
    assert table_of(job) == unharmed


def test_a_ghost_cluster_does_no_harm(submit, workers, log, unharmed):
    # Only the first process of a cluster is killed: the others go on, and a new cluster is started.
    job = submit(n=N_EXPOSURES, delay_s=DELAY_S, log=str(log))
    with workers() as (leader,):
        wait_for(lambda: len(read(log)) > 20)
        leader.kill()
        leader.wait()
        ghosts = processes_of(leader)
        with workers():
            wait_for(lambda: finished(job))
        assert ghosts
    assert sorted(number for number, _ in read(log)) == list(range(N_EXPOSURES))
    assert table_of(job) == unharmed


def test_cancelling_stops_the_workers_soon(submit, workers, log):
    with workers():
        job = submit(n=2000, delay_s=DELAY_S, log=str(log))
        wait_for(lambda: len(read(log)) > 20)
        assert services.cancel_job(job)
        # Two workers, a heartbeat of 0.1 s and the exposure in hand; the rest is a slow machine.
        time.sleep(1.0)
        begun = len(read(log))
        time.sleep(1.0)
        assert len(read(log)) == begun < 1000
        wait_for(lambda: finished(job) and not folders.work(job.pk).exists())
        # The workers are free for others.
        other = submit(n=10)
        wait_for(lambda: finished(other))
    assert Job.objects.get(pk=job.pk).phase == Phase.ABORTED
    assert Job.objects.get(pk=other.pk).phase == Phase.COMPLETED


def test_exposures_that_kill_their_worker_are_given_up(submit, workers, log, site):
    site.SPHEREX_RENUDGE_SECONDS = 1.0
    with workers(SPHEREX_LEASE_SECONDS=1.0):
        job = submit(n=60, faults={"7": "exit", "37": "segfault"}, log=str(log))
        wait_for(lambda: finished(job), 60)
    job.refresh_from_db()
    assert (job.phase, job.error_message) == (Phase.COMPLETED, "")
    table = products.spectrum(job, 0).table
    assert len(table) == len(set(table["obs_publisher_did"])) == 60
    bad = [row for row in table if row["reason"]]
    assert {row["reason"] for row in bad} == {GIVEN_UP_REASON}
    assert {row["obs_publisher_did"] for row in bad} == {
        "ivo://test/faulty?00007/D2",
        "ivo://test/faulty?00037/D2",
    }
    assert sum("D2: given up" in problem for problem in job.problems) == 2
    # Twice on record, and once before that, unless a lease that lapsed on a busy machine had made
    # somebody careful already.
    read_numbers = [number for number, _ in read(log)]
    assert {read_numbers.count(7), read_numbers.count(37)} <= {2, 3}


def test_an_exposure_that_never_ends_is_given_up(submit, workers, log, site):
    site.SPHEREX_RENUDGE_SECONDS = 1.0
    # As on a site, where a task may take far longer than a chunk asks for: what is not to blame
    # must have handed in before the time is up, on a busy machine too.
    queue = {"timeout": 5, "retry": 60}
    with workers(Q_CLUSTER=queue, SPHEREX_CHUNK_SECONDS=0.5, SPHEREX_CAREFUL_CHUNK_SECONDS=0.2):
        job = submit(n=30, faults={"5": "hang"}, log=str(log))
        wait_for(lambda: finished(job), 60)
    job.refresh_from_db()
    assert (job.phase, job.error_message) == (Phase.COMPLETED, "")
    assert products.spectrum(job, 0).n_measured == 29
    assert [number for number, _ in read(log)].count(5) == 2
