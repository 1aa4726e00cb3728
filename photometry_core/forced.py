"""Forced photometry of one exposure: all its targets, fitted together where they overlap.

Positions are not fitted, so that every flux is a linear parameter; it may come out
negative, and that is a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from photometry_core.aperture import fit_quality, flags_near, pixels_near
from photometry_core.archive.regions import Box, nearest_pixel
from photometry_core.background import Background, local_background
from photometry_core.cutout import Cutout
from photometry_core.errors import FitError
from photometry_core.flags import FIT_ERROR
from photometry_core.linear_fit import LinearFit, fit_fluxes
from photometry_core.motion import positions_at
from photometry_core.planes import Planes, planes_of
from photometry_core.psf import PROFILE_SIZE_PIX, render_point_source
from photometry_core.stamps import cut_stamp
from photometry_core.types import (
    STAMP_SIZE_PIX,
    FloatArray,
    IntArray,
    Measurement,
    MeasureOptions,
    Target,
)
from photometry_core.variance import model_variance, photon_slope

FOOTPRINT_RADIUS_PIX = 5.5
"""Background pixels are at least so far from every fitted source: a PSF plane ends there."""

_REWEIGHTINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Located:
    """A target on the detector; `column` and `row` are the pixel of the cutout it is on."""

    index: int
    ra_deg: float
    dec_deg: float
    x_pix: float
    y_pix: float
    column: int
    row: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Source:
    """A located target with all that its fit needs.

    `profile` covers the pixels of the cutout that `window` selects.
    """

    located: _Located
    window: tuple[slice, slice]
    profile: FloatArray
    background: Background
    slope_mjy_sr: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _GroupFit:
    """The fit of a group; the maps have the shape of the cutout, variance NaN elsewhere."""

    fluxes: LinearFit
    variance_mjy2_sr2: FloatArray
    model_mjy_sr: FloatArray


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
    planes = planes_of(cutout)
    located, results = _locate(cutout, targets)
    for group in _touching(located):
        try:
            sources = _prepare(cutout, planes, group, options)
            fit = _fit(planes, sources, options)
        except FitError as error:
            for one in group:
                results[one.index] = _failure(cutout, planes, one, str(error))
            continue
        for number, source in enumerate(sources):
            results[source.located.index] = _measurement(cutout, planes, source, fit, number)
    return [results[index] for index in range(len(targets))]


def _locate(
    cutout: Cutout, targets: Sequence[Target]
) -> tuple[list[_Located], dict[int, Measurement]]:
    """Find targets on the detector; those off the cutout get their row at once."""
    ra, dec = positions_at(targets, cutout.exposure.mjd)
    x, y = cutout.wcs.sky_to_pixel(ra, dec)
    ny, nx = cutout.image_mjy_sr.shape
    x0, y0 = cutout.origin_pix
    located, off = [], {}
    for index in range(len(targets)):
        x_pix, y_pix = float(x[index]), float(y[index])
        if -0.5 <= x_pix - x0 < nx - 0.5 and -0.5 <= y_pix - y0 < ny - 0.5:
            located.append(
                _Located(
                    index=index,
                    ra_deg=float(ra[index]),
                    dec_deg=float(dec[index]),
                    x_pix=x_pix,
                    y_pix=y_pix,
                    column=nearest_pixel(x_pix) - x0,
                    row=nearest_pixel(y_pix) - y0,
                )
            )
        else:
            off[index] = Measurement(
                exposure=cutout.exposure,
                flags=FIT_ERROR,
                ra_deg=float(ra[index]),
                dec_deg=float(dec[index]),
                reason=f"the position falls off the image, on pixel ({x_pix:.2f}, {y_pix:.2f})",
            )
    return located, off


def _touching(located: Sequence[_Located]) -> list[list[_Located]]:
    """Group targets whose profiles share pixels, directly or through others."""
    groups: list[list[_Located]] = []
    for one in located:
        joined = [
            group
            for group in groups
            if any(
                max(abs(one.column - other.column), abs(one.row - other.row)) < PROFILE_SIZE_PIX
                for other in group
            )
        ]
        groups = [group for group in groups if not any(group is part for part in joined)]
        groups.append([member for group in joined for member in group] + [one])
    # Sums are not associative in floating point: the order within a group must not depend
    # on the order of the list of targets.
    return [sorted(group, key=lambda s: (s.y_pix, s.x_pix, s.index)) for group in groups]


def _prepare(
    cutout: Cutout, planes: Planes, group: Sequence[_Located], options: MeasureOptions
) -> list[_Source]:
    """Find background, photon slope and profile of every target of a group.

    A target around which no background can be measured takes that of its nearest neighbour
    in the group; `is_local` is then false.
    """
    x0, y0 = cutout.origin_pix
    ny, nx = planes.good.shape
    everything = Box(0, 0, nx, ny)
    backgrounds = _backgrounds(cutout, planes, group, options)
    sources = []
    for one, background in zip(group, backgrounds, strict=True):
        near = _slices(_box_around(one, STAMP_SIZE_PIX).intersection(everything))
        profile, (left, bottom) = render_point_source(cutout.psf, one.x_pix, one.y_pix)
        left, bottom = left - x0, bottom - y0
        inside = Box(left, bottom, left + PROFILE_SIZE_PIX, bottom + PROFILE_SIZE_PIX).intersection(
            everything
        )
        sources.append(
            _Source(
                located=one,
                window=_slices(inside),
                profile=profile[
                    inside.y0 - bottom : inside.y1 - bottom, inside.x0 - left : inside.x1 - left
                ],
                background=background,
                slope_mjy_sr=photon_slope(
                    planes.image_mjy_sr[near], planes.variance_mjy2_sr2[near], planes.good[near]
                ),
            )
        )
    return sources


def _backgrounds(
    cutout: Cutout, planes: Planes, group: Sequence[_Located], options: MeasureOptions
) -> list[Background]:
    x0, y0 = cutout.origin_pix
    ny, nx = planes.good.shape
    rows, columns = np.ogrid[:ny, :nx]
    usable = planes.background.copy()
    for one in group:
        distance = np.hypot(columns + x0 - one.x_pix, rows + y0 - one.y_pix)
        usable &= distance > FOOTPRINT_RADIUS_PIX
    found: dict[int, Background] = {}
    failure: FitError | None = None
    for number, one in enumerate(group):
        try:
            found[number] = local_background(
                planes.image_mjy_sr, usable, one.column, one.row, options.background_size_pix
            )
        except FitError as error:
            failure = error
    if failure is not None and not found:
        raise failure
    for number in range(len(group)):
        if number not in found:
            nearest = min(found, key=lambda other: _distance_pix(group[number], group[other]))
            found[number] = replace(found[nearest], is_local=False)
    return [found[number] for number in range(len(group))]


def _fit(planes: Planes, sources: Sequence[_Source], options: MeasureOptions) -> _GroupFit:
    """Fit all fluxes of a group together, with weights from the model itself."""
    wanted = np.zeros(planes.good.shape, bool)
    for source in sources:
        wanted[source.window] = True
    fitted = np.nonzero(wanted & planes.good)
    profiles = _profiles_on(fitted, wanted.shape, sources)
    nearest = _nearest_source(fitted, sources)
    level = np.array([source.background.level_mjy_sr for source in sources])[nearest]
    slope = np.array([source.slope_mjy_sr for source in sources])[nearest]
    ujy = planes.ujy_per_mjy_sr[fitted]
    image, plane_variance = planes.image_mjy_sr[fitted], planes.variance_mjy2_sr2[fitted]
    background_response = np.zeros_like(profiles)
    background_response[np.arange(nearest.size), nearest] = ujy
    background_covariance = _background_covariance(sources)

    model, variance = level, plane_variance
    for _ in range(_REWEIGHTINGS):
        if options.weights == "model":
            # Negative noise in a flux must not pull the variance below that of the sky.
            variance = model_variance(plane_variance, image, np.maximum(model, level), slope)
        fluxes = fit_fluxes(
            profiles,
            (image - level) * ujy,
            variance * ujy**2,
            background_response,
            background_covariance,
        )
        model = level + profiles @ np.nan_to_num(fluxes.flux) / ujy
    variance_map = np.full(wanted.shape, np.nan)
    variance_map[fitted] = variance
    return _GroupFit(
        fluxes=fluxes,
        variance_mjy2_sr2=variance_map,
        model_mjy_sr=_model_map(planes, sources, fluxes.flux),
    )


def _profiles_on(
    pixels: tuple[npt.NDArray[np.integer], ...], shape: tuple[int, ...], sources: Sequence[_Source]
) -> FloatArray:
    """Return the fraction of every source's flux in listed pixels, shape (npix, nsources)."""
    number = np.full(shape, -1)
    number[pixels] = np.arange(pixels[0].size)
    profiles = np.zeros((pixels[0].size, len(sources)))
    for k, source in enumerate(sources):
        listed = number[source.window]
        profiles[listed[listed >= 0], k] = source.profile[listed >= 0]
    return profiles


