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

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from scipy.fft import fht, fhtoffset, ifft2
from scipy.interpolate import CubicSpline
from scipy.special import gammaincc, gammaincinv, gammaln

from photometry_core.cutout import PsfGrid, PsfZones
from photometry_core.errors import FitError
from photometry_core.psf import checked_plane, zone_weights
from photometry_core.types import FloatArray, SersicProfile

_SAMPLES_PER_PIX = 5
"""Frequencies reach half of this, in cycles per pixel: 3e-5 of a 3.5 arcsec PSF is beyond."""

_BOX_STEP_PIX = 64

_MAX_FREQUENCY = 40.0
"""End of the tables, in cycles per effective radius: 20 arcsec on pixels of 1.8 arcsec."""

_TABLE_SIZE = 1 << 15
_LOG_STEP = 0.01
_LOG_SIZE = 4096
_REPETITIONS = 3
_NODES = 9
_NEGLIGIBLE = 1e-6

ComplexArray = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _UnitProfile:
    """The round Sersic profile of total flux 1 and effective radius 1.

    Its surface brightness is ``peak * exp(-b r**(1 / n))``. `transform` and `difference`
    are the values of its Hankel transform and the steps between them, at equal steps of the
    square root of the frequency.
    """

    index: float
    b: float
    peak: float
    transform: FloatArray
    difference: FloatArray

    def brightness(self, radius: FloatArray) -> FloatArray:
        """Surface brightness at radii in effective radii."""
        return np.asarray(self.peak * np.exp(-self.b * radius ** (1 / self.index)))

    def fraction_beyond(self, radius: float) -> float:
        """Fraction of the flux beyond a radius in effective radii."""
        return float(gammaincc(2 * self.index, self.b * radius ** (1 / self.index)))

    def transform_at(self, frequency2: FloatArray) -> FloatArray:
        """Hankel transform at squares of frequencies, in cycles per effective radius."""
        place = np.sqrt(np.sqrt(frequency2)) * ((_TABLE_SIZE - 1) / np.sqrt(_MAX_FREQUENCY))
        node = place.astype(np.int32)
        return np.asarray(self.transform[node] + (place - node) * self.difference[node])


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
    unit = _unit_profile(profile.sersic_index)
    to_unit = _to_unit_circle(profile, cd_deg)
    column, row = int(np.floor(x_pix + 0.5)), int(np.floor(y_pix + 0.5))
    x_pix, y_pix = x_pix - core_offset_pix[0], y_pix - core_offset_pix[1]
    box_pix = _BOX_STEP_PIX * -(-(2 * half_size_pix) // _BOX_STEP_PIX)
    k_x, k_y = _frequencies(box_pix)

    (s_xu, s_xv), (s_yu, s_yv) = np.linalg.inv(to_unit)
    u = np.add.outer(s_yu * k_y, s_xu * k_x)
    v = np.add.outer(s_yv * k_y, s_xv * k_x)
    spectrum = unit.transform_at(u * u + v * v) * _psf_transform(psf, x_pix, y_pix, box_pix)
    spectrum *= np.exp(-2j * np.pi * k_y * (y_pix - row))[:, None]
    spectrum *= np.exp(-2j * np.pi * k_x * (x_pix - column))

    pixels = np.arange(-half_size_pix, half_size_pix + 1)
    repeated = ifft2(_fold(spectrum, box_pix)).real[np.ix_(pixels, pixels)]
    fractions = repeated - _repetitions(
        unit, to_unit, (x_pix - column, y_pix - row), box_pix, half_size_pix
    )
    return fractions, (column - half_size_pix, row - half_size_pix)


def _to_unit_circle(profile: SersicProfile, cd_deg: FloatArray) -> FloatArray:
    """Map from pixel offsets to a plane where the effective ellipse is the unit circle."""
    angle = np.radians(profile.position_angle_deg)
    major = np.array([np.sin(angle), np.cos(angle)])
    minor = np.array([np.cos(angle), -np.sin(angle)])
    to_unit = np.array([major, minor / profile.axis_ratio]) @ cd_deg
    to_unit *= 3600 / profile.effective_radius_arcsec
    if not (np.isfinite(to_unit).all() and abs(np.linalg.det(to_unit)) > 0):
        raise FitError("the WCS is degenerate at the position of the galaxy")
    highest = _SAMPLES_PER_PIX / 2 * np.linalg.norm(np.linalg.inv(to_unit), ord=2) * np.sqrt(2)
    if highest >= _MAX_FREQUENCY:
        raise FitError("the WCS has pixels far smaller than those of SPHEREx")
    return np.asarray(to_unit)


@lru_cache(maxsize=64)
def _unit_profile(index: float) -> _UnitProfile:
    """Tabulate the profile of a Sersic index."""
    b = float(gammaincinv(2 * index, 0.5))
    peak = float(np.exp(2 * index * np.log(b) - gammaln(2 * index)) / (2 * np.pi * index))
    step = np.arange(_LOG_SIZE) - (_LOG_SIZE - 1) / 2
    radius = np.exp(_LOG_STEP * step)
    offset = fhtoffset(_LOG_STEP, mu=0)
    wave_number = np.exp(_LOG_STEP * step + offset)
    light = peak * radius * np.exp(-b * radius ** (1 / index))
    transform = 2 * np.pi * fht(light, _LOG_STEP, mu=0, offset=offset) / wave_number
    # Below the first of these frequencies the transform is 1 to 1e-7 of the second moment.
    kept = (wave_number > 2e-5) & (wave_number < 4 * np.pi * _MAX_FREQUENCY)
    places = np.sqrt(wave_number[kept] / (2 * np.pi))
    spline = CubicSpline(np.append(0.0, places), np.append(1.0, transform[kept]))
    table = spline(np.linspace(0, np.sqrt(_MAX_FREQUENCY), _TABLE_SIZE))
    difference = np.append(np.diff(table), 0.0)
    table.setflags(write=False)
    difference.setflags(write=False)
    return _UnitProfile(index=index, b=b, peak=peak, transform=table, difference=difference)


@lru_cache(maxsize=8)
def _frequencies(box_pix: int) -> tuple[FloatArray, FloatArray]:
    """Frequencies (x, y) of a box in cycles per pixel: half a plane, for a real image."""
    count = _SAMPLES_PER_PIX * box_pix
    k_y = np.asarray(np.fft.fftfreq(count, 1 / _SAMPLES_PER_PIX), np.float64)
    k_x = np.arange(count // 2) / box_pix
    return k_x, k_y


def _psf_transform(psf: PsfGrid, x_pix: float, y_pix: float, box_pix: int) -> ComplexArray:
    """Transform of the PSF at a position and of the native pixel, per frequency of a box."""
    blended: ComplexArray | float = 0.0
    for plane, weight in zone_weights(psf, x_pix, y_pix):
        part = _plane_transform(
            plane.tobytes(),
            plane.dtype.str,
            plane.shape,
            psf.oversampling,
            box_pix,
            psf.pixel_included,
        )
        blended = blended + part * np.float32(weight)
    return np.asarray(blended)


@lru_cache(maxsize=192)
def _plane_transform(
    data: bytes,
    dtype: str,
    shape: tuple[int, ...],
    oversampling: int,
    box_pix: int,
    pixel_included: bool,
) -> ComplexArray:
    """Transform of a PSF plane times that of the pixel, doubled for the missing half plane.

    A plane with `pixel_included` has the pixel in it already.

    As for point sources, the PSF is the quintic spline through the samples; planes are
    recognised by their content.
    """
    plane = checked_plane(np.frombuffer(data, dtype).reshape(shape))
    offset = (np.arange(shape[0]) - shape[0] // 2) / oversampling
    along_x, along_y = (
        np.exp(-2j * np.pi * np.outer(k, offset))
        * (_spline_response(k / oversampling) * (1 if pixel_included else np.sinc(k)))[:, None]
        for k in _frequencies(box_pix)
    )
    along_x[1:] *= 2
    transform: ComplexArray = (along_y @ plane @ along_x.T).astype(np.complex64)
    transform.setflags(write=False)
    return transform


def _spline_response(frequency: FloatArray) -> FloatArray:
    """Transform of the cardinal quintic spline, at frequencies in cycles per sample."""
    # The B-spline's transform is sinc^6, and its samples are 66, 26 and 1 parts of 120.
    samples = 66 + 52 * np.cos(2 * np.pi * frequency) + 2 * np.cos(4 * np.pi * frequency)
    return np.asarray(np.sinc(frequency) ** 6 * 120 / samples)


def _fold(spectrum: npt.NDArray[np.complexfloating], box_pix: int) -> npt.NDArray[np.complex128]:
    """Add up frequencies that are the same at pixel centres, shape (box_pix, box_pix)."""
    rows = spectrum.reshape(_SAMPLES_PER_PIX, box_pix, -1).sum(axis=0)
    folded = np.zeros((box_pix, box_pix), np.complex128)
    for first in range(0, rows.shape[1], box_pix):
        part = rows[:, first : first + box_pix]
        folded[:, : part.shape[1]] += part
    return folded


def _repetitions(
    unit: _UnitProfile,
    to_unit: FloatArray,
    center_pix: tuple[float, float],
    box_pix: int,
    half_size_pix: int,
) -> FloatArray | float:
    """Light per pixel of the periodic repetitions of a galaxy.

    They are evaluated, unconvolved, at Chebyshev nodes, and interpolated; those beyond the
    nearest are so far away that they are a constant.
    """
    nearest = np.linalg.svd(to_unit, compute_uv=False)[-1] * (box_pix - half_size_pix)
    if unit.fraction_beyond(float(nearest)) < _NEGLIGIBLE:
        return 0.0
    nodes, expand, shifts = _expansion(box_pix, half_size_pix)
    x = np.add.outer(shifts[:, 0] - center_pix[0], nodes)[:, None, :]
    y = np.add.outer(shifts[:, 1] - center_pix[1], nodes)[:, :, None]
    (a, b), (c, d) = to_unit
    area = abs(a * d - b * c)
    light = area * unit.brightness(np.hypot(a * x + b * y, c * x + d * y)).sum(axis=0)
    side = (2 * _REPETITIONS + 1) * box_pix
    rest = unit.fraction_beyond(float(side * np.sqrt(area / np.pi))) / box_pix**2
    return np.asarray(expand @ light @ expand.T) + rest


@lru_cache(maxsize=8)
def _expansion(box_pix: int, half_size_pix: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Chebyshev nodes in pixels, their interpolation to pixels, and shifts of repetitions."""
    nodes = chebyshev.chebpts1(_NODES)
    pixels = np.linspace(-1, 1, 2 * half_size_pix + 1)
    expand = chebyshev.chebvander(pixels, _NODES - 1) @ np.linalg.inv(
        chebyshev.chebvander(nodes, _NODES - 1)
    )
    steps = range(-_REPETITIONS, _REPETITIONS + 1)
    shifts = np.array([(i, j) for i in steps for j in steps if i or j], float)
    return nodes * half_size_pix, expand, shifts * box_pix
