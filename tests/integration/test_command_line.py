"""The command line, as a script would call it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from photometry_core.__main__ import main
from photometry_core.simulation import survey
from photometry_core.simulation.__main__ import main as write_simulated
from photometry_core.simulation.names import find_named

ROOT = Path(__file__).parents[2]
DWARF = find_named("SIMP J0136+0933")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "photometry_core", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_list_on_the_simulated_sky(tmp_path):
    rows = [
        ("dwarf", DWARF.ra_deg, DWARF.dec_deg),
        ("near", DWARF.ra_deg, DWARF.dec_deg + 0.002),
    ]
    table = tmp_path / "targets.csv"
    table.write_text("name,ra,dec\n" + "".join(f"{n},{r},{d}\n" for n, r, d in rows))
    done = run(
        str(table), "--archive", "simulated", "--output", str(tmp_path / "out"),
        "--detectors", "2,3", "--mjd", "60789", "61000", "--binned",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "exposure" in done.stderr
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["simulated"] is True
    assert [t["row"] for t in manifest["targets"]] == [0, 1]
    for (name, ra, dec), entry in zip(rows, manifest["targets"], strict=True):
        assert (entry["name"], entry["ra"], entry["dec"]) == (name, ra, dec)
        spectrum = Table.read(tmp_path / "out" / entry["file"], format="votable")
        assert len(spectrum) == entry["exposures"] > 30
        assert set(spectrum["det_id"]) == {2, 3}
        measured = np.count_nonzero(~np.ma.getmaskarray(spectrum["flux"]))
        assert measured == entry["measured"]
        assert measured > 0.9 * entry["exposures"]
        binned = Table.read(tmp_path / "out" / entry["binned"], format="votable")
        assert len(binned) == 34
        assert 0.5 * measured < binned["n_used"].sum() <= measured


def test_a_galaxy_and_a_star_in_one_table(tmp_path, capsys):
    table = tmp_path / "targets.csv"
    table.write_text(
        "name,ra,dec,sersic_index,axis_ratio,position_angle,effective_radius\n"
        f"galaxy,{DWARF.ra_deg},{DWARF.dec_deg},2.5,0.5,30,8\n"
        f"star,{DWARF.ra_deg},{DWARF.dec_deg + 0.003},,,,\n"
    )
    arguments = ["--archive", "simulated", "--detectors", "4", "--mjd", "60789", "60900"]
    assert main([str(table), *arguments, "--output", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    spectra = [Table.read(tmp_path / "out" / t["file"], format="votable")
               for t in manifest["targets"]]  # fmt: skip
    assert [set(map(str, spectrum["model"])) for spectrum in spectra] == [{"sersic"}, {"point"}]
    assert all(t["measured"] > 0 for t in manifest["targets"])


def test_targets_of_the_same_name_and_position_have_files_of_their_own(tmp_path, capsys):
    table = tmp_path / "twice.csv"
    table.write_text("name,ra,dec\nA,10,-60\na,10,-60\n")
    assert main([str(table), "--archive", str(tmp_path), "--output", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    files = [t["file"] for t in manifest["targets"]]
    assert files == ["A_J004000.00-600000.0.vot", "a_J004000.00-600000.0_1.vot"]
    assert all((tmp_path / "out" / file).exists() for file in files)
    assert [t["exposures"] for t in manifest["targets"]] == [0, 0]


def test_apertures_and_the_centre_of_the_psf(tmp_path):
    arguments = [f"{DWARF.ra_deg} {DWARF.dec_deg}", "--archive", "simulated"]
    arguments += ["--detectors", "2", "--mjd", "60789", "60900"]
    tables = {}
    for name, given in (
        ("plain", []), ("aperture", ["--aperture", "12.3"]), ("array", ["--psf-center", "array"]),
    ):  # fmt: skip
        out = tmp_path / name
        assert main([*arguments, *given, "--output", str(out)]) == 0
        [entry] = json.loads((out / "manifest.json").read_text())["targets"]
        tables[name] = Table.read(out / entry["file"], format="votable")
    columns = ["aper_flux", "aper_flux_err", "aper_masked", "aper_psf_fraction"]
    for column in columns:
        assert np.ma.getmaskarray(tables["plain"][column]).all()
        assert not np.ma.getmaskarray(tables["aperture"][column]).all()
    flux = {name: table["flux"].filled(0) for name, table in tables.items()}
    assert np.array_equal(flux["aperture"], flux["plain"])
    changed = flux["array"] / flux["plain"] - 1
    assert 1e-3 < np.nanmedian(np.abs(changed)) < 0.04


def test_releases_select_exposures(tmp_path):
    files = tmp_path / "files"
    ra, dec = survey.celestial_wcs(280_000, 2).pixel_to_sky(900.0, 1000.0)
    position = [f"{ra:.5f}", f"{dec:.5f}"]
    chosen = ["--detectors", "2", "--count", "2", "--size", "45", "--output", str(files)]
    assert write_simulated([*position, *chosen]) == 0
    for given, expected in (
        ([], {"spherex_qr2": 2, "spherex_qr3": 2}),
        (["--releases", "qr2"], {"spherex_qr2": 2}),
        (["--releases", "qr3"], {"spherex_qr3": 2}),
        (["--releases", "qr3,qr2"], {"spherex_qr2": 2, "spherex_qr3": 2}),
    ):
        out = tmp_path / f"out{len(given)}{''.join(given[1:])}"
        arguments = [" ".join(position), "--archive", str(files), "--output", str(out), *given]
        assert main(arguments) == 0
        [entry] = json.loads((out / "manifest.json").read_text())["targets"]
        spectrum = Table.read(out / entry["file"], format="votable")
        collections = [str(name) for name in spectrum["data_collection"]]
        assert {name: collections.count(name) for name in collections} == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["10 20", "--archive", "simulated", "--releases", "qr1"], "releases: ['qr1'] given"),
        (["10 20", "--archive", "simulated", "--releases", ""], "one or more of qr2, qr3"),
        (["M 81", "--archive", "simulated"], "'M 81' is neither a file nor a position"),
        (["400 2", "--archive", "simulated"], "400"),
        (["10 20", "--archive", "/no/such"], "'/no/such' is neither a folder nor"),
        (["10 20", "--archive", "irsa"], "'irsa' is not available in this version"),
        (["10 20", "--archive", "simulated", "--background-size", "3"], "background size: 3"),
        (["10 20", "--archive", "simulated", "--aperture", "2"], "aperture radius: 2 given"),
        (["10 20", "--archive", "simulated", "--mjd", "61000", "60000"], "is after the end"),
        (["10 20", "--archive", "simulated", "--detectors", "7"], r"detectors: [7] given"),
    ],
)
def test_input_that_cannot_be_used(tmp_path, capsys, arguments, message):
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--detectors", "one", "'one' is not a list of detectors"),
        ("--psf-center", "core", "invalid choice: 'core'"),
        ("--aperture", "wide", "invalid float value: 'wide'"),
        ("--workers", "0", "'0' given; allowed: a whole number from 1"),
        ("--format", "xlsx", "invalid choice: 'xlsx'"),
    ],
)
def test_options_that_cannot_be_read(tmp_path, capsys, option, value, message):
    with pytest.raises(SystemExit, match="2"):
        main(["1 2", "--archive", "simulated", "--output", str(tmp_path), option, value])
    assert message in capsys.readouterr().err


def test_broken_files_are_named_and_listed(tmp_path, capsys):
    (tmp_path / "page.fits").write_text("<html>503</html>")
    out = tmp_path / "out"
    assert main(["10 20", "--archive", str(tmp_path), "--output", str(out)]) == 0
    assert "left out: page.fits: not a FITS file" in capsys.readouterr().err
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["problems"] == ["page.fits: not a FITS file"]
    assert manifest["simulated"] is False
