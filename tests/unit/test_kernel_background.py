"""The local background: which pixels it takes, how they are clipped, and that its error is true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photometry_core.kernel.background import (
    ENOUGH_PIXELS,
    GROWTH_STEP_PIX,
    MAX_GROWTH_PIX,
    PLANE_PIXELS,
    fit_background,
    median,
    pixels_in_box,
)

SIDE = 61
NUMBERS = st.floats(-1e30, 1e30) | st.integers(-3, 3).map(float)


def offsets(half: int, x: float, y: float, hole: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from a target of the pixels of a box, without those nearer than the hole."""
    dy, dx = np.mgrid[-half : half + 1, -half : half + 1] - np.array([y, x])[:, None, None]
    outside = np.hypot(dx, dy) > hole if hole else np.full(dx.shape, True)
    return dx[outside], dy[outside]


def fit(values, dx, dy):
    """Fit arrays that may be reordered: coefficients, inverse, variance, kept, places."""
    coefficients, inverse, place = np.full(3, np.nan), np.full((3, 3), np.nan), np.arange(dx.size)
    variance, kept = fit_background(
        np.array(values, float), dx.copy(), dy.copy(), place, coefficients, inverse
    )
    assert sorted(place) == list(range(dx.size))
    return coefficients, inverse, variance, kept, place[:kept]


