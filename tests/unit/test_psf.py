"""Point-source profiles against the exact pixel integrals of an analytic PSF."""

import numpy as np
import pytest
from scipy.special import ndtr

from photometry_core.cutout import PsfGrid, PsfZones
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


def make_effective_plane(components=COMPONENTS) -> np.ndarray:
    """The PSF integrated over the pixel, sampled five times per pixel."""
    edges = (np.arange(33) - 16) / 5 + np.array([[-0.5], [0.5]])
    plane = sum(
        weight
        * np.outer(
            np.diff(ndtr((edges - dy) / sy), axis=0)[0], np.diff(ndtr((edges - dx) / sx), axis=0)[0]
        )
        for weight, sx, sy, dx, dy in components
    )
    # The samples, 25 per pixel, sum to 1.
    return plane / plane.sum()


def one_effective_zone(plane: np.ndarray) -> PsfGrid:
    return PsfGrid(
        planes=plane[None, None],
        x_centers_pix=np.array([1000.0]),
        y_centers_pix=np.array([1000.0]),
        oversampling=5,
        pixel_included=True,
    )


def test_an_effective_psf_is_not_integrated_again():
    components = ((0.8, 0.40, 0.43, 0.03, -0.04), (0.2, 0.55, 0.5, 0.10, 0.06))
    psf = one_effective_zone(make_effective_plane(components))
    positions = np.random.default_rng(2).uniform(100, 103, (300, 2)).tolist()
    positions += [(100.0, 100.0), (100.5, 100.5), (100.499999999, 101.05), (0.0, 0.0)]
    for x, y in positions:
        profile, origin = render_point_source(psf, x, y)
        truth = exact(x, y, origin, components)
        # Components are sampled at 0.5 of their widths at least; the spline of fifth order is
        # then good to 1e-5 of the peak, about 0.5.
        assert np.max(np.abs(profile - truth)) < 1e-5
        assert (profile * truth).sum() / (profile**2).sum() == pytest.approx(1, abs=2e-5)
        assert profile.sum() == pytest.approx(1, abs=2e-5)


def test_an_effective_psf_at_the_phase_of_its_samples_is_the_samples():
    plane = make_effective_plane()
    profile, origin = render_point_source(one_effective_zone(plane), 500.2, 500.4)
    assert origin == (494, 494)
    # The pixel that holds the source is 1 sample before it along x and 2 along y.
    # Coefficients and their weights are rounded to 24 bits.
    rounding = 2**-23 * profile.max()
    assert profile[6, 6] == pytest.approx(25 * plane[14, 15], abs=rounding)
    assert profile[7, 5] == pytest.approx(25 * plane[19, 10], abs=rounding)
    assert np.abs(profile[0, :]).max() < 1e-12


def test_zones_that_form_no_grid():
    def zones(centers):
        planes = np.array(
            [make_effective_plane(((1.0, 0.4 + 0.02 * n, 0.5, 0, 0),)) for n in range(len(centers))]
        )
        x, y = np.array(centers, float).T
        return PsfZones(planes=planes, x_centers_pix=x, y_centers_pix=y, reach_pix=204.0,
                        oversampling=5, pixel_included=True)  # fmt: skip

    def numbers(grid, psf):
        return [
            [next(n for n, p in enumerate(psf.planes) if np.array_equal(p, plane)) for plane in row]
            for row in grid.planes
        ]

    psf = zones([(100, 100), (200, 100), (100, 200), (200, 200), (300, 150), (300, 250)])
    # Four centres around a position are blended as those of a grid are.
    inside = psf.around(130.0, 170.0)
    assert numbers(inside, psf) == [[0, 1], [2, 3]]
    grid = PsfGrid(
        planes=psf.planes[:4].reshape(2, 2, 33, 33),
        x_centers_pix=np.array([100.0, 200.0]),
        y_centers_pix=np.array([100.0, 200.0]),
        oversampling=5,
        pixel_included=True,
    )
    assert np.array_equal(
        render_point_source(psf, 130.0, 170.0)[0], render_point_source(grid, 130.0, 170.0)[0]
    )
    # Elsewhere the nearest is used.
    assert numbers(psf.around(270.0, 170.0), psf) == [[4]]
    assert numbers(psf.around(20.0, 90.0), psf) == [[0]]
    with pytest.raises(FitError, match="no PSF zone within 204 pixels of"):
        psf.around(1000.0, 100.0)


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


def with_values(*values: float) -> np.ndarray:
    """A plane with other values in a row that sum up to nothing."""
    plane = make_plane()
    plane[0, : len(values)] = values
    return plane


@pytest.mark.parametrize(
    ("plane", "message"),
    [
        (np.zeros((101, 101), np.float32), "sums to 0 instead of 1"),
        (np.full((101, 101), np.nan, np.float32), "sums to nan"),
        (make_plane() * np.float32(1.05), "sums to 1.05"),
        (make_plane()[:100, :100], "expected a square of odd width"),
        (with_values(1e30, -1e30), r"holds values up to 1e\+30, expected 1 at most"),
        (with_values(1.5, -1.5), "holds values up to 1.5, expected 1 at most"),
    ],
)
def test_damaged_planes_are_refused(plane, message):
    with pytest.raises(FitError, match=message):
        render_point_source(one_zone(plane), 1000.0, 1000.0)
