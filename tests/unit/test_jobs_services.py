"""Submitting, dividing, limits, folders, checks and messages of errors."""

import errno
import threading

import pytest
from django.core.checks import run_checks
from django.db import connection
from django_q.models import OrmQ, Schedule
from hypothesis import given
from hypothesis import strategies as st

from jobs import archives, folders, products, queue, scheduling, services, sweeper
from jobs.checks import TAG
from jobs.errors import LimitError, ProductMissingError, failure_of, is_disk_full
from jobs.models import Job, new_job_id
from jobs.phases import Phase
from jobs.search import divide
from photometry_core.archive.search import ExposureMatch
from photometry_core.errors import ArchiveError, InvalidInputError
from photometry_core.types import Exposure, MeasureOptions, Target

STAR = Target(name="star", ra_deg=1.0, dec_deg=2.0)


def submit(**changes):
    values = {
        "owner": "me",
        "title": "a title",
        "targets": [STAR],
        "options": MeasureOptions(detectors=(1, 4), mjd_range=(61000.0, None)),
        "archive": "simulated",
    }
    return services.submit_job(**values | changes)


@pytest.mark.django_db
class TestSubmission:
    def test_it_keeps_what_was_asked_for(self):
        job = Job.objects.get(pk=submit(title="  two\r\nlines ").pk)
        assert (job.title, job.phase, job.n_targets) == ("two lines", Phase.QUEUED, 1)
        assert job.targets == [STAR]
        assert job.options == MeasureOptions(detectors=(1, 4), mjd_range=(61000.0, None))
        assert job.request["software"].startswith("SPHEREx Explorer ")
        assert job.simulated
        assert job.is_active

    def test_repetitions_of_a_submission_are_one_job(self):
        first = submit(submission_key="form 1")
        assert submit(submission_key="form 1") == first
        assert submit(submission_key="form 2") != first
        assert submit(submission_key="form 1", owner="somebody else") != first
        assert submit() != submit()
        assert Job.objects.filter(owner="me").count() == 4

    def test_a_form_that_was_changed_is_a_new_submission(self):
        first = submit(submission_key="form 1")
        moved = Target(name="star", ra_deg=1.0, dec_deg=-2.0)
        assert submit(submission_key="form 1", targets=[moved]) != first
        assert submit(submission_key="form 1", title="another") != first

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"targets": []}, "targets: none given; allowed: at least one"),
            ({"targets": [STAR] * 101}, "targets: 101 given; allowed: at most 100"),
            ({"title": "x" * 201}, "title: 201 characters given; allowed: at most 200"),
        ],
    )
    def test_what_can_not_be_used_is_refused(self, changes, message):
        with pytest.raises(InvalidInputError, match=message):
            submit(**changes)
        assert not Job.objects.exists()

    def test_a_visitor_may_have_so_many_unfinished_jobs(self, settings):
        settings.SPHEREX_MAX_ACTIVE_JOBS = 2
        first = submit(submission_key="form")
        submit()
        with pytest.raises(LimitError, match="2 of your jobs are not finished"):
            submit()
        assert submit(submission_key="form") == first
        submit(owner="somebody else")
        services.cancel_job(first)
        submit()

    def test_a_worker_hears_of_it_when_it_is_committed(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            job = submit()
            assert queue.waiting() == set()
        assert queue.waiting() == {("search_job", job.pk)}
        message = OrmQ.objects.get()
        assert (message.args(), message.kwargs()) == ((job.pk,), {})


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_are_one_job():
    barrier = threading.Barrier(8)
    found = []

    def click():
        try:
            barrier.wait()
            found.append(submit(submission_key="form").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == Job.objects.count() == OrmQ.objects.count() == 1


@pytest.mark.django_db
def test_messages_that_can_not_be_read_do_not_count(settings):
    scheduling.announce_search("A" * 22)
    OrmQ.objects.update(payload="signed with a former key")
    assert queue.waiting() == set()


@pytest.mark.django_db
def test_the_sweep_is_scheduled_once_however_often_that_is_seen_to():
    for _ in range(3):
        sweeper.schedule_sweeps()
    schedule = Schedule.objects.get()
    assert (schedule.func, schedule.minutes) == ("jobs.sweeper.sweep", 1)
    Schedule.objects.create(name=schedule.name, func="jobs.sweeper.sweep")
    sweeper.schedule_sweeps()
    assert Schedule.objects.count() == 1


def make_match(n_targets):
    exposure = Exposure(
        publisher_did="",
        obs_id="",
        detector=1,
        lvf_id=1,
        collection="",
        deep=False,
        mjd=1,
        simulated=False,
        access="",
    )
    return ExposureMatch(exposure=exposure, targets=tuple(range(n_targets)))


@given(st.lists(st.integers(1, 20).map(make_match)), st.integers(1, 50))
def test_division_keeps_every_exposure_and_fills_every_chunk(matches, rows):
    parts = divide(matches, rows)
    assert [match for part in parts for match in part] == matches
    sizes = [[len(match.targets) for match in part] for part in parts]
    assert all(sum(part) >= rows for part in sizes[:-1])
    # Without its last exposure none would be full: chunks are no longer than they must be.
    assert all(sum(part[:-1]) < rows for part in sizes)


def test_ids_can_not_be_guessed_and_are_safe_in_paths_and_xml(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    ids = {new_job_id() for _ in range(1000)}
    assert len(ids) == 1000
    for job_id in ids:
        assert folders.published(job_id).parent == tmp_path
        assert folders.work(job_id).parent.parent == tmp_path


@pytest.mark.parametrize(
    "job_id",
    ["", ".", "..", "../../etc", "a/b", "A" * 21, "A" * 23, "A" * 21 + "\n", "-" + "A" * 21],
)
def test_no_other_id_becomes_a_path(job_id):
    for function in (folders.published, folders.work):
        with pytest.raises(ValueError, match="is not the id of a job"):
            function(job_id)


def test_products_are_there_when_the_job_is_completed(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    job = Job(id="A" * 22, n_targets=1, phase=Phase.COMPLETED)
    with pytest.raises(ProductMissingError, match="no products"):
        products.folder(job)
    folders.published(job.pk).mkdir()
    assert products.folder(job) == tmp_path / job.pk
    for index in (-1, 1):
        with pytest.raises(ProductMissingError, match=f"no target {index}"):
            products.spectrum(job, index)
    with pytest.raises(ProductMissingError, match=r"no 0.parquet"):
        products.spectrum(job, 0)
    with pytest.raises(ProductMissingError, match=r"no 0.stamps.fits"):
        products.stamps(job, 0)
    for phase in set(Phase) - {Phase.COMPLETED}:
        job.phase = phase
        with pytest.raises(ProductMissingError):
            products.folder(job)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (InvalidInputError("ra: 400 given"), "usage", "ra: 400 given. Submit a new job"),
        (ArchiveError("archive: gone"), "transient", "archive: gone. Submit the job again later"),
    ],
)
def test_errors_say_what_a_person_can_do(error, kind, words):
    failure = failure_of(error)
    assert failure.kind == kind
    assert words in failure.message


def test_full_disks_and_quotas_are_recognised():
    assert is_disk_full(OSError(errno.ENOSPC, ""))
    assert is_disk_full(OSError(errno.EDQUOT, ""))
    assert not is_disk_full(OSError(errno.EIO, ""))


class TestChecks:
    def found(self):
        return [error.id for error in run_checks(tags=[TAG], include_deployment_checks=True)]

    @pytest.fixture(autouse=True)
    def _own_archive(self, settings, tmp_path):
        settings.SPHEREX_ARCHIVE = str(tmp_path)
        settings.SPHEREX_RESULTS_FOLDER = tmp_path / "not" / "yet"
        archives.open_for_reading.cache_clear()

    def test_the_settings_pass(self):
        assert self.found() == []

    def test_a_results_folder_that_can_not_be_written(self, settings, tmp_path):
        file = tmp_path / "file"
        file.touch()
        settings.SPHEREX_RESULTS_FOLDER = file / "results"
        assert self.found() == ["jobs.E001"]

    def test_redelivery_of_messages_in_work(self, settings):
        settings.Q_CLUSTER = settings.Q_CLUSTER | {"retry": 300}
        assert self.found() == ["jobs.E002"]

    def test_timeouts_shorter_than_the_work(self, settings):
        settings.SPHEREX_CHUNK_SECONDS = 200.0
        assert self.found() == ["jobs.E003"]

    def test_timeouts_that_would_not_be_noticed(self, settings):
        settings.Q_CLUSTER = settings.Q_CLUSTER | {"guard_cycle": 0.7}
        assert self.found() == ["jobs.E004"]

    def test_leases_that_lapse_in_use(self, settings):
        settings.SPHEREX_LEASE_SECONDS = 1.5
        assert self.found() == ["jobs.E005"]

    def test_an_archive_that_is_not_there(self, settings, tmp_path):
        settings.SPHEREX_ARCHIVE = str(tmp_path / "nowhere")
        assert self.found() == ["jobs.E006"]
