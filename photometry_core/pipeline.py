"""Targets and an archive -> spectra.

Knows neither databases nor settings: it runs in a notebook, on the command line and in a
background worker alike. Every exposure found becomes exactly one row per target that it
covers, whatever happens to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context

from photometry_core import __version__
from photometry_core.archive import Archive, open_archive
from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.cutout import Cutout
from photometry_core.errors import ExposureError
from photometry_core.extent import half_size_pix
from photometry_core.flags import FIT_ERROR
from photometry_core.forced import measure_exposures
from photometry_core.measurement import Measurement, Provenance
from photometry_core.motion import positions_at
from photometry_core.spectrum import (
    Spectrum,
    build_spectrum,
)
from photometry_core.stamp_cubes import Stamps, empty_stamps, stack_stamps
from photometry_core.types import MeasureOptions, Target

__all__ = [
    "SOFTWARE",
    "failed_rows",
    "half_size_pix",
    "measure",
    "measure_match",
    "measure_matches",
    "measure_search",
    "provenance",
]

SOFTWARE = f"SPHEREx Explorer {__version__}"

_MATCHES_PER_TASK = 16

_MATCHES_PER_PROCESS = 200
"""A process takes seconds to start; it must have seconds of work to be worth it."""


def measure_match(
    match: ExposureMatch, targets: Sequence[Target], archive: Archive, options: MeasureOptions
) -> list[Measurement]:
    """Measure the targets that one exposure covers.

    Parameters
    ----------
    match
        The exposure and which of the targets it covers.
    targets
        All targets of the job.
    archive
        The archive that found the exposure.
    options
        How to measure.

    Returns
    -------
    list of Measurement
        One per target of the match, in its order. Trouble with the exposure marks the
        rows and raises nothing.
    """
    return measure_matches([match], targets, archive, options)[0]


def measure_matches(
    matches: Sequence[ExposureMatch],
    targets: Sequence[Target],
    archive: Archive,
    options: MeasureOptions,
) -> list[list[Measurement]]:
    """Measure several exposures: like `measure_match` for each of them, in less time."""
    rows: list[list[Measurement | None]] = [[None] * len(match.targets) for match in matches]
    reasons = ["the position falls off the image"] * len(matches)
    problems: list[tuple[Cutout, list[Target]]] = []
    places: list[tuple[int, tuple[int, ...]]] = []
    for number, match in enumerate(matches):
        covered = [targets[index] for index in match.targets]
        try:
            cutouts = archive.read_cutouts(match.exposure, covered, half_size_pix(options, covered))
        except ExposureError as error:
            reasons[number] = str(error)
            continue
        for cutout, members in cutouts:
            problems.append((cutout, [covered[member] for member in members]))
            places.append((number, members))
    for (number, members), measured in zip(
        places, measure_exposures(problems, options), strict=True
    ):
        for member, measurement in zip(members, measured, strict=True):
            rows[number][member] = measurement
    return [_completed(*parts, targets) for parts in zip(rows, matches, reasons, strict=True)]


def _completed(
    rows: Sequence[Measurement | None],
    match: ExposureMatch,
    reason: str,
    targets: Sequence[Target],
) -> list[Measurement]:
    """Return the rows of an exposure, with failed ones for those that are missing."""
    measured = [row for row in rows if row is not None]
    if len(measured) == len(rows):
        return measured
    failed = failed_rows(match, targets, reason)
    return [other if row is None else row for row, other in zip(rows, failed, strict=True)]


def failed_rows(match: ExposureMatch, targets: Sequence[Target], reason: str) -> list[Measurement]:
    """Return the rows of an exposure that could not be measured, with the reason."""
    ra, dec = positions_at([targets[index] for index in match.targets], match.exposure.mjd)
    return [
        Measurement(
            exposure=match.exposure,
            flags=FIT_ERROR,
            ra_deg=float(ra[number]),
            dec_deg=float(dec[number]),
            model=targets[match.targets[number]].model,
            reason=reason,
        )
        for number in range(len(match.targets))
    ]


def provenance(archive: Archive, created: datetime) -> Provenance:
    """Return where spectra come from that this program measures now.

    Parameters
    ----------
    archive
        The archive in use.
    created
        Time of the measurement, with a time zone.
    """
    return Provenance(
        software=SOFTWARE,
        archive=archive.name,
        archive_description=archive.description,
        simulated=archive.simulated,
        calibration=archive.calibration_note(),
        created=created.astimezone(UTC).isoformat(timespec="seconds"),
    )


def measure(
    targets: Sequence[Target],
    archive: Archive,
    options: MeasureOptions | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
) -> list[Spectrum]:
    """Measure targets on all exposures of an archive that cover them.

    Parameters
    ----------
    targets
        Point sources and galaxies; those that overlap in an exposure are fitted together.
    archive
        Where the exposures come from; see `photometry_core.archive.open_archive`.
    options
        What to measure, and how; `None` means the defaults.
    on_progress
        Called with the number of exposures done and found, from the calling thread.
    workers
        Number of processes, at most; few exposures are measured in this one. With more than
        one, the calling script must be importable (``if __name__ == "__main__":``), as
        always with multiprocessing.

    Returns
    -------
    list of Spectrum
        One per target, in order; a target that no exposure covers has an empty one.

    Raises
    ------
    ArchiveError
        The archive can't be searched.
    """
    options = options or MeasureOptions()
    search = archive.find_exposures(targets, options)
    return measure_search(search, targets, archive, options, on_progress, workers)


def measure_search(
    search: ExposureSearch,
    targets: Sequence[Target],
    archive: Archive,
    options: MeasureOptions,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
    *,
    stamps: bool = True,
) -> list[Spectrum]:
    """Measure targets on exposures that were found before; otherwise like `measure`.

    Without `stamps`, which take 15 kB per row, the spectra have none.
    """
    rows: list[list[Measurement]] = [[] for _ in targets]
    counts = Counter(index for match in search.matches for index in match.targets)
    pixels = [empty_stamps(counts[index]) if stamps else None for index in range(len(targets))]
    done = 0
    task = partial(_measure_task, targets=tuple(targets), options=options, stamps=stamps)
    for matches, (measured, stacked) in _work(search.matches, archive, task, workers):
        number = 0
        for match in matches:
            for index in match.targets:
                plane = pixels[index]
                if plane is not None and stacked is not None:
                    plane.put(len(rows[index]), stacked, number)
                rows[index].append(measured[number])
                number += 1
            done += 1
            if on_progress is not None:
                on_progress(done, len(search.matches))
    origin = provenance(archive, datetime.now(UTC))
    return [
        build_spectrum(target, measurements, options, origin, planes, with_stamps=stamps)
        for target, measurements, planes in zip(targets, rows, pixels, strict=True)
    ]


_Measured = tuple[list[Measurement], Stamps | None]
_Task = Callable[[Sequence[ExposureMatch], Archive], _Measured]


def _work(
    matches: Sequence[ExposureMatch],
    archive: Archive,
    task: _Task,
    workers: int,
) -> Iterator[tuple[Sequence[ExposureMatch], _Measured]]:
    """Do a task with all matches, some at a time, in order, here or in several processes."""
    tasks = [
        matches[first : first + _MATCHES_PER_TASK]
        for first in range(0, len(matches), _MATCHES_PER_TASK)
    ]
    processes = min(workers, len(matches) // _MATCHES_PER_PROCESS)
    if processes <= 1:
        for some in tasks:
            yield some, task(some, archive)
        return
    # Spawned, not forked: the calling process may have threads and open connections.
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_open, initargs=(archive.name,)
    ) as pool:
        yield from zip(tasks, pool.map(partial(_in_worker, task), tasks), strict=True)


def _measure_task(
    matches: Sequence[ExposureMatch],
    archive: Archive,
    *,
    targets: Sequence[Target],
    options: MeasureOptions,
    stamps: bool,
) -> _Measured:
    """Measure some exposures; return their rows in order, stamps apart."""
    rows = [row for rows in measure_matches(matches, targets, archive, options) for row in rows]
    stacked = stack_stamps([row.stamp for row in rows]) if stamps else None
    return [replace(row, stamp=None) for row in rows], stacked


_worker_archive: Archive | None = None


def _open(name: str) -> None:
    """Open the archive once per worker process."""
    global _worker_archive  # noqa: PLW0603 (a worker process serves one call only)
    _worker_archive = open_archive(name)


def _in_worker(task: _Task, matches: Sequence[ExposureMatch]) -> _Measured:
    if _worker_archive is None:
        raise RuntimeError("a worker process was started without its archive")
    return task(matches, _worker_archive)
