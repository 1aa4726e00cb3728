"""The simulated survey has the cadence, geometry and names of the real one."""

import re
import time

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, get_sun
from astropy.time import Time

from photometry_core.errors import ExposureError
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.wavelengths import smooth_wavelength, wavelength_grid
from photometry_core.types import DETECTORS, Exposure

HALF_YEAR_DAYS = 365.25 / 2


def equatorial(longitude_deg, latitude_deg):
    ecliptic = SkyCoord(
        longitude_deg * u.deg, latitude_deg * u.deg, frame="barycentricmeanecliptic"
    )
    return float(ecliptic.icrs.ra.deg), float(ecliptic.icrs.dec.deg)


@pytest.mark.parametrize("latitude", [0.0, 30.0, -60.0])
@pytest.mark.parametrize("detector", DETECTORS)
def test_each_pass_has_about_18_exposures_per_detector(latitude, detector):
    """18 / cos(latitude) on average; a position sees one strip of 18, or more that overlap."""
    per_pass = []
    for longitude in np.arange(0.0, 360.0, 5.63):
        found = exposures.coverage(*equatorial(longitude, latitude), detector)
        mjd = survey.mid_mjd(found.pointing)
        per_pass.append(np.count_nonzero(mjd < survey.SURVEY_START_MJD + 365.25) / 2)
    assert np.mean(per_pass) == pytest.approx(17.9 / np.cos(np.radians(latitude)), rel=0.04)
    assert np.median(per_pass) == pytest.approx(17.9 / np.cos(np.radians(latitude)), rel=0.25)


def test_there_are_many_more_near_the_poles():
    counts = {
        latitude: len(exposures.exposures_covering(*equatorial(200.0, latitude)))
        for latitude in (0.0, 75.0, 85.0, -89.5)
    }
    assert 200 < counts[0.0] < 400
    assert 900 < counts[75.0] < 3000 < counts[85.0] < counts[-89.5]
    pole = exposures.exposures_covering(*equatorial(0.0, 90.0))
    assert len(pole) > 10_000
    assert {exposure.collection for exposure in pole} == {
        "spherex_qr2_deep",
        "spherex_qr3_deep",
    }
    assert all(exposure.deep for exposure in pole)
    for detector in DETECTORS:
        assert sum(exposure.detector == detector for exposure in pole) > 1500


def test_every_position_is_seen_by_every_detector():
    rng = np.random.default_rng(6)
    for _ in range(60):
        ra, dec = rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1)))
        for detector in DETECTORS:
            assert exposures.coverage(ra, dec, detector).pointing.size > 25


def test_an_exposure_covers_what_falls_on_its_pixels():
    """No pointing that sees a position is left out, at the very edge of the detector too."""
    rng = np.random.default_rng(7)
    for trial in range(400):
        number, detector = int(rng.integers(survey.POINTINGS)), trial % 6 + 1
        edges = rng.choice([-0.4999, 2039.4999], 2)
        x, y = np.where(rng.random(2) < 0.4, edges, rng.uniform(0, 2039, 2))
        ra, dec = survey.celestial_wcs(number, detector).pixel_to_sky(x, y)
        found = exposures.coverage(float(ra), float(dec), detector)
        (here,) = np.flatnonzero(found.pointing == number)
        assert found.x_pix[here] == pytest.approx(x, abs=1e-9)
        assert found.y_pix[here] == pytest.approx(y, abs=1e-9)


def test_an_exposure_does_not_cover_what_falls_beside_it():
    rng = np.random.default_rng(8)
    for trial in range(200):
        number, detector = int(rng.integers(survey.POINTINGS)), trial % 6 + 1
        x, y = rng.uniform(0, 2039, 2)
        if trial % 2:
            x = rng.choice([-0.5001, 2039.5001])
        else:
            y = rng.choice([-0.5001, 2039.5001])
        ra, dec = survey.celestial_wcs(number, detector).pixel_to_sky(x, y)
        assert number not in exposures.coverage(float(ra), float(dec), detector).pointing


