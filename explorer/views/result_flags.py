"""Flags and checks of a spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase

from explorer.results.arrays import packed
from explorer.results.checks import neighbours_of, run_checks
from explorer.results.dataset import Dataset
from explorer.results.flag_counts import count_flags, explain_row, row_severities
from explorer.results.view import View
from explorer.views.answers import answer, asked
from explorer.views.ownership import readable_job
from jobs import products
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError
from photometry_core.stamp_cubes import Stamps


@asked
def flags(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return how many measurements carry each flag; with ``severities``, the worst of each row."""
    counts = count_flags(dataset, view)
    if body.get("severities"):
        counts["severities"] = packed(row_severities(dataset.flags()), "u1")
    return answer(counts)


@asked
def flags_of_row(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return why the measurement ``row`` is flagged."""
    row = body.get("row")
    if not isinstance(row, int) or isinstance(row, bool):
        raise InvalidInputError(f"row: {row!r:.40} given; allowed: the number of a row")
    return answer(explain_row(dataset, view, row))


@asked
def checks(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return the checks of the measurements that the view shows."""
    job = readable_job(request, dataset.job_id)

    def read_stamps(rows: Sequence[int]) -> Stamps:
        return products.stamps(job, dataset.index, rows)

    is_upload = bool(dataset.metadata.get("upload"))
    neighbours = None if is_upload else neighbours_of(job.targets, dataset.index)
    return answer(run_checks(dataset, view, read_stamps, neighbours))
