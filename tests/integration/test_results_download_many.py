"""Saving many spectra in one zip file, and lists of targets."""

import hashlib
import io
import json
import zipfile

import pytest
from astropy.io import fits
from astropy.table import Table

from jobs import folders
from photometry_core.types import SersicProfile, Target
from tests.integration.test_results_download import (
    MASK,
    STEM,
    VIEW,
    assert_holds,
    content_of,
    name_of,
    plan,
    provenance_of,
    save,
    shown_rows,
)  # fmt: skip
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db


def open_zip(response):
    assert response["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(content_of(response)))
    assert archive.testzip() is None
    return archive


def test_many_spectra_come_with_a_manifest_whose_checksums_hold(client, complete):
    galaxy = Target(
        name="a galaxy",
        ra_deg=10.0,
        dec_deg=-5.0,
        profile=SersicProfile(
            sersic_index=4.0, effective_radius_arcsec=3.0, axis_ratio=0.5, position_angle_deg=10.0
        ),
    )
    spectra = [made_spectrum(20, 3), made_spectrum(10, 0, target=galaxy), made_spectrum(20, 3)]
    job = complete(*spectra, title="My survey, first part")
    said = plan(client, job, view=VIEW, what="all", rows="shown", images=True)
    response = save(client, job, view=VIEW, what="all", rows="shown", images="1")
    title = "My_survey_first_part_spherex_simulated"
    assert name_of(response) == said["file_name"] == f"{title}_3_spectra.zip"
    archive = open_zip(response)
    twice = f"{STEM}_filtered"
    names = [
        f"{twice}.vot", f"{twice}.stamps.fits",
        "a_galaxy_J004000.00-050000.0_spherex_simulated_sersic_filtered.vot",
        "a_galaxy_J004000.00-050000.0_spherex_simulated_sersic_filtered.stamps.fits",
        f"{twice}_2.vot", f"{twice}_2.stamps.fits",
        "targets.vot", "manifest.json", "README.txt",
    ]  # fmt: skip
    assert archive.namelist() == names
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["job"]["id"] == job.pk
    assert manifest["view"]["mask"] == str(MASK)
    assert manifest["simulated"] is True
    assert [entry["file"] for entry in manifest["files"]] == names[:-2]
    for entry in manifest["files"]:
        content = archive.read(entry["file"])
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) == entry["bytes"]
    for entry in manifest["files"][:-1:2]:
        spectrum = spectra[entry["target_index"]]
        rows = shown_rows(spectrum)
        assert (entry["rows"], entry["rows_of_spectrum"]) == (len(rows), len(spectrum.table))
        assert entry["target"] == spectrum.target.name
        assert_holds(archive.read(entry["file"]), "votable", spectrum, rows)
    with fits.open(io.BytesIO(archive.read(names[1]))) as images:
        assert (images[0].header["SIMULATD"], images[0].header["OBJECT"]) == (True, "M 81")
    targets = Table.read(io.BytesIO(archive.read("targets.vot")))
    infos, params = provenance_of(archive.read("targets.vot"))
    assert (infos["data"], params["simulated"]) == ("simulated", True)
    assert targets["name"].tolist() == ["M 81", "a galaxy", "M 81"]
    readme = archive.read("README.txt").decode()
    assert readme.count("\n") == 10
    assert "All data are SIMULATED." in readme
    n_rows = sum(len(shown_rows(spectrum)) for spectrum in spectra)
    assert f"3 VOTable files of measurements ({n_rows} of 56 rows)" in said["sentence"]
    assert "3 FITS files with the images" in said["sentence"]


def test_ticked_targets_only(client, complete):
    job = complete(made_spectrum(5, 0), made_spectrum(4, 0), made_spectrum(3, 0))
    archive = open_zip(save(client, job, what="chosen", targets="0,2", format="csv"))
    entries = json.loads(archive.read("manifest.json"))["files"]
    assert [entry.get("target_index") for entry in entries] == [0, 2, None]
    one = save(client, job, what="chosen", targets="1", format="csv")
    assert name_of(one) == f"{STEM}.csv"
    assert plan(client, job, what="chosen")["error"] == "No target is ticked; tick at least one."
    assert "allowed: 0 to below 3" in plan(client, job, what="chosen", targets=[7])["error"]


def test_the_list_of_targets_has_no_spectra_and_says_so(client, complete):
    job = complete(made_spectrum(20, 3), made_spectrum(0, 2), title="two")
    said = plan(client, job, what="list", format="csv")
    name = "two_spherex_simulated_targets.csv"
    assert said["sentence"] == f"1 CSV file, 2 targets and no spectra: {name}"
    response = save(client, job, what="list", format="csv")
    table = Table.read(io.BytesIO(content_of(response)), format="ascii.csv")
    assert table["exposures_found"].tolist() == [23, 2]
    assert table["exposures_measured"].tolist() == [20, 0]
    assert table["origin"].tolist() == ["simulated"] * 2
    assert "flux" not in table.colnames


def test_targets_whose_files_are_gone_are_left_out_in_words(client, complete):
    job = complete(made_spectrum(3, 0), made_spectrum(2, 0))
    (folders.published(job.pk) / "1.parquet").unlink()
    said = plan(client, job, what="all")
    assert "1 target left out: the files are gone." in said["remarks"]
    assert client.get(f"/jobs/{job.pk}/targets/1/spectrum").status_code == 404
