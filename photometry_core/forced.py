"""Forced photometry of one exposure: all its targets, fitted together where they overlap.

Positions are not fitted, so that every flux is a linear parameter; it may come out
negative, and that is a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from photometry_core.archive.regions import Box, nearest_pixel
from photometry_core.background import Background, local_background
from photometry_core.errors import FitError
from photometry_core.flags import CONTAINS_BAD_PIXEL, FIT_ERROR, IGNORED_BY_FIT, SOURCE
from photometry_core.linear_fit import LinearFit, fit_fluxes
from photometry_core.psf import PROFILE_HALF_SIZE_PIX, PROFILE_SIZE_PIX, render_point_source
from photometry_core.stamps import cut_stamp
from photometry_core.types import (
    STAMP_SIZE_PIX,
    BoolArray,
    Cutout,
    FloatArray,
    MeasureOptions,
    Measurement,
    Target,
)
from photometry_core.variance import model_variance, photon_slope

APERTURE_RADIUS_PIX = 2.5
"""Flags and fit quality are taken from pixels whose centres are within this radius."""

FOOTPRINT_RADIUS_PIX = 5.5
"""Background pixels are at least so far from every fitted source: a PSF plane ends there."""

UJY_PER_MJY_SR_ARCSEC2 = 1e12 / (180 * 3600 / np.pi) ** 2
"""1 MJy/sr over 1 arcsec^2, in uJy: 23.50443."""

_REWEIGHTINGS = 3


@dataclass(slots=True, eq=False)
class _Source:
    """A target while it is measured.

    `index` counts in the list of targets; `x_pix`, `y_pix` are on the detector; `column`,
    `row` are the pixel of the cutout that holds it; `window` selects the pixels of its
    profile that are on the cutout.
    """

    index: int
    target: Target
    x_pix: float
    y_pix: float
    column: int
    row: int
    window: tuple[slice, slice] = field(init=False)
    profile: FloatArray = field(init=False)
    background: Background = field(init=False)
    slope_mjy_sr: float = field(init=False)


def measure_exposure(
    cutout: Cutout, targets: Sequence[Target], options: MeasureOptions
) -> list[Measurement]:
    """Measure targets on the pixels of one cutout.

    Parameters
    ----------
    cutout
        The pixels, with what is needed to understand them.
    targets
        Point sources; those whose profiles overlap are fitted together.
    options
        Background box and weights; detectors and times are not looked at.

    Returns
    -------
    list of Measurement
        One per target, in order. A target that can't be measured has a NaN flux, the flag
        FIT_ERROR, and a reason.

    Notes
    -----
    The flux of a target depends on the other targets only if their profiles share
    pixels, directly or through others.
    """
    x, y = cutout.wcs.sky_to_pixel(
        np.array([target.ra_deg for target in targets]),
        np.array([target.dec_deg for target in targets]),
    )
    ny, nx = cutout.image_mjy_sr.shape
    x0, y0 = cutout.origin_pix
    results: dict[int, Measurement] = {}
    sources = []
    for index, target in enumerate(targets):
        on_cutout = -0.5 <= x[index] - x0 < nx - 0.5 and -0.5 <= y[index] - y0 < ny - 0.5
        if not on_cutout:
            reason = f"the position falls off the image, on pixel ({x[index]:.2f}, {y[index]:.2f})"
            results[index] = _failed(cutout, target, reason)
            continue
        column, row = nearest_pixel(x[index]) - x0, nearest_pixel(y[index]) - y0
        sources.append(_Source(index, target, float(x[index]), float(y[index]), column, row))
    planes = _Planes.of(cutout)
    for group in _touching(sources):
        for source, measurement in zip(
            group, _measure_group(cutout, planes, group, options), strict=True
        ):
            results[source.index] = measurement
    return [results[index] for index in range(len(targets))]


@dataclass(frozen=True, slots=True, eq=False)
class _Planes:
    """A cutout's planes in float64, and which pixels are good. All of shape (ny, nx)."""

    image: FloatArray
    variance: FloatArray
    good: BoolArray
    background: BoolArray
    ujy_per_mjy_sr: FloatArray

    @classmethod
    def of(cls, cutout: Cutout) -> _Planes:
        image = cutout.image_mjy_sr.astype(np.float64)
        variance = cutout.variance_mjy2_sr2.astype(np.float64)
        with np.errstate(invalid="ignore"):
            good = (
                ((cutout.flags & IGNORED_BY_FIT) == 0)
                & np.isfinite(image)
                & np.isfinite(variance)
                & (variance > 0)
                & np.isfinite(cutout.solid_angle_arcsec2)
                & (cutout.solid_angle_arcsec2 > 0)
            )
        return cls(
            image=image,
            variance=variance,
            good=good,
            background=good & ((cutout.flags & SOURCE) == 0),
            ujy_per_mjy_sr=UJY_PER_MJY_SR_ARCSEC2 * cutout.solid_angle_arcsec2,
        )


