"""The form for a new job, and what it says while somebody types."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from explorer.bands import BANDS
from explorer.earlier_jobs import initial_of
from explorer.forms import (
    JobForm,
    default_list_title,
    default_title,
    new_submission_key,
    options_in_words,
)
from explorer.names import AmbiguousNameError
from explorer.neighbours import TOGETHER_ARCSEC
from explorer.options_form import OPTION_FIELDS, RELEASE_NAMES, why_no_tractor
from explorer.shapes import RADIUS_UNITS
from explorer.sky.surveys import with_sky
from explorer.so_far import form_so_far, in_words, problems_of
from explorer.times import parse_time
from explorer.views import lists
from explorer.views.ownership import owned_job, owned_list
from jobs.models import TargetList
from jobs.services import submit_job
from jobs.visitors import VisitorRequest
from photometry_core.archive import SIMULATED
from photometry_core.digits import note_on_digits
from photometry_core.errors import InvalidInputError
from photometry_core.positions import sexagesimal
from photometry_core.types import (
    LEAST_EFFECTIVE_RADIUS_ARCSEC,
    MAX_EFFECTIVE_RADIUS_ARCSEC,
    SERSIC_INDEX_RANGE,
    MeasureOptions,
)

POSITION_EXAMPLES = (
    "12.34 34.89",
    "46.53 -0.251 gal",
    "19h17m32s 11d58m02s",
    "12.3 8.5 b1950",
    "J140258.51+542318.3",
)
_NOT_STORED = (
    "The site can't store jobs at the moment: its disk is full or its database is busy. "
    "Nothing was submitted; try again in a few minutes."
)

log = logging.getLogger(__name__)


@with_sky
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: VisitorRequest) -> HttpResponse:
    """Show the form; take a submission."""
    if request.method != "POST":
        form = JobForm(initial=_initial(request))
        return render(request, "new_job.html", _context(request, form))
    form = JobForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            return _submit(request, form)
        except InvalidInputError as error:
            form.add_error(*_placed(str(error)))
        except OperationalError:
            log.exception("a job could not be stored")
            form.add_error(None, _NOT_STORED)
            status = 503
    return render(request, "new_job.html", _context(request, form), status=status)


def _submit(request: VisitorRequest, form: JobForm) -> HttpResponse:
    """Queue what a valid form asks for, and show it."""
    values = form.cleaned_data
    if values["mode"] == "multi":
        return lists.submit(request, form, values["list"])
    job = submit_job(
        owner=request.visitor,
        title=form.job_title(),
        targets=form.targets(),
        options=form.options(),
        archive=settings.SPHEREX_ARCHIVE,
        submission_key=values["submission_key"],
    )
    return redirect("job", job.pk)


def _placed(words: str) -> tuple[str | None, str]:
    """Return the field that an error is about, `None` if it is about no one, and its words."""
    field, _, rest = words.partition(": ")
    return (
        ("list", f"{rest[:1].upper()}{rest[1:].rstrip('.')}.") if field == "list" else (None, words)
    )


@require_safe
def position_feedback(request: VisitorRequest) -> HttpResponse:
    """Say how the text in the target's box is understood."""
    data = request.GET.copy()
    # What is typed for a single target is looked at even while a list is chosen.
    data["mode"] = "single"
    data["target"] = text = data.get("target", "")[:300]
    form = form_so_far(data)
    targets = form.targets()
    context: dict[str, Any] = {
        "default_title": default_title(targets, form.options()),
        "list_title": _list_title(request, data.get("list", ""), form.options()),
        "options_in_words": _options_of(form),
    }
    if form.located is not None:
        ra, dec = sexagesimal(form.located.ra_deg, form.located.dec_deg)
        context |= {
            "located": form.located,
            "ra_sexagesimal": ra,
            "dec_sexagesimal": dec,
            "target": targets[0],
            "note": note_on_digits(text.strip()) if form.located.position else "",
        }
    elif text.strip():
        error = form.not_located
        context |= {
            "unreachable" if form.is_unreachable else "error": str(error),
            "choices": error.choices if isinstance(error, AmbiguousNameError) else (),
        }
    return render(request, "fragments/position.html", context)


