"""What the map of the start page gets from the server, and what the page may load."""

import json
import threading

import numpy as np
import pytest
from astropy import units as u
from django.contrib.staticfiles import finders
from django.test import Client
from mocpy import MOC

from explorer.sky import coverage, kept_files, tiles
from photometry_core.archive.regions import Box
from photometry_core.simulation import survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources

pytestmark = pytest.mark.django_db

POINTING, DETECTOR = 20_000, 3


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.SPHEREX_DATA_FOLDER = tmp_path / "data"
    settings.SPHEREX_DATA_FOLDER.mkdir()


@pytest.fixture
def folder(settings, tmp_path):
    """The archive of the site: a folder with one cutout; and where that lies."""
    box = Box(1000, 1000, 1060, 1060)
    ra, dec = survey.celestial_wcs(POINTING, DETECTOR).pixel_to_sky(1029.5, 1029.5)
    star = point_sources(float(ra), float(dec), 3000.0)
    file = spectral_image(render_exposure(POINTING, DETECTOR, box, star), "file")
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "one.fits").write_bytes(file.read(0, 10**9))
    settings.SPHEREX_ARCHIVE = str(archive)
    return archive, float(ra), float(dec)


def policy(client, address="/"):
    header = client.get(address)["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split("; ")}


def test_the_picture_says_what_it_is(client):
    text = client.get("/sky/hips/properties").content.decode()
    values = dict(part.split("=", 1) for part in text.replace(" ", "").splitlines())
    assert values["hips_order"] == "8"
    assert values["hips_tile_width"] == "256"
    assert values["hips_tile_format"] == "png"
    assert "nothing was observed" in text
    assert client.get("/sky/hips/Moc.fits").content[:9] == b"SIMPLE  ="


def test_a_tile_is_made_once_and_kept(client, monkeypatch):
    address = "/sky/hips/Norder8/Dir40000/Npix43345.png"
    first = client.get(address)
    assert first["Content-Type"] == "image/png"
    assert "max-age" in first["Cache-Control"]
    (kept,) = kept_files.folder().iterdir()
    assert kept.read_bytes() == first.content
    monkeypatch.setattr(tiles, "png", None)
    assert client.get(address).content == first.content


@pytest.mark.parametrize(
    "address",
    [
        "Norder9/Dir0/Npix0.png",
        "Norder0/Dir0/Npix12.png",
        "Norder8/Dir0/Npix43345.png",
        "Norder8/Dir780000/Npix786432.png",
        "Norder-1/Dir0/Npix0.png",
        "Norder3/Dir0/Npix0.jpg",
        "Norder99999999999999999999/Dir0/Npix0.png",
    ],
)
def test_there_are_no_other_tiles(client, address):
    assert client.get(f"/sky/hips/{address}").status_code == 404
    assert not kept_files.folder().exists()


def test_a_site_without_a_simulated_sky_invents_no_picture(client, folder):
    assert "hips_order           = 0" in client.get("/sky/hips/properties").content.decode()
    tile = [client.get(f"/sky/hips/Norder0/Dir0/Npix{n}.png").content for n in (0, 11)]
    assert tile[0] == tile[1]
    assert client.get("/sky/hips/Norder1/Dir0/Npix0.png").status_code == 404
    assert client.get("/sky/hips/Norder3/Allsky.png").status_code == 404


def test_kept_files_stay_below_a_limit():
    for number in range(6):
        kept_files.kept(f"file-{number}", lambda: b"content")
    kept_files.prune(2)
    assert len(list(kept_files.folder().iterdir())) == 2
    assert kept_files.kept("file-0", lambda: b"again") == b"again"


def test_the_coverage_of_a_folder_is_where_its_images_are(client, folder):
    archive, ra, dec = folder
    answer = client.get("/sky/coverage/all.json")
    area = MOC.from_json(json.loads(answer.content))
    assert area.contains_lonlat([ra] * u.deg, [dec] * u.deg).all()
    assert area.sky_fraction * 41_253 < 1
    again = client.get("/sky/coverage/all.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert not any(json.loads(client.get("/sky/coverage/deep.json").content).values())
    (archive / "one.fits").unlink()
    changed = client.get("/sky/coverage/all.json", headers={"If-None-Match": answer["ETag"]})
    assert changed.status_code == 200
    assert not any(json.loads(changed.content).values())


def test_a_coverage_that_takes_long_is_waited_for(client, folder, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(coverage, "_PATIENCE_SECONDS", 0.01)
    made = coverage.coverage_map

    def slow(batches):
        go_on.wait(20)
        return made(batches)

    monkeypatch.setattr(coverage, "coverage_map", slow)
    waiting = client.get("/sky/coverage/all.json")
    assert waiting.status_code == 202
    assert int(waiting["Retry-After"]) > 0
    assert client.get("/sky/coverage/all.json").status_code == 202
    assert len(coverage._at_work) == 1
    go_on.set()
    for thread in list(coverage._at_work.values()):
        thread.join(20)
    assert client.get("/sky/coverage/all.json").status_code == 200


def test_an_archive_that_is_gone_is_said_so(client, settings):
    settings.SPHEREX_ARCHIVE = "/nowhere"
    for address in ("coverage/all.json", "footprints?target=10 20"):
        answer = client.get(f"/sky/{address}")
        assert answer.status_code == 503
        assert "neither a folder" in answer.json()["error"]


def test_footprints_surround_the_target(client):
    answer = client.get("/sky/footprints", {"target": "10.68471 41.26875", "bands": ["1", "5"]})
    found = answer.json()
    shown = found["footprints"]
    assert len(shown) == 40 < found["total"]
    assert {one["detector"] for one in shown} == {1, 5}
    times = [one["mjd"] for one in shown if one["detector"] == 1]
    assert times == sorted(times)
    assert times[-1] - times[0] > 300
    for one in shown[::7]:
        area = MOC.from_polygon(*np.array(one["corners"]).T * u.deg, max_depth=10)
        assert area.contains_lonlat([10.68471] * u.deg, [41.26875] * u.deg).all()


def test_footprints_in_a_folder(client, folder):
    _, ra, dec = folder
    found = client.get("/sky/footprints", {"target": f"{ra} {dec}"}).json()
    assert found["total"] == len(found["footprints"]) == 1
    nothing = client.get("/sky/footprints", {"target": "1 1"}).json()
    assert nothing == {"total": 0, "footprints": []}


@pytest.mark.parametrize("target", ["", "361 5", "no such thing"])
def test_footprints_need_a_target(client, target):
    answer = client.get("/sky/footprints", {"target": target})
    assert answer.status_code == 400
    assert "not understood" in answer.json()["error"]


def test_the_page_may_run_the_map_and_load_nothing_from_elsewhere(client):
    allowed = policy(client)
    assert "'wasm-unsafe-eval'" in allowed["script-src"]
    assert "blob:" in allowed["worker-src"]
    assert "data:" in allowed["connect-src"]
    assert not {"'unsafe-eval'", "'unsafe-inline'", "data:", "blob:"} & set(allowed["script-src"])
    assert "https:" not in str(allowed)
    assert "'wasm-unsafe-eval'" not in str(policy(client, "/jobs/"))


@pytest.mark.parametrize(
    ("cookie", "host"),
    [
        ("dss", "https://alasky.cds.unistra.fr"),
        ("simulated", None),
        ("https://evil.example.org", None),
        ("'unsafe-eval'", None),
    ],
)
def test_a_survey_of_another_host_is_admitted_if_it_was_chosen(cookie, host):
    client = Client()
    client.cookies["survey"] = cookie
    allowed = policy(client)
    remote = [host] if host else []
    for directive in ("img-src", "connect-src"):
        assert [source for source in allowed[directive] if "https:" in source] == remote
    assert "https:" not in str(allowed["script-src"])
    page = client.get("/").content.decode()
    assert ('data-hips="https://alasky.cds.unistra.fr/DSS/DSSColor"' in page) == bool(host)


def test_the_page_says_so_if_the_viewer_is_missing(client, settings, tmp_path):
    assert 'data-viewer="/static/aladin-lite/aladin.js"' in client.get("/").content.decode()
    settings.NODE_MODULES = tmp_path
    finders.get_finder.cache_clear()
    try:
        page = client.get("/").content.decode()
        assert finders.find("aladin-lite/aladin.js") is None
    finally:
        finders.get_finder.cache_clear()
    assert 'data-viewer=""' in page
    assert "make setup" in page
