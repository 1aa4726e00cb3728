"""The simulated instrument draws what it says: held against GalSim, statistics and itself."""

import galsim
import numpy as np
import pytest
from scipy.ndimage import shift

from photometry_core.archive.regions import Box
from photometry_core.flags import BY_NAME, IGNORED_BY_FIT
from photometry_core.simulation import exposures, noise, survey
from photometry_core.simulation.frames import FULL_FRAME, render_frame
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.profiles import (
    SersicShape,
    gaussian_expansion,
    point_profiles,
    sersic_profile,
)
from photometry_core.simulation.psf import (
    effective_zone_planes,
    psf_mixture,
    zone_centers,
    zone_planes,
)
from photometry_core.simulation.scene import place_sources
from photometry_core.simulation.sky import sources_around, sources_near_box
from photometry_core.simulation.sources import make_sources, point_sources
from photometry_core.simulation.spectra import number_of
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.types import DETECTORS

UJY_PER_MJY_SR_ARCSEC2 = 23.504430
POINTING = 45_900
PLANES = ("noiseless_mjy_sr", "image_mjy_sr", "variance_mjy2_sr2", "flags", "zodi_mjy_sr")


def galsim_psf(detector, x_pix, y_pix, params):
    mixture = psf_mixture(detector)
    shares = mixture.shares(np.array([x_pix]), np.array([y_pix]))[0]
    parts = []
    for share, offset, (sx, sy) in zip(shares, mixture.offset_pix, mixture.sigma_pix, strict=True):
        part = galsim.Gaussian(sigma=np.sqrt(sx * sy), flux=share, gsparams=params)
        if sx != sy:
            along = 0 if sx > sy else 90
            part = part.shear(q=min(sx, sy) / max(sx, sy), beta=along * galsim.degrees)
        parts.append(part.shift(*offset))
    return galsim.Sum(parts)


@pytest.mark.parametrize("detector", DETECTORS)
def test_point_sources_are_integrated_over_pixels_exactly(detector):
    """GalSim, which convolves in Fourier space, agrees to 1e-6 of the flux in every pixel."""
    params = galsim.GSParams(
        folding_threshold=1e-5, maxk_threshold=1e-7, kvalue_accuracy=1e-8, maximum_fft_size=8192
    )
    for x, y in ((1000.3, 500.7), (100.0, 2000.49), (1999.9, 3.51)):
        profile, column, row = point_profiles(psf_mixture(detector), np.array([x]), np.array([y]))
        image = galsim.ImageD(13, 13)
        at = (x - (column[0] + 6), y - (row[0] + 6))
        galsim_psf(detector, x, y, params).shift(*at).drawImage(image, scale=1, method="auto")
        assert np.abs(profile[0] - image.array).max() < 1e-6
        assert profile[0].sum() == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize(("index", "tolerance"), [(1.0, 5e-4), (4.0, 1e-3)])
@pytest.mark.parametrize(
    ("radius_pix", "axis_ratio", "angle_deg"), [(0.5, 0.5, 40.0), (1.2, 0.35, 100.0), (3.0, 0.8, 0)]
)
def test_galaxies_are_sersic_profiles(index, tolerance, radius_pix, axis_ratio, angle_deg):
    """Against GalSim: pixels to `tolerance` of the brightest, the fitted flux to 5e-4."""
    params = galsim.GSParams(
        folding_threshold=1e-3, maxk_threshold=1e-4, kvalue_accuracy=1e-6, maximum_fft_size=16384
    )
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    covariance = turn @ np.diag([radius_pix**2, (axis_ratio * radius_pix) ** 2]) @ turn.T
    shape = SersicShape(index=index, covariance_pix2=covariance, half_size_pix=20)
    profile, column, row = sersic_profile(psf_mixture(2), shape, 1000.3, 500.7)
    assert (column, row) == (980, 481)

    # GalSim keeps the area when it shears: its circle has the geometric mean radius.
    galaxy = galsim.Sersic(
        n=index, half_light_radius=radius_pix * np.sqrt(axis_ratio), gsparams=params
    ).shear(q=axis_ratio, beta=angle * galsim.radians)
    whole = galsim.Convolve(galaxy, galsim_psf(2, 1000.3, 500.7, params), gsparams=params)
    image = galsim.ImageD(41, 41)
    whole.shift(0.3, -0.3).drawImage(image, scale=1)
    expected = image.array
    assert np.abs(profile - expected).max() < tolerance * expected.max()
    fitted = (profile * expected).sum() / (expected * expected).sum()
    assert fitted == pytest.approx(1.0, abs=5e-4)


