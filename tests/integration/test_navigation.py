"""The tabs of every page: what is open, what runs, and which result is the latest."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from jobs.models import Job
from jobs.phases import Phase
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

TABS = ["New Job", "Job Monitor", "Results", "Upload", "Help"]


@pytest.fixture
def client(client):
    # From the second request on a browser has the cookie that makes it a visitor.
    client.visitor = client.get("/jobs/").wsgi_request.visitor
    return client


def tabs_of(client, address):
    """Return name and ``aria-current`` of every tab."""
    markup = client.get(address).content.decode()
    nav = markup.split('<nav class="site-nav"')[1].split("</nav>")[0]
    tabs = {}
    for attributes, inside in re.findall(r"<a ([^>]*)>(.*?)</a>", nav, re.DOTALL):
        words = re.sub(r'<span class="activity".*', "", inside, flags=re.DOTALL)
        current = re.search(r'aria-current="(\w+)"', attributes)
        tabs[" ".join(re.sub("<[^>]*>", "", words).split())] = current and current[1]
    return tabs


def add_job(owner, phase, **values):
    return Job.objects.create(
        owner=owner, phase=phase, archive="simulated", request={}, n_targets=1, **values
    )


@pytest.mark.parametrize(
    ("address", "tab", "current"),
    [
        ("/", "New Job", "page"),
        ("/jobs/", "Job Monitor", "page"),
        ("/results/", "Results", "page"),
        ("/upload/", "Upload", "page"),
        ("/help/", "Help", "page"),
        ("/method/", "Help", "true"),
        ("/nothing/", None, None),
    ],
)
def test_the_open_tab_is_marked(client, address, tab, current):
    tabs = tabs_of(client, address)
    assert list(tabs) == TABS
    assert {name: value for name, value in tabs.items() if value} == ({tab: current} if tab else {})


def test_active_jobs_of_this_visitor_are_counted(client):
    assert client.get("/jobs/activity").status_code == 204
    add_job("a-stranger", Phase.EXECUTING)
    add_job(client.visitor, Phase.COMPLETED)
    assert client.get("/jobs/activity").status_code == 204
    assert 'data-active="0" hidden' in client.get("/help/").content.decode()
    add_job(client.visitor, Phase.EXECUTING)
    add_job(client.visitor, Phase.QUEUED)
    answer = client.get("/jobs/activity")
    assert answer.json() == {"active": 2}
    assert answer["Cache-Control"] == "no-store"
    page = client.get("/help/").content.decode()
    assert 'data-active="2" title="2 running"' in page
    assert Client().get("/jobs/activity").status_code == 204


def test_a_page_that_tells_of_a_broken_database_appears(client, monkeypatch):
    def broken(*arguments, **values):
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(Job.objects, "filter", broken)
    assert client.get("/nothing/").status_code == 404
    assert client.get("/jobs/activity").status_code == 204


def test_without_results_there_is_a_way_forward(client):
    page = client.get("/results/")
    assert page.status_code == 200
    assert "No results yet" in page.content.decode()
    assert 'href="/upload/"' in page.content.decode().split("<main")[1]
    add_job(client.visitor, Phase.EXECUTING)
    assert "1 of your jobs is not finished" in client.get("/results/").content.decode()


def test_the_latest_result_is_the_last_viewed_or_one_finished_since(client, complete):
    first, second = (complete(made_spectrum(5, 0), title=title) for title in ("first", "second"))
    assert client.get("/results/").url == f"/jobs/{second.pk}/results/"
    # Looking at the first makes it the latest, until something new is finished.
    assert client.get(f"/jobs/{first.pk}/results/").status_code == 200
    assert client.get("/results/").url == f"/jobs/{first.pk}/results/"
    third = complete(made_spectrum(5, 0), title="third")
    Job.objects.filter(pk=third.pk).update(ended=timezone.now() + timedelta(seconds=5))
    assert client.get("/results/").url == f"/jobs/{third.pk}/results/"


def test_a_cookie_opens_no_job_of_a_stranger(client, complete):
    job = complete(made_spectrum(5, 0))
    Job.objects.filter(pk=job.pk).update(owner="a-stranger")
    for kept in (f"{job.pk}.1700000000000", f"{job.pk}.999999999999999", "nonsense", f"{job.pk}."):
        client.cookies["last_result"] = kept
        assert client.get("/results/").status_code == 200
