"""The simulated sky: the same sources at the same places, for whoever asks.

The sky is divided into HEALPix cells (Gorski et al. 2005, ApJ 622, 759). Each small cell of
about 0.74 arcmin^2 holds one to four sources, so that no field is empty; more of them are
filled towards the galactic plane. All properties of a source are functions of its cell and
its number in it.

Number counts rise as 10^(0.28 m) to AB 19.8 (1.5 to 2.3 um). Most galaxies are too small
to be told from points at 6 arcsec resolution and are points here as well.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np
from astropy import units as u
from astropy_healpix.core import (
    healpix_cone_search,
    healpix_to_lonlat,
    lonlat_to_healpix,
    neighbours,
)
from scipy.special import ndtri, pdtrc

from photometry_core.archive.regions import Box
from photometry_core.celestial import TanSip
from photometry_core.simulation.names import NAMED
from photometry_core.simulation.scene import SOURCE_MARGIN_PIX
from photometry_core.simulation.seeds import uniforms
from photometry_core.simulation.sources import Sources, concatenate, make_sources, unit_vectors
from photometry_core.simulation.spectra import (
    TEMPLATES,
    Kind,
    band_mean,
    number_of,
    numbers_of_kind,
)
from photometry_core.types import BoolArray, FloatArray, IntArray

FAINTEST_MAG, BRIGHTEST_MAG = 19.8, 11.4
"""AB magnitudes of the mean flux density over 1.5 to 2.3 um."""

EXTENDED_ARCSEC = 3.0
"""Galaxies with a smaller effective radius are drawn as points."""

_CELL_NSIDE = 512
SMALL_CELL_ORDER = 12
_CHILD_NSIDE = 1 << SMALL_CELL_ORDER
_CHILDREN = (_CHILD_NSIDE // _CELL_NSIDE) ** 2
_MOST_PER_CHILD = 4
_FEW_CELLS = 50
"""Lists of so few cells are kept, for the next exposure of the same field."""

_COUNT_SLOPE = 0.28
_MIX: tuple[tuple[Kind, float], ...] = (
    ("star", 0.62),
    ("galaxy", 0.32),
    ("AGN", 0.015),
    ("quasar", 0.020),
    ("brown dwarf", 0.015),
    ("emission-line object", 0.010),
)
_CLEAR_OF_NAMED_ARCSEC = 30.0
_LARGEST_PIXEL_DEG = 6.35 / 3600
"""Along any direction, the distortion included."""

_GALACTIC_POLE = unit_vectors(192.85948, 27.12825)
_RANDOM_ID = 1000
"""Identifiers below are those of named sources."""


def sources_around(ra_deg: float, dec_deg: float, radius_deg: float) -> Sources:
    """Return all sources within an angle of a position, in order of identifiers.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.
    radius_deg
        The angle; a few degrees at most, since every source is made.
    """
    nearby = sources_of_cells(cells_around(ra_deg, dec_deg, radius_deg))
    separation = nearby.direction @ unit_vectors(ra_deg, dec_deg)
    return nearby.take(separation >= np.cos(np.radians(radius_deg)))


def sources_near_box(wcs: TanSip, box: Box) -> Sources:
    """Return all sources that may shine into a box of pixels, and some more.

    Parameters
    ----------
    wcs
        Celestial WCS in detector pixels.
    box
        Detector pixels.
    """
    ra, dec = wcs.pixel_to_sky(
        np.array([(box.x0 + box.x1 - 1) / 2]), np.array([(box.y0 + box.y1 - 1) / 2])
    )
    ny, nx = box.shape
    radius_pix = math.hypot(nx, ny) / 2 + math.sqrt(2) * SOURCE_MARGIN_PIX
    radius_deg = radius_pix * _LARGEST_PIXEL_DEG
    return sources_of_cells(cells_around(float(ra[0]), float(dec[0]), radius_deg))


def cells_around(ra_deg: float, dec_deg: float, radius_deg: float) -> tuple[int, ...]:
    """Return the cells that reach into a cone, ascending."""
    cells = healpix_cone_search(
        ra_deg * u.deg, dec_deg * u.deg, radius_deg * u.deg, _CELL_NSIDE, order="nested"
    )
    return tuple(sorted(cells.tolist()))


def cells_of_tile(order: int, index: int) -> tuple[int, ...]:
    """Return the cells in a HEALPix cell of an order of 9 at most, and those around it, ascending.

    The margin is about 7 arcmin wide.

    Parameters
    ----------
    order, index
        The cell, in nested numbering.
    """
    count = (_CELL_NSIDE >> order) ** 2
    inside = np.arange(index * count, (index + 1) * count)
    around = np.unique(neighbours(inside, _CELL_NSIDE, order="nested"))
    return tuple(sorted({*inside.tolist(), *around[around >= 0].tolist()}))


def light_of_small_cells(
    cells: IntArray, wavelength_um: FloatArray, bandwidth_um: float
) -> FloatArray:
    """Return the summed flux of the sources that are not named, cell by cell.

    For pictures of large areas: whether a source is there is decided by the density in the
    middle of the 16 cells around it, which makes one in a thousand wrong, and named sources do
    not clear their surroundings.

    Parameters
    ----------
    cells
        HEALPix cells of order `SMALL_CELL_ORDER`, nested, shape (n,).
    wavelength_um, bandwidth_um
        Bandpasses, shape (m,), and their width.

    Returns
    -------
    FloatArray
        Fluxes in uJy, shape (n, m).
    """
    areas, area_of_cell = np.unique(cells >> 4, return_inverse=True)
    longitude, latitude = healpix_to_lonlat(areas, _CHILD_NSIDE >> 2, order="nested")
    direction = unit_vectors(np.degrees(longitude.value), np.degrees(latitude.value))
    slots = range(_MOST_PER_CHILD)
    likely = np.stack([_presence(np.array(slot), direction) for slot in slots], axis=1)
    key = cells[:, None] * _MOST_PER_CHILD + np.array(slots)
    present = uniforms(3, key) < likely[area_of_cell]
    key = key[present]
    flux = _flux_ujy(_magnitudes(uniforms(4, key)))
    template = _templates(uniforms(5, key), uniforms(6, key))
    rows = np.nonzero(present)[0]
    light = [
        np.bincount(rows, flux * colors[template], minlength=cells.size)
        for colors in _template_colors(tuple(wavelength_um.tolist()), bandwidth_um)
    ]
    return np.stack(light, axis=1)


def brightest_of_small_cells(
    cells: IntArray, share: float, wavelength_um: FloatArray, bandwidth_um: float
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the brightest of the sources that are not named.

    Parameters
    ----------
    cells
        HEALPix cells of order `SMALL_CELL_ORDER`, nested, shape (n,).
    share
        Which part of all sources is brightest, 0 to 1.
    wavelength_um, bandwidth_um
        Bandpasses, shape (m,), and their width.

    Returns
    -------
    array
        Index into `cells` of each source, shape (k,).
    array
        Which part of those that are returned is brighter than it, 0 to 1, shape (k,).
    array
        Its color: flux over that in 1.5 to 2.3 um, shape (k, m).
    """
    places = [uniforms(4, cells * _MOST_PER_CHILD + slot) for slot in range(_MOST_PER_CHILD)]
    found = [np.flatnonzero(place < share) for place in places]
    slot = np.repeat(np.arange(_MOST_PER_CHILD), [rows.size for rows in found])
    rows = np.concatenate(found)
    longitude, latitude = healpix_to_lonlat(cells[rows], _CHILD_NSIDE, order="nested")
    direction = unit_vectors(np.degrees(longitude.value), np.degrees(latitude.value))
    key = cells[rows] * _MOST_PER_CHILD + slot
    present = uniforms(3, key) < _presence(slot, direction)
    key = key[present]
    template = _templates(uniforms(5, key), uniforms(6, key))
    colors = _template_colors(tuple(wavelength_um.tolist()), bandwidth_um)
    return rows[present], np.asarray(uniforms(4, key) / share), colors[:, template].T


