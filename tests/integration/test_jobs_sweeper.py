"""What the sweeper finds and puts right."""

import threading

import pytest
from django.db import connection
from django_q.models import OrmQ

from jobs import chunk_results, folders, scheduling, services, sweeper, tasks
from jobs.models import Job
from jobs.phases import Phase
from tests.integration.in_process import job_of, lose_messages


class TestSweeper:
    def test_it_repairs_every_lost_message(self, submit, site):
        site.SPHEREX_RENUDGE_SECONDS = 0.0
        job = submit(n=50)
        lose_messages()
        sweeper.sweep()
        assert lose_messages() == [("search_job", job.pk)]
        tasks.search_job(job.pk)
        lose_messages()
        sweeper.sweep()
        chunks = [chunk.pk for chunk in job.chunks.order_by("pk")]
        assert lose_messages() == [("run_chunk", pk) for pk in chunks]
        job.chunks.update(is_done=True)
        sweeper.sweep()
        assert lose_messages() == [("assemble_job", job.pk)]

    def test_it_leaves_alone_what_waits_in_the_queue_or_is_worked_on(self, submit, site):
        site.SPHEREX_RENUDGE_SECONDS = 0.0
        job = submit(n=50)
        tasks.search_job(job.pk)
        n_messages = OrmQ.objects.count()
        sweeper.sweep()
        assert OrmQ.objects.count() == n_messages
        lose_messages()
        job.chunks.update(lease_token="somebody", lease_until="2100-01-01T00:00Z")
        sweeper.sweep()
        assert not OrmQ.objects.exists()
        assert scheduling.is_worked_on()

    def test_it_gives_new_messages_time(self, submit):
        submit(n=5)
        lose_messages()
        sweeper.sweep()
        assert not OrmQ.objects.exists()

    def test_a_message_that_a_dead_worker_fetched_does_not_count(self, submit, site):
        job = submit(n=5)
        OrmQ.objects.update(lock="2100-01-01T00:00Z")
        site.SPHEREX_RENUDGE_SECONDS = 0.0
        sweeper.sweep()
        assert OrmQ.objects.count() == 2
        sweeper.sweep()
        assert OrmQ.objects.count() == 2
        assert job_of(job).phase == Phase.QUEUED

    def test_many_sweepers_at_once_send_one_message(self, submit):
        submit(n=5)
        lose_messages()
        Job.objects.update(nudged=None)
        barrier = threading.Barrier(6)

        def sweep():
            try:
                barrier.wait()
                sweeper.sweep()
            finally:
                connection.close()

        threads = [threading.Thread(target=sweep) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert OrmQ.objects.count() == 1

    def test_it_cleans_up_after_a_worker_that_writes_too_late(self, submit):
        job = submit(n=5)
        services.cancel_job(job)
        late = folders.chunk_result(job.pk, 0, "token")
        chunk_results.write(late, [])
        sweeper.sweep()
        assert not folders.work(job.pk).exists()

    @pytest.mark.usefixtures("site")
    def test_it_leaves_the_folders_of_others_alone(self):
        strange = folders.all_work() / "not-a-job"
        strange.mkdir(parents=True)
        sweeper.sweep()
        assert strange.exists()
