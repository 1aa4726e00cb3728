"""Celestial WCS of Spectral Images: TAN projection with SIP distortion.

Works in 0-based detector pixels. It exists beside astropy.wcs because building an
astropy WCS costs more than measuring an exposure; tests hold it against astropy.

References: Calabretta & Greisen (2002), A&A 395, 1077, for the TAN projection; Shupe
et al. (2005), ASP Conf. 347, 491, for SIP. SPHEREx headers carry constant and linear SIP
terms, so the pixel of CRVAL is not CRPIX.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from photometry_core.kernel import celestial as kernel
from photometry_core.types import FloatArray


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
    _linear: FloatArray = field(init=False, repr=False)
    _sip: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        (c11, c12), (c21, c22) = self.cd_deg
        linear = np.array([*self.crpix, *self.crval_deg, c11, c12, c21, c22])
        object.__setattr__(self, "_linear", linear)
        object.__setattr__(self, "_sip", np.array([self.sip_a, self.sip_b], dtype=np.float64))

    def pixel_to_sky(
        self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return ICRS (ra, dec) in degrees, RA in [0, 360), of detector positions."""
        return self._each(kernel.pixels_to_sky, x_pix, y_pix)

    def sky_to_pixel(
        self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Return detector (x, y) of ICRS positions in degrees.

        Positions behind the tangent plane, or so far off the detector that the distortion
        can't be inverted, come out as NaN.
        """
        return self._each(kernel.sky_to_pixels, ra_deg, dec_deg)

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
        x, y, shape = _flat(x_pix, y_pix)
        derivatives = np.empty((4, x.size))
        kernel.jacobians(self._linear, self._sip, x, y, derivatives)
        xi_x, xi_y, eta_x, eta_y = derivatives.reshape(4, *shape)
        return xi_x, xi_y, eta_x, eta_y

    def solid_angle_arcsec2(self, x_pix: npt.ArrayLike, y_pix: npt.ArrayLike) -> FloatArray:
        """Return the solid angle of pixels at detector positions, in arcsec^2.

        The determinant of the plane Jacobian, times cos(theta)^3 of the gnomonic
        projection, where theta is the distance to the tangent point.
        """
        x, y, shape = _flat(x_pix, y_pix)
        solid_angle = np.empty(x.size)
        kernel.solid_angles(self._linear, self._sip, x, y, solid_angle)
        return solid_angle.reshape(shape)

    def solid_angles_arcsec2(
        self, origin_pix: tuple[int, int], shape: tuple[int, int]
    ) -> FloatArray:
        """Return the solid angles of a box of pixels in arcsec^2.

        Parameters
        ----------
        origin_pix
            Detector (x, y) of its first pixel.
        shape
            Its (ny, nx).
        """
        solid_angle = np.empty(shape)
        x0, y0 = origin_pix
        kernel.solid_angles_of_box(self._linear, self._sip, float(x0), float(y0), solid_angle)
        return solid_angle

    def local_cd_deg(self, x_pix: float, y_pix: float) -> FloatArray:
        """Return offsets to the east and to the north, in degrees, per detector pixel.

        Returns
        -------
        FloatArray
            Shape (2, 2): ``[[d(east)/dx, d(east)/dy], [d(north)/dx, d(north)/dy]]`` on
            the sky at the position itself, by central differences.
        """
        cd_deg = np.empty((2, 2))
        kernel.local_matrix(self._linear, self._sip, float(x_pix), float(y_pix), cd_deg)
        return cd_deg

    def _each(
        self, convert: Callable[..., None], first: npt.ArrayLike, second: npt.ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Convert pairs of coordinates of any shape."""
        one, other, shape = _flat(first, second)
        converted = np.empty((2, one.size))
        convert(self._linear, self._sip, one, other, converted[0], converted[1])
        return converted[0].reshape(shape), converted[1].reshape(shape)


def _flat(
    first: npt.ArrayLike, second: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, tuple[int, ...]]:
    """Return two arrays, broadcast against each other, as copies of one dimension."""
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.shape != other.shape:
        one, other = np.broadcast_arrays(one, other)
    return one.flatten(), other.flatten(), one.shape
