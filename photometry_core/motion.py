"""Where targets are at the time of an exposure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photometry_core.types import FloatArray, ProperMotion, Target

_J2000_MJD = 51544.5
_DAYS_PER_YEAR = 365.25
_MAS_PER_RADIAN = 180 * 3600 * 1000 / np.pi


def positions_at(targets: Sequence[Target], mjd: float) -> tuple[FloatArray, FloatArray]:
    """Return ICRS (ra, dec) in degrees of targets at a time, each of shape (n,).

    Parameters
    ----------
    targets
        With or without proper motion.
    mjd
        Time, MJD (UTC).

    Notes
    -----
    A target moves along the tangent of its motion at the reference epoch, and is projected
    back to the sphere: after 20 years at 10 arcsec/yr this differs from a great circle at
    constant speed by 0.00006 arcsec. Parallax and light travel time are left out; so is
    the minute between UTC and the time scale of epochs.
    """
    ra = np.array([target.ra_deg for target in targets], dtype=np.float64)
    dec = np.array([target.dec_deg for target in targets], dtype=np.float64)
    for index, target in enumerate(targets):
        if target.motion is not None:
            ra[index], dec[index] = _moved(ra[index], dec[index], target.motion, mjd)
    return ra, dec


def _moved(ra_deg: float, dec_deg: float, motion: ProperMotion, mjd: float) -> tuple[float, float]:
    years = (mjd - _J2000_MJD) / _DAYS_PER_YEAR + 2000.0 - motion.ref_epoch_yr
    east = motion.pm_ra_mas_yr * years / _MAS_PER_RADIAN
    north = motion.pm_dec_mas_yr * years / _MAS_PER_RADIAN
    sin_ra, cos_ra = np.sin(np.radians(ra_deg)), np.cos(np.radians(ra_deg))
    sin_dec, cos_dec = np.sin(np.radians(dec_deg)), np.cos(np.radians(dec_deg))
    x = cos_dec * cos_ra - east * sin_ra - north * sin_dec * cos_ra
    y = cos_dec * sin_ra + east * cos_ra - north * sin_dec * sin_ra
    z = sin_dec + north * cos_dec
    ra = np.degrees(np.arctan2(y, x)) % 360.0
    return float(ra), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
