"""Sources on the pixels of one exposure, before background and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photometry_core.archive.regions import Box
from photometry_core.celestial import TanSip
from photometry_core.simulation import survey
from photometry_core.simulation.focal_plane import LARGEST_DISTORTION_PIX, detector_geometry
from photometry_core.simulation.profiles import (
    POINT_HALF_SIZE_PIX,
    SERSIC_MAX_HALF_SIZE_PIX,
    SersicShape,
    point_profiles,
    sersic_profile,
    sersic_reach_arcsec,
)
from photometry_core.simulation.psf import PsfMixture
from photometry_core.simulation.sources import Sources
from photometry_core.simulation.wavelengths import wavelength_grid
from photometry_core.types import BoolArray, FloatArray, IntArray

UJY_PER_MJY_SR_ARCSEC2 = 1e12 / (180 * 3600 / np.pi) ** 2
"""1 MJy/sr over 1 arcsec^2, in uJy: 23.50443."""

SOURCE_MARGIN_PIX = SERSIC_MAX_HALF_SIZE_PIX + 1
"""Sources so far outside a box may still shine into it."""

_FAINTEST_MJY_SR = 1e-4
"""Galaxies are drawn out to this brightness, 1/100 of the noise."""

_PSF_MARGIN_PIX = 4
"""By so much the PSF spreads the edge of a galaxy."""

_PIXEL_ARCSEC = 6.153


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedSources:
    """Where the sources of a scene are in one exposure, and how bright: the truth.

    Parameters
    ----------
    index
        Indices into the list of sources that was given, shape (n,).
    x_pix, y_pix
        Detector positions.
    wavelength_um, bandwidth_um
        Bandpass there.
    flux_ujy
        Total flux in that bandpass.
    """

    index: IntArray
    x_pix: FloatArray
    y_pix: FloatArray
    wavelength_um: FloatArray
    bandwidth_um: FloatArray
    flux_ujy: FloatArray


def place_sources(pointing: int, detector: int, box: Box, sources: Sources) -> PlacedSources:
    """Return the sources that may shine into a box of pixels of one exposure.

    Parameters
    ----------
    pointing
        Number of a pointing of the survey.
    detector
        1 to 6.
    box
        Detector pixels.
    sources
        Any sources, wherever they are on the sky.
    """
    geometry = detector_geometry(detector)
    center, x_axis, y_axis = survey.axes_of(pointing, detector)
    # Multiplied out, not as a matrix product, whose last bits may depend on its size.
    east, north, up = sources.direction_at(float(survey.mid_mjd(pointing))).T
    depth = east * center[0] + north * center[1] + up * center[2]
    plane_x = np.degrees((east * x_axis[0] + north * x_axis[1] + up * x_axis[2]) / depth)
    plane_y = np.degrees((east * y_axis[0] + north * y_axis[1] + up * y_axis[2]) / depth)
    rough_x, rough_y = geometry.plane_to_undistorted(plane_x, plane_y)
    around = _grown(box, SOURCE_MARGIN_PIX + LARGEST_DISTORTION_PIX)
    index = np.flatnonzero((depth > 0) & _inside(around, rough_x, rough_y))
    x, y = geometry.plane_to_pixel(plane_x[index], plane_y[index])
    extended = sources.sersic_index[index] > 0
    near = _inside(_grown(box, POINT_HALF_SIZE_PIX + 1), x, y)
    near |= extended & _inside(_grown(box, SOURCE_MARGIN_PIX), x, y)
    index, x, y = index[near], x[near], y[near]
    # The table is continued for sources that are just off the detector.
    wavelength, bandwidth = wavelength_grid(detector, survey.release(pointing)).at(x, y)
    return PlacedSources(
        index=index,
        x_pix=x,
        y_pix=y,
        wavelength_um=wavelength,
        bandwidth_um=bandwidth,
        flux_ujy=sources.take(index).flux_ujy(wavelength, bandwidth),
    )


def draw_sources(
    placed: PlacedSources, sources: Sources, mixture: PsfMixture, wcs: TanSip, box: Box
) -> tuple[FloatArray, FloatArray]:
    """Return the light of point sources and of galaxies on a box of pixels.

    Both in uJy per pixel, shape (ny, nx).

    Parameters
    ----------
    placed
        What `place_sources` returned for this box.
    sources
        The list it refers to.
    mixture
        PSF of the detector.
    wcs
        Celestial WCS of the exposure.
    box
        Detector pixels.
    """
    extended = sources.sersic_index[placed.index] > 0
    points = _draw_points(box, mixture, placed, ~extended)
    galaxies = np.zeros(box.shape)
    for number in np.flatnonzero(extended):
        x, y = float(placed.x_pix[number]), float(placed.y_pix[number])
        flux = float(placed.flux_ujy[number])
        half = _half_size_pix(sources, int(placed.index[number]), flux)
        if box.x0 - half <= x + 0.5 <= box.x1 + half and box.y0 - half <= y + 0.5 <= box.y1 + half:
            shape = _shape(sources, int(placed.index[number]), half, wcs, x, y)
            profile, column, row = sersic_profile(mixture, shape, x, y)
            _add(galaxies, box, flux * profile, column, row)
    return points, galaxies


def _draw_points(
    box: Box, mixture: PsfMixture, placed: PlacedSources, which: BoolArray
) -> FloatArray:
    """Add up point sources in their order, so that sums round alike in every box."""
    ny, nx = box.shape
    if not which.any():
        return np.zeros((ny, nx))
    profiles, columns, rows = point_profiles(mixture, placed.x_pix[which], placed.y_pix[which])
    profiles *= placed.flux_ujy[which, None, None]
    steps = np.arange(profiles.shape[1])
    x = columns[:, None] - box.x0 + steps
    y = rows[:, None] - box.y0 + steps
    # What falls outside goes to one element behind the image.
    inside = ((y >= 0) & (y < ny))[:, :, None] & ((x >= 0) & (x < nx))[:, None, :]
    pixel = np.where(inside, y[:, :, None] * nx + x[:, None, :], ny * nx)
    total = np.bincount(pixel.ravel(), weights=profiles.ravel(), minlength=ny * nx + 1)
    return np.asarray(total[:-1].reshape(ny, nx))


def _add(image: FloatArray, box: Box, profile: FloatArray, column: int, row: int) -> None:
    ny, nx = profile.shape
    whole = Box(column, row, column + nx, row + ny)
    part = whole.intersection(box)
    if part.x1 > part.x0 and part.y1 > part.y0:
        image[part.y0 - box.y0 : part.y1 - box.y0, part.x0 - box.x0 : part.x1 - box.x0] += profile[
            part.y0 - row : part.y1 - row, part.x0 - column : part.x1 - column
        ]


def _grown(box: Box, margin_pix: int) -> Box:
    return Box(box.x0 - margin_pix, box.y0 - margin_pix, box.x1 + margin_pix, box.y1 + margin_pix)


def _inside(box: Box, x_pix: FloatArray, y_pix: FloatArray) -> BoolArray:
    return np.asarray((x_pix >= box.x0) & (x_pix < box.x1) & (y_pix >= box.y0) & (y_pix < box.y1))


def _half_size_pix(sources: Sources, index: int, flux_ujy: float) -> int:
    """How far to draw a galaxy."""
    faintest = _FAINTEST_MJY_SR * UJY_PER_MJY_SR_ARCSEC2 / max(flux_ujy, 1e-6)
    reach = sersic_reach_arcsec(
        float(sources.sersic_index[index]),
        float(sources.effective_radius_arcsec[index]),
        float(sources.axis_ratio[index]),
        faintest,
    )
    half = int(np.ceil(reach / _PIXEL_ARCSEC)) + _PSF_MARGIN_PIX
    return min(half, SERSIC_MAX_HALF_SIZE_PIX)


def _shape(
    sources: Sources, index: int, half: int, wcs: TanSip, x_pix: float, y_pix: float
) -> SersicShape:
    """Ellipse of a galaxy on the pixels, through the local WCS."""
    angle = np.radians(sources.position_angle_deg[index])
    major = np.array([np.sin(angle), np.cos(angle)])
    minor = np.array([np.cos(angle), -np.sin(angle)]) * sources.axis_ratio[index]
    on_sky = np.outer(major, major) + np.outer(minor, minor)
    to_pixel = np.linalg.inv(wcs.local_cd_deg(x_pix, y_pix) * 3600)
    to_pixel = to_pixel * sources.effective_radius_arcsec[index]
    return SersicShape(
        index=float(sources.sersic_index[index]),
        covariance_pix2=to_pixel @ on_sky @ to_pixel.T,
        half_size_pix=half,
    )
