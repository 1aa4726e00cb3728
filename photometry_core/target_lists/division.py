"""Which targets of a long list are measured together: neighbours on the sky are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy import units as u
from astropy_healpix import HEALPix
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from photometry_core.errors import InvalidInputError
from photometry_core.types import FloatArray, IntArray, Target

TOGETHER_ARCSEC = 60.0
"""Targets this close are never separated: their fit regions may touch, and are fitted jointly."""
_NSIDE = 2**16
"""Of the pixels whose order is the order of the targets: 3 arcsec, far below a field of view."""


def divide(targets: Sequence[Target], most: int) -> list[list[int]]:
    """Divide targets into portions of neighbours on the sky.

    Parameters
    ----------
    targets
        The targets.
    most
        The most targets of a portion.

    Returns
    -------
    list of list of int
        Indices of the targets of each portion, ascending within it. Portions follow each other
        over the sky (nested HEALPix order), so that few exposures are read for two of them.
        Targets that are closer than `TOGETHER_ARCSEC`, also by way of others, are in one portion.

    Raises
    ------
    InvalidInputError
        More than `most` targets are so close to each other.
    """
    if len(targets) <= most:
        return [list(range(len(targets)))] if targets else []
    ra_deg = np.array([target.ra_deg for target in targets])
    dec_deg = np.array([target.dec_deg for target in targets])
    clusters = _clusters(ra_deg, dec_deg, most)
    pixels = HEALPix(nside=_NSIDE, order="nested").lonlat_to_healpix(
        ra_deg * u.deg, dec_deg * u.deg
    )
    portions: list[list[int]] = []
    for members in sorted(clusters, key=lambda members: int(pixels[members[0]])):
        if len(members) > most:
            raise _too_close(targets, members, most)
        if not portions or len(portions[-1]) + len(members) > most:
            portions.append([])
        portions[-1] += members.tolist()
    return [sorted(portion) for portion in portions]


def _clusters(ra_deg: FloatArray, dec_deg: FloatArray, most: int) -> list[IntArray]:
    """Return the indices of the targets that belong together, for each such set."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    directions = np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    chord = 2 * np.sin(np.radians(TOGETHER_ARCSEC / 3600) / 2)
    tree = KDTree(directions)
    # Counted before they are listed: the pairs of thousands in one place would fill the memory.
    n_close = tree.query_ball_point(directions, chord, return_length=True)
    if n_close.max() > most:
        middle = directions[n_close.argmax()]
        return [np.flatnonzero(np.linalg.norm(directions - middle, axis=1) <= chord)]
    pairs = tree.query_pairs(chord, output_type="ndarray")
    n = len(ra_deg)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _too_close(targets: Sequence[Target], members: IntArray, most: int) -> InvalidInputError:
    first = targets[int(members[0])]
    return InvalidInputError(
        f"targets: {len(members)} of them, around {first.name or 'the first of them'} "
        f"({first.ra_deg:.5f} {first.dec_deg:+.5f}), are within {TOGETHER_ARCSEC:g} arcsec of each "
        f"other and have to be measured by one job; allowed: at most {most}. "
        "Leave some of them out"
    )
