"""What the map of the start page asks for: coverage, footprints, and pictures of the sky."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition, require_safe

from explorer.sky import coverage, tiles
from explorer.sky.footprints import footprints_of
from explorer.so_far import ON_THE_SKY, so_far
from photometry_core.errors import ArchiveError, ExposureError

_DAY_SECONDS = 86_400
_RETRY_SECONDS = 2


@require_safe
def coverage_map(request: HttpRequest, which: str) -> HttpResponse:
    """Answer with a coverage map; with 202 while it is being made."""
    deep = which == "deep"
    try:
        return _conditional_map(deep=deep)(request)
    except ArchiveError as error:
        return JsonResponse({"error": str(error)}, status=503)


def _conditional_map(*, deep: bool) -> Callable[[HttpRequest], HttpResponse]:
    """Return a view that says nothing new to whoever has the map already."""

    def etag(request: HttpRequest) -> str:
        return f'"{coverage.current_file_name(deep=deep)}"'

    @condition(etag_func=etag)
    def view(request: HttpRequest) -> HttpResponse:
        content = coverage.content(deep=deep)
        if content is None:
            waiting = JsonResponse({"waiting": True}, status=202)
            waiting["Retry-After"] = str(_RETRY_SECONDS)
            patch_cache_control(waiting, no_store=True)
            return waiting
        response = HttpResponse(content, content_type="application/json")
        patch_cache_control(response, no_cache=True, private=True)
        return response

    return view


@require_safe
def footprints(request: HttpRequest) -> HttpResponse:
    """Answer with outlines of the exposures of the target that a form names."""
    form = so_far(request.GET)
    if not form.targets:
        return JsonResponse({"error": "The target is not understood yet."}, status=400)
    if why := form.why_not(ON_THE_SKY):
        return JsonResponse({"error": f"No footprints: {why}."}, status=400)
    try:
        found = footprints_of(form.targets[0], form.options)
    except (ArchiveError, ExposureError) as error:
        return JsonResponse({"error": str(error)}, status=503)
    return JsonResponse(found.to_json())


@require_safe
def hips_properties(request: HttpRequest) -> HttpResponse:
    """Answer with what the picture of this site says of itself."""
    return HttpResponse(tiles.properties(), content_type="text/plain; charset=utf-8")


@require_safe
def hips_moc(request: HttpRequest) -> HttpResponse:
    """Answer with the area that the picture covers."""
    return HttpResponse(tiles.covered_area(), content_type="application/fits")


@require_safe
def hips_whole_sky(request: HttpRequest) -> HttpResponse:
    """Answer with small pictures of all tiles of order 3."""
    if tiles.max_order() < tiles.WHOLE_SKY_ORDER:
        raise Http404("There is no such order.")
    return _picture(tiles.whole_sky_picture())


@require_safe
def hips_tile(request: HttpRequest, order: int, folder: int, index: int) -> HttpResponse:
    """Answer with a tile of the picture."""
    if not tiles.exists(order, folder, index):
        raise Http404("There is no such tile.")
    return _picture(tiles.tile(order, index))


def _picture(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="image/png")
    patch_cache_control(response, public=True, max_age=_DAY_SECONDS)
    return response
