"""Where a target is: from what was typed to a position, with the help of a name resolver."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace

from astropy.coordinates.name_resolve import sesame_url
from astropy.utils.data import download_file, get_file_contents
from django.conf import settings
from django.core.cache import cache

from photometry_core.archive import SIMULATED
from photometry_core.errors import InvalidInputError
from photometry_core.positions import ParsedPosition, designation, parse_position
from photometry_core.types import ProperMotion

# Two mirrors, one after the other, within five seconds.
_TIMEOUT_SECONDS = 2.5
_FOUND_SECONDS = 86_400
_NOT_FOUND_SECONDS = 300
# The first with an answer ends the search. NED first is what the official tool does.
_SESAME_ORDERS = {"ned": "NS", "simbad": "SN"}
_SESAME_DATABASES = {"N": "NED", "S": "Simbad", "V": "VizieR"}
_MAX_NAME_LENGTH = 80
# Positions that differ by less are those of one object.
_SAME_POSITION_DEG = 0.1 / 3600


# Sesame's positions of moving objects are those of this epoch.
_SESAME_EPOCH_YR = 2000.0


class ResolverUnreachableError(Exception):
    """No name resolver answered; its text is fit for a user to read."""


class AmbiguousNameError(InvalidInputError):
    """A name is that of several objects.

    Parameters
    ----------
    message
        Names all of them.
    choices
        The objects.
    """

    def __init__(self, message: str, choices: tuple[Located, ...]) -> None:
        super().__init__(message)
        self.choices = choices


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
    motion
        The proper motion that the resolver knows; `None` if it knows none. Nobody asked for it
        to be used yet.
    """

    name: str
    ra_deg: float
    dec_deg: float
    resolver: str = ""
    position: ParsedPosition | None = None
    motion: ProperMotion | None = None


def locate(text: str, resolver: str = "ned") -> Located:
    """Return where a target is.

    Parameters
    ----------
    text
        A position in any form of `photometry_core.positions`, or the name of an object.
    resolver
        Who is asked first for names: ``ned`` or ``simbad``. The simulated sky has its own.

    Raises
    ------
    InvalidInputError
        It is neither a position nor a name that is known, or the name is ambiguous
        (`AmbiguousNameError`).
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
    return _resolved(text, _SESAME_ORDERS[resolver])


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
        name=source.name,
        ra_deg=source.ra_deg,
        dec_deg=source.dec_deg,
        resolver="the simulated sky",
        motion=source.motion,
    )


def _resolved(name: str, order: str) -> Located:
    """Ask Sesame, or remember what it said."""
    plain = " ".join(name.casefold().split())
    key = f"name-{order}-{hashlib.sha256(plain.encode()).hexdigest()}"
    answer = cache.get(key)
    if answer is None:
        answer = _ask_sesame(name, order)
        cache.set(key, answer, _FOUND_SECONDS if "%J" in answer else _NOT_FOUND_SECONDS)
    return _read_answer(answer, name)


def _ask_sesame(name: str, order: str) -> str:
    """Return the text that the first mirror to answer gives."""
    failures: list[Exception] = []
    for base in sesame_url.get():
        url = f"{base.rstrip('/')}/{order}?{urllib.parse.quote(name)}"
        try:
            file = download_file(url, cache=False, show_progress=False, timeout=_TIMEOUT_SECONDS)
            answer = str(get_file_contents(file, encoding="utf-8"))
        except (urllib.error.URLError, TimeoutError, ConnectionError, UnicodeDecodeError) as error:
            failures.append(error)
            continue
        # Every answer of Sesame, also that nothing was found, begins so; a page of a proxy does
        # not, and says nothing about the name.
        if answer.lstrip().startswith("#"):
            return answer
        failures.append(ValueError("not an answer of Sesame"))
    raise ResolverUnreachableError(
        f"The name resolver can't be reached, so {name!r} can't be looked up now. "
        "Type its coordinates, or try again in a minute."
    ) from failures[0]


def _read_answer(answer: str, name: str) -> Located:
    """Read Sesame's plain text.

    Its lines are ``#=N=...`` database, ``%J ra dec``, ``%P pm_ra pm_dec``, ``%I.0 name``.
    """
    found = list(_objects(answer))
    if not found:
        raise InvalidInputError(
            f"Neither NED nor Simbad knows {name!r}. Check the spelling, or type coordinates. "
            "(Bodies of the Solar System are not looked up: they have no fixed position.)"
        )
    first = found[0]
    if any(_are_apart(first, other) for other in found[1:]):
        names = ", ".join(f"{one.name} at {one.ra_deg:.5f} {one.dec_deg:+.5f}" for one in found)
        raise AmbiguousNameError(
            f"{first.resolver} knows several objects called {name!r}: {names}. "
            "Choose the one you mean, or type its coordinates.",
            tuple(found),
        )
    return first if first.name else replace(first, name=name)


def _are_apart(one: Located, other: Located) -> bool:
    return (
        abs(other.dec_deg - one.dec_deg) > _SAME_POSITION_DEG
        or abs((other.ra_deg - one.ra_deg + 180.0) % 360.0 - 180.0) > _SAME_POSITION_DEG
    )


def _objects(answer: str) -> Iterator[Located]:
    """Yield the objects of an answer; each begins with its number or its position."""
    database, place, motion = "Sesame", None, None
    names: list[str] = []
    for line in [*answer.splitlines(), "#="]:
        if line.startswith(("#=", "%J ", "%@")) and place is not None:
            yield Located(
                name=names[0] if names else "",
                ra_deg=place[0],
                dec_deg=place[1],
                resolver=database,
                motion=motion,
            )
            place, motion, names = None, None, []
        if match := re.match(r"#=\S?([A-Z])", line):
            database = _SESAME_DATABASES.get(match[1], "Sesame")
        elif match := re.match(r"%J\s+(\d+\.?\d*)\s+([+-]?\d+\.?\d*)", line):
            place = (float(match[1]) % 360.0, float(match[2]))
        elif match := re.match(r"%P\s+([+-]?\d+\.?\d*)\s+([+-]?\d+\.?\d*)", line):
            motion = _motion(float(match[1]), float(match[2]))
        elif match := re.match(r"%I\.0\s+(.+)", line):
            names.append(" ".join(match[1].split()))


def _motion(pm_ra: float, pm_dec: float) -> ProperMotion | None:
    """Return a motion that Sesame gives in mas/yr, if it can be one."""
    try:
        return ProperMotion(pm_ra_mas_yr=pm_ra, pm_dec_mas_yr=pm_dec, ref_epoch_yr=_SESAME_EPOCH_YR)
    except InvalidInputError:
        return None
