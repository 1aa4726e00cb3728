"""The effective PSF of a position, sampled as finely as wanted.

The effective PSF is the fraction of a point source's flux that falls into a native pixel, as
a function of where the centre of that pixel lies: the optical PSF convolved with the pixel.
Between the samples of a plane the PSF is the quintic spline through them. For a QR2 plane
the convolution of that spline with the pixel is exact: every spline coefficient is weighed by
the difference of two values of the integrated B-spline, one per edge of the pixel. A QR3 plane
holds the effective PSF already, as samples that sum to 1.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.plane_cache import PlaneCache
from photometry_core.psf import spline_coefficients, zone_weights
from photometry_core.types import Float32Array, FloatArray

_BLOCK = 64
_MARGIN = 24
"""So far beyond a plane its coefficients are kept: these fall by 0.43 per sample."""

_B_SPLINE = BSpline.basis_element(np.arange(-3.0, 4.0))
_B_SPLINE_INTEGRAL = _B_SPLINE.antiderivative()


def sample_effective_psf(
    psf: PsfGrid | PsfZones,
    at_pix: tuple[float, float],
    x_offsets_pix: FloatArray,
    y_offsets_pix: FloatArray,
) -> FloatArray:
    """Return the fraction of a point source's flux in native pixels at given offsets.

    Parameters
    ----------
    psf
        PSF of the zones around the position.
    at_pix
        Detector (x, y) of the source; the planes of the zones are blended for it.
    x_offsets_pix, y_offsets_pix
        Offsets of the centres of pixels from the source, along either axis, in native
        pixels; they need not be whole numbers. Shapes (nx,) and (ny,).

    Returns
    -------
    ndarray
        Shape (ny, nx). At offsets one pixel apart it sums to 1, whatever the phase.

    Raises
    ------
    FitError
        A PSF plane that is needed is damaged, or no zone reaches the position.
    """
    if isinstance(psf, PsfZones):
        psf = psf.around(*at_pix)
    coefficients: FloatArray | float = 0.0
    for plane, weight in zone_weights(psf, *at_pix):
        coefficients = coefficients + weight * _COEFFICIENTS.of(plane)
    blended = np.asarray(coefficients)
    along_x, along_y = (
        _response(offsets.tobytes(), blended.shape[0], psf.oversampling, psf.pixel_included)
        for offsets in (np.asarray(x_offsets_pix, float), np.asarray(y_offsets_pix, float))
    )
    return _weigh(along_x, _weigh(along_y, blended).T).T


def _coefficients(plane: Float32Array | FloatArray) -> FloatArray:
    """Quintic-spline coefficients of a plane."""
    return spline_coefficients(plane, plane.shape[0] // 2 + _MARGIN)


_COEFFICIENTS = PlaneCache(_coefficients, 10_000_000)


@lru_cache(maxsize=32)
def _response(
    offsets_pix: bytes, count: int, oversampling: int, pixel_included: bool
) -> FloatArray:
    """Weights of spline coefficients in pixels along one axis, shape (noffsets, count)."""
    centers = np.frombuffer(offsets_pix) * oversampling
    # From every coefficient, in samples; the middle one belongs to the source.
    distance = np.subtract.outer(centers, np.arange(count) - float(count // 2))
    if pixel_included:
        weights = oversampling * np.where(np.abs(distance) < 3, _B_SPLINE(distance), 0.0)
    else:
        upper, lower = (
            _B_SPLINE_INTEGRAL(np.clip(distance + side * oversampling / 2, -3, 3))
            for side in (1, -1)
        )
        weights = upper - lower
    weights.setflags(write=False)
    return np.asarray(weights)


def _weigh(weights: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return ``weights @ coefficients``, skipping most of the zeros: weights are banded."""
    weighed = np.zeros((weights.shape[0], coefficients.shape[1]))
    for first in range(0, weights.shape[0], _BLOCK):
        rows = slice(first, first + _BLOCK)
        used = np.flatnonzero(weights[rows].any(axis=0))
        if used.size:
            columns = slice(used[0], used[-1] + 1)
            weighed[rows] = weights[rows, columns] @ coefficients[columns]
    return weighed
