"""The plot of a spectrum: its figure, its points, and everything that is said about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from explorer.results.arrays import packed
from explorer.results.blend import (
    correlation_of,
    exposure_of,
    neighbours,
    partner_in,
    row_of_exposure,
)
from explorer.results.dataset import Dataset
from explorer.results.figure import MAX_PANELS, PALETTE, figure_item
from explorer.results.plot_answer import about_dataset, plot_answer, vocabulary
from explorer.results.plot_colors import severity_code
from explorer.results.plot_data import PlotData, plot_data
from explorer.results.plot_file import plot_page
from explorer.results.plot_parts import Source
from explorer.results.plot_words import file_stem_of, lines_below, title_of
from explorer.results.view import View
from explorer.views.answers import answer, asked, dataset_of
from explorer.views.ownership import readable_job
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError

_MULTIPLES = 24
"""Small plots in one answer."""
_LISTED = 2000
"""Targets offered for comparison."""


@require_safe
def figure(request: VisitorRequest, job_id: str, index: int) -> JsonResponse:
    """Return the empty plot with some number of panels, and what its controls offer."""
    dataset_of(request, job_id, index)
    text = request.GET.get("panels", "")
    if text not in {str(number) for number in range(1, MAX_PANELS + 1)}:
        raise Http404(f"panels: {text!r} given; allowed: 1 to {MAX_PANELS}")
    item = figure_item(int(text))
    return answer({"item": item, "palette": list(PALETTE), "vocabulary": vocabulary()})


@asked
def points(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return everything in the plot of a view."""
    data, skipped = _plot(request, dataset, view, body)
    return answer(
        plot_answer(data, view)
        | {
            "skipped": skipped,
            "about": about_dataset(dataset, view),
            "title": title_of(data, view),
            "provenance": lines_below(data),
            "file_stem": file_stem_of(data, view),
        }
    )


@asked
def plot_file(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return the plot of a view as one HTML file that works anywhere."""
    data, _ = _plot(request, dataset, view, body)
    response = HttpResponse(plot_page(data, view), content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_stem_of(data, view)}.html"'
    return response


@asked
def multiples(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return small plots of some targets of the job, from number ``start`` on."""
    job = readable_job(request, dataset.job_id)
    start = _number(body, "start", job.n_targets)
    plain = replace(view, panels=(), binned=False, scale="none", compare=())
    found = [
        _small(request, dataset, index, plain, body)
        for index in range(start, min(start + _MULTIPLES, job.n_targets))
    ]
    return answer({"plots": found, "n_targets": job.n_targets, "per_page": _MULTIPLES})


@require_safe
def spectra(request: VisitorRequest, job_id: str, index: int) -> JsonResponse:
    """Return the names of the targets of the job, which can be compared."""
    job = readable_job(request, job_id)
    names = [str(target["name"]) for target in job.request["targets"][:_LISTED]]
    return answer({"names": names, "n_targets": job.n_targets, "title": job.title})


@asked
def blend(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return the targets that share the light of a row, if its fit says that any do."""
    row = _number(body, "row", dataset.n_rows)
    correlation, exposure = correlation_of(dataset, row), exposure_of(dataset, row)
    if correlation is None:
        return answer({"correlation": None, "partners": []})
    partners = []
    targets = readable_job(request, dataset.job_id).request["targets"] if exposure else []
    for number, separation in neighbours(targets, dataset.index) if targets else []:
        try:
            theirs = dataset_of(request, dataset.job_id, number)
        except Http404:
            continue
        if (found := row_of_exposure(theirs, exposure or "")) is not None:
            partners.append(
                {"target": number, "name": theirs.name, "separation": separation, "row": found}
                | partner_in(dataset, row, theirs, found)
            )
    return answer({"correlation": correlation, "partners": partners})


def _number(body: dict[str, Any], name: str, count: int) -> int:
    """Return a number from 0 to below `count`; 0 where none is given."""
    value = body.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: 0 to below {count}")
    return value


def _plot(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> tuple[PlotData, list[str]]:
    """Return the plot of a view, and a sentence for each spectrum that can't be compared."""
    if len(view.panels) >= MAX_PANELS:
        raise InvalidInputError(
            f"panels: {len(view.panels)} given; allowed: at most {MAX_PANELS - 1}"
        )
    sources, skipped = [Source(dataset=dataset, view=view, name=dataset.name)], []
    names = {dataset.name}
    for job_id, index in view.compare:
        if (job_id, index) == (dataset.job_id, dataset.index):
            continue
        try:
            other = dataset_of(request, job_id, index)
        except Http404:
            skipped.append(
                f"Target {index} of job {job_id} is not shown: it does not exist any more, or it "
                "is somebody else's."
            )
            continue
        name = other.name
        if name in names:
            name += f" \u00b7 {readable_job(request, job_id).title}"
        names.add(name)
        sources.append(Source(dataset=other, view=_view_of_other(view, body), name=name))
    return plot_data(sources, view), skipped


def _view_of_other(view: View, body: dict[str, Any]) -> View:
    """Return how other spectra are looked at: with the filters only if they are meant for all."""
    if body.get("all_targets") is True:
        return replace(view, sort="")
    return replace(view, sort="", filters=(), sql="")


def _small(
    request: VisitorRequest, shown: Dataset, index: int, view: View, body: dict[str, Any]
) -> dict[str, Any]:
    """Return one of the small plots; what can't be drawn says why."""
    is_shown = index == shown.index
    try:
        dataset = shown if is_shown else dataset_of(request, shown.job_id, index)
        own = view if is_shown else _view_of_other(view, body)
        data = plot_data([Source(dataset=dataset, view=own, name=dataset.name)], own)
    except Http404:
        return {"target": index, "name": f"Target {index}", "error": "Its file is gone."}
    except InvalidInputError as error:
        return {"target": index, "name": f"Target {index}", "error": str(error)}
    panel = data.panels[0]
    values, codes = np.unique(data.flags, return_inverse=True)
    severity = np.array([severity_code(int(value)) for value in values], np.int64)
    return {
        "target": index,
        "name": dataset.name,
        "x": packed(data.x, "f4"),
        "y": packed(panel.value, "f4"),
        "detector": packed(data.detector, "u1"),
        "limit": packed(panel.is_limit, "u1"),
        "points_down": panel.flipped,
        "severity": packed(severity[codes] if values.size else [], "u1"),
        "x_range": list(data.x_range),
        "shown": list(panel.shown),
        "x_label": data.x_label,
        "label": panel.quantity.label,
        "n": data.n_drawn,
    }
