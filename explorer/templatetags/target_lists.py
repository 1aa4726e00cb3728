"""Lists of targets on pages: the one in use, how another comes in, and the jobs of one."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from explorer.job_parts import parts_of
from explorer.list_summary import intake_context
from jobs.models import Job, TargetList

register = template.Library()


@register.inclusion_tag("start/list_panel.html", takes_context=True)
def list_panel(context: RequestContext) -> dict[str, Any]:
    """Show the list that the form is about, if it is one of the visitor's, and take another."""
    request = context["request"]
    list_id = _list_id(context)
    in_use = TargetList.objects.filter(owner=request.visitor, pk=list_id).first()
    return {"request": request, **intake_context(request.visitor, in_use)}


@register.inclusion_tag("fragments/job_parts.html", takes_context=True)
def job_parts(context: RequestContext, job: Job) -> dict[str, Any]:
    """Lead from a job to the list that it is made of, and to the other parts; for its owner."""
    is_own = job.owner == context["request"].visitor
    return {"job": job, "job_parts": parts_of(job) if is_own else None}


def _list_id(context: RequestContext) -> str:
    request, form = context["request"], context.get("form")
    if form is not None and "list" in form.fields:
        return form["list"].value() or ""
    return request.POST.get("list") or request.GET.get("list") or ""
