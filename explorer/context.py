"""What every page shows."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from explorer.navigation import count_active, open_tab
from photometry_core import __version__
from photometry_core.archive import SIMULATED


def site(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page needs: version, archive, tabs.

    ``count_active`` is called by the template that shows it, so that fragments don't ask the
    database for it.
    """
    return {
        "version": __version__,
        "site_is_simulated": settings.SPHEREX_ARCHIVE == SIMULATED,
        "open_tab": open_tab(request),
        "count_active": partial(count_active, request),
    }
