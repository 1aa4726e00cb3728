"""A look at the place before anything is measured: the target on one exposure of the archive."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from explorer.exposure_counts import position_of
from explorer.in_time import InTime
from explorer.results.arrays import packed
from explorer.results.cutouts import intervals
from explorer.times import format_mjd
from jobs.archives import open_anew, open_for_reading
from photometry_core.archive import Archive
from photometry_core.cutout import Stamp
from photometry_core.errors import ExposureError
from photometry_core.flags import IGNORED_BY_FIT
from photometry_core.sources import Located, locate, on_cutout
from photometry_core.stamps import cut_stamp
from photometry_core.types import (
    RELEASES,
    STAMP_SIZE_PIX,
    BoolArray,
    Exposure,
    MeasureOptions,
    Target,
)

WAIT_SECONDS = 0.8
"""How long a request waits for a picture; one that takes longer is asked for again."""
PREFERRED_DETECTORS = (3, 2, 1, 4, 5, 6)
"""The bands in which most sources are well seen, first."""

_MAX_TRIED = 5
_GOOD_FRACTION = 0.9
"""An exposure with so many usable pixels around the target is good enough."""

_pictures = InTime("previews", threads=2)


def preview(
    archive: str, target: Target, options: MeasureOptions, detector: int | None
) -> dict[str, Any]:
    """Return the surroundings of a target on a good exposure near the middle of the survey.

    Parameters
    ----------
    archive
        Name of the archive.
    target
        The target.
    options
        Its time range and releases are kept to if anything is there, and its detectors say which
        band is shown unless that is given.
    detector
        1 to 6; `None` is the first of `PREFERRED_DETECTORS` that the options have.

    Returns
    -------
    dict
        ``detector``; ``pixels`` as in `explorer.results.cutouts`, or `None` if there is no such
        exposure, with ``missing``, the sentence that says so; ``exposure`` (``id``, ``date``,
        ``wavelength`` in um, ``release``, ``deep``), and ``outside``, whether it lies outside the
        chosen time range or releases.

    Raises
    ------
    StillWorkingError
        It takes longer than a page waits.
    ArchiveError
        The archive can't be searched.
    """
    chosen = detector or next(d for d in PREFERRED_DETECTORS if d in options.detectors)
    key = (archive, target, options, chosen)
    return _pictures.answer(key, partial(_preview, archive, target, options, chosen), WAIT_SECONDS)


def _preview(
    archive: str, target: Target, options: MeasureOptions, detector: int
) -> dict[str, Any]:
    found, outside = _exposures(archive, target, options, detector)
    best = _best(open_for_reading(archive), target, found)
    answer: dict[str, Any] = {"detector": detector, "outside": outside}
    if best is None:
        why = "can be read" if found else "covers this position"
        return answer | {"pixels": None, "missing": f"No exposure in D{detector} {why}."}
    one, stamp = best
    return answer | {
        "missing": None,
        "pixels": _pixels(one, stamp),
        "exposure": _described(one),
    }


def _exposures(
    archive: str, target: Target, options: MeasureOptions, detector: int
) -> tuple[list[Exposure], bool]:
    """Return the exposures to try, and whether they lie outside the chosen times and releases."""
    ra, dec = position_of(target, options)
    place = Target(name="", ra_deg=ra, dec_deg=dec)
    every = MeasureOptions(detectors=(detector,))
    covering = [
        match.exposure for match in open_anew(archive).find_exposures([place], every).matches
    ]
    wanted = [exposure for exposure in covering if _within(exposure, options)]
    used = wanted or covering
    return _from_the_middle(used), not wanted


def _within(exposure: Exposure, options: MeasureOptions) -> bool:
    start, end = options.mjd_range
    return (
        exposure.release in options.releases
        and (start is None or exposure.mjd >= start)
        and (end is None or exposure.mjd <= end)
    )


def _from_the_middle(exposures: Sequence[Exposure]) -> list[Exposure]:
    if not exposures:
        return []
    middle = (exposures[0].mjd + exposures[-1].mjd) / 2
    return sorted(exposures, key=lambda exposure: abs(exposure.mjd - middle))[:_MAX_TRIED]


def _best(
    archive: Archive, target: Target, exposures: Sequence[Exposure]
) -> tuple[Located, Stamp] | None:
    """Return the target on the first good exposure, or on the best one."""
    best: tuple[float, Located, Stamp] | None = None
    for exposure in exposures:
        try:
            cutouts = archive.read_cutouts(exposure, [target], STAMP_SIZE_PIX // 2)
        except ExposureError:
            continue
        for cutout, _ in cutouts:
            one = next(locate(cutout, [target], 0))
            if not on_cutout(one):
                continue
            stamp = cut_stamp(one, None)
            fraction = float(_usable(stamp).mean())
            if fraction > 0 and (best is None or fraction > best[0]):
                best = (fraction, one, stamp)
        if best is not None and best[0] >= _GOOD_FRACTION:
            break
    return best and best[1:]


def _usable(stamp: Stamp) -> BoolArray:
    return np.asarray(np.isfinite(stamp.image_mjy_sr) & (stamp.flags & IGNORED_BY_FIT == 0))


def _pixels(one: Located, stamp: Stamp) -> dict[str, Any]:
    """Return what the browser draws cutouts from; pixels that no fit uses have no value."""
    x0, y0 = stamp.origin_pix
    image = np.where(_usable(stamp), stamp.image_mjy_sr, np.float32(np.nan))
    return {
        "size": STAMP_SIZE_PIX,
        "image": packed(image.ravel(), "f4"),
        "cd": stamp.cd_deg.tolist(),
        "limits": {"image": intervals(image)},
        "target": [one.x_pix - x0, one.y_pix - y0],
        "sky": [one.ra_deg, one.dec_deg],
    }


def _described(one: Located) -> dict[str, Any]:
    exposure = one.cutout.exposure
    wavelength, _ = one.cutout.spectral.at(one.x_pix, one.y_pix)
    return {
        "id": exposure.obs_id,
        "date": format_mjd(exposure.mjd)[:16],
        "wavelength": wavelength,
        "release": exposure.release if exposure.release in RELEASES else exposure.collection,
        "deep": exposure.deep,
        "simulated": exposure.simulated,
    }
