"""Pictures of the sky that the map can show, and what a page may load for them.

A page loads nothing from another host unless its visitor chose a survey of another host: the
choice is a cookie, and the content security policy of the page admits that host alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlsplit

from csp.constants import SELF
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from photometry_core.archive import SIMULATED

COOKIE = "survey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A picture of the whole sky as a HiPS.

    Parameters
    ----------
    key
        What it is chosen by.
    label
        What visitors read.
    url
        Address of the HiPS on another host; empty for the one that this site makes.
    """

    key: str
    label: str
    url: str = ""

    @property
    def origin(self) -> str:
        """Scheme and host of another site; empty for this one."""
        if not self.url:
            return ""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


REMOTE = (
    Survey(
        key="dss",
        label="DSS, visible light",
        url="https://alasky.cds.unistra.fr/DSS/DSSColor",
    ),
    Survey(
        key="2mass",
        label="2MASS, 1.2 to 2.2 µm",
        url="https://alasky.cds.unistra.fr/2MASS/Color",
    ),
    Survey(
        key="allwise",
        label="AllWISE, 3.4 to 22 µm",
        url="https://alasky.cds.unistra.fr/AllWISE/RGB-W4-W2-W1",
    ),
)


def local_survey() -> Survey:
    """Return what this site shows by itself: the simulated sky, or a dark one."""
    if settings.SPHEREX_ARCHIVE == SIMULATED:
        return Survey(key="simulated", label="Simulated sky")
    return Survey(key="dark", label="None, a dark sky")


def surveys() -> tuple[Survey, ...]:
    """Return all that can be chosen, the one of this site first."""
    return (local_survey(), *REMOTE)


def chosen_survey(request: HttpRequest) -> Survey:
    """Return the survey that a visitor chose; that of this site if none, or none that exists."""
    key = request.COOKIES.get(COOKIE, "")
    return next((survey for survey in surveys() if survey.key == key), local_survey())


def with_sky(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the page of a view run the map, and load the survey that was chosen."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        origin = chosen_survey(request).origin
        remote = [origin] if origin else []
        # The map is a WebAssembly program, which comes as a data: address inside its script.
        update = {
            "script-src": ["'wasm-unsafe-eval'"],
            "connect-src": ["data:", *remote],
            "worker-src": [SELF, "blob:"],
        }
        if remote:
            update["img-src"] = remote
        response._csp_update = update  # type: ignore[attr-defined]  # as django-csp's decorators do
        return response

    return wrapped
