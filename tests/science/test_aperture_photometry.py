"""Apertures: exact areas, honest errors, and the same fluxes as the fit for isolated stars."""

from dataclasses import replace

import numpy as np
import pytest

from photometry_core.aperture_photometry import sum_aperture
from photometry_core.archive.search import ExposureMatch
from photometry_core.archive.simulated import SimulatedArchive
from photometry_core.celestial import TanSip
from photometry_core.cutout import Cutout, PsfGrid
from photometry_core.flags import BY_NAME
from photometry_core.forced import measure_exposure
from photometry_core.kernel.pixels import UJY_PER_MJY_SR_ARCSEC2
from photometry_core.pipeline import measure_match
from photometry_core.psf import render_point_source
from photometry_core.sersic import render_sersic
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.sources import point_sources
from photometry_core.types import MeasureOptions, SersicProfile, Target

POINTINGS = {"qr2": 20_000, "qr3": 280_000}
PIXEL_ARCSEC = 6.0
RADIUS_PIX = 2.3
SIZE_PIX, ORIGIN_PIX = 41, (300, 500)
X_PIX, Y_PIX = 320.2, 519.6
SKY_MJY_SR, SIGMA_MJY_SR, SKY_ERR_MJY_SR = 0.25, 0.02, 0.003
UJY = UJY_PER_MJY_SR_ARCSEC2 * PIXEL_ARCSEC**2
EXPOSURE = exposures.exposure(20_000, 2)
WCS = TanSip(
    crpix=(320.0, 520.0),
    crval_deg=(30.0, 40.0),
    cd_deg=PIXEL_ARCSEC / 3600 * np.array([[-1.0, 0.0], [0.0, 1.0]]),
    sip_a=np.zeros((3, 3)),
    sip_b=np.zeros((3, 3)),
)


class Spectral:
    def at(self, *_):
        return 2.0, 0.05


def gaussian_psf() -> PsfGrid:
    offset = (np.arange(101) - 50) / 10
    along = np.exp(-0.5 * (offset / 0.4) ** 2)
    plane = np.outer(along, along)
    return PsfGrid(
        planes=(plane / plane.sum()).astype(np.float32)[None, None],
        x_centers_pix=np.array([300.0]),
        y_centers_pix=np.array([500.0]),
        oversampling=10,
    )


def flat_cutout(level_mjy_sr: float) -> Cutout:
    shape = (SIZE_PIX, SIZE_PIX)
    return Cutout(
        exposure=EXPOSURE,
        image_mjy_sr=np.full(shape, level_mjy_sr, np.float32),
        variance_mjy2_sr2=np.full(shape, SIGMA_MJY_SR**2, np.float32),
        flags=np.zeros(shape, np.int32),
        origin_pix=ORIGIN_PIX,
        solid_angle_arcsec2=np.full(shape, PIXEL_ARCSEC**2),
        wcs=WCS,
        spectral=Spectral(),
        psf=gaussian_psf(),
    )


def summed(cutout, at_pix=(X_PIX, Y_PIX), radius_pix=RADIUS_PIX, **changes):
    known = {"background_mjy_sr": SKY_MJY_SR, "background_err_mjy_sr": SKY_ERR_MJY_SR}
    return sum_aperture(cutout, at_pix, radius_pix, **known | changes)


def area_of(column: int, row: int) -> float:
    """Area that a pixel and the circle have in common, by counting points."""
    fine = (np.arange(2000) + 0.5) / 2000 - 0.5
    x, y = np.meshgrid(column + fine - X_PIX, row + fine - Y_PIX)
    return float(np.mean(x**2 + y**2 < RADIUS_PIX**2))


def with_flag(cutout, column, row, name="HOT"):
    flags = cutout.flags.copy()
    flags[row - ORIGIN_PIX[1], column - ORIGIN_PIX[0]] |= BY_NAME[name].mask
    return replace(cutout, flags=flags)


