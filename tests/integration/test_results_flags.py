"""What the server answers about flags and checks, and says of how a target was measured."""

import base64
import dataclasses
import html
import json
import re

import numpy as np
import pytest
from django.template.loader import render_to_string

from explorer.results.about import about_context, source_model
from explorer.results.dataset import open_dataset
from explorer.results.flag_counts import PRESETS
from jobs import folders
from jobs.models import Job
from jobs.uploads import open_upload
from photometry_core.spectrum_files import (
    load_spectrum,
    product_path,
    spectrum_bytes,
    stamps_path,
)
from photometry_core.types import MeasureOptions, ProperMotion, SersicProfile, Target
from tests.spectra import made_spectrum

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spectra_read_here")]

HOSTILE = "<script>alert(1)</script>\"'&"
NONE_BAD = str(next(preset.mask for preset in PRESETS if preset.key == "none_bad"))


def ask(client, job, name, index=0, status=200, **body):
    response = client.post(
        f"/jobs/{job.pk}/targets/{index}/{name}", json.dumps(body), content_type="application/json"
    )
    assert response.status_code == status, response.content[:500]
    return json.loads(response.content, parse_constant=pytest.fail)


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode())))


def test_flags_are_counted_among_what_the_filters_keep(client, complete):
    job = complete(made_spectrum(180, 3))
    everything = ask(client, job, "flags", view={"mask": NONE_BAD})
    assert (everything["n_rows"], everything["n_before_mask"]) == (183, 183)
    assert everything["n_kept"] == 140
    counts = {one["name"]: (one["count"], one["dropped"]) for one in everything["bits"]}
    assert counts["FIT_ERROR"] == (3, 3)
    assert counts["CONTAINS_BAD_PIXEL"] == counts["DICHROIC"] == (20, 20)
    assert counts["TRANSIENT"] == (20, 0)
    assert counts["SOURCE"] == (180, 40)
    assert "severities" not in everything
    filters = {"flux": {"text": "< 0", "unit": "uJy"}}
    negative = ask(client, job, "flags", view={"mask": NONE_BAD, "filters": filters})
    assert (negative["n_before_mask"], negative["n_kept"]) == (20, 0)


def test_only_these_is_the_guides_own_condition(client, complete):
    job = complete(made_spectrum(90, 3))
    for bit, count in ((0, 10), (32, 10), (33, 3)):
        sql = f'MOD(FLOOR("flags" / POWER(2, {bit})), 2) = 1'
        answer = ask(client, job, "flags", view={"sql": sql})
        assert answer["n_kept"] == count
        assert next(one for one in answer["bits"] if one["bit"] == bit)["count"] == count


def test_severities_of_all_rows_come_when_asked_for(client, complete):
    job = complete(made_spectrum(20, 2))
    answer = ask(client, job, "flags", view={}, severities=True)
    data = np.frombuffer(base64.b64decode(answer["severities"]["data"]), np.uint8)
    assert answer["severities"]["dtype"] == "uint8"
    assert data.size == 22
    assert sorted(set(data.tolist())) == [0, 1, 2, 3]


def test_numbers_beyond_53_bits_are_texts(client, complete):
    job = complete(made_spectrum(20, 2))
    for one in ask(client, job, "flags", view={})["bits"]:
        assert isinstance(one["value"], str)
    for preset in ask(client, job, "flags", view={})["presets"]:
        assert isinstance(preset["mask"], str)
    assert ask(client, job, "flags/row", view={}, row=21)["value"] == "8589934592"


def test_why_a_row_is_flagged(client, complete):
    job = complete(made_spectrum(20, 2))
    answer = ask(client, job, "flags/row", view={"mask": NONE_BAD}, row=20)
    assert answer["reason"] == "level2_x.fits: HDU VARIANCE is missing"
    assert answer["dropped_by"] == ["FIT_ERROR"]
    transient = [
        flag
        for row in range(20)
        for flag in ask(client, job, "flags/row", view={}, row=row)["flags"]
        if flag["name"] == "TRANSIENT"
    ]
    assert {(flag["n_pix"], flag["n_near"]) for flag in transient} == {(1, 21)}


@pytest.mark.parametrize("row", [22, -1, "1", None, 1.5, True, [1]])
def test_rows_that_are_none_are_refused(client, complete, row):
    job = complete(made_spectrum(20, 2))
    assert "allowed" in ask(client, job, "flags/row", status=400, view={}, row=row)["error"]


@pytest.mark.parametrize("name", ["flags", "checks"])
def test_conditions_that_can_not_be_fulfilled_are_refused_in_words(client, complete, name):
    job = complete(made_spectrum(20, 2))
    for view in ({"mask": "x"}, {"mask": str(2**63)}, {"sql": "flux >"}):
        assert ask(client, job, name, status=400, view=view)["error"]


