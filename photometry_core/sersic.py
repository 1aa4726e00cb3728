"""Sky shape of a galaxy -> its PSF-convolved profile on native pixels.

The profile is made in Fourier space, where the convolutions with the PSF and with the
native pixel are products, and where a linear map of the sky onto the pixels is a linear map
of frequencies: the transform of a galaxy is that of the round profile of unit effective
radius, ``G(|S^T k|)``, with S the map from the unit circle to pixels. G is the Hankel
transform of the untruncated profile (Graham & Driver 2005, PASA 22, 118, for the profile),
found once per Sersic index by the logarithmic fast Fourier transform of Hamilton (2000),
MNRAS 312, 257.

Frequencies are sampled on the grid of a box of whole pixels, up to several times the Nyquist
frequency of the pixels, and folded, which gives values at pixel centres exactly. The sampling
repeats the galaxy with the period of the box; the wings of the repetitions, far from their
cores and therefore smooth, are subtracted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from scipy.fft import fht, fhtoffset
from scipy.interpolate import CubicSpline
from scipy.special import gammaincc, gammaincinv, gammaln

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import FitError
from photometry_core.kernel.sersic import (
    MAX_FREQUENCY,
    MAX_RADIUS,
    IndexArray,
    Matrix,
    repeated_light,
    row_ends,
    wave_amplitudes,
)
from photometry_core.plane_cache import PlaneCache
from photometry_core.psf import checked_plane, zone_weights
from photometry_core.types import Float32Array, FloatArray, SersicProfile

_HIGHEST_PER_PIX = 2.5
"""Frequencies end here, in cycles per pixel: 3e-5 of a 3.5 arcsec PSF is beyond."""

_FLUX_TOLERANCE = 3e-5
"""Frequencies may be left out whose power has this root, as a fraction of that of a PSF.

