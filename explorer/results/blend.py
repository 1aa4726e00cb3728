"""Who shares the light: targets fitted together with one measurement, close enough to matter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from explorer.results.dataset import Dataset

LEAST_CORRELATION = 0.1
"""Correlations below this are those of the background, not of a blend."""

REACH_ARCSEC = 31.0
"""Five pixels."""

_SAME = 1e-6
"""Two different pairs do not have correlations as close as this."""


def correlation_of(dataset: Dataset, row: int) -> float | None:
    """Return the correlation with a neighbour if there is enough of it, else `None`."""
    value = float(dataset.numbers("flux_corr")[row])
    return value if abs(value) > LEAST_CORRELATION else None


def exposure_of(dataset: Dataset, row: int) -> str | None:
    """Return the identifier of the image of a row; `None` if the file does not say."""
    if "obs_publisher_did" not in dataset.columns:
        return None
    value = dataset.table.column("obs_publisher_did")[row].as_py()
    return str(value) if value else None


def neighbours(targets: Sequence[Mapping[str, Any]], index: int) -> list[tuple[int, float]]:
    """Return the numbers of targets within reach of one, with their separations in arcsec.

    Parameters
    ----------
    targets
        As in the request of a job; those without a position are nobody's neighbours.
    index
        The number of the one.

    Returns
    -------
    list of (int, float)
        The nearest is first.
    """
    ra, dec = (
        np.radians(np.array([target.get(key) for target in targets], dtype=float))
        for key in ("ra_deg", "dec_deg")
    )
    half = np.sin((dec - dec[index]) / 2) ** 2
    half += np.cos(dec) * np.cos(dec[index]) * np.sin((ra - ra[index]) / 2) ** 2
    separation = np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))) * 3600
    near = np.flatnonzero(separation <= REACH_ARCSEC)
    return sorted(
        ((int(one), float(separation[one])) for one in near if one != index),
        key=lambda pair: pair[1],
    )


def partner_in(dataset: Dataset, row: int, theirs: Dataset, their_row: int) -> dict[str, Any]:
    """Return what two rows of one exposure say of each other.

    A row holds its strongest correlation only. Where that of both rows is the same, it is that
    of the pair; else the pair's is no stronger than the weaker of the two.

    Returns
    -------
    dict
        ``pixels`` (the distance on the detector, or `None`), and ``correlation`` or else
        ``at_most``; neither where the two were not fitted together.
    """

    def ours_and_theirs(name: str) -> tuple[float, float]:
        return float(dataset.numbers(name)[row]), float(theirs.numbers(name)[their_row])

    (x, their_x), (y, their_y) = ours_and_theirs("x_image"), ours_and_theirs("y_image")
    distance = math.hypot(x - their_x, y - their_y)
    ours, other = ours_and_theirs("flux_corr")
    is_same = math.isclose(ours, other, rel_tol=_SAME)
    return {
        "pixels": distance if math.isfinite(distance) else None,
        "correlation": ours if is_same else None,
        "at_most": None if is_same or math.isnan(other) else min(abs(ours), abs(other)),
    }


def row_of_exposure(dataset: Dataset, exposure: str) -> int | None:
    """Return the row of an image in a spectrum, if it is there."""
    if "obs_publisher_did" not in dataset.columns:
        return None
    found = pc.index(dataset.table.column("obs_publisher_did"), exposure).as_py()
    return int(found) if found >= 0 else None
