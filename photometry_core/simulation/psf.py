"""The simulated PSF: a mixture of Gaussians, known exactly everywhere.

Each detector has four Gaussians with axes along the detector's: a core, two offset ones
that make the PSF lopsided, and a broad one. Their widths and offsets are fixed; the shares
of the light vary with the position on the detector, nearly linearly, so that bilinear
interpolation between the zones of the PSF HDU is good to a few 1e-4. Beyond 5 pixels there
is nothing left that matters.

Beyond the centres of the outer zones the PSF is that of the edge: nothing in a file tells
how it goes on there.

The light of the planes of QR2 files is beside their middle, as in real ones; that of stars in
the image is where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from photometry_core.types import Float32Array, FloatArray

ZONES = 11
PLANE_SIZE = 101
OVERSAMPLING = 10

PLANE_OFFSET_PIX = (-0.05, -0.05)
"""Where a source is from the middle of the planes of the PSF HDU, along (x, y) in native pixels.
In real planes the second varies from -0.11 to +0.01 with the row of the zone."""

EFFECTIVE_ZONES = 21
EFFECTIVE_PLANE_SIZE = 33
EFFECTIVE_OVERSAMPLING = 5

_FWHM_ARCSEC = {1: 4.65, 2: 4.54, 3: 4.60, 4: 5.31, 5: 5.57, 6: 5.58}
"""Of the optical PSF, without the pixel."""

_PIXEL_ARCSEC = 6.15

# Per component: share of the light at the centre; its change from the centre to the edge
# along x and along y; the part that grows with the squares of both; offset (x, y) and
# sigma (x, y) in units of the core's sigma.
_COMPONENTS = np.array([
    # share   d/dx    d/dy   square   off_x  off_y  sig_x  sig_y
    [0.620,  0.000,  0.000,  0.000,   0.00,  0.00,  1.00,  1.00],
    [0.200,  0.030, -0.025,  0.006,   0.42, -0.28,  1.55,  1.40],
    [0.090, -0.020,  0.030,  0.004,  -0.55,  0.38,  1.25,  1.90],
    [0.090,  0.010,  0.015,  0.005,   0.05,  0.10,  2.50,  2.50],
])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PsfMixture:
    """The PSF of one detector.

    Parameters
    ----------
    offset_pix
        Offsets of the components from the source, (x, y), shape (K, 2).
    sigma_pix
        Their widths along x and y, shape (K, 2).
    """

    offset_pix: FloatArray
    sigma_pix: FloatArray

    def shares(self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
        """Return the share of the light in each component, shape (n, K), summing to 1.

        Parameters
        ----------
        x_pix, y_pix
            Positions on the detector, shape (n,).
        """
        centers = zone_centers()
        x = (np.clip(x_pix, centers[0], centers[-1]) - 1020.0) / 1020.0
        y = (np.clip(y_pix, centers[0], centers[-1]) - 1020.0) / 1020.0
        share, by_x, by_y, square = _COMPONENTS[:, :4].T
        shares = share + by_x * x[:, None] + by_y * y[:, None] + square * (x * x + y * y)[:, None]
        shares[:, 0] = 1 - shares[:, 1:].sum(axis=1)
        return np.asarray(shares)


@cache
def psf_mixture(detector: int) -> PsfMixture:
    """Return the PSF of a detector.

    Parameters
    ----------
    detector
        1 to 6.
    """
    sigma = _core_sigma(_FWHM_ARCSEC[detector]) / _PIXEL_ARCSEC
    return PsfMixture(
        offset_pix=_COMPONENTS[:, 4:6] * sigma,
        sigma_pix=_COMPONENTS[:, 6:8] * sigma,
    )


def zone_centers(zones: int = ZONES) -> FloatArray:
    """Return the centres of the zones along either axis, 0-based pixels, shape (zones,)."""
    pitch = 2040 / zones
    return np.asarray(pitch * (np.arange(zones) + 0.5))


def zone_planes(detector: int) -> Float32Array:
    """Return the PSF of every zone as the PSF HDU holds it.

    Returns
    -------
    Float32Array
        Shape (ZONES**2, PLANE_SIZE, PLANE_SIZE), x varying fastest over the zones: samples
        of the optical PSF at the zone centres, displaced by `PLANE_OFFSET_PIX`, every plane
        divided by its sum.
    """
    mixture = psf_mixture(detector)
    y, x = (axis.ravel() for axis in np.meshgrid(zone_centers(), zone_centers(), indexing="ij"))
    offset = (np.arange(PLANE_SIZE) - PLANE_SIZE // 2) / OVERSAMPLING
    planes = np.zeros((x.size, PLANE_SIZE, PLANE_SIZE))
    for k, share in enumerate(mixture.shares(x, y).T):
        (dx, dy), (sx, sy) = mixture.offset_pix[k] + PLANE_OFFSET_PIX, mixture.sigma_pix[k]
        along_x = np.exp(-0.5 * ((offset - dx) / sx) ** 2) / sx
        along_y = np.exp(-0.5 * ((offset - dy) / sy) ** 2) / sy
        planes += share[:, None, None] * np.outer(along_y, along_x)
    planes /= planes.sum(axis=(1, 2), keepdims=True)
    return planes.astype(np.float32)


def effective_zone_planes(detector: int) -> FloatArray:
    """Return the PSF of every zone as the EPSF HDU holds it.

    Returns
    -------
    FloatArray
        Shape (EFFECTIVE_ZONES**2, EFFECTIVE_PLANE_SIZE, EFFECTIVE_PLANE_SIZE), x varying
        fastest over the zones: samples of the PSF integrated over a native pixel, every
        plane divided by its sum.
    """
    mixture = psf_mixture(detector)
    centers = zone_centers(EFFECTIVE_ZONES)
    y, x = (axis.ravel() for axis in np.meshgrid(centers, centers, indexing="ij"))
    offset = np.arange(EFFECTIVE_PLANE_SIZE) - EFFECTIVE_PLANE_SIZE // 2
    edges = offset / EFFECTIVE_OVERSAMPLING + np.array([[-0.5], [0.5]])
    planes = np.zeros((x.size, EFFECTIVE_PLANE_SIZE, EFFECTIVE_PLANE_SIZE))
    for k, share in enumerate(mixture.shares(x, y).T):
        along_x, along_y = (
            np.diff(
                ndtr((edges - mixture.offset_pix[k, axis]) / mixture.sigma_pix[k, axis]), axis=0
            )[0]
            for axis in (0, 1)
        )
        planes += share[:, None, None] * np.outer(along_y, along_x)
    return np.asarray(planes / planes.sum(axis=(1, 2), keepdims=True))


def _core_sigma(fwhm: float) -> float:
    """Sigma of the core that gives the mixture at the detector's centre a FWHM.

    The FWHM is that of the mean of the profiles along the four axis directions.
    """
    radius = np.linspace(0.3, 3.0, 5401)
    profile = np.zeros_like(radius)
    peak = 0.0
    for share, _, _, _, dx, dy, sx, sy in _COMPONENTS:
        height = share / (sx * sy)
        across_y = np.exp(-0.5 * (dy / sy) ** 2)
        across_x = np.exp(-0.5 * (dx / sx) ** 2)
        peak += height * across_x * across_y
        for sign in (-1, 1):
            profile += height / 4 * across_y * np.exp(-0.5 * ((sign * radius - dx) / sx) ** 2)
            profile += height / 4 * across_x * np.exp(-0.5 * ((sign * radius - dy) / sy) ** 2)
    half = np.interp(-peak / 2, -profile, radius)
    return float(fwhm / (2 * half))
