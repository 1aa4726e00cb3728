"""Backgrounds of groups: whose pixels they take, and how they are correlated."""

from dataclasses import replace

import numpy as np
import pytest

from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.flags import IGNORED_BY_FIT, SOURCE
from photometry_core.forced import measure_exposure
from photometry_core.kernel.background import MAX_GROWTH_PIX
from photometry_core.kernel.group import (
    Group,
    background_covariance,
    light_in_backgrounds,
    measure_backgrounds,
    nearest_sources,
)
from photometry_core.kernel.problem import Recipe, empty_results
from photometry_core.psf import plane_bank
from photometry_core.simulation import exposures, survey
from photometry_core.sources import locate, make_batch, touching
from photometry_core.types import MeasureOptions, SersicProfile, Target

OPTIONS = MeasureOptions()
POINTING, DETECTOR = 20_000, 2
ORIGIN_PIX, SHAPE = (600, 900), (70, 80)
SOLID_ANGLE_ARCSEC2 = 37.8
LEVEL_MJY_SR, SIGMA_MJY_SR = 0.3, 0.02
GALAXY = SersicProfile(
    sersic_index=1.0, effective_radius_arcsec=8.0, axis_ratio=0.5, position_angle_deg=30.0
)


class Wavelengths:
    def at(self, _x_pix, _y_pix):
        return 1.4, 0.03


def target_at(x: float, y: float, profile=None) -> Target:
    """A target on a pixel of the cutout."""
    wcs = survey.celestial_wcs(POINTING, DETECTOR)
    ra, dec = wcs.pixel_to_sky(x + ORIGIN_PIX[0], y + ORIGIN_PIX[1])
    return Target(name="", ra_deg=float(ra), dec_deg=float(dec), profile=profile)


@pytest.fixture(scope="module")
def sky() -> Cutout:
    """Noise on a plane, without sources."""
    rng = np.random.default_rng(5)
    y, x = np.indices(SHAPE)
    image = LEVEL_MJY_SR + 2e-3 * x - 1e-3 * y + rng.normal(0, SIGMA_MJY_SR, SHAPE)
    at = np.arange(-50, 51) / 10
    plane = np.exp(-0.5 * (at[:, None] ** 2 + at**2) / 0.45**2)
    return Cutout(
        exposure=exposures.exposure(POINTING, DETECTOR),
        image_mjy_sr=image.astype(np.float32),
        variance_mjy2_sr2=np.full(SHAPE, SIGMA_MJY_SR**2, np.float32),
        flags=np.zeros(SHAPE, np.int32),
        origin_pix=ORIGIN_PIX,
        solid_angle_arcsec2=np.full(SHAPE, SOLID_ANGLE_ARCSEC2),
        wcs=survey.celestial_wcs(POINTING, DETECTOR),
        spectral=Wavelengths(),
        psf=PsfGrid(
            planes=(plane / plane.sum()).astype(np.float32)[None, None],
            x_centers_pix=np.array([1000.0]),
            y_centers_pix=np.array([1000.0]),
            oversampling=10,
        ),
    )


def backgrounds_of(cutout, targets, usable):
    """Measure the backgrounds of targets as one group: sources, what is known of it, results."""
    bank = plane_bank(cutout.psf)
    located = sorted(locate(cutout, targets, 0), key=lambda one: (one.y_pix, one.x_pix))
    batch = make_batch([located], bank, OPTIONS)
    n, box = len(targets), (OPTIONS.background_size_pix + MAX_GROWTH_PIX) ** 2 + 1
    group = Group(
        ujy=np.full(usable.size, 23.504 * SOLID_ANGLE_ARCSEC2),
        place=np.zeros((n, box), np.int64),
        used=np.zeros(n, np.int64),
        owner=np.zeros(n, np.int64),
        moments=np.full((n, 3, 3), np.nan),
        coefficients=np.full((n, 3), np.nan),
        noise=np.full(n, np.nan),
        size=np.zeros(n, np.int64),
        scratch=np.zeros((3, box)),
    )
    recipe = Recipe(
        background_size=OPTIONS.background_size_pix,
        model_weights=True,
        ignored_flags=IGNORED_BY_FIT,
        source_flag=SOURCE,
        oversampling=bank.oversampling,
        degree=bank.degree,
    )
    results = empty_results(n)
    image = batch.exposures.image
    found = measure_backgrounds(
        image, usable.ravel(), SHAPE, batch.sources, 0, n, recipe, group, results
    )
    assert found
    return batch.sources, group, results


def operators(sources, group) -> list[np.ndarray]:
    """How the coefficients of every background follow from all pixels, shapes (3, npix)."""
    found = []
    for k, owner in enumerate(group.owner):
        place = group.place[owner, : group.used[owner]]
        y, x = np.divmod(place, SHAPE[1])
        terms = np.stack([np.ones(place.size), x - sources.x[owner], y - sources.y[owner]])
        operator = np.zeros((3, SHAPE[0] * SHAPE[1]))
        operator[:, place] = group.moments[k] @ terms
        found.append(operator)
    return found