def test_a_circle_of_even_light_and_its_error():
    found = summed(flat_cutout(SKY_MJY_SR + 1.0))
    area = np.pi * RADIUS_PIX**2
    assert found.flux_ujy == pytest.approx(area * UJY, rel=1e-6)
    assert found.masked_fraction == 0.0
    squares = sum(area_of(x, y) ** 2 for x in range(317, 324) for y in range(516, 523))
    noise = SIGMA_MJY_SR**2 * squares + (SKY_ERR_MJY_SR * area) ** 2
    assert found.flux_err_ujy == pytest.approx(UJY * np.sqrt(noise), rel=1e-5)


def test_a_masked_pixel_is_left_out_and_told():
    area = np.pi * RADIUS_PIX**2
    # One in the middle, one at the rim, of which the circle covers a part.
    for column, row in ((320, 520), (322, 521)):
        lost = area_of(column, row)
        assert 0 < lost <= 1
        spoilt = with_flag(flat_cutout(SKY_MJY_SR + 1.0), column, row)
        spoilt.image_mjy_sr[row - ORIGIN_PIX[1], column - ORIGIN_PIX[0]] = 1e6
        found = summed(spoilt)
        assert found.masked_fraction == pytest.approx(lost / area, abs=1e-5)
        assert found.flux_ujy == pytest.approx((area - lost) * UJY, rel=1e-5)
    outside = with_flag(flat_cutout(SKY_MJY_SR + 1.0), 323, 522)
    assert summed(outside).masked_fraction == 0.0


@pytest.mark.parametrize("plane", ["image_mjy_sr", "variance_mjy2_sr2"])
def test_pixels_without_a_value_are_masked(plane):
    cutout = flat_cutout(SKY_MJY_SR)
    getattr(cutout, plane)[20, 20] = np.nan
    found = summed(cutout)
    assert found.masked_fraction == pytest.approx(1 / (np.pi * RADIUS_PIX**2))
    assert np.isfinite([found.flux_ujy, found.flux_err_ujy]).all()


def test_flags_that_the_fit_does_not_ignore_mask_nothing():
    assert summed(with_flag(flat_cutout(1.0), 320, 520, "SOURCE")).masked_fraction == 0.0


def test_no_flux_where_everything_is_masked():
    cutout = flat_cutout(1.0)
    found = summed(replace(cutout, flags=np.full_like(cutout.flags, BY_NAME["HOT"].mask)))
    assert np.isnan([found.flux_ujy, found.flux_err_ujy]).all()
    assert found.masked_fraction == 1.0
    assert found.psf_fraction == 0.0


def test_no_flux_where_the_circle_leaves_the_image():
    cutout = flat_cutout(SKY_MJY_SR + 1.0)
    # The image begins at 299.5.
    for x, is_there in ((299.5 + RADIUS_PIX + 1e-6, True), (299.5 + RADIUS_PIX - 1e-3, False)):
        found = summed(cutout, (x, Y_PIX))
        assert np.isfinite([found.flux_ujy, found.flux_err_ujy]).tolist() == [is_there] * 2
        assert (found.masked_fraction == 0.0) == is_there
    half = summed(cutout, (299.5, Y_PIX))
    assert np.isnan(half.flux_ujy)
    assert half.masked_fraction == pytest.approx(0.5)
    corner = summed(cutout, (340.499, 540.499))
    assert np.isnan(corner.flux_ujy)
    assert corner.masked_fraction == pytest.approx(0.75, abs=1e-3)


def test_no_flux_without_a_background():
    found = summed(flat_cutout(1.0), background_mjy_sr=np.nan, background_err_mjy_sr=np.nan)
    assert np.isnan([found.flux_ujy, found.flux_err_ujy]).all()
    assert found.masked_fraction == 0.0


def test_the_fraction_of_a_point_source_is_that_of_the_pixels_in_the_sum():
    whole = summed(flat_cutout(1.0), radius_pix=9.0)
    assert whole.psf_fraction == pytest.approx(1.0, abs=1e-6)
    small = summed(flat_cutout(1.0), radius_pix=0.5)
    assert 0.2 < small.psf_fraction < 0.6
    without_peak = summed(with_flag(flat_cutout(1.0), 320, 520), radius_pix=9.0)
    assert without_peak.psf_fraction < 0.6
    damaged = replace(
        flat_cutout(1.0), psf=replace(gaussian_psf(), planes=np.ones((1, 1, 101, 101)))
    )
    assert np.isnan(summed(damaged).psf_fraction)
    assert np.isfinite(summed(damaged).flux_ujy)


