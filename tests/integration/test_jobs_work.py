"""Jobs from submission to product, worked off in the process of the test."""

import json
import logging
import threading

import pytest
from django.db import connection
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ

from jobs import assembly, chunk_results, folders, products, scheduling, services, sweeper, tasks
from jobs.chunks import GIVEN_UP_REASON
from jobs.errors import DISK_FULL_NOTICE, ProductMissingError
from jobs.models import Chunk, Job
from jobs.phases import Phase
from photometry_core import pipeline
from photometry_core.types import MeasureOptions
from tests.integration.conftest import table_of
from tests.integration.faulty_archive import open_archive


class KilledError(BaseException):
    """What a worker does not survive: nothing may catch it."""


@pytest.fixture
def at_exposure(monkeypatch):
    """Has something happen when an exposure is about to be measured; returns the order of work."""
    order = []
    actions = {}
    original = pipeline.measure_match

    def measure_match(match, *arguments):
        number = int(match.exposure.access)
        order.append(number)
        if queue := actions.get(number):
            queue.pop(0)()
        return original(match, *arguments)

    monkeypatch.setattr(pipeline, "measure_match", measure_match)

    def at_exposure(number, action):
        actions.setdefault(number, []).append(action)
        return order

    return at_exposure


def die():
    raise KilledError


def forget_leases():
    """Let all leases lapse now."""
    for rows in (Job.objects, Chunk.objects):
        rows.exclude(lease_until=None).update(lease_until="2020-01-01T00:00Z")


@pytest.fixture
def survive(work_off):
    """Works off the queue through deaths of workers; returns their number."""

    def survive():
        deaths = 0
        while True:
            try:
                work_off()
            except KilledError:
                deaths += 1
                forget_leases()
                assert deaths < 50
            sweeper.sweep()
            if not OrmQ.objects.exists():
                return deaths

    return survive


def test_a_job_gives_one_row_per_exposure_found(submit, work_off):
    job = submit(n=61)
    assert (job.phase, job.n_exposures, job.n_done) == (Phase.QUEUED, None, 0)
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.error_message, job.error_kind) == (Phase.COMPLETED, "", "")
    assert (job.n_exposures, job.n_done) == (61, 61)
    assert job.created <= job.started <= job.ended
    spectrum = products.spectrum(job, 0)
    assert spectrum.n_found == spectrum.n_measured == 61
    assert spectrum.target == job.targets[0]
    assert job.problems == ["notes0.txt: not a FITS file"]


def test_the_product_is_what_the_library_measures(submit, work_off):
    job = submit(n=45, n_targets=2, faults={"7": "unreadable"})
    work_off()
    direct = pipeline.measure(job.targets, open_archive(job.archive), job.options)
    for index, expected in enumerate(direct):
        rows = table_of(job, index)
        assert rows.pop("stamps") == expected.stamps.image_mjy_sr.tobytes()
        for name, values in rows.items():
            assert values == [repr(value) for value in expected.table[name].tolist()], name


def test_options_reach_the_archive(submit, work_off):
    job = submit(n=60, options=MeasureOptions(detectors=(2, 3)))
    work_off()
    assert set(products.spectrum(job_of(job), 0).table["det_id"]) == {2, 3}


def job_of(job):
    return Job.objects.get(pk=job.pk)


def test_the_folder_says_what_was_done_and_holds_nothing_else(submit, work_off):
    job = submit(n=30, n_targets=2)
    work_off()
    folder = products.folder(job_of(job))
    assert sorted(path.name for path in folder.iterdir()) == [
        "0.parquet", "0.stamps.fits", "1.parquet", "1.stamps.fits", "job.json",
    ]  # fmt: skip
    description = json.loads((folder / "job.json").read_text())
    assert description["request"] == job.request
    assert description["provenance"]["simulated"] is True
    assert [row["measured"] for row in description["targets"]] == [30, 30]
    assert [row["exposures"] for row in description["targets"]] == [30, 30]
    assert not folders.work(job.pk).exists()


def test_no_exposures_found_is_a_result(submit, work_off):
    job = submit(n=0)
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.n_exposures) == (Phase.COMPLETED, 0)
    assert products.spectrum(job, 0).n_found == 0


def test_messages_may_come_three_times(submit, work_off, at_exposure):
    order = at_exposure(-1, die)
    job = submit(n=50)
    work_off(deliveries=3)
    assert job_of(job).phase == Phase.COMPLETED
    assert sorted(order) == list(range(50))
    completed = job_of(job).ended
    for chunk in job.chunks.all():
        tasks.run_chunk(chunk.pk)
    tasks.search_job(job.pk)
    tasks.assemble_job(job.pk)
    assert len(order) == 50
    assert job_of(job).ended == completed


def test_messages_about_nothing_do_nothing(site):
    tasks.search_job("A" * 22)
    tasks.run_chunk(1)
    tasks.assemble_job("A" * 22)
    assert not Job.objects.exists()


def test_an_unreadable_exposure_is_a_row_with_its_reason(submit, work_off):
    job = submit(n=10, faults={"4": "unreadable"})
    work_off()
    spectrum = products.spectrum(job_of(job), 0)
    assert (spectrum.n_found, spectrum.n_measured) == (10, 9)
    assert list(spectrum.table["reason"]).count("truncated") == 1


