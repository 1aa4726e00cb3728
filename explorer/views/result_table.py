"""The table of measurements."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.http import HttpResponseBase
from django.template.loader import render_to_string

from explorer.results.arrays import packed
from explorer.results.columns import USUAL
from explorer.results.dataset import Dataset
from explorer.results.flux_units import UNITS
from explorer.results.query import column_values, columns_of, natural_kind, select_rows
from explorer.results.statistics import column_statistics
from explorer.results.table import PAGE_SIZE, cells, headers, is_flux, page_rows
from explorer.results.view import View
from explorer.views.answers import answer, asked
from jobs.visitors import VisitorRequest
from photometry_core import flags
from photometry_core.errors import InvalidInputError
from photometry_core.types import IntArray

_N_SHOWN = 5
"""Values with which an expression is shown to be what was meant."""


@asked
def table(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return a page of the table, and which rows are shown in which order.

    The body has ``page``, or else ``row``, whose page is meant; with neither, or a row that is not
    shown, it is the first page. Without ``rows`` the lists of rows are left out.
    """
    selected = select_rows(dataset, view)
    n_pages = max(-(-len(selected.rows) // PAGE_SIZE), 1)
    page = _page(body, selected.rows, n_pages)
    rows = selected.rows[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    context = {"headers": headers(dataset, view), "rows": page_rows(dataset, view, rows)}
    found = {
        "n_rows": dataset.n_rows,
        "n_kept": len(selected.rows),
        "n_before_mask": len(selected.rows_before_mask),
        "page": page,
        "n_pages": n_pages,
        "html": render_to_string("results/table_rows.html", context),
    }
    if body.get("rows", True):
        found |= {
            "rows": packed(selected.rows, "i4"),
            "strip": packed(selected.strip, "i4"),
            "columns": _columns(dataset, view),
            "units": {unit.key: unit.label for unit in UNITS.values()},
            "flags": [{"name": one.name, "bit": one.bit} for one in flags.FLAGS if one.in_output],
        }
    return answer(found)


@asked
def statistics(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return the statistics of the columns that are shown."""
    context = {"columns": column_statistics(dataset, view)}
    return answer({"html": render_to_string("results/table_statistics.html", context)})


@asked
def check_expression(
    request: VisitorRequest, dataset: Dataset, view: View, body: dict[str, Any]
) -> HttpResponseBase:
    """Return what an added column of the view holds: ``name`` in the body says which."""
    name = body.get("name")
    info = columns_of(dataset, view).get(name) if isinstance(name, str) else None
    if info is None or name in dataset.columns:
        raise InvalidInputError(f"name: {name!r:.40} given; allowed: that of an added column")
    values = column_values(dataset, view, info.name)
    has_value = np.flatnonzero(np.asarray(values.is_valid()))
    shown = has_value[:_N_SHOWN] if len(has_value) else np.arange(min(_N_SHOWN, dataset.n_rows))
    kind = natural_kind(dataset, view, info.name)
    true = (1, "true")
    return answer(
        {
            "kind": kind,
            "n_true": sum(value in true for value in values.to_pylist()) if kind == "bool" else 0,
            "n_null": dataset.n_rows - len(has_value),
            "n_rows": dataset.n_rows,
            "values": [
                {"row": int(row), "text": cell.text}
                for row, cell in zip(shown, cells(dataset, view, info, shown), strict=True)
            ],
        }
    )


def _page(body: dict[str, Any], rows: IntArray, n_pages: int) -> int:
    page, row = body.get("page"), body.get("row")
    if page is not None:
        return min(_whole("page", page), n_pages - 1)
    if row is None:
        return 0
    found = np.flatnonzero(rows == _whole("row", row))
    return int(found[0]) // PAGE_SIZE if found.size else 0


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: a number from 0")
    return value


def _columns(dataset: Dataset, view: View) -> list[dict[str, Any]]:
    """Return what dialogs and messages say of every column."""
    derived = [one.name for one in view.derived]
    known = columns_of(dataset, view)
    usual = {name: place for place, name in enumerate((*USUAL, *derived)) if name in known}
    return [
        {
            "name": info.name,
            "label": info.label,
            "kind": info.kind,
            "unit": info.unit_label,
            "description": info.description,
            "usual": usual.get(info.name),
            "is_derived": info.name in derived,
            "is_flux": is_flux(info.name),
        }
        for info in known.values()
    ]
