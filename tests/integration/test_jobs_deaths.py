"""Jobs that are cancelled, whose workers die, and whose workers are replaced."""

import pytest
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ

from jobs import assembly, folders, products, services, sweeper, tasks
from jobs.chunks import GIVEN_UP_REASON
from jobs.errors import ProductMissingError
from jobs.phases import Phase
from tests.integration.conftest import table_of
from tests.integration.faulty_archive import open_archive
from tests.integration.in_process import die, forget_leases, job_of


class TestCancel:
    def test_before_it_begins(self, submit, work_off, at_exposure):
        order = at_exposure(-1, die)
        job = submit(n=10)
        assert services.cancel_job(job)
        assert not services.cancel_job(job)
        work_off()
        job.refresh_from_db()
        assert (job.phase, job.n_exposures, order) == (Phase.ABORTED, None, [])
        assert job.ended is not None

    def test_between_exposures(self, submit, work_off, at_exposure, site):
        site.SPHEREX_CHUNK_ROWS = 1000
        job = submit(n=300, delay_s=0.01)
        order = at_exposure(10, lambda: services.cancel_job(job))
        work_off()
        job.refresh_from_db()
        assert job.phase == Phase.ABORTED
        # One heartbeat of 0.05 s later, and what a slow machine adds to it.
        assert 11 <= len(order) < 150
        assert 0 < job.n_done < 150

    def test_nothing_resurrects_it(self, submit, work_off, at_exposure):
        job = submit(n=60)
        at_exposure(30, lambda: services.cancel_job(job))
        work_off(deliveries=2)
        for chunk in job.chunks.all():
            tasks.run_chunk(chunk.pk)
        tasks.search_job(job.pk)
        tasks.assemble_job(job.pk)
        forget_leases()
        sweeper.sweep()
        assert not OrmQ.objects.exists()
        assert job_of(job).phase == Phase.ABORTED
        assert not folders.work(job.pk).exists()
        assert not folders.published(job.pk).exists()

    def test_while_it_is_assembled(self, submit, work_off, monkeypatch):
        job = submit(n=20)
        publish = assembly._publish

        def cancel_then_publish(*arguments):
            services.cancel_job(job)
            publish(*arguments)

        monkeypatch.setattr(assembly, "_publish", cancel_then_publish)
        work_off()
        assert job_of(job).phase == Phase.ABORTED
        with pytest.raises(ProductMissingError):
            products.folder(job_of(job))
        sweeper.sweep()
        assert not folders.published(job.pk).exists()

    def test_a_completed_job_stays_completed(self, submit, work_off):
        job = submit(n=3)
        work_off()
        assert not services.cancel_job(job)
        assert job_of(job).phase == Phase.COMPLETED


