"""Times as people write them: ISO 8601 or MJD, both in UTC."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from photometry_core.errors import InvalidInputError

# 2020 to 2050: neither a year nor a Julian date is ever taken for an MJD. No day in it has had a
# leap second so far, so that every day has 86400 seconds.
MJD_RANGE = (58_849.0, 69_807.0)

_MJD_ZERO = datetime(1858, 11, 17)  # noqa: DTZ001 UTC throughout, as MJD is
_JD_OF_MJD_ZERO = 2_400_000.5

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?)?\s*(?:Z|UTC)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:MJD\s*)?([+-]?(?:\d+\.?\d*|\.\d+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTime:
    """A time in both notations.

    Parameters
    ----------
    mjd
        MJD, UTC.
    iso
        ``YYYY-MM-DD HH:MM:SS``, UTC.
    """

    mjd: float
    iso: str


def parse_time(text: str) -> ParsedTime:
    """Read ``2025-05-01``, ``2025-05-01T12:30``, ``2025-05-01 12:30:00.5 UTC`` or an MJD.

    A date alone is its beginning, 00:00 UTC.

    Raises
    ------
    InvalidInputError
        It is neither, or lies outside of `MJD_RANGE`.
    """
    text = " ".join(text.split())
    if number := _NUMBER.fullmatch(text):
        return _in_range(float(number[1]), text)
    if iso := _ISO.fullmatch(text):
        date, minutes, seconds = iso.groups()
        try:
            day = datetime.fromisoformat(f"{date}T{minutes or '00:00'}")
            moment = day + timedelta(seconds=float(seconds or 0))
        except ValueError as error:
            raise InvalidInputError(f"{text!r} is not a date and time that exists") from error
        if float(seconds or 0) >= 60.0:
            raise InvalidInputError(f"{text!r} is not a date and time that exists")
        mjd = (moment - _MJD_ZERO) / timedelta(days=1)
        return _in_range(mjd, text)
    raise InvalidInputError(
        f"{text!r} is not a time; write it like 2025-05-01, 2025-05-01T12:30:00 or 60796.5 (MJD)"
    )


def format_mjd(mjd: float) -> str:
    """Return a time given as MJD (UTC) as ``YYYY-MM-DD HH:MM:SS``."""
    moment = _MJD_ZERO + timedelta(seconds=round(mjd * 86_400))
    return moment.isoformat(sep=" ")


def _in_range(mjd: float, text: str) -> ParsedTime:
    first, last = MJD_RANGE
    if not first <= mjd <= last:
        as_jd = mjd - _JD_OF_MJD_ZERO
        hint = (
            f" (is it a Julian date? Its MJD would be {as_jd:.6g})"
            if first <= as_jd <= last
            else ""
        )
        raise InvalidInputError(
            f"{text!r} is out of range; allowed: MJD {first:.0f} to {last:.0f} "
            f"({format_mjd(first)[:10]} to {format_mjd(last)[:10]}){hint}"
        )
    return ParsedTime(mjd=mjd, iso=format_mjd(mjd))
