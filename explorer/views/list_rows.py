"""A list on the start page: which column is what, its rows, their problems, and what is fixed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.db import OperationalError
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from explorer.list_fragments import mapping_context, rows_context, whole_number
from explorer.list_mapping import changed_mapping, checked_text, sources_of
from explorer.list_names import look_up_some, names_to_look_up
from explorer.list_rows import (
    change_edits,
    corrected,
    first_question,
    left_out,
    positions_of,
    report_csv,
    taken_back,
)
from explorer.views.ownership import owned_list
from jobs.models import TargetList
from jobs.target_lists import checked, edits_of, file_of, mapping_of, save_mapping, use_table
from jobs.visitors import VisitorRequest
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.mapping import ROLES

_NOT_STORED = (
    "The site can't store changes at the moment: its disk is full or its database is busy. "
    "Try again in a minute."
)

_LEAVING_OUT = {"leave_out_bad": "error", "leave_out_unresolved": "unresolved"}
"""Status of the rows that are left out at once."""

log = logging.getLogger(__name__)


def _of_a_list(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Make a view of a function of (request, target_list, ...), which may refuse in words.

    A stranger's list is a 404, as if it did not exist. What can't be done is answered with 422
    and a sentence.
    """

    @wraps(view)
    def answering(request: VisitorRequest, list_id: str, **arguments: Any) -> HttpResponse:
        target_list = owned_list(request, list_id)
        try:
            return view(request, target_list, **arguments)
        except InvalidInputError as error:
            return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
        except OperationalError:
            log.exception("a change of a list could not be stored")
            return HttpResponse(_NOT_STORED, status=503, content_type="text/plain; charset=utf-8")

    return answering


@require_http_methods(["GET", "HEAD", "POST"])
@_of_a_list
def mapping(request: VisitorRequest, target_list: TargetList) -> HttpResponse:
    """Show which column is what; change it."""
    data = (request.POST if request.method == "POST" else request.GET).dict()
    sources = sources_of(data)
    if request.method != "POST":
        return render(request, "start/mapping.html", mapping_context(target_list, sources))
    before = mapping_of(target_list)
    changed = changed_mapping(file_of(target_list), before, data)
    if changed.table != before.table:
        use_table(target_list, changed)
    else:
        save_mapping(target_list, changed)
    if not _is_scripted(request):
        constants = [role for role, source in sources.items() if source == "constant"]
        return _whole_page(target_list, {"one_value": constants})
    return render(request, "start/mapping.html", mapping_context(target_list, sources))


@require_http_methods(["GET", "HEAD", "POST"])
@_of_a_list
def rows(request: VisitorRequest, target_list: TargetList) -> HttpResponse:
    """Show one page of the rows; leave out several rows, or take them back."""
    undo = None
    if request.method == "POST":
        target_list, undo = _change_several(target_list, request.POST.dict())
        return _changed_rows(request, target_list, undo)
    return render(request, "start/rows_page.html", rows_context(target_list, request.GET.dict()))


@require_POST
@_of_a_list
def row(request: VisitorRequest, target_list: TargetList, row: int) -> HttpResponse:
    """Correct one cell of a row, leave the row out, or take it back; show the page anew."""
    data = request.POST.dict()
    if row not in {one.index for one in checked(target_list).rows}:
        raise InvalidInputError(f"row: the list has no row {row}.")
    action = data.get("action", "")
    if action in ("leave_out", "take_back"):
        target_list, undo = _move_rows(target_list, action, [row])
    else:
        target_list, undo = _correct(target_list, row, action, data)
    return _changed_rows(request, target_list, undo)


@require_GET
@_of_a_list
def positions(request: VisitorRequest, target_list: TargetList) -> HttpResponse:
    """Say where the rows of a list are, and how many of them are good."""
    return JsonResponse(positions_of(target_list), json_dumps_params={"allow_nan": False})


