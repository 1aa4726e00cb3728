"""What the map of the start page needs to know, whichever page it stands on."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.staticfiles import finders
from django.urls import reverse

from explorer.bands import BANDS
from explorer.sky.surveys import chosen_survey, local_survey, surveys
from explorer.static_files import SKY_VIEWER

register = template.Library()


@register.simple_tag(takes_context=True)
def sky_map(context: dict[str, Any]) -> dict[str, Any]:
    """Return surveys, the one in use, and whether the sky viewer is installed."""
    request = context["request"]
    chosen = chosen_survey(request)
    return {
        "surveys": surveys(),
        "chosen": chosen,
        "is_local": chosen == local_survey(),
        "hips": reverse("sky_hips_properties").rpartition("/")[0],
        "viewer": SKY_VIEWER if finders.find(SKY_VIEWER) else "",
        "bands": BANDS,
    }
