"""The targets of a job, each in one line: how it went, how bright it is, what it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer.results.dataset import Dataset, open_dataset
from jobs import products
from jobs.errors import ProductMissingError
from jobs.models import Job
from photometry_core import flags
from photometry_core.positions import designation
from photometry_core.types import FloatArray

SPARK_WIDTH, SPARK_HEIGHT = 96, 24
"""Size of a sparkline in its own units."""

SERIOUS = flags.mask_of(flag.name for flag in flags.FLAGS if flag.severity in ("serious", "reject"))
"""Flags that ask for distrust of a measurement."""

_SPARK_BINS = 48
_SPARK_RANGE_UM = (0.75, 5.0)
_SPARK_MARGIN = 2.0
_LEAST_POINTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLine:
    """One target in the list.

    Parameters
    ----------
    index
        Its number in the job.
    name, position
        What it is called, and its designation; empty if a file does not say where it is.
    n_found, n_measured
        Exposures that cover it, and those that gave a flux.
    snr
        Median flux over error of the measurements; `None` without any.
    status, status_label, status_words
        A word for style sheets, one or two for the list, and a sentence.
    spark
        A line through the medians of fluxes in bins of wavelength, as points of an SVG
        polyline; empty if there are too few.
    """

    index: int
    name: str
    position: str
    n_found: int
    n_measured: int
    snr: float | None
    status: str
    status_label: str
    status_words: str
    spark: str = ""


def target_lines(job: Job) -> list[TargetLine]:
    """Return the targets of a completed job, in its order."""
    return [_line(job, index) for index in range(job.n_targets)]


def _line(job: Job, index: int) -> TargetLine:
    try:
        status = products.spectrum_path(job, index).stat()
    except ProductMissingError:
        name = str(job.request["targets"][index]["name"])
        return TargetLine(
            index=index, name=name, position="", n_found=0, n_measured=0, snr=None,
            status="missing", status_label="file gone", status_words="Its file is gone",
        )  # fmt: skip
    return _summary(job.pk, index, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=2000)
def _summary(job_id: str, index: int, version: tuple[int, ...]) -> TargetLine:
    """Return the line of a target; what is published never changes."""
    dataset = open_dataset(Job.objects.get(pk=job_id), index)
    measured = dataset.is_measured()
    ratio = dataset.numbers("snr")[measured]
    ratio = ratio[np.isfinite(ratio)]
    ra, dec = dataset.target.get("ra_deg"), dataset.target.get("dec_deg")
    status, label, words = _status(dataset, measured)
    return TargetLine(
        index=index,
        name=dataset.name,
        position="" if ra is None or dec is None else designation(ra, dec),
        n_found=dataset.n_rows,
        n_measured=int(measured.sum()),
        snr=float(np.median(ratio)) if ratio.size else None,
        status=status,
        status_label=label,
        status_words=words,
        spark=_spark(dataset.numbers("wavelength")[measured], dataset.numbers("flux")[measured]),
    )


def _status(dataset: Dataset, measured: np.ndarray) -> tuple[str, str, str]:
    n_measured = int(measured.sum())
    if not dataset.n_rows:
        return "uncovered", "not covered", "No exposure covers it"
    if not n_measured:
        return "unmeasured", "no flux", "No exposure gave a flux"
    if not np.any(dataset.flags()[measured] & SERIOUS == 0):
        return "flagged", "all flagged", "Every measurement has a serious flag"
    n_failed = dataset.n_rows - n_measured
    if n_failed:
        exposures = "exposure" if n_failed == 1 else "exposures"
        return "partly", f"{n_failed} failed", f"{n_failed} {exposures} gave no flux"
    return "measured", "complete", "Every exposure gave a flux"


def _spark(wavelength: FloatArray, flux: FloatArray) -> str:
    """Return a line through the medians of the bins of wavelength that hold any flux."""
    if wavelength.size < _LEAST_POINTS:
        return ""
    n_bins = min(_SPARK_BINS, wavelength.size // 2)
    edges = np.geomspace(*_SPARK_RANGE_UM, n_bins + 1)
    bins = np.clip(np.digitize(wavelength, edges) - 1, 0, n_bins - 1)
    there = np.unique(bins)
    medians = np.array([np.median(flux[bins == number]) for number in there])
    low, high = np.percentile(medians, (2, 98))
    height = SPARK_HEIGHT - 2 * _SPARK_MARGIN
    part = np.clip((medians - low) / ((high - low) or 1.0), -0.1, 1.1)
    y = SPARK_HEIGHT - _SPARK_MARGIN - part * height
    x = (there + 0.5) * SPARK_WIDTH / n_bins
    return " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
