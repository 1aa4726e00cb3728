"""TAN-SIP coordinates of many positions.

Everywhere `linear` holds the reference pixel (x, y), the tangent point (ra, dec) in degrees
and the elements 11, 12, 21, 22 of the linear transformation in degrees per pixel, shape
(8,); `sip` holds the coefficients ``[p, q]`` of ``u**p v**q`` of both axes, shape (2, n, n).
"""

from __future__ import annotations

import math

import numpy as np

from photometry_core.kernel.compiled import compiled
from photometry_core.types import FloatArray

_ARCSEC_PER_DEG = 3600.0
_ITERATIONS = 20
_TOLERANCE_PIX = 1e-10
_LOST_PIX = 1e-6


@compiled
def pixels_to_sky(
    linear: FloatArray,
    sip: FloatArray,
    x_pix: FloatArray,
    y_pix: FloatArray,
    ra_deg: FloatArray,
    dec_deg: FloatArray,
) -> None:
    """Write the ICRS positions of detector positions; all arrays of shape (n,)."""
    for k in range(x_pix.size):
        ra_deg[k], dec_deg[k] = _to_sky(linear, sip, x_pix[k], y_pix[k])


@compiled
def sky_to_pixels(
    linear: FloatArray,
    sip: FloatArray,
    ra_deg: FloatArray,
    dec_deg: FloatArray,
    x_pix: FloatArray,
    y_pix: FloatArray,
) -> None:
    """Write the detector positions of ICRS positions; all arrays of shape (n,).

    Newton's method on ``u + A(u, v) = f, v + B(u, v) = g``: the distortion is small (10 px
    over the detector), so that a few steps reach rounding error. Positions behind the tangent
    plane, or for which it does not converge, become NaN.
    """
    determinant = linear[4] * linear[7] - linear[5] * linear[6]
    for k in range(ra_deg.size):
        east, north = _project(ra_deg[k], dec_deg[k], linear[2], linear[3])
        f = (linear[7] * east - linear[5] * north) / determinant
        g = (linear[4] * north - linear[6] * east) / determinant
        u, v, step = f, g, math.inf
        for _ in range(_ITERATIONS):
            a, a_u, a_v = _distortion(sip[0], u, v)
            b, b_u, b_v = _distortion(sip[1], u, v)
            residual_f, residual_g = u + a - f, v + b - g
            area = (1 + a_u) * (1 + b_v) - a_v * b_u
            du = ((1 + b_v) * residual_f - a_v * residual_g) / area
            dv = ((1 + a_u) * residual_g - b_u * residual_f) / area
            u, v = u - du, v - dv
            step = math.hypot(du, dv)
            if not step > _TOLERANCE_PIX:
                break
        found = step <= _LOST_PIX
        x_pix[k] = u + linear[0] if found else math.nan
        y_pix[k] = v + linear[1] if found else math.nan


@compiled
def jacobians(
    linear: FloatArray,
    sip: FloatArray,
    x_pix: FloatArray,
    y_pix: FloatArray,
    derivatives: FloatArray,
) -> None:
    """Write derivatives of plane positions in degrees per pixel.

    ``derivatives`` has the shape (4, n): ``d(xi)/dx, d(xi)/dy, d(eta)/dx, d(eta)/dy``.
    """
    for k in range(x_pix.size):
        u, v = x_pix[k] - linear[0], y_pix[k] - linear[1]
        _, a_u, a_v = _distortion(sip[0], u, v)
        _, b_u, b_v = _distortion(sip[1], u, v)
        derivatives[0, k] = linear[4] * (1 + a_u) + linear[5] * b_u
        derivatives[1, k] = linear[4] * a_v + linear[5] * (1 + b_v)
        derivatives[2, k] = linear[6] * (1 + a_u) + linear[7] * b_u
        derivatives[3, k] = linear[6] * a_v + linear[7] * (1 + b_v)


@compiled
def solid_angles(
    linear: FloatArray,
    sip: FloatArray,
    x_pix: FloatArray,
    y_pix: FloatArray,
    solid_angle_arcsec2: FloatArray,
) -> None:
    """Write the solid angles of pixels at detector positions; all arrays of shape (n,)."""
    for k in range(x_pix.size):
        u, v = x_pix[k] - linear[0], y_pix[k] - linear[1]
        a, a_u, a_v = _distortion(sip[0], u, v)
        b, b_u, b_v = _distortion(sip[1], u, v)
        solid_angle_arcsec2[k] = _solid_angle(
            linear, u + a, v + b, (1 + a_u) * (1 + b_v) - a_v * b_u
        )


@compiled
def solid_angles_of_box(
    linear: FloatArray,
    sip: FloatArray,
    x0_pix: float,
    y0_pix: float,
    solid_angle_arcsec2: FloatArray,
) -> None:
    """Write the solid angles of a box of pixels, shape (ny, nx), first pixel (x0, y0).

    Along a row the distortion is a polynomial of u alone.
    """
    ny, nx = solid_angle_arcsec2.shape
    # Value, derivative by u and derivative by v, of both axes.
    a, a_u, a_v = np.empty(nx), np.empty(nx), np.empty(nx)
    b, b_u, b_v = np.empty(nx), np.empty(nx), np.empty(nx)
    u0 = x0_pix - linear[0]
    for j in range(ny):
        v = y0_pix + j - linear[1]
        _distortion_of_row(sip[0], u0, v, a, a_u, a_v)
        _distortion_of_row(sip[1], u0, v, b, b_u, b_v)
        for i in range(nx):
            solid_angle_arcsec2[j, i] = _solid_angle(
                linear, u0 + i + a[i], v + b[i], (1 + a_u[i]) * (1 + b_v[i]) - a_v[i] * b_u[i]
            )