@pytest.mark.parametrize("index", [1.0, 4.0])
def test_gaussian_expansions_hold_half_their_light_within_the_effective_radius(index):
    share, sigma = gaussian_expansion(index)
    assert (share > 0).all()
    assert share.sum() == pytest.approx(1.0)
    within = (share * (1 - np.exp(-0.5 / sigma**2))).sum()
    assert within == pytest.approx(0.5, abs=2e-4)


def test_galaxies_lie_on_the_sky_as_they_are_described():
    """The moments of a rendered galaxy give back its position angle east of north."""
    detector, angle = 3, 35.0
    wcs = survey.celestial_wcs(POINTING, detector)
    ra, dec = wcs.pixel_to_sky(np.array([300.2]), np.array([1700.4]))
    galaxy = make_sources(
        source_id=np.array([1]), ra_deg=ra, dec_deg=dec, template=np.array([number_of("flat")]),
        scale_ujy=np.array([1e5]), sersic_index=np.array([1.0]),
        effective_radius_arcsec=np.array([15.0]), axis_ratio=np.array([0.3]),
        position_angle_deg=np.array([angle]),
    )  # fmt: skip
    box = Box(260, 1660, 341, 1741)
    light = render_exposure(
        POINTING, detector, box, galaxy, noise_on=False, flags_on=False, background_on=False
    ).noiseless_mjy_sr
    y, x = np.mgrid[box.y0 : box.y1, box.x0 : box.x1]
    sky_ra, sky_dec = wcs.pixel_to_sky(x.astype(float), y.astype(float))
    east = (sky_ra - ra[0]) * np.cos(np.radians(dec[0]))
    north = sky_dec - dec[0]
    moments = [(light * a * b).sum() for a, b in ((east, east), (north, north), (east, north))]
    measured = 0.5 * np.degrees(np.arctan2(2 * moments[2], moments[1] - moments[0]))
    assert measured == pytest.approx(angle, abs=0.5)


@pytest.mark.parametrize("detector", DETECTORS)
def test_psf_planes_are_normalised_and_as_wide_as_measured(detector):
    planes = zone_planes(detector)
    assert planes.shape == (121, 101, 101)
    assert planes.astype(float).sum(axis=(1, 2)) == pytest.approx(np.ones(121), abs=1e-6)
    # Nothing is left at the border of a plane, 5 native pixels from the source.
    border = np.concatenate([planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]])
    assert border.max() < 1e-6 * planes.max()
    # The source is half a sample before the middle.
    middle = shift(planes[60].astype(float), 0.5, order=5)
    profile = (middle[50] + middle[50, ::-1] + middle[:, 50] + middle[::-1, 50])[50:] / 4
    half = np.interp(-profile[0] / 2, -profile, np.arange(51) / 10)
    expected = {1: 4.65, 2: 4.54, 3: 4.60, 4: 5.31, 5: 5.57, 6: 5.58}[detector]
    assert 2 * half * 6.15 == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("detector", DETECTORS)
