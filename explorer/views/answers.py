"""Requests of the results page's own scripts: a view in JSON, an answer in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_POST

from explorer.results.dataset import Dataset, open_dataset
from explorer.results.view import View, parse_view
from explorer.views.ownership import readable_job
from jobs.errors import ProductMissingError
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_MAX_BYTES = 200_000


def answer(values: dict[str, Any], status: int = 200) -> JsonResponse:
    """Return JSON; NaN is no JSON, and a browser would refuse the whole answer."""
    return JsonResponse(values, status=status, json_dumps_params={"allow_nan": False})


def dataset_of(request: VisitorRequest, job_id: str, index: int) -> Dataset:
    """Return the rows of a target that the visitor may read; anything else is a 404."""
    try:
        return open_dataset(readable_job(request, job_id), index)
    except ProductMissingError as error:
        raise Http404(str(error)) from error


def asked(
    view: Callable[[VisitorRequest, Dataset, View, dict[str, Any]], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Make a view of a function of (request, dataset, view, body).

    The body of the request is a JSON object; its ``view`` is parsed. What can't be fulfilled is
    answered with 400 and ``{"error": ...}``, a sentence for the page.
    """

    @require_POST
    @wraps(view)
    def answering(request: VisitorRequest, job_id: str, index: int) -> HttpResponseBase:
        dataset = dataset_of(request, job_id, index)
        try:
            is_too_large = len(request.body) > _MAX_BYTES
        except RequestDataTooBig:
            is_too_large = True
        if is_too_large:
            return answer({"error": f"request: larger than {_MAX_BYTES:,} bytes"}, 413)
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return answer({"error": "request: not JSON"}, 400)
        if not isinstance(body, dict):
            return answer({"error": "request: not a JSON object"}, 400)
        try:
            return view(request, dataset, parse_view(body.get("view", {})), body)
        except InvalidInputError as error:
            return answer({"error": str(error)}, 400)

    return answering
