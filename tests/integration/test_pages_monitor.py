"""A job's page and the list while jobs wait, run and end."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Chunk, Job, request_of
from jobs.phases import Phase
from photometry_core.types import MeasureOptions, Target

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def visitor(client):
    return client.get("/jobs/").wsgi_request.visitor


@pytest.fixture
def make_job(visitor):
    def make_job(phase=Phase.QUEUED, done=None, owner=visitor, name="M 81", **values):
        now = timezone.now()
        job = Job.objects.create(
            **{
                "owner": owner,
                "title": "a job",
                "phase": phase,
                "archive": "simulated",
                "request": request_of(
                    [Target(name=name, ra_deg=1.5, dec_deg=-2.5)], MeasureOptions(), "test"
                ),
                "n_targets": 1,
                "started": None if phase == Phase.QUEUED else now - timedelta(seconds=40),
                "ended": None if phase in (Phase.QUEUED, Phase.EXECUTING) else now,
            }
            | values
        )
        if done is not None:
            Chunk.objects.create(
                job=job, number=0, exposures=[], n_exposures=job.n_exposures, n_done=done
            )
        return job

    return make_job


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def test_a_running_job_shows_real_progress(client, make_job):
    job = make_job(Phase.EXECUTING, n_exposures=400, done=100)
    page = text_of(client.get(f"/jobs/{job.pk}/"))
    assert '<progress aria-label="Exposures measured" max="400" value="100">25 %' in page
    assert "<title>100 of 400 · a job" in page
    # Three times the 40 seconds so far, and what the test itself takes.
    assert re.search(r"about 2 min \d s", page)
    assert f'hx-get="/jobs/{job.pk}/status" hx-trigger="every 1s"' in page
    assert "Cancel job" in page


def test_a_job_that_still_searches_has_no_invented_progress(client, make_job):
    job = make_job(Phase.EXECUTING)
    page = text_of(client.get(f"/jobs/{job.pk}/"))
    assert '<progress aria-label="Progress"></progress>' in page
    assert "Searching the archive" in page
    assert "%" not in re.search(r"<progress.*?</progress>", page)[0]


def test_the_polled_part_carries_the_title_of_the_window(client, make_job):
    job = make_job(Phase.EXECUTING, n_exposures=400, done=100)
    response = client.get(f"/jobs/{job.pk}/status", headers={"HX-Request": "true"})
    assert response.status_code == 200
    # htmx only takes a title that is not inside of something else.
    assert text_of(response).startswith("<title>100 of 400 \u00b7 a job</title>")
    assert "<html" not in text_of(response)


@pytest.mark.parametrize("phase", [Phase.ERROR, Phase.ABORTED])
def test_polling_stops_when_the_job_has_ended(client, make_job, phase):
    job = make_job(phase, error_kind="fatal" if phase == Phase.ERROR else "")
    response = client.get(f"/jobs/{job.pk}/status", headers={"HX-Request": "true"})
    assert response.status_code == 286
    assert "hx-get" not in text_of(response)
    assert f'href="/?from={job.pk}"' in text_of(response)


def test_a_completed_job_leads_to_its_results(client, make_job):
    job = make_job(Phase.COMPLETED)
    assert client.get(f"/jobs/{job.pk}/").url == f"/jobs/{job.pk}/results/"
    response = client.get(f"/jobs/{job.pk}/status", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"/jobs/{job.pk}/results/"


def test_results_of_a_job_that_runs_lead_to_its_page(client, make_job):
    job = make_job(Phase.EXECUTING)
    assert client.get(f"/jobs/{job.pk}/results/").url == f"/jobs/{job.pk}/"


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        ("usage", "The request can't be measured"),
        ("transient", "Something that the job needs did not answer"),
        ("fatal", "The program failed"),
    ],
)
def test_an_error_says_what_can_be_done(client, make_job, kind, heading):
    job = make_job(Phase.ERROR, error_kind=kind, error_message=f"What happened. {HOSTILE}")
    response = client.get(f"/jobs/{job.pk}/")
    assert heading in text_of(response)
    assert "What happened." in text_of(response)
    assert "<script>alert" not in response.content.decode()
    assert "Edit and submit again" in text_of(response)


def test_what_holds_a_job_up_is_said(client, make_job):
    job = make_job(Phase.EXECUTING, notice="The server has no room left.")
    assert "The server has no room left." in text_of(client.get(f"/jobs/{job.pk}/"))


def test_cancelling_ends_the_job(client, make_job):
    job = make_job()
    response = client.post(f"/jobs/{job.pk}/cancel")
    assert response.url == f"/jobs/{job.pk}/"
    assert Job.objects.get(pk=job.pk).phase == Phase.ABORTED
    assert "Cancelled." in text_of(client.get(f"/jobs/{job.pk}/"))
    # A second click changes nothing, and is no error.
    assert client.post(f"/jobs/{job.pk}/cancel", {"list": "1"}).url == "/jobs/"


def test_cancelling_through_htmx_leads_to_a_whole_page(client, make_job):
    job = make_job()
    response = client.post(f"/jobs/{job.pk}/cancel", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"/jobs/{job.pk}/"


def test_a_link_never_cancels(client, make_job):
    job = make_job()
    assert client.get(f"/jobs/{job.pk}/cancel").status_code == 405
    assert Job.objects.get(pk=job.pk).phase == Phase.QUEUED


def test_the_list_shows_the_visitors_jobs_newest_first(client, make_job):
    make_job(title="older", created=timezone.now() - timedelta(days=1))
    done = make_job(Phase.COMPLETED, title="newer", n_exposures=30, done=30)
    make_job(owner="somebody else", title="not yours")
    page = text_of(client.get("/jobs/"))
    assert page.index("newer") < page.index("older")
    assert "not yours" not in page
    assert f'href="/jobs/{done.pk}/results/"' in page
    assert "30 of 30" in page


def test_the_list_is_polled_only_while_something_happens(client, make_job):
    job = make_job(Phase.EXECUTING, n_exposures=10, done=3)
    assert 'hx-trigger="every 2s"' in text_of(client.get("/jobs/"))
    assert client.get("/jobs/rows").status_code == 200
    Job.objects.filter(pk=job.pk).update(phase=Phase.ABORTED)
    assert "hx-trigger" not in text_of(client.get("/jobs/"))
    response = client.get("/jobs/rows")
    assert response.status_code == 286
    assert "hx-trigger" not in text_of(response)


def test_an_empty_list_says_what_to_do(client):
    page = text_of(client.get("/jobs/"))
    assert "No jobs yet" in page
    assert "<table" not in page


def test_a_long_list_has_pages(client, make_job):
    for number in range(53):
        make_job(Phase.ABORTED, title=f"job number {number:02d}")
    first, second = client.get("/jobs/"), client.get("/jobs/?page=2")
    assert len(re.findall(r"job number \d\d</a>", text_of(first))) == 50
    assert len(re.findall(r"job number \d\d</a>", text_of(second))) == 3
    assert client.get("/jobs/?page=nonsense").status_code == 200


def test_the_list_asks_the_database_a_few_things_however_long_it_is(
    client, make_job, django_assert_max_num_queries
):
    for number in range(20):
        make_job(Phase.EXECUTING, n_exposures=10, done=number % 10)
    with django_assert_max_num_queries(4):
        client.get("/jobs/rows")


def test_titles_and_names_are_escaped(client, make_job):
    job = make_job(title=HOSTILE, name=HOSTILE)
    for address in ("/jobs/", f"/jobs/{job.pk}/", f"/jobs/{job.pk}/status", "/jobs/rows"):
        assert "<script>alert" not in client.get(address).content.decode()


def test_pages_of_a_simulated_sky_say_so(client, make_job):
    job = make_job()
    for address in ("/", "/jobs/", f"/jobs/{job.pk}/", "/nothing-here"):
        assert "Simulated sky." in text_of(client.get(address))


def test_pages_of_another_archive_do_not(client, settings):
    settings.SPHEREX_ARCHIVE = "/a/folder"
    assert "Simulated" not in text_of(client.get("/"))
    assert "simulated" not in text_of(client.get("/jobs/"))


def test_what_does_not_exist_has_a_page(client):
    response = client.get("/nothing-here")
    assert response.status_code == 404
    assert "There is nothing here" in text_of(response)


def test_a_fault_of_the_program_has_a_page_without_details(client, monkeypatch):
    def fail(request):
        raise ZeroDivisionError

    monkeypatch.setattr("explorer.views.monitor._page_of_jobs", fail)
    client.raise_request_exception = False
    response = client.get("/jobs/")
    assert response.status_code == 500
    assert "This is a fault of the program" in text_of(response)
    assert "ZeroDivisionError" not in text_of(response)
