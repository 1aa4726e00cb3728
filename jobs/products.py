"""The products of completed jobs, as pages and downloads want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs import folders
from jobs.errors import ProductMissingError
from jobs.models import Job
from jobs.phases import Phase
from photometry_core.spectrum import Spectrum, file_stem
from photometry_core.spectrum_files import (
    FORMATS,
    load_spectrum,
    load_stamps,
    product_path,
    spectrum_bytes,
    stamps_path,
)
from photometry_core.stamp_cubes import Stamps

CONTENT_TYPES = {
    "votable": "application/x-votable+xml",
    "fits": "application/fits",
    "ecsv": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "ipac": "text/plain; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
"""Media type of each format of a spectrum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to be handed to a visitor.

    Parameters
    ----------
    file_name
        Its name, safe on every file system.
    content_type
        Its media type.
    content
        Its bytes.
    """

    file_name: str
    content_type: str
    content: bytes


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
    """
    return load_spectrum(_existing(job, index, product_path))


def stamps(job: Job, index: int, rows: Sequence[int] | None = None) -> Stamps:
    """Return the stamps of some rows of a spectrum, or of all.

    Raises
    ------
    ProductMissingError
        There are none, or no such row.
    """
    try:
        return load_stamps(_existing(job, index, stamps_path), rows)
    except IndexError as error:
        raise ProductMissingError(f"target {index} of job {job.pk} has no such row") from error


def open_download(job: Job, index: int, format_name: str = "votable") -> Download:
    """Return the spectrum of a target as a file in one of `photometry_core.spectrum_files.FORMATS`.

    Raises
    ------
    ProductMissingError
        There is no such spectrum or format.
    """
    if format_name not in FORMATS:
        raise ProductMissingError(f"{format_name!r} is not a format of spectra")
    product = spectrum(job, index)
    return Download(
        file_name=file_stem(product.target) + FORMATS[format_name][0],
        content_type=CONTENT_TYPES[format_name],
        content=spectrum_bytes(product, format_name),
    )


def _existing(job: Job, index: int, path_of: Callable[[Path, int], Path]) -> Path:
    if not 0 <= index < job.n_targets:
        raise ProductMissingError(f"job {job.pk} has no target {index}")
    path = path_of(folder(job), index)
    if not path.is_file():
        raise ProductMissingError(f"job {job.pk} has no {path.name}")
    return path
