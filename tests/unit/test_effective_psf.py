"""The finely sampled effective PSF against the profiles that the native fit takes."""

from dataclasses import replace

import numpy as np
import pytest

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.effective_psf import sample_effective_psf
from photometry_core.errors import FitError
from photometry_core.psf import PROFILE_HALF_SIZE_PIX, PROFILE_SIZE_PIX, render_point_source


def gaussian(oversampling: int, half: int, sigma: float, dx: float) -> np.ndarray:
    at = np.arange(-half, half + 1) / oversampling
    plane = np.outer(np.exp(-0.5 * (at / sigma) ** 2), np.exp(-0.5 * ((at - dx) / sigma) ** 2))
    return plane / plane.sum()


def optical_psf() -> PsfGrid:
    """Two zones with different widths and displacements, without the pixel."""
    planes = np.array([[gaussian(10, 50, 0.35, 0.05), gaussian(10, 50, 0.5, -0.1)]])
    return PsfGrid(
        planes=planes,
        x_centers_pix=np.array([100.0, 300.0]),
        y_centers_pix=np.array([100.0]),
        oversampling=10,
    )


def delivered_effective_psf() -> PsfZones:
    return PsfZones(
        planes=gaussian(5, 16, 0.5, 0.07)[None],
        x_centers_pix=np.array([200.0]),
        y_centers_pix=np.array([100.0]),
        reach_pix=120.0,
        oversampling=5,
        pixel_included=True,
    )


@pytest.mark.parametrize("make_psf", [optical_psf, delivered_effective_psf])
def test_samples_at_pixel_centres_are_the_profile_of_the_native_fit(make_psf):
    psf = make_psf()
    for x, y in np.random.default_rng(1).uniform(120, 260, (20, 2)) * (1, 0.5):
        profile, (left, bottom) = render_point_source(psf, x, y)
        pixels = np.arange(PROFILE_SIZE_PIX)
        samples = sample_effective_psf(psf, (x, y), left + pixels - x, bottom + pixels - y)
        # The native fit rounds coefficients and their weights to 24 bits: 2^-23 of the pixel.
        assert np.max(np.abs(samples - profile)) < 2**-23 * profile.max()


def test_a_fine_grid_holds_the_profiles_of_many_phases():
    psf, finer = optical_psf(), 40
    reach = (PROFILE_HALF_SIZE_PIX + 1) * finer
    offsets = np.arange(-reach, reach + 1) / finer
    fine = sample_effective_psf(psf, (200.0, 100.0), offsets, offsets)
    assert fine.shape == (561, 561)
    assert fine.sum() == pytest.approx(finer**2, rel=1e-8)
    for phase in (0, 7, 20, 39):
        # Pixels one pixel apart, shifted by a fraction: their sum is the whole flux.
        assert fine[phase::finer, 3::finer].sum() == pytest.approx(1, abs=1e-8)


def test_far_from_the_source_there_is_nothing():
    samples = sample_effective_psf(
        optical_psf(), (200.0, 100.0), np.array([0.0, 50.0]), np.array([-50.0, 0.0])
    )
    assert samples[1, 0] > 0.1
    assert np.all(samples[[0, 0, 1], [0, 1, 1]] == 0)


def test_damaged_planes_and_positions_without_a_zone_are_refused():
    psf = optical_psf()
    with pytest.raises(FitError, match="sums to 2 instead of 1"):
        sample_effective_psf(
            replace(psf, planes=2 * psf.planes), (200.0, 100.0), np.zeros(1), np.zeros(1)
        )
    with pytest.raises(FitError, match="no PSF zone within 120 pixels"):
        sample_effective_psf(delivered_effective_psf(), (900.0, 100.0), np.zeros(1), np.zeros(1))