@pytest.mark.parametrize("name", ["flags", "flags/row", "checks"])
def test_a_strangers_spectrum_does_not_exist(client, complete, name):
    job = complete(made_spectrum(5, 0))
    client.cookies.clear()
    address = f"/jobs/{job.pk}/targets/0/{name}"
    assert client.post(address, "{}", content_type="application/json").status_code == 404
    assert client.get(f"/jobs/{job.pk}/targets/0/about").status_code == 404


def test_checks_of_a_spectrum(client, complete):
    job = complete(made_spectrum(230, 3))
    answer = ask(client, job, "checks", view={})
    assert (answer["n_checked"], answer["n_rows"]) == (230, 233)
    checks = {check["key"]: check for check in answer["checks"]}
    assert checks["location"]["verdict"] == "ok"
    assert checks["flags"]["verdict"] == "look"
    assert checks["fit"]["findings"][0]["text"].startswith("fit_ql is 0.83")
    flagged = checks["flags"]["findings"][0]
    # Those without a flux come first.
    assert [one["row"] for one in flagged["rows"][:3]] == [230, 231, 232]
    shown = {"row": {"text": flagged["filter"], "unit": "uJy"}}
    kept = ask(client, job, "flags", view={"filters": shown})["n_kept"]
    assert kept == flagged["n_in_filter"] == flagged["n_rows"] > 10


def test_checks_without_stamps_say_so(client, complete):
    job = complete(made_spectrum(30, 0))
    stamps_path(folders.published(job.pk), 0).unlink()
    checks = {check["key"]: check for check in ask(client, job, "checks", view={})["checks"]}
    assert checks["location"]["word"] == "not possible"
    assert "no stamps" in checks["location"]["findings"][0]["text"]
    assert checks["flags"]["verdict"] != "impossible"


@pytest.mark.parametrize("failed", [0, 4])
def test_nothing_to_check_is_said(client, complete, failed):
    job = complete(made_spectrum(0, failed))
    answer = ask(client, job, "checks", view={})
    assert answer["n_checked"] == 0
    assert {check["verdict"] for check in answer["checks"] if check["key"] != "flags"} == {
        "impossible"
    }


def test_targets_that_were_not_fitted_together_are_named(client, complete):
    near = Target(name="B <b>", ra_deg=148.88822, dec_deg=69.0653 + 10 / 3600)
    job = complete(made_spectrum(30, 0), made_spectrum(30, 0, target=near))
    checks = {check["key"]: check for check in ask(client, job, "checks", view={})["checks"]}
    finding = checks["emission"]["findings"][1]
    assert finding["verdict"] == "look"
    assert "B <b> (10.0\u2033)" in finding["text"]


def about(client, job, index=0):
    return client.get(f"/jobs/{job.pk}/targets/{index}/about")


def test_how_a_target_was_measured_is_said_in_full(client, complete):
    profile = SersicProfile(
        sersic_index=1.5, effective_radius_arcsec=4.0, axis_ratio=0.5, position_angle_deg=-30.0
    )
    motion = ProperMotion(pm_ra_mas_yr=-120.5, pm_dec_mas_yr=30.0, ref_epoch_yr=2016.0)
    target = Target(name="M 81", ra_deg=10.0, dec_deg=5.0, motion=motion, profile=profile)
    options = MeasureOptions(
        detectors=(1, 4), mjd_range=(60800.0, None), background_size_pix=21, weights="plane",
        psf_center="array", engine="tractor", aperture_radius_arcsec=9.0,
    )  # fmt: skip
    job = complete(made_spectrum(20, 0, target=target, options=options))
    page = text_of(about(client, job))
    for words in (
        "simulated An invented sky",
        "S\u00e9rsic profile: n 1.5, Re 4\u2033, b/a 0.5, PA -30\u00b0 east of north",
        "\u2212120.5 mas/yr east, 30 mas/yr north, position of 2016",
        "EngineThe Tractor",
        "variance plane as it is",
        "the middle of its plane",
        "21 \u00d7 21 pixels",
        "radius 9\u2033",
        "BandsD1, D4",
        "2025-05-05 00:00:00 \u2013 the last UTC",
        "spherex_qr2",
        "An invented sky",
        "WCS-WAVE table of each image",
        "SPHEREx Explorer 0.1.0",
        "2025-11-20 10:00:00 UTC",
        "None: every one of the 20 has a flux.",
    ):
        assert words in page, words


def test_small_galaxies_are_point_sources_and_say_so():
    profile = SersicProfile(
        sersic_index=1.0, effective_radius_arcsec=0.5, axis_ratio=1.0, position_angle_deg=0.0
    )
    text = source_model({"profile": profile.to_json()})
    assert text.startswith("point source, since Re is below 1\u2033 (asked for: S\u00e9rsic")
    assert source_model({}) == "point source"


