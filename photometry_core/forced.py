"""Forced photometry of one exposure: all its targets, fitted together where they overlap.

Positions are not fitted, so that every flux is a linear parameter; it may come out
negative, and that is a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photometry_core.aperture import fit_quality, flags_near, pixels_near
from photometry_core.archive.regions import nearest_pixel
from photometry_core.cutout import Cutout
from photometry_core.errors import FitError
from photometry_core.extent import (
    aperture_radius_pix,
    fit_half_size_pix,
)
from photometry_core.flags import FIT_ERROR
from photometry_core.linear_fit import LinearFit, fit_fluxes
from photometry_core.measurement import Measurement
from photometry_core.motion import positions_at
from photometry_core.planes import Planes, planes_of
from photometry_core.sources import Located, Source, prepare, touching
from photometry_core.stamps import cut_stamp
from photometry_core.types import FloatArray, IntArray, MeasureOptions, Target
from photometry_core.variance import model_variance

_REWEIGHTINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _GroupFit:
    """The fit of a group; the maps have the shape of the cutout, variance NaN elsewhere.

    `levels_mjy_sr` are the backgrounds without the light of the group's galaxies.
    """

    fluxes: LinearFit
    levels_mjy_sr: FloatArray
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
        Point sources and galaxies; those whose fit boxes overlap are fitted together.
    options
        Background box and weights; detectors and times are not looked at.

    Returns
    -------
    list of Measurement
        One per target, in order. A target that can't be measured has a NaN flux, the flag
        FIT_ERROR, and a reason.

    Notes
    -----
    The flux of a target depends on the other targets only if their fit boxes share
    pixels, directly or through others.
    """
    planes = planes_of(cutout)
    located, results = _locate(cutout, targets)
    for group in touching(located):
        try:
            sources = prepare(cutout, planes, group, options)
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
) -> tuple[list[Located], dict[int, Measurement]]:
    """Find targets on the detector; those off the cutout get their row at once."""
    ra, dec = positions_at(targets, cutout.exposure.mjd)
    x, y = cutout.wcs.sky_to_pixel(ra, dec)
    ny, nx = cutout.image_mjy_sr.shape
    x0, y0 = cutout.origin_pix
    located, off = [], {}
    for index, target in enumerate(targets):
        x_pix, y_pix = float(x[index]), float(y[index])
        if -0.5 <= x_pix - x0 < nx - 0.5 and -0.5 <= y_pix - y0 < ny - 0.5:
            cd_deg = cutout.wcs.local_cd_deg(x_pix, y_pix)
            located.append(
                Located(
                    index=index,
                    target=target,
                    ra_deg=float(ra[index]),
                    dec_deg=float(dec[index]),
                    x_pix=x_pix,
                    y_pix=y_pix,
                    column=nearest_pixel(x_pix) - x0,
                    row=nearest_pixel(y_pix) - y0,
                    half_size_pix=fit_half_size_pix(target),
                    aperture_pix=aperture_radius_pix(target, cd_deg),
                    cd_deg=cd_deg,
                )
            )
        else:
            off[index] = Measurement(
                exposure=cutout.exposure,
                flags=FIT_ERROR,
                ra_deg=float(ra[index]),
                dec_deg=float(dec[index]),
                model=target.model,
                reason=f"the position falls off the image, on pixel ({x_pix:.2f}, {y_pix:.2f})",
            )
    return located, off


def _fit(planes: Planes, sources: Sequence[Source], options: MeasureOptions) -> _GroupFit:
    """Fit all fluxes of a group together, with weights from the model itself."""
    wanted = np.zeros(planes.good.shape, bool)
    for source in sources:
        wanted[source.window] = True
    fitted = np.nonzero(wanted & planes.good)
    profiles = _profiles_on(fitted, wanted.shape, sources)
    nearest = _nearest_source(fitted, sources)
    measured_levels = np.array([source.background.level_mjy_sr for source in sources])
    level = measured_levels[nearest]
    slope = np.array([source.slope_mjy_sr for source in sources])[nearest]
    ujy = planes.ujy_per_mjy_sr[fitted]
    image, plane_variance = planes.image_mjy_sr[fitted], planes.variance_mjy2_sr2[fitted]
    # A background that holds light of a galaxy takes it away again wherever it is subtracted.
    held_by_backgrounds = _light_in_backgrounds(planes, sources)
    taken_away = held_by_backgrounds[nearest] * ujy[:, None]
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
            taken_away,
        )
        model = level + (profiles - taken_away) @ np.nan_to_num(fluxes.flux) / ujy
    variance_map = np.full(wanted.shape, np.nan)
    variance_map[fitted] = variance
    levels = measured_levels - held_by_backgrounds @ np.nan_to_num(fluxes.flux)
    return _GroupFit(
        fluxes=fluxes,
        levels_mjy_sr=levels,
        variance_mjy2_sr2=variance_map,
        model_mjy_sr=_model_map(planes, sources, fluxes.flux, levels),
    )


