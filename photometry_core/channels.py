"""The 102 nominal spectral channels: 17 per detector, along arcs of equal wavelength.

Numbers are those of the mission's spectral channels product, cal-sch-v1-2026-106. Its
channel map is the same for all detectors and follows arcs that are closely a parabola; the
formula here differs from it in 0.2 % of the pixels, at boundaries, by one channel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photometry_core.types import FloatArray, IntArray

CHANNELS_PER_DETECTOR = 17

_ARC_PIX = 67.0
"""How much further up an arc is at the edge of the detector than in its middle."""

_MIDDLE_PIX = 1020.0
_FIRST_PIX = -4.25
_PITCH_PIX = 116.4

# fmt: off
_WAVELENGTHS_UM = {
    1: (0.753, 0.771, 0.790, 0.809, 0.828, 0.848, 0.868, 0.889, 0.910, 0.932, 0.955, 0.978,
        1.001, 1.025, 1.050, 1.075, 1.102),
    2: (1.113, 1.139, 1.167, 1.195, 1.224, 1.254, 1.284, 1.315, 1.346, 1.378, 1.412, 1.446,
        1.481, 1.517, 1.554, 1.592, 1.631),
    3: (1.656, 1.695, 1.735, 1.775, 1.818, 1.861, 1.905, 1.949, 1.995, 2.041, 2.089, 2.139,
        2.189, 2.240, 2.292, 2.345, 2.399),
    4: (2.445, 2.506, 2.575, 2.646, 2.719, 2.794, 2.871, 2.951, 3.033, 3.118, 3.204, 3.293,
        3.383, 3.476, 3.570, 3.667, 3.768),
    5: (3.827, 3.861, 3.895, 3.929, 3.964, 3.999, 4.034, 4.070, 4.106, 4.142, 4.178, 4.214,
        4.251, 4.288, 4.325, 4.362, 4.399),
    6: (4.429, 4.461, 4.494, 4.527, 4.560, 4.594, 4.629, 4.663, 4.698, 4.733, 4.767, 4.802,
        4.837, 4.873, 4.909, 4.945, 4.982),
}
_BANDWIDTHS_UM = {
    1: (0.018, 0.019, 0.019, 0.020, 0.020, 0.021, 0.022, 0.023, 0.023, 0.024, 0.025, 0.026,
        0.026, 0.027, 0.028, 0.029, 0.030),
    2: (0.026, 0.027, 0.028, 0.029, 0.030, 0.030, 0.031, 0.032, 0.032, 0.033, 0.034, 0.035,
        0.036, 0.037, 0.038, 0.039, 0.039),
    3: (0.039, 0.041, 0.042, 0.043, 0.045, 0.046, 0.047, 0.048, 0.049, 0.051, 0.052, 0.054,
        0.055, 0.056, 0.057, 0.058, 0.059),
    4: (0.058, 0.073, 0.074, 0.076, 0.078, 0.079, 0.084, 0.086, 0.089, 0.091, 0.093, 0.094,
        0.096, 0.098, 0.099, 0.102, 0.103),
    5: (0.035, 0.036, 0.036, 0.036, 0.036, 0.036, 0.037, 0.037, 0.037, 0.037, 0.037, 0.037,
        0.037, 0.037, 0.037, 0.038, 0.038),
    6: (0.035, 0.036, 0.035, 0.036, 0.036, 0.037, 0.036, 0.037, 0.037, 0.037, 0.036, 0.036,
        0.037, 0.038, 0.038, 0.037, 0.037),
}
# fmt: on


def channel_at(x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> IntArray:
    """Return the channel at detector positions, of any detector.

    Returns
    -------
    IntArray
        1 (short wavelengths, at the top) to 17; 0 above and 18 below the channels; -1
        where a position is NaN.
    """
    x, y = np.asarray(x_pix, float), np.asarray(y_pix, float)
    # Pixels belong to channels as a whole.
    along = _along_pix(np.floor(x + 0.5), np.floor(y + 0.5))
    channel = CHANNELS_PER_DETECTOR - np.floor((along - _FIRST_PIX) / _PITCH_PIX)
    clipped = np.clip(channel, 0, CHANNELS_PER_DETECTOR + 1)
    return np.asarray(np.where(np.isnan(clipped), -1, np.nan_to_num(clipped)).astype(np.int64))


def nominal_band_um(detector: int, channel: int) -> tuple[float, float]:
    """Return the nominal wavelength and bandwidth of a channel, um.

    Parameters
    ----------
    detector
        1 to 6.
    channel
        1 to 17.
    """
    return _WAVELENGTHS_UM[detector][channel - 1], _BANDWIDTHS_UM[detector][channel - 1]


def nominal_wavelength_um(detector: int, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
    """Return the nominal wavelength at detector positions, um.

    Linear between the centres of the channels, and continued beyond the outer ones. It is good
    to a fraction of a channel: for differences across a few pixels, not for measurements.

    Parameters
    ----------
    detector
        1 to 6.
    x_pix, y_pix
        0-based detector positions, of any one shape.

    Returns
    -------
    FloatArray
        Of the shape of the positions; NaN where one is NaN.
    """
    centers = np.array(_WAVELENGTHS_UM[detector])
    along = _along_pix(np.asarray(x_pix, float), np.asarray(y_pix, float))
    # 0 in the middle of channel 1, which is the uppermost.
    place = CHANNELS_PER_DETECTOR - 0.5 - (along - _FIRST_PIX) / _PITCH_PIX
    lower = np.clip(np.floor(np.nan_to_num(place)), 0, CHANNELS_PER_DETECTOR - 2).astype(np.int64)
    steps = np.diff(centers)
    return np.asarray(centers[lower] + (place - lower) * steps[lower])


def _along_pix(x_pix: FloatArray, y_pix: FloatArray) -> FloatArray:
    """Return how far up a position's arc is in the middle column."""
    return np.asarray(y_pix - _ARC_PIX * ((x_pix - _MIDDLE_PIX) / 1020.0) ** 2)
