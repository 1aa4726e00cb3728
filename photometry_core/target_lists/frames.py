"""Frames of coordinates: what files call them, and from them to ICRS."""

from __future__ import annotations

import re
from typing import Any

from astropy.coordinates import FK4, FK5, BarycentricMeanEcliptic, Galactic, SkyCoord

from photometry_core.errors import InvalidInputError
from photometry_core.types import FloatArray

AXES = {"Galactic": ("l", "b"), "Ecliptic": ("ecliptic longitude", "ecliptic latitude")}
"""What the two coordinates are called, where they are not RA and Dec."""


def axis_names(frame: str) -> tuple[str, str]:
    """Return what the two coordinates of a frame are called in messages."""
    return AXES.get(frame, ("RA", "Dec"))


def frame_of(system: str, equinox: str) -> str:
    """Return the frame that a file states, in our words; empty if it states none that we know.

    Parameters
    ----------
    system, equinox
        As COOSYS or keywords spell them, such as ``eq_FK5`` and ``J2000``.
    """
    words = re.sub(r"[^a-z0-9.]", "", system.casefold())
    year = _year(equinox) or _year(system)
    if "gal" in words and "super" not in words:
        return "Galactic"
    if words.startswith("ecl"):
        return "Ecliptic" if year in ("", "2000") and "fk4" not in words else ""
    if "icrs" in words or "icrf" in words or (not words and year == "2000"):
        return "ICRS"
    if "fk4" in words or "b1950" in words or (not words and year == "1950"):
        return "B1950" if year in ("", "1950") else f"FK4 B{year}"
    if "fk5" in words or "j2000" in words:
        return "FK5" if year in ("", "2000") else f"FK5 J{year}"
    return ""


def _year(text: str) -> str:
    match = re.search(r"(?:^|[^0-9])((?:1[89]|20)[0-9]{2}(?:\.[0-9]+)?)", text)
    return f"{float(match[1]):g}" if match else ""


def is_equatorial(frame: str) -> bool:
    """Whether its coordinates are right ascension and declination."""
    return frame not in AXES


def to_icrs(
    frame: str, longitude: FloatArray, latitude: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return ICRS (ra, dec) of positions in another frame.

    Parameters
    ----------
    frame
        One of `photometry_core.target_lists.mapping.FRAMES`, or ``FK4`` or ``FK5`` with an equinox.
    longitude, latitude
        In degrees, each of shape (n,).

    Returns
    -------
    tuple of ndarray
        RA in [0, 360) and Dec in degrees, each of shape (n,).

    Raises
    ------
    InvalidInputError
        There is no such frame.
    """
    if frame == "ICRS" or not len(longitude):
        return longitude, latitude
    sky = SkyCoord(longitude, latitude, unit="deg", frame=_astropy_frame(frame)).icrs
    ra: FloatArray = sky.ra.deg % 360.0
    dec: FloatArray = sky.dec.deg
    return ra, dec


def _astropy_frame(frame: str) -> Any:
    fixed = {
        "FK5": FK5(equinox="J2000"),
        "B1950": FK4(equinox="B1950"),
        "Galactic": Galactic(),
        "Ecliptic": BarycentricMeanEcliptic(equinox="J2000"),
    }
    if frame in fixed:
        return fixed[frame]
    if match := re.fullmatch(r"(FK[45]) ([BJ][12][0-9]{3}(?:\.[0-9]+)?)", frame):
        return (FK4 if match[1] == "FK4" else FK5)(equinox=match[2])
    raise InvalidInputError(f"frame: {frame!r} is not known")
