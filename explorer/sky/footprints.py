"""Outlines of the exposures that cover a target, for the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings

from jobs import archives
from photometry_core.types import DETECTORS, Exposure, IntArray, MeasureOptions, Target

MOST_PER_DETECTOR = 20
"""More would be a tangle of lines; those that are shown are spread over the time range."""

_DECIMALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFootprints:
    """Some of the exposures that cover a target, with their outlines.

    Parameters
    ----------
    total
        How many cover it.
    shown
        The exposures, and their corners as (ra, dec) in ICRS degrees.
    """

    total: int
    shown: list[tuple[Exposure, list[list[float]]]]

    def to_json(self) -> dict[str, Any]:
        """Return what the map draws."""
        return {
            "total": self.total,
            "footprints": [
                {
                    "detector": exposure.detector,
                    "obs_id": exposure.obs_id,
                    "mjd": exposure.mjd,
                    "corners": corners,
                }
                for exposure, corners in self.shown
            ],
        }


def footprints_of(target: Target, options: MeasureOptions) -> TargetFootprints:
    """Return outlines of exposures that cover a target and that the options accept.

    Raises
    ------
    ArchiveError
        The archive can't be opened or searched.
    ExposureError
        An exposure vanished after it was found.
    """
    archive = archives.open_anew(settings.SPHEREX_ARCHIVE)
    found = [match.exposure for match in archive.find_exposures([target], options).matches]
    chosen = []
    for detector in DETECTORS:
        of_detector = [exposure for exposure in found if exposure.detector == detector]
        chosen += [of_detector[index] for index in _spread(len(of_detector)).tolist()]
    outlines = archive.footprints(chosen)
    corners = np.round(np.stack([outlines.ra_deg, outlines.dec_deg], axis=-1), _DECIMALS)
    return TargetFootprints(
        total=len(found), shown=list(zip(chosen, corners.tolist(), strict=True))
    )


def _spread(number: int) -> IntArray:
    """Indices of at most so many as are shown, evenly over all, the first and last among them."""
    count = min(number, MOST_PER_DETECTOR)
    return np.unique(np.rint(np.linspace(0, max(number - 1, 0), count)).astype(np.int64))