By Parseval's theorem it is the norm, over pixels and phases, of what the profile of a point
source is wrong by, relative to that of the profile. Its flux, which is their scalar product
with the image over the squared norm, is wrong by no larger fraction. The transform of a
galaxy falls with the frequency, so that it holds even less there.
"""

_BOX_STEP_PIX = 16
_WINGS_MARGIN_PIX = 20
"""Repetitions whose wings are subtracted are further from the image than its own half."""

_PSF_REACH_PIX = 6.5
"""A PSF plane ends 5 pixels from its centre; one more is the pixel, and half one the phase."""

_TABLE_STEPS = 1 << 14
_BRIGHTNESS_STEPS = 1 << 12
_LOG_STEP = 0.01
_LOG_SIZE = 4096
_REPETITIONS = 3
_NODES = 9
_NEGLIGIBLE = 1e-6
_MOST_PLANES = 4
_CACHE_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _UnitProfile:
    """The round Sersic profile of total flux 1 and effective radius 1.

    Its surface brightness is ``peak * exp(-b r**(1 / n))``. `hankel` has the values of its
    Hankel transform at equal steps of the square root of the frequency, and `wings` those
    of the surface brightness at equal steps of the square root of the radius.
    """

    index: float
    b: float
    peak: float
    hankel: Float32Array
    wings: FloatArray

    def brightness(self, radius: FloatArray) -> FloatArray:
        """Surface brightness at radii in effective radii."""
        return _brightness(self.index, self.b, self.peak, radius)

    def fraction_beyond(self, radius: float) -> float:
        """Fraction of the flux beyond a radius in effective radii."""
        return float(gammaincc(2 * self.index, self.b * radius ** (1 / self.index)))

    def transform_at(self, frequency2: FloatArray) -> FloatArray:
        """Hankel transform at squares of frequencies, in cycles per effective radius."""
        place = frequency2**0.25 * (_TABLE_STEPS / math.sqrt(MAX_FREQUENCY))
        return np.asarray(np.interp(place, np.arange(self.hankel.size), self.hankel))


@dataclass(frozen=True, slots=True, eq=False)
class _PlaneTransform:
    """Transform of a PSF plane and of the pixel: the arrays of `PlaneTransform`."""

    values: Float32Array
    starts: IndexArray

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.starts.nbytes


def render_sersic(
    psf: PsfGrid | PsfZones,
    profile: SersicProfile,
    cd_deg: FloatArray,
    x_pix: float,
    y_pix: float,
    half_size_pix: int,
    *,
    core_offset_pix: tuple[float, float] = (0.0, 0.0),
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the fraction of a galaxy's total flux in every pixel around it.

    Parameters
    ----------
    psf
        PSF of the zones around the position; that of the centre is used for all of it.
    profile
        Shape on the sky.
    cd_deg
        Local linear WCS, `TanSip.local_cd_deg`: offsets to the east and to the north in
        degrees per pixel, shape (2, 2).
    x_pix, y_pix
        Position of the centre on the detector.
    half_size_pix
        Pixels to every side of the one that holds the centre.
    core_offset_pix
        (x, y) of the PSF's light from the middle of its planes, which are put so much before
        the position.

    Returns
    -------
    fractions
        Shape (2 half_size_pix + 1, 2 half_size_pix + 1), of the flux integrated to
        infinity: they sum to less than 1.
    origin
        Detector (x, y) of ``fractions[0, 0]``.

    Raises
    ------
    FitError
        A PSF plane that is needed is damaged, or the local WCS is degenerate or has pixels
        far smaller than those of SPHEREx.
    """
    if isinstance(psf, PsfZones):
        psf = psf.around(x_pix, y_pix)
    to_unit, smallest_per_pix = _to_unit_circle(profile, cd_deg)
    unit = _unit_profile(profile.sersic_index)
    column, row = math.floor(x_pix + 0.5), math.floor(y_pix + 0.5)
    phase_pix = (float(x_pix - column), float(y_pix - row))
    box_pix, winged = _box(unit, smallest_per_pix, half_size_pix)

    zones = [
        (_TRANSFORMS.of(plane, psf.oversampling, box_pix, psf.pixel_included), float(weight))
        for plane, weight in zone_weights(psf, x_pix, y_pix)
    ]
    zones += [(zones[0][0], 0.0)] * (_MOST_PLANES - len(zones))
    amplitudes = wave_amplitudes(
        tuple((transform.values, transform.starts) for transform, _ in zones),
        tuple(weight for _, weight in zones),
        unit.hankel,
        _inverse(to_unit),
        (phase_pix[0] - core_offset_pix[0], phase_pix[1] - core_offset_pix[1]),
        box_pix,
    )
    waves = _waves(box_pix, half_size_pix)
    fractions = (waves.T @ amplitudes @ waves).astype(np.float64)
    if winged:
        fractions -= _repetitions(unit, to_unit, phase_pix, box_pix, half_size_pix)
    return fractions, (column - half_size_pix, row - half_size_pix)


def _to_unit_circle(profile: SersicProfile, cd_deg: FloatArray) -> tuple[Matrix, float]:
    """Map pixel offsets to a plane where the effective ellipse is the unit circle.

    The second value is the least length there of an offset of one pixel.
    """
    (east_x, east_y), (north_x, north_y) = cd_deg.tolist()
    angle = math.radians(profile.position_angle_deg)
    sine, cosine = math.sin(angle), math.cos(angle)
    major = 3600 / profile.effective_radius_arcsec
    minor = major / profile.axis_ratio
    to_unit = (
        major * (sine * east_x + cosine * north_x),
        major * (sine * east_y + cosine * north_y),
        minor * (cosine * east_x - sine * north_x),
        minor * (cosine * east_y - sine * north_y),
    )
    a, b, c, d = to_unit
    determinant = abs(a * d - b * c)
    # Singular values: their product is the determinant, and their squares add up to this.
    squares = a * a + b * b + c * c + d * d
    difference = math.sqrt(max((squares - 2 * determinant) * (squares + 2 * determinant), 0.0))
    largest = math.sqrt((squares + difference) / 2)
    if not (math.isfinite(largest) and determinant > 0):
        raise FitError("the WCS is degenerate at the position of the galaxy")
    smallest = determinant / largest
    if _HIGHEST_PER_PIX * math.sqrt(2) >= MAX_FREQUENCY * smallest:
        raise FitError("the WCS has pixels far smaller than those of SPHEREx")
    return to_unit, smallest


