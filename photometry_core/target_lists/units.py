"""Units and conventions that the columns of a list can have, by the role of the column."""

from __future__ import annotations

import re
import unicodedata

UNITS: dict[str, dict[str, str]] = {
    "ra": {
        "deg": "degrees",
        "hourangle": "hours",
        "rad": "radians",
        "sexagesimal": "hours, minutes, seconds",
        "sexagesimal degrees": "degrees, minutes, seconds",
        "arcsec": "arcsec",
    },
    "dec": {
        "deg": "degrees",
        "rad": "radians",
        "sexagesimal degrees": "degrees, minutes, seconds",
        "arcsec": "arcsec",
    },
    "effective_radius": {
        "arcsec": "arcsec",
        "arcmin": "arcmin",
        "deg": "degrees",
        "pix": "SPHEREx pixels of 6.15 arcsec",
    },
    "position_angle": {"deg": "degrees", "rad": "radians"},
    "pm_ra": {
        "mas/yr": "mas/yr",
        "arcsec/yr": "arcsec/yr",
        "mas/yr without cos(Dec)": "mas/yr without cos(Dec)",
        "arcsec/yr without cos(Dec)": "arcsec/yr without cos(Dec)",
    },
    "pm_dec": {"mas/yr": "mas/yr", "arcsec/yr": "arcsec/yr"},
    "ref_epoch": {"yr": "Julian year", "jd": "Julian date", "mjd": "MJD", "iso": "ISO date"},
}
"""Key of the unit and what people read, the usual one first; roles without units are absent."""

KINDS: dict[str, dict[str, str]] = {
    "axis_ratio": {
        "b/a": "minor over major axis, b/a",
        "a/b": "major over minor axis, a/b",
        "1-b/a": "ellipticity or flattening, 1 - b/a",
        "e1, e2": "components of the ellipticity, (a-b)/(a+b)",
    },
    "position_angle": {
        "east of north": "from north towards east",
        "from x": "from the x axis towards the y axis of an image with north up and east left",
        "from RA": "from the direction of growing RA (east) towards north",
        "e1, e2": "components of the ellipticity",
    },
}
"""Key of the convention and what people read. Components come in two joined columns."""

_SPELLINGS = {
    "deg": ("deg", "degs", "degree", "degrees", "d", "°", "º", "decimaldegrees", "ddeg"),
    "rad": ("rad", "rads", "radian", "radians"),
    "hourangle": ("hourangle", "hour", "hours", "hr", "hrs", "h", "decimalhours"),
    "sexagesimal": (
        "hms", "hhmmss", "hhmmsss", "hhmmssss", "hourminsec", "hoursminutesseconds", "hexa",
        "sexa", "sex", "sexagesimal",
    ),
    "sexagesimal degrees": ("dms", "ddmmss", "ddmmsss", "degminsec", "degreesminutesseconds"),
    "arcsec": ("arcsec", "arcsecs", "arcsecond", "arcseconds", "asec", "as", '"', "\u2033", "''"),
    "arcmin": ("arcmin", "arcmins", "arcminute", "arcminutes", "amin", "'", "\u2032"),
    "mas/yr": (
        "masyr", "masyr1", "masyear", "masyear1", "masa", "masa1", "masperyr", "masperyear",
    ),
    "arcsec/yr": (
        "arcsecyr", "arcsecyr1", "arcsecyear", "arcsecyear1", "arcseca", "asyr", "asyr1",
        "arcsecperyr", "arcsecperyear", '"/yr', "\u2033/yr",
    ),
    "yr": ("yr", "year", "years", "jyear", "a", "y", "julianyear", "epoch"),
    "jd": ("jd", "juliandate", "julianday"),
    "mjd": ("mjd", "modifiedjuliandate", "mjdutc", "mjdtdb"),
    "iso": ("iso", "iso8601", "isot", "date", "datetime", "utc"),
}  # fmt: skip
_KEYS = {text: key for key, texts in _SPELLINGS.items() for text in texts}
_LONGEST = 32
_PIXELS = frozenset(("pix", "px", "pixel", "pixels"))
_LENGTHS = frozenset(("pc", "kpc", "mpc", "au", "km", "m", "cm", "ly", "lyr"))


def unit_key(role: str, text: str) -> str:
    """Return the key of a unit that a file or a person spells; empty if it has no meaning here.

    Pixels of a file are those of somebody's image, whose size nobody knows: they have none.
    """
    text = text.strip().casefold()
    if not text or len(text) > _LONGEST:
        return ""
    key = _KEYS.get(text) or _KEYS.get(re.sub(r"[^a-z0-9]", "", text), "")
    if key == "sexagesimal" and role == "dec":
        key = "sexagesimal degrees"
    return key if key in UNITS.get(role, {}) else ""


def is_pixels(text: str) -> bool:
    """Whether a unit is somebody's pixels."""
    return text.strip().casefold() in _PIXELS


def is_length(text: str) -> bool:
    """Whether a unit is one of lengths, and none of angles."""
    return text.strip().casefold() in _LENGTHS


def bracketed(name: str) -> tuple[str, str]:
    """Return the header of a column without the unit in brackets, and that unit."""
    name = unicodedata.normalize("NFKC", name).strip()
    match = re.fullmatch(r"(.*?)\s*[\[({]([^\])}]*)[\])}]\s*", name)
    return (match[1], match[2].strip()) if match and match[1] else (name, "")


def unit_of_header(role: str, name: str) -> str:
    """Return the key of the unit that a header states: ``RA (deg)``, ``ra_deg``, ``RAdeg``."""
    bare, unit = bracketed(name)
    if unit:
        return unit_key(role, unit)
    words = [word for word in re.split(r"[^0-9a-z]+", bare.casefold()) if word]
    for length in (2, 1):
        if len(words) > length and (key := _word_unit(role, "".join(words[-length:]))):
            return key
    if match := re.fullmatch(r"(?:ra|dec|de)(deg|rad|hms|dms|hours?)", "".join(words)):
        return unit_key(role, match[1])
    return ""


def _word_unit(role: str, word: str) -> str:
    """Return the key of the unit that a word at the end of a header is; single letters are none."""
    return unit_key(role, word) if len(word) > 1 else ""
