"""The TAN-SIP WCS against astropy's."""

import numpy as np
import pytest
from astropy.wcs import WCS

from photometry_core.celestial import TanSip


def make(roll_deg: float, crval: tuple[float, float], parity: int = -1) -> TanSip:
    """A WCS with the scale and the size of distortion of a real Spectral Image."""
    rng = np.random.default_rng(int(roll_deg) + 7)
    roll = np.radians(roll_deg)
    scale = 6.153 / 3600
    rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    sip = {}
    for name in "ab":
        terms = np.zeros((4, 4))
        for p in range(4):
            for q in range(4 - p):
                size = {0: 1.0, 1: 1e-4, 2: 5e-6, 3: 1e-9}[p + q]
                terms[p, q] = size * rng.uniform(-1, 1)
        sip[name] = terms
    return TanSip(
        crpix=(1019.5, 1019.5),
        crval_deg=crval,
        cd_deg=scale * np.array([[parity, 0], [0, 1]]) @ rotation,
        sip_a=sip["a"],
        sip_b=sip["b"],
    )


def as_astropy(wcs: TanSip) -> WCS:
    header = {
        "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CUNIT1": "deg", "CUNIT2": "deg",
        "RADESYS": "ICRS", "LONPOLE": 180.0, "CDELT1": 1.0, "CDELT2": 1.0,
        "CRPIX1": wcs.crpix[0] + 1, "CRPIX2": wcs.crpix[1] + 1,
        "CRVAL1": wcs.crval_deg[0], "CRVAL2": wcs.crval_deg[1], "A_ORDER": 3, "B_ORDER": 3,
    }  # fmt: skip
    for i in (0, 1):
        for j in (0, 1):
            header[f"PC{i + 1}_{j + 1}"] = wcs.cd_deg[i, j]
    for letter, terms in (("A", wcs.sip_a), ("B", wcs.sip_b)):
        for p in range(4):
            for q in range(4 - p):
                header[f"{letter}_{p}_{q}"] = terms[p, q]
    return WCS(header)


CASES = [
    (0.0, (10.09, 40.9), -1),
    (155.1, (0.001, -0.2), -1),
    (271.0, (359.99, 66.5), 1),
    (33.3, (100.0, 89.7), -1),
    (200.0, (72.0, -71.4), 1),
]


@pytest.mark.parametrize(("roll", "crval", "parity"), CASES)
def test_agrees_with_astropy_in_both_directions(roll, crval, parity):
    wcs = make(roll, crval, parity)
    reference = as_astropy(wcs)
    grid = np.linspace(-0.5, 2039.5, 15)
    x, y = (plane.ravel() for plane in np.meshgrid(grid, grid))
    ra, dec = wcs.pixel_to_sky(x, y)
    expected_ra, expected_dec = reference.all_pix2world(x, y, 0)
    # 1e-9 px is 6e-9 arcsec.
    limit = 1e-9 * 6.15 / 3600
    difference = (ra - expected_ra + 180) % 360 - 180
    assert np.max(np.abs(difference) * np.cos(np.radians(dec))) < limit
    assert np.max(np.abs(dec - expected_dec)) < limit

    back_x, back_y = wcs.sky_to_pixel(ra, dec)
    assert np.max(np.hypot(back_x - x, back_y - y)) < 1e-8
    astropy_x, astropy_y = reference.all_world2pix(ra, dec, 0, tolerance=1e-9, maxiter=50)
    assert np.max(np.hypot(back_x - astropy_x, back_y - astropy_y)) < 1e-6


def test_solid_angle_is_that_of_the_pixel_on_the_sphere():
    wcs = make(155.1, (10.09, 40.9))
    for x, y in ((0.0, 0.0), (1019.5, 1019.5), (2039.0, 500.0)):
        corners_x = x + np.array([-0.5, 0.5, 0.5, -0.5])
        corners_y = y + np.array([-0.5, -0.5, 0.5, 0.5])
        ra, dec = (np.radians(values) for values in wcs.pixel_to_sky(corners_x, corners_y))
        vectors = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], -1)
        # Flat parallelogram of the diagonals: a pixel is 3e-5 rad, its curvature is 1e-9.
        area = 0.5 * np.linalg.norm(np.cross(vectors[2] - vectors[0], vectors[3] - vectors[1]))
        expected = area * np.degrees(1) ** 2 * 3600**2
        assert wcs.solid_angle_arcsec2(x, y) == pytest.approx(expected, rel=1e-7)


def test_positions_behind_the_tangent_plane_are_nan():
    x, y = make(0.0, (10.0, 40.0)).sky_to_pixel([190.0, 10.0], [-40.0, 40.0])
    assert np.isnan(x[0])
    assert np.isnan(y[0])
    assert np.isfinite(x[1])


def test_local_linear_wcs_points_east_and_north():
    wcs = make(30.0, (200.0, 50.0))
    cd = wcs.local_cd_deg(1500.0, 300.0)
    ra0, dec0 = wcs.pixel_to_sky(1500.0, 300.0)
    step_deg = 1e-3
    x, y = wcs.sky_to_pixel(
        [ra0 + step_deg / np.cos(np.radians(dec0)), ra0], [dec0, dec0 + step_deg]
    )
    east = cd @ [x[0] - 1500.0, y[0] - 300.0]
    north = cd @ [x[1] - 1500.0, y[1] - 300.0]
    assert east == pytest.approx([step_deg, 0], abs=2e-7)
    assert north == pytest.approx([0, step_deg], abs=2e-7)


def test_a_box_of_solid_angles_is_that_of_its_pixels():
    wcs = make(155.1, (10.09, 40.9))
    for x0, y0, nx, ny in ((0, 0, 41, 41), (1999, 700, 41, 3), (900, 2039, 1, 1)):
        y, x = np.mgrid[y0 : y0 + ny, x0 : x0 + nx].astype(float)
        box = wcs.solid_angles_arcsec2((x0, y0), (ny, nx))
        assert box == pytest.approx(wcs.solid_angle_arcsec2(x, y), rel=1e-13)


def test_coordinates_of_any_shape():
    wcs = make(33.3, (0.0, 10.0))
    x, y = np.arange(6.0).reshape(2, 3) * 300, np.array([[100.0], [900.0]])
    ra, dec = wcs.pixel_to_sky(x, y)
    assert ra.shape == dec.shape == (2, 3)
    assert ((ra >= 0) & (ra < 360)).all()
    one_ra, one_dec = wcs.pixel_to_sky(x[1, 2], y[1, 0])
    assert (float(one_ra), float(one_dec)) == (ra[1, 2], dec[1, 2])
    back_x, back_y = wcs.sky_to_pixel(ra[:, ::2], dec[:, ::2])
    assert back_x == pytest.approx(x[:, ::2], abs=1e-8)
    assert back_y == pytest.approx(np.broadcast_to(y, (2, 2)), abs=1e-8)
    assert wcs.jacobian_deg(x, y)[0].shape == (2, 3)
