"""Fluxes injected into simulated files are recovered, with honest errors.

Everything here goes the whole way: sources on the simulated instrument, files of the real
layout in memory, the reader, the measurement.
"""

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from photometry_core.archive import open_archive
from photometry_core.archive.regions import Box
from photometry_core.archive.search import ExposureMatch
from photometry_core.archive.simulated import SimulatedArchive
from photometry_core.forced import measure_exposure
from photometry_core.measurement import Measurement
from photometry_core.motion import positions_at
from photometry_core.pipeline import half_size_pix, measure, measure_match
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.names import find_named
from photometry_core.simulation.sources import point_sources
from photometry_core.simulation.truth import truth
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import DETECTORS, MeasureOptions, ProperMotion, Target

OPTIONS = MeasureOptions()
FIRST_POINTING = 20_000
SPACING_PIX = 57.0


def targets_at(ra_deg, dec_deg) -> list[Target]:
    return [
        Target(name=str(number), ra_deg=float(ra), dec_deg=float(dec))
        for number, (ra, dec) in enumerate(zip(ra_deg, dec_deg, strict=True))
    ]


def scattered_positions(count: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Detector positions far from one another, at any phase, from edge to edge."""
    nodes = np.arange(20.0, 2020.0, SPACING_PIX)
    x, y = (plane.ravel() for plane in np.meshgrid(nodes, nodes))
    chosen = rng.permutation(x.size)[:count]
    return (
        x[chosen] + rng.uniform(-8, 8, count),
        y[chosen] + rng.uniform(-8, 8, count),
    )


def measure_stars(pointing, detector, x, y, flux_ujy) -> list[Measurement]:
    """Put stars on one exposure and measure them all."""
    wcs = survey.celestial_wcs(pointing, detector)
    ra, dec = wcs.pixel_to_sky(x, y)
    archive = SimulatedArchive(point_sources(ra, dec, flux_ujy))
    targets = targets_at(ra, dec)
    match = ExposureMatch(
        exposure=exposures.exposure(pointing, detector), targets=tuple(range(len(targets)))
    )
    return measure_match(match, targets, archive, OPTIONS)


def assert_honest(pulls: np.ndarray) -> None:
    """Mean 0 within three standard errors, width 1 within 5 %."""
    assert abs(pulls.mean()) < 3 * pulls.std() / np.sqrt(pulls.size)
    assert pulls.std() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    ("name", "detector", "flux_ujy", "least_snr", "most_snr"),
    [
        ("faint", 2, 60.0, 1.5, 3.0),
        ("medium", 4, 300.0, 12.0, 30.0),
        ("bright", 1, 6000.0, 70.0, 140.0),
    ],
)
def test_pulls_of_single_stars(name, detector, flux_ujy, least_snr, most_snr):
    rng = np.random.default_rng(2026)
    measured = []
    for number in range(2):
        x, y = scattered_positions(700, rng)
        measured += measure_stars(FIRST_POINTING + 7 * number, detector, x, y, flux_ujy)
    good = [m for m in measured if not m.reason]
    assert len(measured) == 1400
    assert len(good) > 1300
    flux = np.array([m.flux_ujy for m in good])
    error = np.array([m.flux_err_ujy for m in good])
    assert least_snr < np.median(flux_ujy / error) < most_snr
    assert_honest((flux - flux_ujy) / error)


def test_pulls_of_pairs_one_pixel_apart():
    rng = np.random.default_rng(11)
    detector, fluxes = 3, np.array([900.0, 600.0])
    x, y = scattered_positions(700, rng)
    angle = rng.uniform(0, 2 * np.pi, x.size)
    both_x = np.stack([x, x + np.cos(angle)], axis=1).ravel()
    both_y = np.stack([y, y + np.sin(angle)], axis=1).ravel()
    measured = measure_stars(FIRST_POINTING, detector, both_x, both_y, np.tile(fluxes, x.size))
    pulls = np.array(
        [
            [(m.flux_ujy - flux) / m.flux_err_ujy for m, flux in zip(pair, fluxes, strict=True)]
            for pair in zip(measured[::2], measured[1::2], strict=True)
            if not (pair[0].reason or pair[1].reason)
        ]
    )
    assert len(pulls) > 600
    assert_honest(pulls[:, 0])
    assert_honest(pulls[:, 1])
    # Blended fluxes are anticorrelated, and their sum is better known than either.
    assert np.corrcoef(pulls.T)[0, 1] < -0.2


@pytest.mark.parametrize("detector", DETECTORS)
def test_noise_free_fluxes_at_every_phase_and_detector_position(detector):
    rng = np.random.default_rng(detector)
    x, y = scattered_positions(60, rng)
    x = np.concatenate([x, [6.0, 2033.0, 6.5, 1020.0, 1019.5]])
    y = np.concatenate([y, [6.0, 2033.0, 2033.49, 1020.0, 1019.5]])
    wcs = survey.celestial_wcs(FIRST_POINTING, detector)
    ra, dec = wcs.pixel_to_sky(x, y)
    exposure = exposures.exposure(FIRST_POINTING, detector)
    errors = []
    for number, target in enumerate(targets_at(ra, dec)):
        alone = point_sources(target.ra_deg, target.dec_deg, 1e4)
        column, row = int(x[number]), int(y[number])
        box = Box(column - 24, row - 24, column + 25, row + 25).intersection(Box(0, 0, 2040, 2040))
        rendering = render_exposure(
            FIRST_POINTING, detector, box, alone,
            noise_on=False, flags_on=False, background_on=False,
        )  # fmt: skip
        file = spectral_image(rendering, "noise-free.fits")
        [(cutout, _)] = read_cutouts(file, exposure, [target], half_size_pix(OPTIONS))
        [measurement] = measure_exposure(cutout, [target], OPTIONS)
        assert measurement.reason == ""
        errors.append(measurement.flux_ujy / 1e4 - 1)
        assert measurement.x_pix == pytest.approx(x[number], abs=1e-6)
    rms = np.sqrt(np.mean(np.square(errors)))
    print(f"D{detector}: rms {rms:.1e}, largest {np.max(np.abs(errors)):.1e}")
    assert rms < 1e-4
    assert np.max(np.abs(errors)) < 4e-4


def test_position_and_wavelength_agree_with_astropy_on_the_file():
    rng = np.random.default_rng(3)
    for detector in DETECTORS:
        x, y = scattered_positions(6, rng)
        ra, dec = survey.celestial_wcs(FIRST_POINTING, detector).pixel_to_sky(x, y)
        exposure = exposures.exposure(FIRST_POINTING, detector)
        for number, target in enumerate(targets_at(ra, dec)):
            x0, y0 = max(int(x[number]) - 22, 0), max(int(y[number]) - 22, 0)
            box = Box(x0, y0, min(x0 + 45, 2040), min(y0 + 45, 2040))
            rendering = render_exposure(
                FIRST_POINTING, detector, box, point_sources(ra, dec, 500.0)
            )
            file = spectral_image(rendering, "file.fits")
            [(cutout, _)] = read_cutouts(file, exposure, [target], half_size_pix(OPTIONS))
            [measurement] = measure_exposure(cutout, [target], OPTIONS)
            with fits.open(io.BytesIO(file.read(0, 10**9))) as hdus:
                image = WCS(hdus["IMAGE"].header)
                spectral = WCS(hdus["IMAGE"].header, fobj=hdus, key="W")
                spectral.sip = None
                inside = image.all_world2pix([[target.ra_deg, target.dec_deg]], 0)[0]
                wavelength, bandwidth = spectral.pixel_to_world_values(*inside)
            found = (measurement.x_pix - x0, measurement.y_pix - y0)
            assert np.hypot(*(found - inside)) < 0.01
            assert measurement.wavelength_um == pytest.approx(float(wavelength), abs=1e-4)
            assert measurement.bandwidth_um == pytest.approx(float(bandwidth), abs=1e-4)


def test_a_list_does_not_change_the_fluxes_of_targets_that_do_not_overlap():
    rng = np.random.default_rng(4)
    x, y = scattered_positions(30, rng)
    # One neighbour 2 px away, and one that is near but does not share a pixel.
    x = np.concatenate([x, [x[0] + 2.0, x[1] + 14.6]])
    y = np.concatenate([y, [y[0], y[1]]])
    pointing, detector = FIRST_POINTING, 2
    ra, dec = survey.celestial_wcs(pointing, detector).pixel_to_sky(x, y)
    archive = SimulatedArchive(point_sources(ra, dec, 800.0))
    targets = targets_at(ra, dec)
    exposure = exposures.exposure(pointing, detector)

    def fluxes(chosen: list[int]) -> dict[int, float]:
        match = ExposureMatch(exposure=exposure, targets=tuple(range(len(chosen))))
        rows = measure_match(match, [targets[index] for index in chosen], archive, OPTIONS)
        return {index: row.flux_ujy for index, row in zip(chosen, rows, strict=True)}

    together = fluxes(list(range(32)))
    shuffled = fluxes(rng.permutation(32).tolist())
    assert shuffled == together
    for alone in (1, 2, 5, 31):
        assert fluxes([alone])[alone] == together[alone]
    assert fluxes([0])[0] != together[0]
    assert fluxes([0, 30])[0] == together[0]


def test_the_simulated_sky_is_measured_as_it_is():
    dwarf = find_named("SIMP J0136+0933")
    target = Target(name=dwarf.name, ra_deg=dwarf.ra_deg, dec_deg=dwarf.dec_deg)
    [source, *_] = truth(dwarf.ra_deg, dwarf.dec_deg, 1.0)
    options = MeasureOptions(detectors=(1, 5))
    [spectrum] = measure([target], open_archive("simulated"), options)
    table = spectrum.table[spectrum.table["flags"] < 1 << 32]
    expected = [
        source.flux_ujy(wavelength, bandwidth)
        for wavelength, bandwidth in zip(table["wavelength"], table["lambda_width"], strict=True)
    ]
    pulls = np.array((table["flux"] - expected) / table["flux_err"])
    assert pulls.size > 60
    # Neighbours that are not fitted, and undetected sources in the background, add a little
    # to the three standard errors that noise alone would allow.
    assert abs(pulls.mean()) < 0.5
    assert pulls.std() < 1.25


def test_a_named_object_that_moves_is_found_only_with_its_motion():
    star = find_named("TRAPPIST-1")
    moving, resting = (
        Target(name=star.name, ra_deg=star.ra_deg, dec_deg=star.dec_deg, motion=motion)
        for motion in (star.motion, None)
    )
    [source, *_] = truth(star.ra_deg, star.dec_deg, 1.0)
    ratios = {}
    for target in (moving, resting):
        [spectrum] = measure([target], open_archive("simulated"), MeasureOptions(detectors=(3,)))
        table = spectrum.table[spectrum.table["flags"] < 1 << 32]
        expected = [
            source.flux_ujy(wavelength, bandwidth)
            for wavelength, bandwidth in zip(
                table["wavelength"], table["lambda_width"], strict=True
            )
        ]
        ratios[target] = np.array(table["flux"] / expected)
    assert ratios[moving].size > 30
    assert np.median(ratios[moving]) == pytest.approx(1.0, abs=0.01)
    # Ten years after its position it is 10 arcsec away.
    assert np.median(ratios[resting]) < 0.5


def test_a_moving_star_is_followed_from_exposure_to_exposure():
    # 10 arcsec/yr is a pixel in 0.6 years: measured at rest, the last fluxes would be lost.
    motion = ProperMotion(pm_ra_mas_yr=8000.0, pm_dec_mas_yr=-6000.0, ref_epoch_yr=2016.0)
    target = Target(name="fast", ra_deg=24.2, dec_deg=9.6, motion=motion)
    archive = SimulatedArchive(point_sources([], [], []))
    options = MeasureOptions(detectors=(2,))
    matches = archive.find_exposures([target], options).matches
    assert len(matches) > 30
    pulls = []
    for match in matches:
        ra, dec = positions_at([target], match.exposure.mjd)
        there = SimulatedArchive(point_sources(ra, dec, 2000.0))
        [row] = measure_match(match, [target], there, options)
        assert row.reason == ""
        assert (row.ra_deg, row.dec_deg) == (ra[0], dec[0])
        pulls.append((row.flux_ujy - 2000.0) / row.flux_err_ujy)
    assert abs(np.mean(pulls)) < 3 / np.sqrt(len(pulls))
    assert matches[-1].exposure.mjd - matches[0].exposure.mjd > 180