@given(st.lists(NUMBERS, min_size=1, max_size=120), st.data())
def test_median_of_the_first_values_is_that_of_numpy(numbers, data):
    count = data.draw(st.integers(1, len(numbers)))
    values = np.array(numbers)
    assert median(values, count) == np.median(numbers[:count])
    assert sorted(values) == sorted(numbers)
    assert sorted(values[:count]) == sorted(numbers[:count])


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0), st.data())
def test_box_is_the_smallest_that_holds_enough_pixels(seed, share, data):
    """Against a plain count of every box there can be."""
    nx, ny = data.draw(st.integers(1, SIDE)), data.draw(st.integers(1, SIDE))
    column, row = data.draw(st.integers(0, nx - 1)), data.draw(st.integers(0, ny - 1))
    wanted = data.draw(st.sampled_from([9, 10, 15, 31]))
    usable = np.random.default_rng(seed).uniform(size=(ny, nx)) < share**3
    place = np.full((wanted + MAX_GROWTH_PIX) ** 2, -1)
    count, size = pixels_in_box(usable.ravel(), (ny, nx), column, row, wanted, place)
    numbers = np.arange(nx * ny).reshape(ny, nx)
    for width in range(wanted, wanted + MAX_GROWTH_PIX + 1, GROWTH_STEP_PIX):
        first = (max(row - width // 2, 0), max(column - width // 2, 0))
        box = np.s_[first[0] : row - width // 2 + width, first[1] : column - width // 2 + width]
        inside = numbers[box][usable[box]]
        if inside.size >= ENOUGH_PIXELS:
            break
    assert (count, size) == (inside.size, width)
    assert place[:count].tolist() == inside.tolist()


def test_box_at_the_corner_of_the_image_has_what_there_is():
    place = np.zeros(39 * 39, np.int64)
    assert pixels_in_box(np.ones(SIDE * SIDE, bool), (SIDE, SIDE), 0, 0, 15, place) == (64, 15)


def test_box_grows_when_too_few_pixels_are_left_and_says_so():
    usable = np.zeros((SIDE, SIDE), bool)
    usable[:, 30 - 14] = True
    place = np.zeros(39 * 39, np.int64)
    # A column 14 px away enters at width 31; at 39 there are 39 pixels, the most there can be.
    assert pixels_in_box(usable.ravel(), (SIDE, SIDE), 30, 30, 15, place) == (39, 39)


@given(
    st.floats(-100, 100), st.floats(-10, 10), st.floats(-10, 10),
    st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.sampled_from([0.0, 5.5]),
)  # fmt: skip
def test_a_plane_without_noise_is_recovered(level, by_x, by_y, x, y, hole):
    dx, dy = offsets(7, x, y, hole)
    values = level + by_x * dx + by_y * dy
    coefficients, inverse, variance, kept, _ = fit(values, dx, dy)
    # Values round at 1e-16 of the largest; with them the coefficients.
    size = 1e-14 * (1 + abs(level) + 10 * abs(by_x) + 10 * abs(by_y))
    assert coefficients == pytest.approx([level, by_x, by_y], abs=3 * size)
    assert variance <= size**2
    assert kept == dx.size
    assert inverse[1, 1] > 0


def test_a_plane_is_that_of_weighted_least_squares_with_its_covariance():
    dx, dy = offsets(7, 0.3, -0.2, 5.5)
    # Noise of a uniform distribution is never clipped.
    values = np.random.default_rng(7).uniform(-1, 1, dx.size) + 0.01 * dx
    coefficients, inverse, variance, kept, _ = fit(values, dx, dy)
    design = np.stack([np.ones_like(dx), dx, dy], axis=1)
    expected, (squares,), _, _ = np.linalg.lstsq(design, values)
    assert kept == dx.size
    assert coefficients == pytest.approx(expected, rel=1e-10)
    assert inverse == pytest.approx(np.linalg.inv(design.T @ design), rel=1e-10)
    assert variance == pytest.approx(squares / (kept - 3), rel=1e-10)


@pytest.mark.parametrize(("half", "hole"), [(7, 5.5), (4, 2.5), (3, 0.0)])
def test_covariance_is_the_scatter_of_many_backgrounds(half, hole):
    """A plane, a plane through 64 pixels, and a constant through 49."""
    rng = np.random.default_rng(4)
    dx, dy = offsets(half, 0.37, -0.18, hole)
    plane, number = dx.size >= PLANE_PIXELS, 4000
    truth = np.array([0.2, 0.005, -0.003]) if plane else np.array([0.2, 0, 0])
    found, stated = [], []
    for _ in range(number):
        values = rng.normal(truth[0] + truth[1] * dx + truth[2] * dy, 0.016)
        coefficients, inverse, variance, _, _ = fit(values, dx, dy)
        found.append(coefficients)
        stated.append(variance * inverse)
    used = slice(0, 3 if plane else 1)
    scatter, expected = np.cov(np.array(found)[:, used].T), np.mean(stated, axis=0)[used, used]
    scale = np.sqrt(np.diag(expected))
    difference = (np.atleast_2d(scatter) - expected) / np.outer(scale, scale)
    # A sample variance is known to sqrt(2 / n) = 0.022, here three of them. What noise left beyond
    # 3 sigma is clipped: the scatter of the rest is less, and sigma estimated from it again too
    # small. Stated variances are 5 to 11 % low.
    assert np.max(np.abs(difference)) < 0.07 + 0.11
    assert np.mean(found, axis=0)[used] == pytest.approx(
        truth[used], abs=4 * scale.max() / np.sqrt(number)
    )
    if not plane:
        assert np.all(np.array(found)[:, 1:] == 0)


def test_a_strong_gradient_is_no_outlier():
    rng = np.random.default_rng(5)
    dx, dy = offsets(7, 0.0, 0.0, 5.5)
    _, _, _, kept, _ = fit(rng.normal(5.0 * dx - 3.0 * dy, 1.0), dx, dy)
    # 0.27 % of Gaussian noise is beyond 3 sigma: 0.3 of the pixels.
    assert kept > dx.size - 4


def test_outliers_are_clipped():
    rng = np.random.default_rng(3)
    dx, dy = offsets(7, 0.1, 0.2)
    values = rng.normal(1.0, 0.01, dx.size)
    bright = rng.choice(dx.size, 30, replace=False)
    values[bright] += rng.uniform(0.1, 50.0, bright.size)
    coefficients, inverse, variance, _, kept = fit(values, dx, dy)
    assert not set(kept) & set(bright)
    assert abs(coefficients[0] - 1.0) < 4 * np.sqrt(variance * inverse[0, 0])
    assert np.sqrt(variance) == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize(("count", "is_plane"), [(PLANE_PIXELS - 1, False), (PLANE_PIXELS, True)])
def test_few_pixels_make_a_constant(count, is_plane):
    dx, dy = offsets(7, 0.0, 0.0)
    chosen = np.random.default_rng(1).choice(dx.size, count, replace=False)
    dx, dy = dx[chosen], dy[chosen]
    coefficients, inverse, _, _, _ = fit(1.0 + 0.1 * dx, dx, dy)
    assert (inverse[1, 1] > 0) == is_plane
    expected = [1, 0.1, 0] if is_plane else [1.0 + 0.1 * dx.mean(), 0, 0]
    assert coefficients == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("aside_pix", "is_plane"), [(4.0, True), (5.0, False)])
def test_pixels_to_one_side_make_a_constant(aside_pix, is_plane):
    """15 columns whose middle is d away: a plane has 1 + 12 d^2 / (15^2 - 1) times the variance.

    The limit of 2 is at 4.3 pixels.
    """
    dx, dy = offsets(7, -aside_pix, 0.0)
    values = np.random.default_rng(2).uniform(-1, 1, dx.size)
    coefficients, inverse, _, kept, _ = fit(values, dx, dy)
    assert kept == dx.size
    assert (inverse[1, 1] > 0) == is_plane
    if not is_plane:
        assert coefficients == pytest.approx([values.mean(), 0, 0], abs=1e-12)
        assert inverse == pytest.approx(np.diag([1 / dx.size, 0, 0]))


def test_pixels_on_one_line_make_a_constant():
    dx = np.arange(-40.0, 41.0)
    coefficients, inverse, _, _, _ = fit(np.full(81, 2.5), dx, 0.7 * dx)
    assert coefficients.tolist() == [2.5, 0, 0]
    assert inverse[1, 1] == 0
