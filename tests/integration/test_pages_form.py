"""The form for a new job: how texts are understood, what is refused, what is submitted."""

import html
import re

import pytest
from django.db import OperationalError
from django.utils.crypto import get_random_string

from explorer.views import submission
from jobs.models import Job
from photometry_core.types import DETECTORS

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'&"


def filled(**changed):
    return {
        "target": "12.34 34.89",
        "background_size": "15",
        "time_start": "",
        "time_end": "",
        "title": "",
        "submission_key": get_random_string(22),
    } | changed


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def only_job():
    (job,) = Job.objects.all()
    return job


def test_a_position_becomes_a_job_of_the_visitor(client):
    response = client.post("/", filled())
    job = only_job()
    assert response.status_code == 302
    assert response.url == f"/jobs/{job.pk}/"
    assert job.owner == response.wsgi_request.visitor
    (target,) = job.targets
    assert (target.name, target.ra_deg, target.dec_deg) == ("J004921.60+345324.0", 12.34, 34.89)
    assert job.options.detectors == DETECTORS
    assert job.options.mjd_range == (None, None)
    assert job.options.background_size_pix == 15
    assert job.title == "J004921.60+345324.0"


def test_options_reach_the_job(client):
    client.post(
        "/",
        filled(
            bands=["4", "1"],
            time_start="2025-05-01",
            time_end="61000.5",
            background_size="21",
            title="  my   star ",
        ),
    )
    job = only_job()
    assert job.options.detectors == (1, 4)
    assert job.options.mjd_range == (60796.0, 61000.5)
    assert job.options.background_size_pix == 21
    assert job.title == "my star"


@pytest.mark.parametrize(
    ("ticked", "measured"),
    [
        pytest.param([], DETECTORS, id="case_86_none_means_all"),
        pytest.param(["6", "1", "6"], (1, 6), id="case_86_reversed_and_twice"),
    ],
)
def test_bands_are_taken_in_any_order(client, ticked, measured):
    client.post("/", filled(bands=ticked))
    assert only_job().options.detectors == measured


def test_the_title_is_made_of_what_makes_the_job_special(client):
    client.post("/", filled(bands=["4", "1"], time_start="60800", background_size="21"))
    assert only_job().title == (
        "J004921.60+345324.0 \u00b7 D1, D4 \u00b7 from MJD 60800.00 \u00b7 21 px background"
    )


def test_a_name_of_the_simulated_sky_becomes_a_job(client):
    client.post("/", filled(target="m81"))
    (target,) = only_job().targets
    assert target.name == "M 81"
    assert target.ra_deg == pytest.approx(148.888, abs=0.001)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"target": ""}, "Type coordinates or the name of an object."),
        ({"target": "361 5"}, "RA: 361 degrees is out of range; allowed: 0 to 360 degrees"),
        ({"target": "12.5 -11 37 23"}, "could be hours or degrees"),
        ({"target": "no such object"}, "'no such object' is not known in the simulated sky"),
        pytest.param(
            {"bands": ["7"]}, "7 is not a band; allowed: 1 to 6.", id="case_86_band_out_of_range"
        ),
        ({"background_size": "15.5"}, "'15.5' is not a whole number; allowed: a whole number of"),
        ({"background_size": "8"}, "8 given; allowed: a whole number of pixels from 9 to 99."),
        ({"background_size": "100"}, "100 given; allowed: a whole number of pixels from 9 to 99."),
        ({"background_size": ""}, "Nothing given; allowed: a whole number of pixels"),
        ({"time_start": "yesterday"}, "'yesterday' is not a time"),
        ({"time_start": "2025"}, "out of range; allowed: MJD"),
        pytest.param(
            {"time_start": "60800", "time_end": "60700"},
            "The end of the time range is before",
            id="case_87_end_before_start",
        ),
        ({"title": "x" * 121}, "at most 120 characters"),
        ({"submission_key": ""}, "Submit it once more"),
    ],
)
def test_errors_stand_beside_the_field_and_nothing_is_lost(client, changed, message):
    data = filled(title="kept", bands=["2"], time_end="61000.5", background_size="17") | changed
    response = client.post("/", data)
    page = text_of(response)
    assert response.status_code == 422
    assert not Job.objects.exists()
    # Once in the summary, once beside the field; a hidden field has no place of its own.
    assert page.count(message) == (1 if "submission_key" in changed else 2)
    assert 'role="alert"' in page
    for name in ("target", "title", "time_end", "background_size"):
        assert f'value="{data[name]}"' in page or data[name] == ""
    if data["bands"] == ["2"]:
        assert 'value="2" checked' in page


