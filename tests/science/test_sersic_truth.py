"""Galaxies against GalSim, an independent renderer, and through the whole measurement."""

from functools import cache

import astropy.units as u
import galsim
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from photometry_core.celestial import TanSip
from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.flags import BY_NAME, CONTAINS_BAD_PIXEL
from photometry_core.forced import measure_exposure
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2
from photometry_core.psf import render_point_source
from photometry_core.sersic import render_sersic
from photometry_core.simulation import exposures
from photometry_core.types import MeasureOptions, SersicProfile, Target

PIXEL_ARCSEC = 6.15
PIXEL_DEG = PIXEL_ARCSEC / 3600
OPTIONS = MeasureOptions()
EXPOSURE = exposures.exposure(20_000, 2)
SKY_MJY_SR, SKY_SIGMA_MJY_SR = 0.3, 0.02
X_PIX, Y_PIX = 1000.3, 999.8
SIZE_PIX, ORIGIN_PIX = 61, (970, 970)

# Share, sigma in units of the whole, and offsets (x, y) in pixels, of Gaussians.
COMPONENTS = ((0.7, 0.95, 0.0, 0.0), (0.2, 1.3, 0.05, -0.04), (0.1, 2.0, -0.06, 0.03))
FWHM_ARCSEC = {0.8: 3.5, 2.4: 4.2, 5.0: 5.8}
GALSIM = galsim.GSParams(
    maximum_fft_size=16384, folding_threshold=3e-3, kvalue_accuracy=1e-6, maxk_threshold=3e-5
)


def gaussians(wavelength_um: float) -> list[tuple[float, float, float, float]]:
    sigma = FWHM_ARCSEC[wavelength_um] / PIXEL_ARCSEC / 2.3548
    return [(share, sigma * factor, dx, dy) for share, factor, dx, dy in COMPONENTS]


@cache
def psf_grid(wavelength_um: float) -> PsfGrid:
    at = (np.arange(101) - 50) / 10
    plane = sum(
        share
        * np.outer(np.exp(-0.5 * ((at - dy) / sigma) ** 2), np.exp(-0.5 * ((at - dx) / sigma) ** 2))
        / sigma**2
        for share, sigma, dx, dy in gaussians(wavelength_um)
    )
    return PsfGrid(
        planes=(plane / plane.sum()).astype(np.float32)[None, None],
        x_centers_pix=np.array([0.0]),
        y_centers_pix=np.array([0.0]),
        oversampling=10,
    )


def galsim_image(shape, wcs, wavelength_um, x_pix, y_pix, box) -> np.ndarray:
    """Fraction of the flux of a source per pixel; box is (first x, first y, width).

    `wcs` is a galsim WCS from pixels to arcsec to the east and to the north; without a
    shape the source is a point.
    """
    parts = [
        galsim.Gaussian(sigma=sigma, flux=share, gsparams=GALSIM).shift(dx, dy)
        for share, sigma, dx, dy in gaussians(wavelength_um)
    ]
    source = galsim.Add(parts)
    if shape is not None:
        galaxy = galsim.Sersic(
            n=shape.sersic_index,
            half_light_radius=shape.effective_radius_arcsec * np.sqrt(shape.axis_ratio),
            gsparams=GALSIM,
        ).shear(q=shape.axis_ratio, beta=(90 - shape.position_angle_deg) * galsim.degrees)
        source = galsim.Convolve([wcs.profileToImage(galaxy), source], gsparams=GALSIM)
    first_x, first_y, width = box
    middle = (width - 1) / 2
    offset = (x_pix - first_x - middle, y_pix - first_y - middle)
    return source.drawImage(nx=width, ny=width, scale=1.0, offset=offset, dtype=float).array


def celestial(roll_deg: float, parity: int) -> TanSip:
    """A distorted WCS of either parity."""
    c, s = np.cos(np.radians(roll_deg)), np.sin(np.radians(roll_deg))
    sip_a, sip_b = np.zeros((3, 3)), np.zeros((3, 3))
    sip_a[2, 0], sip_a[1, 1], sip_b[0, 2], sip_b[1, 0] = 4e-6, -2e-6, 3e-6, 2e-3
    return TanSip(
        crpix=(300.0, 1500.0),
        crval_deg=(30.0, 65.0),
        cd_deg=PIXEL_DEG * np.array([[c, -s], [s, c]]) @ np.diag([-parity, 1.0]),
        sip_a=sip_a,
        sip_b=sip_b,
    )


