"""Joint fits: exact without noise, honest covariance, and what can't be told apart."""

import numpy as np
import pytest

from photometry_core.linear_fit import fit_fluxes


def gaussian_profiles(positions, size=25, sigma=0.75):
    grid = np.arange(size)
    return np.stack(
        [
            np.outer(
                np.exp(-0.5 * ((grid - y) / sigma) ** 2), np.exp(-0.5 * ((grid - x) / sigma) ** 2)
            ).ravel()
            / (2 * np.pi * sigma**2)
            for x, y in positions
        ],
        axis=1,
    )


def no_background(npix: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((npix, 1)), np.zeros((1, 1))


def test_noise_free_blend_is_exact():
    profiles = gaussian_profiles([(12.0, 12.0), (12.7, 12.2), (15.0, 11.0)])
    truth = np.array([100.0, -3.0, 42.0])
    fit = fit_fluxes(
        profiles, profiles @ truth, np.full(len(profiles), 2.0), *no_background(len(profiles))
    )
    assert fit.flux == pytest.approx(truth, rel=1e-10)
    assert fit.reasons == ("", "", "")


def test_covariance_is_the_scatter_of_many_fits():
    rng = np.random.default_rng(5)
    profiles = gaussian_profiles([(12.0, 12.0), (12.6, 12.3)])
    variance = rng.uniform(0.5, 2.0, len(profiles))
    fluxes = np.array(
        [
            fit_fluxes(
                profiles,
                rng.normal(0, np.sqrt(variance)),
                variance,
                *no_background(len(profiles)),
            ).flux
            for _ in range(4000)
        ]
    )
    fit = fit_fluxes(profiles, variance * 0, variance, *no_background(len(profiles)))
    # The relative error of a sample variance is sqrt(2 / n) = 0.022; four of them.
    assert np.cov(fluxes.T) == pytest.approx(fit.covariance, rel=0.09)
    assert fit.flux_err == pytest.approx(np.sqrt(np.diag(fit.covariance)))


def test_uncertainty_of_the_background_is_carried_into_the_errors():
    profiles = gaussian_profiles([(12.0, 12.0)])
    response = np.ones((len(profiles), 1))
    bare = fit_fluxes(profiles, profiles[:, 0], np.ones(len(profiles)), response, np.zeros((1, 1)))
    fit = fit_fluxes(profiles, profiles[:, 0], np.ones(len(profiles)), response, np.array([[0.04]]))
    # A background that is wrong by 1 changes the flux by sum(P) / sum(P^2) here.
    change = profiles.sum() / (profiles**2).sum()
    assert fit.flux_err[0] ** 2 == pytest.approx(bare.flux_err[0] ** 2 + 0.04 * change**2)


def test_targets_at_one_position_get_a_reason_and_spare_the_others():
    profiles = gaussian_profiles([(12.0, 12.0), (12.0, 12.0), (14.0, 12.0)])
    truth = np.array([10.0, 20.0, 30.0])
    fit = fit_fluxes(
        profiles, profiles @ truth, np.ones(len(profiles)), *no_background(len(profiles))
    )
    assert np.isnan(fit.flux[:2]).all()
    assert np.isnan(fit.flux_err[:2]).all()
    assert "too close to another target" in fit.reasons[0]
    assert fit.reasons[0] == fit.reasons[1]
    assert fit.flux[2] == pytest.approx(30.0)
    assert fit.reasons[2] == ""


def test_a_source_on_ignored_pixels_gets_a_reason():
    profiles = gaussian_profiles([(12.0, 12.0), (4.0, 4.0)])
    kept = profiles[:, 0] < 1e-3
    kept[profiles[:, 1] > 1e-3] = True
    fit = fit_fluxes(
        profiles[kept],
        profiles[kept] @ [5.0, 7.0],
        np.ones(kept.sum()),
        *no_background(int(kept.sum())),
    )
    assert "of the light of the source" in fit.reasons[0]
    assert np.isnan(fit.flux[0])
    assert fit.flux[1] == pytest.approx(7.0)
