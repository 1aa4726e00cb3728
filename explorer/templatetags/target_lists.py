"""Lists of targets on pages: the one in use, how another comes in, and the jobs of one."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from explorer.job_parts import parts_of
from explorer.list_fragments import mapping_context, rows_context
from explorer.list_summary import intake_context
from jobs.models import Job, TargetList
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.mapping import ROLES

register = template.Library()


@register.inclusion_tag("start/list_panel.html", takes_context=True)
def list_panel(context: RequestContext) -> dict[str, Any]:
    """Show the list that the form is about, if it is one of the visitor's, and take another."""
    request = context["request"]
    in_use = _in_use(context)
    shown = {"request": request, **intake_context(request.visitor, in_use)}
    if in_use is not None:
        constants = {role: "constant" for role in request.GET.getlist("one_value") if role in ROLES}
        shown |= mapping_context(in_use, constants)
    return shown


@register.inclusion_tag("start/rows.html", takes_context=True)
def list_rows(context: RequestContext) -> dict[str, Any]:
    """Show one page of the rows of that list."""
    in_use = _in_use(context)
    if in_use is None:
        return {}
    try:
        shown = rows_context(in_use, context["request"].GET.dict())
    except InvalidInputError:
        # An address that was tampered with is no reason to show nothing.
        shown = rows_context(in_use, {})
    return {"mode": context.get("mode"), **shown}


@register.inclusion_tag("fragments/job_parts.html", takes_context=True)
def job_parts(context: RequestContext, job: Job) -> dict[str, Any]:
    """Lead from a job to the list that it is made of, and to the other parts; for its owner."""
    is_own = job.owner == context["request"].visitor
    return {"job": job, "job_parts": parts_of(job) if is_own else None}


@register.filter
def with_links(words: str) -> SafeString:
    """Link the page that an error names."""
    link = format_html('<a href="{}">Upload tab</a>', reverse("upload"))
    # Both are escaped: the words may hold the name of a file.
    return mark_safe(escape(words).replace("Upload tab", link))  # noqa: S308


def _in_use(context: RequestContext) -> TargetList | None:
    """Return the list that the form is about; `None` if it is not one of the visitor's."""
    lists = TargetList.objects.filter(owner=context["request"].visitor)
    return lists.filter(pk=_list_id(context)).first()


def _list_id(context: RequestContext) -> str:
    request, form = context["request"], context.get("form")
    if form is not None and "list" in form.fields:
        return form["list"].value() or ""
    return request.POST.get("list") or request.GET.get("list") or ""
