"""The measurement of one exposure: its rows, its flags, and pixels that make no sense."""

from dataclasses import replace

import numpy as np
import pytest

from photometry_core.archive.regions import Box
from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.flags import BY_NAME, CONTAINS_BAD_PIXEL, FIT_ERROR, SOURCE
from photometry_core.forced import measure_exposure, measure_exposures
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import STAMP_SIZE_PIX, MeasureOptions, SersicProfile, Target

POINTING, DETECTOR = 20_000, 2
X_PIX, Y_PIX = 700.3, 1210.8
OPTIONS = MeasureOptions()
FLUX_UJY = 3000.0


def target_at(x_pix: float, y_pix: float) -> Target:
    ra, dec = survey.celestial_wcs(POINTING, DETECTOR).pixel_to_sky(x_pix, y_pix)
    return Target(name="star", ra_deg=float(ra), dec_deg=float(dec))


def cutout_around(x_pix: float, y_pix: float) -> tuple[Cutout, Target]:
    """A cutout without flags around a star on an empty sky."""
    target = target_at(x_pix, y_pix)
    box = Box(int(x_pix) - 25, int(y_pix) - 25, int(x_pix) + 26, int(y_pix) + 26)
    rendering = render_exposure(
        POINTING,
        DETECTOR,
        box.intersection(Box(0, 0, 2040, 2040)),
        point_sources(target.ra_deg, target.dec_deg, FLUX_UJY),
        flags_on=False,
    )
    file = spectral_image(rendering, "star.fits")
    exposure = exposures.exposure(POINTING, DETECTOR)
    [(cutout, _)] = read_cutouts(file, exposure, [target], 22)
    return cutout, target


@pytest.fixture(scope="module")
def star() -> tuple[Cutout, Target]:
    return cutout_around(X_PIX, Y_PIX)


def with_flag(cutout: Cutout, target: Target, name: str, dx: int, dy: int) -> Cutout:
    """Set a flag on the pixel at an offset from the one that holds the target."""
    x, y = cutout.wcs.sky_to_pixel(target.ra_deg, target.dec_deg)
    column = int(np.floor(x + 0.5)) - cutout.origin_pix[0] + dx
    row = int(np.floor(y + 0.5)) - cutout.origin_pix[1] + dy
    flags = cutout.flags.copy()
    flags[row, column] |= BY_NAME[name].mask
    return replace(cutout, flags=flags)


def test_a_clean_measurement(star):
    cutout, target = star
    [row] = measure_exposure(cutout, [target], OPTIONS)
    assert row.reason == ""
    assert row.flux_ujy == pytest.approx(FLUX_UJY, abs=4 * row.flux_err_ujy)
    assert row.flags == 0
    assert row.background_is_local
    assert row.n_pix == 169
    assert (row.x_pix, row.y_pix) == pytest.approx((X_PIX, Y_PIX), abs=1e-6)
    assert 0.5 < row.fit_quality < 1.2
    stamp = row.stamp
    assert stamp.image_mjy_sr.shape == (STAMP_SIZE_PIX, STAMP_SIZE_PIX)
    assert stamp.origin_pix == (700 - 15, 1211 - 15)
    # What is left after the model is noise: the core alone is a hundred times as bright.
    residual = stamp.residual_mjy_sr[13:18, 13:18]
    assert np.max(np.abs(residual)) < 6 * np.sqrt(stamp.variance_mjy2_sr2[13:18, 13:18].max())


@pytest.mark.parametrize(
    ("name", "dx", "dy", "flags"),
    [
        ("TRANSIENT", 0, 0, BY_NAME["TRANSIENT"].mask),
        ("TRANSIENT", 2, -1, BY_NAME["TRANSIENT"].mask),
        ("TRANSIENT", 3, 0, 0),
        ("HOT", 1, 1, BY_NAME["HOT"].mask | CONTAINS_BAD_PIXEL),
        ("HOT", 0, 3, 0),
        ("SOURCE", 0, 0, SOURCE),
    ],
)
def test_flags_are_those_within_the_aperture(star, name, dx, dy, flags):
    cutout, target = star
    [row] = measure_exposure(with_flag(cutout, target, name, dx, dy), [target], OPTIONS)
    assert row.flags == flags
    assert row.reason == ""


