"""Where the six detectors sit, and how the optics distort the sky on them.

Three pairs of detectors look at the same sky side by side: D1 and D4, D2 and D5, D3 and D6,
at -3.9, 0 and +3.9 degrees from the boresight along +x. The distortion of every detector
is a SIP polynomial of third order with constant and linear terms, and its pixel axes are
not quite orthogonal, with numbers like those in headers of real images.

A detector's own frame has the tangent point of its WCS as pole; plane coordinates are
gnomonic along the detector's +x and +y in degrees. Turning that frame to the sky is all
that a pointing does, so that distortion and solid angle belong to the detector alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from photometry_core.celestial import TanSip
from photometry_core.types import DETECTOR_SIZE_PIX, FloatArray

CENTER_PIX = (DETECTOR_SIZE_PIX - 1) / 2
"""CRPIX of a full frame, in 0-based pixels."""

COLUMN_OFFSET_DEG = 3.9

LARGEST_DISTORTION_PIX = 15
"""No position on or near a detector is moved by more."""

_SCALE_DEG = 6.153 / 3600
_ORDER = 3
_NEWTON_STEPS = 2
_SOLID_ANGLE_DEGREE = 5

_SIP_A = {
    (0, 0): -0.358, (1, 0): 8.9e-5, (0, 1): -3.3e-6, (2, 0): 1.59e-6, (1, 1): 4.17e-6,
    (0, 2): 1.37e-6, (3, 0): 5.8e-10, (2, 1): 1.4e-10, (1, 2): 6.4e-10, (0, 3): 4.2e-12,
}  # fmt: skip
_SIP_B = {
    (0, 0): -1.107, (1, 0): 6.3e-5, (0, 1): -3.94e-4, (2, 0): 6.67e-6, (1, 1): 7.4e-7,
    (0, 2): 1.98e-6, (3, 0): 2.1e-11, (2, 1): 6.4e-10, (1, 2): 5.3e-11, (0, 3): 4.7e-10,
}  # fmt: skip

# Per detector: side of the focal plane (the distortion of the left side mirrors that of the
# right one), strength of the distortion, shear between the pixel axes, relative scale.
_DETECTORS = {
    1: (-1, 1.04, -0.036, 1.0001),
    2: (+1, 0.45, +0.004, 0.9978),
    3: (+1, 1.00, +0.039, 1.0000),
    4: (-1, 0.97, -0.034, 1.0010),
    5: (+1, 0.52, -0.003, 0.9989),
    6: (+1, 0.93, +0.037, 1.0011),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetectorGeometry:
    """Position and distortion of one detector.

    Parameters
    ----------
    offset_deg
        Of its tangent point from the boresight, along +x.
    matrix_deg
        Plane coordinates per distorted pixel, shape (2, 2).
    sip_a, sip_b
        Forward distortion, coefficients ``[p, q]`` of ``u**p v**q``, shape (4, 4).
    sip_ap, sip_bp
        Approximate inverse, good to about 0.02 px like that of real headers.
    derivatives
        Coefficients of the derivatives of A by u and v and of B by u and v, shape (4, 4)
        each.
    solid_angle
        Coefficients ``[p, q]`` of a polynomial in pixel offsets from the centre divided
        by 1024 that gives the solid angle of a pixel in arcsec^2, shape (6, 6).
    """

    offset_deg: float
    matrix_deg: FloatArray
    sip_a: FloatArray
    sip_b: FloatArray
    sip_ap: FloatArray
    sip_bp: FloatArray
    derivatives: tuple[FloatArray, FloatArray, FloatArray, FloatArray]
    solid_angle: FloatArray

    def plane_to_undistorted(
        self, plane_x_deg: FloatArray, plane_y_deg: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return where plane coordinates would be on the detector without distortion."""
        inverse = np.linalg.inv(self.matrix_deg)
        return (
            inverse[0, 0] * plane_x_deg + inverse[0, 1] * plane_y_deg + CENTER_PIX,
            inverse[1, 0] * plane_x_deg + inverse[1, 1] * plane_y_deg + CENTER_PIX,
        )

    def plane_to_pixel(
        self, plane_x_deg: FloatArray, plane_y_deg: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return detector positions of plane coordinates.

        Always takes the same number of Newton steps from the approximate inverse, so that
        a position does not depend, in its last bits, on those it is computed with.
        Converged to rounding within a frame's width around the detector.
        """
        undistorted = self.plane_to_undistorted(plane_x_deg, plane_y_deg)
        f, g = (position - CENTER_PIX for position in undistorted)
        powers = _powers(f, g)
        u, v = f + _sum(self.sip_ap, powers), g + _sum(self.sip_bp, powers)
        a_u, a_v, b_u, b_v = self.derivatives
        for _ in range(_NEWTON_STEPS):
            powers = _powers(u, v)
            residual_f = u + _sum(self.sip_a, powers) - f
            residual_g = v + _sum(self.sip_b, powers) - g
            j11, j12 = 1 + _sum(a_u, powers), _sum(a_v, powers)
            j21, j22 = _sum(b_u, powers), 1 + _sum(b_v, powers)
            determinant = j11 * j22 - j12 * j21
            u = u - (j22 * residual_f - j12 * residual_g) / determinant
            v = v - (j11 * residual_g - j21 * residual_f) / determinant
        return u + CENTER_PIX, v + CENTER_PIX

    def solid_angle_arcsec2(self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
        """Return the solid angle of every pixel of a grid.

        Parameters
        ----------
        x_pix, y_pix
            Columns, shape (nx,), and rows, shape (ny,).

        Returns
        -------
        FloatArray
            Shape (ny, nx). Equal to that of the WCS to 1e-9.
        """
        x = (np.asarray(x_pix, float) - CENTER_PIX) / 1024
        y = (np.asarray(y_pix, float) - CENTER_PIX) / 1024
        total = np.zeros((y.size, x.size))
        for row in self.solid_angle[::-1]:
            inner = np.zeros_like(y)
            for coefficient in row[::-1]:
                inner = inner * y + coefficient
            total = total * x + inner[:, None]
        return total

    def wcs(self, crval_deg: tuple[float, float], axes: FloatArray) -> TanSip:
        """Return the celestial WCS of a pointing.

        Parameters
        ----------
        crval_deg
            ICRS position of the tangent point.
        axes
            East and north components of the plane's unit vectors along +x and +y,
            ``[[east of x, east of y], [north of x, north of y]]``.
        """
        return TanSip(
            crpix=(CENTER_PIX, CENTER_PIX),
            crval_deg=crval_deg,
            cd_deg=axes @ self.matrix_deg,
            sip_a=self.sip_a,
            sip_b=self.sip_b,
        )


@cache
def detector_geometry(detector: int) -> DetectorGeometry:
    """Return position and distortion of a detector, 1 to 6."""
    side, strength, shear, scale = _DETECTORS[detector]
    sip_a, sip_b = np.zeros((2, _ORDER + 1, _ORDER + 1))
    for (p, q), coefficient in _SIP_A.items():
        sip_a[p, q] = coefficient * strength * (side if p % 2 == 0 else 1)
    for (p, q), coefficient in _SIP_B.items():
        sip_b[p, q] = coefficient * strength * (side if p % 2 == 1 else 1)
    matrix = _SCALE_DEG * scale * np.array([[1.0, shear], [0.0, 1.0]])
    sip_ap, sip_bp = _fitted_inverse(sip_a, sip_b)
    flat = TanSip(
        crpix=(CENTER_PIX, CENTER_PIX),
        crval_deg=(0.0, 0.0),
        cd_deg=matrix,
        sip_a=sip_a,
        sip_b=sip_b,
    )
    geometry = DetectorGeometry(
        offset_deg=COLUMN_OFFSET_DEG * ((detector - 1) % 3 - 1),
        matrix_deg=matrix,
        sip_a=sip_a,
        sip_b=sip_b,
        sip_ap=sip_ap,
        sip_bp=sip_bp,
        derivatives=(
            _by_u(sip_a),
            _by_u(sip_a.T).T,
            _by_u(sip_b),
            _by_u(sip_b.T).T,
        ),
        solid_angle=_fitted_solid_angle(flat),
    )
    for name in ("matrix_deg", "sip_a", "sip_b", "sip_ap", "sip_bp", "solid_angle"):
        getattr(geometry, name).setflags(write=False)
    return geometry


def _by_u(coefficients: FloatArray) -> FloatArray:
    """Coefficients of the derivative by u."""
    lowered = coefficients[1:] * np.arange(1, _ORDER + 1)[:, None]
    return np.vstack([lowered, np.zeros(_ORDER + 1)])


def _powers(u: FloatArray, v: FloatArray) -> list[list[FloatArray | float]]:
    """All monomials ``u**p v**q`` with p + q <= 3, as ``[p][q]``."""
    u2, v2 = u * u, v * v
    return [[1.0, v, v2, v2 * v], [u, u * v, u * v2], [u2, u2 * v], [u2 * u]]


def _sum(coefficients: FloatArray, powers: list[list[FloatArray | float]]) -> FloatArray:
    total: FloatArray | float = 0.0
    for row, monomials in zip(coefficients.tolist(), powers, strict=True):
        for coefficient, monomial in zip(row, monomials, strict=False):
            if coefficient:
                total = total + coefficient * monomial
    return np.asarray(total)


def _fitted_inverse(sip_a: FloatArray, sip_b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit polynomials of the same order to the inverse distortion over the detector."""
    grid = np.linspace(-CENTER_PIX - 0.5, CENTER_PIX + 0.5, 41)
    u, v = (axis.ravel() for axis in np.meshgrid(grid, grid))
    powers = _powers(u, v)
    f, g = u + _sum(sip_a, powers), v + _sum(sip_b, powers)
    terms = [(p, q) for p in range(_ORDER + 1) for q in range(_ORDER + 1 - p)]
    # Scaled to keep the normal equations well conditioned.
    design = np.stack([(f / 1024) ** p * (g / 1024) ** q for p, q in terms], axis=1)
    solution = np.linalg.lstsq(design, np.stack([u - f, v - g], axis=1))[0]
    inverse = np.zeros((2, _ORDER + 1, _ORDER + 1))
    for (p, q), pair in zip(terms, solution, strict=True):
        inverse[:, p, q] = pair / 1024.0 ** (p + q)
    return inverse[0], inverse[1]


def _fitted_solid_angle(wcs: TanSip) -> FloatArray:
    """Fit a polynomial to the solid angle over the detector."""
    grid = np.linspace(-0.5, DETECTOR_SIZE_PIX - 0.5, 25)
    x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
    degree = _SOLID_ANGLE_DEGREE
    scaled_x, scaled_y = (x - CENTER_PIX) / 1024, (y - CENTER_PIX) / 1024
    design = np.polynomial.polynomial.polyvander2d(scaled_x, scaled_y, [degree, degree])
    solution = np.linalg.lstsq(design, wcs.solid_angle_arcsec2(x, y))[0]
    return np.asarray(solution.reshape(degree + 1, degree + 1))