def mean_light(direction: FloatArray, wavelength_um: FloatArray, bandwidth_um: float) -> FloatArray:
    """Return the mean surface brightness of the sources that are not named, uJy/arcsec^2.

    Parameters
    ----------
    direction
        ICRS unit vectors, shape (n, 3).
    wavelength_um, bandwidth_um
        Bandpasses, shape (m,), and their width.

    Returns
    -------
    FloatArray
        Shape (n, m).
    """
    slots = range(_MOST_PER_CHILD)
    number = np.sum([_presence(np.array(slot), direction) for slot in slots], axis=0)
    flux = _flux_ujy(_magnitudes((np.arange(4096) + 0.5) / 4096)).mean()
    colors = _template_colors(tuple(wavelength_um.tolist()), bandwidth_um)
    share = np.array([share for _, share in _MIX])
    color = [
        share @ np.array([values[list(numbers_of_kind(kind))].mean() for kind, _ in _MIX])
        for values in colors
    ]
    area_arcsec2 = 4 * np.pi * np.degrees(1.0) ** 2 * 3600**2 / (12 * _CHILD_NSIDE**2)
    return np.asarray(number[:, None] * flux * np.array(color) / area_arcsec2)


@cache
def _template_colors(wavelength_um: tuple[float, ...], bandwidth_um: float) -> FloatArray:
    """Flux of every template in bandpasses over its mean over 1.5 to 2.3 um, (m, templates)."""
    every = np.arange(len(TEMPLATES))
    return np.array([band_mean(every, center, bandwidth_um) for center in wavelength_um])


