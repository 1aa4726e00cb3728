"""The page of a completed job: what is always in sight, its states, and what it refuses."""

import dataclasses
import html
import re

import pytest

from jobs import folders
from photometry_core import flags
from photometry_core.types import SersicProfile, Target
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'&"
TARGET = Target(name="M 81", ra_deg=148.88822, dec_deg=69.0653)


def text_of(response):
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def instrument(response):
    """Return the data attributes of the instrument."""
    tag = re.search(r'<div class="instrument"[^>]*>', response.content.decode()).group()
    return dict(re.findall(r'data-([a-z]+)="([^"]*)"', tag))


def test_the_head_says_what_was_measured_where_and_by_what(client, complete):
    job = complete(made_spectrum(20, 3))
    for address in (f"/jobs/{job.pk}/results/", f"/jobs/{job.pk}/targets/0/head"):
        page = text_of(client.get(address))
        assert "148.888220 +69.065300" in page
        assert "09:55:33.173 +69:03:55.08" in page
        assert "<strong>20</strong> of 23" in page
        assert "3 failed, why?" in page
        assert "SPHEREx Explorer 0.1.0" in page
        assert "<dt>Release</dt><dd>spherex_qr2" in page
        assert "<dt>Engine</dt><dd>native" in page
        assert "<dt>Model</dt><dd>point source" in page
        assert "2025-11-20 10:00:00 UTC" in page
        assert '<span class="badge badge-simulated">simulated</span>' in page


def test_a_galaxy_is_called_one(client, complete):
    shape = SersicProfile(
        sersic_index=2.0, effective_radius_arcsec=6.0, axis_ratio=0.5, position_angle_deg=30.0
    )
    job = complete(made_spectrum(5, 0, target=dataclasses.replace(TARGET, profile=shape)))
    assert "S\u00e9rsic profile" in text_of(client.get(f"/jobs/{job.pk}/targets/0/head"))


def test_a_row_in_the_address_is_selected(client, complete):
    job = complete(made_spectrum(230, 3))
    assert instrument(client.get(f"/jobs/{job.pk}/results/?row=117"))["row"] == "117"


def test_without_a_row_the_first_measured_one_is_selected(client, complete):
    spectrum = made_spectrum(20, 3)
    spectrum.table["flux"].mask[:2] = True
    spectrum.table["flags"][:2] = flags.FIT_ERROR
    job = complete(spectrum)
    assert instrument(client.get(f"/jobs/{job.pk}/results/"))["row"] == "2"


@pytest.mark.parametrize(
    "query", ["row=23", "row=-1", "row=x", "row=", "target=1", "target=x", "row=\u0661"]
)
def test_what_does_not_exist_is_not_replaced_by_something_else(client, complete, query):
    job = complete(made_spectrum(20, 3))
    assert client.get(f"/jobs/{job.pk}/results/?{query}").status_code == 404


def test_nothing_measured_is_not_a_failure_of_the_page(client, complete):
    job = complete(made_spectrum(0, 4))
    response = client.get(f"/jobs/{job.pk}/results/")
    assert "<strong>0</strong> of 4" in text_of(response)
    assert "No exposure gave a flux" in text_of(response)
    assert instrument(response)["row"] == "0"


def test_all_flagged_is_a_state_of_its_own(client, complete):
    spectrum = made_spectrum(6, 1)
    spectrum.table["flags"] |= flags.BY_NAME["DICHROIC"].mask
    job = complete(spectrum)
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "Every measurement has a serious flag. The side panel says which" in page
    assert 'class="status status-flagged"' in page
    other = complete(made_spectrum(6, 1))
    assert "Every measurement has" not in text_of(client.get(f"/jobs/{other.pk}/results/"))


def test_no_exposure_is_a_state_of_its_own(client, complete):
    job = complete(made_spectrum(0, 0))
    response = client.get(f"/jobs/{job.pk}/results/")
    assert "No exposure covers this position" in text_of(response)
    assert instrument(response)["empty"] == "true"
    assert instrument(response)["row"] == ""
    assert f'href="/?from={job.pk}"' in text_of(response)


def test_files_that_are_gone_are_missed_in_words(client, complete):
    job = complete(made_spectrum(3, 0))
    for file in folders.published(job.pk).iterdir():
        file.unlink()
    response = client.get(f"/jobs/{job.pk}/results/")
    assert response.status_code == 410
    assert "its files are no longer on the server" in text_of(response)
    assert client.get(f"/jobs/{job.pk}/targets/0/head").status_code == 404


def test_one_file_that_is_gone_leaves_the_other_targets(client, complete):
    other = made_spectrum(5, 0, target=Target(name="second", ra_deg=10.0, dec_deg=-5.0), seed=2)
    job = complete(made_spectrum(20, 3), other)
    (folders.published(job.pk) / "1.parquet").unlink()
    page = text_of(client.get(f"/jobs/{job.pk}/results/"))
    assert "Its file is gone" in page
    assert "<strong>20</strong> of 23" in page


def test_every_target_has_a_line_of_its_own(client, complete):
    other = made_spectrum(5, 0, target=Target(name="second", ra_deg=10.0, dec_deg=-5.0), seed=2)
    nothing = made_spectrum(0, 0, target=Target(name="nothing", ra_deg=11.0, dec_deg=-5.0))
    failed = made_spectrum(0, 2, target=Target(name="failed", ra_deg=12.0, dec_deg=-5.0))
    spectrum = made_spectrum(20, 3)
    job = complete(spectrum, other, nothing, failed)
    for address in (f"/jobs/{job.pk}/results/", f"/jobs/{job.pk}/target-list"):
        page = text_of(client.get(address))
        lines = re.findall(r'<tr data-target="(\d)".*?</tr>', page)
        assert lines == ["0", "1", "2", "3"]
        assert f'href="/jobs/{job.pk}/results/?target=1"' in page
        for words in ("3 exposures gave no flux", "Every exposure gave a flux",
                      "No exposure covers it", "No exposure gave a flux"):  # fmt: skip
            assert words in page
        assert page.count("<polyline") == 1
    second = text_of(client.get(f"/jobs/{job.pk}/results/?target=1"))
    assert "10.000000 -5.000000" in second
    assert "<strong>5</strong> of 5" in second


def test_problems_of_the_job_are_in_sight(client, complete):
    job = complete(made_spectrum(3, 0), problems=["notes.txt: not a FITS file", HOSTILE])
    response = client.get(f"/jobs/{job.pk}/results/")
    assert "2 problems while measuring" in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_hostile_names_are_text_everywhere(client, complete):
    spectrum = made_spectrum(3, 1, target=dataclasses.replace(TARGET, name=HOSTILE))
    spectrum.table["reason"] = ["", "", "", HOSTILE]
    spectrum.table["obs_publisher_did"] = [HOSTILE] * 4
    job = complete(spectrum, title=HOSTILE)
    for name in ("results/", "target-list", "targets/0/head", "targets/0/about"):
        page = client.get(f"/jobs/{job.pk}/{name}").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


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
    # Data for scripts is no script.
    scripts = [tag for tag in re.findall(r"<script[^>]*>", page) if "application/json" not in tag]
    assert all('src="/static/' in tag for tag in scripts)
    assert re.search(r"\son\w+=", page) is None
    assert "javascript:" not in page