def test_a_page_that_is_too_old_can_be_sent_once_more(client):
    page = text_of(client.post("/", filled(submission_key="old")))
    (key,) = re.findall(r'name="submission_key" value="(\w+)"', page)
    assert client.post("/", filled(submission_key=key)).status_code == 302


def test_an_invalid_field_points_to_its_error(client):
    page = client.post("/", filled(target="361 5")).content.decode()
    field = re.search(r'<input[^>]*id="id_target"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_target_error id_target_help"' in field
    assert 'id="id_target_error"' in page
    assert '<a href="#id_target">' in page


def test_a_double_click_gives_one_job(client):
    data = filled()
    first, second = client.post("/", data), client.post("/", data)
    assert first.url == second.url
    assert Job.objects.count() == 1


def test_going_back_and_changing_something_gives_another_job(client):
    data = filled()
    client.post("/", data)
    client.post("/", data | {"background_size": "21"})
    assert Job.objects.count() == 2


def test_a_forged_form_is_refused():
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post("/", filled())
    assert response.status_code == 403
    assert "was not made for this browser" in text_of(response)
    assert not Job.objects.exists()


def test_too_many_unfinished_jobs_are_refused_in_words(client, settings):
    settings.SPHEREX_MAX_ACTIVE_JOBS = 1
    client.post("/", filled())
    response = client.post("/", filled(target="1 2"))
    assert response.status_code == 422
    assert "1 of your jobs are not finished yet" in text_of(response)


def test_what_was_typed_is_shown_escaped(client):
    for data in (filled(target=HOSTILE), filled(title=HOSTILE, target="361 5")):
        assert "<script>alert" not in client.post("/", data).content.decode()
    assert "<script>alert" not in client.get("/", {"target": HOSTILE}).content.decode()
    assert "<script>alert" not in client.get("/position", {"target": HOSTILE}).content.decode()
    assert "<script>alert" not in client.get("/time", {"time_start": HOSTILE}).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("46.53 -0.251 gal", ["289.380607 +11.960953", "Galactic 46.53000 -0.25100"]),
        ("12 39 59.43 -11 37 23.0", ["189.997625 -11.623056", "12:39:59.430 -11:37:23.00",
                                     "J2000, taken as ICRS", "sexagesimal"]),
        ("0 0 icrs", ["0.000000 +0.000000", "J000000.00+000000.0"]),
        ("\uff11\uff12.5 \u0663", ["12.500000 +3.000000",
                                   "has digits of another script, read as 12.5 3."]),
        ("12:39:60 5:00:00", ["190.000000 +5.000000"]),
        ("m81", ["M 81", "resolved by the simulated sky", "09:55:33"]),
        ("361 5", ["RA: 361 degrees is out of range; allowed: 0 to 360 degrees"]),
        ("nobody", ["'nobody' is not known in the simulated sky", "any position can be measured"]),
        ("x" * 100, ["That is no name: 100 characters given; allowed: at most 80"]),
    ],
)  # fmt: skip
def test_feedback_says_how_the_target_is_understood(client, typed, words):
    page = text_of(client.get("/position", {"target": typed}))
    for word in words:
        assert word in page


