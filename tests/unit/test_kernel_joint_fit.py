"""Joint fits: exact without noise, honest covariance, and what can't be told apart."""

import numpy as np
import pytest

from photometry_core.kernel.joint_fit import (
    WORST_CONDITION,
    add_background_covariance,
    add_light,
    normal_equations,
    solve,
    worst_correlation,
)

SIDE = 25


class Blend:
    """Gaussian sources on boxes of pixels, and the same as a dense matrix (pixels, sources)."""

    def __init__(self, positions, half=6, sigma=0.75):
        lights, boxes = [], []
        self.dense = np.zeros((SIDE * SIDE, len(positions)))
        for number, (x, y) in enumerate(positions):
            first_x, first_y = max(round(x) - half, 0), max(round(y) - half, 0)
            last_x, last_y = min(round(x) + half + 1, SIDE), min(round(y) + half + 1, SIDE)
            along_x, along_y = (
                np.exp(-0.5 * ((np.arange(*span) - at) / sigma) ** 2)
                for span, at in (((first_x, last_x), x), ((first_y, last_y), y))
            )
            light = np.outer(along_y, along_x) / (2 * np.pi * sigma**2)
            lights.append(light.ravel())
            boxes.append((first_x, first_y, last_x, last_y))
            image = self.dense[:, number].reshape(SIDE, SIDE)
            image[first_y:last_y, first_x:last_x] = light
        self.seen = np.concatenate(lights)
        self.starts = np.cumsum([0, *(light.size for light in lights)])
        self.boxes = np.array(boxes)

    def equations(self, weight, data):
        n = len(self.boxes)
        normal, right = np.full((n, n), np.nan), np.full(n, np.nan)
        normal_equations(self.seen, self.starts, self.boxes, weight, data, SIDE, normal, right)
        return normal, right


def solved(normal, right, active=None):
    n = right.size
    active = np.ones(n, bool) if active is None else np.array(active)
    flux, covariance, separable = np.full(n, np.nan), np.full((n, n), np.nan), np.zeros(n, bool)
    solve(normal, right, active, flux, covariance, separable)
    return flux, covariance, separable


def fit(blend, data, variance):
    return solved(*blend.equations(1 / variance, data))


def no_noise(blend, truth):
    return blend.dense @ np.array(truth, float), np.ones(SIDE * SIDE)


POSITIONS = [(12.0, 12.0), (12.7, 12.2), (15.0, 11.0), (1.3, 20.4), (24.0, 24.4)]


