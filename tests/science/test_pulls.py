"""Fluxes are unbiased and their errors true, alone, in pairs and in crowds, faint and bright."""

import numpy as np
import pytest

from photometry_core.forced import measure_exposures
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2
from photometry_core.psf import render_point_source
from photometry_core.types import MeasureOptions
from tests.fields import (
    OPTIONS,
    column,
    field_of_snr,
    grid,
    make_field,
    measure_noisy,
    pulls_of,
)

PLACES = (
    (2, 1400, 1100), (3, 300, 800), (4, 1000, 1000), (5, 1700, 500), (6, 600, 1500),
)  # fmt: skip
N_FAINT = 20_000


def fields_of_snr(rng, snr, per_place):
    """Fields of stars whose fluxes are so many times their errors, or anything in a range."""
    for detector, x, y in PLACES:
        for _ in range(per_place):
            yield field_of_snr(rng, detector, x, y, rng.uniform(*snr, 25))


@pytest.mark.parametrize("snr", [(0.0, 3.0), (15.0, 15.0)])
def test_faint_fluxes_are_unbiased_and_their_errors_true(snr):
    rng = np.random.default_rng(1)
    repeats = N_FAINT // (25 * 2 * len(PLACES))
    pulls = np.concatenate([
        pulls_of(field, measure_noisy(field, rng, repeats)).ravel()
        for field in fields_of_snr(rng, snr, 2)
    ])  # fmt: skip
    assert pulls.size == N_FAINT
    print(f"S/N {snr}: mean {pulls.mean():+.4f}, width {pulls.std():.4f}")
    # The standard error of the mean is 0.007, that of the width 0.005.
    assert abs(pulls.mean()) <= 0.02
    assert pulls.std() == pytest.approx(1, abs=0.03)


def expected_bias(field, row) -> float:
    """The first-order bias by the weights of the plane, over the error of the flux."""
    profile, _ = render_point_source(field.cutout.psf, row.x_pix, row.y_pix)
    surface = profile / (UJY_PER_MJY_SR_ARCSEC2 * np.median(field.cutout.solid_angle_arcsec2))
    one, two, three = ((surface**power).sum() for power in (1, 2, 3))
    return -field.slope * (one / two - three / two**2 / 2) / row.flux_err_ujy


@pytest.mark.parametrize("snr", [(0.0, 0.0), (3.0, 3.0), (15.0, 15.0)])
def test_weights_of_the_plane_bias_every_flux_and_those_of_the_model_hardly_any(snr):
    """Against weights from the true variance, on the same pixels: chance is nearly the same.

    A pixel that noise made brighter weighs less by s n / v, n its noise, v its variance, s the
    photon slope. To first order in s that lowers the sum over the data by s sum(P) / v, while
    the error follows the same noise: the mean of flux over error is low by that of
    s (sum(P) / sum(P^2) - sum(P^3) / sum(P^2)^2 / 2).
    """
    rng = np.random.default_rng(2)
    plane = MeasureOptions(weights="plane")
    for field in fields_of_snr(rng, snr, 1):
        noisy = [field.noisy(rng) for _ in range(40)]
        told = [field.with_planes(c.image_mjy_sr, field.cutout.variance_mjy2_sr2) for c in noisy]

        def mean_pull(cutouts, options, field=field):
            problems = [(cutout, field.targets) for cutout in cutouts]
            return pulls_of(field, measure_exposures(problems, options)).mean()

        truth = mean_pull(told, plane)
        by_plane, by_model = mean_pull(noisy, plane) - truth, mean_pull(noisy, OPTIONS) - truth
        [rows] = measure_exposures([(field.cutout, field.targets)], OPTIONS)
        expected = np.mean([expected_bias(field, row) for row in rows])
        print(
            f"S/N {snr[0]:.0f}: bias {by_plane:+.4f} by the plane, about {expected:+.4f} expected, "
            f"{by_model:+.4f} by the model"
        )
        # The difference of two estimates from one exposure scatters by 0.03: 0.001 on average.
        assert by_plane == pytest.approx(expected, rel=0.15)
        assert abs(by_model) < 0.012
        assert abs(by_model) < 0.4 * abs(by_plane)


@pytest.mark.parametrize("separation_pix", [2.0, 1.0, 0.5, 0.3])
def test_pairs_have_true_errors_and_a_true_correlation(separation_pix):
    rng = np.random.default_rng(int(100 * separation_pix))
    pulls, chi2, stated = [], [], []
    for detector, at_x, at_y in PLACES:
        x, y = grid(rng, at_x, at_y)
        angle = rng.uniform(0, 2 * np.pi, x.size)
        dx, dy = separation_pix * np.cos(angle), separation_pix * np.sin(angle)
        flux = np.tile([900.0, 600.0], x.size)
        field = make_field(
            detector, np.stack([x, x + dx], 1).ravel(), np.stack([y, y + dy], 1).ravel(), flux
        )
        exposures = measure_noisy(field, rng, 45)
        both = pulls_of(field, exposures).reshape(-1, 2)
        correlation = np.array([column(rows, "flux_correlation") for rows in exposures])
        one, other = correlation.reshape(-1, 2).T
        assert one == pytest.approx(other, rel=1e-12)
        a, b = both.T
        chi2.append((a * a + b * b - 2 * one * a * b) / (1 - one**2))
        pulls.append(both)
        stated.append(one)
    pulls, chi2 = np.concatenate(pulls), np.concatenate(chi2)
    number = len(pulls)
    assert number > 5600
    found, stated = np.corrcoef(pulls.T)[0, 1], np.mean(stated)
    print(
        f"{separation_pix} px: means {pulls.mean(axis=0).round(3)}, widths "
        f"{pulls.std(axis=0).round(3)}, chi2 {chi2.mean():.3f}, correlation {found:.3f} "
        f"(stated {stated:.3f})"
    )
    # The standard error of a width is 0.0094; that of the mean of a chi^2 of two numbers 0.027.
    assert pulls.std(axis=0) == pytest.approx([1, 1], abs=0.03)
    assert np.abs(pulls.mean(axis=0)).max() < 4 / np.sqrt(number)
    # The standard error of a correlation is 0.013 or less; pairs of different ones are together.
    assert found == pytest.approx(stated, abs=0.05)
    assert chi2.mean() == pytest.approx(2, abs=0.12)
    assert np.mean(chi2 > 5.991) == pytest.approx(0.05, abs=0.012)


def test_crowds_of_twenty_have_true_errors():
    """Twenty stars on 21 x 21 pixels, one group, none nearer than 1.5 pixels to another."""
    rng = np.random.default_rng(20)
    pulls = []
    for detector, at_x, at_y in PLACES:
        places: list[np.ndarray] = []
        while len(places) < 20:
            place = rng.uniform(-10, 10, 2)
            if all(np.hypot(*(place - other)) >= 1.5 for other in places):
                places.append(place)
        x, y = np.transpose(places) + np.array([[at_x], [at_y]])
        field = make_field(detector, x, y, rng.uniform(100, 2000, 20))
        pulls.append(pulls_of(field, measure_noisy(field, rng, 60)).ravel())
    pulls = np.concatenate(pulls)
    assert pulls.size == 6000
    print(f"crowds: mean {pulls.mean():+.3f}, width {pulls.std():.3f}")
    # Pulls of one exposure are weakly correlated: the standard error is 0.009 or little more.
    assert pulls.std() == pytest.approx(1, abs=0.03)
    assert abs(pulls.mean()) < 0.06
