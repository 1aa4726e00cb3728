"""Last step of a job: make the products of its chunks, and publish them."""

from __future__ import annotations

import json
import logging
import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.db import transaction

from jobs import archives, chunk_results, folders, scheduling
from jobs.errors import gave_up
from jobs.leases import UNLEASED, Heartbeat, claim
from jobs.models import Chunk, Job
from jobs.phases import Phase, move
from jobs.services import fail_job
from jobs.troubles import handled
from photometry_core import pipeline
from photometry_core.measurement import Measurement, Provenance
from photometry_core.spectrum import Spectrum, build_spectrum
from photometry_core.spectrum_files import product_path, save_product, stamps_path

log = logging.getLogger(__name__)

_ROWS_AT_ONCE = 5_000
"""Measurements that are in memory together; each has 15 kB of stamps."""
_PACKAGES = ("numpy", "scipy", "astropy", "pyarrow", "Django", "django-q2")


def run(job_id: str) -> None:
    """Complete a job whose chunks are all done, unless somebody does or did."""
    token = claim(scheduling.to_assemble().filter(pk=job_id))
    if token is None:
        return
    mine = Job.objects.filter(pk=job_id, lease_token=token, phase=Phase.EXECUTING)
    job = Job.objects.get(pk=job_id)
    most = settings.SPHEREX_MAX_ATTEMPTS
    if job.attempts > most:
        fail_job(job_id, gave_up("putting the spectra together", most))
        return
    with handled(job_id, mine, retry_archive=True):
        chunks = list(job.chunks.order_by("number"))
        if _redo_missing(chunks, mine):
            return
        with Heartbeat(mine) as heartbeat:
            # A folder is published whole: what an earlier attempt published is complete.
            if not folders.published(job_id).exists():
                _publish(_write_products(job, chunks, token), job_id)
        if not heartbeat.lost and _complete(job, chunks, mine):
            shutil.rmtree(folders.work(job_id), ignore_errors=True)


def _redo_missing(chunks: Sequence[Chunk], mine: Any) -> bool:
    """Have chunks measured again whose result file is gone or damaged."""
    missing = [chunk.pk for chunk in chunks if not _is_readable(chunk)]
    if not missing:
        return False
    log.error("the results of chunks %s are gone and are measured again", missing)
    with transaction.atomic():
        mine.update(**UNLEASED)
        Chunk.objects.filter(pk__in=missing).update(is_done=False, result="", n_done=0)
        transaction.on_commit(lambda: scheduling.announce_chunks(missing))
    return True


def _is_readable(chunk: Chunk) -> bool:
    try:
        n_rows = chunk_results.count(_file(chunk))
    except (OSError, pa.ArrowInvalid):
        return False
    return n_rows == sum(len(match.targets) for match in chunk.matches)


def _file(chunk: Chunk) -> Path:
    return folders.chunk_result(chunk.job_id, chunk.number, chunk.result)


def _write_products(job: Job, chunks: Sequence[Chunk], token: str) -> Path:
    """Write everything that will be published to a folder of this attempt, and return it."""
    n_exposures = sum(chunk.n_exposures for chunk in chunks)
    if n_exposures != job.n_exposures:
        raise RuntimeError(f"the chunks hold {n_exposures} of {job.n_exposures} exposures")
    folder = folders.work(job.pk) / f"product.{token}"
    folder.mkdir(parents=True)
    archive = archives.open_for_reading(job.archive)
    # The time of the job, not of this attempt: two attempts write the same.
    provenance = pipeline.provenance(archive, job.started or job.created)
    spectra: list[dict[str, Any]] = []
    images = _images(chunks, job.n_targets)
    targets = job.targets
    measured: dict[int, list[Measurement]] = {}
    for index, target in enumerate(targets):
        if index not in measured:
            measured = chunk_results.read(map(_file, chunks), _some_targets(images, index))
        spectrum = build_spectrum(target, measured.pop(index), job.options, provenance)
        _check_rows(spectrum, index, images[index])
        save_product(spectrum, folder, index)
        stamps = stamps_path(folder, index)
        spectra.append(
            {
                "row": index,
                **target.to_json(),
                "file": product_path(folder, index).name,
                "stamps": stamps.name if stamps.exists() else None,
                "exposures": spectrum.n_found,
                "measured": spectrum.n_measured,
                "simulated": spectrum.provenance.simulated,
            }
        )
    description = _description(job, provenance, _problems(job, chunks), spectra)
    path = folder / "job.json"
    path.write_text(json.dumps(description, indent=2, allow_nan=False) + "\n", "utf-8")
    for file in folder.iterdir():
        folders.flush(file)
    folders.flush(folder)
    return folder


def _images(chunks: Sequence[Chunk], n_targets: int) -> list[list[str]]:
    """Return the identifiers of the exposures of each target."""
    images: list[list[str]] = [[] for _ in range(n_targets)]
    for chunk in chunks:
        for match in chunk.matches:
            for index in match.targets:
                images[index].append(match.exposure.publisher_did)
    return images


def _some_targets(images: Sequence[Sequence[str]], first: int) -> range:
    """Return as many targets as are read at once: files are opened for each such set."""
    rows, end = len(images[first]), first + 1
    while end < len(images) and rows + len(images[end]) <= _ROWS_AT_ONCE:
        rows += len(images[end])
        end += 1
    return range(first, end)


def _check_rows(spectrum: Spectrum, index: int, images: Sequence[str]) -> None:
    """Refuse a spectrum that does not have exactly one row per exposure of its chunks."""
    found = sorted(str(name) for name in spectrum.table["obs_publisher_did"])
    if found != sorted(images):
        raise RuntimeError(
            f"target {index}: {len(found)} rows for {len(images)} exposures, or not the same"
        )


def _description(
    job: Job, provenance: Provenance, problems: list[str], spectra: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the content of ``job.json``."""
    return {
        "id": job.pk,
        "title": job.title,
        "archive": job.archive,
        "request": job.request,
        "created": job.created.isoformat(),
        "started": job.started and job.started.isoformat(),
        "exposures": job.n_exposures,
        "problems": problems,
        "provenance": provenance.to_json(),
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        "targets": spectra,
    }


def _problems(job: Job, chunks: Sequence[Chunk]) -> list[str]:
    """Return what the archive could not consider, and what was given up."""
    return list(job.problems) + [
        f"{chunk.matches[index].exposure.publisher_did}: given up, since its measurement "
        "crashed the worker twice"
        for chunk in chunks
        for index in chunk.given_up
    ]


def _publish(product: Path, job_id: str) -> None:
    try:
        product.rename(folders.published(job_id))
    except OSError:
        # A replaced worker may have been faster after all; its product is as good.
        if not folders.published(job_id).is_dir():
            raise
    folders.flush(folders.published(job_id).parent)


def _complete(job: Job, chunks: Sequence[Chunk], mine: Any) -> bool:
    with transaction.atomic():
        if not move(
            mine, Phase.EXECUTING, Phase.COMPLETED, attempts=0, problems=_problems(job, chunks)
        ):
            return False
        job.chunks.update(exposures=[])
    return True
