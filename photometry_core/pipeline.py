"""Targets and an archive -> spectra.

Knows neither databases nor settings: it runs in a notebook, on the command line and in a
background worker alike. Every exposure found becomes exactly one row per target that it
covers, whatever happens to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context

from photometry_core import __version__
from photometry_core.archive import Archive, open_archive
from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.errors import ExposureError
from photometry_core.extent import half_size_pix
from photometry_core.flags import FIT_ERROR
from photometry_core.forced import measure_exposure
from photometry_core.measurement import Measurement, Provenance
from photometry_core.motion import positions_at
from photometry_core.spectrum import Spectrum, build_spectrum
from photometry_core.types import MeasureOptions, Target

__all__ = [
    "SOFTWARE",
    "failed_rows",
    "half_size_pix",
    "measure",
    "measure_match",
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
    covered = [targets[index] for index in match.targets]
    try:
        cutouts = archive.read_cutouts(match.exposure, covered, half_size_pix(options, covered))
    except ExposureError as error:
        return failed_rows(match, targets, str(error))
    rows = failed_rows(match, targets, "the position falls off the image")
    for cutout, members in cutouts:
        measured = measure_exposure(cutout, [covered[member] for member in members], options)
        for member, measurement in zip(members, measured, strict=True):
            rows[member] = measurement
    return rows


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
) -> list[Spectrum]:
    """Measure targets on exposures that were found before; otherwise like `measure`."""
    rows: list[list[Measurement]] = [[] for _ in targets]
    results = _measure_all(search.matches, targets, archive, options, workers)
    for done, (match, measured) in enumerate(zip(search.matches, results, strict=True), start=1):
        for index, measurement in zip(match.targets, measured, strict=True):
            rows[index].append(measurement)
        if on_progress is not None:
            on_progress(done, len(search.matches))
    origin = provenance(archive, datetime.now(UTC))
    return [
        build_spectrum(target, measurements, options, origin)
        for target, measurements in zip(targets, rows, strict=True)
    ]


def _measure_all(
    matches: Sequence[ExposureMatch],
    targets: Sequence[Target],
    archive: Archive,
    options: MeasureOptions,
    workers: int,
) -> Iterator[list[Measurement]]:
    """Measure every match, in order, in this process or in several."""
    processes = min(workers, len(matches) // _MATCHES_PER_PROCESS)
    if processes <= 1:
        for match in matches:
            yield measure_match(match, targets, archive, options)
        return
    # Spawned, not forked: the calling process may have threads and open connections.
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_open, initargs=(archive.name,)
    ) as pool:
        task = partial(_measure_in_worker, targets=tuple(targets), options=options)
        yield from pool.map(task, matches, chunksize=_MATCHES_PER_TASK)


_worker_archive: Archive | None = None


def _open(name: str) -> None:
    """Open the archive once per worker process."""
    global _worker_archive  # noqa: PLW0603 (a worker process serves one call only)
    _worker_archive = open_archive(name)


def _measure_in_worker(
    match: ExposureMatch, *, targets: Sequence[Target], options: MeasureOptions
) -> list[Measurement]:
    if _worker_archive is None:
        raise RuntimeError("a worker process was started without its archive")
    return measure_match(match, targets, _worker_archive, options)
