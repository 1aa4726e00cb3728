"""Names of simulated exposures, and which of them cover a position.

Identifiers follow the grammar of the archive: planning period ``YYYYWww_nL``, large slew,
small slew, detector.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from photometry_core.errors import ExposureError
from photometry_core.simulation import survey
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.sources import unit_vectors
from photometry_core.types import DETECTOR_SIZE_PIX, DETECTORS, Exposure, FloatArray, IntArray

_REACH_DEG = 2.1
"""Half a detector, with its distortion, the tilt of its axes and the dither, is 1.9 deg."""

_OBS_ID = re.compile(r"(\d{4}W\d{2}_\d[A-Z])_(\d{4})_(\d)")
_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)
# First day (MJD) of processing with each version of the Level-2 pipeline's products.
_PRODUCT_VERSIONS = (
    (0, 20), (61025, 21), (61043, 22), (61050, 23), (61110, 24), (61170, 25),
    (survey.QR3_START_MJD + survey.PERIOD_DAYS, 27),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """Exposures of one detector that cover one position.

    Parameters
    ----------
    detector
        1 to 6.
    pointing
        Numbers of the pointings, ascending, shape (n,).
    x_pix, y_pix
        The position on the detector.
    """

    detector: int
    pointing: IntArray
    x_pix: FloatArray
    y_pix: FloatArray


def coverage(ra_deg: float, dec_deg: float, detector: int) -> Coverage:
    """Return when, and where on a detector, a position was observed.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.
    detector
        1 to 6.
    """
    geometry = detector_geometry(detector)
    direction = unit_vectors(ra_deg, dec_deg)
    numbers = survey.candidates(direction, geometry.offset_deg, _REACH_DEG)
    center, x_axis, y_axis = survey.detector_axes(survey.pointings(numbers), geometry.offset_deg)
    depth = center @ direction
    x, y = geometry.plane_to_pixel(
        np.degrees(x_axis @ direction / depth), np.degrees(y_axis @ direction / depth)
    )
    edge = DETECTOR_SIZE_PIX - 0.5
    inside = (x >= -0.5) & (x < edge) & (y >= -0.5) & (y < edge)
    return Coverage(detector=detector, pointing=numbers[inside], x_pix=x[inside], y_pix=y[inside])


def exposures_covering(
    ra_deg: float, dec_deg: float, detectors: Sequence[int] = DETECTORS
) -> list[Exposure]:
    """Return all exposures that cover a position, ordered by time, then detector."""
    found = [
        (int(number), detector)
        for detector in detectors
        for number in coverage(ra_deg, dec_deg, detector).pointing
    ]
    return [exposure(number, detector) for number, detector in sorted(found)]


def exposure(number: int, detector: int) -> Exposure:
    """Return one exposure by the number of its pointing and its detector."""
    period, large, small = survey.slew_numbers(number)
    name, digits = _planning_period(period)
    obs_id = f"{name}_{large:04d}_{small}"
    deep = bool(survey.is_deep(number))
    collection = f"spherex_{survey.release(number)}" + ("_deep" if deep else "")
    return Exposure(
        publisher_did=f"ivo://irsa.ipac/{collection}?{obs_id}/D{detector}",
        obs_id=obs_id,
        detector=detector,
        lvf_id=int(f"{digits}{large:04d}{small}{detector}"),
        collection=collection,
        deep=deep,
        mjd=float(survey.mid_mjd(number)),
        simulated=True,
        access=str(number),
    )


def pointing_number(exposure: Exposure) -> int:
    """Return the number of the pointing of an exposure.

    Raises
    ------
    ExposureError
        It is not one of this survey.
    """
    number = int(exposure.access) if exposure.access.isdecimal() else -1
    if not 0 <= number < survey.POINTINGS:
        raise ExposureError(
            f"{exposure.obs_id} D{exposure.detector}: not an exposure of the simulated survey "
            f"(pointing {exposure.access!r})"
        )
    return number


def number_of_obs_id(obs_id: str) -> int:
    """Return the number of the pointing with an observation identifier.

    Raises
    ------
    ExposureError
        There is no such observation.
    """
    match = _OBS_ID.fullmatch(obs_id)
    period = _periods_by_name().get(match.group(1)) if match else None
    if match and period is not None:
        large, small = int(match.group(2)), int(match.group(3))
        number = period * survey.POINTINGS_PER_PERIOD + large * survey.SMALL_SLEWS + small - 1
        if survey.slew_numbers(number) == (period, large, small):
            return number
    raise ExposureError(f"{obs_id!r} is not an observation of the simulated survey")


def file_name(exposure: Exposure) -> str:
    """Return the archive's file name, ``level2_<OBSID>D<d>_spx_l2b-v<nn>-<YYYY-DDD>.fits``."""
    period, _, _ = survey.slew_numbers(pointing_number(exposure))
    processed = survey.SURVEY_START_MJD + (period + 1) * survey.PERIOD_DAYS + 1
    version = [v for first, v in _PRODUCT_VERSIONS if processed >= first][-1]
    day = _MJD_ZERO + timedelta(days=processed)
    return f"level2_{exposure.obs_id}D{exposure.detector}_spx_l2b-v{version}-{day:%Y-%j}.fits"


@cache
def _planning_period(period: int) -> tuple[str, str]:
    """Name of a planning period, and its digits in exposure identifiers."""
    start = _MJD_ZERO + timedelta(days=survey.SURVEY_START_MJD + period * survey.PERIOD_DAYS)
    year, week, weekday = start.isocalendar()
    half = 1 if weekday == 1 else 2
    return f"{year}W{week:02d}_{half}A", f"{year}{week:02d}{half}01"


@cache
def _periods_by_name() -> dict[str, int]:
    return {_planning_period(period)[0]: period for period in range(survey.PERIODS)}
