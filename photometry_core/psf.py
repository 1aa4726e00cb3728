"""PSF planes and a detector position -> the profile of a point source on native pixels.

A QR2 plane holds samples of the optical PSF, without the response of the native pixel, on a
grid finer than the pixels. Between the samples the PSF is taken to be the quintic spline
through them. Its integral over a native pixel is then known exactly: the spline
coefficients are weighed by the difference of two values of the integrated B-spline, one
per edge of the pixel (Unser 1999, IEEE Signal Process. Mag. 16(6), 22, for B-splines).
The profile is so rendered at the true sub-pixel position and never resampled, and because
B-splines sum to one, its pixels sum to the flux of the plane at every phase.

A QR3 plane holds samples of the effective PSF: the optical PSF already integrated over the
native pixel. The profile is the quintic spline through them at the centres of the pixels,
times the number of samples in a pixel, because the samples, not the pixels, sum to 1.

Profiles are not renormalised: what a plane holds is the whole flux, 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from scipy.ndimage import spline_filter

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import FitError
from photometry_core.types import Float32Array, FloatArray

PROFILE_HALF_SIZE_PIX = 6
"""A profile covers so many pixels to every side of the pixel that holds the source."""

PROFILE_SIZE_PIX = 2 * PROFILE_HALF_SIZE_PIX + 1

_SPLINE_ORDER = 5
_KNOTS = np.arange(7.0) - 3
_KNOT_WEIGHTS = np.array([1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0]) / 720
_SUM_TOLERANCE = 0.01
"""Planes are normalised to 1 by definition; more than this off means a damaged plane."""


def render_point_source(
    psf: PsfGrid | PsfZones, x_pix: float, y_pix: float
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the fraction of a point source's flux in every pixel around it.

    Parameters
    ----------
    psf
        PSF of the zones around the position.
    x_pix, y_pix
        Position of the source on the detector.

    Returns
    -------
    profile
        Shape (PROFILE_SIZE_PIX, PROFILE_SIZE_PIX); sums to 1 but for what the plane
        leaves outside, if anything.
    origin
        Detector (x, y) of ``profile[0, 0]``.

    Raises
    ------
    FitError
        A PSF plane that is needed is not normalised or not finite, or no zone reaches the
        position.
    """
    if isinstance(psf, PsfZones):
        psf = psf.around(x_pix, y_pix)
    weights_of = _sample_weights if psf.pixel_included else _pixel_weights
    coefficients, center = _blend(psf, x_pix, y_pix)
    column, row = int(np.floor(x_pix + 0.5)), int(np.floor(y_pix + 0.5))
    x_first, x_weights = weights_of(column - x_pix, psf.oversampling, center)
    y_first, y_weights = weights_of(row - y_pix, psf.oversampling, center)
    rows = _integrate(coefficients, y_first, y_weights, psf.oversampling)
    profile = _integrate(rows.T, x_first, x_weights, psf.oversampling).T
    return profile, (column - PROFILE_HALF_SIZE_PIX, row - PROFILE_HALF_SIZE_PIX)


def zone_weights(
    psf: PsfGrid, x_pix: float, y_pix: float
) -> Iterator[tuple[Float32Array | FloatArray, float]]:
    """Yield the planes that make up the PSF at a position, and the weight of each.

    The weights are bilinear between zone centres and sum to 1. Beyond the outer zone
    centres the outer zones are used as they are.

    Parameters
    ----------
    psf
        PSF of the zones around the position.
    x_pix, y_pix
        Position on the detector.
    """
    i, fx = _zone(psf.x_centers_pix, x_pix)
    j, fy = _zone(psf.y_centers_pix, y_pix)
    for row, weight_y in ((j, 1 - fy), (j + 1, fy)):
        for column, weight_x in ((i, 1 - fx), (i + 1, fx)):
            if weight_x * weight_y:
                yield psf.planes[row, column], weight_x * weight_y


def _blend(psf: PsfGrid, x_pix: float, y_pix: float) -> tuple[FloatArray, int]:
    """Spline coefficients at a position, and the index of those at its centre."""
    blended: FloatArray | float = 0.0
    for plane, weight in zone_weights(psf, x_pix, y_pix):
        part = _spline_coefficients(plane.tobytes(), plane.dtype.str, plane.shape, psf.oversampling)
        blended = blended + part * weight
    coefficients = np.asarray(blended)
    return coefficients, coefficients.shape[0] // 2


def _zone(centers_pix: FloatArray, at_pix: float) -> tuple[int, float]:
    """Index of the zone before a position, and the weight of the zone after it."""
    if centers_pix.size == 1 or at_pix <= centers_pix[0]:
        return 0, 0.0
    if at_pix >= centers_pix[-1]:
        return centers_pix.size - 1, 0.0
    index = int(np.searchsorted(centers_pix, at_pix, side="right")) - 1
    width = centers_pix[index + 1] - centers_pix[index]
    return index, float((at_pix - centers_pix[index]) / width)


