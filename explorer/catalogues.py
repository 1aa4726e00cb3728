"""Known sources around a position, asked of a catalogue service: Gaia DR3 and 2MASS.

The service is a TAP service with the tables of VizieR, such as VizieR itself. Nothing but the
position is sent to it, as numbers; whatever it does, the answer is there in time or the reason
why there is none.
"""

from __future__ import annotations

import io
import logging
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyvo
import requests
from django.conf import settings
from django.core.cache import cache
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from explorer.in_time import InTime, StillWorkingError
from explorer.neighbours import KnownSource, offsets_arcsec
from photometry_core.errors import InvalidInputError
from photometry_core.types import ProperMotion

SEARCH_ARCSEC = 30.0
"""How far sources are asked for: in the plane of the Galaxy there are hundreds within it."""

_CONNECT_SECONDS, _READ_SECONDS = 3.0, 5.0
_TOTAL_SECONDS = 8.0
_MAX_BYTES = 2_000_000
_MAX_SOURCES = 2000
_KEPT_SECONDS = 86_400
_FAILED_SECONDS = 30
_SAME_SOURCE_ARCSEC = 1.5
"""Sources of the two catalogues that are closer are one: 2MASS is of 1997 to 2001."""
_GAIA_EPOCH_YR = 2016.0

_GAIA = (
    'SELECT TOP {most} Source, RA_ICRS, DE_ICRS, pmRA, pmDE, Gmag FROM "I/355/gaiadr3" '
    "WHERE 1 = CONTAINS(POINT('ICRS', RA_ICRS, DE_ICRS), CIRCLE('ICRS', {ra}, {dec}, {radius}))"
)
_TWO_MASS = (
    'SELECT TOP {most} "2MASS" AS designation, RAJ2000, DEJ2000, Jmag, Kmag FROM "II/246/out" '
    "WHERE 1 = CONTAINS(POINT('ICRS', RAJ2000, DEJ2000), CIRCLE('ICRS', {ra}, {dec}, {radius}))"
)

log = logging.getLogger(__name__)
_questions = InTime("catalogues", threads=4, most=20)


class CatalogueError(Exception):
    """The catalogue service gave no answer; its text is fit for a user to read."""


def is_available() -> bool:
    """Whether the site has a catalogue service that can be asked."""
    return bool(settings.SPHEREX_CATALOGUE_TAP)


def catalogue_sources(ra_deg: float, dec_deg: float) -> list[KnownSource]:
    """Return the sources of Gaia DR3 and 2MASS within `SEARCH_ARCSEC` of a position.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.

    Raises
    ------
    InvalidInputError
        That is no position.
    CatalogueError
        The service can't be reached, does not answer in time, or not with a catalogue.
    """
    if not (0.0 <= ra_deg < 360.0 and -90.0 <= dec_deg <= 90.0):
        raise InvalidInputError(f"{ra_deg!r} {dec_deg!r} is not a position")
    url: str = settings.SPHEREX_CATALOGUE_TAP
    # A tenth of an arcsec: the same question when a form is filled in once more.
    place = (round(ra_deg, 5), round(dec_deg, 5))
    key = f"catalogue-{url}-{place[0]}-{place[1]}"
    kept: list[KnownSource] | None = cache.get(key)
    if kept is not None:
        return kept
    if failure := cache.get(f"catalogue-failed-{url}"):
        raise CatalogueError(failure)
    deadline = time.monotonic() + _TOTAL_SECONDS
    try:
        found = _questions.answer(key, lambda: _ask(url, *place, deadline), _TOTAL_SECONDS + 1.0)
    except (StillWorkingError, requests.RequestException, pyvo.DALAccessError, ValueError,
            KeyError, OSError) as error:  # fmt: skip
        log.info("the catalogue service failed: %s", error)
        failure = (
            "The catalogue service does not answer, so known sources around the target are not "
            "shown. The job can be sent all the same."
        )
        cache.set(f"catalogue-failed-{url}", failure, _FAILED_SECONDS)
        raise CatalogueError(failure) from error
    cache.set(key, found, _KEPT_SECONDS)
    return found


def _ask(url: str, ra_deg: float, dec_deg: float, deadline: float) -> list[KnownSource]:
    with requests.Session() as session:
        adapter = _InTimeAdapter(deadline)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        service = pyvo.dal.TAPService(url, session=session)
        gaia, two_mass = (
            service.run_sync(_adql(query, ra_deg, dec_deg), maxrec=_MAX_SOURCES).to_table()
            for query in (_GAIA, _TWO_MASS)
        )
    return _merged([_gaia_source(row) for row in gaia], two_mass)