def test_an_ignored_pixel_takes_no_part(star):
    cutout, target = star
    flagged = with_flag(cutout, target, "HOT", 1, 0)
    [expected] = measure_exposure(flagged, [target], OPTIONS)
    image = flagged.image_mjy_sr.copy()
    image[flagged.flags != 0] = 1e6
    [row] = measure_exposure(replace(flagged, image_mjy_sr=image), [target], OPTIONS)
    assert row.flux_ujy == expected.flux_ujy
    assert row.n_pix == 168


def test_background_avoids_sources_and_grows_where_it_must(star):
    cutout, target = star
    y, x = np.indices(cutout.flags.shape)
    distance = np.hypot(x - 22, y - 22)
    covered = replace(cutout, flags=np.where(distance < 9, SOURCE, 0).astype(np.int32))
    [row] = measure_exposure(covered, [target], OPTIONS)
    assert not row.background_is_local
    [wide] = measure_exposure(covered, [target], MeasureOptions(background_size_pix=31))
    assert wide.background_is_local
    everywhere = replace(cutout, flags=np.full_like(cutout.flags, SOURCE))
    [failed] = measure_exposure(everywhere, [target], OPTIONS)
    assert "no background: 0 usable pixels" in failed.reason
    assert failed.flags == SOURCE | FIT_ERROR


def test_the_uncertainty_of_a_small_background_is_in_the_error(star):
    cutout, target = star
    _, x = np.indices(cutout.flags.shape)
    few = replace(cutout, flags=np.where(np.abs(x - 22) != 16, SOURCE, 0).astype(np.int32))
    [many] = measure_exposure(cutout, [target], OPTIONS)
    [row] = measure_exposure(few, [target], OPTIONS)
    assert row.background_err_mjy_sr > 1.3 * many.background_err_mjy_sr
    # A background that is wrong by 1 MJy/sr, 890 uJy per pixel, changes the flux by that over
    # the equivalent number of pixels, which is between 2 and 8 for these widths of the PSF.
    more = row.flux_err_ujy**2 - many.flux_err_ujy**2
    response = np.sqrt(more / (row.background_err_mjy_sr**2 - many.background_err_mjy_sr**2))
    assert 2 * 890 < response < 8 * 890


def zeros(grid: PsfGrid) -> PsfGrid:
    return replace(grid, planes=np.zeros_like(grid.planes))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: {"image_mjy_sr": np.full_like(c.image_mjy_sr, np.nan)}, "no background"),
        (lambda c: {"variance_mjy2_sr2": np.full_like(c.variance_mjy2_sr2, np.nan)}, "no backg"),
        (lambda c: {"variance_mjy2_sr2": -np.abs(c.variance_mjy2_sr2)}, "no background"),
        (lambda c: {"flags": np.full_like(c.flags, BY_NAME["NONFUNC"].mask)}, "no background"),
        (lambda c: {"solid_angle_arcsec2": np.zeros_like(c.solid_angle_arcsec2)}, "no backgr"),
        (lambda c: {"psf": zeros(c.psf)}, "a PSF plane sums to 0 instead of 1"),
    ],
)
def test_pixels_that_make_no_sense_are_rows_with_a_reason(star, spoil, message):
    cutout, target = star
    [row] = measure_exposure(replace(cutout, **spoil(cutout)), [target], OPTIONS)
    assert message in row.reason
    assert row.flags & FIT_ERROR
    assert np.isnan(row.flux_ujy)
    assert np.isfinite(row.wavelength_um)
    assert row.stamp is not None