def test_the_motion_of_a_simulated_object_is_offered(client):
    page = client.get("/position", {"target": "TRAPPIST-1"}).content.decode()
    assert "the simulated sky knows its proper motion" in page
    assert 'data-pm-ra="930.788" data-pm-dec="-479.038" data-ref-epoch="2016.0"' in page
    assert "proper motion" not in client.get("/position", {"target": "M 81"}).content.decode()


def test_feedback_makes_the_title_that_submitting_would(client):
    options = {"bands": ["4", "1"], "time_start": "60800", "background_size": "21"}
    page = text_of(client.get("/position", {"target": "12.34 34.89"} | options))
    (title,) = re.findall(r'data-default-title="([^"]*)"', page)
    client.post("/", filled(**options))
    assert only_job().title == title


@pytest.mark.parametrize(
    "options",
    [
        {"bands": "9"},
        {"time_start": "x", "time_end": "y"},
        {"time_start": "60800", "time_end": "60700"},
        {"background_size": "-1"},
    ],
)
def test_feedback_copes_with_options_that_are_not_valid_yet(client, options):
    response = client.get("/position", {"target": "12.34 34.89"} | options)
    assert response.status_code == 200
    assert "J004921.60+345324.0" in response.content.decode()


def test_times_are_shown_in_the_other_notation(client):
    assert "2025-05-01 12:00:00 UTC = MJD 60796.50000" in text_of(
        client.get("/time", {"time_start": "60796.5"})
    )
    assert "MJD 60796.00000" in text_of(client.get("/time", {"time_end": "2025-05-01"}))
    # What is wrong is said with the other fields.
    assert text_of(client.get("/time", {"time_end": "soon"})).strip() == ""
    assert text_of(client.get("/time", {"time_end": " "})).strip() == ""


def test_a_target_in_the_address_fills_the_box(client):
    assert 'value="M 81"' in text_of(client.get("/", {"target": "M 81"}))


def test_examples_can_be_understood(client):
    examples = re.findall(r'data-example="([^"]*)"', text_of(client.get("/")))
    assert len(examples) > 5
    for example in examples:
        assert "feedback-good" in client.get("/position", {"target": example}).content.decode()


@pytest.mark.parametrize(
    ("typed", "offered"), [("m81", "M 81"), ("12.345678 34.891234", "12.345678 34.891234 icrs")]
)
def test_an_earlier_job_fills_the_form_exactly(client, typed, offered):
    client.post("/", filled(target=typed, bands=["3"], time_start="2025-05-01T06:00"))
    job = only_job()
    page = text_of(client.get("/", {"from": job.pk}))
    assert f'value="{offered}"' in page
    assert 'value="3" checked' in page
    assert 'value="60796.25"' in page
    client.post("/", filled(target=offered, bands=["3"], time_start="60796.25"))
    again, first = Job.objects.order_by("-created")
    assert again.request == first.request


def test_a_full_disk_loses_nothing_that_was_typed(client, monkeypatch):
    def full(**_):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("explorer.views.submission.submit_job", full)
    response = client.post("/", filled(title="my star"))
    assert response.status_code == 503
    assert "can't store jobs at the moment" in text_of(response)
    assert 'value="12.34 34.89"' in response.content.decode()
    assert 'value="my star"' in response.content.decode()


def test_a_name_has_one_spelling(client):
    for address in ("/", "/?mode=multi", "/help/", "/method/"):
        words = re.sub(r"<[^>]*>", " ", text_of(client.get(address)))
        assert "S\u00e9rsic" in words
        assert "Sersic" not in words


def test_an_engine_that_is_missing_takes_little_space(client, monkeypatch):
    monkeypatch.setattr(submission, "why_no_tractor", lambda: "see https://example.org/tractor")
    page = client.get("/").content.decode()
    assert 'title="see https://example.org/tractor"' in page
    assert "example.org" not in re.sub(r"<[^>]*>", " ", page)
    assert "The Tractor can't be used on this site" in text_of(client.get("/"))
