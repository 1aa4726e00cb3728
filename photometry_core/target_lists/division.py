"""Which targets of a long list are measured together: neighbours on the sky, as far as they can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

import numpy as np

from photometry_core.errors import InvalidInputError
from photometry_core.extent import NOMINAL_PIXEL_ARCSEC
from photometry_core.psf import PROFILE_HALF_SIZE_PIX
from photometry_core.target_lists.neighbour_links import (
    Links,
    Places,
    capped_clusters,
    chained,
    find_links,
    find_places,
)
from photometry_core.types import IntArray, Target

TOGETHER_ARCSEC = PROFILE_HALF_SIZE_PIX * NOMINAL_PIXEL_ARCSEC
"""Stars closer than this are in one part if there is room: 36.9 arcsec, where the profile of one
ends at the pixel of the other. Galaxies reach further, as far as their fit boxes are larger.

Boxes of 13 pixels touch out to 74 arcsec along a row of pixels and 104 arcsec along a diagonal, and
are fitted jointly if they are in one job. `EXCESS_PERCENT` says what it costs if they are not.
"""

RESOLUTION_ARCSEC = NOMINAL_PIXEL_ARCSEC
"""Targets closer than one pixel are never separated: separate fits can't tell them apart."""

EXCESS_PERCENT = {6.15: 62.0, 9.0: 29.0, 12.3: 7.4, 20.0: 0.3, 30.0: 0.002, 36.9: 0.0002}
"""By how much a star comes out too bright if a star of its brightness so many arcsec away is left
out of its fit, at most. A neighbour 1000 times as bright adds 170 % at 20 arcsec, 1.4 % at 30,
0.04 % at 36.9, 0.001 % at 43 and nothing that could be measured (0.0001 %) at 60.

Source: stars on the simulated instrument without noise, detectors 1, 4, 5 and 6, 12 directions and
phases each (``tests/science/test_left_out_neighbours.py`` repeats it). The simulated PSF ends with
its planes, and so do the profiles that are fitted: a joint fit would not take account of any light
beyond them either. A galaxy of effective radius 20 arcsec, as bright as the star, adds 1.2 % at
36.9 arcsec, and 0.01 % at 36.9 arcsec and four effective radii, where its fit box ends.
"""

_SAME_ARCSEC = 0.05
"""Separations are given to a tenth."""

_MOST_RANGES = 8
"""Of rows, in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Targets divided into parts.

    Parameters
    ----------
    parts
        Indices of the targets of each part, ascending within it.
    n_separated
        Pairs of neighbours (see `TOGETHER_ARCSEC`) that are in different parts. Where a target
        has more neighbours than a part has room for, the nearest of them count.
    closest_arcsec
        Separation of the closest of those pairs; infinite if there is none.
    """

    parts: list[list[int]]
    n_separated: int = 0
    closest_arcsec: float = inf

    @property
    def words(self) -> str:
        """Say which neighbours are not fitted together, and what it costs; empty if all are."""
        if not self.n_separated:
            return ""
        apart = f"{self.closest_arcsec:.1f} arcsec apart"
        if self.n_separated == 1:
            pairs = f"1 pair of neighbours, {apart}, falls into different jobs and is"
        else:
            pairs = (
                f"{self.n_separated:,} pairs of neighbours, the closest {apart}, fall into "
                "different jobs and are"
            )
        reached = self.closest_arcsec + _SAME_ARCSEC
        known = [distance for distance in EXCESS_PERCENT if distance <= reached]
        excess = EXCESS_PERCENT[max(known, default=min(EXCESS_PERCENT))]
        return (
            f"{pairs} not fitted together: so close to a star of its own brightness, a star comes "
            f"out up to {excess:g} % too bright"
        )


def divide(targets: Sequence[Target], most: int, rows: Sequence[int] | None = None) -> Division:
    """Divide targets into parts of neighbours on the sky.

    Neighbours are linked, and chains of them stay together. Where a chain is longer than a part,
    it is cut at its widest gaps: two targets are separated only if more than `most` targets are
    chained by separations that are not larger than theirs (to 0.1 arcsec).

    Parameters
    ----------
    targets
        The targets.
    most
        The most targets of a part.
    rows
        What messages call the targets: the number of the row of each, from 1. `None` numbers them
        as they are given.

    Returns
    -------
    Division
        The same sets of targets for any order of them. Parts follow each other over the sky
        (nested HEALPix order), so that few exposures are read for two of them.

    Raises
    ------
    InvalidInputError
        More than `most` targets are chained within `RESOLUTION_ARCSEC`.
    """
    if len(targets) <= most:
        return Division(parts=[list(range(len(targets)))] if targets else [])
    places = find_places(targets)
    links = find_links(places, most)
    crowd = chained(places, links, RESOLUTION_ARCSEC, most)
    if crowd is not None:
        numbers = range(1, len(targets) + 1) if rows is None else rows
        raise _crowded(sorted(numbers[index] for index in crowd), most)
    part_of = np.empty(len(places.weight), np.int64)
    parts = _packed(capped_clusters(places, links, most), places.weight, most)
    for number, part in enumerate(parts):
        part_of[part] = number
    return _division(places, links, parts, part_of)


def _packed(clusters: Sequence[IntArray], weight: IntArray, most: int) -> list[IntArray]:
    """Put clusters, which are in their order on the sky, into the last part with room for them."""
    parts: list[list[IntArray]] = []
    rooms: list[int] = []
    for cluster in clusters:
        size = int(weight[cluster].sum())
        fitting = (number for number in reversed(range(len(parts))) if rooms[number] >= size)
        number = next(fitting, len(parts))
        if number == len(parts):
            parts.append([])
            rooms.append(most)
        parts[number].append(cluster)
        rooms[number] -= size
    return [np.concatenate(part) for part in parts]


def _division(
    places: Places, links: Links, parts: Sequence[IntArray], part_of: IntArray
) -> Division:
    cut = part_of[links.first] != part_of[links.second]
    pairs = places.weight[links.first[cut]] * places.weight[links.second[cut]]
    return Division(
        parts=[
            sorted(int(index) for place in part for index in places.members[place])
            for part in parts
        ],
        n_separated=int(pairs.sum()),
        closest_arcsec=float(links.apart_arcsec[cut].min(initial=inf)),
    )


def _crowded(rows: Sequence[int], most: int) -> InvalidInputError:
    return InvalidInputError(
        f"targets: {len(rows):,} of them ({_ranges(rows)}) are chained so closely that each is "
        f"within {RESOLUTION_ARCSEC:g} arcsec (one pixel) of the next. Such targets are measured "
        f"by one job, and a job takes at most {most:,}: leave at least {len(rows) - most:,} of "
        "them out"
    )


def _ranges(rows: Sequence[int]) -> str:
    """Return numbers of rows in words, such as ``rows 3 to 7, 9``."""
    runs = [
        [row for _, row in run]
        for _, run in groupby(enumerate(rows), key=lambda place: place[1] - place[0])
    ]
    words = [f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    more = " and others" if len(words) > _MOST_RANGES else ""
    return f"rows {', '.join(words[:_MOST_RANGES])}{more}"
