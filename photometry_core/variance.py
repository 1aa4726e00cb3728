"""Weights that do not know the noise of the pixel they weigh.

The VARIANCE plane grows linearly with the observed brightness of its own pixel: pixels
that noise made brighter weigh less, and every flux comes out low by about 0.1 sigma. Here
the photon term of the plane is replaced by that of a noise-free model.
"""

from __future__ import annotations

import numpy as np

from photometry_core.types import BoolArray, FloatArray

_CLIP_SIGMA = 4.0
_FEWEST_PIXELS = 30
_LOWEST_FRACTION = 0.1


def photon_slope(
    image_mjy_sr: FloatArray, variance_mjy2_sr2: FloatArray, usable: BoolArray
) -> float:
    """Return how fast the variance grows with brightness, in MJy/sr.

    Parameters
    ----------
    image_mjy_sr, variance_mjy2_sr2
        Planes of the neighbourhood, of any equal shape.
    usable
        Pixels to use; finite there.

    Returns
    -------
    float
        Slope of a clipped straight-line fit of variance against brightness, not negative;
        0, which leaves the VARIANCE plane as it is, where there are too few pixels.
    """
    brightness, variance = image_mjy_sr[usable], variance_mjy2_sr2[usable]
    slope = 0.0
    for _ in range(2):
        if brightness.size < _FEWEST_PIXELS:
            return 0.0
        centered = brightness - brightness.mean()
        spread = float(centered @ centered)
        if not spread > 0:
            return 0.0
        slope = float(centered @ variance) / spread
        residual = variance - variance.mean() - slope * centered
        keep = np.abs(residual) <= _CLIP_SIGMA * residual.std()
        brightness, variance = brightness[keep], variance[keep]
    return max(slope, 0.0)


def model_variance(
    variance_mjy2_sr2: FloatArray,
    image_mjy_sr: FloatArray,
    model_mjy_sr: FloatArray,
    slope_mjy_sr: FloatArray | float,
) -> FloatArray:
    """Replace the photon term of the observed brightness by that of a model.

    All arrays have the same shape. The result stays above a tenth of the plane's value,
    so that a wrong slope can never make a pixel's weight unbounded.
    """
    corrected = variance_mjy2_sr2 - slope_mjy_sr * (image_mjy_sr - model_mjy_sr)
    return np.asarray(np.maximum(corrected, _LOWEST_FRACTION * variance_mjy2_sr2))