def named_sources() -> Sources:
    """Return the named sources."""
    return _named_sources()[0]


def sources_of_cells(cells: tuple[int, ...]) -> Sources:
    """Return the sources of several cells, in order of identifiers."""
    if len(cells) > _FEW_CELLS:
        return concatenate([_cell_sources(cell) for cell in cells])
    return _sources_of_few_cells(cells)


@lru_cache(maxsize=64)
def _sources_of_few_cells(cells: tuple[int, ...]) -> Sources:
    return concatenate([_cell_sources(cell) for cell in cells])


@lru_cache(maxsize=4096)
def _cell_sources(cell: int) -> Sources:
    """Make the sources of one cell."""
    children = cell * _CHILDREN + np.arange(_CHILDREN)
    key = (children[:, None] * _MOST_PER_CHILD + np.arange(_MOST_PER_CHILD)).ravel()
    longitude, latitude = healpix_to_lonlat(
        np.repeat(children, _MOST_PER_CHILD),
        _CHILD_NSIDE,
        dx=uniforms(1, key),
        dy=uniforms(2, key),
        order="nested",
    )
    ra, dec = np.degrees(longitude.value), np.degrees(latitude.value)
    direction = unit_vectors(ra, dec)
    present = uniforms(3, key) < _presence(key % _MOST_PER_CHILD, direction)
    present &= ~_near_named(direction)
    key, ra, dec = key[present], ra[present], dec[present]

    mag = _magnitudes(uniforms(4, key))
    template = _templates(uniforms(5, key), uniforms(6, key))
    radius = _effective_radii(mag, template, uniforms(7, key))
    extended = radius > 0
    made = make_sources(
        source_id=_RANDOM_ID + key,
        ra_deg=ra,
        dec_deg=dec,
        template=template,
        scale_ujy=_flux_ujy(mag),
        sersic_index=np.where(extended, np.where(uniforms(8, key) < 0.7, 1.0, 4.0), 0.0),
        effective_radius_arcsec=radius,
        axis_ratio=np.where(extended, 0.3 + 0.7 * uniforms(9, key), 1.0),
        position_angle_deg=np.where(extended, 180.0 * uniforms(10, key), 0.0),
    )
    named, cells = _named_sources()
    return concatenate([named.take(cells == cell), made])


