"""Celestial WCS of Spectral Images: TAN projection with SIP distortion.

Works in 0-based detector pixels. It exists beside astropy.wcs because building an
astropy WCS costs more than measuring an exposure; tests hold it against astropy.

References: Calabretta & Greisen (2002), A&A 395, 1077, for the TAN projection; Shupe
et al. (2005), ASP Conf. 347, 491, for SIP. SPHEREx headers carry constant and linear SIP
terms, so the pixel of CRVAL is not CRPIX.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photometry_core.types import FloatArray

_ARCSEC_PER_DEG = 3600.0
_ITERATIONS = 20
_TOLERANCE_PIX = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TanSip:
    """A TAN-SIP WCS in 0-based detector pixels.

    Parameters
    ----------
    crpix
        Reference pixel, 0-based detector (x, y).
    crval_deg
        ICRS position of the tangent point, degrees.
    cd_deg
        Linear transformation, degrees per pixel, shape (2, 2).
    sip_a, sip_b
        Coefficients ``[p, q]`` of the terms ``u**p * v**q`` added to u and v, both of the
        same shape (order + 1, order + 1).
    """

    crpix: tuple[float, float]
    crval_deg: tuple[float, float]
    cd_deg: FloatArray
    sip_a: FloatArray
    sip_b: FloatArray

    def pixel_to_sky(
        self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return ICRS (ra, dec) in degrees, RA in [0, 360), of detector positions."""
        u = np.asarray(x_pix, float) - self.crpix[0]
        v = np.asarray(y_pix, float) - self.crpix[1]
        plane_x, plane_y = self._to_plane(u, v)
        return _deproject(np.radians(plane_x), np.radians(plane_y), self.crval_deg)

    def sky_to_pixel(
        self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return detector (x, y) of ICRS positions in degrees.

        Positions behind the tangent plane, or so far off the detector that the distortion
        can't be inverted, come out as NaN.
        """
        ra, dec = np.broadcast_arrays(np.asarray(ra_deg, float), np.asarray(dec_deg, float))
        plane_x, plane_y = _project(ra, dec, self.crval_deg)
        inverse = np.linalg.inv(self.cd_deg)
        f = inverse[0, 0] * plane_x + inverse[0, 1] * plane_y
        g = inverse[1, 0] * plane_x + inverse[1, 1] * plane_y
        # Newton's method on u + A(u, v) = f, v + B(u, v) = g. The distortion is small
        # (10 px over the detector), so that a few steps reach rounding error.
        u, v = f.copy(), g.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(_ITERATIONS):
                du, dv = self._newton_step(u, v, f, g)
                u, v = u - du, v - dv
                if not np.any(np.hypot(du, dv) > _TOLERANCE_PIX):
                    break
            lost = ~(np.hypot(du, dv) <= 1e-6)
        x = np.where(lost, np.nan, u + self.crpix[0])
        y = np.where(lost, np.nan, v + self.crpix[1])
        return x, y

    def jacobian_deg(
        self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return derivatives of the tangent-plane position by detector x and y.

        Returns
        -------
        tuple of arrays
            ``d(xi)/dx, d(xi)/dy, d(eta)/dx, d(eta)/dy`` in degrees per pixel, where xi
            and eta are plane coordinates at the tangent point, not at the position.
        """
        u_powers, v_powers = self._offset_powers(
            np.asarray(x_pix, float) - self.crpix[0], np.asarray(y_pix, float) - self.crpix[1]
        )
        a_u, a_v = _derivatives(self.sip_a, u_powers, v_powers)
        b_u, b_v = _derivatives(self.sip_b, u_powers, v_powers)
        (c11, c12), (c21, c22) = self.cd_deg
        return (
            c11 * (1 + a_u) + c12 * b_u,
            c11 * a_v + c12 * (1 + b_v),
            c21 * (1 + a_u) + c22 * b_u,
            c21 * a_v + c22 * (1 + b_v),
        )

    def solid_angle_arcsec2(self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
        """Return the solid angle of pixels at detector positions, in arcsec^2.

        The determinant of the plane Jacobian, times cos(theta)^3 of the gnomonic
        projection, where theta is the distance to the tangent point.
        """
        xi_x, xi_y, eta_x, eta_y = self.jacobian_deg(x_pix, y_pix)
        u = np.asarray(x_pix, float) - self.crpix[0]
        v = np.asarray(y_pix, float) - self.crpix[1]
        plane_x, plane_y = self._to_plane(u, v)
        tan2 = np.radians(plane_x) ** 2 + np.radians(plane_y) ** 2
        area_deg2 = np.abs(xi_x * eta_y - xi_y * eta_x) / (1 + tan2) ** 1.5
        return np.asarray(area_deg2 * _ARCSEC_PER_DEG**2)

    def local_cd_deg(self, x_pix: float, y_pix: float) -> FloatArray:
        """Return offsets to the east and to the north, in degrees, per detector pixel.

        Returns
        -------
        FloatArray
            Shape (2, 2): ``[[d(east)/dx, d(east)/dy], [d(north)/dx, d(north)/dy]]`` on
            the sky at the position itself, by central differences.
        """
        x = x_pix + np.array([0.5, -0.5, 0.0, 0.0, 0.0])
        y = y_pix + np.array([0.0, 0.0, 0.5, -0.5, 0.0])
        ra, dec = self.pixel_to_sky(x, y)
        east, north = _project(ra, dec, (ra[-1], dec[-1]))
        return np.array([[east[0] - east[1], east[2] - east[3]],
                         [north[0] - north[1], north[2] - north[3]]])  # fmt: skip

    def _offset_powers(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Powers of offsets from the reference pixel, as many as the distortion has."""
        return _powers(u, self.sip_a.shape[0]), _powers(v, self.sip_a.shape[0])

    def _to_plane(self, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Plane coordinates in degrees of offsets from the reference pixel."""
        u_powers, v_powers = self._offset_powers(u, v)
        f = u + _polynomial(self.sip_a, u_powers, v_powers)
        g = v + _polynomial(self.sip_b, u_powers, v_powers)
        cd = self.cd_deg
        return cd[0, 0] * f + cd[0, 1] * g, cd[1, 0] * f + cd[1, 1] * g

    def _newton_step(
        self, u: FloatArray, v: FloatArray, f: FloatArray, g: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        u_powers, v_powers = self._offset_powers(u, v)
        residual_f = u + _polynomial(self.sip_a, u_powers, v_powers) - f
        residual_g = v + _polynomial(self.sip_b, u_powers, v_powers) - g
        a_u, a_v = _derivatives(self.sip_a, u_powers, v_powers)
        b_u, b_v = _derivatives(self.sip_b, u_powers, v_powers)
        determinant = (1 + a_u) * (1 + b_v) - a_v * b_u
        return (
            ((1 + b_v) * residual_f - a_v * residual_g) / determinant,
            ((1 + a_u) * residual_g - b_u * residual_f) / determinant,
        )


def _powers(values: FloatArray, count: int) -> FloatArray:
    """Return powers 0 to count - 1 along a new last axis."""
    powers = np.empty((*values.shape, count))
    powers[..., 0] = 1
    for exponent in range(1, count):
        np.multiply(powers[..., exponent - 1], values, out=powers[..., exponent])
    return powers


def _polynomial(coefficients: FloatArray, u_powers: FloatArray, v_powers: FloatArray) -> FloatArray:
    """Sum of ``c[p, q] u**p v**q``."""
    return np.asarray(((u_powers @ coefficients) * v_powers).sum(axis=-1))


def _derivatives(
    coefficients: FloatArray, u_powers: FloatArray, v_powers: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivatives of `_polynomial` by u and v."""
    exponents = np.arange(coefficients.shape[0])
    by_u, by_v = np.zeros_like(coefficients), np.zeros_like(coefficients)
    by_u[:-1] = (coefficients * exponents[:, None])[1:]
    by_v[:, :-1] = (coefficients * exponents)[:, 1:]
    return _polynomial(by_u, u_powers, v_powers), _polynomial(by_v, u_powers, v_powers)


def _project(
    ra_deg: FloatArray, dec_deg: FloatArray, tangent_deg: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Gnomonic plane coordinates (east, north) in degrees; NaN behind the plane."""
    alpha = np.radians(ra_deg - tangent_deg[0])
    delta, delta0 = np.radians(dec_deg), np.radians(tangent_deg[1])
    depth = np.sin(delta) * np.sin(delta0) + np.cos(delta) * np.cos(delta0) * np.cos(alpha)
    depth = np.where(depth > 0, depth, np.nan)
    east = np.cos(delta) * np.sin(alpha) / depth
    north = (
        np.sin(delta) * np.cos(delta0) - np.cos(delta) * np.sin(delta0) * np.cos(alpha)
    ) / depth
    return np.degrees(east), np.degrees(north)


def _deproject(
    east: FloatArray, north: FloatArray, tangent_deg: tuple[float, float]
) -> tuple[FloatArray, FloatArray]:
    """Inverse of `_project`, from radians of the plane to degrees on the sky."""
    delta0 = np.radians(tangent_deg[1])
    forward = np.cos(delta0) - north * np.sin(delta0)
    alpha = np.arctan2(east, forward)
    delta = np.arctan2(np.sin(delta0) + north * np.cos(delta0), np.hypot(east, forward))
    return np.mod(tangent_deg[0] + np.degrees(alpha), 360.0), np.degrees(delta)