class TestDeaths:
    def test_a_worker_that_dies_costs_nothing_but_time(self, submit, survive, at_exposure):
        unharmed = submit(n=100)
        assert survive() == 0
        job = submit(n=100)
        for number in (0, 19, 20, 33, 34, 57, 99):
            at_exposure(number, die)
        assert survive() == 7
        assert job_of(job).phase == Phase.COMPLETED
        assert table_of(job) == table_of(unharmed)

    def test_an_exposure_that_kills_is_given_up_and_the_others_are_not(
        self, submit, survive, at_exposure
    ):
        job = submit(n=50, n_targets=2)
        for number in (25, 26):
            for _ in range(10):
                order = at_exposure(number, die)
        survive()
        job.refresh_from_db()
        assert job.phase == Phase.COMPLETED
        for index in (0, 1):
            table = products.spectrum(job, index).table
            reasons = [str(reason) for reason in table["reason"]]
            assert reasons.count(GIVEN_UP_REASON) == 2
            assert reasons.count("") == 48
        # Once before anybody was careful, and twice on record.
        assert order.count(25) <= 3
        assert order.count(26) <= 3
        assert sum("D2: given up" in problem for problem in job.problems) == 1
        assert len(job.problems) == 2

    def test_a_chunk_divided_before_the_exposure_that_was_given_up(
        self, submit, survive, at_exposure, site
    ):
        # A slow machine: the attempt that knows of the crashes hands in before it gets there.
        job = submit(n=10)

        def be_slow_and_die():
            site.SPHEREX_CAREFUL_CHUNK_SECONDS = 0.0
            die()

        for action in (die, die, be_slow_and_die):
            at_exposure(7, action)
        assert survive() == 3
        job.refresh_from_db()
        assert (job.phase, job.error_message) == (Phase.COMPLETED, "")
        given_up = [row for row in products.spectrum(job, 0).table if row["reason"]]
        assert [(row["obs_publisher_did"], row["reason"]) for row in given_up] == [
            ("ivo://test/faulty?00007/D2", GIVEN_UP_REASON)
        ]
        assert len(job.problems) == 1

    def test_a_worker_that_dies_before_it_measures_does_so_a_few_times_only(
        self, submit, survive, monkeypatch, site
    ):
        job = submit(n=5)
        monkeypatch.setattr("jobs.archives.open_for_reading", lambda _name: die())
        assert survive() == site.SPHEREX_MAX_ATTEMPTS
        job.refresh_from_db()
        assert (job.phase, job.error_kind) == (Phase.ERROR, "fatal")
        assert "5 times" in job.error_message

    @pytest.mark.parametrize(
        ("function", "words"),
        [("jobs.archives.open_anew", "searching"), ("jobs.assembly.build_spectrum", "together")],
    )
    def test_neither_search_nor_assembly_kill_for_ever(
        self, submit, survive, monkeypatch, site, function, words
    ):
        monkeypatch.setattr(function, lambda *_arguments: die())
        if words == "together":
            monkeypatch.setattr("jobs.archives.open_anew", open_archive)
        job = submit(n=5)
        assert survive() == site.SPHEREX_MAX_ATTEMPTS
        assert (job_of(job).phase, words in job_of(job).error_message) == (Phase.ERROR, True)

    def test_a_death_between_publication_and_the_last_phase(self, submit, survive, monkeypatch):
        job = submit(n=20)
        complete = assembly._complete
        deaths = [die]
        monkeypatch.setattr(
            assembly, "_complete", lambda *a: deaths.pop()() if deaths else complete(*a)
        )
        assert survive() == 1
        assert job_of(job).phase == Phase.COMPLETED
        assert products.spectrum(job_of(job), 0).n_found == 20

    def test_a_timeout_counts_as_a_death_and_passes_on(self, submit, at_exposure, work_off, site):
        def time_out():
            raise TimeoutException("too long")

        job = submit(n=10)
        for _ in range(2):
            at_exposure(3, time_out)
        tasks.search_job(job.pk)
        OrmQ.objects.all().delete()
        (chunk,) = job.chunks.all()
        for attempt in (1, 2):
            with pytest.raises(TimeoutException):
                tasks.run_chunk(chunk.pk)
            chunk.refresh_from_db()
            assert (chunk.lease_until, chunk.in_hand, chunk.attempts) == (None, 3, attempt)
        site.SPHEREX_RENUDGE_SECONDS = 0.0
        sweeper.sweep()
        work_off()
        reasons = products.spectrum(job_of(job), 0).table["reason"]
        assert list(reasons).count(GIVEN_UP_REASON) == 1

    def test_running_out_of_memory_is_treated_like_one(self, submit, work_off, site):
        site.SPHEREX_RENUDGE_SECONDS = 0.0
        job = submit(n=10, faults={"6": "memory"})
        for _ in range(4):
            work_off()
            sweeper.sweep()
        assert job_of(job).phase == Phase.COMPLETED
        assert products.spectrum(job_of(job), 0).n_measured == 9


class TestReplacedWorkers:
    def test_a_replaced_worker_can_not_write(self, submit, at_exposure):
        job = submit(n=10)
        tasks.search_job(job.pk)
        OrmQ.objects.all().delete()
        (chunk,) = job.chunks.all()
        n_results = []

        def be_replaced():
            # The laptop sleeps; another worker does the chunk; the laptop wakes up.
            forget_leases()
            sweeper.sweep()
            tasks.run_chunk(chunk.pk)
            n_results.append(len(list((folders.published(job.pk)).iterdir())))

        order = at_exposure(9, be_replaced)
        tasks.run_chunk(chunk.pk)
        assert len(order) == 20
        assert job_of(job).phase == Phase.COMPLETED
        assert products.spectrum(job_of(job), 0).n_found == 10
        assert n_results == [3]

    def test_a_replaced_worker_does_not_spoil_a_divided_chunk(self, submit, at_exposure, site):
        # Its successor hands in only part of the chunk; were the file of the first taken for it,
        # exposures would be there twice.
        job = submit(n=10)
        tasks.search_job(job.pk)
        (chunk,) = job.chunks.all()

        def be_replaced():
            forget_leases()
            sweeper.sweep()
            site.SPHEREX_CAREFUL_CHUNK_SECONDS = 0.0
            tasks.run_chunk(chunk.pk)

        at_exposure(9, be_replaced)
        tasks.run_chunk(chunk.pk)
        chunk.refresh_from_db()
        assert (chunk.is_done, chunk.n_exposures) == (True, 1)
        while todo := list(job.chunks.filter(is_done=False)):
            for piece in todo:
                tasks.run_chunk(piece.pk)
        table = products.spectrum(job_of(job), 0).table
        assert len(set(table["obs_publisher_did"])) == len(table) == 10
