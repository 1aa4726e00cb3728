"""Which targets of a list are at the same place."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from photometry_core.extent import NOMINAL_PIXEL_ARCSEC
from photometry_core.types import FloatArray


def nearest_within_a_pixel(ra_deg: FloatArray, dec_deg: FloatArray) -> dict[int, tuple[int, float]]:
    """Return for each position that has another within a pixel which that is, and how far.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions, each of shape (n,).

    Returns
    -------
    dict
        Index of the nearest other position, and the separation in arcsec. Of several at the very
        same position the first is named, and to the first the second.
    """
    if len(ra_deg) < 2:
        return {}
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    vectors = np.column_stack((np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)))
    # Many equal points would make a tree slow: every place is in it once.
    places, firsts, which = np.unique(vectors, axis=0, return_index=True, return_inverse=True)
    found = _twins(which.ravel(), firsts)
    if len(places) > 1:
        limit = 2 * np.sin(np.radians(NOMINAL_PIXEL_ARCSEC / 3600) / 2)
        query = cKDTree(places).query(places, k=2, distance_upper_bound=limit)
        chords, others = np.asarray(query[0]), np.asarray(query[1])
        for index, place in enumerate(which.ravel()):
            if index not in found and np.isfinite(chords[place, 1]):
                angle = 2 * np.arcsin(chords[place, 1] / 2)
                other = others[place, 0] if others[place, 0] != place else others[place, 1]
                found[index] = (int(firsts[other]), float(np.degrees(angle) * 3600))
    return found


def _twins(which: np.ndarray, firsts: np.ndarray) -> dict[int, tuple[int, float]]:
    """Return the positions that others have exactly."""
    found: dict[int, tuple[int, float]] = {}
    for index, place in enumerate(which):
        first = int(firsts[place])
        if index != first:
            found[index] = (first, 0.0)
            found.setdefault(first, (index, 0.0))
    return found
