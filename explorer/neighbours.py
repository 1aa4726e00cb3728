"""What else shines near a target: the nearest known source, and those to be fitted with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from photometry_core.positions import designation
from photometry_core.types import ProperMotion

PIXEL_ARCSEC = 6.15
NEIGHBOUR_ARCSEC = 3 * PIXEL_ARCSEC
"""Sources within three pixels of a target share pixels with it: their light is blended."""
SAME_SOURCE_ARCSEC = PIXEL_ARCSEC / 2
"""Two sources within half a pixel can't be told apart: one of them is the target."""
SEARCH_ARCSEC = 60.0
"""How far the nearest source is looked for in the simulated sky."""
TOGETHER_ARCSEC = 60.0
"""Sources are fitted together with a target up to this distance: what is farther is another's."""

_MAX_NEIGHBOURS = 10
_DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """A source of a catalogue or of the simulated sky.

    Parameters
    ----------
    name
        What it is called there; empty if it has no name.
    kind
        What it is, as in "simulated star" or "Gaia DR3 source".
    ra_deg, dec_deg
        ICRS position.
    brightness
        In words, with band and unit.
    motion
        Its proper motion, if that is known.
    """

    name: str
    kind: str
    ra_deg: float
    dec_deg: float
    brightness: str
    motion: ProperMotion | None = None


def simulated_sources(ra_deg: float, dec_deg: float) -> list[KnownSource]:
    """Return what is really there, within `SEARCH_ARCSEC` of a position of the simulated sky."""
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.truth import truth

    return [
        KnownSource(
            name=source.name,
            kind=f"simulated {source.kind}",
            ra_deg=source.ra_deg,
            dec_deg=source.dec_deg,
            brightness=f"AB {_ab_mag(source.scale_ujy):.1f} mag at 1.5\u20132.3 \u00b5m",
        )
        for source in truth(ra_deg, dec_deg, SEARCH_ARCSEC)
    ]


def _ab_mag(flux_ujy: float) -> float:
    return 23.9 - 2.5 * math.log10(flux_ujy)


def around(ra_deg: float, dec_deg: float, sources: Sequence[KnownSource]) -> dict[str, Any]:
    """Return which sources matter to a target.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position of the target.
    sources
        Known sources around it.

    Returns
    -------
    dict
        ``nearest``, the nearest source or `None`; ``is_target``, whether it is so near that it
        is taken for the target; ``neighbours``, other sources within `NEIGHBOUR_ARCSEC` that can
        be told from the target, the nearest first. Each source has ``name``, ``label`` (in
        words), ``ra``, ``dec``, ``separation`` (arcsec), ``direction`` from the target,
        ``offset`` (arcsec to the east and to the north), ``brightness``, and ``motion``.
    """
    placed = sorted(
        (_placed(ra_deg, dec_deg, source) for source in sources),
        key=lambda source: source["separation"],
    )
    nearest = placed[0] if placed else None
    is_target = nearest is not None and nearest["separation"] <= SAME_SOURCE_ARCSEC
    near = [
        source for source in placed if SAME_SOURCE_ARCSEC < source["separation"] <= NEIGHBOUR_ARCSEC
    ]
    return {
        "nearest": nearest,
        "is_target": is_target,
        "neighbours": near[:_MAX_NEIGHBOURS],
        "n_neighbours": len(near),
    }


def _placed(ra_deg: float, dec_deg: float, source: KnownSource) -> dict[str, Any]:
    east, north = offsets_arcsec(ra_deg, dec_deg, source.ra_deg, source.dec_deg)
    motion = source.motion
    return {
        "name": source.name or designation(source.ra_deg, source.dec_deg),
        "label": f"{source.name} ({source.kind})" if source.name else source.kind,
        "ra": source.ra_deg,
        "dec": source.dec_deg,
        "separation": math.hypot(east, north),
        "direction": direction(east, north),
        "offset": [east, north],
        "brightness": source.brightness,
        "motion": motion
        and {
            "pm_ra": motion.pm_ra_mas_yr,
            "pm_dec": motion.pm_dec_mas_yr,
            "ref_epoch": motion.ref_epoch_yr,
        },
    }


def offsets_arcsec(
    ra_deg: float, dec_deg: float, other_ra_deg: float, other_dec_deg: float
) -> tuple[float, float]:
    """Return offsets of another position to the east and to the north, along great circles.

    Their length is the angle between the two, and their direction the one at the first.
    """
    alpha = math.radians(other_ra_deg - ra_deg)
    delta, other = math.radians(dec_deg), math.radians(other_dec_deg)
    east = math.cos(other) * math.sin(alpha)
    # Sines of half angles keep the digits of small ones.
    north = math.sin(other - delta) + 2 * math.sin(delta) * math.cos(other) * (
        math.sin(alpha / 2) ** 2
    )
    across = math.hypot(east, north)
    depth = math.cos(other - delta) - 2 * math.cos(delta) * math.cos(other) * (
        math.sin(alpha / 2) ** 2
    )
    scale = math.degrees(math.atan2(across, depth)) * 3600 / across if across else 0.0
    return east * scale, north * scale


def distance_arcsec(
    ra_deg: float, dec_deg: float, other_ra_deg: float, other_dec_deg: float
) -> float:
    """Return the angle between two positions."""
    return math.hypot(*offsets_arcsec(ra_deg, dec_deg, other_ra_deg, other_dec_deg))


def direction(east: float, north: float) -> str:
    """Return one of eight directions, such as ``NE``."""
    angle = math.degrees(math.atan2(east, north)) % 360.0
    return _DIRECTIONS[round(angle / 45.0) % 8]
