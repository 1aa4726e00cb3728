"""Sersic profiles: their ranges, their transform, their rendering, and the rows they give."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.table import Table
from scipy.special import ndtr

from photometry_core import sersic
from photometry_core.cutout import PsfGrid
from photometry_core.errors import FitError, InvalidInputError
from photometry_core.extent import (
    fit_half_size_pix,
    footprint_ellipse,
    footprint_half_size_pix,
    half_size_pix,
)
from photometry_core.plane_cache import PlaneCache
from photometry_core.psf import render_point_source
from photometry_core.sersic import render_sersic
from photometry_core.targets import read_targets
from photometry_core.types import MeasureOptions, SersicProfile, Target

PIXEL_DEG = 6.15 / 3600
NORTH_UP = PIXEL_DEG * np.diag([-1.0, 1.0])
SHAPE = SersicProfile(
    sersic_index=2.5, effective_radius_arcsec=6.0, axis_ratio=0.4, position_angle_deg=30.0
)


def plane_of(sigma_pix: float, oversampling: int = 10, offset_pix: float = 0.0) -> np.ndarray:
    half = 5 * oversampling
    at = (np.arange(2 * half + 1) - half) / oversampling
    plane = np.outer(
        np.exp(-0.5 * (at / sigma_pix) ** 2), np.exp(-0.5 * ((at - offset_pix) / sigma_pix) ** 2)
    )
    return (plane / plane.sum()).astype(np.float32)


def with_huge_values(plane: np.ndarray) -> np.ndarray:
    """The plane with two values that add up to nothing, in the order in which numpy adds."""
    huge = plane.copy()
    huge[0, [0, 8]] = 1e30, -1e30
    return huge


def one_zone(plane: np.ndarray, oversampling: int = 10) -> PsfGrid:
    return PsfGrid(
        planes=plane[None, None],
        x_centers_pix=np.array([0.0]),
        y_centers_pix=np.array([0.0]),
        oversampling=oversampling,
    )


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sersic_index", 0.49, "sersic_index: 0.49 given; allowed: 0.5 to 6"),
        ("sersic_index", 6.01, "sersic_index: 6.01 given"),
        ("sersic_index", float("nan"), "sersic_index: nan given"),
        ("effective_radius_arcsec", 0.0, "effective_radius: 0 given; allowed: above 0, to 20"),
        ("effective_radius_arcsec", 20.5, "effective_radius: 20.5 given"),
        ("axis_ratio", 0.0, "axis_ratio: 0 given; allowed: above 0, to 1"),
        ("axis_ratio", 1.01, "axis_ratio: 1.01 given"),
        ("position_angle_deg", 361.0, "position_angle: 361 given; allowed: -360 to 360"),
        ("position_angle_deg", float("inf"), "position_angle: inf given"),
    ],
)
def test_values_out_of_range_are_named(field, value, message):
    with pytest.raises(InvalidInputError, match=message):
        replace(SHAPE, **{field: value})


def test_the_ends_of_the_ranges_are_allowed():
    for n, radius, ratio, angle in ((0.5, 1e-3, 1e-3, -360.0), (6.0, 20.0, 1.0, 360.0)):
        SersicProfile(
            sersic_index=n,
            effective_radius_arcsec=radius,
            axis_ratio=ratio,
            position_angle_deg=angle,
        )


def test_targets_survive_json_with_and_without_a_profile():
    for profile in (None, SHAPE):
        target = Target(name="a", ra_deg=1 / 3, dec_deg=-1.0, profile=profile)
        assert Target.from_json(json.loads(json.dumps(target.to_json()))) == target
    bare = {"name": "a", "ra_deg": 1.0, "dec_deg": 2.0}
    assert Target.from_json(bare).profile is None


@pytest.mark.parametrize(
    ("profile", "model", "resolved"),
    [
        (None, "point", False),
        (replace(SHAPE, effective_radius_arcsec=0.999), "point (Re < 1 arcsec)", False),
        (replace(SHAPE, effective_radius_arcsec=1.0), "sersic", True),
    ],
)
def test_small_galaxies_are_points_and_say_so(profile, model, resolved):
    target = Target(name="a", ra_deg=1.0, dec_deg=2.0, profile=profile)
    assert target.model == model
    assert (target.resolved_profile is not None) == resolved
    assert (fit_half_size_pix(target) > 6) == resolved


def test_the_transform_is_that_of_the_gaussian_and_the_exponential():
    frequency = np.concatenate([[0.0], np.geomspace(1e-6, 39.0, 300)])
    gaussian, exponential = sersic._unit_profile(0.5), sersic._unit_profile(1.0)
    expected = np.exp(-((np.pi * frequency) ** 2) / gaussian.b)
    assert gaussian.transform_at(frequency**2) == pytest.approx(expected, abs=5e-7)
    expected = (1 + (2 * np.pi * frequency / exponential.b) ** 2) ** -1.5
    assert exponential.transform_at(frequency**2) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("index", [0.5, 1.0, 2.5, 4.0, 6.0])
def test_half_of_the_light_is_within_the_effective_radius(index):
    unit = sersic._unit_profile(index)
    # Midpoints in the logarithm of the radius.
    radius = np.exp(np.arange(-40.0, 0.0, 1e-3) + 5e-4)
    within = (2 * np.pi * unit.brightness(radius) * radius**2).sum() * 1e-3
    assert within == pytest.approx(0.5, abs=1e-6)
    assert unit.fraction_beyond(1.0) == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("oversampling", [5, 10])
def test_a_tiny_galaxy_is_a_point_source(oversampling):
    psf = one_zone(plane_of(0.35, oversampling, offset_pix=0.1), oversampling)
    tiny = SersicProfile(
        sersic_index=1.0, effective_radius_arcsec=1e-3, axis_ratio=1.0, position_angle_deg=0.0
    )
    for x, y in ((100.0, 50.0), (100.37, 49.62), (100.5, 50.499)):
        galaxy, origin = render_sersic(psf, tiny, NORTH_UP, x, y, 6)
        point, same_origin = render_point_source(psf, x, y)
        assert origin == same_origin
        assert np.max(np.abs(galaxy - point)) < 2e-5


def test_profiles_do_not_depend_on_the_box_they_are_rendered_in():
    """The box decides the period of the repetitions: what is left of them shows here."""
    psf = one_zone(plane_of(0.3))
    for index, radius, ratio in ((4.0, 20.0, 1.0), (6.0, 20.0, 0.1), (6.0, 10.0, 0.5)):
        shape = SersicProfile(
            sersic_index=index,
            effective_radius_arcsec=radius,
            axis_ratio=ratio,
            position_angle_deg=63.0,
        )
        small, _ = render_sersic(psf, shape, NORTH_UP, 100.2, 80.4, 20)
        large, _ = render_sersic(psf, shape, NORTH_UP, 100.2, 80.4, 62)
        # Without their subtraction this is 1e-4.
        assert np.max(np.abs(small - large[42:-42, 42:-42])) < 1e-5 * small.max()


@pytest.mark.parametrize("half", [6, 13, 15, 20, 24])
@pytest.mark.parametrize(("index", "radius", "ratio"), [(0.5, 4.0, 1.0), (1.0, 9.0, 0.3)])
def test_compact_profiles_are_the_same_in_every_box(index, radius, ratio, half):
    """Boxes are no wider than they must: no repetition may shine into the image."""
    psf = one_zone(plane_of(0.3))
    shape = SersicProfile(
        sersic_index=index,
        effective_radius_arcsec=radius,
        axis_ratio=ratio,
        position_angle_deg=-20.0,
    )
    small, (left, bottom) = render_sersic(psf, shape, NORTH_UP, 100.49, 80.5, half)
    large, origin = render_sersic(psf, shape, NORTH_UP, 100.49, 80.5, 62)
    assert (left - origin[0], bottom - origin[1]) == (62 - half, 62 - half)
    inside = slice(62 - half, half - 62)
    assert np.max(np.abs(small - large[inside, inside])) < 1e-6 * small.max()


@pytest.mark.parametrize("sigma_pix", [0.24, 0.4])
@pytest.mark.parametrize(("index", "radius", "ratio"), [(0.5, 1e-3, 1.0), (4.0, 5.0, 0.1)])
def test_frequencies_left_out_cost_less_than_their_tolerance(
    monkeypatch, sigma_pix, index, radius, ratio
):
    psf = one_zone(plane_of(sigma_pix))
    shape = SersicProfile(
        sersic_index=index,
        effective_radius_arcsec=radius,
        axis_ratio=ratio,
        position_angle_deg=70.0,
    )
    tolerance = sersic._FLUX_TOLERANCE
    light, _ = render_sersic(psf, shape, NORTH_UP, 100.3, 80.1, 13)
    taken = sersic._TRANSFORMS.of(psf.planes[0, 0], 10, 32, False)
    monkeypatch.setattr(sersic, "_FLUX_TOLERANCE", 1e-9)
    monkeypatch.setattr(sersic, "_TRANSFORMS", PlaneCache(sersic._plane_transform, 10**7))
    everything, _ = render_sersic(psf, shape, NORTH_UP, 100.3, 80.1, 13)
    assert abs((light * everything).sum() / (light**2).sum() - 1) < tolerance
    assert taken.nbytes < 0.9 * sersic._TRANSFORMS.of(psf.planes[0, 0], 10, 32, False).nbytes


def test_planes_of_one_content_are_transformed_once(monkeypatch):
    calls = []

    def transform(*arguments):
        calls.append(arguments[1:])
        return sersic._plane_transform(*arguments)

    monkeypatch.setattr(sersic, "_TRANSFORMS", PlaneCache(transform, 10**7))
    for position in (100.0, 100.4, 123.0):
        render_sersic(one_zone(plane_of(0.3)), SHAPE, NORTH_UP, position, 80.0, 10)
    assert len(calls) == 1


def test_zones_are_blended_linearly():
    narrow, wide = plane_of(0.3), plane_of(0.5)
    both = PsfGrid(
        planes=np.array([[narrow, wide]]),
        x_centers_pix=np.array([100.0, 300.0]),
        y_centers_pix=np.array([100.0]),
        oversampling=10,
    )
    blended, _ = render_sersic(both, SHAPE, NORTH_UP, 150.0, 80.0, 10)
    expected = (
        0.75 * render_sersic(one_zone(narrow), SHAPE, NORTH_UP, 150.0, 80.0, 10)[0]
        + 0.25 * render_sersic(one_zone(wide), SHAPE, NORTH_UP, 150.0, 80.0, 10)[0]
    )
    assert np.max(np.abs(blended - expected)) < 1e-7


@pytest.mark.parametrize(("index", "radius"), [(1.0, 3.0), (6.0, 15.0)])
def test_light_off_the_middle_of_the_planes_is_put_back(index, radius):
    shape = replace(SHAPE, sersic_index=index, effective_radius_arcsec=radius)
    middle, origin = render_sersic(one_zone(plane_of(0.4)), shape, NORTH_UP, 100.48, 80.0, 10)
    aside = one_zone(plane_of(0.4, offset_pix=0.1))
    put_back, same_origin = render_sersic(
        aside, shape, NORTH_UP, 100.48, 80.0, 10, core_offset_pix=(0.1, 0.0)
    )
    assert origin == same_origin
    assert np.max(np.abs(put_back - middle)) < 1e-6
    left, _ = render_sersic(aside, shape, NORTH_UP, 100.48, 80.0, 10)
    assert np.max(np.abs(left - middle)) > 1e-4


@pytest.mark.parametrize(
    ("plane", "cd_deg", "message"),
    [
        (np.zeros((101, 101), np.float32), NORTH_UP, "sums to 0 instead of 1"),
        (plane_of(0.3)[:100, :100], NORTH_UP, "expected a square of odd width"),
        (with_huge_values(plane_of(0.3)), NORTH_UP, "a PSF plane (holds values|sums to)"),
        (plane_of(0.3), np.zeros((2, 2)), "degenerate"),
        (plane_of(0.3), np.full((2, 2), np.nan), "degenerate"),
        (plane_of(0.3), 1e200 * NORTH_UP, "degenerate"),
        (plane_of(0.3), NORTH_UP / 10, "far smaller"),
    ],
)
def test_what_can_not_be_rendered_is_refused(plane, cd_deg, message):
    shape = replace(SHAPE, effective_radius_arcsec=20.0)
    with pytest.raises(FitError, match=message):
        render_sersic(one_zone(plane), shape, cd_deg, 100.0, 100.0, 10)


def test_boxes_grow_with_the_galaxy():
    big = Target(
        name="", ra_deg=0.0, dec_deg=0.0, profile=replace(SHAPE, effective_radius_arcsec=20.0)
    )
    star = Target(name="", ra_deg=0.0, dec_deg=0.0)
    least = MeasureOptions(background_size_pix=9)
    assert fit_half_size_pix(star) == 6
    assert fit_half_size_pix(big) == 20
    assert half_size_pix(least, [star]) == half_size_pix(least) == 17
    assert half_size_pix(least, [star, big]) == 20


def outside_footprint(target, dx, dy):
    a, b, c = footprint_ellipse(target, NORTH_UP)
    return a * dx * dx + 2 * b * dx * dy + c * dy * dy > 1


def test_footprints_follow_the_position_angle():
    target = Target(
        name="", ra_deg=0.0, dec_deg=0.0, profile=replace(SHAPE, effective_radius_arcsec=15.0)
    )
    # East is to the left: 30 degrees east of north is up and to the left.
    along, across = np.array([-np.sin(np.pi / 6), np.cos(np.pi / 6)]), np.array([0.866, 0.5])
    reach = 2.5 * 15 / 6.15
    for direction, radius in ((along, 5.5 + reach), (across, 5.5 + 0.4 * reach)):
        dx, dy = np.outer([radius - 0.01, radius + 0.01], direction).T
        assert outside_footprint(target, dx, dy).tolist() == [False, True]


def test_the_largest_footprint_leaves_pixels_for_the_smallest_background():
    round_galaxy = replace(SHAPE, effective_radius_arcsec=20.0, axis_ratio=1.0)
    target = Target(name="", ra_deg=0.0, dec_deg=0.0, profile=round_galaxy)
    half = MeasureOptions(background_size_pix=9).background_size_pix // 2 + 12
    offset = np.arange(-half, half + 1.0)
    left = outside_footprint(target, offset[None, :], offset[:, None])
    assert np.count_nonzero(left) > 200


@pytest.mark.parametrize("radius", [None, 1.0, 7.0, 20.0])
@pytest.mark.parametrize("smaller", [1.0, 0.95])
def test_no_footprint_reaches_beyond_its_half_size(radius, smaller):
    """Whatever its position angle, and on pixels that are smaller than the nominal ones."""
    for angle in range(0, 180, 15):
        shape = radius and replace(
            SHAPE, effective_radius_arcsec=radius, position_angle_deg=float(angle), axis_ratio=0.1
        )
        target = Target(name="", ra_deg=0.0, dec_deg=0.0, profile=shape)
        a, b, c = footprint_ellipse(target, NORTH_UP * smaller)
        # The largest offset along x or y; the source is anywhere in its pixel.
        reach = np.sqrt(np.array([a, c]).max() / (a * c - b * b))
        assert reach + 0.5 <= footprint_half_size_pix(target)


HEADER = "ra,dec,sersic_index,axis_ratio,position_angle,effective_radius\n"


def write(tmp_path, text: str) -> str:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    return str(tmp_path / "a.csv")


def test_tables_of_galaxies_and_stars(tmp_path):
    path = write(tmp_path, HEADER + "1,2,4,0.5,-30,3.5\n3,4,,,,\n5,6,1,1,0,0.4\n")
    galaxy, star, small = read_targets(path)
    assert galaxy.profile == SersicProfile(
        sersic_index=4.0, effective_radius_arcsec=3.5, axis_ratio=0.5, position_angle_deg=-30.0
    )
    assert star.profile is None
    assert small.model == "point (Re < 1 arcsec)"


def test_units_of_a_table_are_honoured(tmp_path):
    table = Table(
        {"ra": [1.0], "dec": [2.0], "sersic_index": [1.0], "axis_ratio": [0.5],
         "position_angle": [np.pi / 6], "effective_radius": [0.1]}
    )  # fmt: skip
    table["position_angle"].unit, table["effective_radius"].unit = "rad", "arcmin"
    table.write(tmp_path / "a.ecsv")
    [target] = read_targets(str(tmp_path / "a.ecsv"))
    assert target.profile.position_angle_deg == pytest.approx(30.0)
    assert target.profile.effective_radius_arcsec == pytest.approx(6.0)
    table["effective_radius"].unit = "kg"
    table.write(tmp_path / "b.ecsv")
    with pytest.raises(InvalidInputError, match="'kg' for effective_radius: in which unit is it"):
        read_targets(str(tmp_path / "b.ecsv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEADER + "1,2,,,,\n1,2,4,0.5,,3\n",
            "row 2, column 'position_angle'.*all four values, or none",
        ),
        ("ra,dec,sersic_index\n1,2,4\n", "no column 'axis_ratio'; a Sersic profile takes"),
        (HEADER + "1,2,7,0.5,0,3\n", "row 1, column 'sersic_index': .* 7 .*allowed: 0.5 to 6"),
        (HEADER + "1,2,4,0,0,3\n", "row 1, column 'axis_ratio': .* 0 .*above 0, to 1"),
        (HEADER + "1,2,4,1,400,3\n", "row 1, column 'position_angle': .* 400 .*-360 to 360"),
        (HEADER + "1,2,4,1,0,21\n", "row 1, column 'effective_radius': .* 21 .*above 0, to 20"),
        (HEADER + "1,2,4,1,0,x\n", "row 1, column 'effective_radius': 'x' is not a number"),
        (HEADER.replace("axis_ratio", "Sersic_Index") + "1,2,1,1,1,1\n", "2 columns 'sersic_index"),
    ],
)
def test_unusable_shapes_are_named(tmp_path, text, message):
    with pytest.raises(InvalidInputError, match=message):
        read_targets(write(tmp_path, text))


def test_planes_with_and_without_the_pixel_give_the_same_galaxy():
    sigma_pix = 0.4

    def optical(offset):
        return np.exp(-0.5 * (offset / sigma_pix) ** 2)

    def effective(offset):
        return ndtr((offset + 0.5) / sigma_pix) - ndtr((offset - 0.5) / sigma_pix)

    rendered = []
    for along, oversampling, half, included in ((optical, 10, 50, False), (effective, 5, 20, True)):
        offset = (np.arange(2 * half + 1) - half) / oversampling
        plane = np.outer(along(offset), along(offset))
        psf = PsfGrid(
            planes=(plane / plane.sum())[None, None],
            x_centers_pix=np.array([0.0]),
            y_centers_pix=np.array([0.0]),
            oversampling=oversampling,
            pixel_included=included,
        )
        shape = SersicProfile(
            sersic_index=2.5, effective_radius_arcsec=4.0, axis_ratio=0.4, position_angle_deg=40.0
        )
        cd_deg = np.array([[-6.15, 0.3], [0.2, 6.15]]) / 3600
        rendered.append(render_sersic(psf, shape, cd_deg, 100.3, 99.8, 15)[0])
    assert rendered[0].max() > 0.05
    assert np.max(np.abs(rendered[0] - rendered[1])) < 2e-5
