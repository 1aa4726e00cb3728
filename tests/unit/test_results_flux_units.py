"""Fluxes in other units, against astropy's own conversions."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from explorer.results.flux_units import DETECTED_SNR, LIMIT_SIGMA, UNITS, convert
from photometry_core.errors import InvalidInputError

ASTROPY = {
    "uJy": u.uJy,
    "mJy": u.mJy,
    "flam": u.W / u.m**2 / u.um,
    "flam_cgs": u.erg / u.s / u.cm**2 / u.AA,
    "nufnu": u.W / u.m**2,
    "nufnu_cgs": u.erg / u.s / u.cm**2,
}
FLUX = np.array([812.5, 1e-3, 3.2e6, -40.0, np.nan])
ERROR = np.array([12.0, 1e-4, 5e3, 15.0, np.nan])
WAVELENGTH = np.array([0.7523, 1.083, 2.2, 3.3, 4.98])


@pytest.mark.parametrize("key", ASTROPY)
def test_units_are_those_of_astropy(key):
    made = convert(FLUX, ERROR, WAVELENGTH, key)
    for shown, kept in ((made.value, FLUX), (made.error, ERROR), (made.low, FLUX - ERROR)):
        wanted = (kept * u.uJy).to(ASTROPY[key], u.spectral_density(WAVELENGTH * u.um))
        np.testing.assert_allclose(shown, wanted.value, rtol=1e-12)
    assert not made.is_limit.any()


def test_magnitudes_are_those_of_astropy():
    made = convert(FLUX[:3], ERROR[:3], WAVELENGTH[:3], "abmag")
    # astropy's zero point is 48.60, that of 3631 Jy is 48.5999.
    np.testing.assert_allclose(made.value, (FLUX[:3] * u.uJy).to_value(u.ABmag), atol=2e-4)
    np.testing.assert_allclose(made.error, 1.0857362 * ERROR[:3] / FLUX[:3], rtol=1e-6)
    # The brighter end of a magnitude is the smaller number.
    assert np.all(made.low < made.value)
    assert np.all(made.value < made.high)


def test_what_is_not_positive_is_a_limit_and_stays():
    made = convert(np.array([-40.0, 0.0]), np.array([15.0, 10.0]), np.array([1.0, 1.0]), "abmag")
    assert made.is_limit.tolist() == [True, True]
    np.testing.assert_allclose(made.value, -2.5 * np.log10(np.array([45.0, 30.0]) / 3631e6))
    assert np.isnan(made.error).all()


def test_what_is_lost_in_the_noise_is_a_limit_and_no_magnitude():
    flux, error = np.array([0.001, 29.9, 30.0, 50.0]), np.full(4, 10.0)
    made = convert(flux, error, np.ones(4), "abmag")
    # The threshold that plot.html and the page of help name.
    assert DETECTED_SNR == LIMIT_SIGMA == 3
    assert made.is_limit.tolist() == [True, True, False, False]
    limits = -2.5 * np.log10((flux[:2] + 30.0) / 3631e6)
    np.testing.assert_allclose(made.value[:2], limits)
    for one in (made.error, made.low, made.high):
        assert np.isnan(one[:2]).all()
        assert np.isfinite(one[2:]).all()
    np.testing.assert_allclose(made.error[2:], 1.0857362 * error[2:] / flux[2:], rtol=1e-6)
    # Bars are those of flux and error, and so longer on the faint side.
    assert np.all(made.high[2:] - made.value[2:] > made.value[2:] - made.low[2:])


def test_without_an_error_nothing_says_that_a_flux_is_noise():
    made = convert(np.array([10.0]), np.array([np.nan]), np.array([1.0]), "abmag")
    assert not made.is_limit[0]
    assert np.isfinite(made.value[0])


def test_a_unit_that_is_none_is_refused():
    with pytest.raises(InvalidInputError, match="unit: 'jansky' given; allowed: uJy, mJy"):
        convert(FLUX, ERROR, WAVELENGTH, "jansky")


@given(
    st.floats(-1e9, 1e9), st.floats(1e-6, 1e6), st.floats(0.7, 5.1), st.sampled_from(sorted(UNITS))
)
def test_no_flux_is_lost(flux, error, wavelength, key):
    made = convert(np.array([flux]), np.array([error]), np.array([wavelength]), key)
    assert np.isfinite(made.value[0])
