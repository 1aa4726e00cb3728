"""Pixels in memory: cutouts with what is needed to measure them, and saved stamps.

Conventions as in `photometry_core.types`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from photometry_core.celestial import TanSip
from photometry_core.errors import FitError
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
        PSF sampled on detector axes, shape (nzones_y, nzones_x, ny, nx); the centre of a
        plane is its middle element; each plane sums to 1.
    x_centers_pix, y_centers_pix
        Centres of the zone columns and rows in detector pixels, shapes (nzones_x,) and
        (nzones_y,), ascending.
    oversampling
        Plane elements per native pixel.
    pixel_included
        Whether the planes are convolved with the response of the native pixel (QR3);
        otherwise they are the optical PSF alone (QR2).
    core_offset_pix
        (x, y) of the light's centre from the middle of a plane, in native pixels.
    """

    planes: Float32Array | FloatArray
    x_centers_pix: FloatArray
    y_centers_pix: FloatArray
    oversampling: int
    pixel_included: bool = False
    core_offset_pix: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PsfZones:
    """PSF planes of zones around a cutout whose centres do not form a grid.

    Parameters
    ----------
    planes
        As in `PsfGrid`, but shape (nzones, ny, nx).
    x_centers_pix, y_centers_pix
        Centres of the zones in detector pixels, shape (nzones,).
    reach_pix
        How far from its centre a zone is used, along either axis. Every zone that reaches
        into the cutout is here.
    oversampling, pixel_included, core_offset_pix
        As in `PsfGrid`.
    """

    planes: Float32Array | FloatArray
    x_centers_pix: FloatArray
    y_centers_pix: FloatArray
    reach_pix: float
    oversampling: int
    pixel_included: bool
    core_offset_pix: tuple[float, float] = (0.0, 0.0)

    def around(self, x_pix: float, y_pix: float) -> PsfGrid:
        """Return the zones to be used at a position, as a grid of four or of one.

        The nearest zone to the lower left and the nearest to the upper right are two corners
        of a rectangle. Where its other two corners are centres of zones as well, the four
        are the grid; elsewhere the nearest zone is used alone.

        Raises
        ------
        FitError
            No zone reaches the position.
        """
        x, y = self.x_centers_pix, self.y_centers_pix
        dx, dy = x - x_pix, y - y_pix
        within = (np.abs(dx) <= self.reach_pix) & (np.abs(dy) <= self.reach_pix)
        if not within.any():
            raise FitError(
                f"no PSF zone within {self.reach_pix:g} pixels of ({x_pix:.1f}, {y_pix:.1f})"
            )
        distance = np.hypot(dx, dy)
        before, after = within & (dx <= 0) & (dy <= 0), within & (dx > 0) & (dy > 0)
        if before.any() and after.any():
            first = int(np.argmin(np.where(before, distance, np.inf)))
            last = int(np.argmin(np.where(after, distance, np.inf)))
            right = np.flatnonzero((x == x[last]) & (y == y[first]))
            left = np.flatnonzero((x == x[first]) & (y == y[last]))
            if right.size and left.size:
                corners = np.array([[first, right[0]], [left[0], last]])
                return self._grid(corners)
        return self._grid(np.array([[int(np.argmin(np.where(within, distance, np.inf)))]]))

    def _grid(self, numbers: npt.NDArray[np.int64]) -> PsfGrid:
        return PsfGrid(
            planes=self.planes[numbers],
            x_centers_pix=self.x_centers_pix[numbers[0]],
            y_centers_pix=self.y_centers_pix[numbers[:, 0]],
            oversampling=self.oversampling,
            pixel_included=self.pixel_included,
            core_offset_pix=self.core_offset_pix,
        )


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
    psf: PsfGrid | PsfZones


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

    @property
    def residual_mjy_sr(self) -> Float32Array:
        """Image less model; NaN where either is."""
        return self.image_mjy_sr - self.model_mjy_sr