def _inverse(matrix: Matrix) -> Matrix:
    a, b, c, d = matrix
    determinant = a * d - b * c
    return d / determinant, -b / determinant, -c / determinant, a / determinant


def _box(unit: _UnitProfile, smallest_per_pix: float, half_size_pix: int) -> tuple[int, bool]:
    """Width of the box, and whether repetitions of the galaxy shine into the image."""
    for margin_pix in (0, _WINGS_MARGIN_PIX):
        least_pix = 2 * half_size_pix + 1 + margin_pix
        box_pix = _BOX_STEP_PIX * math.ceil(least_pix / _BOX_STEP_PIX)
        nearest = smallest_per_pix * max(box_pix - half_size_pix - _PSF_REACH_PIX, 0.0)
        if unit.fraction_beyond(nearest) < _NEGLIGIBLE:
            return box_pix, False
    return box_pix, True


@lru_cache(maxsize=512)
def _unit_profile(index: float) -> _UnitProfile:
    """Tabulate the profile of a Sersic index."""
    b = float(gammaincinv(2 * index, 0.5))
    peak = float(np.exp(2 * index * np.log(b) - gammaln(2 * index)) / (2 * np.pi * index))
    step = np.arange(_LOG_SIZE) - (_LOG_SIZE - 1) / 2
    radius = np.exp(_LOG_STEP * step)
    offset = fhtoffset(_LOG_STEP, mu=0)
    wave_number = np.exp(_LOG_STEP * step + offset)
    light = radius * _brightness(index, b, peak, radius)
    transform = 2 * np.pi * fht(light, _LOG_STEP, mu=0, offset=offset) / wave_number
    # Below the first of these frequencies the transform is 1 to 1e-7 of the second moment.
    kept = (wave_number > 2e-5) & (wave_number < 4 * np.pi * MAX_FREQUENCY)
    places = np.sqrt(wave_number[kept] / (2 * np.pi))
    spline = CubicSpline(np.append(0.0, places), np.append(1.0, transform[kept]))
    # One step more: the look-up reads the value after the last place as well.
    nodes = np.arange(_TABLE_STEPS + 2) * (math.sqrt(MAX_FREQUENCY) / _TABLE_STEPS)
    hankel = spline(nodes).astype(np.float32)
    radii = (np.arange(_BRIGHTNESS_STEPS + 2) * (math.sqrt(MAX_RADIUS) / _BRIGHTNESS_STEPS)) ** 2
    wings = _brightness(index, b, peak, radii)
    wings[-2:] = 0
    hankel.setflags(write=False)
    wings.setflags(write=False)
    return _UnitProfile(index=index, b=b, peak=peak, hankel=hankel, wings=wings)


def _brightness(index: float, b: float, peak: float, radius: npt.ArrayLike) -> FloatArray:
    return np.asarray(peak * np.exp(-b * np.asarray(radius) ** (1 / index)))


def _plane_transform(
    plane: Float32Array | FloatArray, oversampling: int, box_pix: int, pixel_included: bool
) -> _PlaneTransform:
    """Transform of a PSF plane times that of the pixel, doubled for the missing half plane.

    A plane with `pixel_included` has the pixel in it already. As for point sources, the PSF
    is the quintic spline through the samples.
    """
    samples = checked_plane(plane).astype(np.float32)
    along = _sample_waves(plane.shape[0], oversampling, box_pix, pixel_included)
    products = along @ samples @ along.T
    count = along.shape[0] // 2
    # Cosine or sine along y, then along x.
    (cc, cs), (sc, ss) = (
        (part[:, :count], part[:, count:]) for part in (products[:count], products[count:])
    )
    real = np.concatenate([(cc + ss)[:0:-1], cc - ss])
    imag = np.concatenate([(sc - cs)[:0:-1], -(sc + cs)])
    with np.errstate(over="ignore", invalid="ignore"):
        power = real**2 + imag**2
        total = float(power.sum())
    if not math.isfinite(total):
        raise FitError("a PSF plane holds values too large for a transform")
    ends = row_ends(power, _FLUX_TOLERANCE**2 * total)
    real[:, 1:] *= 2
    imag[:, 1:] *= 2
    reach = int(np.max(np.abs(np.flatnonzero(ends) - (count - 1))))
    rows = slice(count - 1 - reach, count + reach)
    kept = np.arange(count) < ends[rows, None]
    values = np.stack([real[rows][kept], imag[rows][kept]])
    starts = np.append(0, np.cumsum(ends[rows])).astype(np.int32)
    values.setflags(write=False)
    starts.setflags(write=False)
    return _PlaneTransform(values, starts)