def test_a_position_off_the_pixels_and_one_that_is_there(star):
    cutout, target = star
    off = target_at(X_PIX + 60, Y_PIX)
    lost, found = measure_exposure(cutout, [off, target], OPTIONS)
    assert "falls off the image, on pixel (760.30, 1210.80)" in lost.reason
    assert lost.flags == FIT_ERROR
    assert found.reason == ""


@pytest.mark.parametrize(("x_pix", "y_pix"), [(0.3, 900.2), (2039.2, 2039.4), (1000.0, -0.4)])
def test_a_star_at_the_edge_is_measured_and_says_that_pixels_are_missing(x_pix, y_pix):
    cutout, target = cutout_around(x_pix, y_pix)
    [row] = measure_exposure(cutout, [target], OPTIONS)
    assert row.flags & CONTAINS_BAD_PIXEL
    assert row.flux_ujy == pytest.approx(FLUX_UJY, abs=4 * row.flux_err_ujy)


@pytest.mark.parametrize("off_pix", [0.6, 0.51])
def test_a_star_beyond_the_edge_of_the_last_pixel_is_off_the_image(off_pix):
    """Pixels end half a pixel from their centres; 0.4 pixels off a star is still on one."""
    cutout, target = cutout_around(1000.0, -0.4)
    below = target_at(1000.0, -off_pix)
    lost, found = measure_exposure(cutout, [below, target], OPTIONS)
    assert f"the position falls off the image, on pixel (1000.00, {-off_pix:.2f})" in lost.reason
    assert lost.flags == FIT_ERROR
    [alone] = measure_exposure(cutout, [target], OPTIONS)
    assert (found.reason, found.flux_ujy) == ("", alone.flux_ujy)


def everything(row) -> list:
    """All numbers of a row; NaN are equal to one another in a list of texts."""
    numbers = {name: getattr(row, name) for name in row.__slots__}
    stamp = numbers.pop("stamp")
    return [repr(numbers), None if stamp is None else stamp.model_mjy_sr.tobytes()]


@pytest.fixture(scope="module")
def crowded() -> tuple[Cutout, list[Target]]:
    """Groups of one to eight on one cutout, with a galaxy on a star, and a target off it."""
    rng = np.random.default_rng(12)
    x = [X_PIX, X_PIX + 40, X_PIX + 42.3, *(X_PIX + rng.uniform(-1, 9, 6)), X_PIX + 200]
    y = [Y_PIX - 30, Y_PIX - 30, Y_PIX - 29, *(Y_PIX + rng.uniform(-1, 9, 6)), Y_PIX]
    targets = [target_at(*position) for position in zip(x, y, strict=True)]
    shape = SersicProfile(
        sersic_index=1.0, effective_radius_arcsec=9.0, axis_ratio=0.5, position_angle_deg=20.0
    )
    targets.append(replace(targets[2], profile=shape))
    ra, dec = np.array([(target.ra_deg, target.dec_deg) for target in targets]).T
    box = Box(int(X_PIX) - 30, int(Y_PIX) - 60, int(X_PIX) + 75, int(Y_PIX) + 40)
    rendering = render_exposure(POINTING, DETECTOR, box, point_sources(ra, dec, FLUX_UJY))
    file = spectral_image(rendering, "crowd.fits")
    [(cutout, _)] = read_cutouts(file, exposures.exposure(POINTING, DETECTOR), targets[:9], 25)
    return cutout, targets


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_the_targets_changes_no_bit(crowded, seed):
    cutout, targets = crowded
    expected = [everything(row) for row in measure_exposure(cutout, targets, OPTIONS)]
    order = np.random.default_rng(seed).permutation(len(targets))
    rows = measure_exposure(cutout, [targets[index] for index in order], OPTIONS)
    for index, row in zip(order, rows, strict=True):
        assert everything(row) == expected[index]


def test_targets_that_do_not_touch_change_no_bit_of_one_another(crowded):
    cutout, targets = crowded
    expected = [everything(row) for row in measure_exposure(cutout, targets, OPTIONS)]
    groups = ([0], [1, 2, 10], [3, 4, 5, 6, 7, 8], [9])
    for group in groups:
        rows = measure_exposure(cutout, [targets[index] for index in group], OPTIONS)
        assert [everything(row) for row in rows] == [expected[index] for index in group]