@pytest.mark.parametrize("faults", [{"13": "unforeseen"}, {"search": "error"}])
def test_an_unforeseen_error_ends_the_job_with_a_reference(submit, work_off, caplog, faults):
    job = submit(n=50, faults=faults)
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.error_kind) == (Phase.ERROR, "fatal")
    reference = job.error_message.rstrip(".").split()[-1]
    assert "nobody thought of" not in job.error_message
    record = next(r for r in caplog.records if reference in r.getMessage())
    assert "nobody thought of" in str(record.exc_info[1])
    with pytest.raises(ProductMissingError):
        products.spectrum(job, 0)
    sweeper.sweep()
    assert not OrmQ.objects.exists()
    assert not folders.work(job.pk).exists()


def test_an_archive_that_is_closed_ends_a_job_that_has_not_begun(submit, work_off, tmp_path):
    (tmp_path / "closed").touch()
    job = submit(n=5, closed_by=str(tmp_path / "closed"))
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.error_kind) == (Phase.ERROR, "transient")
    assert "closed for maintenance" in job.error_message
    assert "again later" in job.error_message


def test_a_job_waits_for_an_archive_that_closes_meanwhile(submit, work_off, tmp_path, site):
    closed = tmp_path / "closed"
    job = submit(n=30, closed_by=str(closed))
    tasks.search_job(job.pk)
    closed.touch()
    work_off()
    job.refresh_from_db()
    assert job.phase == Phase.EXECUTING
    assert "closed for maintenance" in job.notice
    closed.unlink()
    site.SPHEREX_RENUDGE_SECONDS = 0.0
    sweeper.sweep()
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.notice) == (Phase.COMPLETED, "")


def test_it_does_not_wait_for_ever(submit, work_off, tmp_path, site):
    closed = tmp_path / "closed"
    job = submit(n=30, closed_by=str(closed))
    tasks.search_job(job.pk)
    closed.touch()
    site.SPHEREX_RENUDGE_SECONDS = 0.0
    for _ in range(site.SPHEREX_MAX_ATTEMPTS):
        work_off()
        sweeper.sweep()
    work_off()
    assert (job_of(job).phase, job_of(job).error_kind) == (Phase.ERROR, "transient")


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


def test_a_slow_chunk_hands_in_what_it_has(submit, work_off, site):
    site.SPHEREX_CHUNK_SECONDS = 0.05
    job = submit(n=20, delay_s=0.02)
    work_off()
    assert job_of(job).phase == Phase.COMPLETED
    assert job.chunks.count() > 3
    assert products.spectrum(job_of(job), 0).n_found == 20
    assert job_of(job).n_done == 20


def test_a_full_disk_holds_a_job_up_but_does_not_end_it(submit, work_off, site, monkeypatch):
    job = submit(n=5, faults={"2": "full"})
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.notice) == (Phase.EXECUTING, DISK_FULL_NOTICE)
    (chunk,) = job.chunks.all()
    assert (chunk.attempts, chunk.lease_until) == (0, None)
    sweeper.sweep()
    assert not OrmQ.objects.exists(), "it is not tried again at once"
    monkeypatch.setattr("tests.integration.faulty_archive._fail", lambda _fault: None)
    site.SPHEREX_RENUDGE_SECONDS = 0.0
    sweeper.sweep()
    work_off()
    job.refresh_from_db()
    assert (job.phase, job.notice) == (Phase.COMPLETED, "")


@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_results_that_got_lost_are_measured_again(submit, work_off, site, damage, caplog):
    job = submit(n=50)
    tasks.search_job(job.pk)
    first, *others = job.chunks.order_by("number")
    OrmQ.objects.all().delete()
    tasks.run_chunk(first.pk)
    first.refresh_from_db()
    path = folders.chunk_result(job.pk, first.number, first.result)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:1000])
    for chunk in others:
        tasks.run_chunk(chunk.pk)
    assert job_of(job).phase == Phase.EXECUTING
    with caplog.at_level(logging.CRITICAL):
        work_off()
    assert job_of(job).phase == Phase.COMPLETED
    assert products.spectrum(job_of(job), 0).n_found == 50


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


def lose_messages():
    """Empty the queue and return what was in it."""
    lost = [
        (message.func().removeprefix("jobs.tasks."), message.args()[0])
        for message in OrmQ.objects.order_by("pk")
    ]
    OrmQ.objects.all().delete()
    return lost


def test_jobs_belong_to_their_owners(submit):
    mine, other = submit(n=1, owner="me"), submit(n=1, owner="somebody else")
    newest = submit(n=1, owner="me")
    assert list(Job.objects.owned_by("me")) == [newest, mine]
    assert other not in Job.objects.owned_by("me")
    assert not Job.objects.owned_by("").exists()


def test_progress_is_counted_without_asking_for_every_job(
    submit, work_off, django_assert_num_queries
):
    for _ in range(3):
        submit(n=30)
    work_off()
    with django_assert_num_queries(1):
        assert [job.n_done for job in Job.objects.owned_by("a-visitor-of-the-tests")] == [30] * 3
