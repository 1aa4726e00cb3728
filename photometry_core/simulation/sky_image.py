"""Pictures of the simulated sky in HEALPix tiles.

A tile of order k is a HEALPix cell of that order, and its pixels are the `TILE_PIX` times
`TILE_PIX` cells in it, as in a HiPS (IVOA Recommendation, 2017). A pixel of a low order holds
hundreds of sources, one of a high order a part of a source. So there are three ways to fill
pixels: with the mean of what is in that part of the sky, on which some of its brightest sources
stand out as on a star chart, with the sum of the sources in each, and with the images of the
sources. Colours are those of three bandpasses of the instrument.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy_healpix.core import healpix_to_lonlat, lonlat_to_healpix
from scipy.spatial import KDTree

from photometry_core.simulation import sky
from photometry_core.simulation.diffuse import zodiacal_light_towards
from photometry_core.simulation.profiles import gaussian_expansion
from photometry_core.simulation.sources import Sources, unit_vectors
from photometry_core.types import FloatArray, IntArray

TILE_ORDER = 8
"""Orders from a tile to its pixels."""

TILE_PIX = 1 << TILE_ORDER
PICTURE_VERSION = 2
"""Raised when the same sky gets other pictures."""

MAX_ORDER = 8
"""Pixels of 3.2 arcsec; those of the detectors have 6.2, and the images of stars about 6."""

_WHOLE_SKY_ORDER, _WHOLE_SKY_COLUMNS, _WHOLE_SKY_TILE_PIX = 3, 27, 64
_WHOLE_SKY_REPEATED = 4
"""It is smooth, and made of fewer pixels than it has."""

_LAST_MEAN_ORDER = 2
_ONE_CELL_OF = (16, 16, 4)
"""In pictures of these orders one cell of so many is looked at for sources that stand out."""
_BRIGHTEST_SHARE = 1.2e-3
"""Of the sources there so many do."""
_STANDING_OUT_MJY_SR = 6.0
_BESIDE = 0.12
"""Light of their pixel that each of the four pixels beside it has."""
_LAST_SUM_ORDER = sky.SMALL_CELL_ORDER - TILE_ORDER

_BANDS_UM = np.array([3.6, 2.1, 1.1])
"""Shown as red, green and blue."""
_BAND_WIDTH_UM = 0.2

_STAR_SIGMA_ARCSEC = 2.6
_LEAST_SIGMA_PIX = 0.55
_REACH_SIGMA = 4.5
_REACH_RADII = {1.0: 8.0, 4.0: 20.0}
"""How far galaxies are drawn, in effective radii, by Sersic index."""

_ARCSEC = math.radians(1 / 3600)
_MJY_SR_OF_UJY_ARCSEC2 = 1e-12 / _ARCSEC**2

_SOFT_MJY_SR = 0.02
_WHITE_MJY_SR = 40.0
_DIFFUSE_SHARE = 0.04
"""The zodiacal light is shown so much fainter than it is: it would drown the sources."""
_CONTRAST = 1.3
_SATURATION = 0.75


def tile_picture(order: int, index: int) -> npt.NDArray[np.uint8]:
    """Return the picture of a tile.

    Parameters
    ----------
    order
        0 to `MAX_ORDER`.
    index
        Number of the tile, nested, 0 to 12 * 4**order - 1.

    Returns
    -------
    array
        Red, green and blue, shape (TILE_PIX, TILE_PIX, 3), first row at the top, as HiPS wants
        it: the corner in the south is at the top left, that in the east at the bottom left.
    """
    if not (0 <= order <= MAX_ORDER and 0 <= index < 12 * 4**order):
        raise ValueError(f"tile {index} of order {order}")
    pixels = index * TILE_PIX**2 + np.arange(TILE_PIX**2)
    direction = _directions(pixels, order + TILE_ORDER)
    if order <= _LAST_MEAN_ORDER:
        light = sky.mean_light(direction, _BANDS_UM, _BAND_WIDTH_UM) * _MJY_SR_OF_UJY_ARCSEC2
        light += _standing_out(order, index)
    elif order <= _LAST_SUM_ORDER:
        light = _summed_light(order, pixels) + _light_of_named(order, index)
    else:
        light = _imaged_light(order, index, direction)
    diffuse = zodiacal_light_towards(direction, _BANDS_UM)
    return _stretched(light, diffuse)[_nested_numbers(TILE_PIX)]


def whole_sky_picture() -> npt.NDArray[np.uint8]:
    """Return a small picture of each tile of order 3, side by side as HiPS wants them.

    Returns
    -------
    array
        Red, green and blue, shape (29 * 64, 27 * 64, 3): the tiles follow each other along the
        rows, from the top.
    """
    width = _WHOLE_SKY_TILE_PIX
    tiles = 12 * 4**_WHOLE_SKY_ORDER
    shades = [_shades_of_tile_of_order_1(index) for index in range(48)]
    pictures = np.concatenate(shades).reshape(tiles, width**2, 3)[:, _nested_numbers(width)]
    rows = -(-tiles // _WHOLE_SKY_COLUMNS)
    sheet = np.zeros((rows * _WHOLE_SKY_COLUMNS, width, width, 3), np.uint8)
    sheet[:tiles] = pictures
    sheet = sheet.reshape(rows, _WHOLE_SKY_COLUMNS, width, width, 3).swapaxes(1, 2)
    return sheet.reshape(rows * width, _WHOLE_SKY_COLUMNS * width, 3)


def _shades_of_tile_of_order_1(index: int) -> npt.NDArray[np.uint8]:
    """Return what a tile shows, in nested order, shape (TILE_PIX**2, 3).

    Its pixels are those of the small pictures of order 3. The map shows whichever of both it got
    last, so that they have to be alike; only their mean light is made of fewer pixels.
    """
    fewer = _WHOLE_SKY_REPEATED**2
    pixel_order = 1 + TILE_ORDER - (fewer.bit_length() - 1) // 2
    n_coarse = TILE_PIX**2 // fewer
    direction = _directions(index * n_coarse + np.arange(n_coarse), pixel_order)
    light = sky.mean_light(direction, _BANDS_UM, _BAND_WIDTH_UM) * _MJY_SR_OF_UJY_ARCSEC2
    diffuse = zodiacal_light_towards(direction, _BANDS_UM)
    return _stretched(
        light.repeat(fewer, axis=0) + _standing_out(1, index), diffuse.repeat(fewer, axis=0)
    )


def pixel_in_picture(order: int, ra_deg: float, dec_deg: float) -> tuple[int, int, int]:
    """Return the tile that shows a position, and the row and column there.

    Parameters
    ----------
    order
        Of the tile.
    ra_deg, dec_deg
        ICRS position.
    """
    pixel = int(
        lonlat_to_healpix(
            ra_deg * u.deg, dec_deg * u.deg, 1 << (order + TILE_ORDER), order="nested"
        )
    )
    index, within = divmod(pixel, TILE_PIX**2)
    row, column = np.argwhere(_nested_numbers(TILE_PIX) == within)[0].tolist()
    return index, row, column


@cache
def _nested_numbers(width: int) -> IntArray:
    """Number within its tile of every pixel of a picture, shape (width, width)."""
    bits = np.arange(width)
    spread = np.zeros(width, np.int64)
    for bit in range(width.bit_length()):
        spread |= (bits >> bit & 1) << (2 * bit)
    # The first coordinate of a HEALPix cell runs from south to east, which is downwards here; the
    # second from south to west, to the right.
    return np.asarray(spread[:, None] | spread[None, :] << 1)


def _directions(pixels: IntArray, order: int) -> FloatArray:
    longitude, latitude = healpix_to_lonlat(pixels, 1 << order, order="nested")
    return unit_vectors(np.degrees(longitude.value), np.degrees(latitude.value))


def _pixel_arcsec2(order: int) -> float:
    return float(4 * math.pi / (12 * 4 ** (order + TILE_ORDER)) / _ARCSEC**2)


def _summed_light(order: int, pixels: IntArray) -> FloatArray:
    """Light of the sources in each pixel, MJy/sr, shape (n, 3)."""
    per_pixel = 4 ** (_LAST_SUM_ORDER - order)
    cells = np.arange(pixels[0] * per_pixel, (pixels[-1] + 1) * per_pixel)
    flux = sky.light_of_small_cells(cells, _BANDS_UM, _BAND_WIDTH_UM)
    flux = flux.reshape(pixels.size, per_pixel, -1).sum(axis=1)
    return np.asarray(flux / _pixel_arcsec2(order) * _MJY_SR_OF_UJY_ARCSEC2)


def _standing_out(order: int, index: int) -> FloatArray:
    """Light of named and of bright sources as if their pixels were not so large, shape (n, 3).

    Looking at all cells would take seconds. What stands out does so in the orders below as well.
    """
    first_pixel = index * TILE_PIX**2
    per_pixel = 4 ** (sky.SMALL_CELL_ORDER - TILE_ORDER - order)
    cells = np.arange(
        first_pixel * per_pixel, (first_pixel + TILE_PIX**2) * per_pixel, _ONE_CELL_OF[order]
    )
    which, rank, color = sky.brightest_of_small_cells(
        cells, _BRIGHTEST_SHARE, _BANDS_UM, _BAND_WIDTH_UM
    )
    light = np.zeros((TILE_PIX**2, _BANDS_UM.size))
    pixel = cells[which] // per_pixel - first_pixel
    np.add.at(light, pixel, _STANDING_OUT_MJY_SR * (1 - rank[:, None]) ** 4 * color)
    light += 4 ** (_LAST_MEAN_ORDER + 1 - order) * _light_of_named(order, index)
    return _widened(light)


def _widened(light: FloatArray) -> FloatArray:
    """Return light of the pixels of a tile with a part of it in the pixels beside each."""
    numbers = _nested_numbers(TILE_PIX)
    picture = light[numbers]
    wide = picture.copy()
    for axis in (0, 1):
        for way in (1, -1):
            beside = np.roll(picture, way, axis)
            # What leaves the tile on one side doesn't come in on the other.
            np.moveaxis(beside, axis, 0)[0 if way == 1 else -1] = 0.0
            wide += _BESIDE * beside
    spread = np.empty_like(light)
    spread[numbers] = wide
    return spread


def _light_of_named(order: int, index: int) -> FloatArray:
    """Light of the named sources, each in the pixel that holds it, MJy/sr, shape (n, 3)."""
    light = np.zeros((TILE_PIX**2, _BANDS_UM.size))
    named = sky.named_sources()
    nside = 1 << (order + TILE_ORDER)
    pixel = lonlat_to_healpix(named.ra_deg * u.deg, named.dec_deg * u.deg, nside, order="nested")
    (here,) = np.nonzero(pixel // TILE_PIX**2 == index)
    flux = _colors(named.take(here)) / _pixel_arcsec2(order) * _MJY_SR_OF_UJY_ARCSEC2
    np.add.at(light, pixel[here] % TILE_PIX**2, flux)
    return light


def _imaged_light(order: int, index: int, direction: FloatArray) -> FloatArray:
    """Light of the images of the sources, MJy/sr, shape (n, 3)."""
    sigma = max(_STAR_SIGMA_ARCSEC, _LEAST_SIGMA_PIX * math.sqrt(_pixel_arcsec2(order)))
    sources = sky.sources_of_cells(sky.cells_of_tile(order, index))
    extended = sources.effective_radius_arcsec > 0
    pixels = KDTree(direction, balanced_tree=False)
    light = _light_of_points(sources.take(~extended), pixels, direction.shape[0], sigma)
    galaxies = sources.take(extended)
    for number, flux in enumerate(_colors(galaxies)):
        which, profile = _galaxy(galaxies, number, pixels, direction, sigma)
        light[which] += profile[:, None] * flux
    return light * _MJY_SR_OF_UJY_ARCSEC2


def _light_of_points(
    points: Sources, pixels: KDTree, n_pixels: int, sigma_arcsec: float
) -> FloatArray:
    """Gaussian images of point sources, uJy/arcsec^2, shape (n_pixels, 3)."""
    sigma = sigma_arcsec * _ARCSEC
    near = pixels.sparse_distance_matrix(
        KDTree(points.direction), _REACH_SIGMA * sigma, output_type="ndarray"
    )
    # Chords instead of angles: they differ by 1e-9 here.
    profile = np.exp(-0.5 * (near["v"] / sigma) ** 2) / (2 * math.pi * sigma_arcsec**2)
    flux = _colors(points)
    light = [
        np.bincount(near["i"], profile * flux[near["j"], band], minlength=n_pixels)
        for band in range(_BANDS_UM.size)
    ]
    return np.stack(light, axis=1)


def _galaxy(
    galaxies: Sources, number: int, pixels: KDTree, direction: FloatArray, sigma_arcsec: float
) -> tuple[IntArray, FloatArray]:
    """Pixels that a galaxy reaches, and its image of unit flux there, per arcsec^2."""
    index = float(galaxies.sersic_index[number])
    radius = float(galaxies.effective_radius_arcsec[number])
    reach = _REACH_RADII[index] * radius + _REACH_SIGMA * sigma_arcsec
    center = galaxies.direction[number]
    which = np.array(pixels.query_ball_point(center, reach * _ARCSEC), dtype=np.int64)
    along, across = _along_axes(
        direction[which],
        galaxies.ra_deg[number],
        galaxies.dec_deg[number],
        galaxies.position_angle_deg[number],
    )
    profile = np.zeros(which.size)
    for weight, width in zip(*gaussian_expansion(index), strict=True):
        major = math.hypot(width * radius, sigma_arcsec)
        minor = math.hypot(width * radius * float(galaxies.axis_ratio[number]), sigma_arcsec)
        profile += (
            weight
            / (2 * math.pi * major * minor)
            * np.exp(-0.5 * ((along / major) ** 2 + (across / minor) ** 2))
        )
    return which, profile


def _along_axes(
    direction: FloatArray, ra_deg: float, dec_deg: float, position_angle_deg: float
) -> tuple[FloatArray, FloatArray]:
    """Offsets from a position along the axes of an ellipse, arcsec."""
    ra, dec, angle = np.radians([ra_deg, dec_deg, position_angle_deg])
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    to_east, to_north = direction @ east / _ARCSEC, direction @ north / _ARCSEC
    return (
        np.sin(angle) * to_east + np.cos(angle) * to_north,
        np.cos(angle) * to_east - np.sin(angle) * to_north,
    )


def _colors(sources: Sources) -> FloatArray:
    """Fluxes in the three bandpasses, uJy, shape (n, 3)."""
    bands = [sources.flux_ujy(center, _BAND_WIDTH_UM) for center in _BANDS_UM.tolist()]
    return np.stack(bands, axis=-1)


def _stretched(light: FloatArray, diffuse: FloatArray) -> npt.NDArray[np.uint8]:
    """Shades of light, MJy/sr: linear where it is faint, logarithmic where it is bright."""
    level = light + _DIFFUSE_SHARE * diffuse
    # One factor for all colours, so that bright stars keep theirs.
    mean = level.mean(axis=-1, keepdims=True)
    factor = np.arcsinh(mean / _SOFT_MJY_SR) / math.asinh(_WHITE_MJY_SR / _SOFT_MJY_SR)
    color = 1 + _SATURATION * (level / mean - 1)
    shade = color * factor**_CONTRAST
    return np.asarray(np.clip(np.rint(255 * shade), 0, 255), dtype=np.uint8)