def test_a_batch_of_exposures_gives_what_each_of_them_gives(crowded, star):
    """Also where an exposure comes twice, has no target, or another PSF."""
    cutout, targets = crowded
    own, target = star
    spoiled = replace(own, psf=zeros(own.psf))
    problems = [(cutout, targets), (own, [target]), (own, []), (spoiled, [target]),
                (cutout, targets[:2]), (own, [target])]  # fmt: skip
    together = measure_exposures(problems, OPTIONS)
    for (one, its_targets), rows in zip(problems, together, strict=True):
        expected = measure_exposure(one, its_targets, OPTIONS)
        assert [everything(row) for row in rows] == [everything(row) for row in expected]
    assert measure_exposures([], OPTIONS) == []


def test_a_damaged_pixel_anywhere_is_a_measurement_or_a_reason(crowded):
    """Whatever is in the planes, rows are whole: a flux with its error, or a reason."""
    cutout, targets = crowded
    rng = np.random.default_rng(8)
    values = np.array([np.nan, np.inf, -np.inf, 0, -1, 3e38, -3e38, 1e-38, 1e-45, 1e30], "f4")
    for share in (0.001, 0.05, 0.5, 1.0):
        for _ in range(10):
            planes = {}
            for name in ("image_mjy_sr", "variance_mjy2_sr2", "solid_angle_arcsec2"):
                plane = getattr(cutout, name).copy()
                hit = rng.uniform(size=plane.shape) < share
                plane[hit] = rng.choice(values, hit.sum())
                planes[name] = plane
            for weights in ("model", "plane"):
                rows = measure_exposure(
                    replace(cutout, **planes), targets, MeasureOptions(weights=weights)
                )
                for row in rows:
                    assert bool(row.reason) == bool(row.flags & FIT_ERROR)
                    assert bool(row.reason) == np.isnan(row.flux_ujy)
                    assert row.reason or row.flux_err_ujy > 0


def test_two_targets_at_one_position_get_a_reason(star):
    cutout, target = star
    first, second = measure_exposure(cutout, [target, target], OPTIONS)
    assert "too close to another target" in first.reason
    assert second.reason == first.reason


def test_the_plane_as_it_is_weighs_otherwise(star):
    cutout, target = star
    [model] = measure_exposure(cutout, [target], OPTIONS)
    [plane] = measure_exposure(cutout, [target], MeasureOptions(weights="plane"))
    assert plane.flux_ujy != model.flux_ujy
    assert plane.flux_ujy == pytest.approx(model.flux_ujy, abs=model.flux_err_ujy)


def test_a_galaxy_at_the_edge_or_with_a_damaged_psf_is_a_row_like_any_other(star):
    shape = SersicProfile(
        sersic_index=1.0, effective_radius_arcsec=15.0, axis_ratio=0.7, position_angle_deg=20.0
    )
    cutout, target = cutout_around(0.3, 900.2)
    [row] = measure_exposure(cutout, [replace(target, profile=shape)], OPTIONS)
    assert row.reason == ""
    assert row.flags & CONTAINS_BAD_PIXEL
    assert row.model == "sersic"
    cutout, target = star
    galaxy = replace(target, profile=shape)
    for spoiled, message in (
        (replace(cutout, psf=zeros(cutout.psf)), "a PSF plane sums to 0 instead of 1"),
        (replace(cutout, image_mjy_sr=np.full_like(cutout.image_mjy_sr, np.nan)), "no backgr"),
    ):
        [row] = measure_exposure(spoiled, [galaxy], OPTIONS)
        assert message in row.reason
        assert row.flags & FIT_ERROR
        assert row.model == "sersic"
    first, second = measure_exposure(cutout, [galaxy, galaxy], OPTIONS)
    assert "too close to another target" in first.reason
    assert second.reason == first.reason