_TRANSFORMS = PlaneCache(_plane_transform, _CACHE_BYTES)


@lru_cache(maxsize=16)
def _sample_waves(size: int, oversampling: int, box_pix: int, pixel_included: bool) -> Float32Array:
    """Cosines, then sines, at the samples of a plane, times the response to a frequency."""
    frequency = np.arange(int(_HIGHEST_PER_PIX * box_pix) + 1) / box_pix
    angle = 2 * np.pi * np.outer(frequency, (np.arange(size) - size // 2) / oversampling)
    response = _spline_response(frequency / oversampling)
    if not pixel_included:
        response *= np.sinc(frequency)
    waves = np.concatenate([np.cos(angle), np.sin(angle)]) * np.tile(response, 2)[:, None]
    return np.asarray(waves.astype(np.float32))


def _spline_response(frequency: FloatArray) -> FloatArray:
    """Transform of the cardinal quintic spline, at frequencies in cycles per sample."""
    # The B-spline's transform is sinc^6, and its samples are 66, 26 and 1 parts of 120.
    samples = 66 + 52 * np.cos(2 * np.pi * frequency) + 2 * np.cos(4 * np.pi * frequency)
    return np.asarray(np.sinc(frequency) ** 6 * 120 / samples)


@lru_cache(maxsize=32)
def _waves(box_pix: int, half_size_pix: int) -> Float32Array:
    """Cosines, then sines, of the waves of a box at pixels, shape (waves, pixels)."""
    turns = np.outer(np.arange(box_pix // 2 + 1), np.arange(-half_size_pix, half_size_pix + 1))
    angle = 2 * np.pi / box_pix * turns
    waves = np.concatenate([np.cos(angle), np.sin(angle)]).astype(np.float32)
    waves.setflags(write=False)
    return waves


def _repetitions(
    unit: _UnitProfile,
    to_unit: Matrix,
    phase_pix: tuple[float, float],
    box_pix: int,
    half_size_pix: int,
) -> FloatArray:
    """Light per pixel of the periodic repetitions of a galaxy.

    They are evaluated, unconvolved, at Chebyshev nodes, and interpolated; those beyond the
    nearest are so far away that they are a constant.
    """
    nodes_pix, expand = _expansion(half_size_pix)
    light = repeated_light(unit.wings, to_unit, phase_pix, nodes_pix, box_pix, _REPETITIONS)
    a, b, c, d = to_unit
    side_pix = (2 * _REPETITIONS + 1) * box_pix
    rest = unit.fraction_beyond(side_pix * math.sqrt(abs(a * d - b * c) / math.pi))
    return np.asarray(expand @ (light + rest / box_pix**2) @ expand.T)


@lru_cache(maxsize=32)
def _expansion(half_size_pix: int) -> tuple[FloatArray, FloatArray]:
    """Chebyshev nodes in pixels, and their interpolation to pixels."""
    nodes = chebyshev.chebpts1(_NODES)
    pixels = np.linspace(-1, 1, 2 * half_size_pix + 1)
    expand = chebyshev.chebvander(pixels, _NODES - 1) @ np.linalg.inv(
        chebyshev.chebvander(nodes, _NODES - 1)
    )
    return nodes * half_size_pix, np.ascontiguousarray(expand)
