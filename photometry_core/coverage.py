"""The area of the sky that images cover, as a multi-order coverage map (MOC).

A cell of the map belongs to it if an image touches it, so that the map is larger than the area
by less than a cell at its edge, and never smaller.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from mocpy import MOC

from photometry_core.footprints import Outlines

COVERAGE_ORDER = 8
"""Cells of 0.23 degrees: a fifteenth of a detector."""


def coverage_map(batches: Iterable[Outlines], order: int = COVERAGE_ORDER) -> MOC:
    """Return the union of the areas within outlines.

    Parameters
    ----------
    batches
        The outlines, in parts; they are asked for one after the other, and no more once the
        whole sky is covered.
    order
        HEALPix order of the smallest cells.

    Returns
    -------
    MOC
        Empty if there are no outlines.
    """
    total = MOC.new_empty(order)
    for batch in batches:
        if not len(batch):
            continue
        corners = np.stack([batch.ra_deg, batch.dec_deg], axis=1).reshape(2 * len(batch), -1)
        total = total.union(*MOC.from_polygons(corners, max_depth=order))
        if total.sky_fraction == 1.0:
            break
    return total
