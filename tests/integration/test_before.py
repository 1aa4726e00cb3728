"""What the page says before a job is sent, and titles that are changed later."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import parse_qs

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from django.core.cache import cache
from django.test import Client

from explorer import catalogues
from jobs.models import Job
from jobs.target_lists import open_list
from photometry_core.archive import open_archive
from photometry_core.simulation.truth import truth
from photometry_core.types import MeasureOptions, Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

FORM = {"mode": "single", "target": "12.34 34.89", "background_size": "15"}


def asked(client, address, **fields):
    response = client.post(f"/{address}", FORM | fields)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Answers come when everything is counted, however long the first count of a process takes."""
    monkeypatch.setattr("explorer.estimate.WAIT_SECONDS", 60.0)


@pytest.fixture
def preview(client):
    """Asks for a preview until it is there."""

    def preview(**fields):
        while (answer := asked(client, "preview", **fields)).get("pending"):
            pass
        return answer

    return preview


def test_the_form_is_counted_as_it_stands(client):
    found = open_archive("simulated").find_exposures(
        [Target(name="", ra_deg=12.34, dec_deg=34.89)], MeasureOptions(detectors=(2, 5))
    )
    answer = asked(client, "estimate", bands=["2", "5"])
    assert answer["n_targets"] == answer["jobs"] == 1
    assert answer["target"] == {"name": "J004921.60+345324.0", "ra": 12.34, "dec": 34.89}
    assert answer["rows"] == len(found.matches)
    assert [band["detector"] for band in answer["bands"] if band["rows"]] == [2, 5]
    assert answer["pace"]["seconds_per_row"] > 0
    assert answer["of_target"]["notes"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param(
            {"time_end": "2024-01-01"}, "none in the chosen time range", id="case 90 no exposure"
        ),
        pytest.param(
            {"target": "270.0 66.5607"}, None, id="case 90 twenty thousand exposures"
        ),
    ],
)  # fmt: skip
def test_too_few_and_too_many_are_said_before_sending(client, fields, said):
    answer = asked(client, "estimate", **fields)
    if said:
        assert answer["rows"] == 0
        assert said in answer["of_target"]["notes"][0]
    else:
        assert answer["rows"] > 15_000
        assert answer["rows"] * answer["pace"]["seconds_per_row"] > 60
    assert Job.objects.count() == 0


@pytest.mark.parametrize("target", ["", "no such thing", "361 5", "x" * 5000])
def test_without_a_target_there_is_nothing_to_say(client, target):
    assert asked(client, "estimate", target=target)["n_targets"] == 0
    assert asked(client, "preview", target=target)["pixels"] is None
    assert asked(client, "neighbours", target=target)["state"] == "none"


@pytest.mark.parametrize("part", ["-1", "x", "2", "1" * 30, "\u0661"])
def test_a_portion_that_does_not_exist_is_refused(client, part):
    assert client.post("/estimate", FORM | {"part": part}).status_code == 400
    assert client.post("/preview", FORM | {"band": part + "7"}).status_code == 400


def test_an_archive_that_is_gone_is_a_sentence(client, settings):
    settings.SPHEREX_ARCHIVE = "/no/such/folder"
    for address in ("estimate", "preview"):
        response = client.post(f"/{address}", FORM)
        assert response.status_code == 422
        assert "neither a folder" in response.json()["error"]


def test_the_preview_shows_the_target_on_a_good_exposure(preview):
    answer = preview(target="3C 273")
    assert answer["detector"] == 3
    pixels = answer["pixels"]
    image = np.frombuffer(base64.b64decode(pixels["image"]["data"]), "<f4").reshape(31, 31)
    x, y = pixels["target"]
    assert (x, y) == pytest.approx((15, 15), abs=0.51)
    # The quasar is where the target is marked.
    rows, columns = np.mgrid[:31, :31]
    light = np.where(np.hypot(columns - 15, rows - 15) < 3, image - np.nanmedian(image), 0.0)
    assert (light * columns).sum() / light.sum() == pytest.approx(x, abs=0.3)
    assert (light * rows).sum() / light.sum() == pytest.approx(y, abs=0.3)
    assert answer["exposure"]["simulated"]
    assert 1.6 < answer["exposure"]["wavelength"] < 2.5
    assert preview(target="3C 273", band="6")["exposure"]["wavelength"] > 4.4


