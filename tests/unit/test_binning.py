"""The binned spectrum: its channels, its means, its file."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table

from photometry_core.binning import DEFAULT_REJECT, bin_spectrum, reject_mask
from photometry_core.channels import channel_at, nominal_band_um
from photometry_core.errors import InvalidInputError
from photometry_core.flags import decode
from photometry_core.measurement import Measurement, Provenance
from photometry_core.spectrum import build_spectrum
from photometry_core.spectrum_files import FORMATS, write_binned
from photometry_core.types import Exposure, MeasureOptions, Target

EXPOSURE = Exposure(
    publisher_did="ivo://irsa.ipac/spherex_qr2?2025W51_1A_0684_2/D3",
    obs_id="2025W51_1A_0684_2",
    detector=3,
    lvf_id=202551101068423,
    collection="spherex_qr2",
    deep=False,
    mjd=61027.2,
    simulated=False,
    access="",
)
PROVENANCE = Provenance(
    software="test", archive="a", archive_description="b", simulated=False, calibration="c",
    created="2026-01-02T03:04:05+00:00",
)  # fmt: skip
MIDDLE_OF_CHANNEL_9 = 985.0


def spectrum_of(*measurements: Measurement):
    target = Target(name="x", ra_deg=1.0, dec_deg=2.0)
    return build_spectrum(target, measurements, MeasureOptions(detectors=(3,)), PROVENANCE)


def visit(flux: float, error: float, *, y_pix: float = MIDDLE_OF_CHANNEL_9, flags: int = 0):
    return Measurement(
        exposure=EXPOSURE, wavelength_um=1.995, bandwidth_um=0.049, flux_ujy=flux,
        flux_err_ujy=error, flags=flags, x_pix=1020.0, y_pix=y_pix,
    )  # fmt: skip


def test_mean_error_scatter_and_chi2_of_a_channel():
    binned = bin_spectrum(spectrum_of(visit(10.0, 1.0), visit(16.0, 2.0), visit(13.0, 1.0)))
    assert len(binned.table) == 17
    [row] = [row for row in binned.table if row["n_used"]]
    weights = np.array([1.0, 0.25, 1.0])
    mean = (10 + 4 + 13) / 2.25
    assert (row["det_id"], row["channel"], row["n_found"]) == (3, 9, 3)
    assert row["flux"] == pytest.approx(mean)
    assert row["flux_err"] == pytest.approx(1 / 1.5)
    assert row["scatter"] == pytest.approx(3.0)
    assert row["chi2"] == pytest.approx(np.sum(weights * (np.array([10, 16, 13]) - mean) ** 2))
    assert (row["wavelength"], row["lambda_width"]) == (1.995, 0.049)
    assert row["wavelength_mean"] == pytest.approx(1.995)


def test_rejected_and_failed_visits_are_counted_and_not_used():
    failed = replace(visit(np.nan, np.nan), flags=1 << 33, reason="no")
    binned = bin_spectrum(spectrum_of(visit(10.0, 1.0), visit(99.0, 1.0, flags=1 << 32), failed))
    row = binned.table[8]
    assert (row["n_used"], row["n_found"]) == (1, 3)
    assert row["flux"] == 10.0
    assert row["scatter"] is np.ma.masked
    assert row["chi2"] is np.ma.masked
    everything = bin_spectrum(binned.spectrum, reject=0)
    assert everything.table["n_used"][8] == 2
    assert "left out: FIT_ERROR" in everything.recipe


def test_channels_without_visits_are_null():
    binned = bin_spectrum(spectrum_of(visit(10.0, 1.0, y_pix=2039.0), visit(1.0, 1.0, y_pix=60.0)))
    assert binned.table["n_found"].tolist() == [0] * 16 + [1]
    assert binned.table["flux"].mask.tolist() == [True] * 16 + [False]
    assert len(bin_spectrum(spectrum_of()).table) == 17


@pytest.mark.parametrize("file_format", ["votable", "fits", "ecsv", "csv", "ipac"])
def test_files_hold_the_numbers_and_the_recipe(tmp_path, file_format):
    path = tmp_path / f"s{FORMATS[file_format][0]}"
    binned = bin_spectrum(spectrum_of(visit(10.0, 1.0), visit(11.0, 1.0)))
    write_binned(binned, path, file_format)
    reader = {"ecsv": "ascii.ecsv", "csv": "ascii.csv", "ipac": "ascii.ipac"}.get(file_format)
    table = Table.read(path, format=reader or file_format)
    assert table["flux"][8] == 10.5
    assert table["channel"].tolist() == list(range(1, 18))
    if file_format == "votable":
        document = parse(path, verify="exception")
        [parsed] = document.iter_tables()
        names = [element.ID for element in (*parsed.fields, *parsed.params)]
        assert len(set(names)) == len(names)
        assert document.resources[0].time_systems == []
    if file_format != "csv":
        text = path.read_bytes().decode("latin-1")
        assert "inverse-variance mean" in text
        assert "CONTAINS_BAD_PIXEL" in text.replace("\n", "").replace("HISTORY ", "")


def test_flags_to_be_rejected_are_given_by_name():
    assert decode(reject_mask("hot, OUTLIER,")) == ["HOT", "OUTLIER"]
    assert reject_mask("") == 0
    assert decode(DEFAULT_REJECT) == ["DICHROIC", "CONTAINS_BAD_PIXEL", "FIT_ERROR"]
    with pytest.raises(InvalidInputError, match="'WARM' is not a flag; allowed: TRANSIENT"):
        reject_mask("WARM")


def test_no_channel_without_a_position():
    assert channel_at([np.nan, 1020.0], [5.0, np.nan]).tolist() == [-1, -1]
    assert channel_at([1020.0, 1020.0, 0.0], [0.0, 2039.0, 0.0]).tolist() == [17, 0, 18]


def test_channels_are_those_of_the_real_product(real_data):
    [path] = (real_data / "spxquery").glob("spectral_channels_*.fits")
    with fits.open(path) as hdus:
        channel_map = hdus["CHANNEL_MAP"].data.astype(int)
        y, x = np.mgrid[:2040, :2040]
        found = channel_at(x, y)
        assert np.mean(found != channel_map) < 0.002
        assert np.max(np.abs(found - channel_map)) == 1
        for row in hdus["SPECTRAL_CHANNELS"].data:
            center, width = nominal_band_um(int(row["DETECTOR"]), int(row["SUBCHAN"]))
            assert center == pytest.approx(row["WAVELENGTH"], abs=1e-6)
            assert width == pytest.approx(row["BANDWIDTH"], abs=5e-4)
