"""How many exposures cover a position, counted while a form is being filled in.

What is found for a position is kept for a while, whatever the options: a change of bands or of
the time range is answered from memory.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
import numpy.typing as npt

from explorer.in_time import InTime, StillWorkingError
from jobs.archives import open_anew
from photometry_core.archive import SIMULATED
from photometry_core.motion import positions_at
from photometry_core.types import (
    DETECTORS,
    RELEASES,
    BoolArray,
    FloatArray,
    MeasureOptions,
    Target,
)

_TARGETS_AT_ONCE = 8
_KEPT_BYTES = 64_000_000
_KEPT_SECONDS = 60.0
"""The files of a folder may change; the simulated survey does not."""
_MIDDLE_OF_SURVEY_MJD = 61100.0

Position = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoveringExposures:
    """The exposures that cover a position, in order of time; arrays of shape (n,).

    Parameters
    ----------
    detector
        1 to 6.
    mjd
        Mid-times, MJD (UTC).
    deep
        Whether it belongs to the deep survey.
    release
        Its place in `RELEASES`.
    """

    detector: npt.NDArray[np.uint8]
    mjd: FloatArray
    deep: BoolArray
    release: npt.NDArray[np.uint8]

    def accepted(
        self, options: MeasureOptions, *, any_time: bool = False, any_release: bool = False
    ) -> BoolArray:
        """Return which of them the options accept, as `MeasureOptions.accepts` does."""
        chosen = np.isin(self.detector, options.detectors)
        if not any_release:
            releases = [RELEASES.index(release) for release in options.releases]
            chosen &= np.isin(self.release, releases)
        start, end = (None, None) if any_time else options.mjd_range
        if start is not None:
            chosen &= self.mjd >= start
        if end is not None:
            chosen &= self.mjd <= end
        return np.asarray(chosen, dtype=np.bool_)

    @property
    def n_bytes(self) -> int:
        """Size in memory, about."""
        return 11 * self.mjd.size + 500


class _Kept:
    """What was found, up to a number of bytes; what was not asked for longest goes first."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, Position], tuple[float, CoveringExposures]]
        self._found = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, archive: str, position: Position) -> CoveringExposures | None:
        with self._lock:
            entry = self._found.get((archive, position))
            if entry is None:
                return None
            since, found = entry
            if archive != SIMULATED and time.monotonic() - since > _KEPT_SECONDS:
                return None
            self._found.move_to_end((archive, position))
            return found

    def put(self, archive: str, position: Position, found: CoveringExposures) -> None:
        with self._lock:
            old = self._found.pop((archive, position), None)
            self._bytes += found.n_bytes - (old[1].n_bytes if old else 0)
            self._found[archive, position] = (time.monotonic(), found)
            while self._bytes > _KEPT_BYTES and len(self._found) > 1:
                _, (_, oldest) = self._found.popitem(last=False)
                self._bytes -= oldest.n_bytes

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self._bytes = 0


_kept = _Kept()
_searches = InTime("exposure counts", most=60)


def forget() -> None:
    """Forget everything that was found."""
    _kept.clear()


def position_of(target: Target, options: MeasureOptions) -> Position:
    """Return where a target is in the middle of the time that is asked for, ICRS degrees.

    Over the survey a target moves by a few pixels at most, so that of all exposures that cover
    this position hardly any misses the target.
    """
    if target.motion is None:
        return target.ra_deg, target.dec_deg
    start, end = options.mjd_range
    known = [mjd for mjd in (start, end) if mjd is not None]
    ra, dec = positions_at([target], sum(known) / len(known) if known else _MIDDLE_OF_SURVEY_MJD)
    return float(ra[0]), float(dec[0])


def exposures_covering(
    archive: str, positions: Sequence[Position], seconds: float
) -> list[CoveringExposures]:
    """Return the exposures that cover positions, for as many as the time allows.

    Parameters
    ----------
    archive
        Name of the archive.
    positions
        ICRS (ra, dec) in degrees.
    seconds
        How long to wait; the search goes on, so that asking again brings more.

    Returns
    -------
    list
        For the first positions, all of them at best, none at worst.

    Raises
    ------
    ArchiveError
        The archive can't be searched.
    """
    deadline = time.monotonic() + seconds
    batches = [
        _Batch(archive, positions[first : first + _TARGETS_AT_ONCE])
        for first in range(0, len(positions), _TARGETS_AT_ONCE)
    ]
    found: list[CoveringExposures] = []
    with suppress(StillWorkingError):
        # What is not ready in time is worked on until it is asked for again.
        for batch in batches:
            batch.begin()
    with suppress(StillWorkingError):
        for batch in batches:
            found += batch.answer(deadline - time.monotonic())
    return found


class _Batch:
    """A few positions that are searched for together."""

    def __init__(self, archive: str, positions: Sequence[Position]) -> None:
        self._positions = positions
        self._known = {position: _kept.get(archive, position) for position in positions}
        missing = tuple(position for position, one in self._known.items() if one is None)
        self._missing = missing
        self._key = (archive, missing)
        self._search = partial(_find, archive, missing)

    def begin(self) -> None:
        if self._missing:
            _searches.begin(self._key, self._search)

    def answer(self, seconds: float) -> list[CoveringExposures]:
        if self._missing:
            self._known |= _searches.answer(self._key, self._search, seconds)
        return [one for position in self._positions if (one := self._known[position]) is not None]


def _find(archive: str, positions: Sequence[Position]) -> dict[Position, CoveringExposures]:
    if archive == SIMULATED:
        found = {position: _in_the_simulated_survey(*position) for position in positions}
    else:
        found = _in_an_archive(archive, positions)
    for position, one in found.items():
        _kept.put(archive, position, one)
    return found


def _in_the_simulated_survey(ra_deg: float, dec_deg: float) -> CoveringExposures:
    """Count without making thousands of `Exposure` values, near the poles of the ecliptic."""
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation import survey
    from photometry_core.simulation.exposures import coverage

    found = [coverage(ra_deg, dec_deg, detector) for detector in DETECTORS]
    number = np.concatenate([one.pointing for one in found])
    detector = np.repeat(DETECTORS, [one.pointing.size for one in found])
    order = np.lexsort((detector, number))
    number, detector = number[order], detector[order]
    is_qr3 = survey.begin_mjd(number) >= survey.QR3_START_MJD
    return CoveringExposures(
        detector=detector.astype(np.uint8),
        mjd=survey.mid_mjd(number),
        deep=survey.is_deep(number),
        release=np.where(is_qr3, RELEASES.index("qr3"), RELEASES.index("qr2")).astype(np.uint8),
    )


def _in_an_archive(
    archive: str, positions: Sequence[Position]
) -> dict[Position, CoveringExposures]:
    targets = [Target(name="", ra_deg=ra, dec_deg=dec) for ra, dec in positions]
    search = open_anew(archive).find_exposures(targets, MeasureOptions())
    lists: list[list[tuple[int, float, bool, int]]] = [[] for _ in positions]
    for match in search.matches:
        exposure = match.exposure
        values = (
            exposure.detector, exposure.mjd, exposure.deep, RELEASES.index(exposure.release)
        )  # fmt: skip
        for index in match.targets:
            lists[index].append(values)
    return {
        position: CoveringExposures(
            detector=np.array([one[0] for one in listed], np.uint8),
            mjd=np.array([one[1] for one in listed], np.float64),
            deep=np.array([one[2] for one in listed], np.bool_),
            release=np.array([one[3] for one in listed], np.uint8),
        )
        for position, listed in zip(positions, lists, strict=True)
    }
