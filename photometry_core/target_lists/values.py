"""One cell at a time: numbers, angles, dates, and what stands for no value."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime

from photometry_core.extent import NOMINAL_PIXEL_ARCSEC
from photometry_core.positions import LOOKALIKES
from photometry_core.target_lists.units import unit_key

ABSENT = frozenset((
    "", "nan", "null", "none", "nil", "n/a", "na", "n.a.", "-", "--", "---", "...", "inf", "+inf",
    "-inf", "infinity", "?", "\\n", "missing", "masked", "undefined", "*", "#n/a", "<na>",
))  # fmt: skip
"""What people and programs write, in lower case, where there is no value."""

SENTINELS = frozenset((
    -99.0, -99.9, -99.99, -999.0, -999.9, -999.99, -9999.0, -99999.0, 99.0, 99.9, 99.99, 99.999,
    999.0, 999.9, 999.99, 9999.0, 99999.0, 1e20, 1e30, -1e30,
))  # fmt: skip
"""Numbers that are written where there is no value."""

_DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_NUMBER = re.compile(rf"[+-]?{_DIGITS}(?:[eEdD][+-]?[0-9]{{1,3}})?")
_COMMA_NUMBER = re.compile(r"[+-]?(?:[0-9]+,?[0-9]*|,[0-9]+)(?:[eEdD][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[ _'.,\u00a0\u2009\u202f][0-9]{3})+(?:[.,][0-9]*)?")
_WITH_UNIT = re.compile(rf"([+-]?{_DIGITS}(?:[eE][+-]?[0-9]{{1,3}})?)\s*([^\d\s.+\-].*)")
_SEXAGESIMAL = re.compile(
    r"([+-]?)\s*([0-9]+)\s*([hd:\s])\s*([0-9]{1,2}(?:\.[0-9]*)?)"
    r"(?:\s*[m':\s]\s*([0-9]{1,2}(?:\.[0-9]*)?))?\s*([sm\"']?)"
)
_YEAR = re.compile(r"(?:1[89]|2[01])[0-9]{2}(?:\.[0-9]*)?")
_BESSELIAN_DAYS = 365.242198781


class UnreadableCellError(ValueError):
    """A cell does not hold what it should.

    Parameters
    ----------
    message
        Why not, with the value and what is allowed.
    suggestion
        A text that would do; empty if there is none.
    why
        ``absent`` if it stands for no value, ``mixed`` if it is written in another way than its
        column; else empty.
    """

    def __init__(self, message: str, suggestion: str = "", why: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion
        self.why = why


def plain(text: str) -> str:
    """Return a text with its minus signs, primes, blanks and digits as ASCII has them.

    Digits of other scripts and full-width ones are digits; fractions, and digits that are raised
    or in circles, are left as they are: nobody can tell what they mean.
    """
    if text.isascii():
        return text.strip()
    return "".join(map(_plain_character, text.translate(LOOKALIKES))).strip()


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "No":
        return character
    if category == "Zs":
        return " "
    return unicodedata.normalize("NFKC", character).translate(LOOKALIKES)


def is_absent(text: str) -> bool:
    """Whether a text stands for no value, such as ``--`` and ``NaN``."""
    return text.strip().casefold() in ABSENT


def out_of_range(label: str, text: str, allowed: str, suggestion: str = "") -> UnreadableCellError:
    """Return the error of a number out of its range, which says so if it stands for no value.

    Parameters
    ----------
    label
        What the number is.
    text
        The cell.
    allowed
        What is allowed, with the unit.
    suggestion
        A text that would do.
    """
    message = f"{label} {text} is out of range; allowed: {allowed}"
    if is_sentinel(text):
        return UnreadableCellError(f"{message}; {text} usually stands for no value", why="absent")
    return UnreadableCellError(message, suggestion)


def is_sentinel(text: str) -> bool:
    """Whether a text is a number that is usually written where there is no value."""
    try:
        return number(text, decimal_comma="," in text) in SENTINELS
    except UnreadableCellError:
        return False


def looks_decimal_comma(text: str) -> bool:
    """Whether a text is a number if its comma is a decimal point."""
    return "," in text and _COMMA_NUMBER.fullmatch(plain(text)) is not None


def number(text: str, *, decimal_comma: bool = False) -> float:
    """Return the number that a cell holds.

    Parameters
    ----------
    text
        The cell. Exponents are written with e or, as Fortran has it, with d.
    decimal_comma
        Whether its comma is a decimal point.

    Raises
    ------
    UnreadableCellError
        It holds none, or one that could be read in two ways.
    """
    form = _COMMA_NUMBER if decimal_comma else _NUMBER
    if form.fullmatch(text) or form.fullmatch(text := plain(text)):
        value = float(text.replace(",", ".").lower().replace("d", "e"))
        if math.isfinite(value):
            return value
        raise UnreadableCellError(f"{text!r} is too large for a number")
    raise _no_number(text, decimal_comma)


def _no_number(text: str, decimal_comma: bool) -> UnreadableCellError:
    """Say why a text is no number."""
    if is_absent(text):
        message = f"{text!r} stands for no value" if text else "no value is given"
        return UnreadableCellError(message, why="absent")
    if decimal_comma and _NUMBER.fullmatch(text):
        return UnreadableCellError(
            f"{text!r} has a point, but this list has decimal commas", text.replace(".", ",")
        )
    if _THOUSANDS.fullmatch(text):
        return UnreadableCellError(
            f"{text!r} may have a mark between thousands, or a decimal comma; write the digits "
            "without marks"
        )
    if looks_decimal_comma(text):
        return UnreadableCellError(
            f"{text!r} has a comma; decimals are written with a point", text.replace(",", ".")
        )
    if re.fullmatch(r"[+-]?0[xX][0-9a-fA-F]+", text):
        return UnreadableCellError(f"{text!r} is hexadecimal; write a decimal number")
    if match := re.fullmatch(rf"({_DIGITS})\s*%", text):
        return UnreadableCellError(
            f"{text!r} is in percent; write a fraction", f"{float(match[1]) / 100:g}"
        )
    return UnreadableCellError(f"{text!r} is not a number")


def number_with_unit(
    role: str, text: str, unit: str, *, decimal_comma: bool = False
) -> tuple[float, str]:
    """Return the number of a cell and the key of its unit, which the cell itself may state.

    Raises
    ------
    UnreadableCellError
        There is no number, or the unit is none of those that the role can have.
    """
    if _NUMBER.fullmatch(text) and not decimal_comma:
        return number(text), unit  # as nearly all cells are
    text = plain(text)
    match = _WITH_UNIT.fullmatch(text.replace(",", ".") if decimal_comma else text)
    if match and not is_absent(text) and not re.fullmatch(r"[dDeExX][0-9+-].*", match[2]):
        if stated := unit_key(role, match[2]) or _spherex_pixels(role, match[2]):
            return float(match[1]), stated
        if match[2][0] not in "%,_'":
            raise UnreadableCellError(f"{text!r} has the unit {match[2]!r}, which is none for this")
    return number(text, decimal_comma=decimal_comma), unit


def _spherex_pixels(role: str, text: str) -> str:
    return "pix" if role == "effective_radius" and text.casefold() == "spherex pix" else ""


TO_DEGREES = {
    "deg": 1.0,
    "hourangle": 15.0,
    "rad": math.degrees(1.0),
    "arcsec": 1 / 3600,
}
TO_ARCSEC = {"arcsec": 1.0, "arcmin": 60.0, "deg": 3600.0, "pix": NOMINAL_PIXEL_ARCSEC}


def is_sexagesimal(text: str) -> bool:
    """Whether a text has the form of a coordinate of two or three parts."""
    return _SEXAGESIMAL.fullmatch(plain(text).casefold().replace("''", '"')) is not None


def sexagesimal(text: str) -> tuple[float, str]:
    """Return the value of a sexagesimal coordinate, and ``h``, ``d`` or nothing for its unit.

    Parameters
    ----------
    text
        Such as ``-00 30 00``, ``12:39:59.43``, ``12h39m59.43s`` or ``-11d37'23"``. A sign counts
        before zero, too, and 60 seconds are one minute.

    Raises
    ------
    UnreadableCellError
        It has not that form, or has 60 minutes, or more than 60 seconds.
    """
    match = _SEXAGESIMAL.fullmatch(plain(text).casefold().replace("''", '"'))
    if match is None or (match[6] and (match[6] in 's"') != (match[5] is not None)):
        raise UnreadableCellError(f"{text!r} is not of the form 12:39:59.43 or -11d37m23.0s")
    sign, first, mark, minutes, seconds, _ = match.groups()
    if seconds is not None and "." in minutes:
        raise UnreadableCellError(f"{text!r}: only the last part may have decimals")
    if float(minutes) >= 60.0:
        raise UnreadableCellError(f"{text!r}: {float(minutes):g} minutes; allowed: 0 to below 60")
    if seconds is not None and float(seconds) > 60.0:
        raise UnreadableCellError(f"{text!r}: {float(seconds):g} seconds; allowed: 0 to 60")
    value = math.fsum((float(first), float(minutes) / 60.0, float(seconds or 0.0) / 3600.0))
    return (-value if sign == "-" else value), (mark if mark in "hd" else "")


def is_iso_date(text: str) -> bool:
    """Whether a text begins as ISO dates do, with year and month."""
    return re.match(r"[0-9]{4}-[0-9]{2}", plain(text)) is not None


def julian_year(text: str, unit: str, *, decimal_comma: bool = False) -> float:
    """Return an epoch as a Julian year.

    Parameters
    ----------
    text
        A year (with ``J`` or ``B`` before it, too), a Julian date, an MJD or an ISO date.
    unit
        Its key, of the units of ``ref_epoch``; an ISO date, ``J`` and ``B`` speak for themselves,
        and so does a year among ISO dates.
    decimal_comma
        Whether its comma is a decimal point.

    Raises
    ------
    UnreadableCellError
        It is none of these.
    """
    text = plain(text)
    prefixed = re.fullmatch(r"([jJbB])\s*([0-9]{4}(?:\.[0-9]*)?)", text)
    if prefixed:
        year = float(prefixed[2])
        if prefixed[1] in "jJ":
            return year
        return _year_of_jd(2415020.31352 + (year - 1900.0) * _BESSELIAN_DAYS)
    if is_iso_date(text) or (unit == "iso" and not _YEAR.fullmatch(text)):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise UnreadableCellError(f"{text!r} is not a date such as 2016-01-01") from None
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        return _year_of_jd(2440587.5 + moment.timestamp() / 86400.0)
    value = number(text, decimal_comma=decimal_comma)
    if unit == "jd":
        return _year_of_jd(value)
    return _year_of_jd(value + 2400000.5) if unit == "mjd" else value


def _year_of_jd(jd: float) -> float:
    return 2000.0 + (jd - 2451545.0) / 365.25