def test_the_preview_keeps_to_the_chosen_times_if_it_can(preview):
    inside = preview(time_start="2026-01-01")
    assert inside["exposure"]["date"] > "2026"
    assert not inside["outside"]
    assert preview(time_end="2024-01-01")["outside"]


def test_neighbours_are_those_of_the_simulated_sky(client):
    place = next(
        (float(ra), -20.0) for ra in np.arange(10.0, 12.0, 0.01)
        if len([s for s in truth(ra, -20.0, 18.0) if s.separation_arcsec > 4.0]) > 1
    )  # fmt: skip
    answer = asked(client, "neighbours", target=f"{place[0]!r} {place[1]!r}")
    real = truth(*place, 60.0)
    assert answer["state"] == "known"
    assert answer["nearest"]["separation"] == pytest.approx(real[0].separation_arcsec, abs=1e-3)
    assert answer["nearest"]["label"].startswith("simulated ")
    near = [one for one in real if 6.15 / 2 < one.separation_arcsec <= 18.45]
    assert [one["ra"] for one in answer["neighbours"]] == [one.ra_deg for one in near]
    assert "AB " in answer["neighbours"][0]["brightness"]


# Catalogues


def answered(tables):
    """Return a VOTable, as a TAP service writes it."""
    file = BytesIO()
    tables.write(file, format="votable")
    return file.getvalue()


def gaia():
    return Table({
        "Source": np.array([123456789012345678, 5], np.int64),
        "RA_ICRS": [12.34 + 0.4 / 3600, 12.3425],
        "DE_ICRS": [34.89, 34.8925],
        "pmRA": MaskedColumn([-801.5, 0.0], mask=[False, True]),
        "pmDE": MaskedColumn([10362.4, 0.0], mask=[False, True]),
        "Gmag": MaskedColumn([9.51, 0.0], mask=[False, True]),
    })  # fmt: skip


def two_mass():
    return Table({
        "designation": ["00492160+3453240", "00492000+3453300"],
        "RAJ2000": [12.34, 12.335], "DEJ2000": [34.89, 34.8917],
        "Jmag": [5.24, 14.0], "Kmag": [4.52, 13.25],
    })  # fmt: skip


