"""Units as files and headers of columns spell them."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

import numpy as np
from astropy import units
from astropy.units import UnitBase

from photometry_core.foreign_tables.limits import MAX_UNIT_LENGTH
from photometry_core.types import FloatArray

_SPELLINGS = {
    "µm": "um", "μm": "um", "micron": "um", "microns": "um", "micrometer": "um",
    "micrometers": "um", "micrometre": "um", "micrometres": "um", "nanometer": "nm",
    "nanometers": "nm", "angstrom": "Angstrom", "angstroms": "Angstrom", "å": "Angstrom",
    "aa": "Angstrom", "a": "Angstrom", "µjy": "uJy", "μjy": "uJy", "ujy": "uJy", "microjy": "uJy",
    "microjansky": "uJy", "millijy": "mJy", "millijansky": "mJy", "jansky": "Jy", "jy": "Jy",
    "njy": "nJy", "um": "um", "nm": "nm", "degrees": "deg", "degree": "deg", "days": "d",
    "pixel": "pix", "pixels": "pix",
}  # fmt: skip
"""By their lower-case forms. A lone A would be an ampere."""
_IN_NAMES = {
    **{text: unit for text, unit in _SPELLINGS.items() if len(text) > 1},
    "mjysr": "MJy / sr",
}  # fmt: skip
_MANY_DIGITS = re.compile(r"\d{4}")


@lru_cache(maxsize=256)
def parse_unit(text: str) -> UnitBase | None:
    """Return the unit that a text means; `None` if it means none, or something huge."""
    text = " ".join(text.split())
    # A power with many digits takes minutes to be worked out.
    if not text or len(text) > MAX_UNIT_LENGTH or _MANY_DIGITS.search(text):
        return None
    text = _SPELLINGS.get(text.lower(), text).replace("µ", "u").replace("μ", "u")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            unit = units.Unit(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return None if isinstance(unit, units.UnrecognizedUnit) else unit


def unit_in_name(name: str) -> UnitBase | None:
    """Return the unit that the header of a column states, as in ``flux_uJy`` or ``flux [uJy]``.

    ``mjy`` in lower or upper case may be millionths or millions: it states nothing.
    """
    bracketed = re.fullmatch(r"[^\[(]+[\[(]([^\])]+)[\])]\s*", name)
    if bracketed:
        return parse_unit(bracketed[1])
    found = {unit for word in _words(name) if (unit := _unit_word(word))}
    return parse_unit(found.pop()) if len(found) == 1 else None


def words_of(name: str) -> list[str]:
    """Return the words of a header in lower case, without the unit."""
    bare = re.sub(r"[\[(][^\])]*[\])]\s*$", "", name)
    return [word.lower() for word in _words(bare) if not _unit_word(word)]


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^0-9A-Za-zµμÅå]+", name) if word]


def _unit_word(word: str) -> str | None:
    if word.lower() == "mjy":
        return "mJy" if word == "mJy" else None
    if word.lower() == "mjysr":
        return "MJy / sr" if word.startswith("M") else None
    return _IN_NAMES.get(word.lower())


def is_wavelength(unit: UnitBase) -> bool:
    """Whether it is a unit of lengths."""
    return bool(unit.is_equivalent(units.um))


def is_flux_density(unit: UnitBase) -> bool:
    """Whether it is a unit of flux densities, per frequency or per wavelength."""
    return bool(
        unit.is_equivalent(units.uJy)
        or unit.is_equivalent(units.W / units.m**2 / units.um)
        or unit.is_equivalent(units.W / units.m**2)
    )


def convert(
    values: FloatArray, unit: UnitBase, wanted: UnitBase, wavelength_um: FloatArray | None = None
) -> FloatArray:
    """Return numbers in another unit.

    Parameters
    ----------
    values, unit
        The numbers, and the unit they have.
    wanted
        The unit they are to have.
    wavelength_um
        Wavelengths of the same rows, needed between flux densities per wavelength and per
        frequency.

    Raises
    ------
    UnitConversionError
        The unit is of another quantity.
    """
    if unit == wanted:
        return values
    known = [] if wavelength_um is None else units.spectral_density(wavelength_um * units.um)
    converted: FloatArray = np.asarray(
        (values * unit).to_value(wanted, equivalencies=known), np.float64
    )
    return converted