@pytest.mark.parametrize("position", [(24.24, 9.56), (0.0, 89.9), (83.0, -66.0)])
def test_positions_found_are_those_of_the_wcs(position):
    for detector in DETECTORS:
        found = exposures.coverage(*position, detector)
        for k in range(0, found.pointing.size, max(found.pointing.size // 20, 1)):
            wcs = survey.celestial_wcs(int(found.pointing[k]), detector)
            x, y = wcs.sky_to_pixel(np.array([position[0]]), np.array([position[1]]))
            assert x[0] == pytest.approx(found.x_pix[k], abs=1e-9)
            assert y[0] == pytest.approx(found.y_pix[k], abs=1e-9)


def test_searching_is_quick():
    exposures.exposures_covering(24.24, 9.56)  # fits the geometry of all detectors once
    started = time.process_time()
    exposures.exposures_covering(24.24, 9.56)
    ordinary = time.process_time() - started
    started = time.process_time()
    exposures.exposures_covering(*equatorial(0.0, 90.0))
    pole = time.process_time() - started
    print(f"search: {1e3 * ordinary:.1f} ms, at the pole {1e3 * pole:.0f} ms")
    assert ordinary < 0.1
    assert pole < 2.0


def test_names_follow_the_grammar_of_the_archive():
    found = exposures.exposures_covering(24.24, 9.56)
    file = re.compile(
        r"level2_(\d{4}W\d{2}_\d[A-Z])_(\d{4})_(\d)D([1-6])_spx_(l2b-v\d+-\d{4}-\d{3})\.fits"
    )
    for exposure in found:
        match = file.fullmatch(exposures.file_name(exposure))
        assert match is not None
        period, large, small, detector, _ = match.groups()
        assert exposure.obs_id == f"{period}_{large}_{small}"
        assert exposure.detector == int(detector)
        assert 1 <= int(small) <= 4
        year, week, half = period[:4], period[5:7], period[8]
        assert exposure.lvf_id == int(f"{year}{week}{half}01{large}{small}{detector}")
        assert len(str(exposure.lvf_id)) == 15
        release = "qr3" if exposure.mjd >= 61241.0 else "qr2"
        assert (int(match.group(5)[5:7]) >= 27) == (release == "qr3")
        collection = f"spherex_{release}_deep" if exposure.deep else f"spherex_{release}"
        assert exposure.publisher_did == (
            f"ivo://irsa.ipac/{collection}?{exposure.obs_id}/D{detector}"
        )
        # The planning period is the half of the ISO week in which it was observed.
        iso = Time(exposure.mjd, format="mjd").to_datetime().isocalendar()
        assert (iso.year, iso.week) == (int(year), int(week))


def test_identifiers_are_unique_and_lead_back():
    rng = np.random.default_rng(9)
    numbers = np.unique(
        np.concatenate([rng.integers(survey.POINTINGS, size=2000), np.arange(2070, 2090)])
    )
    obs_ids = [exposures.exposure(int(number), 1).obs_id for number in numbers]
    assert len(set(obs_ids)) == numbers.size
    assert [exposures.number_of_obs_id(obs_id) for obs_id in obs_ids] == numbers.tolist()
    again = exposures.exposure(int(numbers[0]), 3)
    assert exposures.pointing_number(again) == numbers[0]


@pytest.mark.parametrize(
    "obs_id", ["", "2025W17_1A_0000_1", "2025W17_2A_0520_1", "2025W17_2A_0000_5", "nonsense"]
)
def test_other_identifiers_are_refused(obs_id):
    with pytest.raises(ExposureError, match="not an observation"):
        exposures.number_of_obs_id(obs_id)


@pytest.mark.parametrize("access", ["", "-1", str(survey.POINTINGS), "s3://somewhere"])
def test_exposures_of_other_archives_are_refused(access):
    known = exposures.exposure(0, 1).to_json()
    with pytest.raises(ExposureError, match="not an exposure of the simulated survey"):
        exposures.pointing_number(Exposure.from_json({**known, "access": access}))


def test_exposures_are_ordered_by_time():
    found = exposures.exposures_covering(100.0, -20.0)
    order = [(exposure.mjd, exposure.detector) for exposure in found]
    assert order == sorted(order)
    assert min(order)[0] >= survey.SURVEY_START_MJD
    assert 61241.0 < max(order)[0] < 61342.5


def test_small_slews_step_by_one_channel():
    """Four exposures 128.9 s apart; the source moves 115 px to lower y, to longer waves."""
    found = exposures.coverage(24.24, 9.56, 2)
    mjd = survey.begin_mjd(found.pointing)
    same_slew = found.pointing[1:] // 4 == found.pointing[:-1] // 4
    assert same_slew.sum() > 15
    assert np.diff(mjd)[same_slew] * 86400 == pytest.approx(128.9, abs=1e-3)
    # Step 115.2 px; dither and roll move it by up to about 9 px.
    assert np.diff(found.y_pix)[same_slew] == pytest.approx(-115.2, abs=12)
    assert np.diff(mjd).min() * 86400 > survey.EXPOSURE_SECONDS


def test_detectors_of_a_pair_look_at_the_same_sky_and_pairs_lie_side_by_side():
    number = 123_456
    centers = {
        d: SkyCoord(*survey.celestial_wcs(number, d).pixel_to_sky(1019.5, 1019.5), unit="deg")
        for d in DETECTORS
    }
    for short, long in ((1, 4), (2, 5), (3, 6)):
        assert centers[short].separation(centers[long]).deg < 0.01
    assert centers[1].separation(centers[2]).deg == pytest.approx(3.9, abs=0.02)
    assert centers[2].separation(centers[3]).deg == pytest.approx(3.9, abs=0.02)
    assert centers[1].separation(centers[3]).deg == pytest.approx(7.8, abs=0.03)


@pytest.mark.parametrize("number", [10, 1234, 2080 * 60 + 500, 2080 * 100 + 1300])
def test_the_boresight_is_at_right_angles_to_the_sun(number):
    pointing = survey.pointings(number)
    sun = get_sun(Time(float(survey.mid_mjd(number)), format="mjd"))
    toward_sun = np.array(sun.cartesian.xyz / sun.cartesian.norm()).ravel()
    angle = np.degrees(np.arccos(pointing.boresight[0] @ toward_sun))
    # The Sun of the survey is a mean one; half a period is 1.7 degrees; deep strips lie 3.9 aside.
    assert angle == pytest.approx(90, abs=8 if pointing.deep[0] else 4)


def test_y_points_along_the_ecliptic_meridian():
    """+x lies a quarter turn clockwise from +y on the sky, and +y is at 0 or 180 degrees."""
    for number in (40, 1000, 1003, 2080 * 30 + 20, 2080 * 90 + 999):
        pointing = survey.pointings(number)
        planned = pointing.planned_angle_deg[0]
        assert pointing.deep[0] or planned in (0.0, 180.0)
        center = SkyCoord(
            *np.degrees(_spherical(pointing.boresight[0])) * u.deg
        ).barycentricmeanecliptic
        step = pointing.boresight[0] + 1e-4 * pointing.y_axis[0]
        up = SkyCoord(*np.degrees(_spherical(step)) * u.deg).barycentricmeanecliptic
        angle = center.position_angle(up).deg
        assert abs((angle - planned + 180) % 360 - 180) < 1.0
        side = pointing.boresight[0] + 1e-4 * pointing.x_axis[0]
        right = SkyCoord(*np.degrees(_spherical(side)) * u.deg).barycentricmeanecliptic
        turned = (center.position_angle(right).deg - angle + 180) % 360 - 180
        assert turned == pytest.approx(-90, abs=1e-3)


def test_the_two_passes_of_a_year_look_from_opposite_sides():
    found = exposures.coverage(24.24, 9.56, 3)
    angle = survey.pointings(found.pointing).planned_angle_deg
    mjd = survey.mid_mjd(found.pointing)
    first = mjd < mjd.min() + 30
    second = (mjd > mjd.min() + 150) & (mjd < mjd.min() + 215)
    assert np.unique(angle[first]).size == np.unique(angle[second]).size == 1
    assert angle[first][0] != angle[second][0]


@pytest.mark.parametrize("detector", DETECTORS)
def test_distortion_is_like_that_of_real_headers(detector):
    wcs = survey.celestial_wcs(777, detector)
    geometry = detector_geometry(detector)
    assert np.linalg.det(wcs.cd_deg) < 0
    scale = np.sqrt(-np.linalg.det(wcs.cd_deg)) * 3600
    assert scale == pytest.approx(6.15, abs=0.02)
    assert geometry.sip_a[0, 0] != 0 != geometry.sip_b[0, 0]
    assert geometry.sip_a[1, 0] != 0 != geometry.sip_b[0, 1]
    # CRVAL is not where CRPIX is.
    x, y = wcs.sky_to_pixel(np.array([wcs.crval_deg[0]]), np.array([wcs.crval_deg[1]]))
    assert np.hypot(x - 1019.5, y - 1019.5)[0] > 0.3
    u, v = np.meshgrid(*2 * [np.linspace(-1020, 1020, 9)])
    powers = [[u**p * v**q for q in range(4)] for p in range(4)]
    moved = sum(geometry.sip_a[p, q] * powers[p][q] for p in range(4) for q in range(4 - p))
    assert 2 < np.abs(moved).max() < 12


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_inverse_distortion_of_the_headers_is_good_to_hundredths_of_a_pixel(detector):
    geometry = detector_geometry(detector)
    x, y = (axis.ravel() for axis in np.meshgrid(*2 * [np.linspace(0, 2039, 25)]))
    wcs = survey.celestial_wcs(5, detector)
    u, v = x - 1019.5, y - 1019.5
    f = u + sum(geometry.sip_a[p, q] * u**p * v**q for p in range(4) for q in range(4))
    g = v + sum(geometry.sip_b[p, q] * u**p * v**q for p in range(4) for q in range(4))
    back_u = f + sum(geometry.sip_ap[p, q] * f**p * g**q for p in range(4) for q in range(4))
    back_v = g + sum(geometry.sip_bp[p, q] * f**p * g**q for p in range(4) for q in range(4))
    assert 1e-4 < np.hypot(back_u - u, back_v - v).max() < 0.05
    plane = geometry.matrix_deg @ np.stack([f, g])
    again = geometry.plane_to_pixel(plane[0], plane[1])
    assert again[0] == pytest.approx(x, abs=1e-9)
    assert again[1] == pytest.approx(y, abs=1e-9)
    columns = np.arange(0, 2040, 103)
    grid_x, grid_y = np.meshgrid(columns, columns)
    assert geometry.solid_angle_arcsec2(columns, columns) == pytest.approx(
        wcs.solid_angle_arcsec2(grid_x, grid_y), rel=1e-8
    )


@pytest.mark.parametrize("detector", DETECTORS)
def test_wavelengths_fall_with_y_and_reproduce_the_end_values(detector):
    bottom, top, wide, narrow = {
        1: (1.11458, 0.73490, 0.0302, 0.0167), 2: (1.65008, 1.08592, 0.0396, 0.0255),
        3: (2.41917, 1.61626, 0.044, 0.0391), 4: (3.81808, 2.39803, 0.105, 0.0365),
        5: (4.41822, 3.79198, 0.0388, 0.0346), 6: (4.99894, 4.39535, 0.0346, 0.0378),
    }[detector]  # fmt: skip
    grid = wavelength_grid(detector)
    wavelength, bandwidth = grid.at(1020.0, np.array([0.0, 2039.0]))
    assert wavelength == pytest.approx([bottom, top], abs=1e-5)
    assert bandwidth == pytest.approx([wide, narrow], rel=0.02)
    assert (np.diff(grid.values_um[..., 0], axis=0) < 0).all()
    # Arcs, symmetric about the middle column, longer waves outside.
    row = grid.at(np.array([0.0, 1020.0, 2039.0]), 1000.0)[0]
    assert row[0] - row[1] == pytest.approx(row[2] - row[1], rel=0.02)
    assert row[0] - row[1] > 0.005
    # The table follows the smooth formula to about a nanometre, as real ones do.
    x = y = np.arange(0, 2040, 61)
    table, _ = grid.at(*np.meshgrid(x, y))
    assert np.abs(table - smooth_wavelength(detector, x, y)).max() < 2.5e-3


def test_wavelengths_of_a_position_cover_the_whole_range():
    seen = []
    for detector in DETECTORS:
        found = exposures.coverage(150.0, 2.0, detector)
        seen.append(wavelength_grid(detector).at(found.x_pix, found.y_pix)[0])
    wavelength = np.sort(np.concatenate(seen))
    assert wavelength[0] < 0.77
    assert wavelength[-1] > 4.95
    # Sampled at least once per bandwidth, nearly everywhere.
    assert np.diff(wavelength).max() < 0.12


def test_dichroic_zones_have_their_own_rows():
    for detector, pair in ((3, (140, 141)), (4, (1800, 1801))):
        rows = wavelength_grid(detector).y.tolist()
        assert rows.index(pair[1]) == rows.index(pair[0]) + 1


def _spherical(vector):
    return np.arctan2(vector[1], vector[0]), np.arcsin(vector[2] / np.linalg.norm(vector))
