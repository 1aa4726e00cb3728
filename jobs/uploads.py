"""Files with spectra that visitors open: each becomes a completed job of theirs."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs import folders
from jobs.errors import LimitError, ProductMissingError
from jobs.models import UPLOAD, Job, new_job_id
from jobs.phases import Phase
from jobs.products import folder as product_folder
from jobs.products import link_path
from jobs.services import SOFTWARE
from photometry_core.foreign_spectra.contents import Answers
from photometry_core.foreign_spectra.isolation import PRODUCT, open_isolated
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.spectrum_files import product_path, stamps_path

log = logging.getLogger(__name__)

_TITLE_LENGTH = 200
_IMAGE = "obs_publisher_did"


def open_upload(
    *, owner: str, file_name: str, pieces: Iterable[bytes], answers: Answers | None = None
) -> Job:
    """Open a file with spectra.

    Parameters
    ----------
    owner
        The visitor.
    file_name
        Its name, which is used for texts only.
    pieces
        Its bytes.
    answers
        What the visitor says that the file does not.

    Returns
    -------
    Job
        A completed job whose targets are the spectra of the file.

    Raises
    ------
    LimitError
        The visitor keeps too many files already.
    ForeignFileError
        The file can't be opened.
    """
    name = clean_text(file_name, _TITLE_LENGTH) or "file without a name"
    _check_number(owner)
    job_id = new_job_id()
    work = folders.work(job_id)
    work.mkdir(parents=True)
    try:
        spectra = open_isolated(pieces, name, answers or Answers(), work)
        product = work / PRODUCT
        for index, spectrum in enumerate(spectra):
            _link_stamps(owner, product, index, spectrum)
        return _publish(job_id, owner, name, spectra, product)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def delete_upload(job: Job) -> bool:
    """Delete an opened file and its products.

    Returns
    -------
    bool
        Whether it was an opened file; others are left alone.
    """
    if not job.is_upload:
        return False
    path = folders.published(job.pk)
    job.delete()
    shutil.rmtree(path, ignore_errors=True)
    return True


def _check_number(owner: str) -> None:
    most = settings.SPHEREX_MAX_UPLOADS
    if Job.objects.filter(owner=owner, archive=UPLOAD).count() >= most:
        raise LimitError(
            f"uploads: {most} of your opened files are kept, and no more are allowed; "
            "delete some in the list of jobs"
        )


def _publish(
    job_id: str, owner: str, name: str, spectra: list[dict[str, Any]], product: Path
) -> Job:
    now = timezone.now()
    request = _request(name, spectra)
    description = {"id": job_id, "title": name, "request": request, "created": now.isoformat()}
    (product / "job.json").write_text(json.dumps(description, indent=2) + "\n", "utf-8")
    for file in product.iterdir():
        folders.flush(file)
    folders.flush(product)
    published = folders.published(job_id)
    try:
        with transaction.atomic():
            # Of several files that are opened at once none may pass the limit.
            _check_number(owner)
            job = Job.objects.create(
                id=job_id,
                owner=owner,
                title=name,
                phase=Phase.COMPLETED,
                archive=UPLOAD,
                request=request,
                n_targets=len(spectra),
                created=now,
                started=now,
                ended=now,
            )
            product.rename(published)
        folders.flush(published.parent)
    except BaseException:
        shutil.rmtree(published, ignore_errors=True)
        raise
    return job


def _request(name: str, spectra: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the `Job.request` of the spectra of a file."""
    request: dict[str, Any] = {
        "targets": [spectrum["target"] for spectrum in spectra],
        "upload": {
            "file_name": name,
            "origin": _common([spectrum["origin"] for spectrum in spectra]) or "other",
            "simulated": _simulated([spectrum["simulated"] for spectrum in spectra]),
            "facts": _common_facts([spectrum["facts"] for spectrum in spectra]),
        },
        "software": SOFTWARE,
    }
    options = _common([spectrum["options"] for spectrum in spectra])
    if options is not None:
        request["options"] = options
    return request


def _common(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else None


def _simulated(values: list[bool | None]) -> bool | None:
    """Return whether anything in the file is simulated; `None` if that isn't known."""
    if True in values:
        return True
    return None if None in values else False


def _common_facts(facts: list[dict[str, str]]) -> dict[str, str]:
    return {
        name: text for name, text in facts[0].items() if all(f.get(name) == text for f in facts)
    }


def _link_stamps(owner: str, product: Path, index: int, spectrum: dict[str, Any]) -> None:
    """Save which rows of the job that a spectrum was saved from have its pixels.

    Only the owner's own jobs are looked at: anybody can write any id into a file.
    """
    if spectrum["source_job"] is None or stamps_path(product, index).exists():
        return
    job_id, target = spectrum["source_job"]
    source = Job.objects.filter(pk=job_id, owner=owner, phase=Phase.COMPLETED).first()
    if source is None or not 0 <= target < source.n_targets:
        return
    try:
        saved = product_folder(source)
    except ProductMissingError:
        return
    if not stamps_path(saved, target).is_file() and not link_path(saved, target).is_file():
        return
    rows_of: dict[str | None, int] = {
        image: row for row, image in enumerate(_images(product_path(saved, target))) if image
    }
    rows = [rows_of.get(image) for image in _images(product_path(product, index))]
    if any(row is not None for row in rows):
        link = {"job": job_id, "target": target, "rows": rows}
        link_path(product, index).write_text(json.dumps(link), "utf-8")


def _images(path: Path) -> list[str | None]:
    """Return the identifiers of the images of a product, by row."""
    if not path.is_file() or _IMAGE not in pq.read_schema(path).names:
        return []
    images: list[str | None] = pq.read_table(path, columns=[_IMAGE]).column(0).to_pylist()
    return images