def checked_plane(data: bytes, dtype: str, shape: tuple[int, ...]) -> FloatArray:
    """Return a PSF plane in float64 from its bytes.

    Raises
    ------
    FitError
        It is not normalised, not finite, or not a square of odd width.
    """
    plane = np.frombuffer(data, dtype).reshape(shape).astype(np.float64)
    total = plane.sum()
    if not abs(total - 1) <= _SUM_TOLERANCE:
        raise FitError(f"a PSF plane sums to {total:.4g} instead of 1")
    if shape[0] != shape[1] or shape[0] % 2 == 0:
        raise FitError(f"a PSF plane has the shape {shape}, expected a square of odd width")
    return plane


@lru_cache(maxsize=512)
def _spline_coefficients(
    data: bytes, dtype: str, shape: tuple[int, ...], oversampling: int
) -> FloatArray:
    """Quintic-spline coefficients of a plane, surrounded by zeros.

    Planes are the same in every exposure of a detector, and are recognised by their
    content, so that no exposure can be given the PSF of another.
    """
    plane = checked_plane(data, dtype, shape)
    # The outermost profile pixel reaches half a pixel further than its centre, which is
    # up to half a pixel further than the nominal half size, and the splines 3 samples more.
    reach = (PROFILE_HALF_SIZE_PIX + 1) * oversampling + _SPLINE_ORDER
    margin = max(reach - shape[0] // 2, _SPLINE_ORDER)
    coefficients = spline_filter(np.pad(plane, margin), order=5, mode="mirror")
    coefficients.setflags(write=False)
    return np.asarray(coefficients)


def _pixel_weights(offset_pix: float, oversampling: int, center: int) -> tuple[int, FloatArray]:
    """Weights of the spline coefficients in the integral over a native pixel.

    Parameters
    ----------
    offset_pix
        Centre of the middle pixel of the profile, from the source, in native pixels.
    oversampling
        Samples per native pixel.
    center
        Index of the coefficient at the source.

    Returns
    -------
    first
        Index of the coefficient that the first weight of the first pixel belongs to.
    weights
        The same for every pixel, since pixels are a whole number of samples apart.
    """
    first_pixel = center + (offset_pix - PROFILE_HALF_SIZE_PIX) * oversampling
    lower_edge = first_pixel - oversampling / 2
    first = int(np.floor(lower_edge)) - 2
    # Coefficient k reaches from k - 3 to k + 3.
    edges = lower_edge - np.arange(float(first), float(first + oversampling + 6))
    return first, _b_spline_integral(edges + oversampling) - _b_spline_integral(edges)


def _sample_weights(offset_pix: float, oversampling: int, center: int) -> tuple[int, FloatArray]:
    """Weights of the spline coefficients in the value at the centre of a native pixel.

    Parameters and returned values as of `_pixel_weights`; the weights include the number of
    samples per pixel along one axis.
    """
    first_pixel = center + (offset_pix - PROFILE_HALF_SIZE_PIX) * oversampling
    first = int(np.floor(first_pixel)) - 2
    # Coefficient k reaches from k - 3 to k + 3.
    distance = first_pixel - np.arange(float(first), float(first + 6))
    return first, oversampling * _b_spline(distance)


def _b_spline(at: FloatArray) -> FloatArray:
    """Centred quintic B-spline: the derivative of `_b_spline_integral`."""
    above = np.clip(np.clip(at, -3, 3)[:, None] - _KNOTS, 0, None)
    return np.asarray(above**5 @ (6 * _KNOT_WEIGHTS))


def _b_spline_integral(upper: FloatArray) -> FloatArray:
    """Integral of the centred quintic B-spline up to a limit, by truncated powers."""
    above = np.clip(np.clip(upper, -3, 3)[:, None] - _KNOTS, 0, None)
    return np.asarray(above**6 @ _KNOT_WEIGHTS)


def _integrate(
    coefficients: FloatArray, first: int, weights: FloatArray, oversampling: int
) -> FloatArray:
    """Integrate along the first axis over the pixels of the profile.

    Returns an array of shape (PROFILE_SIZE_PIX, coefficients.shape[1]).
    """
    stride, step = coefficients.strides
    windows = np.lib.stride_tricks.as_strided(
        coefficients[first:],
        shape=(PROFILE_SIZE_PIX, weights.size, coefficients.shape[1]),
        strides=(stride * oversampling, stride, step),
        writeable=False,
    )
    return np.asarray(np.einsum("j,ijk->ik", weights, windows))
