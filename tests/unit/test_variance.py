"""Weights from a model instead of the noisy pixels themselves."""

import numpy as np
import pytest

from photometry_core.variance import model_variance, photon_slope


def test_slope_is_found_among_pixels_of_different_read_noise():
    rng = np.random.default_rng(8)
    image = rng.normal(0.3, 0.02, (31, 31))
    image[12:18, 12:18] += 0.5
    floor = rng.normal(1e-4, 5e-6, image.shape)
    variance = floor + 5e-4 * image
    variance[2, 3] = 1.0
    usable = np.ones_like(image, bool)
    # The floor scatters by 5e-6 and the brightness by about 0.1: over 961 pixels 2e-6.
    assert photon_slope(image, variance, usable) == pytest.approx(5e-4, abs=8e-6)


def test_no_slope_without_pixels_or_contrast():
    image = np.ones((10, 10))
    assert photon_slope(image, image, np.ones_like(image, bool)) == 0.0
    assert photon_slope(image, image, np.zeros_like(image, bool)) == 0.0
    rng = np.random.default_rng(1)
    brightness = rng.normal(size=(10, 10))
    assert photon_slope(brightness, -brightness, np.ones_like(image, bool)) == 0.0


def test_model_variance_forgets_the_noise_of_the_pixel():
    rng = np.random.default_rng(2)
    truth = np.full(1000, 0.4)
    image = truth + rng.normal(0, 0.02, 1000)
    plane = 1e-4 + 5e-4 * image
    found = model_variance(plane, image, truth, 5e-4)
    assert found == pytest.approx(np.full(1000, 3e-4))
    assert model_variance(plane, image, truth, 0.0) == pytest.approx(plane)


def test_model_variance_is_bounded_below():
    plane = np.array([1e-4])
    assert model_variance(plane, np.array([5.0]), np.array([0.0]), 1e-3) == pytest.approx(1e-5)