def test_sources_are_a_twentieth_of_a_pixel_before_the_middle_of_planes_of_qr2_only(detector):
    mixture = psf_mixture(detector)
    for planes, zones, oversampling, expected in (
        (zone_planes(detector), 11, 10, -0.05), (effective_zone_planes(detector), 21, 5, 0.0),
    ):  # fmt: skip
        along = (np.arange(planes.shape[1]) - planes.shape[1] // 2) / oversampling
        for zone in (0, zones + 3, zones**2 - 1):
            row, column = divmod(zone, zones)
            x, y = (zone_centers(zones)[[index]] for index in (column, row))
            center_x, center_y = mixture.shares(x, y)[0] @ mixture.offset_pix
            plane = planes[zone].astype(float)
            # Coarse planes end at 3 pixels, with 1e-4 of the light outside.
            assert plane.sum(0) @ along - center_x == pytest.approx(expected, abs=2e-3)
            assert plane.sum(1) @ along - center_y == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("detector", DETECTORS)
def test_blending_zones_reproduces_fluxes(detector):
    """Between zone centres, x varying fastest, and at the edges: to 3e-4 of the flux."""
    mixture, planes = psf_mixture(detector), zone_planes(detector).astype(float)
    centers = zone_centers()
    offset = (np.arange(101) - 50) / 10 + 0.05
    worst = 0.0
    for i in range(0, 10, 3):
        for j in range(0, 10, 3):
            x, y = (centers[i] + centers[i + 1]) / 2, (centers[j] + centers[j + 1]) / 2
            blend = planes[[11 * j + i, 11 * j + i + 1, 11 * j + i + 11, 11 * j + i + 12]].mean(0)
            worst = max(worst, abs(_fitted(blend, mixture, x, y, offset) - 1))
    for x, y, zone in ((0.0, 0.0, 0), (2039.0, 0.0, 10), (0.0, 2039.0, 110)):
        worst = max(worst, abs(_fitted(planes[zone], mixture, x, y, offset) - 1))
    assert worst < 3e-4
    # The PSF does vary: the wrong corner would be far off.
    assert abs(_fitted(planes[120], mixture, 0.0, 0.0, offset) - 1) > 5e-3


def _fitted(model, mixture, x, y, offset):
    """Flux that a fit of a sampled model to the true PSF gives."""
    true = np.zeros_like(model)
    shares = mixture.shares(np.array([x]), np.array([y]))[0]
    for share, (dx, dy), (sx, sy) in zip(
        shares, mixture.offset_pix, mixture.sigma_pix, strict=True
    ):
        true += share * np.outer(
            np.exp(-0.5 * ((offset - dy) / sy) ** 2) / sy,
            np.exp(-0.5 * ((offset - dx) / sx) ** 2) / sx,
        )
    true /= true.sum()
    return (true * model).sum() / (model * model).sum()


@pytest.mark.parametrize("detector", DETECTORS)
def test_fluxes_are_those_of_the_template_at_the_position(detector):
    """Sum over pixels of brightness times solid angle is scale times band mean."""
    wcs = survey.celestial_wcs(POINTING, detector)
    x, y = np.array([60.2, 1000.0, 1980.6]), np.array([1990.1, 700.5, 30.9])
    ra, dec = wcs.pixel_to_sky(x, y)
    stars = point_sources(ra, dec, [100.0, 5000.0, 70.0], template="K giant, 4200 K")
    for k in range(3):
        box = Box(int(x[k]) - 15, int(y[k]) - 15, int(x[k]) + 16, int(y[k]) + 16)
        rendering = render_exposure(
            POINTING, detector, box, stars, noise_on=False, flags_on=False, background_on=False
        )
        columns, rows = np.meshgrid(np.arange(box.x0, box.x1), np.arange(box.y0, box.y1))
        omega = wcs.solid_angle_arcsec2(columns, rows)
        total = (rendering.noiseless_mjy_sr * omega).sum() * UJY_PER_MJY_SR_ARCSEC2
        wavelength, bandwidth = wavelength_grid(detector).at(x[k], y[k])
        assert total == pytest.approx(stars.take([k]).flux_ujy(wavelength, bandwidth)[0], rel=1e-6)
        placed = rendering.placed
        assert placed.index.tolist() == [k]
        assert placed.flux_ujy[0] == pytest.approx(total, rel=1e-6)
        assert (placed.x_pix[0], placed.y_pix[0]) == pytest.approx((x[k], y[k]), abs=1e-8)


@pytest.fixture(
    scope="module", params=[(3, 10.68471, 41.26875), (1, 266.0, -29.0)], ids=["D3", "D1"]
)
def frame(request):
    detector, ra, dec = request.param
    found = exposures.coverage(ra, dec, detector)
    return render_frame(int(found.pointing[found.pointing.size // 3]), detector)


def test_a_cutout_is_a_part_of_the_full_frame_to_the_last_bit(frame):
    rng = np.random.default_rng(3)
    boxes = [Box(0, 0, 31, 27), Box(2009, 2009, 2040, 2040), Box(0, 700, 2040, 705)]
    boxes += [
        Box(int(x), int(y), int(x) + int(w), int(y) + int(h))
        for x, y, w, h in np.column_stack(
            [rng.integers(0, 1970, (25, 2)), rng.integers(1, 70, (25, 2))]
        )
    ]
    wcs = survey.celestial_wcs(frame.pointing, frame.detector)
    for box in boxes:
        part = render_exposure(frame.pointing, frame.detector, box, sources_near_box(wcs, box))
        inside = (slice(box.y0, box.y1), slice(box.x0, box.x1))
        for plane in PLANES:
            whole = getattr(frame, plane)[inside]
            assert np.array_equal(whole, getattr(part, plane), equal_nan=plane != "flags"), plane


def test_flags_have_realistic_fractions(frame):
    def percent(name):
        return 100 * np.count_nonzero(frame.flags & BY_NAME[name].mask) / frame.flags.size

    assert 40 < percent("SOURCE") < 72
    expected = {
        "OUTLIER": 1.7, "TRANSIENT": 0.53, "SUR_ERROR": 0.37, "NONFUNC": 0.29, "PERSIST": 0.20,
        "BLOOM": 0.067, "COLD": 0.042, "OVERFLOW": 0.029, "HALO": 0.018, "FULLSAMPLE": 0.006,
    }  # fmt: skip
    for name, typical in expected.items():
        assert typical / 2 < percent(name) < typical * 2, name
    assert 0.0003 < percent("SNOWBALL") < 0.03
    assert percent("HOT") > 0.001
    if frame.detector == 3:
        assert 1.8 < percent("DICHROIC") < 3.2
        rows = np.nonzero((frame.flags & BY_NAME["DICHROIC"].mask).any(axis=1))[0]
        assert rows.min() == 0
        assert rows.max() < 120
    else:
        assert percent("DICHROIC") == 0


def test_unusable_pixels_hold_nothing_of_use(frame):
    ignored = frame.flags & IGNORED_BY_FIT != 0
    assert np.isfinite(frame.image_mjy_sr[~ignored]).all()
    assert (frame.variance_mjy2_sr2[~ignored] > 0).all()
    nan_image, nan_variance = np.isnan(frame.image_mjy_sr), np.isnan(frame.variance_mjy2_sr2)
    for one, other in ((nan_image, nan_variance), (nan_variance, nan_image)):
        assert (one & other).any()
        assert (one & ~other).any()
    surplus = np.abs(frame.image_mjy_sr - frame.noiseless_mjy_sr)[ignored & ~nan_image]
    assert np.median(surplus) > 5 * np.sqrt(np.median(frame.variance_mjy2_sr2[~ignored]))


def test_noise_is_what_the_variance_says(frame):
    """Deviates have mean 0 and variance 1 overall, in bright pixels and in transient ones."""
    good = frame.flags & IGNORED_BY_FIT == 0
    residual = frame.image_mjy_sr - frame.noiseless_mjy_sr
    # The plane knows the noise of its own pixel; its noiseless counterpart does not.
    slope = noise.photon_slope(frame.detector)
    variance = frame.variance_mjy2_sr2 - slope * residual
    deviate = np.zeros_like(residual)
    deviate[good] = residual[good] / np.sqrt(variance[good])
    transient = frame.flags & BY_NAME["TRANSIENT"].mask != 0
    bright = frame.noiseless_mjy_sr > np.percentile(frame.noiseless_mjy_sr, 99.5)
    for pixels in (good, good & transient, good & bright):
        count = np.count_nonzero(pixels)
        assert count > 10_000
        assert abs(deviate[pixels].mean()) < 5 / np.sqrt(count)
        assert deviate[pixels].var() == pytest.approx(1.0, abs=5 * np.sqrt(2 / count))
    # Transient pixels are noisier than their neighbours, and the plane says so.
    faint = ~bright & good
    assert np.median(variance[faint & transient]) > 2 * np.median(variance[faint & ~transient])
    count = good.sum()
    for moved in (np.roll(deviate, 1, axis=0), np.roll(deviate, 1, axis=1)):
        assert abs((deviate * moved).mean()) < 5 / np.sqrt(count)


@pytest.mark.parametrize("detector", DETECTORS)
def test_noise_levels_are_those_of_real_images(detector):
    medians = {1: 0.0165, 2: 0.0161, 3: 0.0134, 4: 0.0098, 5: 0.0227, 6: 0.0329}
    found = exposures.coverage(213.94271, 11.49539, detector)
    box = Box(900, 100, 940, 2000)
    empty = point_sources([0.0], [0.0], 0.0)
    rendering = render_exposure(int(found.pointing[4]), detector, box, empty)
    level = np.sqrt(np.nanmedian(rendering.variance_mjy2_sr2))
    assert level == pytest.approx(medians[detector], rel=0.2)


@pytest.mark.parametrize("detector", DETECTORS)
def test_variance_is_affine_in_the_observed_brightness(detector):
    wcs = survey.celestial_wcs(POINTING, detector)
    ra, dec = wcs.pixel_to_sky(np.array([500.0]), np.array([800.0]))
    star = point_sources(ra, dec, 30_000.0)
    box = Box(480, 790, 521, 811)
    made = render_exposure(POINTING, detector, box, star, flags_on=False)
    floor = np.broadcast_to(noise.variance_floor(detector, box), made.image_mjy_sr.shape)
    expected = floor + noise.photon_slope(detector) * made.image_mjy_sr
    assert made.variance_mjy2_sr2 == pytest.approx(expected, rel=1e-5)
    assert (noise.variance_floor(detector, FULL_FRAME) > 0).all()


def test_noise_differs_between_exposures_and_detectors_but_defects_stay():
    box = Box(300, 300, 428, 428)
    one = noise.draws(100, 1, box, with_flags=True)
    for other in (
        noise.draws(101, 1, box, with_flags=True),
        noise.draws(100, 2, box, with_flags=True),
    ):
        correlation = np.corrcoef(one.normal.ravel(), other.normal.ravel())[0, 1]
        assert abs(correlation) < 5 / 128
        assert not np.array_equal(one.flags, other.flags)
    again = noise.draws(100, 1, box, with_flags=True)
    assert np.array_equal(one.normal, again.normal)
    assert np.array_equal(noise.fixed_flags(1, box), noise.fixed_flags(1, box))
    assert not np.array_equal(noise.fixed_flags(1, box), noise.fixed_flags(2, box))


def test_switches_leave_out_what_they_name():
    wcs = survey.celestial_wcs(POINTING, 1)
    ra, dec = wcs.pixel_to_sky(np.array([500.0]), np.array([800.0]))
    star, box = point_sources(ra, dec, 1000.0), Box(480, 780, 521, 821)
    bare = render_exposure(
        POINTING, 1, box, star, noise_on=False, flags_on=False, background_on=False
    )
    assert np.array_equal(bare.image_mjy_sr, bare.noiseless_mjy_sr.astype(np.float32))
    assert not bare.flags.any()
    assert bare.noiseless_mjy_sr[0, 0] == 0
    sky = render_exposure(POINTING, 1, box, star, noise_on=False, flags_on=False)
    assert sky.noiseless_mjy_sr[0, 0] > 0.1
    noisy = render_exposure(POINTING, 1, box, star, flags_on=False)
    assert np.array_equal(noisy.noiseless_mjy_sr, sky.noiseless_mjy_sr)
    assert noisy.image_mjy_sr.std() > 0


def test_diffuse_light_depends_on_ecliptic_latitude_and_has_the_helium_line():
    empty = point_sources([0.0], [0.0], 0.0)

    def level(ra, dec, detector, rows):
        found = exposures.coverage(ra, dec, detector)
        box = Box(1000, rows, 1010, rows + 10)
        made = render_exposure(
            int(found.pointing[0]), detector, box, empty, noise_on=False, flags_on=False
        )
        return made.noiseless_mjy_sr.mean(), made.zodi_mjy_sr.mean()

    near_pole, model = level(270.0, 60.0, 3, 1000)
    in_plane, _ = level(180.0, 0.0, 3, 1000)
    assert 2.5 < in_plane / near_pole < 4
    assert near_pole / model == pytest.approx(1.17, rel=1e-5)
    on_line, zodi = level(180.0, 0.0, 1, 140)
    assert on_line - 1.21 * zodi > 0.1
    off_line, zodi = level(180.0, 0.0, 1, 1500)
    assert off_line - 1.21 * zodi == pytest.approx(0, abs=1e-6)


def test_crowded_positions_do_not_depend_on_their_company():
    """A source is at the same place whichever others are computed with it."""
    number, detector = 50_000, 6
    wcs = survey.celestial_wcs(number, detector)
    ra, dec = wcs.pixel_to_sky(np.array([1500.0]), np.array([300.0]))
    all_sources = sources_around(float(ra[0]), float(dec[0]), 0.2)
    box = Box(1440, 240, 1561, 361)
    together = place_sources(number, detector, box, all_sources)
    for k in range(0, together.index.size, 5):
        alone = place_sources(number, detector, box, all_sources.take(together.index[k : k + 1]))
        assert alone.x_pix[0] == together.x_pix[k]
        assert alone.y_pix[0] == together.y_pix[k]
        assert alone.flux_ujy[0] == together.flux_ujy[k]
