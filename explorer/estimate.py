"""What a job would be, before it is sent: exposures per band, gaps, and the time it takes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from explorer.bands import BANDS
from explorer.exposure_counts import CoveringExposures, exposures_covering, position_of
from explorer.times import format_mjd
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import UPLOAD, Job
from jobs.phases import Phase
from photometry_core.types import MeasureOptions, Target

WAIT_SECONDS = 0.6
"""How long a request waits for counts; what takes longer is asked for again."""
MAX_TARGETS = 100
"""Targets of one request."""
ASSUMED_ROWS_PER_SECOND = 50
"""On a site that has measured nothing yet."""

_JOBS_FOR_PACE = 10
_LEAST_ROWS = 50
"""A job of fewer rows took its time for other things than measuring."""
_ORDINARY_ROWS = 400
"""Of a target away from the poles of the ecliptic."""
_PACE_SECONDS = 20
"""How long the pace is remembered."""
_VISIT_GAP_DAYS = 20.0
"""Exposures that lie closer in time belong to one visit."""
_GAP_DAYS = 30.0
"""A part of the chosen time range without exposures is said if it is longer."""
_MAX_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast this site measures at present.

    Parameters
    ----------
    seconds_per_row
        Median of the recent jobs.
    basis
        Where that is from, in words.
    jobs_ahead, rows_ahead
        Jobs that have not ended, and what is left of them.
    """

    seconds_per_row: float
    basis: str
    jobs_ahead: int
    rows_ahead: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, with the time until those ahead are done."""
        return {
            "seconds_per_row": self.seconds_per_row,
            "basis": self.basis,
            "jobs_ahead": self.jobs_ahead,
            "seconds_ahead": self.rows_ahead * self.seconds_per_row,
        }


def estimate(
    archive: str, targets: Sequence[Target], options: MeasureOptions, first: int = 0
) -> dict[str, Any]:
    """Count exposures for targets, for as many as the time of a request allows.

    Parameters
    ----------
    archive
        Name of the archive.
    targets
        All targets of the form.
    options
        What to measure.
    first
        The first target to count for.

    Returns
    -------
    dict
        Sums over the targets counted: ``counted``, ``rows``, ``deep``, ``bands`` (of each its
        ``detector``, whether it is ``chosen``, ``rows`` and ``deep`` ones), ``begin`` and ``end``
        (dates, or `None`); ``uncovered``, the targets without any row (``n`` and the ``names`` of
        the first); ``next``, the target to go on with, or `None`. With the first target also
        ``of_target``: its own ``rows`` and ``bands``, ``notes``, sentences about what is missing,
        and ``visits``.

    Raises
    ------
    ArchiveError
        The archive can't be searched.
    """
    portion = targets[first : first + MAX_TARGETS]
    positions = [position_of(target, options) for target in portion]
    found = exposures_covering(archive, positions, WAIT_SECONDS)
    done = first + len(found)
    accepted = [one.accepted(options) for one in found]
    uncovered = [
        target.name for target, rows in zip(portion, accepted, strict=False) if not rows.any()
    ]
    answer = {
        "counted": len(found),
        "next": done if done < len(targets) else None,
        "uncovered": {"n": len(uncovered), "names": uncovered[:_MAX_NAMES]},
        **_sums(found, accepted, options),
    }
    if first == 0 and found:
        sums = _sums(found[:1], accepted[:1], options)
        answer["of_target"] = {
            **{name: sums[name] for name in ("rows", "bands")},
            "notes": notes(found[0], options),
            "visits": visits(found[0], options),
        }
    return answer


def _sums(
    found: Sequence[CoveringExposures], accepted: Sequence[Any], options: MeasureOptions
) -> dict[str, Any]:
    counts = np.zeros((len(BANDS) + 1, 2), np.int64)
    times = []
    for one, rows in zip(found, accepted, strict=True):
        for is_deep in (0, 1):
            chosen = one.detector[rows & (one.deep == is_deep)]
            counts[:, is_deep] += np.bincount(chosen, minlength=len(BANDS) + 1)
        times += [one.mjd[rows].min(), one.mjd[rows].max()] if rows.any() else []
    return {
        "rows": int(counts.sum()),
        "deep": int(counts[:, 1].sum()),
        "bands": [
            {
                "detector": band.detector,
                "chosen": band.detector in options.detectors,
                "rows": int(counts[band.detector].sum()),
                "deep": int(counts[band.detector, 1]),
            }
            for band in BANDS
        ],
        "begin": _date(min(times)) if times else None,
        "end": _date(max(times)) if times else None,
    }


def notes(found: CoveringExposures, options: MeasureOptions) -> list[str]:
    """Return sentences about what a spectrum of one target would lack."""
    if not found.mjd.size:
        return [
            "0 exposures cover this position: the archive in use has nothing here, "
            "and a job would measure nothing."
        ]
    accepted = found.accepted(options)
    if not accepted.any():
        return [_why_none(found, options)]
    said = []
    if missing := [d for d in options.detectors if not (accepted & (found.detector == d)).any()]:
        said.append(f"No exposure in {_bands(missing)}: the spectrum would have gaps there.")
    said += _empty_ends(found.mjd[accepted], options)
    return said


def _why_none(found: CoveringExposures, options: MeasureOptions) -> str:
    """Say which choice leaves nothing, of a position that is covered."""
    here = f"0 exposures to measure: {_exposures(found.mjd.size)} this position, but none "
    in_bands = found.accepted(options, any_time=True, any_release=True)
    if not in_bands.any():
        return f"{here}in {_bands(options.detectors)}."
    in_releases = found.accepted(options, any_time=True)
    if not in_releases.any():
        releases = " and ".join(release.upper() for release in options.releases)
        return f"{here}of the chosen release {releases}."
    times = found.mjd[in_releases]
    return (
        f"{here}in the chosen time range; they are from {_date(times.min())} "
        f"to {_date(times.max())}."
    )


def _exposures(number: int) -> str:
    return f"{number:,} exposures cover" if number != 1 else "1 exposure covers"


def _bands(detectors: Sequence[int]) -> str:
    return ", ".join(f"D{detector}" for detector in detectors)


def _empty_ends(mjd: Any, options: MeasureOptions) -> list[str]:
    """Say where the chosen time range begins or ends without exposures."""
    start, end = options.mjd_range
    said = []
    if start is not None and mjd.min() - start > _GAP_DAYS:
        said.append(
            f"The first {mjd.min() - start:.0f} days of the chosen time range have no exposure; "
            f"the first one is of {_date(mjd.min())}."
        )
    if end is not None and end - mjd.max() > _GAP_DAYS:
        said.append(
            f"The last {end - mjd.max():.0f} days of the chosen time range have no exposure; "
            f"the last one is of {_date(mjd.max())}."
        )
    return said


def visits(found: CoveringExposures, options: MeasureOptions) -> list[dict[str, Any]]:
    """Return the times in which a position was observed again and again.

    Returns
    -------
    list of dict
        ``begin`` and ``end`` as dates, ``mjd`` of both, and ``rows``.
    """
    mjd = np.sort(found.mjd[found.accepted(options)])
    if not mjd.size:
        return []
    parts = np.split(mjd, np.flatnonzero(np.diff(mjd) > _VISIT_GAP_DAYS) + 1)
    return [
        {
            "begin": _date(part[0]),
            "end": _date(part[-1]),
            "mjd": [float(part[0]), float(part[-1])],
            "rows": int(part.size),
        }
        for part in parts
    ]


def _date(mjd: float) -> str:
    return format_mjd(float(mjd))[:10]


def pace(archive: str, targets: Sequence[Target], options: MeasureOptions) -> Pace:
    """Return how fast the site measures such targets, and what is ahead of them.

    Parameters
    ----------
    archive, targets, options
        As in `estimate`: galaxies and engines have a pace of their own, once measured here.
    """
    is_sersic = any(target.resolved_profile is not None for target in targets)
    key = f"pace-{archive}-{options.engine}-{is_sersic}"
    kept: tuple[float, str] | None = cache.get(key)
    if kept is None:
        kept = _measured_pace(archive, options.engine, is_sersic=is_sersic)
        cache.set(key, kept, _PACE_SECONDS)
    jobs_ahead, rows_ahead = _ahead()
    return Pace(
        seconds_per_row=kept[0], basis=kept[1], jobs_ahead=jobs_ahead, rows_ahead=rows_ahead
    )


def _measured_pace(archive: str, engine: str, *, is_sersic: bool) -> tuple[float, str]:
    """Return seconds per row, and where that is from."""
    alike: list[float] = []
    others: list[float] = []
    recent = (
        Job.objects.filter(phase=Phase.COMPLETED, archive=archive, started__isnull=False)
        .exclude(archive=UPLOAD)
        .filter(ended__gt=F("started"), n_exposures__gte=_LEAST_ROWS)
        .order_by("-ended")[: 3 * _JOBS_FOR_PACE]
    )
    for job in recent:
        per_row = _seconds_per_row(job)
        if per_row is not None:
            is_alike = (job.options.engine, _has_galaxy(job)) == (engine, is_sersic)
            (alike if is_alike else others).append(per_row)
    kind = _kind(engine, is_sersic=is_sersic)
    if alike:
        used = alike[:_JOBS_FOR_PACE]
        return statistics.median(used), f"from this site's last {_jobs(kind, len(used))}"
    if others:
        used = others[:_JOBS_FOR_PACE]
        basis = f"from this site's last {_jobs('other', len(used))}; no {kind} job is finished yet"
        return statistics.median(used), basis
    return (
        1 / ASSUMED_ROWS_PER_SECOND,
        f"no job of this site is finished yet, {ASSUMED_ROWS_PER_SECOND} rows/s assumed",
    )


def _kind(engine: str, *, is_sersic: bool) -> str:
    model = "S\u00e9rsic" if is_sersic else "point-source"
    return model if engine == "native" else f"{model} Tractor"


def _jobs(what: str, number: int) -> str:
    return f"{what} job" if number == 1 else f"{number} {what} jobs"


def _has_galaxy(job: Job) -> bool:
    return any(target.resolved_profile is not None for target in job.targets)


def _seconds_per_row(job: Job) -> float | None:
    """Return how long a completed job took for a row; `None` if its products are gone."""
    try:
        description = json.loads((products.folder(job) / "job.json").read_text("utf-8"))
        rows = sum(target["exposures"] for target in description["targets"])
    except (ProductMissingError, OSError, ValueError, KeyError, TypeError):
        return None
    if not rows or job.started is None or job.ended is None:
        return None
    return (job.ended - job.started).total_seconds() / float(rows)


def _ahead() -> tuple[int, int]:
    """Return how many jobs of all visitors have not ended, and the rows that they still need.

    A job whose exposures have not been found yet counts with those of an ordinary position.
    """
    active = (
        Job.objects.active()
        .annotate(exposures_done=Coalesce(Sum("chunks__n_done"), 0))
        .values_list("n_targets", "n_exposures", "exposures_done")
    )
    rows = [
        _ORDINARY_ROWS * n_targets if found is None else max(found - done, 0)
        for n_targets, found, done in active
    ]
    return len(rows), sum(rows)