def _touching(sources: list[_Source]) -> list[list[_Source]]:
    """Group sources whose profiles share pixels, directly or through others."""
    groups: list[list[_Source]] = []
    for source in sources:
        joined = [
            group
            for group in groups
            if any(
                max(abs(source.column - other.column), abs(source.row - other.row))
                < PROFILE_SIZE_PIX
                for other in group
            )
        ]
        groups = [group for group in groups if group not in joined]
        groups.append([member for group in joined for member in group] + [source])
    # The order within a group must not depend on how it grew, nor on the list of targets.
    return [sorted(group, key=lambda s: (s.row, s.column, s.x_pix, s.y_pix)) for group in groups]


def _measure_group(
    cutout: Cutout, planes: _Planes, group: list[_Source], options: MeasureOptions
) -> list[Measurement]:
    """Measure sources that overlap: background, profiles, joint fit, then each one's rows."""
    try:
        _prepare(cutout, planes, group, options)
        fit, pixels, model = _fit(planes, group, options)
    except FitError as error:
        return [_failed(cutout, source.target, str(error), source) for source in group]
    return [
        _measurement(cutout, planes, source, fit, number, pixels, model)
        for number, source in enumerate(group)
    ]


def _prepare(
    cutout: Cutout, planes: _Planes, group: list[_Source], options: MeasureOptions
) -> None:
    """Find background, photon slope and profile of every source of a group."""
    x0, y0 = cutout.origin_pix
    ny, nx = planes.image.shape
    rows, columns = np.ogrid[:ny, :nx]
    usable = planes.background.copy()
    for source in group:
        distance = np.hypot(columns + x0 - source.x_pix, rows + y0 - source.y_pix)
        usable &= distance > FOOTPRINT_RADIUS_PIX
    half = STAMP_SIZE_PIX // 2
    for source in group:
        source.background = local_background(
            planes.image, usable, source.column, source.row, options.background_size_pix
        )
        nearby = Box(
            source.column - half, source.row - half, source.column + half + 1, source.row + half + 1
        ).intersection(Box(0, 0, nx, ny))
        near = (slice(nearby.y0, nearby.y1), slice(nearby.x0, nearby.x1))
        source.slope_mjy_sr = photon_slope(
            planes.image[near], planes.variance[near], planes.good[near]
        )
        profile, (left, bottom) = render_point_source(cutout.psf, source.x_pix, source.y_pix)
        left, bottom = left - x0, bottom - y0
        box = Box(left, bottom, left + PROFILE_SIZE_PIX, bottom + PROFILE_SIZE_PIX)
        inside = box.intersection(Box(0, 0, nx, ny))
        source.window = (slice(inside.y0, inside.y1), slice(inside.x0, inside.x1))
        source.profile = profile[
            inside.y0 - bottom : inside.y1 - bottom, inside.x0 - left : inside.x1 - left
        ]


