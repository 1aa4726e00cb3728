"""Which pixels may be used, how noise grows with light, and the flags of an aperture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photometry_core.flags import BY_NAME, IGNORED_BY_FIT, IMAGE_BITS
from photometry_core.kernel.pixels import (
    SMALLEST,
    UJY_PER_MJY_SR_ARCSEC2,
    find_good,
    photon_slope,
    read_aperture,
)


def slope(image, variance, usable=None) -> float:
    ny, nx = image.shape
    usable = np.ones(image.shape, bool) if usable is None else usable
    return photon_slope(
        image.astype(np.float32).ravel(),
        variance.astype(np.float32).ravel(),
        usable.ravel(),
        nx,
        (0, 0, nx, ny),
        *np.empty((2, image.size + 1)),
    )


def test_a_megajansky_per_steradian_over_a_square_arcsecond():
    square_arcsecond_sr = (np.pi / 180 / 3600) ** 2
    assert pytest.approx(1e6 * square_arcsecond_sr * 1e6, rel=1e-12) == UJY_PER_MJY_SR_ARCSEC2


@pytest.mark.parametrize(
    ("plane", "value"),
    [
        ("flags", IGNORED_BY_FIT),
        *((plane, value) for plane in ("image", "variance", "solid_angle")
          for value in (np.nan, np.inf, -np.inf)),
        ("variance", 0.0), ("variance", -1e-4), ("variance", SMALLEST / 10),
        ("solid_angle", 0.0), ("solid_angle", -37.0),
    ],
)  # fmt: skip
def test_a_pixel_of_which_anything_is_not_known_is_not_good(plane, value):
    planes = {
        "image": np.full(9, -0.5, np.float32),
        "variance": np.full(9, 1e-4, np.float32),
        "flags": np.full(9, BY_NAME["SOURCE"].mask, np.int32),
        "solid_angle": np.full(9, 37.0),
    }
    planes[plane][4] = value
    good = np.zeros(9, bool)
    find_good(*planes.values(), IGNORED_BY_FIT, good)
    assert np.flatnonzero(~good).tolist() == [4]


@pytest.mark.parametrize("name", [name for name, flag in BY_NAME.items() if flag.bit < IMAGE_BITS])
def test_every_flag_forbids_the_fit_or_does_not_as_its_table_says(name):
    good = np.zeros(1, bool)
    one = np.ones(1, np.float32)
    flags = np.array([BY_NAME[name].mask], np.int32)
    find_good(one, one, flags, np.ones(1), IGNORED_BY_FIT, good)
    assert good[0] != BY_NAME[name].ignored_by_fit


def test_slope_is_found_among_pixels_of_different_read_noise():
    rng = np.random.default_rng(8)
    image = rng.normal(0.3, 0.02, (31, 31))
    image[12:18, 12:18] += 0.5
    variance = rng.normal(1e-4, 5e-6, image.shape) + 5e-4 * image
    variance[2, 3] = 1.0
    # The floor scatters by 5e-6 and the brightness by about 0.1: over 961 pixels 2e-6.
    assert slope(image, variance) == pytest.approx(5e-4, abs=8e-6)
    # The same slope and floor by a fit to the pixels that are no outliers.
    kept = np.abs(variance - 1e-4 - 5e-4 * image) < 4.2 * 5e-6
    expected, _ = np.polyfit(image[kept], variance[kept], 1)
    assert slope(image, variance, kept) == pytest.approx(expected, rel=1e-4)


def test_slope_is_that_of_the_box():
    rng = np.random.default_rng(3)
    image = rng.normal(0.3, 0.02, (20, 30)).astype(np.float32)
    variance = np.where(np.arange(30) < 15, 2e-4 * image, 7e-4 * image).astype(np.float32)
    usable = np.ones(image.size, bool)
    usable[5 * 30 + 4] = False
    variance[5, 4] = np.nan
    for box, expected in (((0, 0, 15, 20), 2e-4), ((15, 3, 30, 18), 7e-4)):
        found = photon_slope(image.ravel(), variance.ravel(), usable, 30, box, *np.empty((2, 601)))
        # Values of 32 bits.
        assert found == pytest.approx(expected, rel=1e-5)


def test_no_slope_without_pixels_or_contrast():
    image = np.ones((10, 10))
    assert slope(image, image) == 0.0
    assert slope(image, image, np.zeros_like(image, bool)) == 0.0
    brightness = np.random.default_rng(1).normal(size=(10, 10))
    assert slope(brightness, -brightness) == 0.0
    few = np.arange(100).reshape(10, 10) < 29
    assert slope(brightness, 3 + brightness, few) == 0.0
    empty = photon_slope(
        *np.ones((2, 4), np.float32), np.ones(4, bool), 2, (1, 0, 1, 2), *np.empty((2, 1))
    )
    assert empty == 0.0


@given(
    st.integers(1, 12), st.integers(1, 12), st.floats(-3, 14), st.floats(-3, 14),
    st.sampled_from([2.5, 0.7, 4.0, 20.0]), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_flags_of_an_aperture_are_those_of_numpy(nx, ny, x, y, radius, seed):
    rng = np.random.default_rng(seed)
    # Two bits without a meaning as well, one of them the sign.
    bits = rng.uniform(size=(ny, nx, 32)) < 0.05
    values = (bits * 2 ** np.arange(32)).sum(axis=-1)
    flags = values.astype(np.uint32).view(np.int32)
    good = rng.uniform(size=(ny, nx)) > 0.02
    counts = np.zeros(IMAGE_BITS, np.int64)
    found = read_aperture(flags.ravel(), good.ravel(), (ny, nx), x, y, radius, counts)
    rows, columns = np.mgrid[-25:40, -25:40]
    near = np.hypot(columns - x, rows - y) <= radius
    on_image = near & (rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)
    used = (rows[on_image], columns[on_image])
    union = int(np.bitwise_or.reduce(values[used], initial=0))
    missing = near.sum() > on_image.sum()
    assert found == (union, bool(missing or not good[used].all()), on_image.sum())
    assert counts.tolist() == bits[used].sum(axis=0)[:IMAGE_BITS].tolist()