def _profiles_on(
    pixels: tuple[npt.NDArray[np.integer], ...], shape: tuple[int, ...], sources: Sequence[Source]
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
    pixels: Sequence[npt.NDArray[np.integer]], sources: Sequence[Source]
) -> IntArray:
    """Return which source gives each pixel its background: the nearest."""
    distance = [
        (pixels[0] - source.located.row) ** 2 + (pixels[1] - source.located.column) ** 2
        for source in sources
    ]
    return np.asarray(np.argmin(distance, axis=0))


def _background_covariance(sources: Sequence[Source]) -> FloatArray:
    """Covariance of local backgrounds, as far as they are means of the same pixels."""
    used = np.array([source.background.used.ravel() for source in sources], dtype=np.float64)
    shared = used @ used.T
    counts = np.diag(shared)
    errors = np.sqrt([source.background.variance_mjy2_sr2 for source in sources])
    return np.asarray(shared / np.sqrt(np.outer(counts, counts)) * np.outer(errors, errors))


def _light_in_backgrounds(planes: Planes, sources: Sequence[Source]) -> FloatArray:
    """Mean surface brightness of sources of 1 uJy in the pixels of backgrounds.

    Shape (nbackgrounds, nsources), in MJy/sr per uJy. Point sources leave nothing there.
    """
    held = np.zeros((len(sources), len(sources)))
    for number, source in enumerate(sources):
        if source.located.target.resolved_profile is None:
            continue
        for row, other in enumerate(sources):
            used = other.background.used
            there = used[source.reach]
            surface = source.light[there] / planes.ujy_per_mjy_sr[source.reach][there]
            held[row, number] = surface.sum() / np.count_nonzero(used)
    return held


def _model_map(
    planes: Planes, sources: Sequence[Source], flux_ujy: FloatArray, levels_mjy_sr: FloatArray
) -> FloatArray:
    """Background plus all sources in MJy/sr, on ignored pixels as well."""
    nearest = _nearest_source(list(np.indices(planes.good.shape)), sources)
    model = levels_mjy_sr[nearest]
    with np.errstate(divide="ignore", invalid="ignore"):
        for source, flux in zip(sources, np.nan_to_num(flux_ujy), strict=True):
            model[source.reach] += flux * source.light / planes.ujy_per_mjy_sr[source.reach]
    return np.asarray(model)


def _measurement(
    cutout: Cutout, planes: Planes, source: Source, fit: _GroupFit, number: int
) -> Measurement:
    """Return the row of one source of a fitted group."""
    one = source.located
    if fit.fluxes.reasons[number]:
        return _failure(cutout, planes, one, fit.fluxes.reasons[number])
    wavelength, bandwidth = cutout.spectral.at(one.x_pix, one.y_pix)
    near = pixels_near(cutout, one.x_pix, one.y_pix, one.aperture_pix) & planes.good
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flux_ujy=float(fit.fluxes.flux[number]),
        flux_err_ujy=float(fit.fluxes.flux_err[number]),
        flags=flags_near(cutout, planes.good, one.x_pix, one.y_pix, one.aperture_pix),
        fit_quality=fit_quality(planes.image_mjy_sr, fit.model_mjy_sr, fit.variance_mjy2_sr2, near),
        background_mjy_sr=float(fit.levels_mjy_sr[number]),
        background_err_mjy_sr=float(np.sqrt(source.background.variance_mjy2_sr2)),
        background_is_local=source.background.is_local,
        x_pix=one.x_pix,
        y_pix=one.y_pix,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        n_pix=int(np.count_nonzero(planes.good[source.window])),
        model=one.target.model,
        stamp=cut_stamp(cutout, one.x_pix, one.y_pix, fit.model_mjy_sr),
    )


def _failure(cutout: Cutout, planes: Planes, one: Located, reason: str) -> Measurement:
    """Return the row of a target without a flux, with all that is known nevertheless."""
    wavelength, bandwidth = cutout.spectral.at(one.x_pix, one.y_pix)
    return Measurement(
        exposure=cutout.exposure,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flags=flags_near(cutout, planes.good, one.x_pix, one.y_pix, one.aperture_pix) | FIT_ERROR,
        x_pix=one.x_pix,
        y_pix=one.y_pix,
        ra_deg=one.ra_deg,
        dec_deg=one.dec_deg,
        model=one.target.model,
        reason=reason,
        stamp=cut_stamp(cutout, one.x_pix, one.y_pix, None),
    )
