"""Positions as people write them, and the names of positions without a name.

`parse_position` reads one position in one of these forms:

==============================  =================================================
decimal degrees                 ``12.34 34.89``, ``12.34, +34.89``, ``12.34d -1.2d``
sexagesimal, colons or spaces   ``12:39:59.43 -11:37:23.0``, ``12 39 59.4 -11 37 23``
sexagesimal with units          ``19h17m32s 11d58m02s``, ``12.5h -11d37'23"``
designation                     ``J140258.51+542318.3``, ``140258+542318``
==============================  =================================================

optionally with the words of a frame: ``icrs``, ``equ j2000`` (the default), ``fk5``,
``b1950``, ``gal``, ``ecl``. A bare single number is always in degrees, a bare group of two
or three numbers is sexagesimal: hours for a right ascension, degrees for everything else.
Where the two could be confused, the position is refused instead of guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, NoReturn

from astropy.coordinates import FK4, FK5, BarycentricMeanEcliptic, Galactic, SkyCoord

from photometry_core.errors import InvalidInputError

Frame = Literal["ICRS", "J2000", "FK5", "B1950", "Galactic", "Ecliptic"]

_MAX_LENGTH = 200

FRAME_SPELLINGS: dict[Frame, tuple[str, ...]] = {
    "ICRS": ("icrs",),
    "J2000": ("j2000", "equ", "equ j2000"),
    "FK5": ("fk5", "fk5 j2000"),
    "B1950": ("b1950", "fk4", "equ b1950", "fk4 b1950"),
    "Galactic": ("gal", "galactic"),
    "Ecliptic": ("ecl", "ecliptic", "ecl j2000", "ecliptic j2000"),
}
"""Words after a position that name its frame; their order and case don't matter."""
_FRAMES: dict[frozenset[str], Frame] = {
    frozenset(words.split()): frame for frame, forms in FRAME_SPELLINGS.items() for words in forms
}
_FRAME_WORDS = frozenset(word for words in _FRAMES for word in words)

# J2000 is read as ICRS: the axes agree within 0.03 arcsec and that is what people mean by it.
_ASTROPY_FRAMES = {
    "FK5": FK5(equinox="J2000"),
    "B1950": FK4(equinox="B1950"),
    "Galactic": Galactic(),
    "Ecliptic": BarycentricMeanEcliptic(equinox="J2000"),
}
_AXIS_NAMES: dict[Frame, tuple[str, str]] = {
    "Galactic": ("galactic longitude", "galactic latitude"),
    "Ecliptic": ("ecliptic longitude", "ecliptic latitude"),
}

LOOKALIKES = str.maketrans({
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00b0\u00ba\u02da", "d"),
    **dict.fromkeys("\u2032\u2018\u2019\u02b9\u00b4", "'"),
    **dict.fromkeys("\u2033\u201c\u201d\u02ba", '"'),
})  # fmt: skip
"""What is written like a minus, or like the signs of degrees, minutes and seconds."""

