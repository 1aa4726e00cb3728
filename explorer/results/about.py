"""How a target was measured, and from what."""

from __future__ import annotations

from typing import Any

from explorer.results.dataset import Dataset
from jobs.models import Job


def about_context(job: Job, dataset: Dataset) -> dict[str, Any]:
    """Return what ``results/about.html`` shows."""
    return {}
