"""Where the tabs lead when that depends on the visitor, and what they ask for in between."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from explorer.navigation import count_active, latest_result
from jobs.visitors import VisitorRequest


@require_safe
def activity(request: VisitorRequest) -> HttpResponse:
    """Say how many of the visitor's jobs are active; nothing at all (204) if none is."""
    active = count_active(request)
    answer = JsonResponse({"active": active}) if active else HttpResponse(status=204)
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def latest(request: VisitorRequest) -> HttpResponse:
    """Go to the visitor's most recent result, or say that there is none yet."""
    job = latest_result(request)
    if job is not None:
        return redirect("results", job.pk)
    return render(request, "results_none.html")
