"""What the columns of a list of targets can be, and by which headers and units they are known."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.list_mapping_fields import ROLE_LABELS
from photometry_core.target_lists.aliases import NAMES, PAIRS
from photometry_core.target_lists.mapping import ROLES
from photometry_core.target_lists.units import KINDS, UNITS


@dataclass(frozen=True, slots=True)
class Role:
    """What a column can be.

    Parameters
    ----------
    name
        Its role, which is also a header that is recognised.
    label
        The same as the page calls it.
    units
        Units or conventions that it can have, the usual one first.
    headers
        Headers by which it is recognised, the surest first, in small letters and without
        punctuation; those of the two coordinates are in `coordinate_headers`.
    """

    name: str
    label: str
    units: tuple[str, ...]
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoordinateHeaders:
    """How one kind of catalogue calls the two coordinates.

    Parameters
    ----------
    first, second
        Headers of the two.
    frame
        The frame that they state; empty if the file must state it, or is asked for it.
    unit
        The unit that they always have; empty if it is stated, seen from the values or asked for.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    frame: str
    unit: str


def roles() -> list[Role]:
    """Return everything that a column can be."""
    return [Role(role, ROLE_LABELS[role], _units(role), _headers(role)) for role in ROLES]


def coordinate_headers() -> list[CoordinateHeaders]:
    """Return the pairs of headers that are recognised as coordinates, the surest first."""
    return [
        CoordinateHeaders(pair.ra, pair.dec, pair.frame, UNITS["ra"].get(pair.unit, ""))
        for pair in sorted(PAIRS, key=lambda pair: -pair.weight)
    ]


def _units(role: str) -> tuple[str, ...]:
    return (*UNITS.get(role, {}).values(), *KINDS.get(role, {}).values())


def _headers(role: str) -> tuple[str, ...]:
    weights = NAMES.get(role, {})
    return tuple(sorted(weights, key=lambda name: -weights[name]))