_NUMBER = r"(?:\d+\.?\d*|\.\d+)"
_TWO_NUMBERS = re.compile(
    rf"([+-]?{_NUMBER}(?:e[+-]?\d+)?)(?:\s*[,;]\s*|\s+|(?=[+-]))([+-]?{_NUMBER}(?:e[+-]?\d+)?)"
)
_DESIGNATION = re.compile(
    r"(j?)(\d{2})(\d{2})(\d{2})(\d*)(\.\d*)?\s*([+-])(\d{2})(\d{2})(\d{2})(\d*)(\.\d*)?"
)
_POSITION_CHARACTERS = re.compile(r"[+\-.\d][\d\s+\-.,;:hmsd'\"]*")
_UNKNOWN_FRAME = re.compile(rf"[+-]?{_NUMBER}[\s,;]+[+-]?{_NUMBER}\s+([a-z]\w*)")
_PART = re.compile(rf"({_NUMBER})\s*([hmsd'\"]?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPosition:
    """A position on the sky, and how it was written.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position in degrees, RA in [0, 360).
    frame
        The frame it was written in. ``J2000`` means that no frame was given or that it
        was called J2000; its axes are taken to be those of ICRS.
    longitude_deg, latitude_deg
        The position in that frame, in degrees.
    notation
        How it was written.
    """

    ra_deg: float
    dec_deg: float
    frame: Frame
    longitude_deg: float
    latitude_deg: float
    notation: Literal["decimal degrees", "sexagesimal", "designation"]


@dataclass(frozen=True, slots=True)
class _Coordinate:
    """One coordinate as written: sign, numbers and the unit of the first one."""

    text: str
    negative: bool
    parts: tuple[str, ...]
    unit: Literal["h", "d", ""]

    def has_parts(self) -> bool:
        return len(self.parts) > 1


def parse_position(text: str) -> ParsedPosition | None:
    """Read a position, or return `None` if the text is not one, but perhaps a name.

    Parameters
    ----------
    text
        What somebody typed or pasted; see the top of this module for the forms. Unicode
        minus, degree, prime and superscript signs are understood.

    Raises
    ------
    InvalidInputError
        The text is a position, but incomplete, ambiguous, out of range or too long.
    """
    if len(text) > _MAX_LENGTH:
        raise InvalidInputError(
            f"position: {len(text)} characters given; allowed: at most {_MAX_LENGTH}"
        )
    # Normalized, a raised 2 or a half would be digits of the number that they follow.
    no_digits = "".join("^" if unicodedata.category(one) == "No" else one for one in text)
    plain = unicodedata.normalize("NFKC", no_digits.translate(LOOKALIKES)).translate(LOOKALIKES)
    plain = " ".join(plain.casefold().replace("''", '"').split())
    plain, frame = _split_frame(plain)
    numbers, digits = _TWO_NUMBERS.fullmatch(plain), _DESIGNATION.fullmatch(plain)
    # Six digits before the point are HHMMSS: no angle in degrees has so many.
    if numbers and not (digits and len(numbers[1].split(".")[0]) == 6):
        return _in_icrs(float(numbers[1]), float(numbers[2]), frame, "decimal degrees")
    if digits:
        return _from_designation(digits, text, frame)
    if match := _UNKNOWN_FRAME.fullmatch(plain):
        raise InvalidInputError(
            f"position: {match[1]!r} in {text.strip()!r} is not a frame; "
            "allowed: icrs, j2000, fk5, b1950, gal, ecl"
        )
    if not _POSITION_CHARACTERS.fullmatch(plain):
        return None
    longitude, latitude = _split_coordinates(plain, text.strip())
    return _from_coordinates(longitude, latitude, frame, text.strip())


def _split_frame(text: str) -> tuple[str, Frame]:
    """Take the words of a frame off the end of a text."""
    words = text.split(" ")
    bare = [word.strip(",;()").removesuffix(".0") for word in words]
    n_frame = 0
    while n_frame < len(words) - 1 and bare[-1 - n_frame] in _FRAME_WORDS:
        n_frame += 1
    if n_frame == 0:
        return text, "J2000"
    rest = " ".join(words[:-n_frame]).rstrip(" ,;")
    found = bare[-n_frame:]
    if len(set(found)) == len(found) and (frame := _FRAMES.get(frozenset(found))):
        return rest, frame
    if not _POSITION_CHARACTERS.fullmatch(rest):
        return text, "J2000"  # a name that happens to end so
    raise InvalidInputError(
        f"position: {' '.join(found)!r} is not a frame; allowed: icrs, j2000, fk5, b1950, gal, ecl"
    )


def _from_designation(match: re.Match[str], text: str, frame: Frame) -> ParsedPosition:
    """Read ``[J]HHMMSS[.s]+DDMMSS[.s]``; without a point, digits after SS are decimals."""
    is_named, *_, ra_digits, ra_point, sign = match.group(1, 2, 3, 4, 5, 6, 7)
    dec_digits, dec_point = match.group(11, 12)
    if (ra_digits and ra_point) or (dec_digits and dec_point):
        _refuse(text.strip(), "digits of a designation are HHMMSS.s and DDMMSS.s")
    if (ra_digits or dec_digits) and not is_named:
        _refuse(text.strip(), "write HHMMSS.s+DDMMSS.s, with points")
    if frame not in ("J2000", "ICRS", "FK5"):
        _refuse(text.strip(), f"a designation is an equatorial J2000 position, not {frame}")
    ra_seconds = f"{match[4]}.{ra_digits}" if ra_digits else f"{match[4]}{ra_point or ''}"
    dec_seconds = f"{match[10]}.{dec_digits}" if dec_digits else f"{match[10]}{dec_point or ''}"
    longitude = _Coordinate(match[0], False, (match[2], match[3], ra_seconds), "h")
    latitude = _Coordinate(match[0], sign == "-", (match[8], match[9], dec_seconds), "d")
    ra_deg = _degrees(longitude, "RA", text.strip()) * 15.0
    dec_deg = _degrees(latitude, "Dec", text.strip())
    return _in_icrs(ra_deg, dec_deg, frame, "designation")


def _split_coordinates(plain: str, text: str) -> tuple[_Coordinate, _Coordinate]:
    """Divide the text of a position into its two coordinates."""
    separators = re.findall(r"[,;]", plain)
    if len(separators) > 1:
        _refuse(
            text,
            "one comma may stand between the two coordinates; decimals are written with a point",
        )
    if separators:
        first, second = re.split(r"[,;]", plain)
        return _coordinate(first, text), _coordinate(second, text)
    if (second_sign := re.search(r"(?<=.)[+-]", plain)) is not None:
        at = second_sign.start()
        return _coordinate(plain[:at], text), _coordinate(plain[at:], text)
    if re.search(r"[hmsd'\"]", plain):
        return _split_by_units(plain, text)
    groups = plain.split(" ")
    if len(groups) == 1:
        _refuse(text, "that is one coordinate; a position needs two")
    if len(groups) % 2:
        _refuse(text, "it can't be told where the second coordinate begins; put a comma there")
    half = len(groups) // 2
    return _coordinate(" ".join(groups[:half]), text), _coordinate(" ".join(groups[half:]), text)


def _split_by_units(plain: str, text: str) -> tuple[_Coordinate, _Coordinate]:
    """Divide ``19h17m32s 11d58m02s``, ``12h 39m 59s 11d 37m 23s``, ``12.5d 11.2d``."""
    starts = [match.start() for match in re.finditer(rf"[+-]?\s*{_NUMBER}\s*[hd]", plain)]
    if len(starts) == 2 and starts[0] == 0:
        return _coordinate(plain[: starts[1]], text), _coordinate(plain[starts[1] :], text)
    if len(starts) == 1 and starts[0] > 0:
        return _coordinate(plain[: starts[0]], text), _coordinate(plain[starts[0] :], text)
    words = plain.split(" ")
    if len(starts) != 1:
        _refuse(text, "it can't be told where the second coordinate begins; put a comma there")
    if len(words) != 2:
        _refuse(text, "a position needs two coordinates; put a comma between them")
    return _coordinate(words[0], text), _coordinate(words[1], text)


def _coordinate(written: str, text: str) -> _Coordinate:
    """Read sign, numbers and unit of one coordinate; the values are checked later."""
    written = written.strip()
    sign = written[:1] if written[:1] in ("+", "-") else ""
    body = written[len(sign) :].strip()
    if not body:
        _refuse(text, "a position needs two coordinates")
    if ":" in body:
        parts = tuple(part.strip() for part in body.split(":"))
        if not all(re.fullmatch(_NUMBER, part) for part in parts):
            _refuse(text, f"{written!r} is not of the form 12:39:59.43")
        return _Coordinate(written, sign == "-", parts, "")
    found = _PART.findall(body)
    if re.sub(_PART, "", body).strip():
        _refuse(text, f"{written!r} is not a coordinate")
    numbers = tuple(number for number, _ in found)
    units = [unit.replace("'", "m").replace('"', "s") for _, unit in found]
    if not any(units):
        return _Coordinate(written, sign == "-", numbers, "")
    # The last unit may be left out: 12h39m59.43
    if units[-1] == "" and len(units) > 1:
        units[-1] = "ms"[len(units) - 2 : len(units) - 1]
    unit = units[0]
    if unit not in ("h", "d") or units[1:] != ["m", "s"][: len(units) - 1]:
        _refuse(text, f"{written!r} is not of the form 12h39m59.43s or -11d37m23.0s")
    return _Coordinate(written, sign == "-", numbers, "h" if unit == "h" else "d")


def _from_coordinates(
    longitude: _Coordinate, latitude: _Coordinate, frame: Frame, text: str
) -> ParsedPosition:
    lon_name, lat_name = _AXIS_NAMES.get(frame, ("RA", "Dec"))
    equatorial = lon_name == "RA"
    if latitude.unit == "h":
        _refuse(text, f"{lat_name} can't be in hours")
    if longitude.unit == "h" and not equatorial:
        _refuse(text, f"{lon_name} can't be in hours")
    if not longitude.unit and not longitude.has_parts() and latitude.has_parts() and equatorial:
        _refuse(
            text,
            f"RA {longitude.text!r} could be hours or degrees; write {longitude.text}h or "
            f"{longitude.text}d",
        )
    in_hours = longitude.unit == "h" or (
        equatorial and not longitude.unit and longitude.has_parts()
    )
    value = _degrees(longitude, lon_name, text)
    if in_hours and not 0.0 <= value <= 24.0:
        _refuse(
            text,
            f"RA {longitude.text!r} is out of range; allowed: 0 to 24 hours "
            "(in degrees, write 187d30m)",
        )
    sexagesimal = longitude.has_parts() or latitude.has_parts() or in_hours
    return _in_icrs(
        value * 15.0 if in_hours else value,
        _degrees(latitude, lat_name, text),
        frame,
        "sexagesimal" if sexagesimal else "decimal degrees",
    )


def _degrees(coordinate: _Coordinate, name: str, text: str) -> float:
    """Return the value of a coordinate in its first unit, checking minutes and seconds."""
    if len(coordinate.parts) > 3:
        _refuse(text, f"{name} {coordinate.text!r} has {len(coordinate.parts)} parts, not 1 to 3")
    if any("." in part for part in coordinate.parts[:-1]):
        _refuse(text, f"{name} {coordinate.text!r}: only the last part may have decimals")
    values = [float(part) for part in coordinate.parts]
    for value, part in zip(values[1:], ("minutes", "seconds"), strict=False):
        # 60 seconds are one minute: so numbers are written that were rounded.
        if value > 60.0 or (value == 60.0 and part == "minutes"):
            allowed = "0 to below 60" if part == "minutes" else "0 to 60"
            _refuse(text, f"{name} {coordinate.text!r}: {value:g} {part}; allowed: {allowed}")
    total = math.fsum(value / 60.0**power for power, value in enumerate(values))
    return -total if coordinate.negative else total


def _in_icrs(
    longitude_deg: float,
    latitude_deg: float,
    frame: Frame,
    notation: Literal["decimal degrees", "sexagesimal", "designation"],
) -> ParsedPosition:
    """Check the ranges and transform to ICRS."""
    lon_name, lat_name = _AXIS_NAMES.get(frame, ("RA", "Dec"))
    if not 0.0 <= longitude_deg <= 360.0:
        hint = f" (did you mean {longitude_deg + 360.0:.10g}?)" if -360 <= longitude_deg < 0 else ""
        raise InvalidInputError(
            f"{lon_name}: {longitude_deg:.10g} degrees is out of range; "
            f"allowed: 0 to 360 degrees{hint}"
        )
    if not -90.0 <= latitude_deg <= 90.0:
        raise InvalidInputError(
            f"{lat_name}: {latitude_deg:.10g} degrees is out of range; allowed: -90 to 90 degrees"
        )
    longitude_deg = longitude_deg % 360.0
    ra_deg, dec_deg = longitude_deg, latitude_deg
    if frame not in ("ICRS", "J2000"):
        sky = SkyCoord(longitude_deg, latitude_deg, unit="deg", frame=_ASTROPY_FRAMES[frame]).icrs
        ra_deg, dec_deg = float(sky.ra.deg) % 360.0, float(sky.dec.deg)
    return ParsedPosition(
        ra_deg=ra_deg,
        dec_deg=dec_deg,
        frame=frame,
        longitude_deg=longitude_deg,
        latitude_deg=latitude_deg,
        notation=notation,
    )


def _refuse(text: str, why: str) -> NoReturn:
    raise InvalidInputError(f"position: {text!r} can't be read: {why}")


def designation(ra_deg: float, dec_deg: float) -> str:
    """Return the name of a position without a name, ``JHHMMSS.ss+DDMMSS.s``.

    Digits are truncated, not rounded, as the IAU asks of names made of coordinates. A
    millionth of the last digit is added first, so that a position written with these very
    digits keeps them whatever its binary representation.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position in degrees.
    """
    ra_units = math.floor(ra_deg % 360.0 * 24000.0 + 1e-6) % 8_640_000
    dec_units = math.floor(abs(dec_deg) * 36000.0 + 1e-6)
    hours, minutes, seconds = _divide(ra_units, 100)
    degrees, arcminutes, arcseconds = _divide(dec_units, 10)
    sign = "-" if math.copysign(1.0, dec_deg) < 0 and dec_units else "+"
    return (
        f"J{hours:02d}{minutes:02d}{seconds // 100:02d}.{seconds % 100:02d}"
        f"{sign}{degrees:02d}{arcminutes:02d}{arcseconds // 10:02d}.{arcseconds % 10}"
    )


def sexagesimal(ra_deg: float, dec_deg: float) -> tuple[str, str]:
    """Return RA as ``HH:MM:SS.sss`` and Dec as ``+DD:MM:SS.ss``, rounded.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position in degrees.
    """
    hours, minutes, seconds = _divide(round(ra_deg % 360.0 * 240_000.0) % 86_400_000, 1000)
    dec_units = round(abs(dec_deg) * 360_000.0)
    degrees, arcminutes, arcseconds = _divide(dec_units, 100)
    sign = "-" if dec_deg < 0 and dec_units else "+"
    return (
        f"{hours:02d}:{minutes:02d}:{seconds // 1000:02d}.{seconds % 1000:03d}",
        f"{sign}{degrees:02d}:{arcminutes:02d}:{arcseconds // 100:02d}.{arcseconds % 100:02d}",
    )


def _divide(units: int, per_second: int) -> tuple[int, int, int]:
    """Divide a count of fractions of a second into hours (or degrees), minutes and the rest."""
    minutes, rest = divmod(units, 60 * per_second)
    return *divmod(minutes, 60), rest
