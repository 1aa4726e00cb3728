"""Wavelength and bandwidth on the detectors: the linear variable filters.

Smooth formulas with the end values of the tables in real images, tabulated at the same
control points. As in the real instrument the wavelength falls with y, lines of equal
wavelength are arcs symmetric about the middle column, and where the dichroic cuts in (low
rows of D3, high rows of D4) the bandwidth collapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from photometry_core.types import BoolArray, Float32Array, FloatArray, IntArray

_NINE = (1, 256, 511, 766, 1021, 1275, 1530, 1785, 2040)
_ELEVEN = (1, 205, 409, 613, 817, 1021, 1224, 1428, 1632, 1836, 2040)
_D3_ROWS = (1, 36, 71, 105, 140, 141, 379, 617, 855, 1091, 1326, 1564, 1802, 2040)
_D4_COLUMNS = (1, 171, 341, 511, 681, 851, 1021, 1190, 1360, 1530, 1700, 1870, 2040)
_D4_ROWS = (
    1, 151, 301, 451, 601, 751, 901, 1050, 1200, 1350, 1500, 1650,
    1800, 1801, 1841, 1881, 1921, 1960, 2000, 2040,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Filter:
    """Control points (1-based pixels) and end values (um) of one detector.

    `bottom` and `top` are the wavelengths at y = 1 and y = 2040 in the middle column,
    `arc` what the outer columns have more, at the bottom; `width` the bandwidths at both
    ends without the dichroic.
    """

    columns: tuple[int, ...]
    rows: tuple[int, ...]
    bottom: float
    top: float
    arc: float
    width: tuple[float, float]


_FILTERS = {
    1: _Filter(_NINE, _NINE, 1.11458, 0.73490, 0.0117, (0.0302, 0.0167)),
    2: _Filter(_ELEVEN, _ELEVEN, 1.65008, 1.08592, 0.0174, (0.0396, 0.0255)),
    3: _Filter(_NINE, _D3_ROWS, 2.41917, 1.61626, 0.0167, (0.0606, 0.0391)),
    4: _Filter(_D4_COLUMNS, _D4_ROWS, 3.81808, 2.39803, 0.0440, (0.1050, 0.0685)),
    5: _Filter(_ELEVEN, _ELEVEN, 4.41822, 3.79198, 0.0180, (0.0388, 0.0346)),
    6: _Filter(_NINE, _NINE, 4.99894, 4.39535, 0.0190, (0.0346, 0.0378)),
}

_MIDDLE_COLUMN = 1021.0
_DICHROIC_EDGE_UM = {3: 2.4020, 4: 2.4300}
"""Where the dichroic takes half of the light: longward on D3, shortward on D4."""


_QR3_SHIFT_UM = {5: 0.0064, 6: 0.0064}
"""By so much the wavelengths of QR3 are longer than those of QR2."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WavelengthGrid:
    """Wavelength and bandwidth at the control points of one detector.

    Parameters
    ----------
    x, y
        Control points, 1-based detector pixels, shapes (n,) and (m,).
    values_um
        Wavelength and bandwidth as stored in files, shape (m, n, 2).
    """

    x: IntArray
    y: IntArray
    values_um: Float32Array

    def at(self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return wavelength and bandwidth in um at 0-based detector positions, bilinear."""
        i, fx = _cells(self.x, np.asarray(x_pix, float) + 1)
        j, fy = _cells(self.y, np.asarray(y_pix, float) + 1)
        fx, fy = fx[..., None], fy[..., None]
        values = self.values_um.astype(float)
        low = values[j, i] * (1 - fx) + values[j, i + 1] * fx
        high = values[j + 1, i] * (1 - fx) + values[j + 1, i + 1] * fx
        both = low * (1 - fy) + high * fy
        return both[..., 0], both[..., 1]


@cache
def wavelength_grid(detector: int, release: str = "qr2") -> WavelengthGrid:
    """Return the wavelength table of a detector, 1 to 6, in a quick release."""
    shape = _FILTERS[detector]
    x, y = np.array(shape.columns), np.array(shape.rows)
    wavelength = smooth_wavelength(detector, x - 1, y - 1)
    if release == "qr3":
        wavelength += _QR3_SHIFT_UM.get(detector, 0.0)
    low, high = shape.width
    width = low + (high - low) * ((y - 1) / 2039.0)[:, None] + np.zeros(x.size)
    width = width * _passed_by_dichroic(detector, x, y)
    values = np.stack([wavelength, width], axis=-1).astype(np.float32)
    values.setflags(write=False)
    return WavelengthGrid(x=x, y=y, values_um=values)


def smooth_wavelength(detector: int, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
    """Return the wavelength behind the table on a grid of 0-based pixels, um.

    Parameters
    ----------
    detector
        1 to 6.
    x_pix, y_pix
        Columns, shape (nx,), and rows, shape (ny,).

    Returns
    -------
    FloatArray
        Shape (ny, nx).
    """
    shape = _FILTERS[detector]
    along = np.asarray(y_pix, float) / 2039.0
    across = (np.asarray(x_pix, float) + 1 - _MIDDLE_COLUMN) / 1019.5
    middle = shape.bottom * (shape.top / shape.bottom) ** along
    arc = shape.arc * (1 + along * (shape.top / shape.bottom - 1))
    return np.asarray(middle[:, None] + arc[:, None] * across**2)


def dichroic_pixels(detector: int, x_pix: IntArray, y_pix: IntArray) -> BoolArray:
    """Whether the dichroic takes half of the light or more, on a grid, shape (ny, nx)."""
    edge = _DICHROIC_EDGE_UM.get(detector)
    if edge is None:
        return np.zeros((y_pix.size, x_pix.size), bool)
    wavelength = smooth_wavelength(detector, x_pix, y_pix)
    return np.asarray(wavelength > edge if detector == 3 else wavelength < edge)


def _passed_by_dichroic(detector: int, x: IntArray, y: IntArray) -> FloatArray:
    """Part of the bandwidth that the dichroic leaves at control points, shape (m, n)."""
    left = np.ones((y.size, x.size))
    across = ((x - _MIDDLE_COLUMN) / 1019.5) ** 2
    if detector == 3:
        depth = np.clip((140 - y) / 139.0, 0, 1)[:, None]
        left -= depth**1.6 * (0.275 + 0.22 * across)
    if detector == 4:
        depth = np.clip((y - 1850) / 190.0, 0, 1)[:, None]
        left -= depth * (0.467 - 0.1 * across)
    return left


def _cells(points: IntArray, at: FloatArray) -> tuple[IntArray, FloatArray]:
    """Index of the grid cell of every coordinate, and the fraction within it."""
    index = np.clip(np.searchsorted(points, at, side="right") - 1, 0, points.size - 2)
    return index, (at - points[index]) / (points[index + 1] - points[index])
