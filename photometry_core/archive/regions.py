"""Which pixels to read around targets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of detector pixels: x0 <= x < x1 and y0 <= y < y1."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.y1 - self.y0, self.x1 - self.x0

    def touches(self, other: Box) -> bool:
        """Whether the two share a pixel or lie side by side."""
        return (
            self.x0 <= other.x1
            and other.x0 <= self.x1
            and self.y0 <= other.y1
            and other.y0 <= self.y1
        )

    def union(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def intersection(self, other: Box) -> Box:
        """Return the pixels in both; its sides are negative where there are none."""
        return Box(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )


def nearest_pixel(coordinate_pix: float) -> int:
    """Return the number of the pixel that holds a coordinate."""
    return math.floor(coordinate_pix + 0.5)


def boxes_around(
    x_pix: npt.ArrayLike, y_pix: npt.ArrayLike, half_size_pix: int, bounds: Box
) -> list[tuple[Box, tuple[int, ...]]]:
    """Group positions into boxes that do not touch one another.

    Parameters
    ----------
    x_pix, y_pix
        Detector positions, shape (n,).
    half_size_pix
        Pixels to every side of the pixel that holds a position.
    bounds
        The pixels there are; boxes are cut off there.

    Returns
    -------
    list
        Boxes, each with the indices of its positions, ascending.
    """
    groups: list[tuple[Box, tuple[int, ...]]] = []
    positions: Sequence[tuple[float, float]] = list(
        zip(np.atleast_1d(x_pix).tolist(), np.atleast_1d(y_pix).tolist(), strict=True)
    )
    for index, (x, y) in enumerate(positions):
        column, row = nearest_pixel(x), nearest_pixel(y)
        box = Box(
            column - half_size_pix,
            row - half_size_pix,
            column + half_size_pix + 1,
            row + half_size_pix + 1,
        ).intersection(bounds)
        members: tuple[int, ...] = (index,)
        # A merged box may reach others that neither of its parts did.
        while touching := [group for group in groups if group[0].touches(box)]:
            for group in touching:
                groups.remove(group)
                box, members = box.union(group[0]), members + group[1]
        groups.append((box, tuple(sorted(members))))
    return groups