def some_usable() -> np.ndarray:
    """Most pixels are; around (62, 12) there are too few, even in the largest box."""
    usable = np.random.default_rng(6).uniform(size=SHAPE) < 0.8
    usable[:34, 40:] = False
    usable[10, 60:70] = True
    return usable


POSITIONS = [(25.3, 30.2), (31.1, 35.7), (25.9, 33.0), (62.2, 12.1), (60.0, 60.4)]


def test_covariance_of_overlapping_backgrounds_is_that_of_their_pixels(sky):
    """Against the linear operators themselves; one background is borrowed."""
    targets = [target_at(x, y) for x, y in POSITIONS]
    sources, group, _ = backgrounds_of(sky, targets, some_usable())
    covariance = background_covariance(SHAPE, sources, 0, 5, group)
    linear = operators(sources, group)
    for k in range(5):
        for j in range(5):
            expected = group.noise[k] * group.noise[j] * linear[k] @ linear[j].T
            block = covariance[3 * k : 3 * k + 3, 3 * j : 3 * j + 3]
            assert block == pytest.approx(expected, rel=1e-9, abs=1e-16)
    correlation = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)) + 1e-30)
    assert np.max(np.abs(correlation)) < 1 + 1e-9
    near, far = 0, len(POSITIONS) - 1
    assert np.count_nonzero(covariance[3 * near : 3 * near + 3, 3 * far :]) == 0


def test_the_background_of_one_source_has_the_covariance_of_its_fit(sky):
    sources, group, _ = backgrounds_of(sky, [target_at(30.2, 30.7)], np.ones(SHAPE, bool))
    covariance = background_covariance(SHAPE, sources, 0, 1, group)
    [linear] = operators(sources, group)
    assert covariance == pytest.approx(group.noise[0] ** 2 * linear @ linear.T, rel=1e-9)


def test_coefficients_are_those_of_the_operators_and_near_the_truth(sky):
    targets = [target_at(x, y) for x, y in POSITIONS]
    sources, group, results = backgrounds_of(sky, targets, some_usable())
    linear = operators(sources, group)
    image = sky.image_mjy_sr.ravel().astype(float)
    for k in range(5):
        assert linear[k] @ image == pytest.approx(group.coefficients[k], abs=1e-6)
        owner = group.owner[k]
        truth = LEVEL_MJY_SR + 2e-3 * sources.x[owner] - 1e-3 * sources.y[owner]
        error = group.noise[k] * np.sqrt(group.moments[k, 0, 0])
        assert abs(group.coefficients[k, 0] - truth) < 4 * error
    lonely = int(np.argmax(group.owner != np.arange(5)))
    assert (sources.x[lonely], sources.y[lonely]) == pytest.approx(POSITIONS[3], abs=1e-6)
    # The level of the nearest neighbour that has one, without its slopes.
    nearest = group.owner[lonely]
    distance = np.hypot(sources.x - sources.x[lonely], sources.y - sources.y[lonely])
    assert nearest == np.argsort(distance)[1]
    assert group.coefficients[lonely].tolist() == [group.coefficients[nearest, 0], 0, 0]
    assert not results.is_local[lonely]
    assert not group.moments[lonely, 1, 1] > 0
    assert group.moments[nearest, 1, 1] > 0


def test_light_of_galaxies_in_backgrounds_is_what_their_operators_make_of_it(sky):
    targets = [target_at(x, y) for x, y in POSITIONS]
    targets[1] = target_at(*POSITIONS[1], GALAXY)
    targets[3] = target_at(*POSITIONS[3], GALAXY)
    sources, group, _ = backgrounds_of(sky, targets, some_usable())
    held = light_in_backgrounds(SHAPE, sources, 0, 5, group)
    linear = operators(sources, group)
    assert np.count_nonzero(sources.galaxy) == 2
    for j in range(5):
        light = np.zeros(SHAPE)
        if sources.galaxy[j]:
            known, start = sources.light_half_size[j], sources.light_start[j]
            size = 2 * known + 1
            profile = sources.light[start : start + size**2].reshape(size, size)
            for row, column in np.ndindex(size, size):
                y, x = row + sources.row[j] - known, column + sources.column[j] - known
                if 0 <= y < SHAPE[0] and 0 <= x < SHAPE[1]:
                    light[y, x] = profile[row, column] / group.ujy[0]
        for k in range(5):
            assert held[k, :, j] == pytest.approx(linear[k] @ light.ravel(), rel=1e-9, abs=1e-18)


