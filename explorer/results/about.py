"""How a target was measured, and from what: nothing of it is left to be guessed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.bands import BANDS
from explorer.results.dataset import Dataset
from explorer.results.findings import LISTED, row_filter
from explorer.times import format_mjd
from jobs.models import Job
from photometry_core.types import LEAST_EFFECTIVE_RADIUS_ARCSEC

_MOST_REASONS = 20
_MOST_PROBLEMS = 50
_NAMED = re.compile(r"\S+\.\S+: (.+)", re.DOTALL)
_ENGINES = {"native": "native", "tractor": "The Tractor"}
_WEIGHTS = {
    "model": "variance with the photon noise of the fitted model",
    "plane": "variance plane as it is",
}
_CENTERS = {
    "light": "the centre of its light is put on the position",
    "array": "the middle of its plane is put on the position",
}
_ORIGINS = {
    "explorer": "SPHEREx Explorer",
    "official": "IRSA's spectrophotometry tool",
    "other": "another program",
}

Facts = list[tuple[str, str]]
"""Labels and texts."""


def about_context(job: Job, dataset: Dataset) -> dict[str, Any]:
    """Return what ``results/about.html`` shows.

    Parameters
    ----------
    job
        The job; that of an opened file has neither archive nor problems.
    dataset
        The target. What its file does not say is listed as such.
    """
    options = dataset.metadata.get("options") or {}
    provenance = dataset.metadata.get("provenance") or {}
    upload = dataset.metadata.get("upload") or {}
    known = _measured(dataset, options, bool(upload)) | _source(dataset, provenance)
    problems = [] if upload else list(job.problems)
    return {
        "about": {
            "index": dataset.index,
            "is_simulated": dataset.is_simulated,
            "facts": [(name, text) for name, text in known.items() if text],
            "unsaid": [name for name, text in known.items() if text is None],
            "upload": _upload(upload),
            "file_facts": sorted((upload.get("facts") or {}).items()),
            "columns": _renamed(upload.get("columns") or {}),
            "n_rows": dataset.n_rows,
            **_failures(dataset),
            "problems": problems[:_MOST_PROBLEMS],
            "n_problems": len(problems),
        }
    }


def _measured(
    dataset: Dataset, options: Mapping[str, Any], is_upload: bool
) -> dict[str, str | None]:
    """Return how it was measured; `None` is not said by the file, an empty text is no fact."""
    radius = options.get("aperture_radius_arcsec")
    return {
        "Source model": None if is_upload and not options else source_model(dataset.target),
        "Proper motion": _motion(dataset.target.get("motion")),
        "Engine": _ENGINES.get(options.get("engine", "")),
        "Weights": _WEIGHTS.get(options.get("weights", "")),
        "PSF": _CENTERS.get(options.get("psf_center", "")),
        "Background region": _background(options.get("background_size_pix")),
        "Aperture": f"radius {radius:g}\u2033" if radius else "",
        "Bands": _bands(options.get("detectors")),
        "Time range": _times(options["mjd_range"]) if "mjd_range" in options else None,
    }


def _source(dataset: Dataset, provenance: Mapping[str, Any]) -> dict[str, str | None]:
    created = str(provenance.get("created", ""))[:19].replace("T", " ")
    return {
        "Release": ", ".join(dataset.texts("data_collection")) or None,
        "Archive": provenance.get("archive_description"),
        "Calibration": provenance.get("calibration"),
        "Software": provenance.get("software"),
        "Date": f"{created} UTC" if created else None,
    }


def source_model(target: Mapping[str, Any]) -> str:
    """Return the shape that was fitted, with its numbers.

    Parameters
    ----------
    target
        With a ``profile``, if it is no point source.
    """
    profile = target.get("profile")
    if not profile:
        return "point source"
    radius = profile["effective_radius_arcsec"]
    text = (
        f"S\u00e9rsic profile: n {profile['sersic_index']:g}, Re {radius:g}\u2033, "
        f"b/a {profile['axis_ratio']:g}, PA {profile['position_angle_deg']:g}\u00b0 east of north"
    )
    if radius < LEAST_EFFECTIVE_RADIUS_ARCSEC:
        return (
            f"point source, since Re is below {LEAST_EFFECTIVE_RADIUS_ARCSEC:g}\u2033 "
            f"(asked for: {text})"
        )
    return text


def _motion(motion: Mapping[str, Any] | None) -> str:
    if not motion:
        return ""
    return (
        f"{motion['pm_ra_mas_yr']:g} mas/yr east, {motion['pm_dec_mas_yr']:g} mas/yr north, "
        f"position of {motion['ref_epoch_yr']:g}"
    ).replace("-", "\u2212")


def _background(size_pix: int | None) -> str | None:
    return None if size_pix is None else f"{size_pix} \u00d7 {size_pix} pixels"


def _bands(wanted: list[int] | None) -> str | None:
    if wanted is None:
        return None
    return ", ".join(band.name for band in BANDS if band.detector in wanted)


def _times(mjd_range: list[float | None]) -> str:
    start, end = ("" if mjd is None else format_mjd(mjd) for mjd in mjd_range)
    if not start and not end:
        return "every exposure"
    return f"{start or 'the first'} \u2013 {end or 'the last'} UTC"


def _upload(upload: Mapping[str, Any]) -> Facts:
    """Return what is known of an opened file."""
    if not upload:
        return []
    source = upload.get("source_job")
    facts = [
        ("File", upload.get("file_name", "")),
        ("Place in it", upload.get("where", "")),
        ("Made by", _ORIGINS.get(upload.get("origin", ""), "")),
        ("Saved from", f"job {source['job']}, target {source['target']}" if source else ""),
    ]
    return [(name, text) for name, text in facts if text]


def _renamed(columns: Mapping[str, Mapping[str, str]]) -> Facts:
    """Return which columns of an opened file have another name or unit here."""
    return [
        (name, f"{taken.get('from', '')} [{taken.get('unit') or 'no unit'}]")
        for name, taken in columns.items()
    ]


def _failures(dataset: Dataset) -> dict[str, Any]:
    """Return the exposures without a flux, grouped by reason, the most frequent first."""
    failed = np.flatnonzero(~dataset.is_measured())
    rows = failed.tolist()
    reasons = (
        dataset.table.column("reason").take(failed).to_pylist()
        if "reason" in dataset.columns
        else [""] * len(rows)
    )
    groups: dict[str, list[int]] = defaultdict(list)
    texts: dict[str, set[str]] = defaultdict(set)
    for row, reason in zip(rows, reasons, strict=True):
        # Names of files would make each a reason of its own.
        named = _NAMED.fullmatch(reason or "")
        key = named[1] if named else reason or ""
        groups[key].append(row)
        texts[key].add(reason or "")
    order = sorted(groups, key=lambda key: -len(groups[key]))
    return {
        "n_failed": len(rows),
        "failures": [_group(key, texts[key], groups[key]) for key in order[:_MOST_REASONS]],
        "n_more_reasons": max(len(order) - _MOST_REASONS, 0),
    }


def _group(key: str, texts: set[str], rows: list[int]) -> dict[str, Any]:
    text, n_in_filter = row_filter(rows)
    return {
        "reason": next(iter(texts)) if len(texts) == 1 else key,
        "count": len(rows),
        "rows": rows[:LISTED],
        "n_more": max(len(rows) - LISTED, 0),
        "filter": text,
        "n_in_filter": n_in_filter,
    }
