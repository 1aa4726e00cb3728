"""The local background of a target, and its variance.

A clipped mean over the pixels of a box around the target. Pixels that the fit ignores, that
belong to catalogued sources (SOURCE) or to the footprint of a fitted source take no part.
Where too few are left the box grows, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.errors import FitError
from photometry_core.types import BoolArray, FloatArray

MAX_GROWTH_PIX = 24
"""How much wider than asked for the box may become."""

_GROWTH_STEP_PIX = 8
_ENOUGH_PIXELS = 40
"""Background noise adds 1/n of N_eff (about 4 px) to the variance of a flux: below 10 %."""

_FEWEST_PIXELS = 12
_CLIP_SIGMA = 3.0
_MAX_CLIPS = 10
_MAD_TO_SIGMA = 1.482602218505602


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """A local background.

    Parameters
    ----------
    level_mjy_sr
        Mean surface brightness.
    variance_mjy2_sr2
        Variance of that mean, from the scatter of the pixels.
    used
        Which pixels of the cutout it is the mean of, shape (ny, nx).
    is_local
        True if the box had the size that was asked for.
    """

    level_mjy_sr: float
    variance_mjy2_sr2: float
    used: BoolArray
    is_local: bool


def local_background(
    image_mjy_sr: FloatArray, usable: BoolArray, column: int, row: int, size_pix: int
) -> Background:
    """Measure the background in a box around a pixel.

    Parameters
    ----------
    image_mjy_sr
        Surface brightness in MJy/sr, shape (ny, nx).
    usable
        Pixels that may be used, shape (ny, nx); finite there.
    column, row
        Pixel of the array that the box is centred on.
    size_pix
        Width of the box that is wanted.

    Raises
    ------
    FitError
        Even the largest box holds too few usable pixels.

    Notes
    -----
    Clipping is at 3 sigma around the median, with sigma from the median absolute
    deviation, until nothing changes. For Gaussian noise the clipped mean is unbiased and
    has 0.99 of the efficiency of the mean; its variance is taken as that of a mean.
    """
    count = 0
    for size in range(size_pix, size_pix + MAX_GROWTH_PIX + 1, _GROWTH_STEP_PIX):
        x0, y0 = max(column - size // 2, 0), max(row - size // 2, 0)
        x1, y1 = column - size // 2 + size, row - size // 2 + size
        box = (slice(y0, max(y1, 0)), slice(x0, max(x1, 0)))
        count = int(np.count_nonzero(usable[box]))
        largest = size + _GROWTH_STEP_PIX > size_pix + MAX_GROWTH_PIX
        if count >= _ENOUGH_PIXELS or (largest and count >= _FEWEST_PIXELS):
            used = np.zeros_like(usable)
            used[box] = usable[box]
            used[used] = _unclipped(image_mjy_sr[used])
            values = image_mjy_sr[used]
            return Background(
                level_mjy_sr=float(values.mean()),
                variance_mjy2_sr2=float(values.var(ddof=1) / values.size),
                used=used,
                is_local=size == size_pix,
            )
    raise FitError(
        f"no background: {count} usable pixels within {size_pix + MAX_GROWTH_PIX} x "
        f"{size_pix + MAX_GROWTH_PIX}, at least {_FEWEST_PIXELS} are needed"
    )


def _unclipped(values: FloatArray) -> BoolArray:
    """Which values survive clipping around the median."""
    keep = np.ones(values.size, bool)
    for _ in range(_MAX_CLIPS):
        center = np.median(values[keep])
        sigma = _MAD_TO_SIGMA * np.median(np.abs(values[keep] - center))
        now = np.abs(values - center) <= _CLIP_SIGMA * sigma
        if np.array_equal(now, keep):
            break
        keep = now
    return keep
