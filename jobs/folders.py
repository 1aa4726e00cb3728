"""Where the files of a job are.

``<results>/<job id>/`` is published whole by one rename, when the job is complete. Until then
everything lies in ``<results>/.work/<job id>/``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.conf import settings

from jobs.models import ID_PATTERN


def published(job_id: str) -> Path:
    """Return the folder of the products of a completed job."""
    return Path(settings.SPHEREX_RESULTS_FOLDER) / _checked(job_id)


def work(job_id: str) -> Path:
    """Return the folder of everything that is not published."""
    return all_work() / _checked(job_id)


def all_work() -> Path:
    """Return the folder that holds the `work` folders."""
    return Path(settings.SPHEREX_RESULTS_FOLDER) / ".work"


def chunk_result(job_id: str, number: int, token: str) -> Path:
    """Return the file with the measurements of a chunk.

    The token of the lease is part of its name: a worker that was replaced can't overwrite what
    its successor wrote.
    """
    return work(job_id) / "chunks" / f"{number}.{token}.parquet"


def flush(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(job_id: str) -> str:
    """Return the id, which becomes part of a path, if it is one."""
    if not re.fullmatch(ID_PATTERN, job_id):
        raise ValueError(f"{job_id!r} is not the id of a job")
    return job_id
