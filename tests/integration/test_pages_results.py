"""The results of a completed job: every number and text on the page is that of the product."""

import dataclasses
import html
import json
import re
from io import BytesIO

import numpy as np
import pytest
from astropy.io.votable import is_votable
from astropy.table import Table

from jobs import folders
from photometry_core.spectrum_files import load_stamps, stamps_path
from photometry_core.types import Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'&"
TARGET = Target(name="M 81", ra_deg=148.88822, dec_deg=69.0653)


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def selected_rows(page):
    return re.findall(r'<tr data-row="(\d+)" aria-current="true"', page)


def strict_json(response):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(response.content, parse_constant=refuse)


def test_the_head_says_what_was_measured_where_and_by_what(client, complete):
    job = complete(made_spectrum(20, 3))
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "148.888220 +69.065300" in page
    assert "09:55:33.173 +69:03:55.08" in page
    assert "<strong>20</strong> of 23 exposures" in page
    assert "SPHEREx Explorer 0.1.0" in page
    assert "spherex_qr2" in page
    assert "2025-11-20 10:00:00 UTC" in page
    assert '<span class="badge badge-simulated">simulated</span>' in page
    assert f'href="/jobs/{job.pk}/targets/0/spectrum.vot"' in page


def test_a_row_in_the_address_is_selected(client, complete):
    job = complete(made_spectrum(230, 3))
    page = text_of(client.get(f"/jobs/{job.pk}/results/?row=117"))
    assert selected_rows(page) == ["117"]
    assert 'data-row="117"' in page
    assert "Rows 100\u2013199 of 233" in page


def test_without_a_row_the_first_measured_one_is_selected(client, complete):
    job = complete(made_spectrum(20, 3))
    assert selected_rows(text_of(client.get(f"/jobs/{job.pk}/results/"))) == ["0"]


@pytest.mark.parametrize(
    "query", ["row=23", "row=-1", "row=x", "row=", "target=1", "target=x", "page=1", "row=\u0661"]
)
def test_what_does_not_exist_is_not_replaced_by_something_else(client, complete, query):
    job = complete(made_spectrum(20, 3))
    assert client.get(f"/jobs/{job.pk}/results/?{query}").status_code == 404


def test_the_table_has_pages(client, complete):
    job = complete(made_spectrum(230, 3))
    for page, count in ((0, 100), (1, 100), (2, 33)):
        fragment = text_of(client.get(f"/jobs/{job.pk}/targets/0/table?page={page}"))
        rows = [int(row) for row in re.findall(r'<tr data-row="(\d+)"', fragment)]
        assert rows == list(range(100 * page, 100 * page + count))
    assert client.get(f"/jobs/{job.pk}/targets/0/table?page=3").status_code == 404


def test_failed_exposures_are_listed_with_their_reasons(client, complete):
    job = complete(made_spectrum(20, 3))
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "3 exposures gave no flux and are not plotted" in page
    assert page.count("level2_x.fits: HDU VARIANCE is missing") == 6
    assert "FIT_ERROR" in page


def test_an_error_of_the_position_is_not_a_failure_of_the_page(client, complete):
    job = complete(made_spectrum(0, 4))
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "Nothing could be measured" in page
    assert "<strong>0</strong> of 4 exposures" in page
    assert 'id="plot"' not in page


def test_no_exposure_is_a_state_of_its_own(client, complete):
    job = complete(made_spectrum(0, 0))
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "No exposure covers this position" in page
    assert "<table" not in page
    assert f'href="/?from={job.pk}"' in page
    table = Table.read(BytesIO(client.get(f"/jobs/{job.pk}/targets/0/spectrum.vot").content))
    assert len(table) == 0


def test_files_that_are_gone_are_missed_in_words(client, complete):
    job = complete(made_spectrum(3, 0))
    for file in folders.published(job.pk).iterdir():
        file.unlink()
    response = client.get(f"/jobs/{job.pk}/results/")
    assert response.status_code == 410
    assert "its files are no longer on the server" in text_of(response)
    for name in ("plot.json", "cutouts.json?rows=0", "table", "spectrum.vot"):
        assert client.get(f"/jobs/{job.pk}/targets/0/{name}").status_code == 404


def test_the_plot_is_json_without_nan(client, complete):
    job = complete(made_spectrum(20, 3))
    plot = strict_json(client.get(f"/jobs/{job.pk}/targets/0/plot.json"))
    assert sum(plot["n_points"].values()) == 20


