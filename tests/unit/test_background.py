"""The local background: which pixels it uses, how it grows, and that its error is true."""

import numpy as np
import pytest

from photometry_core.background import local_background
from photometry_core.errors import FitError


def test_mean_of_the_usable_pixels_of_the_box():
    image = np.arange(41.0 * 41).reshape(41, 41) % 7
    usable = np.ones_like(image, bool)
    background = local_background(image, usable, 20, 20, 15)
    box = (slice(13, 28), slice(13, 28))
    assert background.level_mjy_sr == pytest.approx(image[box].mean())
    assert background.is_local
    assert background.used.sum() == 225
    assert background.used[box].all()


def test_outliers_are_clipped_and_unusable_pixels_never_seen():
    rng = np.random.default_rng(3)
    image = rng.normal(1.0, 0.01, (41, 41))
    image[18, 18] = 50.0
    usable = np.ones_like(image, bool)
    usable[20:25, 13:28] = False
    image[20:25, 13:28] = np.nan
    background = local_background(image, usable, 20, 20, 15)
    assert background.level_mjy_sr == pytest.approx(1.0, abs=5 * 0.01 / np.sqrt(140))
    assert not background.used[18, 18]


def test_error_is_the_scatter_of_many_backgrounds():
    rng = np.random.default_rng(4)
    usable = np.ones((15, 15), bool)
    usable[3:12, 3:12] = False
    found = [
        local_background(rng.normal(0.2, 0.016, (15, 15)), usable, 7, 7, 15) for _ in range(2000)
    ]
    levels = np.array([b.level_mjy_sr for b in found])
    stated = np.sqrt(np.mean([b.variance_mjy2_sr2 for b in found]))
    # Clipping costs 1 to 2 %; the scatter of 2000 values is known to 1.6 %.
    assert levels.std() == pytest.approx(stated, rel=0.07)
    assert abs(levels.mean() - 0.2) < 4 * levels.std() / np.sqrt(2000)


def test_box_grows_when_too_few_pixels_are_left_and_says_so():
    image = np.zeros((61, 61))
    usable = np.zeros_like(image, bool)
    usable[:, 30 - 14] = True
    background = local_background(image, usable, 30, 30, 15)
    # A column 14 px away enters at width 31; at 39 there are 39 pixels, the most there can be.
    assert not background.is_local
    assert background.used.sum() == 39


def test_too_few_pixels_anywhere():
    usable = np.zeros((61, 61), bool)
    usable[30, 25:36] = True
    with pytest.raises(FitError, match="11 usable pixels within 39 x 39, at least 12 are needed"):
        local_background(np.zeros((61, 61)), usable, 30, 30, 15)


def test_box_at_the_corner_of_the_image():
    image = np.full((61, 61), 3.0)
    background = local_background(image, np.ones_like(image, bool), 0, 0, 15)
    assert background.used.sum() == 64
    assert background.is_local
    assert background.level_mjy_sr == 3.0
