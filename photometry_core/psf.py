"""PSF planes and a detector position -> the profile of a point source on native pixels.

A QR2 plane holds samples of the optical PSF, without the response of the native pixel, on a
grid finer than the pixels. Between the samples the PSF is taken to be the quintic spline
through them. Its integral over a native pixel is then known exactly: integrating a B-spline of
degree 5 over one sample gives a B-spline of degree 6, so that the integral is a spline of
degree 6 whose coefficients are sums over as many coefficients as a pixel has samples (Unser
1999, IEEE Signal Process. Mag. 16(6), 22, for B-splines). The profile is so rendered at the
true sub-pixel position and never resampled, and because B-splines sum to one, its pixels sum
to the flux of the plane at every phase.

A QR3 plane holds samples of the effective PSF: the optical PSF already integrated over the
native pixel. The profile is the quintic spline through them at the centres of the pixels,
times the number of samples in a pixel, because the samples, not the pixels, sum to 1.

Profiles are not renormalised: what a plane holds is the whole flux, 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import numpy as np
from scipy.ndimage import spline_filter

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import FitError
from photometry_core.kernel import point_source
from photometry_core.types import Float32Array, FloatArray, IntArray

PROFILE_HALF_SIZE_PIX = point_source.HALF_SIZE_PIX
"""A profile covers so many pixels to every side of the pixel that holds the source."""

PROFILE_SIZE_PIX = point_source.SIZE_PIX

_EDGE_SAMPLES = 20
_SUM_TOLERANCE = 0.01
"""Planes are normalised to 1 by definition; more than this off means a damaged plane."""

_FIRST_CAPACITY = 64
_MAX_PLANES = 1500
"""Twice the planes of all detectors; together 135 MB."""


def render_point_source(
    psf: PsfGrid | PsfZones,
    x_pix: float,
    y_pix: float,
    *,
    core_offset_pix: tuple[float, float] = (0.0, 0.0),
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the fraction of a point source's flux in every pixel around it.

    Parameters
    ----------
    psf
        PSF of the zones around the position.
    x_pix, y_pix
        Position of the source on the detector.
    core_offset_pix
        (x, y) of the PSF's light from the middle of its planes, which are put so much before
        the position.

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
    bank = plane_bank(psf)
    slots, blend = bank.planes_at(psf, x_pix, y_pix)
    column, row = int(np.floor(x_pix + 0.5)), int(np.floor(y_pix + 0.5))
    profile = np.empty(PROFILE_SIZE_PIX**2)
    point_source.render(
        bank.coefficients,
        slots,
        blend,
        bank.oversampling,
        bank.degree,
        x_pix - column - core_offset_pix[0],
        y_pix - row - core_offset_pix[1],
        profile,
    )
    origin = (column - PROFILE_HALF_SIZE_PIX, row - PROFILE_HALF_SIZE_PIX)
    return profile.reshape(PROFILE_SIZE_PIX, PROFILE_SIZE_PIX), origin


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


def _zone(centers_pix: FloatArray, at_pix: float) -> tuple[int, float]:
    """Index of the zone before a position, and the weight of the zone after it."""
    if centers_pix.size == 1 or at_pix <= centers_pix[0]:
        return 0, 0.0
    if at_pix >= centers_pix[-1]:
        return centers_pix.size - 1, 0.0
    index = int(np.searchsorted(centers_pix, at_pix, side="right")) - 1
    width = centers_pix[index + 1] - centers_pix[index]
    return index, float((at_pix - centers_pix[index]) / width)


def checked_plane(plane: Float32Array | FloatArray) -> FloatArray:
    """Return a PSF plane in float64.

    Raises
    ------
    FitError
        It is not normalised, not finite, holds more than the whole light in a sample, or is not
        a square of odd width.
    """
    # Damaged numbers may be NaN that warn of their conversion, or infinities of either sign.
    with np.errstate(invalid="ignore"):
        plane = plane.astype(np.float64)
        total = plane.sum()
    if not abs(total - 1) <= _SUM_TOLERANCE:
        raise FitError(f"a PSF plane sums to {total:.4g} instead of 1")
    largest = np.abs(plane).max()
    if largest > 1:
        raise FitError(f"a PSF plane holds values up to {largest:.4g}, expected 1 at most")
    if plane.shape[0] != plane.shape[1] or plane.shape[0] % 2 == 0:
        raise FitError(f"a PSF plane has the shape {plane.shape}, expected a square of odd width")
    return plane


def spline_coefficients(plane: Float32Array | FloatArray, reach: int) -> FloatArray:
    """Return the coefficients of the quintic spline through a plane.

    Parameters
    ----------
    plane
        Samples of the PSF, zero outside.
    reach
        Coefficients are wanted so far from the centre, along either axis.

    Returns
    -------
    FloatArray
        Shape (2 reach + 1, 2 reach + 1).

    Raises
    ------
    FitError
        The plane is damaged.
    """
    checked = checked_plane(plane)
    half = checked.shape[0] // 2
    # Coefficients fall by 0.43 per sample beyond the plane: the edge must be further away.
    margin = max(reach - half, 0) + _EDGE_SAMPLES
    coefficients = np.asarray(spline_filter(np.pad(checked, margin), order=5, mode="mirror"))
    cut = half + margin - reach
    return coefficients[cut : cut + 2 * reach + 1, cut : cut + 2 * reach + 1]


class PlaneBank:
    """The spline coefficients of PSF planes, arranged for `point_source.render`.

    Planes are the same in every exposure of a detector, and are recognised by their content,
    so that no exposure can be given the PSF of another.

    Attributes
    ----------
    oversampling
        Plane elements per native pixel.
    degree
        Of the splines: 6 for planes that are integrated over the pixel, 5 for the others.
    coefficients
        Shape (capacity, oversampling**2 * cells**2).
    """

    def __init__(self, oversampling: int, *, pixel_included: bool) -> None:
        self.oversampling = oversampling
        self.degree = 5 if pixel_included else 6
        self.full = False
        cells = point_source.cells(oversampling)
        self.coefficients = np.zeros((_FIRST_CAPACITY, oversampling**2 * cells**2), np.float32)
        self._slots: dict[bytes, list[tuple[bytes, int]]] = {}
        self._count = 0
        self._lock = Lock()

    def planes_at(
        self, psf: PsfGrid | PsfZones, x_pix: float, y_pix: float
    ) -> tuple[IntArray, FloatArray]:
        """Return the planes that make up the PSF at a position, and their weights.

        Raises
        ------
        FitError
            A plane is damaged, or no zone reaches the position.
        """
        if isinstance(psf, PsfZones):
            psf = psf.around(x_pix, y_pix)
        slots, blend = np.zeros(4, np.int64), np.zeros(4)
        for number, (plane, weight) in enumerate(zone_weights(psf, x_pix, y_pix)):
            slots[number] = self._slot(plane)
            blend[number] = weight
        # Planes without weight are read as well: nearby ones are at hand.
        slots[blend == 0] = slots[0]
        return slots, blend

    def _slot(self, plane: Float32Array | FloatArray) -> int:
        """Return the number of a plane, which is put into the bank if it is not there."""
        content = plane.tobytes()
        middle = len(content) // 2
        sign = content[middle : middle + 64]
        with self._lock:
            for known, slot in self._slots.get(sign, ()):
                if known == content:
                    return slot
            arranged = self._arranged(plane)
            if self._count == self.coefficients.shape[0]:
                grown = np.zeros((2 * self._count, self.coefficients.shape[1]), np.float32)
                grown[: self._count] = self.coefficients
                self.coefficients = grown
            slot = self._count
            self.coefficients[slot] = arranged
            self._slots.setdefault(sign, []).append((content, slot))
            self._count += 1
            self.full = self._count >= _MAX_PLANES
            return slot

    def _arranged(self, plane: Float32Array | FloatArray) -> Float32Array:
        """Return the coefficients of a plane in the order of `point_source.render`."""
        samples, cells = self.oversampling, point_source.cells(self.oversampling)
        center = (PROFILE_HALF_SIZE_PIX + 1) * samples + 4
        size = samples * cells
        reach = max(center, size - center) + samples
        coefficients = spline_coefficients(plane, reach)
        if self.degree == 6:
            for axis in (0, 1):
                sums = np.cumsum(coefficients, axis=axis)
                earlier = np.roll(sums, samples, axis=axis)
                # Nothing is before the first coefficients, which are zero.
                earlier[(slice(None),) * axis + (slice(samples),)] = 0
                coefficients = sums - earlier
        first = reach - center
        square = coefficients[first : first + size, first : first + size]
        arranged = square.reshape(cells, samples, cells, samples).transpose(1, 3, 0, 2)
        return arranged.astype(np.float32).ravel()


_banks: dict[tuple[int, bool], PlaneBank] = {}


def plane_bank(psf: PsfGrid | PsfZones) -> PlaneBank:
    """Return the bank for planes of this kind; use the same one for a whole batch.

    A bank that is full is given up for an empty one; whoever uses it keeps it.
    """
    kind = psf.oversampling, psf.pixel_included
    bank = _banks.get(kind)
    if bank is None or bank.full:
        bank = _banks[kind] = PlaneBank(kind[0], pixel_included=kind[1])
    return bank