@compiled
def local_matrix(
    linear: FloatArray, sip: FloatArray, x_pix: float, y_pix: float, cd_deg: FloatArray
) -> None:
    """Write offsets to the east and north per pixel, shape (2, 2), by central differences."""
    ra0, dec0 = _to_sky(linear, sip, x_pix, y_pix)
    for axis in range(2):
        dx, dy = (0.5, 0.0) if axis == 0 else (0.0, 0.5)
        ra, dec = _to_sky(linear, sip, x_pix + dx, y_pix + dy)
        east, north = _project(ra, dec, ra0, dec0)
        ra, dec = _to_sky(linear, sip, x_pix - dx, y_pix - dy)
        east_before, north_before = _project(ra, dec, ra0, dec0)
        cd_deg[0, axis] = east - east_before
        cd_deg[1, axis] = north - north_before


@compiled
def _distortion(coefficients: FloatArray, u: float, v: float) -> tuple[float, float, float]:
    """Return a polynomial and its derivatives by u and v."""
    n = coefficients.shape[0]
    value, by_u, by_v = 0.0, 0.0, 0.0
    for p in range(n - 1, -1, -1):
        line, line_by_v = 0.0, 0.0
        for q in range(n - 1, -1, -1):
            line_by_v = line_by_v * v + line
            line = line * v + coefficients[p, q]
        by_u = by_u * u + value
        value = value * u + line
        by_v = by_v * u + line_by_v
    return value, by_u, by_v


@compiled
def _distortion_of_row(
    coefficients: FloatArray,
    u0: float,
    v: float,
    value: FloatArray,
    by_u: FloatArray,
    by_v: FloatArray,
) -> None:
    """Write what `_distortion` returns for u0, u0 + 1, ... and one v."""
    n = coefficients.shape[0]
    value[:] = 0.0
    by_u[:] = 0.0
    by_v[:] = 0.0
    for p in range(n - 1, -1, -1):
        line, line_by_v = 0.0, 0.0
        for q in range(n - 1, -1, -1):
            line_by_v = line_by_v * v + line
            line = line * v + coefficients[p, q]
        for i in range(value.size):
            u = u0 + i
            by_u[i] = by_u[i] * u + value[i]
            value[i] = value[i] * u + line
            by_v[i] = by_v[i] * u + line_by_v


@compiled
def _solid_angle(linear: FloatArray, f: float, g: float, stretch: float) -> float:
    """Return the solid angle of a pixel in arcsec^2.

    `f`, `g` are distorted offsets from the reference pixel, `stretch` the determinant of
    their derivatives. The plane's area is multiplied by cos(theta)^3 of the gnomonic
    projection, where theta is the distance to the tangent point.
    """
    xi = math.radians(linear[4] * f + linear[5] * g)
    eta = math.radians(linear[6] * f + linear[7] * g)
    area_deg2 = abs((linear[4] * linear[7] - linear[5] * linear[6]) * stretch)
    secant2 = 1 + xi * xi + eta * eta
    return float(area_deg2) * _ARCSEC_PER_DEG**2 / (secant2 * math.sqrt(secant2))


@compiled
def _to_sky(linear: FloatArray, sip: FloatArray, x_pix: float, y_pix: float) -> tuple[float, float]:
    """Return ICRS (ra, dec) in degrees of a detector position."""
    u, v = x_pix - linear[0], y_pix - linear[1]
    a, _, _ = _distortion(sip[0], u, v)
    b, _, _ = _distortion(sip[1], u, v)
    f, g = u + a, v + b
    east = math.radians(linear[4] * f + linear[5] * g)
    north = math.radians(linear[6] * f + linear[7] * g)
    delta0 = math.radians(linear[3])
    sin_delta0, cos_delta0 = math.sin(delta0), math.cos(delta0)
    forward = cos_delta0 - north * sin_delta0
    ra = (linear[2] + math.degrees(math.atan2(east, forward))) % 360.0
    dec = math.atan2(sin_delta0 + north * cos_delta0, math.hypot(east, forward))
    # The remainder of a tiny negative number is rounded to 360 itself.
    return (ra if ra != 360.0 else 0.0), math.degrees(dec)


@compiled
def _project(ra_deg: float, dec_deg: float, ra0_deg: float, dec0_deg: float) -> tuple[float, float]:
    """Return gnomonic plane coordinates (east, north) in degrees; NaN behind the plane."""
    alpha = math.radians(ra_deg - ra0_deg)
    delta, delta0 = math.radians(dec_deg), math.radians(dec0_deg)
    sin_delta, cos_delta = math.sin(delta), math.cos(delta)
    sin_delta0, cos_delta0 = math.sin(delta0), math.cos(delta0)
    cos_alpha = math.cos(alpha)
    depth = sin_delta * sin_delta0 + cos_delta * cos_delta0 * cos_alpha
    if not depth > 0:
        return math.nan, math.nan
    east = cos_delta * math.sin(alpha) / depth
    north = (sin_delta * cos_delta0 - cos_delta * sin_delta0 * cos_alpha) / depth
    return math.degrees(east), math.degrees(north)