@require_GET
@_of_a_list
def report(request: VisitorRequest, target_list: TargetList) -> HttpResponse:
    """Hand out all problems of a list as a file."""
    return HttpResponse(
        report_csv(checked(target_list)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="problems.csv"'},
    )


@require_POST
@_of_a_list
def resolve(request: VisitorRequest, target_list: TargetList) -> HttpResponse:
    """Look up the next few names of a list; say how many are left, and what stopped it."""
    target_list, failure = look_up_some(target_list)
    n_left = len(names_to_look_up(checked(target_list)))
    n_done = len(edits_of(target_list).located)
    return JsonResponse({"done": n_done, "left": n_left, "failure": failure})


def _changed_rows(
    request: VisitorRequest, target_list: TargetList, undo: dict[str, Any]
) -> HttpResponse:
    """Show the rows after a change."""
    view = request.POST.dict()
    context = rows_context(target_list, view, undo)
    if _is_scripted(request):
        return render(request, "start/rows_page.html", context)
    return _whole_page(
        target_list, {"show": context["show"], "page": context["page"].page}, "#rows"
    )


def _is_scripted(request: VisitorRequest) -> bool:
    """Whether a script asks, which puts the answer into its page."""
    return bool(request.headers.get("X-Requested-With"))


def _whole_page(
    target_list: TargetList, values: Mapping[str, Any], place: str = ""
) -> HttpResponse:
    """Go to the start page with a list: without scripts there is no other."""
    query = urlencode({"list": target_list.pk, **values}, doseq=True)
    return HttpResponseRedirect(f"{reverse('new_job')}?{query}{place}", status=303)


def _correct(
    target_list: TargetList, row: int, action: str, data: dict[str, str]
) -> tuple[TargetList, dict[str, Any]]:
    """Correct one cell, or give it its text of the file; return the list and what undoes it."""
    role = data.get("role", "")
    if action not in ("correct", "restore"):
        allowed = "correct, restore, leave_out, take_back"
        raise InvalidInputError(f"action: {action!r:.40} given; allowed: {allowed}")
    if role not in ROLES:
        raise InvalidInputError(f"role: {role!r:.40} given; allowed: {', '.join(ROLES)}")
    text = checked_text(data.get("text", ""), role) if action == "correct" else None
    before = edits_of(target_list).corrections.get(row, {}).get(role)
    changed = change_edits(target_list.pk, lambda edits: corrected(edits, row, role, text))
    undo: dict[str, Any] = {"row": row, "role": role}
    undo |= {"action": "restore"} if before is None else {"action": "correct", "text": before}
    return changed, undo


def _change_several(
    target_list: TargetList, data: dict[str, str]
) -> tuple[TargetList, dict[str, Any]]:
    """Leave out all rows of a kind, or leave out or take back the rows that are named."""
    action = data.get("action", "")
    found = checked(target_list)
    if action in _LEAVING_OUT:
        if question := first_question(target_list):
            raise InvalidInputError(f"To be answered first: {question}")
        bad = [one.index for one in found.rows if one.status == _LEAVING_OUT[action]]
        return _move_rows(target_list, "leave_out", bad)
    if action not in ("leave_out", "take_back"):
        allowed = f"{', '.join(_LEAVING_OUT)}, leave_out, take_back"
        raise InvalidInputError(f"action: {action!r:.40} given; allowed: {allowed}")
    named = [whole_number("rows", text) for text in data.get("rows", "").split(",")]
    numbers = [number for number in named if number is not None]
    known = {one.index for one in found.rows}
    for number in numbers:
        if number not in known:
            raise InvalidInputError(f"rows: the list has no row {number}.")
    return _move_rows(target_list, action, numbers)


def _move_rows(
    target_list: TargetList, action: str, numbers: list[int]
) -> tuple[TargetList, dict[str, Any]]:
    """Leave rows out or take them back; return the list and what undoes it."""
    before = set(edits_of(target_list).left_out)
    leaves = action == "leave_out"
    moved = [number for number in numbers if (number in before) != leaves]
    change = left_out if leaves else taken_back
    changed = change_edits(target_list.pk, lambda edits: change(edits, moved))
    undo = {"action": "take_back" if leaves else "leave_out", "rows": ",".join(map(str, moved))}
    return changed, undo