def _presence(slot: IntArray, direction: FloatArray) -> FloatArray:
    """Probability that the nth place of a small cell is taken; that of the first is 1."""
    sin_latitude = np.abs(direction @ _GALACTIC_POLE)
    mean = 0.45 + 1.0 * np.exp(-sin_latitude / 0.15)
    return np.where(slot == 0, 1.0, pdtrc(np.maximum(slot - 1, 0), mean))


def _near_named(direction: FloatArray) -> BoolArray:
    named, _ = _named_sources()
    closest = (direction @ named.direction.T).max(axis=1)
    return np.asarray(closest > np.cos(np.radians(_CLEAR_OF_NAMED_ARCSEC / 3600)))


def _magnitudes(uniform: FloatArray) -> FloatArray:
    lowest = 10 ** (_COUNT_SLOPE * (BRIGHTEST_MAG - FAINTEST_MAG))
    return np.asarray(FAINTEST_MAG + np.log10(lowest + (1 - lowest) * uniform) / _COUNT_SLOPE)


def _flux_ujy(ab_mag: FloatArray) -> FloatArray:
    return np.asarray(10 ** ((23.9 - ab_mag) / 2.5))


def _templates(kind_uniform: FloatArray, member_uniform: FloatArray) -> IntArray:
    bounds = np.cumsum([share for _, share in _MIX])
    kind = np.minimum(np.searchsorted(bounds, kind_uniform, side="right"), len(_MIX) - 1)
    members, count = _members()
    return np.asarray(members[kind, (member_uniform * count[kind]).astype(np.int64)])


@cache
def _members() -> tuple[IntArray, IntArray]:
    """Templates of every kind of the mix, padded to a rectangle, and how many there are."""
    lists = [numbers_of_kind(kind) for kind, _ in _MIX]
    table = np.zeros((len(lists), max(map(len, lists))), np.int64)
    for row, numbers in zip(table, lists, strict=True):
        row[: len(numbers)] = numbers
    return table, np.array([len(numbers) for numbers in lists])


def _effective_radii(mag: FloatArray, template: IntArray, uniform: FloatArray) -> FloatArray:
    """Effective radii in arcsec of galaxies large enough to be resolved, else 0."""
    typical = 3.6 * 10 ** (-0.15 * (mag - 14.5))
    radius = typical * 10 ** (0.2 * ndtri(np.clip(uniform, 1e-4, 1 - 1e-4)))
    galaxy = np.isin(template, numbers_of_kind("galaxy"))
    return np.where(galaxy & (radius >= EXTENDED_ARCSEC), np.minimum(radius, 19.0), 0.0)


@cache
def _named_sources() -> tuple[Sources, IntArray]:
    """The named sources, and the cell of each."""
    ra, dec = np.array([s.ra_deg for s in NAMED]), np.array([s.dec_deg for s in NAMED])
    sources = make_sources(
        source_id=np.arange(len(NAMED)),
        ra_deg=ra,
        dec_deg=dec,
        template=np.array([number_of(s.template) for s in NAMED]),
        scale_ujy=_flux_ujy(np.array([s.ab_mag for s in NAMED])),
        sersic_index=np.array([s.sersic_index for s in NAMED]),
        effective_radius_arcsec=np.array([s.effective_radius_arcsec for s in NAMED]),
        axis_ratio=np.array([s.axis_ratio for s in NAMED]),
        position_angle_deg=np.array([s.position_angle_deg for s in NAMED]),
        motions=[s.motion for s in NAMED],
    )
    return sources, np.asarray(
        lonlat_to_healpix(ra * u.deg, dec * u.deg, _CELL_NSIDE, order="nested")
    )