def _list_title(request: VisitorRequest, list_id: str, options: MeasureOptions) -> str:
    """Return the title that jobs of a list would have; empty if the visitor has no such list."""
    lists_of_visitor = TargetList.objects.filter(owner=request.visitor, pk=list_id)
    name = lists_of_visitor.values_list("name", flat=True).first()
    return "" if name is None else default_list_title(name, options)


@require_safe
def time_feedback(request: VisitorRequest) -> HttpResponse:
    """Say how one end of the time range is understood, in both notations.

    What is wrong with it is said with the other fields.
    """
    text = request.GET.get("time_start") or request.GET.get("time_end") or ""
    context: dict[str, Any] = {}
    with suppress(InvalidInputError):
        context["time"] = parse_time(text[:100])
    return render(request, "fragments/time.html", context)


def _initial(request: VisitorRequest) -> dict[str, Any]:
    """Return what the form starts with: nothing, a target or a list, or an earlier job."""
    if "from" in request.GET:
        return initial_of(owned_job(request, request.GET["from"]))
    if "list" in request.GET:
        return {"mode": "multi", "list": owned_list(request, request.GET["list"]).pk}
    mode = "multi" if request.GET.get("mode") == "multi" else "single"
    return {"mode": mode, "target": request.GET.get("target", "")[:200]}


def _context(request: VisitorRequest, form: JobForm) -> dict[str, Any]:
    if form.is_bound and "submission_key" in form.errors:
        # The page was tampered with or is very old: a new key, and the form can be sent again.
        data = QueryDict(mutable=True)
        data.update(form.data)
        data["submission_key"] = new_submission_key()
        form.data = data
    given = form if form.is_bound else form_so_far(_sent(form))
    is_multi = form["mode"].value() == "multi"
    if is_multi:
        title = _list_title(request, form["list"].value() or "", given.options())
        form.fields["title"].widget.attrs["placeholder"] = title
    return {
        "form": form,
        "address": _address(form),
        "mode": "multi" if is_multi else "single",
        "bands": BANDS,
        "examples": POSITION_EXAMPLES,
        "named_examples": _named_examples(),
        "chosen_bands": [str(value) for value in form["bands"].value() or []],
        "releases": RELEASE_NAMES.items(),
        "chosen_releases": form["releases"].value() or [],
        "why_no_tractor": why_no_tractor(),
        "most_together_arcsec": TOGETHER_ARCSEC,
        "radius_units": RADIUS_UNITS.items(),
        "sersic_index_range": SERSIC_INDEX_RANGE,
        "most_arcsec": MAX_EFFECTIVE_RADIUS_ARCSEC,
        "least_arcsec": LEAST_EFFECTIVE_RADIUS_ARCSEC,
        "options_open": form.is_bound and bool(OPTION_FIELDS & form.errors.keys()),
        "options_in_words": _options_of(given),
    }


def _address(form: JobForm) -> str:
    """Return where the form is sent: an address that shows the same list or target again."""
    if form["mode"].value() == "multi":
        list_id = form["list"].value()
        query = {"list": list_id} if list_id else {"mode": "multi"}
    else:
        target = form["target"].value()
        query = {"target": target} if target else {}
    return reverse("new_job") + (f"?{urlencode(query)}" if query else "")


def _options_of(form: JobForm) -> str:
    """Return what differs from the defaults in a cleaned form, and which options are not valid."""
    wrong = [problem for problem in problems_of(form) if problem.field in OPTION_FIELDS]
    parts = [*options_in_words(form.options()), in_words(wrong)]
    return " \u00b7 ".join(part for part in parts if part)


def _sent(form: JobForm) -> QueryDict:
    """Return what an untouched form would send of its options."""
    data = QueryDict(mutable=True)
    data["mode"] = "multi"
    for name in OPTION_FIELDS:
        value = form[name].value()
        data.setlist(name, value if isinstance(value, list) else [value or ""])
    return data


def _named_examples() -> list[Any]:
    """Return objects whose names are certain to be known."""
    if settings.SPHEREX_ARCHIVE != SIMULATED:
        return []
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.names import NAMED

    # The first of each kind: a galaxy, a brown dwarf, a quasar, ...
    return list({source.kind: source for source in reversed(NAMED)}.values())[::-1]
