"""The page that explains how things are measured."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from explorer.method import facts


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """Explain the method: formulas, numbers, flags, columns, and other programs."""
    return render(request, "method.html", facts())