def _adql(query: str, ra_deg: float, dec_deg: float) -> str:
    """Return a query made of numbers only."""
    return query.format(
        most=_MAX_SOURCES,
        ra=f"{ra_deg:.6f}",
        dec=f"{dec_deg:.6f}",
        radius=f"{SEARCH_ARCSEC / 3600:.6f}",
    )


def _gaia_source(row: Any) -> KnownSource:
    pm_ra, pm_dec = _number(row["pmRA"]), _number(row["pmDE"])
    motion = None
    if pm_ra is not None and pm_dec is not None:
        motion = ProperMotion(pm_ra_mas_yr=pm_ra, pm_dec_mas_yr=pm_dec, ref_epoch_yr=_GAIA_EPOCH_YR)
    return KnownSource(
        name=f"Gaia DR3 {int(row['Source'])}",
        kind="star or galaxy of Gaia",
        ra_deg=_coordinate(row["RA_ICRS"]) % 360.0,
        dec_deg=_coordinate(row["DE_ICRS"]),
        brightness=_magnitudes({"G": row["Gmag"]}),
        motion=motion,
    )


def _merged(gaia: list[KnownSource], two_mass: Sequence[Any]) -> list[KnownSource]:
    """Put the infrared magnitudes to the sources of Gaia, and add what Gaia does not have."""
    infrared: dict[int, str] = {}
    added = []
    for row in two_mass:
        ra, dec = _coordinate(row["RAJ2000"]) % 360.0, _coordinate(row["DEJ2000"])
        said = _magnitudes({"J": row["Jmag"], "Ks": row["Kmag"]})
        apart = [
            math.hypot(*offsets_arcsec(ra, dec, source.ra_deg, source.dec_deg)) for source in gaia
        ]
        nearest = int(np.argmin(apart)) if apart else -1
        if apart and apart[nearest] <= _SAME_SOURCE_ARCSEC and nearest not in infrared:
            infrared[nearest] = said
        else:
            name = f"2MASS J{str(row['designation']).strip()[:17]}"
            added.append(
                KnownSource(
                    name=name, kind="source of 2MASS", ra_deg=ra, dec_deg=dec, brightness=said
                )
            )
    together = [
        KnownSource(
            name=source.name,
            kind=source.kind,
            ra_deg=source.ra_deg,
            dec_deg=source.dec_deg,
            brightness=", ".join(filter(None, (source.brightness, infrared.get(index)))),
            motion=source.motion,
        )
        for index, source in enumerate(gaia)
    ]
    return together + added


def _coordinate(value: Any) -> float:
    number = _number(value)
    if number is None or not -90.0 <= number <= 360.0:
        raise ValueError(f"{value!r} is not a coordinate")
    return number


def _number(value: Any) -> float | None:
    if value is None or np.ma.is_masked(value) or not math.isfinite(value):
        return None
    return float(value)


def _magnitudes(values: dict[str, Any]) -> str:
    known = {band: _number(value) for band, value in values.items()}
    said = [f"{band} {value:.1f}" for band, value in known.items() if value is not None]
    return f"{', '.join(said)} mag" if said else "brightness not known"


class _InTimeAdapter(HTTPAdapter):
    """Reads answers whole, up to a size, and until a moment."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        """Send a request; its answer is in memory when this returns."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise requests.Timeout("no time left")
        options |= {
            "stream": True,
            "timeout": (min(_CONNECT_SECONDS, remaining), min(_READ_SECONDS, remaining)),
        }
        response = super().send(request, **options)
        body = bytearray()
        with response.raw as raw:
            while piece := raw.read1(65_536, decode_content=True):
                body += piece
                if len(body) > _MAX_BYTES:
                    raise requests.RequestException(f"the answer is larger than {_MAX_BYTES} bytes")
                if time.monotonic() > self._deadline:
                    raise requests.Timeout("the answer takes too long")
        headers = {
            name: value
            for name, value in response.headers.items()
            if name.casefold() not in ("content-encoding", "content-length", "transfer-encoding")
        }
        response.raw = HTTPResponse(
            body=io.BytesIO(bytes(body)),
            headers=headers,
            status=response.status_code,
            preload_content=False,
        )
        return response
