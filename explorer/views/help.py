"""The page that explains the site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from explorer.help import facts


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Explain how to use the site: forms, lists, limits, flags, columns, files and keys."""
    return render(request, "help.html", facts())
