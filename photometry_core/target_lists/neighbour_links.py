"""Neighbours on the sky, and clusters of them that are not larger than a job may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy_healpix import HEALPix
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import KDTree

from photometry_core.extent import NOMINAL_PIXEL_ARCSEC, fit_half_size_pix
from photometry_core.psf import PROFILE_HALF_SIZE_PIX
from photometry_core.types import FloatArray, IntArray, Target

_NSIDE = 2**16
"""Of the pixels whose order is the order of the places: 3 arcsec, far below a field of view."""

_MOST_NEIGHBOURS = 200
"""Of a place. Who has so many nearer ones is chained to most of a job by those."""

_SAME_ARCSEC = 0.1
"""Separations are compared to this: those of a regular grid are equal but for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Different positions on the sky, in an order that is not that of the targets.

    Parameters
    ----------
    directions
        Unit vectors, shape (n, 3).
    reach_pix
        How much further than that of a star the largest fit box of the place reaches, shape (n,).
    weight
        How many targets are there, shape (n,).
    members
        Their indices, for each place.
    """

    directions: FloatArray
    reach_pix: IntArray
    weight: IntArray
    members: list[IntArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """Pairs of places that are neighbours, each once.

    Parameters
    ----------
    first, second
        The places, each of shape (n,).
    apart_arcsec
        Their separations, shape (n,).
    """

    first: IntArray
    second: IntArray
    apart_arcsec: FloatArray

    def take(self, which: IntArray) -> Links:
        """Return some of the pairs."""
        return Links(
            first=self.first[which],
            second=self.second[which],
            apart_arcsec=self.apart_arcsec[which],
        )


def find_places(targets: Sequence[Target]) -> Places:
    """Return the positions of targets in nested HEALPix order, each position once."""
    ra_deg = np.array([target.ra_deg for target in targets])
    dec_deg = np.array([target.dec_deg for target in targets])
    reach = np.array([fit_half_size_pix(target) for target in targets]) - PROFILE_HALF_SIZE_PIX
    pixels = HEALPix(nside=_NSIDE, order="nested").lonlat_to_healpix(
        ra_deg * u.deg, dec_deg * u.deg
    )
    order = np.lexsort((dec_deg, ra_deg, pixels))
    moved = (np.diff(ra_deg[order]) != 0) | (np.diff(dec_deg[order]) != 0)
    starts = np.concatenate([[0], np.flatnonzero(moved) + 1])
    members = np.split(order, starts[1:])
    ra, dec = np.radians(ra_deg[order[starts]]), np.radians(dec_deg[order[starts]])
    return Places(
        directions=np.column_stack(
            [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]
        ),
        reach_pix=np.maximum.reduceat(reach[order], starts),
        weight=np.diff([*starts, len(order)]),
        members=members,
    )


def find_links(places: Places, most: int) -> Links:
    """Return the neighbours of every place.

    Parameters
    ----------
    places
        The places.
    most
        The most targets of a part: of each place so many nearest ones are looked at, and not
        more than 200. Who is not among them is chained to at least as many targets by
        separations that are smaller.

    Returns
    -------
    Links
        Stars are neighbours within 6 pixels, galaxies within as many more as their fit boxes are
        larger to one side.
    """
    n_places = len(places.weight)
    farthest = float(_limit_arcsec(2 * places.reach_pix.max()))
    n_nearest = min(most, _MOST_NEIGHBOURS, n_places - 1)
    found = KDTree(places.directions).query(
        places.directions,
        k=np.arange(1, n_nearest + 2),
        distance_upper_bound=2 * np.sin(np.radians(farthest / 3600) / 2),
    )
    chords, others = np.asarray(found[0]), np.asarray(found[1])
    one, nearest = np.nonzero(np.isfinite(chords))
    other = others[one, nearest]
    pair = np.unique(
        np.stack([np.minimum(one, other), np.maximum(one, other)])[:, one != other], axis=1
    )
    first, second = pair
    chord = np.linalg.norm(places.directions[first] - places.directions[second], axis=1)
    apart = np.degrees(2 * np.arcsin(chord / 2)) * 3600
    limit = _limit_arcsec(places.reach_pix[first] + places.reach_pix[second])
    links = Links(first=first, second=second, apart_arcsec=apart)
    return links.take(np.flatnonzero(apart <= limit))


def chained(places: Places, links: Links, within_arcsec: float, most: int) -> list[int] | None:
    """Return more than `most` targets each of which is so close to another; `None` if none are.

    Of several such chains it is the longest, and the first of equal ones.
    """
    close = links.take(np.flatnonzero(links.apart_arcsec < within_arcsec))
    n_places = len(places.weight)
    graph = coo_array(
        (np.ones(len(close.first)), (close.first, close.second)), shape=(n_places, n_places)
    )
    _, labels = connected_components(graph, directed=False)
    sizes = np.bincount(labels, weights=places.weight)
    if sizes.max() <= most:
        return None
    in_chain = np.flatnonzero(labels == sizes.argmax())
    return [int(index) for place in in_chain for index in places.members[place]]


def capped_clusters(places: Places, links: Links, most: int) -> list[IntArray]:
    """Cluster places by single linkage, and let no cluster have more than `most` targets.

    The closest pairs are joined first, over the edges of the minimum spanning tree; two clusters
    that have too many targets together stay apart.

    Returns
    -------
    list of ndarray
        Places of each cluster, ascending; clusters in the order of their first places.
    """
    parent = list(range(len(places.weight)))
    size = places.weight.tolist()

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    tree = _spanning_tree(links, len(parent))
    for first, second in zip(tree.first.tolist(), tree.second.tolist(), strict=True):
        one, other = sorted((root(first), root(second)))
        if size[one] + size[other] <= most:
            parent[other] = one
            size[one] += size[other]
    roots = np.array([root(place) for place in range(len(parent))])
    order = np.argsort(roots, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(roots[order])) + 1)


def _spanning_tree(links: Links, n_places: int) -> Links:
    """Return the links of the minimum spanning tree (or forest), the closest first.

    Of separations that are the same the one counts first that comes first on the sky, so that
    clusters grow from one side.
    """
    rounded = np.round(links.apart_arcsec / _SAME_ARCSEC)
    order = np.lexsort((links.first, links.second, rounded))
    # Their ranks instead of separations leave nothing undecided.
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    graph = coo_array((rank, (links.first, links.second)), shape=(n_places, n_places))
    kept = minimum_spanning_tree(graph.tocsr()).data.astype(np.int64)
    return links.take(order[np.sort(kept) - 1])


def _limit_arcsec(reach_pix: IntArray) -> FloatArray:
    """Return within what two places are neighbours whose boxes reach so much further together."""
    return np.asarray((PROFILE_HALF_SIZE_PIX + reach_pix) * NOMINAL_PIXEL_ARCSEC)