@pytest.fixture
def service(settings):
    """A TAP service of our own on this machine, and what it was asked."""
    settings.SPHEREX_ARCHIVE = "/a/folder"
    cache.clear()
    state = {"queries": [], "answer": None}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            query = fields["QUERY"][0]
            state["queries"].append((self.path, query))
            status, body = (state["answer"] or usual)(query)
            self.send_response(status)
            self.send_header("Content-Type", "application/x-votable+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    def usual(query):
        return 200, answered(gaia() if "gaiadr3" in query else two_mass())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Whoever asks may have gone.
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    settings.SPHEREX_CATALOGUE_TAP = f"http://127.0.0.1:{server.server_port}/tap"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
    cache.clear()


def test_a_catalogue_is_asked_only_if_the_visitor_wants_it(client, service):
    assert asked(client, "neighbours")["state"] == "offered"
    assert service["queries"] == []
    for _ in range(2):
        answer = asked(client, "neighbours", ask="1")
    assert answer["catalogue"] == "Gaia DR3 and 2MASS"
    # Once for each catalogue; the second time from memory.
    assert [path for path, _ in service["queries"]] == ["/tap/sync", "/tap/sync"]
    assert all("12.340000, 34.890000, 0.008333" in query for _, query in service["queries"])


def test_sources_of_both_catalogues_are_put_together(client, service):
    answer = asked(client, "neighbours", ask="1")
    nearest = answer["nearest"]
    assert nearest["name"] == "Gaia DR3 123456789012345678"
    assert nearest["separation"] == pytest.approx(0.4 * np.cos(np.radians(34.89)), abs=1e-3)
    assert nearest["direction"] == "E"
    assert nearest["brightness"] == "G 9.5 mag, J 5.2, Ks 4.5 mag"
    assert nearest["motion"] == {"pm_ra": -801.5, "pm_dec": 10362.4, "ref_epoch": 2016.0}
    assert answer["is_target"]
    assert {one["name"]: one["brightness"] for one in answer["neighbours"]} == {
        "Gaia DR3 5": "brightness not known",
        "2MASS J00492000+3453300": "J 14.0, Ks 13.2 mag",
    }


FAILURES = {
    "an error": (500, b"no"),
    "not found": (404, b"<html>gone</html>"),
    "no catalogue": (200, b"<html>Hello</html>"),
    "half a catalogue": (200, answered(gaia())[:400]),
    "other columns": (200, answered(Table({"a": [1]}))),
    "positions that are none": (200, answered(Table(
        {name: [1e30] for name in ("Source", "RA_ICRS", "DE_ICRS", "pmRA", "pmDE", "Gmag")}
    ))),
    "too much": (200, b" " * 3_000_000),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES, ids=lambda name: f"case 89 {name}")
def test_a_catalogue_that_fails_is_a_sentence(client, service, failure):
    service["answer"] = lambda _: FAILURES[failure]
    answer = asked(client, "neighbours", ask="1")
    assert answer["state"] == "failed"
    assert "The job can be sent all the same" in answer["message"]
    # It is left alone for a while.
    n_queries = len(service["queries"])
    assert asked(client, "neighbours", ask="1")["state"] == "failed"
    assert len(service["queries"]) == n_queries


def test_a_catalogue_that_does_not_answer_in_time_is_a_sentence(client, service, monkeypatch):
    """Case 89: the service hangs."""
    may_end = threading.Event()

    def hang(query):
        may_end.wait(60.0)
        return 200, b""

    service["answer"] = hang
    monkeypatch.setattr(catalogues, "_TOTAL_SECONDS", 0.3)
    try:
        assert asked(client, "neighbours", ask="1")["state"] == "failed"
    finally:
        may_end.set()


def test_case_89_an_unreachable_catalogue_is_a_sentence(client, service, settings):
    settings.SPHEREX_CATALOGUE_TAP = "http://127.0.0.1:9/tap"
    assert asked(client, "neighbours", ask="1")["state"] == "failed"
    settings.SPHEREX_CATALOGUE_TAP = ""
    assert asked(client, "neighbours", ask="1")["state"] == "none"


# Lists


@pytest.fixture
def listed(client):
    """A list of the visitor with three rows, and the visitor's form."""
    visitor = client.get("/jobs/").wsgi_request.visitor
    target_list = open_list(
        owner=visitor,
        file_name="three.csv",
        source="file",
        pieces=[b"name,ra,dec\na,12.34,34.89\nb,200.5,-10.25\nc,87.5,45.5\n"],
    )
    return {"mode": "multi", "list": target_list.pk}


def test_a_list_is_counted_for_its_owner_alone(client, listed):
    answer = asked(client, "estimate", **listed)
    assert (answer["n_targets"], answer["counted"], answer["next"]) == (3, 3, None)
    assert answer["target"] is None
    assert answer["rows"] > 600
    rest = asked(client, "estimate", part="2", **listed)
    assert rest["counted"] == 1
    response = Client().post("/estimate", FORM | listed)
    assert response.status_code == 404


# Titles


def renamed(client, job, title):
    response = client.post(f"/jobs/{job.pk}/title", {"title": title})
    return response.status_code, response.json()


def test_a_title_is_changed_and_shown_everywhere(client, complete):
    job = complete(made_spectrum(5, 0), title="old")
    assert renamed(client, job, "  new\n\ttitle\x00 ") == (200, {"title": "new title"})
    for page in ("/jobs/", f"/jobs/{job.pk}/results/"):
        content = client.get(page).content.decode()
        assert "new title" in content
        assert ">old<" not in content


@pytest.mark.parametrize(
    ("title", "said"),
    [("", "title: empty"), (" \n\x07", "title: empty"), ("x" * 201, "201 characters given")],
    ids=["case 88 empty", "case 88 nothing to see", "case 88 too long"],
)
def test_a_title_that_is_none_is_refused(client, complete, title, said):
    job = complete(made_spectrum(5, 0), title="old")
    status, answer = renamed(client, job, title)
    assert status == 422
    assert said in answer["error"]
    assert Job.objects.get(pk=job.pk).title == "old"


def test_case_88_a_title_is_shown_as_it_is(client, complete):
    job = complete(made_spectrum(5, 0))
    title = "<script>alert(1)</script> \U0001f469\u200d\U0001f52c"
    assert renamed(client, job, title) == (200, {"title": title})
    assert b"<script>alert(1)" not in client.get("/jobs/").content


def test_others_can_not_change_a_title(client, complete):
    job = complete(made_spectrum(5, 0), title="old")
    assert Client().post(f"/jobs/{job.pk}/title", {"title": "new"}).status_code == 404
    assert client.get(f"/jobs/{job.pk}/title").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(f"/jobs/{job.pk}/title", {"title": "new"}).status_code == 403
    assert Job.objects.get(pk=job.pk).title == "old"
