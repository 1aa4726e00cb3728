"""QR2 and QR3 files hold PSF, flags and wavelengths in different ways, and give the same fluxes."""

from dataclasses import replace

import numpy as np
import pytest

from photometry_core.archive.regions import Box
from photometry_core.archive.search import ExposureMatch
from photometry_core.archive.simulated import SimulatedArchive
from photometry_core.errors import DataFormatError
from photometry_core.forced import measure_exposure
from photometry_core.pipeline import half_size_pix, measure, measure_match
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import DETECTORS, MeasureOptions, Target

OPTIONS = MeasureOptions()
POINTINGS = {"qr2": 20_000, "qr3": 280_000}
DETECTOR_BOX = Box(0, 0, 2040, 2040)


@pytest.mark.parametrize("detector", DETECTORS)
def test_noise_free_fluxes_of_qr3_files_at_every_phase_and_detector_position(detector):
    pointing = POINTINGS["qr3"]
    rng = np.random.default_rng(30 + detector)
    x = np.concatenate([rng.uniform(8, 2031, 80), [6.0, 2033.0, 6.5, 1020.0, 1019.5]])
    y = np.concatenate([rng.uniform(8, 2031, 80), [6.0, 2033.0, 2033.49, 1020.0, 1019.5]])
    ra, dec = survey.celestial_wcs(pointing, detector).pixel_to_sky(x, y)
    exposure = exposures.exposure(pointing, detector)
    assert exposure.release == "qr3"
    errors = []
    for number in range(x.size):
        target = Target(name="star", ra_deg=float(ra[number]), dec_deg=float(dec[number]))
        column, row = int(x[number]), int(y[number])
        box = Box(column - 24, row - 24, column + 25, row + 25).intersection(DETECTOR_BOX)
        rendering = render_exposure(
            pointing, detector, box, point_sources(target.ra_deg, target.dec_deg, 1e4),
            noise_on=False, flags_on=False, background_on=False,
        )  # fmt: skip
        file = spectral_image(rendering, "noise-free.fits")
        [(cutout, _)] = read_cutouts(file, exposure, [target], half_size_pix(OPTIONS))
        assert cutout.psf.pixel_included
        [measurement] = measure_exposure(cutout, [target], OPTIONS)
        assert measurement.reason == ""
        assert measurement.x_pix == pytest.approx(x[number], abs=1e-6)
        errors.append(measurement.flux_ujy / 1e4 - 1)
    print(
        f"D{detector}: mean {np.mean(errors):+.1e}, scatter {np.std(errors):.1e}, "
        f"largest {np.max(np.abs(errors)):.1e}"
    )
    assert np.std(errors) < 1e-4
    # The planes end 3.3 pixels from their centres and are normalised there: light beyond, up to
    # 1e-4 in the detectors with the widest PSF, is missing in every flux.
    assert -1.5e-4 < np.mean(errors) < 5e-5
    assert np.max(np.abs(errors)) < 4e-4


def test_a_file_of_another_release_than_it_was_listed_in_is_refused():
    exposure = exposures.exposure(POINTINGS["qr3"], 2)
    rendering = render_exposure(
        POINTINGS["qr3"], 2, Box(500, 500, 545, 545), point_sources(10.0, 10.0, 1.0)
    )
    listed = replace(exposure, collection="spherex_qr2")
    message = "is of the release qr3 by its VERSION, expected qr2"
    with pytest.raises(DataFormatError, match=message):
        read_cutouts(spectral_image(rendering, "file.fits"), listed, [], 20)


@pytest.mark.parametrize("detector", [1, 4, 6])
def test_the_same_stars_in_both_releases(detector):
    """Fluxes of each release have honest errors, and so do their differences."""
    rng = np.random.default_rng(40 + detector)
    nodes = np.arange(40.0, 2000.0, 65.0)
    x, y = (plane.ravel() + rng.uniform(-8, 8, plane.size) for plane in np.meshgrid(nodes, nodes))
    x, y = x[:400], y[:400]
    flux, error = {}, {}
    for release, pointing in POINTINGS.items():
        ra, dec = survey.celestial_wcs(pointing, detector).pixel_to_sky(x, y)
        targets = [
            Target(name="", ra_deg=float(a), dec_deg=float(d)) for a, d in zip(ra, dec, strict=True)
        ]
        archive = SimulatedArchive(point_sources(ra, dec, 2000.0))
        exposure = exposures.exposure(pointing, detector)
        assert exposure.release == release
        match = ExposureMatch(exposure=exposure, targets=tuple(range(len(targets))))
        rows = measure_match(match, targets, archive, OPTIONS)
        flux[release] = np.array([row.flux_ujy for row in rows])
        error[release] = np.array([row.flux_err_ujy for row in rows])
        pulls = (flux[release] - 2000.0) / error[release]
        pulls = pulls[np.isfinite(pulls)]
        assert pulls.size > 370
        assert abs(pulls.mean()) < 3.5 / np.sqrt(pulls.size)
        assert pulls.std() == pytest.approx(1.0, abs=0.11)
    apart = (flux["qr3"] - flux["qr2"]) / np.hypot(error["qr2"], error["qr3"])
    apart = apart[np.isfinite(apart)]
    assert abs(apart.mean()) < 3.5 / np.sqrt(apart.size)
    assert apart.std() == pytest.approx(1.0, abs=0.11)


def test_a_spectrum_of_both_releases_says_of_every_row_which():
    ra, dec = survey.celestial_wcs(POINTINGS["qr3"], 5).pixel_to_sky(900.0, 1000.0)
    target = Target(name="star", ra_deg=float(ra), dec_deg=float(dec))
    archive = SimulatedArchive(point_sources(target.ra_deg, target.dec_deg, 5000.0))
    options = MeasureOptions(detectors=(5,))
    [both] = measure([target], archive, options)
    release = np.array([str(name) for name in both.table["data_collection"]])
    assert set(release) == {"spherex_qr2", "spherex_qr3"}
    assert np.all((both.table["mjd"] >= survey.QR3_START_MJD) == (release == "spherex_qr3"))
    good = both.table["flags"] < 1 << 32
    pulls = np.array((both.table["flux"] - 5000.0) / both.table["flux_err"])[good]
    assert np.abs(pulls).max() < 4.5
    for row in both.table:
        grid = wavelength_grid(5, str(row["data_collection"]).removeprefix("spherex_"))
        expected = grid.at(row["x_image"], row["y_image"])[0]
        assert row["wavelength"] == pytest.approx(float(expected), abs=1e-6)
    for name in ("qr2", "qr3"):
        [one] = measure([target], archive, MeasureOptions(detectors=(5,), releases=(name,)))
        chosen = both.table[release == f"spherex_{name}"]
        assert len(one.table) == len(chosen) > 0
        assert np.array_equal(one.table["flux"].filled(0), chosen["flux"].filled(0))
