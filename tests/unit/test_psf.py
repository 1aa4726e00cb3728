"""Point-source profiles against the exact pixel integrals of an analytic PSF."""

import numpy as np
import pytest
from scipy.special import ndtr

from photometry_core.cutout import PsfGrid
from photometry_core.errors import FitError
from photometry_core.psf import PROFILE_SIZE_PIX, render_point_source

# Weight, widths and offsets (x, y) of Gaussians, in native pixels: like a SPHEREx PSF, with a
# broader and shifted second component so that errors of axis or sign can't hide.
COMPONENTS = ((0.7, 0.33, 0.36, 0.01, -0.02), (0.3, 0.60, 0.55, 0.08, 0.05))


def make_plane(components=COMPONENTS) -> np.ndarray:
    offset = (np.arange(101) - 50) / 10
    plane = sum(
        weight
        * np.outer(
            np.exp(-0.5 * ((offset - dy) / sy) ** 2) / sy,
            np.exp(-0.5 * ((offset - dx) / sx) ** 2) / sx,
        )
        for weight, sx, sy, dx, dy in components
    )
    return (plane / plane.sum()).astype(np.float32)


def exact(x: float, y: float, origin: tuple[int, int], components=COMPONENTS) -> np.ndarray:
    edges = np.arange(PROFILE_SIZE_PIX + 1) - 0.5
    return sum(
        weight
        * np.outer(
            np.diff(ndtr((edges + origin[1] - y - dy) / sy)),
            np.diff(ndtr((edges + origin[0] - x - dx) / sx)),
        )
        for weight, sx, sy, dx, dy in components
    )


def one_zone(plane: np.ndarray) -> PsfGrid:
    return PsfGrid(
        planes=plane[None, None],
        x_centers_pix=np.array([1000.0]),
        y_centers_pix=np.array([1000.0]),
        oversampling=10,
    )


def test_profile_is_exact_at_every_phase():
    psf = one_zone(make_plane())
    positions = np.random.default_rng(1).uniform(100, 103, (300, 2)).tolist()
    positions += [(100.0, 100.0), (100.5, 100.5), (100.499999999, 101.05), (0.0, 0.0)]
    for x, y in positions:
        profile, origin = render_point_source(psf, x, y)
        truth = exact(x, y, origin)
        # Float32 planes hold 1e-7 of the peak; the flux of a noise-free fit is then good to 1e-6.
        assert np.max(np.abs(profile - truth)) < 3e-7
        assert (profile * truth).sum() / (profile**2).sum() == pytest.approx(1, abs=1e-6)
        assert profile.sum() == pytest.approx(1, abs=1e-6)


def test_odd_and_even_oversampling():
    for oversampling in (5, 8, 10):
        half = 5 * oversampling
        offset = (np.arange(2 * half + 1) - half) / oversampling
        plane = np.outer(np.exp(-0.5 * (offset / 0.5) ** 2), np.exp(-0.5 * (offset / 0.5) ** 2))
        psf = PsfGrid(
            planes=(plane / plane.sum()).astype(np.float32)[None, None],
            x_centers_pix=np.array([0.0]),
            y_centers_pix=np.array([0.0]),
            oversampling=oversampling,
        )
        profile, origin = render_point_source(psf, 50.31, 49.77)
        truth = exact(50.31, 49.77, origin, ((1.0, 0.5, 0.5, 0.0, 0.0),))
        assert np.max(np.abs(profile - truth)) < 2e-5


def test_zones_are_blended_linearly_in_x_and_y_separately():
    widths = np.array([[0.3, 0.4], [0.5, 0.6]])
    planes = np.array([[make_plane(((1.0, w, w, 0.0, 0.0),)) for w in row] for row in widths])
    psf = PsfGrid(
        planes=planes,
        x_centers_pix=np.array([100.0, 300.0]),
        y_centers_pix=np.array([100.0, 200.0]),
        oversampling=10,
    )
    profile, origin = render_point_source(psf, 150.0, 180.0)
    weights = np.array([[0.2 * 0.75, 0.2 * 0.25], [0.8 * 0.75, 0.8 * 0.25]])
    expected = sum(
        weights[j, i] * exact(150.0, 180.0, origin, ((1.0, widths[j, i], widths[j, i], 0, 0),))
        for j in (0, 1)
        for i in (0, 1)
    )
    assert np.max(np.abs(profile - expected)) < 3e-7


@pytest.mark.parametrize(
    ("position", "zone"),
    [((50.0, 90.0), (0, 0)), ((350.0, 90.0), (0, 1)), ((20.0, 2000.0), (1, 0))],
)
def test_beyond_the_outer_centres_the_outer_zone_is_used(position, zone):
    widths = np.array([[0.3, 0.4], [0.5, 0.6]])
    planes = np.array([[make_plane(((1.0, w, w, 0.0, 0.0),)) for w in row] for row in widths])
    psf = PsfGrid(
        planes=planes,
        x_centers_pix=np.array([100.0, 300.0]),
        y_centers_pix=np.array([100.0, 200.0]),
        oversampling=10,
    )
    profile, origin = render_point_source(psf, *position)
    width = widths[zone]
    expected = exact(*position, origin, ((1.0, width, width, 0.0, 0.0),))
    assert np.max(np.abs(profile - expected)) < 3e-7


@pytest.mark.parametrize(
    ("plane", "message"),
    [
        (np.zeros((101, 101), np.float32), "sums to 0 instead of 1"),
        (np.full((101, 101), np.nan, np.float32), "sums to nan"),
        (make_plane() * np.float32(1.05), "sums to 1.05"),
        (make_plane()[:100, :100], "expected a square of odd width"),
    ],
)
def test_damaged_planes_are_refused(plane, message):
    with pytest.raises(FitError, match=message):
        render_point_source(one_zone(plane), 1000.0, 1000.0)
