"""Where a target is: from what was typed to a position, with the help of a name resolver."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

from astropy.coordinates.name_resolve import sesame_url
from astropy.utils.data import download_file, get_file_contents
from django.conf import settings
from django.core.cache import cache

from photometry_core.archive import SIMULATED
from photometry_core.errors import InvalidInputError
from photometry_core.positions import ParsedPosition, designation, parse_position

# Two mirrors, one after the other, within five seconds.
_TIMEOUT_SECONDS = 2.5
_FOUND_SECONDS = 86_400
_NOT_FOUND_SECONDS = 300
# NED first, then Simbad, as in the official tool; the first with an answer ends the search.
_SESAME_ORDER = "NS"
_SESAME_DATABASES = {"N": "NED", "S": "Simbad", "V": "VizieR"}
_MAX_NAME_LENGTH = 80
# Positions that differ by less are those of one object.
_SAME_POSITION_DEG = 0.1 / 3600


class ResolverUnreachableError(Exception):
    """No name resolver answered; its text is fit for a user to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A target as it was understood.

    Parameters
    ----------
    name
        The resolver's name of it, or the designation of a position.
    ra_deg, dec_deg
        ICRS position in degrees.
    resolver
        Who knew the name; empty if a position was typed.
    position
        The position as typed; `None` if a name was.
    """

    name: str
    ra_deg: float
    dec_deg: float
    resolver: str = ""
    position: ParsedPosition | None = None


def locate(text: str) -> Located:
    """Return where a target is.

    Parameters
    ----------
    text
        A position in any form of `photometry_core.positions`, or the name of an object.

    Raises
    ------
    InvalidInputError
        It is neither a position nor a name that is known, or the name is ambiguous.
    ResolverUnreachableError
        It seems to be a name, and no resolver answers.
    """
    text = text.strip()
    if not text:
        raise InvalidInputError("Type coordinates or the name of an object.")
    position = parse_position(text)
    if position is not None:
        return Located(
            name=designation(position.ra_deg, position.dec_deg),
            ra_deg=position.ra_deg,
            dec_deg=position.dec_deg,
            position=position,
        )
    if len(text) > _MAX_NAME_LENGTH or not text.isprintable():
        raise InvalidInputError(
            f"That is no name: {len(text)} characters given; "
            f"allowed: at most {_MAX_NAME_LENGTH} that can be printed."
        )
    if settings.SPHEREX_ARCHIVE == SIMULATED:
        return _in_the_simulated_sky(text)
    return _resolved(text)


def _in_the_simulated_sky(name: str) -> Located:
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.names import NAMED, find_named

    source = find_named(name)
    if source is None:
        known = ", ".join(named.name for named in NAMED)
        raise InvalidInputError(
            f"{name!r} is not known in the simulated sky. Its named objects are {known}; "
            "any position can be measured."
        )
    return Located(
        name=source.name, ra_deg=source.ra_deg, dec_deg=source.dec_deg, resolver="the simulated sky"
    )


def _resolved(name: str) -> Located:
    """Ask Sesame, or remember what it said."""
    key = "name-" + hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()
    answer = cache.get(key)
    if answer is None:
        answer = _ask_sesame(name)
        cache.set(key, answer, _FOUND_SECONDS if "%J" in answer else _NOT_FOUND_SECONDS)
    return _read_answer(answer, name)


def _ask_sesame(name: str) -> str:
    """Return the text that the first mirror to answer gives."""
    failures = []
    for base in sesame_url.get():
        url = f"{base.rstrip('/')}/{_SESAME_ORDER}?{urllib.parse.quote(name)}"
        try:
            file = download_file(url, cache=False, show_progress=False, timeout=_TIMEOUT_SECONDS)
            return str(get_file_contents(file, encoding="utf-8"))
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            failures.append(error)
    raise ResolverUnreachableError(
        f"The name resolver can't be reached, so {name!r} can't be looked up now. "
        "Type its coordinates, or try again in a minute."
    ) from failures[0]


def _read_answer(answer: str, name: str) -> Located:
    """Read Sesame's plain text: ``#=N=...`` database, ``%J ra dec``, ``%I.0 name``."""
    found = list(_objects(answer))
    if not found:
        raise InvalidInputError(
            f"Neither NED nor Simbad knows {name!r}. Check the spelling, or type coordinates."
        )
    first = found[0]
    for other in found[1:]:
        if (
            abs(other.dec_deg - first.dec_deg) > _SAME_POSITION_DEG
            or abs((other.ra_deg - first.ra_deg + 180.0) % 360.0 - 180.0) > _SAME_POSITION_DEG
        ):
            names = ", ".join(f"{one.name} at {one.ra_deg:.5f} {one.dec_deg:+.5f}" for one in found)
            raise InvalidInputError(
                f"{first.resolver} knows several objects called {name!r}: {names}. "
                "Type the coordinates of the one you mean."
            )
    return (
        first
        if first.name
        else Located(name=name, ra_deg=first.ra_deg, dec_deg=first.dec_deg, resolver=first.resolver)
    )


def _objects(answer: str) -> Iterator[Located]:
    database, place = "Sesame", None
    names: list[str] = []
    for line in [*answer.splitlines(), "#="]:
        if line.startswith(("#=", "%J ")) and place is not None:
            yield Located(
                name=names[0] if names else "", ra_deg=place[0], dec_deg=place[1], resolver=database
            )
            place, names = None, []
        if match := re.match(r"#=\S?([A-Z])", line):
            database = _SESAME_DATABASES.get(match[1], "Sesame")
        elif match := re.match(r"%J\s+(\d+\.?\d*)\s+([+-]?\d+\.?\d*)", line):
            place = (float(match[1]) % 360.0, float(match[2]))
        elif match := re.match(r"%I\.0\s+(.+)", line):
            names.append(" ".join(match[1].split()))