def test_the_light_of_a_displaced_psf_is_on_the_source():
    plane = np.roll(gaussian_psf().planes, (-1, 1), (2, 3))
    cutout = flat_cutout(1.0)
    displaced = replace(cutout, psf=replace(gaussian_psf(), planes=plane))
    expected = summed(cutout, radius_pix=0.7).psf_fraction
    found = summed(displaced, radius_pix=0.7, psf_offset_pix=(0.1, -0.1)).psf_fraction
    assert found == pytest.approx(expected, rel=1e-5)
    assert summed(displaced, radius_pix=0.7).psf_fraction != pytest.approx(expected, rel=1e-3)


def scattered(pointing, detector, flux_ujy, options, seed, count=1000):
    """Measurements of isolated stars, or of the empty sky between none."""
    rng = np.random.default_rng(seed)
    nodes = np.arange(40.0, 2000.0, 57.0)
    x, y = (plane.ravel() for plane in np.meshgrid(nodes, nodes))
    chosen = rng.permutation(x.size)[:count]
    x, y = (axis[chosen] + rng.uniform(-8, 8, chosen.size) for axis in (x, y))
    ra, dec = survey.celestial_wcs(pointing, detector).pixel_to_sky(x, y)
    targets = [
        Target(name="", ra_deg=float(a), dec_deg=float(d)) for a, d in zip(ra, dec, strict=True)
    ]
    there = (ra, dec, flux_ujy) if flux_ujy else ([], [], [])
    match = ExposureMatch(
        exposure=exposures.exposure(pointing, detector), targets=tuple(range(len(targets)))
    )
    return measure_match(match, targets, SimulatedArchive(point_sources(*there)), options)


@pytest.mark.parametrize("radius_arcsec", [12.3, 30.0])
def test_pulls_of_the_empty_sky(radius_arcsec):
    options = MeasureOptions(aperture_radius_arcsec=radius_arcsec)
    rows = scattered(20_000, 2, 0.0, options, int(radius_arcsec))
    pulls = np.array([m.aperture_flux_ujy / m.aperture_flux_err_ujy for m in rows])
    pulls = pulls[np.isfinite(pulls)]
    print(f"{radius_arcsec} arcsec: mean {pulls.mean():+.3f}, width {pulls.std():.3f} "
          f"of {pulls.size}")  # fmt: skip
    assert pulls.size > 950
    assert abs(pulls.mean()) < 3 / np.sqrt(pulls.size)
    # 1 / sqrt(2 n) is 0.022.
    assert pulls.std() == pytest.approx(1.0, abs=0.05)


def test_circles_that_share_pixels_with_the_background_have_errors_on_the_safe_side():
    # A = 300 pixels in the circle, B = 130 in the background, all but a few of them in both.
    # Quoted: A + A^2 / B = 990 times the variance of a pixel; true: 2 A less, or 400.
    options = MeasureOptions(aperture_radius_arcsec=60.0)
    rows = scattered(20_000, 2, 0.0, options, 60)
    pulls = np.array([m.aperture_flux_ujy / m.aperture_flux_err_ujy for m in rows])
    pulls = pulls[np.isfinite(pulls)]
    print(f"width {pulls.std():.3f} of {pulls.size}")
    assert pulls.std() == pytest.approx(np.sqrt(400 / 990), abs=0.08)


@pytest.mark.parametrize(("release", "detector"), [("qr2", 1), ("qr2", 6), ("qr3", 4)])
def test_stars_have_the_flux_of_the_fit(release, detector):
    options = MeasureOptions(aperture_radius_arcsec=12.3)
    flux_ujy = 3000.0
    rows = scattered(POINTINGS[release], detector, flux_ujy, options, 10 + detector, 500)
    assert sum(m.aperture_masked_fraction > 0 for m in rows) > 5
    kept = [m for m in rows if m.aperture_psf_fraction > 0.5 and not m.reason]
    assert len(kept) > 480
    fraction, flux, error, fitted = (
        np.array([getattr(m, name) for m in kept])
        for name in (
            "aperture_psf_fraction", "aperture_flux_ujy", "aperture_flux_err_ujy", "flux_ujy",
        )
    )  # fmt: skip
    # Masked pixels are accounted for as well.
    corrected, its_error = flux / fraction, error / fraction
    pulls = (corrected - flux_ujy) / its_error
    print(
        f"{release} D{detector}: mean {pulls.mean():+.3f}, width {pulls.std():.3f} of {pulls.size}"
    )
    assert abs(pulls.mean()) < 3 / np.sqrt(pulls.size)
    assert pulls.std() == pytest.approx(1.0, abs=0.09)
    # The same pixels: they differ by less than the aperture's error alone, which is larger.
    assert np.std((corrected - fitted) / its_error) < 1.0
    assert np.median(its_error) > np.median([m.flux_err_ujy for m in kept])


