"""The pixels of a cutout as the fit uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.cutout import Cutout
from photometry_core.flags import IGNORED_BY_FIT, SOURCE
from photometry_core.types import BoolArray, FloatArray

UJY_PER_MJY_SR_ARCSEC2 = 1e12 / (180 * 3600 / np.pi) ** 2
"""1 MJy/sr over 1 arcsec^2, in uJy: 23.50443."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """A cutout's planes in float64, all of shape (ny, nx).

    Parameters
    ----------
    image_mjy_sr, variance_mjy2_sr2
        As in the cutout; meaningless where not good.
    ujy_per_mjy_sr
        Flux of a pixel of 1 MJy/sr.
    good
        Pixels that the fit may use: no flag that forbids it, everything finite, and
        variance and solid angle positive.
    background
        Good pixels that do not belong to a catalogued source.
    """

    image_mjy_sr: FloatArray
    variance_mjy2_sr2: FloatArray
    ujy_per_mjy_sr: FloatArray
    good: BoolArray
    background: BoolArray


def planes_of(cutout: Cutout) -> Planes:
    """Return the planes of a cutout, and which of its pixels are good."""
    image = cutout.image_mjy_sr.astype(np.float64)
    variance = cutout.variance_mjy2_sr2.astype(np.float64)
    solid_angle = cutout.solid_angle_arcsec2
    with np.errstate(invalid="ignore"):
        good = (
            ((cutout.flags & IGNORED_BY_FIT) == 0)
            & np.isfinite(image)
            & np.isfinite(variance)
            & (variance > 0)
            & np.isfinite(solid_angle)
            & (solid_angle > 0)
        )
    return Planes(
        image_mjy_sr=image,
        variance_mjy2_sr2=variance,
        ujy_per_mjy_sr=UJY_PER_MJY_SR_ARCSEC2 * solid_angle,
        good=good,
        background=good & ((cutout.flags & SOURCE) == 0),
    )