def test_cutouts_are_the_saved_stamps(client, complete):
    job = complete(made_spectrum(20, 3))
    cutouts = strict_json(client.get(f"/jobs/{job.pk}/targets/0/cutouts.json?rows=4,2,21"))
    first, second, failed = cutouts["cutouts"]
    assert [c["row"] for c in (first, second, failed)] == [4, 2, 21]
    stamps = load_stamps(stamps_path(folders.published(job.pk), 0), [4, 2])
    for number, cutout in enumerate((first, second)):
        for name, plane in (("image", stamps.image_mjy_sr), ("model", stamps.model_mjy_sr)):
            shown = np.array(cutout[name], dtype=float).reshape(cutout["size"], -1)
            # Five digits are sent.
            np.testing.assert_allclose(shown, plane[number], rtol=6e-5)
        assert any(value is None for value in cutout["image"])
        for low, high in cutout["limits"].values():
            assert low < high
        assert all(-0.5 <= value - 15 <= 0.5 for value in cutout["target"])
    assert failed["image"] is None
    assert failed["reason"] == "level2_x.fits: HDU VARIANCE is missing"
    assert failed["flux_text"] is failed["wavelength"] is None


def test_flags_beyond_32_bits_reach_the_browser_as_names(client, complete):
    job = complete(made_spectrum(20, 1))
    rows = ",".join(str(row) for row in range(21))
    cutouts = strict_json(client.get(f"/jobs/{job.pk}/targets/0/cutouts.json?rows={rows}"))
    names = [{flag["name"] for flag in cutout["flags"]} for cutout in cutouts["cutouts"]]
    assert {"CONTAINS_BAD_PIXEL", "SOURCE"} in names
    assert names[-1] == {"FIT_ERROR"}
    # The number itself never leaves: a script's 32-bit operators would get it wrong.
    assert "4297064448" not in json.dumps(cutouts)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("rows=", 400),
        ("rows=a", 400),
        ("rows=1,", 400),
        ("rows=-1", 400),
        ("rows=" + ",".join(["0"] * 31), 400),
        ("rows=23", 404),
        ("rows=999999999", 404),
    ],
)
def test_wrong_rows_of_cutouts_are_refused(client, complete, query, status):
    job = complete(made_spectrum(20, 3))
    assert client.get(f"/jobs/{job.pk}/targets/0/cutouts.json?{query}").status_code == status


def test_the_download_is_the_saved_product(client, complete):
    spectrum = made_spectrum(20, 3)
    job = complete(spectrum)
    response = client.get(f"/jobs/{job.pk}/targets/0/spectrum.vot")
    assert response["Content-Type"] == "application/x-votable+xml"
    assert response["Content-Disposition"] == (
        'attachment; filename="M_81_J095533.17+690355.0.vot"'
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert is_votable(BytesIO(response.content))
    table = Table.read(BytesIO(response.content), format="votable")
    for name in ("wavelength", "flux", "flux_err", "flags", "mjd"):
        np.testing.assert_array_equal(
            np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan),
            np.ma.filled(np.ma.asarray(spectrum.table[name], dtype=float), np.nan),
        )


def test_other_targets_of_the_job_are_a_click_away(client, complete):
    other = made_spectrum(5, 0, target=Target(name="second", ra_deg=10.0, dec_deg=-5.0), seed=2)
    job = complete(made_spectrum(20, 3), other)
    first = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert f'href="/jobs/{job.pk}/results/?target=1"' in first
    second = text_of(client.get(f"/jobs/{job.pk}/results/?target=1"))
    assert "10.000000 -5.000000" in second
    assert "<strong>5</strong> of 5 exposures" in second


def test_problems_of_the_job_are_shown(client, complete):
    job = complete(made_spectrum(3, 0), problems=["notes.txt: not a FITS file", HOSTILE])
    response = client.get(f"/jobs/{job.pk}/results/")
    assert "2 problems while measuring" in text_of(response)
    assert "notes.txt: not a FITS file" in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_hostile_names_and_reasons_are_text_everywhere(client, complete):
    spectrum = made_spectrum(3, 1, target=dataclasses.replace(TARGET, name=HOSTILE))
    spectrum.table["reason"] = ["", "", "", HOSTILE]
    spectrum.table["obs_publisher_did"] = [HOSTILE] * 4
    job = complete(spectrum, title=HOSTILE)
    for name in ("results/", "targets/0/table"):
        page = client.get(f"/jobs/{job.pk}/{name}").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
    for name in ("plot.json", "cutouts.json?rows=0,3"):
        response = client.get(f"/jobs/{job.pk}/targets/0/{name}")
        assert response["Content-Type"] == "application/json"
        strict_json(response)
    header = client.get(f"/jobs/{job.pk}/targets/0/spectrum.vot")["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9_.+-]+"', header)


def test_twenty_thousand_rows_make_no_page_longer(client, complete):
    big, small = complete(made_spectrum(3000, 5)), complete(made_spectrum(150, 5))
    sizes = [len(client.get(f"/jobs/{job.pk}/results/").content) for job in (big, small)]
    assert sizes[0] < 1.2 * sizes[1]


def test_scripts_come_from_this_site_only(client, complete):
    job = complete(made_spectrum(3, 0))
    response = client.get(f"/jobs/{job.pk}/results/")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy.split("; ")
    assert "unsafe-eval" not in policy
    page = response.content.decode()
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert all(
        src.startswith("/static/") for src in re.findall(r'<script[^>]* src="([^"]*)"', page)
    )
    assert " onclick=" not in page
    assert "javascript:" not in page
