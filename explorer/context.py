"""What every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from photometry_core import __version__
from photometry_core.archive import SIMULATED


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the version of the program and whether the archive of the site is simulated."""
    return {
        "version": __version__,
        "site_is_simulated": settings.SPHEREX_ARCHIVE == SIMULATED,
    }
