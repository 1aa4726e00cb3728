"""Who shares the light: targets fitted together with one measurement, close enough to matter."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from explorer.results.dataset import Dataset
from photometry_core.types import Target

LEAST_CORRELATION = 0.1
"""Correlations below this are those of the background, not of a blend."""

REACH_ARCSEC = 31.0
"""Five pixels."""


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


def neighbours(targets: list[Target], index: int) -> list[tuple[int, float]]:
    """Return the numbers of targets within reach of one, with their separations in arcsec.

    The nearest is first.
    """
    ra = np.radians([target.ra_deg for target in targets])
    dec = np.radians([target.dec_deg for target in targets])
    half = np.sin((dec - dec[index]) / 2) ** 2
    half += np.cos(dec) * np.cos(dec[index]) * np.sin((ra - ra[index]) / 2) ** 2
    separation = np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))) * 3600
    near = np.flatnonzero(separation <= REACH_ARCSEC)
    return sorted(
        ((int(one), float(separation[one])) for one in near if one != index),
        key=lambda pair: pair[1],
    )


def row_of_exposure(dataset: Dataset, exposure: str) -> int | None:
    """Return the row of an image in a spectrum, if it is there."""
    if "obs_publisher_did" not in dataset.columns:
        return None
    found = pc.index(dataset.table.column("obs_publisher_did"), exposure).as_py()
    return int(found) if found >= 0 else None