@pytest.mark.parametrize("half", [3, 6, SIDE])
def test_normal_equations_are_those_of_dense_matrices(half):
    """With boxes that overlap in part, that are cut off, and that are as wide as the image."""
    rng = np.random.default_rng(1)
    blend = Blend(POSITIONS, half)
    weight, data = rng.uniform(0.5, 2, SIDE**2), rng.normal(size=SIDE**2)
    weight[rng.uniform(size=SIDE**2) < 0.1] = 0
    normal, right = blend.equations(weight, data)
    expected = blend.dense.T @ (weight[:, None] * blend.dense)
    assert normal == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert np.array_equal(normal, normal.T)
    assert right == pytest.approx(blend.dense.T @ (weight * data), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("half", [4, SIDE])
def test_light_is_added_where_it_is(half):
    blend = Blend(POSITIONS, half)
    model = np.zeros(SIDE * SIDE)
    truth = np.array([1.0, -2.0, 3.0, 0.5, 7.0])
    for number, flux in enumerate(truth):
        add_light(blend.seen, blend.starts[number], blend.boxes[number], flux, SIDE, model)
    assert model == pytest.approx(blend.dense @ truth, rel=1e-13)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_noise_free_blends_are_exact(count):
    blend = Blend(POSITIONS[:count])
    truth = np.array([100.0, -3.0, 42.0, 0.0, 1e5])[:count]
    flux, covariance, separable = fit(blend, *no_noise(blend, truth))
    assert flux == pytest.approx(truth, rel=1e-10, abs=1e-9)
    assert separable.all()
    expected = np.linalg.inv(blend.dense.T @ blend.dense)
    assert covariance == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_covariance_is_the_scatter_of_many_fits():
    rng = np.random.default_rng(5)
    blend = Blend([(12.0, 12.0), (12.6, 12.3)])
    variance = rng.uniform(0.5, 2.0, SIDE**2)
    noise = rng.normal(0, np.sqrt(variance), (4000, SIDE**2))
    fluxes = np.array([fit(blend, one, variance)[0] for one in noise])
    _, covariance, _ = fit(blend, np.zeros(SIDE**2), variance)
    # The relative error of a sample variance is sqrt(2 / n) = 0.022; four of them.
    assert np.cov(fluxes.T) == pytest.approx(covariance, rel=0.09)


def test_sources_that_are_not_fitted_take_no_part():
    blend = Blend(POSITIONS)
    data, variance = no_noise(blend, [1, 2, 3, 4, 5])
    normal, right = blend.equations(1 / variance, data)
    active = [True, False, True, False, True]
    # Without light a source may have an equation that can't be solved.
    normal[3, :] = normal[:, 3] = right[3] = 0
    flux, covariance, separable = solved(normal, right, active)
    chosen = np.flatnonzero(active)
    square = np.ix_(chosen, chosen)
    assert separable.tolist() == active
    assert flux[chosen] == pytest.approx(np.linalg.solve(normal[square], right[chosen]))
    assert covariance[square] == pytest.approx(np.linalg.inv(normal[square]))
    assert np.all(flux[[1, 3]] == 0)
    assert np.all(covariance[[1, 3]] == 0)
    for nothing in ([False] * 5, [False]):
        n = len(nothing)
        flux, covariance, separable = solved(normal[:n, :n].copy(), right[:n], nothing)
        assert not np.any([flux.any(), covariance.any(), separable.any()])


def test_targets_at_one_position_are_not_separable_and_spare_the_others():
    blend = Blend([(12.0, 12.0), (12.0, 12.0), (14.0, 12.0)])
    flux, covariance, separable = fit(blend, *no_noise(blend, [10, 20, 30]))
    assert separable.tolist() == [False, False, True]
    assert flux[2] == pytest.approx(30)
    alone = Blend([(12.0, 12.0), (14.0, 12.0)])
    _, expected, _ = fit(alone, *no_noise(alone, [30, 30]))
    assert covariance[2, 2] == pytest.approx(expected[1, 1])


def test_a_source_that_is_the_sum_of_others_is_not_separable_nor_are_they():
    """No two of the three are alike."""
    blend = Blend([(9.0, 12.0), (11.0, 12.0), (4.0, 4.0)])
    dense = np.column_stack([blend.dense, blend.dense[:, :2] @ [0.5, 0.5]])
    flux, _, separable = solved(dense.T @ dense, dense.T @ (dense @ [1.0, 2.0, 3.0, 4.0]))
    assert separable.tolist() == [False, False, True, False]
    assert flux[2] == pytest.approx(3)


@pytest.mark.parametrize(("factor", "is_separable"), [(0.99, True), (1.01, False)])
@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e12])
def test_two_sources_are_separable_up_to_a_condition_number(factor, is_separable, scale):
    """Normalised, two sources of correlation r have (1 + r) / (1 - r), whatever their units."""
    condition = factor * WORST_CONDITION
    correlation = (condition - 1) / (condition + 1)
    normal = np.array([[1.0, 30 * correlation], [30 * correlation, 900.0]]) * scale
    flux, covariance, separable = solved(normal, normal @ [5.0, -7.0])
    assert separable.tolist() == [is_separable] * 2
    if is_separable:
        assert flux == pytest.approx([5.0, -7.0], rel=1e-9)
        # Both errors are those of single sources times 1 / sqrt(1 - r^2).
        worse = 1 / (1 - correlation**2)
        assert covariance[0, 0] * normal[0, 0] == pytest.approx(worse)
        assert covariance[1, 1] * normal[1, 1] == pytest.approx(worse)


def test_uncertainty_of_the_backgrounds_is_carried_into_the_errors():
    rng = np.random.default_rng(2)
    n, m = 4, 12
    inverse = np.linalg.inv(np.cov(rng.normal(size=(n, 9))))
    response, root = rng.normal(size=(n, m)), rng.normal(size=(m, m))
    response[1, 3:6] = 0
    background = root @ root.T
    background[:3, 6:] = background[6:, :3] = 0
    covariance = inverse.copy()
    add_background_covariance(covariance, response, background)
    carried = inverse @ response
    assert covariance == pytest.approx(inverse + carried @ background @ carried.T, rel=1e-12)


def test_a_background_that_is_wrong_changes_a_flux_by_its_share():
    blend = Blend([(12.0, 12.0)])
    normal, right = blend.equations(np.ones(SIDE**2), np.ones(SIDE**2))
    change, covariance, _ = solved(normal, right)
    assert change[0] == pytest.approx(blend.dense.sum() / (blend.dense**2).sum())
    bare = covariance[0, 0]
    add_background_covariance(covariance, right[:, None], np.array([[0.04]]))
    assert covariance[0, 0] == pytest.approx(bare + 0.04 * change[0] ** 2)


def test_correlation_is_that_with_the_worst_neighbour():
    rng = np.random.default_rng(6)
    for n in (2, 3, 8):
        root = rng.normal(size=(n, n + 1))
        covariance = root @ root.T
        separable = np.ones(n, bool)
        if n > 3:
            separable[[1, 4]] = False
        sigma = np.sqrt(np.diag(covariance))
        matrix = covariance / np.outer(sigma, sigma)
        for source in np.flatnonzero(separable):
            others = [k for k in np.flatnonzero(separable) if k != source]
            worst = max(matrix[source, others], key=abs)
            assert worst_correlation(covariance, separable, source) == pytest.approx(worst)
    assert np.isnan(worst_correlation(np.ones((1, 1)), np.ones(1, bool), 0))
    assert np.isnan(worst_correlation(np.eye(2), np.array([True, False]), 0))