def _nearest_source(
    pixels: Sequence[npt.NDArray[np.integer]], sources: Sequence[_Source]
) -> IntArray:
    """Return which source gives each pixel its background: the nearest."""
    distance = [
        (pixels[0] - source.located.row) ** 2 + (pixels[1] - source.located.column) ** 2
        for source in sources
    ]
    return np.asarray(np.argmin(distance, axis=0))


def _background_covariance(sources: Sequence[_Source]) -> FloatArray:
    """Covariance of local backgrounds, as far as they are means of the same pixels."""
    used = np.array([source.background.used.ravel() for source in sources], dtype=np.float64)
    shared = used @ used.T
    counts = np.diag(shared)
    errors = np.sqrt([source.background.variance_mjy2_sr2 for source in sources])
    return np.asarray(shared / np.sqrt(np.outer(counts, counts)) * np.outer(errors, errors))


def _model_map(planes: Planes, sources: Sequence[_Source], flux_ujy: FloatArray) -> FloatArray:
    """Background plus all sources in MJy/sr, on ignored pixels as well."""
    nearest = _nearest_source(list(np.indices(planes.good.shape)), sources)
    model = np.array([source.background.level_mjy_sr for source in sources])[nearest]
    with np.errstate(divide="ignore", invalid="ignore"):
        for source, flux in zip(sources, np.nan_to_num(flux_ujy), strict=True):
            model[source.window] += flux * source.profile / planes.ujy_per_mjy_sr[source.window]
    return np.asarray(model)


