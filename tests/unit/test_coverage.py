"""Outlines of images and coverage maps say what the WCS of the images say."""

import numpy as np
import pytest
from astropy import units as u

from photometry_core.archive.regions import Box
from photometry_core.archive.simulated import SimulatedArchive
from photometry_core.coverage import coverage_map
from photometry_core.errors import ExposureError
from photometry_core.footprints import edge_pixels, outlines
from photometry_core.image_header import Footprint
from photometry_core.simulation import exposures, survey
from photometry_core.types import Exposure

WHOLE = Box(0, 0, 2040, 2040)
CELL_DEG = 0.33  # the diagonal of a cell of order 8


@pytest.fixture(scope="module")
def deep_map():
    return coverage_map(SimulatedArchive().coverage(deep=True), order=7)


def holds(area, ra, dec):
    return area.contains_lonlat(np.atleast_1d(ra) * u.deg, np.atleast_1d(dec) * u.deg)


def test_the_edge_of_an_image_is_that_of_its_pixels():
    x, y = edge_pixels(Box(10, 20, 40, 30), points_per_side=1)
    assert x.tolist() == [9.5, 39.5, 39.5, 9.5]
    assert y.tolist() == [19.5, 19.5, 29.5, 29.5]
    x, y = edge_pixels(WHOLE)
    assert x.size == y.size == 16
    assert ((np.abs(x - 1019.5) == 1020) | (np.abs(y - 1019.5) == 1020)).all()


@pytest.mark.parametrize(("number", "detector"), [(12_345, 2), (300_000, 6)])
def test_an_outline_follows_the_distortion(number, detector):
    wcs = survey.celestial_wcs(number, detector)
    made = outlines([Footprint(box=WHOLE, wcs=wcs)])
    x, y = wcs.sky_to_pixel(made.ra_deg[0], made.dec_deg[0])
    assert np.stack([x, y]) == pytest.approx(np.stack(edge_pixels(WHOLE)), abs=1e-6)


def test_the_map_of_one_image_is_as_large_as_the_image():
    footprint = Footprint(box=WHOLE, wcs=survey.celestial_wcs(12_345, 2))
    area = coverage_map([outlines([footprint])])
    rng = np.random.default_rng(1)
    assert holds(area, *footprint.wcs.pixel_to_sky(*rng.uniform(-0.5, 2039.5, (2, 300)))).all()
    beside = 2040 + CELL_DEG * 3600 / 6.1
    assert not holds(
        area, *footprint.wcs.pixel_to_sky([beside, 1000], [1000, -beside + 2039])
    ).any()
    square_degrees = area.sky_fraction * 41_253
    assert 3.48**2 < square_degrees < (3.5 + 2 * CELL_DEG) ** 2


def test_no_images_cover_nothing():
    assert coverage_map([]).sky_fraction == 0
    assert coverage_map([outlines([])]).empty()


def test_the_simulated_survey_covers_the_whole_sky():
    asked = []

    def counted():
        for batch in SimulatedArchive().coverage():
            asked.append(len(batch))
            yield batch

    assert coverage_map(counted(), order=6).sky_fraction == 1
    # Half a year does it; the rest is not looked at.
    assert sum(asked) < 50_000


def test_the_deep_fields_are_at_the_ecliptic_poles(deep_map):
    pole = np.degrees([np.arctan2(*survey.POLE_ICRS[[1, 0]]), np.arcsin(survey.POLE_ICRS[2])])
    assert holds(deep_map, [pole[0], pole[0] + 180], [pole[1], -pole[1]]).all()
    assert not holds(deep_map, [0.0, 90.0, 180.0], [0.0, 20.0, -40.0]).any()


def test_every_pixel_of_every_deep_exposure_is_in_the_map(deep_map):
    """The map is made of one pointing in twelve: none of the others may stick out."""
    rng = np.random.default_rng(2)
    numbers = rng.integers(survey.POINTINGS, size=4000)
    numbers = numbers[survey.is_deep(numbers)][:150]
    inside = []
    for number in numbers.tolist():
        wcs = survey.celestial_wcs(number, int(rng.integers(1, 7)))
        edge = wcs.pixel_to_sky(*edge_pixels(WHOLE, points_per_side=8))
        inside.append(holds(deep_map, *edge))
    assert np.mean(inside) > 0.999


def test_an_archive_says_where_its_exposures_lie():
    archive = SimulatedArchive()
    numbers = survey.spaced_pointings(range(8), 12, deep=True)
    chosen = [exposures.exposure(int(number), 1) for number in numbers[:40]]
    alone = archive.footprints(chosen)
    together = next(archive.coverage(deep=True))
    turned = np.cos(np.radians(alone.dec_deg)) * np.abs(alone.ra_deg - together.ra_deg[:40])
    assert turned.max() < 1e-8
    assert alone.dec_deg == pytest.approx(together.dec_deg[:40], abs=1e-8)
    with pytest.raises(ExposureError, match="not an exposure of the simulated survey"):
        archive.footprints([Exposure.from_json({**chosen[0].to_json(), "access": "elsewhere"})])
