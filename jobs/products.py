"""The products of completed jobs, as pages and downloads want them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs import folders
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from photometry_core.spectrum import Spectrum
from photometry_core.spectrum_files import (
    load_spectrum,
    load_stamps,
    product_path,
    stamps_path,
)
from photometry_core.stamp_cubes import Stamps, empty_stamps


def folder(job: Job) -> Path:
    """Return the folder of the products of a completed job.

    Raises
    ------
    ProductMissingError
        The job is not completed, or its folder is gone.
    """
    path = folders.published(job.pk)
    if job.phase != Phase.COMPLETED or not path.is_dir():
        raise ProductMissingError(f"job {job.pk} has no products")
    return path


def spectrum_path(job: Job, index: int) -> Path:
    """Return the file with the rows of a target.

    Raises
    ------
    ProductMissingError
        There is none.
    """
    return _existing(job, index, product_path)


def spectrum(job: Job, index: int) -> Spectrum:
    """Return the spectrum of a target, without its stamps.

    Raises
    ------
    ProductMissingError
        There is none.
    DataFormatError
        It is an opened file without some of our columns, or without the request.
    """
    return load_spectrum(_existing(job, index, product_path))


def stamps(job: Job, index: int, rows: Sequence[int] | None = None) -> Stamps:
    """Return the stamps of some rows of a spectrum, or of all.

    Those of an opened file may be those of the job that it was saved from: rows that are not in
    that job have no pixels, and none has any if that job is gone.

    Raises
    ------
    ProductMissingError
        There are none, or no such row.
    """
    if job.is_upload and not stamps_path(folder(job), index).is_file():
        return _linked_stamps(job, index, rows)
    try:
        return load_stamps(_existing(job, index, stamps_path), rows)
    except IndexError as error:
        raise ProductMissingError(f"target {index} of job {job.pk} has no such row") from error


def link_path(folder: Path, index: int) -> Path:
    """Return where it is saved which rows of another job an opened file has its stamps from."""
    return folder / f"{index}.stamps.json"


def _linked_stamps(job: Job, index: int, rows: Sequence[int] | None) -> Stamps:
    link = json.loads(_existing(job, index, link_path).read_text("utf-8"))
    of_rows: list[int | None] = link["rows"]
    wanted = range(len(of_rows)) if rows is None else rows
    if any(not 0 <= row < len(of_rows) for row in wanted):
        raise ProductMissingError(f"target {index} of job {job.pk} has no such row")
    found = empty_stamps(len(wanted))
    places = [(place, of_rows[row]) for place, row in enumerate(wanted)]
    known = [(place, source_row) for place, source_row in places if source_row is not None]
    source = Job.objects.filter(pk=link["job"], owner=job.owner).first()
    if source is None or not known:
        return found
    try:
        saved = stamps(source, link["target"], [source_row for _, source_row in known])
    except ProductMissingError:
        return found
    for saved_row, (place, _) in enumerate(known):
        found.put(place, saved, saved_row)
    return found


def _existing(job: Job, index: int, path_of: Callable[[Path, int], Path]) -> Path:
    if not 0 <= index < job.n_targets:
        raise ProductMissingError(f"job {job.pk} has no target {index}")
    path = path_of(folder(job), index)
    if not path.is_file():
        raise ProductMissingError(f"job {job.pk} has no {path.name}")
    return path
