"""Diffuse light: zodiacal light and the helium line of the upper atmosphere.

No measured spectrum of the zodiacal light by this instrument is at hand; levels are round
numbers of the right size. At the ecliptic poles it falls from 0.125 MJy/sr at 0.75 um to
0.095 at 3 um and rises by thermal emission to 0.5 at 5 um; in the ecliptic it is 3.5
times as bright. The images are brighter than the model in the ZODI HDU, by a factor per
detector. The line at 1.083 um appears along the arc of that wavelength on D1 and D2, with
a strength that differs from pointing to pointing.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from photometry_core.archive.regions import Box
from photometry_core.simulation.focal_plane import CENTER_PIX
from photometry_core.simulation.seeds import uniforms
from photometry_core.simulation.survey import POLE_ICRS, celestial_wcs
from photometry_core.simulation.wavelengths import smooth_wavelength
from photometry_core.types import FloatArray

OBSERVED_OVER_MODEL = {1: 1.21, 2: 1.17, 3: 1.17, 4: 1.35, 5: 1.26, 6: 1.04}

_POLE_UM = np.array([0.65, 1.0, 1.5, 2.0, 2.5, 3.0, 3.4, 3.8, 4.2, 4.6, 5.0, 5.3])
_POLE_MJY_SR = np.array([0.130, 0.122, 0.113, 0.104, 0.098, 0.095, 0.100, 0.125, 0.18, 0.29, 0.45,
                         0.58])  # fmt: skip
_PLANE_OVER_POLE = 3.5
_HELIUM_UM = 1.0830
_HELIUM_MJY_SR = (0.15, 0.60)
_HELIUM_SIGMA_UM = 0.011
_DEGREE_X, _DEGREE_Y = 2, 7


def zodiacal_light(pointing: int, detector: int, box: Box) -> FloatArray:
    """Return the model of the zodiacal light on a box of pixels, MJy/sr, shape (ny, nx)."""
    x, y = _scaled(box)
    brightness = np.zeros((y.size, x.size))
    for row in _pole_polynomial(detector)[::-1]:
        inner = np.zeros_like(y)
        for coefficient in row[::-1]:
            inner = inner * y + coefficient
        brightness = brightness * x + inner[:, None]
    # sin^2 of the ecliptic latitude is nearly linear over a detector.
    level, by_x, by_y = _latitude_factor(pointing, detector)
    return np.asarray(brightness * (level + by_x * x + (by_y * y)[:, None]))


def airglow(pointing: int, detector: int, box: Box) -> FloatArray | None:
    """Return the helium line on a box of pixels, MJy/sr; `None` on detectors without it."""
    if detector > 2:
        return None
    x, y = np.arange(box.x0, box.x1), np.arange(box.y0, box.y1)
    low, high = _HELIUM_MJY_SR
    strength = low + (high - low) * float(uniforms(201, pointing))
    offset = (smooth_wavelength(detector, x, y) - _HELIUM_UM) / _HELIUM_SIGMA_UM
    return np.asarray(strength * np.exp(-0.5 * offset**2))


def typical_zodiacal_light(detector: int, y_pix: FloatArray) -> FloatArray:
    """Return the light in the image, helium left out, at ecliptic latitude 30 degrees."""
    wavelength = smooth_wavelength(detector, np.array([1020.0]), y_pix)[:, 0]
    factor = _of_latitude(np.sin(np.radians(30.0)))
    return np.asarray(np.interp(wavelength, _POLE_UM, _POLE_MJY_SR)) * float(
        factor * OBSERVED_OVER_MODEL[detector]
    )


def zodiacal_light_towards(direction: FloatArray, wavelength_um: FloatArray) -> FloatArray:
    """Return the model of the zodiacal light in some directions.

    Parameters
    ----------
    direction
        ICRS unit vectors, shape (n, 3).
    wavelength_um
        Shape (m,).

    Returns
    -------
    FloatArray
        MJy/sr, shape (n, m).
    """
    at_pole = np.interp(wavelength_um, _POLE_UM, _POLE_MJY_SR)
    return np.asarray(_of_latitude(direction @ POLE_ICRS)[:, None] * at_pole)


def _of_latitude(sin_latitude: FloatArray | float) -> FloatArray:
    """Brightness over that at the pole."""
    squared = np.square(sin_latitude)
    return np.asarray(1 + (_PLANE_OVER_POLE - 1) * (1 - squared) ** 2)


@cache
def _pole_polynomial(detector: int) -> FloatArray:
    """Fit the brightness at the pole over the detector; coefficients ``[p, q]``."""
    grid = np.linspace(0, 2039, 80)
    wavelength = smooth_wavelength(detector, grid, grid)
    brightness = np.interp(wavelength, _POLE_UM, _POLE_MJY_SR)
    y, x = np.meshgrid(*2 * [(grid - CENTER_PIX) / 1024], indexing="ij")
    design = np.polynomial.polynomial.polyvander2d(x.ravel(), y.ravel(), [_DEGREE_X, _DEGREE_Y])
    solution = np.linalg.lstsq(design, brightness.ravel())[0]
    return np.asarray(solution.reshape(_DEGREE_X + 1, _DEGREE_Y + 1))


def _latitude_factor(pointing: int, detector: int) -> tuple[float, float, float]:
    """Brightness over that at the pole: at the detector's centre, and per 1024 px in x, y."""
    x = CENTER_PIX + np.array([0.0, 1024.0, -1024.0, 0.0, 0.0])
    y = CENTER_PIX + np.array([0.0, 0.0, 0.0, 1024.0, -1024.0])
    ra, dec = (np.radians(c) for c in celestial_wcs(pointing, detector).pixel_to_sky(x, y))
    direction = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    factor = _of_latitude(POLE_ICRS @ direction)
    return float(factor[0]), float(factor[1] - factor[2]) / 2, float(factor[3] - factor[4]) / 2


def _scaled(box: Box) -> tuple[FloatArray, FloatArray]:
    return (
        (np.arange(box.x0, box.x1) - CENTER_PIX) / 1024,
        (np.arange(box.y0, box.y1) - CENTER_PIX) / 1024,
    )
