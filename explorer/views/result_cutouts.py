"""The cutouts of measurements."""

from __future__ import annotations

import re

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from explorer.results.cutouts import MAX_ROWS, cutouts
from explorer.views.answers import answer, dataset_of
from explorer.views.ownership import readable_job
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError


@require_safe
def result_cutouts(request: VisitorRequest, job_id: str, index: int) -> JsonResponse:
    """Answer with the cutouts of the rows in the address.

    ``rows`` are numbers separated by commas, ``unit`` is that of the captions (uJy unless
    given), and ``pixels=0`` leaves out the pixels.
    """
    dataset = dataset_of(request, job_id, index)
    try:
        found = cutouts(
            readable_job(request, job_id),
            dataset,
            _rows(request.GET.get("rows", "")),
            request.GET.get("unit", "uJy"),
            with_pixels=_switch(request.GET.get("pixels", "1")),
        )
    except InvalidInputError as error:
        return answer({"error": str(error)}, 400)
    return answer({"n_rows": dataset.n_rows, "cutouts": found})


def _rows(text: str) -> list[int]:
    if not re.fullmatch(r"\d{1,9}(,\d{1,9})*", text, re.ASCII):
        raise InvalidInputError(
            f"rows: {text!r:.60} given; allowed: 1 to {MAX_ROWS} numbers separated by commas"
        )
    return [int(part) for part in text.split(",")]


def _switch(text: str) -> bool:
    if text not in ("0", "1"):
        raise InvalidInputError(f"pixels: {text!r:.20} given; allowed: 0, 1")
    return text == "1"