def astropy_wcs(wcs: TanSip) -> WCS:
    """The same WCS as astropy reads it from a header, with its pixels counted from 1."""
    header = {
        "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CUNIT1": "deg", "CUNIT2": "deg",
        "CRPIX1": wcs.crpix[0] + 1, "CRPIX2": wcs.crpix[1] + 1, "RADESYS": "ICRS",
        "CRVAL1": wcs.crval_deg[0], "CRVAL2": wcs.crval_deg[1], "A_ORDER": 2, "B_ORDER": 2,
    }  # fmt: skip
    for i in (0, 1):
        for j in (0, 1):
            header[f"CD{i + 1}_{j + 1}"] = wcs.cd_deg[i, j]
    for letter, terms in (("A", wcs.sip_a), ("B", wcs.sip_b)):
        header |= {f"{letter}_{p}_{q}": terms[p, q] for p in range(3) for q in range(3 - p)}
    return WCS(header)


def second_moments(light: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Matrix of the second moments of light about its centre."""
    share = light / light.sum()
    dx, dy = x - (share * x).sum(), y - (share * y).sum()
    return np.array([[(share * a * b).sum() for a in (dx, dy)] for b in (dx, dy)])


def offsets_arcsec(wcs: TanSip, x, y, x0: float, y0: float) -> tuple[np.ndarray, np.ndarray]:
    """Offsets to the east and north by astropy's WCS and its spherical geometry."""
    reference = astropy_wcs(wcs)
    center = SkyCoord(*reference.all_pix2world(x0, y0, 0), unit="deg")
    frame = center.skyoffset_frame()
    there = SkyCoord(*reference.all_pix2world(x, y, 0), unit="deg").transform_to(frame)
    return there.lon.to_value(u.arcsec), there.lat.to_value(u.arcsec)


def galsim_wcs(wcs: TanSip, x0: float, y0: float) -> galsim.JacobianWCS:
    half = np.array([0.5, -0.5, 0.0, 0.0])
    east, north = offsets_arcsec(wcs, x0 + half, y0 + half[::-1] * -1, x0, y0)
    return galsim.JacobianWCS(
        east[0] - east[1], east[2] - east[3], north[0] - north[1], north[2] - north[3]
    )


class Wavelengths:
    def at(self, _x_pix: float, _y_pix: float) -> tuple[float, float]:
        return 2.4, 0.06


def cutout_of(flux_ujy: np.ndarray, wcs: TanSip, rng=None, wavelength_um=2.4) -> Cutout:
    """A cutout of sources whose flux per pixel is given, with a sky, and noise or none."""
    rows, columns = np.indices(flux_ujy.shape)
    solid_angle = wcs.solid_angle_arcsec2(columns + ORIGIN_PIX[0], rows + ORIGIN_PIX[1])
    clean = SKY_MJY_SR + flux_ujy / (UJY_PER_MJY_SR_ARCSEC2 * solid_angle)
    slope = SKY_SIGMA_MJY_SR**2 / SKY_MJY_SR
    image = clean
    if rng is not None:
        image = clean + rng.normal(size=clean.shape) * np.sqrt(slope * clean)
    return Cutout(
        exposure=EXPOSURE,
        image_mjy_sr=image.astype(np.float32),
        variance_mjy2_sr2=(slope * image).astype(np.float32),
        flags=np.zeros(clean.shape, np.int32),
        origin_pix=ORIGIN_PIX,
        solid_angle_arcsec2=solid_angle,
        wcs=wcs,
        spectral=Wavelengths(),
        psf=psf_grid(wavelength_um),
    )


def target_at(wcs: TanSip, x_pix: float, y_pix: float, shape=None) -> Target:
    ra, dec = wcs.pixel_to_sky(x_pix, y_pix)
    return Target(name="", ra_deg=float(ra), dec_deg=float(dec), profile=shape)


def shape_of(n: float, radius: float, ratio: float, angle: float) -> SersicProfile:
    return SersicProfile(
        sersic_index=n,
        effective_radius_arcsec=radius,
        axis_ratio=ratio,
        position_angle_deg=angle,
    )


def image_of(shape, wcs: TanSip, x_pix=X_PIX, y_pix=Y_PIX) -> np.ndarray:
    box = (*ORIGIN_PIX, SIZE_PIX)
    return galsim_image(shape, galsim_wcs(wcs, x_pix, y_pix), 2.4, x_pix, y_pix, box)


@pytest.mark.parametrize("wavelength_um", [0.8, 2.4, 5.0])
def test_flux_errors_over_the_grid_of_shapes(wavelength_um):
    """Indices, radii and axis ratios at random sub-pixel phases and position angles."""
    rng = np.random.default_rng(int(10 * wavelength_um))
    north_up = galsim.JacobianWCS(-PIXEL_ARCSEC, 0.0, 0.0, PIXEL_ARCSEC)
    errors = []
    for n in (0.5, 1.0, 2.5, 4.0, 6.0):
        for radius, half in ((1.0, 13), (3.0, 13), (10.0, 15), (20.0, 20)):
            for ratio in (0.1, 0.5, 1.0):
                shape = shape_of(n, radius, ratio, rng.uniform(-180, 180))
                x, y = rng.uniform(99.5, 100.5, 2)
                cd_deg = PIXEL_DEG * np.diag([-1.0, 1.0])
                model, (left, bottom) = render_sersic(
                    psf_grid(wavelength_um), shape, cd_deg, x, y, half
                )
                box = (left, bottom, 2 * half + 1)
                truth = galsim_image(shape, north_up, wavelength_um, x, y, box)
                errors.append((model * truth).sum() / (model**2).sum() - 1)
                assert np.max(np.abs(model - truth)) < 2e-4 * truth.max()
    rms, worst = np.sqrt(np.mean(np.square(errors))), np.max(np.abs(errors))
    print(f"{wavelength_um} um: flux error {rms:.1e} rms, {worst:.1e} max")
    assert rms < 2e-5
    assert worst < 1e-4


@pytest.mark.parametrize("parity", [1, -1])
@pytest.mark.parametrize("roll_deg", np.arange(8) * 45.0 + 7.0)
def test_position_angles_are_east_of_north_at_every_roll_and_parity(roll_deg, parity):
    wcs, shape = celestial(roll_deg, parity), shape_of(1.0, 12.0, 0.25, 30.0)
    light, (left, bottom) = render_sersic(
        psf_grid(2.4), shape, wcs.local_cd_deg(X_PIX, Y_PIX), X_PIX, Y_PIX, 20
    )
    rows, columns = np.indices(light.shape)
    east, north = offsets_arcsec(wcs, columns + left, rows + bottom, X_PIX, Y_PIX)
    star, (left, bottom) = render_point_source(psf_grid(2.4), X_PIX, Y_PIX)
    rows, columns = np.indices(star.shape)
    star_east, star_north = offsets_arcsec(wcs, columns + left, rows + bottom, X_PIX, Y_PIX)
    moments = second_moments(light, east, north) - second_moments(star, star_east, star_north)
    (ee, en), (_, nn) = moments
    angle = np.degrees(0.5 * np.arctan2(2 * en, nn - ee))
    assert angle == pytest.approx(30.0, abs=1.0)
    # The whole measurement on the image of another program.
    flux = 2e4
    cutout = cutout_of(flux * image_of(shape, wcs), wcs)
    [row] = measure_exposure(cutout, [target_at(wcs, X_PIX, Y_PIX, shape)], OPTIONS)
    assert row.flux_ujy == pytest.approx(flux, rel=1e-3)
    turned = shape_of(1.0, 12.0, 0.25, -30.0)
    [wrong] = measure_exposure(cutout, [target_at(wcs, X_PIX, Y_PIX, turned)], OPTIONS)
    assert abs(wrong.flux_ujy / flux - 1) > 0.05


@pytest.mark.parametrize(
    ("n", "radius", "is_local"), [(1.0, 3.0, True), (4.0, 10.0, False), (6.0, 19.0, False)]
)
def test_wings_in_the_background_cost_no_flux(n, radius, is_local):
    """Noise-free: the background holds light of the galaxy, and the result does not show it."""
    wcs, shape, flux = celestial(20.0, 1), shape_of(n, radius, 0.8, 75.0), 2e4
    cutout = cutout_of(flux * image_of(shape, wcs), wcs)
    [row] = measure_exposure(cutout, [target_at(wcs, X_PIX, Y_PIX, shape)], OPTIONS)
    assert row.flux_ujy == pytest.approx(flux, rel=2e-4)
    assert row.background_mjy_sr == pytest.approx(SKY_MJY_SR, abs=2e-5)
    assert row.background_is_local == is_local
    assert row.model == "sersic"
    assert row.stamp.model_mjy_sr == pytest.approx(row.stamp.image_mjy_sr, abs=1e-3)


def test_flags_count_within_the_effective_radius():
    wcs, shape = celestial(20.0, 1), shape_of(1.0, 19.0, 0.5, 0.0)
    cutout = cutout_of(1e4 * image_of(shape, wcs), wcs)
    row, column = int(Y_PIX + 0.5) - ORIGIN_PIX[1], int(X_PIX + 0.5) - ORIGIN_PIX[0]
    cutout.flags[row, column + 3] = BY_NAME["HOT"].mask
    galaxy, star = target_at(wcs, X_PIX, Y_PIX, shape), target_at(wcs, X_PIX, Y_PIX)
    [extended] = measure_exposure(cutout, [galaxy], OPTIONS)
    [point] = measure_exposure(cutout, [star], OPTIONS)
    assert extended.flags == BY_NAME["HOT"].mask | CONTAINS_BAD_PIXEL
    assert point.flags == 0


def test_a_galaxy_below_an_arcsec_is_measured_as_a_point_and_says_so():
    wcs = celestial(20.0, 1)
    cutout = cutout_of(1e4 * image_of(None, wcs), wcs)
    small = target_at(wcs, X_PIX, Y_PIX, shape_of(4.0, 0.9, 0.5, 0.0))
    [row] = measure_exposure(cutout, [small], OPTIONS)
    [star] = measure_exposure(cutout, [target_at(wcs, X_PIX, Y_PIX)], OPTIONS)
    assert (row.flux_ujy, row.model) == (star.flux_ujy, "point (Re < 1 arcsec)")
    assert star.model == "point"


def pulls(sources, count, seed) -> np.ndarray:
    """(measured - true) / error of sources (shape, x, y, flux) that are fitted together."""
    wcs = celestial(20.0, 1)
    flux = np.array([source[3] for source in sources])
    light = sum(f * image_of(shape, wcs, x, y) for shape, x, y, f in sources)
    targets = [target_at(wcs, x, y, shape) for shape, x, y, _ in sources]
    rng = np.random.default_rng(seed)
    rows = [measure_exposure(cutout_of(light, wcs, rng), targets, OPTIONS) for _ in range(count)]
    return np.array(
        [[(m.flux_ujy - f) / m.flux_err_ujy for m, f in zip(r, flux, strict=True)] for r in rows]
    )


def assert_honest(values: np.ndarray) -> None:
    """Mean 0 and width 1, within four standard errors and the 3 % that is asked of errors."""
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert abs(values.std() - 1) < 4 / np.sqrt(2 * values.size) + 0.03


@pytest.mark.parametrize(("n", "radius"), [(1.0, 5.0), (4.0, 10.0), (1.0, 19.0)])
def test_pulls_of_a_galaxy(n, radius):
    galaxy = (shape_of(n, radius, 0.6, 40.0), X_PIX, Y_PIX, 6000.0)
    assert_honest(pulls([galaxy], 500, seed=5)[:, 0])


def test_pulls_of_a_galaxy_and_a_star_upon_it():
    galaxy = (shape_of(2.5, 6.0, 0.6, 40.0), X_PIX, Y_PIX, 9000.0)
    star = (None, X_PIX + 0.5, Y_PIX - 0.3, 4000.0)
    both = pulls([galaxy, star], 500, seed=6)
    assert_honest(both[:, 0])
    assert_honest(both[:, 1])
    # Blended fluxes are anticorrelated.
    assert np.corrcoef(both.T)[0, 1] < -0.2


def test_a_star_far_from_a_galaxy_is_not_touched_by_it():
    """Fit boxes that share no pixel are fitted apart, whatever the order of the list."""
    wcs = celestial(20.0, 1)
    shape = shape_of(1.0, 5.0, 0.5, 0.0)
    light = 1e4 * image_of(shape, wcs, 985.2, 1000.1) + 4e3 * image_of(None, wcs, 1012.1, 1000.4)
    cutout = cutout_of(light, wcs, np.random.default_rng(8))
    galaxy, star = target_at(wcs, 985.2, 1000.1, shape), target_at(wcs, 1012.1, 1000.4)
    alone = measure_exposure(cutout, [star], OPTIONS)[0].flux_ujy
    assert measure_exposure(cutout, [galaxy, star], OPTIONS)[1].flux_ujy == alone
    assert measure_exposure(cutout, [star, galaxy], OPTIONS)[0].flux_ujy == alone
