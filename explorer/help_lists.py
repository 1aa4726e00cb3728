"""What the columns of a list of targets can be, and by which headers and units they are known."""

from __future__ import annotations

from dataclasses import dataclass

from photometry_core.target_lists.mapping import ROLES
from photometry_core.target_lists.units import UNITS

MEANINGS = {
    "position": "Name or whole position, each in one cell",
    "ra": "Right ascension, or the longitude of another frame",
    "dec": "Declination, or the latitude of another frame",
    "name": "Name; any text",
    "sersic_index": "S\u00e9rsic index n",
    "axis_ratio": "Axis ratio",
    "position_angle": "Position angle, from north through east",
    "effective_radius": "Effective radius",
    "pm_ra": "Proper motion in right ascension",
    "pm_dec": "Proper motion in declination",
    "ref_epoch": "Epoch of the position",
}


@dataclass(frozen=True, slots=True)
class Role:
    """What a column can be.

    Parameters
    ----------
    name
        Its role, which is also a header that is always recognised.
    meaning
        The same in words.
    units
        Units that it can have, the usual one first.
    headers
        Headers by which it is recognised, whatever their case and punctuation.
    """

    name: str
    meaning: str
    units: tuple[str, ...]
    headers: tuple[str, ...]


def roles() -> list[Role]:
    """Return everything that a column can be."""
    return [
        Role(role, MEANINGS[role], tuple(UNITS.get(role, {}).values()), (role,)) for role in ROLES
    ]