def test_failed_exposures_are_grouped_by_reason(client, complete):
    spectrum = made_spectrum(20, 14)
    reasons = [f"level2_{row}.fits: HDU VARIANCE is missing" for row in range(13)]
    spectrum.table["reason"] = [""] * 20 + [*reasons, "no usable pixel"]
    job = complete(spectrum)
    response = about(client, job)
    page = text_of(response)
    assert "14 of 34 exposures gave no flux and have no place in the plot." in page
    assert "13 HDU VARIANCE is missing row 20, row 21" in page
    assert "1 no usable pixel row 33" in page
    assert 'data-select-row="33"' in response.content.decode()
    rows = re.search(r'data-row-filter="(in \([^"]*\))">3 more', response.content.decode())[1]
    view = {"filters": {"row": {"text": rows, "unit": "uJy"}}}
    assert ask(client, job, "flags", view=view)["n_kept"] == 13


def test_problems_of_the_archive_are_listed_as_text(client, complete):
    spectrum = made_spectrum(3, 1, target=Target(name=HOSTILE, ra_deg=1.0, dec_deg=2.0))
    spectrum.table["reason"] = ["", "", "", HOSTILE]
    job = complete(spectrum, problems=[f"{HOSTILE} {number}" for number in range(60)])
    response = about(client, job)
    page = response.content.decode()
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 51
    assert "60 in all; the first 50 are listed." in page


def test_no_exposure_is_a_sentence(client, complete):
    job = complete(made_spectrum(0, 0))
    assert "No exposure covers the position; there are no rows." in text_of(about(client, job))


@pytest.fixture
def opened(client, complete):
    """Returns what is said of a file that somebody opened."""

    def opened(drop=(), **upload):
        job = complete(made_spectrum(5, 1))
        dataset = open_dataset(job, 0)
        foreign = dataclasses.replace(
            dataset,
            target={"name": "x", "ra_deg": None, "dec_deg": None},
            metadata={"upload": {"file_name": "x.csv", "facts": {}} | upload},
            columns={name: one for name, one in dataset.columns.items() if name not in drop},
        )
        return about_context(job, foreign)["about"]

    return opened


def test_an_opened_file_says_what_it_does_not_say(opened, client):
    shown = opened(
        drop=("reason", "data_collection"),
        origin="official",
        simulated=None,
        facts={"INSTRUME": "SPHEREx"},
        columns={"flux": {"from": "FLUX", "unit": "mJy"}},
        source_job={"job": "abc", "target": 2},
    )
    assert shown["is_simulated"] is None
    assert shown["facts"] == []
    assert {"Source model", "Engine", "Release", "Software", "Date"} <= set(shown["unsaid"])
    assert shown["upload"] == [
        ("File", "x.csv"),
        ("Made by", "IRSA's spectrophotometry tool"),
        ("Saved from", "job abc, target 2"),
    ]
    assert shown["file_facts"] == [("INSTRUME", "SPHEREx")]
    assert shown["columns"] == [("flux", "FLUX [mJy]")]
    assert shown["failures"][0]["reason"] == ""
    request = client.get("/jobs/").wsgi_request
    page = render_to_string("results/about.html", {"about": shown, "job": Job()}, request)
    assert "origin not said" in page
    assert "no reason is known" in page


def test_what_an_opened_file_of_ours_says_is_kept(opened):
    shown = opened(origin="explorer", simulated=False)
    assert shown["is_simulated"] is False
    assert ("Release", "spherex_qr2") in shown["facts"]


def open_file(client, name, content):
    visitor = client.get("/jobs/").wsgi_request.visitor
    return open_upload(owner=visitor, file_name=name, pieces=[content])


def test_a_file_of_two_columns_is_checked_as_far_as_it_goes(client, settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    rows = "\n".join(f"{0.8 + 0.02 * number},{100 + number}" for number in range(40))
    job = open_file(client, "mine.csv", f"wavelength(um),flux(uJy)\n{rows}\n".encode())
    counts = ask(client, job, "flags", view={})
    assert (counts["has_flags"], counts["n_kept"]) == (False, 40)
    assert ask(client, job, "flags/row", view={}, row=3)["flags"] == []
    answer = ask(client, job, "checks", view={})
    assert answer["n_checked"] == 40
    assert {check["verdict"] for check in answer["checks"]} == {"impossible"}
    page = text_of(about(client, job))
    assert "origin not said" in page
    assert "Filemine.csv" in page
    assert "Not said by the file: source model, engine," in page
    assert text_of(client.get(f"/jobs/{job.pk}/results/"))


def test_a_saved_spectrum_that_is_opened_again_is_checked_with_its_stamps(client, complete):
    job = complete(made_spectrum(60, 2))
    content = spectrum_bytes(load_spectrum(product_path(folders.published(job.pk), 0)), "votable")
    again = open_file(client, "again.vot", content)
    checks = {check["key"]: check for check in ask(client, again, "checks", view={})["checks"]}
    assert checks["flags"]["findings"][0]["rows"]
    assert checks["emission"]["findings"][1]["verdict"] == "impossible"
    page = text_of(about(client, again))
    assert "simulated An invented sky" in page
    assert "Made bySPHEREx Explorer" in page
    assert "level2_x.fits: HDU VARIANCE is missing" in page
