"""Pixels in memory: cutouts with what is needed to measure them, and saved stamps.

Conventions as in `photometry_core.types`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from photometry_core.celestial import TanSip
from photometry_core.types import Exposure, Float32Array, FloatArray


class SpectralMap(Protocol):
    """Wavelength and bandwidth anywhere on one detector."""

    def at(self, x_pix: float, y_pix: float) -> tuple[float, float]:
        """Return (wavelength, bandwidth) in um at a detector position."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PsfGrid:
    """PSF planes of the zones around a cutout.

    Parameters
    ----------
    planes
        Optical PSF sampled on detector axes, shape (nzones_y, nzones_x, ny, nx); the
        centre of a plane is its middle element; each plane sums to 1; the response of
        the native pixel is not included.
    x_centers_pix, y_centers_pix
        Centres of the zone columns and rows in detector pixels, shapes (nzones_x,) and
        (nzones_y,), ascending.
    oversampling
        Plane elements per native pixel.
    """

    planes: Float32Array
    x_centers_pix: FloatArray
    y_centers_pix: FloatArray
    oversampling: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cutout:
    """The part of one Spectral Image around one or more targets, ready to be measured.

    Parameters
    ----------
    exposure
        The exposure it belongs to, with what its headers say.
    image_mjy_sr
        Surface brightness in MJy/sr, shape (ny, nx); diffuse light included; may be NaN.
    variance_mjy2_sr2
        Its variance in (MJy/sr)^2, shape (ny, nx); may be NaN.
    flags
        Bit mask per pixel as in `photometry_core.flags`, shape (ny, nx).
    origin_pix
        Detector (x, y) of element ``[0, 0]``.
    solid_angle_arcsec2
        Solid angle of every pixel, shape (ny, nx).
    wcs
        Celestial WCS in detector pixels.
    spectral
        Wavelength and bandwidth in detector pixels.
    psf
        PSF of the zones around it.
    """

    exposure: Exposure
    image_mjy_sr: Float32Array
    variance_mjy2_sr2: Float32Array
    flags: npt.NDArray[np.int32]
    origin_pix: tuple[int, int]
    solid_angle_arcsec2: FloatArray
    wcs: TanSip
    spectral: SpectralMap
    psf: PsfGrid


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stamp:
    """The pixels behind one measurement, for display and inspection.

    All arrays have shape (STAMP_SIZE_PIX, STAMP_SIZE_PIX), centred on the pixel that
    holds the target; pixels outside the image are NaN (flags: 0).

    Parameters
    ----------
    image_mjy_sr, variance_mjy2_sr2, flags
        As in `Cutout`.
    model_mjy_sr
        Background plus all fitted sources; NaN if nothing was fitted.
    origin_pix
        Detector (x, y) of element ``[0, 0]``.
    cd_deg
        Local linear WCS at the target, shape (2, 2): offsets on the sky, to the east and
        to the north in degrees, per detector pixel in x and y.
    """

    image_mjy_sr: Float32Array
    variance_mjy2_sr2: Float32Array
    flags: npt.NDArray[np.int32]
    model_mjy_sr: Float32Array
    origin_pix: tuple[int, int]
    cd_deg: FloatArray
