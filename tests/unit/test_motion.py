"""Positions at the time of an exposure, against astropy."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time

from photometry_core.motion import positions_at
from photometry_core.types import ProperMotion, Target


@pytest.mark.parametrize(
    ("ra", "dec", "pm_ra", "pm_dec", "epoch"),
    [
        (269.452, 4.693, -801.6, 10362.4, 2016.0),
        (24.24125, 9.56307, 1239.9, -16.3, 2000.0),
        (0.0001, -0.5, -5000.0, 20.0, 1991.25),
        (120.0, 89.9, 9000.0, -9000.0, 2016.0),
    ],
)
def test_agrees_with_astropy(ra, dec, pm_ra, pm_dec, epoch):
    motion = ProperMotion(pm_ra_mas_yr=pm_ra, pm_dec_mas_yr=pm_dec, ref_epoch_yr=epoch)
    target = Target(name="", ra_deg=ra, dec_deg=dec, motion=motion)
    mjd = 61015.25
    start = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pm_ra * u.mas / u.yr, pm_dec=pm_dec * u.mas / u.yr,
        distance=5 * u.pc, obstime=Time(epoch, format="jyear", scale="tcb"),
    )  # fmt: skip
    expected = start.apply_space_motion(Time(mjd, format="mjd", scale="utc"))
    found_ra, found_dec = positions_at([target], mjd)
    found = SkyCoord(found_ra[0], found_dec[0], unit="deg")
    # The tangent instead of the great circle, and the minute between the time scales.
    assert found.separation(expected.icrs).arcsec < 2e-4
    assert found.separation(start).arcsec > 5


def test_targets_that_rest_stay_exactly_where_they_are():
    targets = [Target(name="", ra_deg=1 / 3, dec_deg=-2 / 3), Target(name="", ra_deg=0, dec_deg=90)]
    ra, dec = positions_at(targets, 61000.0)
    assert np.array_equal(ra, [1 / 3, 0])
    assert np.array_equal(dec, [-2 / 3, 90])
