"""Outlines of images on the sky: polygons along the edges of their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photometry_core.archive.regions import Box
from photometry_core.image_header import Footprint
from photometry_core.types import FloatArray

POINTS_PER_SIDE = 4
"""Between them the edge of a whole detector is straight to 2 arcsec, its distortion included."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlines:
    """Polygons on the sky, one per image, all with the same number of corners.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS positions of the corners, in order around each image, shape (n, corners).
    """

    ra_deg: FloatArray
    dec_deg: FloatArray

    def __len__(self) -> int:
        return int(self.ra_deg.shape[0])


def edge_pixels(box: Box, points_per_side: int = POINTS_PER_SIDE) -> tuple[FloatArray, FloatArray]:
    """Return positions along the outer edge of a box of pixels.

    Parameters
    ----------
    box
        Detector pixels.
    points_per_side
        Corners of the polygon on each side of the box, of which it has at least one.

    Returns
    -------
    tuple of FloatArray
        x and y of the positions in pixels, from the first pixel's corner along +x and around,
        shape (4 * points_per_side,) each. The edge lies half a pixel outside the centres.
    """
    left, bottom, right, top = box.x0 - 0.5, box.y0 - 0.5, box.x1 - 0.5, box.y1 - 0.5
    along = np.arange(points_per_side) / points_per_side
    still = np.zeros(points_per_side)
    width, height = right - left, top - bottom
    return (
        np.concatenate([left + along * width, right + still, right - along * width, left + still]),
        np.concatenate(
            [bottom + still, bottom + along * height, top + still, top - along * height]
        ),
    )


def outlines(footprints: Sequence[Footprint], points_per_side: int = POINTS_PER_SIDE) -> Outlines:
    """Return where images lie on the sky, from their WCS with its distortion.

    Parameters
    ----------
    footprints
        Of n images.
    points_per_side
        Corners of the polygons on each side of an image.

    Returns
    -------
    Outlines
        Shape (n, 4 * points_per_side).
    """
    ra = np.empty((len(footprints), 4 * points_per_side))
    dec = np.empty_like(ra)
    for row, footprint in enumerate(footprints):
        ra[row], dec[row] = footprint.wcs.pixel_to_sky(*edge_pixels(footprint.box, points_per_side))
    return Outlines(ra_deg=ra, dec_deg=dec)