def test_pixels_belong_to_the_source_that_is_nearest(sky):
    targets = [target_at(x, y) for x, y in POSITIONS[:3]]
    sources, _, _ = backgrounds_of(sky, targets, np.ones(SHAPE, bool))
    box = (15, 18, 44, 50)
    nearest = np.full(SHAPE[0] * SHAPE[1], -1)
    nearest_sources(SHAPE, sources.column, sources.row, sources.half_size, box, nearest)
    y, x = np.mgrid[box[1] : box[3], box[0] : box[2]]
    distance = np.stack(
        [(x - c) ** 2 + (y - r) ** 2 for c, r in zip(sources.column, sources.row, strict=True)]
    )
    windows = np.any(
        [
            np.maximum(abs(x - c), abs(y - r)) <= 6
            for c, r in zip(sources.column, sources.row, strict=True)
        ],
        axis=0,
    )
    found = nearest[: x.size].reshape(x.shape)
    assert np.array_equal(found[windows], np.argmin(distance, axis=0)[windows])


def test_a_target_without_pixels_of_its_own_borrows_and_says_so(sky):
    """Through the whole measurement: two stars that touch, one deep in a source."""
    left, right = target_at(30.2, 30.1), target_at(42.3, 30.4)
    _, x = np.indices(SHAPE)
    covered = replace(sky, flags=np.where(x > 21, SOURCE, 0).astype(np.int32))
    first, second = measure_exposure(covered, [left, right], OPTIONS)
    assert (first.reason, second.reason) == ("", "")
    assert not first.background_is_local
    assert not second.background_is_local
    assert second.background_mjy_sr == first.background_mjy_sr
    assert second.background_err_mjy_sr == first.background_err_mjy_sr
    [alone] = measure_exposure(covered, [right], OPTIONS)
    assert "no background: 0 usable pixels within 39 x 39" in alone.reason


def test_a_batch_is_grouped_by_what_touches(sky):
    """Fit boxes reach 6 pixels: those 12 apart share a column, those 13 apart do not."""
    for distance, groups in ((12, 1), (13, 2)):
        targets = [target_at(20.0, 30.0), target_at(20.0 + distance, 41.0)]
        assert len(touching(list(locate(sky, targets, 0)))) == groups
    chain = [target_at(20.0 + 12 * step, 30.0) for step in (0, 2, 4, 1, 3)]
    assert len(touching(list(locate(sky, chain, 0)))) == 1


def test_weights_of_the_model_do_not_know_the_noise_of_their_own_pixel(sky):
    """A flux answers to noise and to its opposite alike; with the plane as it is it does not.

    The VARIANCE plane follows the brightness that is observed.
    """
    slope = 0.6 * SIGMA_MJY_SR**2 / LEVEL_MJY_SR
    star = target_at(30.2, 30.1)
    y, x = np.indices(SHAPE)
    light = 0.2 * np.exp(-0.5 * ((x - 30.2) ** 2 + (y - 30.1) ** 2) / 0.6**2)
    noise = np.zeros(SHAPE)
    noise[30, 31] = 4 * SIGMA_MJY_SR

    def flux(sign: float, weights: str) -> float:
        image = sky.image_mjy_sr + light + sign * noise
        variance = 0.4 * SIGMA_MJY_SR**2 + slope * image
        cutout = replace(
            sky, image_mjy_sr=image.astype(np.float32), variance_mjy2_sr2=variance.astype("f4")
        )
        [row] = measure_exposure(cutout, [star], MeasureOptions(weights=weights))
        return row.flux_ujy

    uneven = {}
    for weights in ("model", "plane"):
        up, middle, down = (flux(sign, weights) for sign in (1, 0, -1))
        uneven[weights] = (up + down - 2 * middle) / (up - down)
        assert up > middle > down
    assert abs(uneven["model"]) < 0.02
    assert uneven["plane"] < -0.1


@pytest.mark.parametrize("excess_mjy_sr", [1.0, 5.0, -5.0])
def test_weights_are_positive_where_the_plane_contradicts_its_slope(sky, excess_mjy_sr):
    """Less the photon term of its brightness, the variance of the pixel would be negative."""
    stripes = np.where(np.indices(SHAPE)[1] % 2 == 0, 0.1, 0.0)
    even = sky.image_mjy_sr + stripes
    variance = (1e-4 + 1e-3 * even).astype(np.float32)
    spoiled = even.copy()
    spoiled[33, 32] += excess_mjy_sr
    rows = {}
    for name, image in (("even", even), ("spoiled", spoiled)):
        cutout = replace(sky, image_mjy_sr=image.astype("f4"), variance_mjy2_sr2=variance)
        [rows[name]] = measure_exposure(cutout, [target_at(30.0, 30.0)], OPTIONS)
    assert rows["spoiled"].reason == ""
    assert rows["spoiled"].chi2 > rows["even"].chi2
    assert rows["spoiled"].flux_err_ujy == pytest.approx(rows["even"].flux_err_ujy, rel=0.5)
