"""Fluxes of point sources against the exact pixel integrals of an analytic PSF."""

import numpy as np
import pytest
from scipy.special import ndtr

from photometry_core.celestial import TanSip
from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.forced import measure_exposures
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2
from photometry_core.simulation import exposures
from photometry_core.types import MeasureOptions, Target

PIXEL_DEG = 6.15 / 3600
SIZE, MIDDLE, SKY_MJY_SR, FLUX_UJY = 41, 1000, 0.3, 1e5
WCS = TanSip(
    crpix=(900.0, 1100.0),
    crval_deg=(30.0, 65.0),
    cd_deg=PIXEL_DEG * np.array([[-0.8, 0.6], [0.6, 0.8]]),
    sip_a=np.zeros((3, 3)),
    sip_b=np.zeros((3, 3)),
)
# Share, sigma (x, y) and offset (x, y) in pixels: lopsided, so that no error of sign can hide.
COMPONENTS = ((0.7, 0.33, 0.36, 0.01, -0.02), (0.3, 0.60, 0.55, 0.08, 0.05))


class Wavelengths:
    def at(self, _x_pix: float, _y_pix: float) -> tuple[float, float]:
        return 2.4, 0.06


def integrals(edges_x, edges_y, width) -> np.ndarray:
    """Light in pixels of a width whose centres are given; offsets are from the source."""
    half = np.array([[-0.5], [0.5]]) * width
    return sum(
        share
        * np.outer(
            np.diff(ndtr((edges_y + half - dy) / sy), axis=0)[0],
            np.diff(ndtr((edges_x + half - dx) / sx), axis=0)[0],
        )
        for share, sx, sy, dx, dy in COMPONENTS
    )


def optical_psf() -> PsfGrid:
    """As in QR2: samples of the PSF, ten per pixel."""
    at = (np.arange(101) - 50) / 10
    plane = sum(
        share
        * np.outer(
            np.exp(-0.5 * ((at - dy) / sy) ** 2) / sy, np.exp(-0.5 * ((at - dx) / sx) ** 2) / sx
        )
        for share, sx, sy, dx, dy in COMPONENTS
    )
    return grid_of(plane / plane.sum(), oversampling=10, pixel_included=False)


def effective_psf() -> PsfGrid:
    """As in QR3, but sampled ten times per pixel, not five: samples of integrals over pixels."""
    at = (np.arange(121) - 60) / 10
    plane = integrals(at, at, 1.0)
    return grid_of(plane / plane.sum(), oversampling=10, pixel_included=True)


def grid_of(plane, *, oversampling, pixel_included) -> PsfGrid:
    return PsfGrid(
        planes=plane[None, None],
        x_centers_pix=np.array([1000.0]),
        y_centers_pix=np.array([1000.0]),
        oversampling=oversampling,
        pixel_included=pixel_included,
    )


def cutout_of(psf, x, y) -> Cutout:
    """A star without noise at a position near the middle, on a plane of diffuse light."""
    origin = MIDDLE - SIZE // 2
    at = np.arange(SIZE) + origin
    columns, rows = np.meshgrid(at, at)
    solid_angle = WCS.solid_angle_arcsec2(columns, rows)
    light = FLUX_UJY * integrals(at - x, at - y, 1.0) / (UJY_PER_MJY_SR_ARCSEC2 * solid_angle)
    sky = SKY_MJY_SR + 0.01 * (columns - MIDDLE) - 0.02 * (rows - MIDDLE)
    image = sky + light
    return Cutout(
        exposure=exposures.exposure(20_000, 4),
        image_mjy_sr=image.astype(np.float32),
        variance_mjy2_sr2=(1e-4 + 1e-3 * image).astype(np.float32),
        flags=np.zeros(image.shape, np.int32),
        origin_pix=(origin, origin),
        solid_angle_arcsec2=solid_angle,
        wcs=WCS,
        spectral=Wavelengths(),
        psf=psf,
    )


@pytest.mark.parametrize("make_psf", [optical_psf, effective_psf])
def test_flux_is_exact_to_a_millionth_at_every_phase(make_psf):
    psf = make_psf()
    positions = MIDDLE + np.random.default_rng(1).uniform(-0.5, 0.5, (300, 2))
    positions = [*positions, (1000.0, 1000.0), (1000.5, 999.5), (999.999999, 1000.499999)]
    problems = []
    for x, y in positions:
        ra, dec = WCS.pixel_to_sky(x, y)
        problems.append((cutout_of(psf, x, y), [Target(name="", ra_deg=ra, dec_deg=dec)]))
    rows = [row for [row] in measure_exposures(problems, MeasureOptions())]
    assert not any(row.reason for row in rows)
    errors = np.array([row.flux_ujy for row in rows]) / FLUX_UJY - 1
    rms = np.sqrt(np.mean(errors**2))
    print(f"{make_psf.__name__}: rms {rms:.1e}, largest {np.abs(errors).max():.1e}")
    # Images and spline coefficients hold 24 bits: 6e-8 of a pixel.
    assert rms < 1e-6
    assert np.abs(errors).max() < 3e-6
    # Background and slope are exact as well: the model of every pixel is the pixel.
    for row in rows:
        difference = row.stamp.image_mjy_sr - row.stamp.model_mjy_sr
        assert np.abs(difference).max() < 1e-6 * row.stamp.image_mjy_sr.max() + 1e-6