def _fit(
    planes: _Planes, group: list[_Source], options: MeasureOptions
) -> tuple[LinearFit, FloatArray, FloatArray]:
    """Fit all fluxes of a group.

    Returns the fit, the variance used for the weights and the model surface brightness,
    both of shape (ny, nx) and NaN outside the fitted pixels.
    """
    wanted = np.zeros(planes.good.shape, bool)
    for source in group:
        wanted[source.window] = True
    fitted = np.nonzero(wanted & planes.good)
    number = np.full(wanted.shape, -1)
    number[fitted] = np.arange(fitted[0].size)
    profiles = np.zeros((fitted[0].size, len(group)))
    for k, source in enumerate(group):
        pixels = number[source.window]
        profiles[pixels[pixels >= 0], k] = source.profile[pixels >= 0]

    nearest = _nearest_source(fitted, group)
    level = np.array([source.background.level_mjy_sr for source in group])[nearest]
    slope = np.array([source.slope_mjy_sr for source in group])[nearest]
    ujy = planes.ujy_per_mjy_sr[fitted]
    image, plane_variance = planes.image[fitted], planes.variance[fitted]
    background_response = np.zeros_like(profiles)
    background_response[np.arange(nearest.size), nearest] = ujy
    background_covariance = _background_covariance(group)

    model = level
    for _ in range(_REWEIGHTINGS):
        variance = (
            model_variance(plane_variance, image, np.maximum(model, level), slope)
            if options.weights == "model"
            else plane_variance
        )
        fit = fit_fluxes(
            profiles,
            (image - level) * ujy,
            variance * ujy**2,
            background_response,
            background_covariance,
        )
        model = level + profiles @ np.nan_to_num(fit.flux) / ujy
    variance_map = np.full(wanted.shape, np.nan)
    variance_map[fitted] = variance
    return fit, variance_map, _model_map(planes, group, wanted, fit)


def _nearest_source(pixels: tuple[np.ndarray, ...], group: list[_Source]) -> np.ndarray:  # type: ignore[type-arg]
    """Which source of the group gives each pixel its background: the nearest."""
    distance = [(pixels[0] - s.row) ** 2 + (pixels[1] - s.column) ** 2 for s in group]
    return np.asarray(np.argmin(distance, axis=0))


def _background_covariance(group: list[_Source]) -> FloatArray:
    """Covariance of the local backgrounds, which share pixels, in (MJy/sr)^2."""
    count = len(group)
    covariance = np.empty((count, count))
    sizes = [np.count_nonzero(source.background.used) for source in group]
    for j, one in enumerate(group):
        for k, other in enumerate(group):
            shared = (
                sizes[j]
                if j == k
                else np.count_nonzero(one.background.used & other.background.used)
            )
            correlation = shared / np.sqrt(sizes[j] * sizes[k])
            covariance[j, k] = correlation * np.sqrt(
                one.background.variance_mjy2_sr2 * other.background.variance_mjy2_sr2
            )
    return covariance


def _model_map(
    planes: _Planes, group: list[_Source], wanted: BoolArray, fit: LinearFit
) -> FloatArray:
    """Background plus all sources in MJy/sr on the whole cutout, ignored pixels included."""
    rows, columns = np.indices(wanted.shape)
    nearest = _nearest_source((rows, columns), group)
    model = np.array([source.background.level_mjy_sr for source in group])[nearest]
    with np.errstate(divide="ignore", invalid="ignore"):
        for source, flux in zip(group, np.nan_to_num(fit.flux), strict=True):
            model[source.window] += flux * source.profile / planes.ujy_per_mjy_sr[source.window]
    return np.asarray(model)


