"""Jobs from submission to product, worked off in the process of the test."""

import json
import logging

import pytest
from django_q.models import OrmQ

from jobs import assembly, folders, products, sweeper, tasks
from jobs.errors import DISK_FULL_NOTICE, ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from photometry_core import pipeline
from photometry_core.types import MeasureOptions
from tests.integration.conftest import table_of
from tests.integration.faulty_archive import open_archive
from tests.integration.in_process import die, job_of


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


@pytest.mark.parametrize("rows_at_once", [5_000, 1])
def test_the_product_is_what_the_library_measures(submit, work_off, monkeypatch, rows_at_once):
    monkeypatch.setattr(assembly, "_ROWS_AT_ONCE", rows_at_once)
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
