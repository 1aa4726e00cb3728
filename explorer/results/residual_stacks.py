"""Residuals of the measurements of highest S/N, and where their pixels are on the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.results.findings import Sample
from photometry_core import flags
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import Float32Array, FloatArray

STACKED = 40
"""Stamps that are looked at, those of the highest S/N: their mean is six times as sharp as one, and
more would only take longer to read."""

LEAST_SNR = 5.0
"""Of a stamp: below it, a stamp says nothing of where its light is."""

_UNUSABLE = flags.IGNORED_BY_FIT | flags.mask_of(["TRANSIENT", "OUTLIER"])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Residuals of stamps, each with what places it on the sky.

    Shapes are (n, ny, nx) unless said otherwise.

    Parameters
    ----------
    places
        Of the stamps in the sample, shape (n,).
    residual, model, sigma
        MJy / sr; NaN where a pixel can't be used.
    dx, dy
        Distance from the target, pix.
    cd_arcsec
        Arcsec east and north per pixel, shape (n, 2, 2).
    """

    places: np.ndarray
    residual: FloatArray
    model: FloatArray
    sigma: FloatArray
    dx: FloatArray
    dy: FloatArray
    cd_arcsec: FloatArray

    @property
    def radius(self) -> FloatArray:
        """Distance from the target, pix."""
        return np.hypot(self.dx, self.dy)


def stacked_places(sample: Sample) -> np.ndarray:
    """Return which measurements of a sample have their stamps looked at."""
    snr = np.nan_to_num(sample.numbers("snr"), nan=-np.inf)
    # A stamp with a lost pixel in its middle can't say where its light is.
    has_lost = (sample.dataset.flags()[sample.rows] & (_UNUSABLE | flags.CONTAINS_BAD_PIXEL)) != 0
    order = np.lexsort((-snr, has_lost))
    return order[snr[order] >= LEAST_SNR][:STACKED]


def make_stack(sample: Sample, places: np.ndarray, stamps: Stamps) -> Stack:
    """Bring stamps and positions together.

    Parameters
    ----------
    sample
        The measurements, with ``x_image`` and ``y_image``.
    places
        Of the stamps in the sample.
    stamps
        As many.
    """
    is_lost = (stamps.flags & _UNUSABLE) != 0

    def usable(plane: Float32Array) -> FloatArray:
        return np.where(is_lost, np.nan, plane.astype(float))

    size = stamps.image_mjy_sr.shape[-1]
    along = np.arange(size)
    x = sample.numbers("x_image")[places] - stamps.origin_pix[:, 0]
    y = sample.numbers("y_image")[places] - stamps.origin_pix[:, 1]
    with np.errstate(invalid="ignore"):
        sigma = np.sqrt(usable(stamps.variance_mjy2_sr2))
    return Stack(
        places=places,
        residual=usable(stamps.residual_mjy_sr),
        model=stamps.model_mjy_sr.astype(float),
        sigma=sigma,
        dx=np.broadcast_to(along[None, None, :] - x[:, None, None], is_lost.shape),
        dy=np.broadcast_to(along[None, :, None] - y[:, None, None], is_lost.shape),
        cd_arcsec=stamps.cd_deg * 3600.0,
    )


def own_light(stack: Stack) -> FloatArray:
    """Return the models without their background, which fills most of a stamp."""
    return stack.model - np.median(stack.model, axis=(1, 2), keepdims=True)


def sky_offsets(stack: Stack) -> tuple[FloatArray, FloatArray]:
    """Return how far pixels are from the target, arcsec to the east and to the north."""
    cd = stack.cd_arcsec[:, :, :, None, None]
    east = cd[:, 0, 0] * stack.dx + cd[:, 0, 1] * stack.dy
    north = cd[:, 1, 0] * stack.dx + cd[:, 1, 1] * stack.dy
    return east, north


def determinant_of(matrices: FloatArray) -> FloatArray:
    """Return determinants, shape (n,), of matrices of shape (n, 2, 2), some of which are NaN."""
    one, other = matrices[:, 0, 0] * matrices[:, 1, 1], matrices[:, 0, 1] * matrices[:, 1, 0]
    return np.asarray(one - other)