def _measurement(
    cutout: Cutout,
    planes: _Planes,
    source: _Source,
    fit: LinearFit,
    number: int,
    variance: FloatArray,
    model: FloatArray,
) -> Measurement:
    """Put together the row of one source of a fitted group."""
    if fit.reasons[number]:
        return _failed(cutout, source.target, fit.reasons[number], source, model)
    aperture = _aperture(cutout, source)
    near = aperture & planes.good
    residual = np.abs(planes.image[near] - model[near]) / np.sqrt(variance[near])
    wavelength, bandwidth = cutout.spectral.at(source.x_pix, source.y_pix)
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flux_ujy=float(fit.flux[number]),
        flux_err_ujy=float(fit.flux_err[number]),
        flags=_flags(cutout, planes, source, aperture),
        fit_quality=float(residual.mean()) if residual.size else float("nan"),
        background_mjy_sr=source.background.level_mjy_sr,
        background_err_mjy_sr=float(np.sqrt(source.background.variance_mjy2_sr2)),
        background_is_local=source.background.is_local,
        x_pix=source.x_pix,
        y_pix=source.y_pix,
        ra_deg=source.target.ra_deg,
        dec_deg=source.target.dec_deg,
        n_pix=int(np.count_nonzero(planes.good[source.window])),
        stamp=cut_stamp(cutout, source.x_pix, source.y_pix, model),
    )


def _aperture(cutout: Cutout, source: _Source) -> BoolArray:
    """Pixels whose centres are within the aperture of a source."""
    ny, nx = cutout.image_mjy_sr.shape
    rows, columns = np.ogrid[:ny, :nx]
    x0, y0 = cutout.origin_pix
    distance = np.hypot(columns + x0 - source.x_pix, rows + y0 - source.y_pix)
    return np.asarray(distance <= APERTURE_RADIUS_PIX)


def _flags(cutout: Cutout, planes: _Planes, source: _Source, aperture: BoolArray) -> int:
    """Union of the flags near a source; pixels beyond the edge of the image count as bad."""
    flags = int(np.bitwise_or.reduce(cutout.flags[aperture], initial=0))
    ny, nx = aperture.shape
    x, y = source.x_pix - cutout.origin_pix[0], source.y_pix - cutout.origin_pix[1]
    margin = min(x + 0.5, y + 0.5, nx - 0.5 - x, ny - 0.5 - y)
    if not planes.good[aperture].all() or margin < PROFILE_HALF_SIZE_PIX:
        complete = _pixels_within(x, y) == np.count_nonzero(aperture)
        if not planes.good[aperture].all() or not complete:
            flags |= CONTAINS_BAD_PIXEL
    return flags


def _pixels_within(x: float, y: float) -> int:
    """Number of pixel centres within the aperture radius of a position, on an endless grid."""
    reach = int(APERTURE_RADIUS_PIX) + 2
    rows, columns = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    offset_x, offset_y = x - nearest_pixel(x), y - nearest_pixel(y)
    return int(
        np.count_nonzero(np.hypot(columns - offset_x, rows - offset_y) <= APERTURE_RADIUS_PIX)
    )


def _failed(
    cutout: Cutout,
    target: Target,
    reason: str,
    source: _Source | None = None,
    model: FloatArray | None = None,
) -> Measurement:
    """Return the row of a target without a flux, with all that is known nevertheless."""
    if source is None:
        return Measurement(
            exposure=cutout.exposure,
            flags=FIT_ERROR,
            ra_deg=target.ra_deg,
            dec_deg=target.dec_deg,
            reason=reason,
        )
    wavelength, bandwidth = cutout.spectral.at(source.x_pix, source.y_pix)
    flags = _flags(cutout, _Planes.of(cutout), source, _aperture(cutout, source))
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flags=flags | FIT_ERROR,
        x_pix=source.x_pix,
        y_pix=source.y_pix,
        ra_deg=target.ra_deg,
        dec_deg=target.dec_deg,
        reason=reason,
        stamp=cut_stamp(cutout, source.x_pix, source.y_pix, model),
    )