@pytest.mark.parametrize("radius_pix", [0.5, 1.7, 4.0, 9.0])
def test_the_sum_of_a_star_without_noise_is_its_fraction_of_the_flux(radius_pix):
    cutout = flat_cutout(0.0)
    light, (x0, y0) = render_point_source(cutout.psf, X_PIX, Y_PIX)
    row, column = y0 - ORIGIN_PIX[1], x0 - ORIGIN_PIX[0]
    cutout.image_mjy_sr[row : row + 13, column : column + 13] = 500.0 * light / UJY
    for one in (cutout, with_flag(cutout, 320, 520)):
        found = summed(one, radius_pix=radius_pix, background_mjy_sr=0.0)
        assert found.flux_ujy == pytest.approx(500.0 * found.psf_fraction, rel=1e-6)


@pytest.mark.parametrize("index", [0.5, 1.0])
def test_the_sum_tends_to_the_total_flux_of_a_galaxy(index):
    shape = SersicProfile(
        sersic_index=index, effective_radius_arcsec=6.0, axis_ratio=0.6, position_angle_deg=20.0
    )
    cutout = flat_cutout(0.0)
    cd_deg = WCS.local_cd_deg(X_PIX, Y_PIX)
    fractions, _ = render_sersic(cutout.psf, shape, cd_deg, X_PIX, Y_PIX, SIZE_PIX // 2)
    cutout = replace(cutout, image_mjy_sr=(800.0 * fractions / UJY).astype(np.float32))
    fluxes = [
        summed(cutout, radius_pix=radius, background_mjy_sr=0.0).flux_ujy
        for radius in (1.0, 2.0, 4.0, 6.0, 9.5)
    ]
    assert np.all(np.diff(fluxes) > 0)
    # An exponential has (1 + b r) exp(-b r) of its light beyond r effective radii: 3e-6 at 9.5.
    assert fluxes[-1] == pytest.approx(800.0, rel=1e-4)


def test_measurements_have_sums_only_if_asked_for():
    ra, dec = WCS.pixel_to_sky(X_PIX, Y_PIX)
    target = Target(name="", ra_deg=float(ra), dec_deg=float(dec))
    rng = np.random.default_rng(1)
    cutout = flat_cutout(SKY_MJY_SR)
    noise = rng.normal(0, SIGMA_MJY_SR, cutout.image_mjy_sr.shape)
    cutout = replace(cutout, image_mjy_sr=(cutout.image_mjy_sr + noise).astype(np.float32))
    [without] = measure_exposure(cutout, [target], MeasureOptions())
    radius = RADIUS_PIX * PIXEL_ARCSEC
    [row] = measure_exposure(cutout, [target], MeasureOptions(aperture_radius_arcsec=radius))
    names = [name for name in row.__dataclass_fields__ if name.startswith("aperture_")]
    assert len(names) == 4
    assert np.isnan([getattr(without, name) for name in names]).all()
    assert (row.flux_ujy, row.flux_err_ujy) == (without.flux_ujy, without.flux_err_ujy)
    direct = summed(
        cutout,
        (row.x_pix, row.y_pix),
        background_mjy_sr=row.background_mjy_sr,
        background_err_mjy_sr=row.background_err_mjy_sr,
    )
    assert row.aperture_flux_ujy == pytest.approx(direct.flux_ujy)
    assert row.aperture_flux_err_ujy == pytest.approx(direct.flux_err_ujy)
    assert row.aperture_psf_fraction == pytest.approx(direct.psf_fraction)