def _measurement(
    cutout: Cutout, planes: Planes, source: _Source, fit: _GroupFit, number: int
) -> Measurement:
    """Return the row of one source of a fitted group."""
    one = source.located
    if fit.fluxes.reasons[number]:
        return _failure(cutout, planes, one, fit.fluxes.reasons[number])
    wavelength, bandwidth = cutout.spectral.at(one.x_pix, one.y_pix)
    near = pixels_near(cutout, one.x_pix, one.y_pix) & planes.good
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flux_ujy=float(fit.fluxes.flux[number]),
        flux_err_ujy=float(fit.fluxes.flux_err[number]),
        flags=flags_near(cutout, planes.good, one.x_pix, one.y_pix),
        fit_quality=fit_quality(planes.image_mjy_sr, fit.model_mjy_sr, fit.variance_mjy2_sr2, near),
        background_mjy_sr=source.background.level_mjy_sr,
        background_err_mjy_sr=float(np.sqrt(source.background.variance_mjy2_sr2)),
        background_is_local=source.background.is_local,
        x_pix=one.x_pix,
        y_pix=one.y_pix,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        n_pix=int(np.count_nonzero(planes.good[source.window])),
        stamp=cut_stamp(cutout, one.x_pix, one.y_pix, fit.model_mjy_sr),
    )


def _failure(cutout: Cutout, planes: Planes, one: _Located, reason: str) -> Measurement:
    """Return the row of a target without a flux, with all that is known nevertheless."""
    wavelength, bandwidth = cutout.spectral.at(one.x_pix, one.y_pix)
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flags=flags_near(cutout, planes.good, one.x_pix, one.y_pix) | FIT_ERROR,
        x_pix=one.x_pix,
        y_pix=one.y_pix,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        reason=reason,
        stamp=cut_stamp(cutout, one.x_pix, one.y_pix, None),
    )


def _distance_pix(one: _Located, other: _Located) -> float:
    return float(np.hypot(one.x_pix - other.x_pix, one.y_pix - other.y_pix))


def _box_around(one: _Located, size_pix: int) -> Box:
    half = size_pix // 2
    return Box(one.column - half, one.row - half, one.column + half + 1, one.row + half + 1)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.y0, box.y1), slice(box.x0, box.x1)
