"""Tiles of the simulated sky: the right source in the right pixel, and no seams."""

import struct
import zlib

import numpy as np
import pytest
from astropy import units as u
from astropy_healpix.core import healpix_to_lonlat, lonlat_to_healpix, neighbours

from explorer.sky.tiles import png
from photometry_core.simulation import sky
from photometry_core.simulation.names import find_named
from photometry_core.simulation.sky_image import (
    TILE_PIX,
    pixel_in_picture,
    tile_picture,
    whole_sky_picture,
)
from photometry_core.simulation.sources import unit_vectors

BANDS_UM = np.array([3.6, 2.1, 1.1])


def nested_number(row, column):
    """Number of a pixel in its tile: south at the top left, east at the bottom left."""
    number = 0
    for bit in range(8):
        number |= (row >> bit & 1) << (2 * bit) | (column >> bit & 1) << (2 * bit + 1)
    return number


def separation_arcsec(one, other):
    return np.degrees(np.linalg.norm(one - other, axis=-1)) * 3600


@pytest.mark.parametrize("order", [3, 4, 6, 8])
@pytest.mark.parametrize("name", ["HD 12533", "M 31"])
def test_a_named_source_is_the_brightest_at_its_place(name, order):
    source = find_named(name)
    index, row, column = pixel_in_picture(order, source.ra_deg, source.dec_deg)
    lon, lat = healpix_to_lonlat(
        index * TILE_PIX**2 + nested_number(row, column), 1 << (order + 8), order="nested"
    )
    pixel = unit_vectors(lon.deg, lat.deg)
    width_arcsec = 58.6 * 3600 / 2 ** (order + 8)
    assert separation_arcsec(pixel, unit_vectors(source.ra_deg, source.dec_deg)) < width_arcsec
    picture = tile_picture(order, index).sum(axis=-1)
    box = picture[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    # A pixel of order 3 is 1.7 arcmin wide, and may hold as much light of others.
    assert picture[row, column] >= 0.95 * box.max()
    assert picture[row, column] > 3 * np.median(picture)


def test_galaxies_lie_along_their_position_angles():
    galaxy = find_named("M 31")
    index, _, _ = pixel_in_picture(8, galaxy.ra_deg, galaxy.dec_deg)
    picture = tile_picture(8, index).sum(axis=-1)
    angle = np.radians(galaxy.position_angle_deg)
    shades = {}
    for name, turned in (("major", angle), ("minor", angle + np.pi / 2)):
        ra = galaxy.ra_deg + 0.008 * np.sin(turned) / np.cos(np.radians(galaxy.dec_deg))
        tile, *there = pixel_in_picture(
            8, float(ra), float(galaxy.dec_deg + 0.008 * np.cos(turned))
        )
        assert tile == index
        shades[name] = int(picture[tuple(there)])
    assert shades["major"] > 1.5 * shades["minor"]


@pytest.mark.parametrize(("order", "index"), [(7, 16_383), (8, 43_345)])
def test_tiles_continue_in_their_neighbours(order, index):
    """Across an edge shades change no more than from pixel to pixel within a tile."""
    nside = 1 << (order + 8)
    whole = np.arange(TILE_PIX)
    pictures = {}

    def shade(pixels):
        tiles, within = np.divmod(pixels, TILE_PIX**2)
        values = np.empty(pixels.size)
        for tile in np.unique(tiles).tolist():
            if tile not in pictures:
                numbers = nested_number(whole[:, None], whole[None, :])
                flat = np.empty(TILE_PIX**2)
                flat[numbers] = tile_picture(order, tile).mean(axis=-1)
                pictures[tile] = flat
            here = tiles == tile
            values[here] = pictures[tile][within[here]]
        return values

    for edge in (nested_number(whole, 0), nested_number(whole, 255),
                 nested_number(0, whole), nested_number(255, whole)):  # fmt: skip
        pixels = index * TILE_PIX**2 + edge
        around = neighbours(pixels, nside, order="nested")[::2]
        own = shade(pixels)
        steps = [np.abs(shade(side) - own) for side in around]
        crosses = [np.mean(side // TILE_PIX**2 != index) > 0.9 for side in around]
        assert sum(crosses) == 1
        across = np.mean(steps[crosses.index(True)])
        inward = np.mean([np.mean(s) for s, out in zip(steps, crosses, strict=True) if not out])
        assert across < 2 * inward + 0.5


def test_sums_over_cells_are_those_of_the_sources():
    cells = (1_000_000, 1_000_001, 2_500_000)
    for cell in cells:
        small = np.arange(cell * 64, (cell + 1) * 64)
        light = sky.light_of_small_cells(small, BANDS_UM, 0.2).sum(axis=0)
        sources = sky.sources_of_cells((cell,))
        expected = [sources.flux_ujy(band, 0.2).sum() for band in BANDS_UM]
        assert light == pytest.approx(expected, rel=0.02)


def test_the_mean_light_is_that_of_the_sources():
    first = 3_000_000 * 16
    cells = np.arange(first, first + 200_000)
    light = sky.light_of_small_cells(cells, BANDS_UM, 0.2).mean(axis=0)
    lon, lat = healpix_to_lonlat(cells[::500], 4096, order="nested")
    mean = sky.mean_light(unit_vectors(lon.deg, lat.deg), BANDS_UM, 0.2).mean(axis=0)
    area_arcsec2 = 41_252.96 * 3600**2 / (12 * 4096**2)
    assert light == pytest.approx(mean * area_arcsec2, rel=0.05)


def test_a_tile_takes_its_sources_from_a_margin_too():
    cells = sky.cells_of_tile(8, 43_345)
    assert set(range(4 * 43_345, 4 * 43_345 + 4)) < set(cells)
    assert len(cells) == 16
    lon, lat = healpix_to_lonlat(43_345, 256, dx=0.0, dy=0.5, order="nested")
    beside = lonlat_to_healpix(lon, lat + 1 * u.arcmin, 512, order="nested")
    assert int(beside) in cells


def test_pictures_are_the_same_each_time_and_bounded():
    assert (tile_picture(2, 7) == tile_picture(2, 7)).all()
    assert tile_picture(0, 4).shape == (TILE_PIX, TILE_PIX, 3)
    for order, index in ((-1, 0), (9, 0), (3, 768), (0, -1)):
        with pytest.raises(ValueError, match="tile"):
            tile_picture(order, index)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_bright_sources_stand_out_on_tiles_of_large_parts_of_the_sky(order):
    index, _, _ = pixel_in_picture(order, 270.0, 66.56)
    shades = tile_picture(order, index).max(axis=-1).astype(float)
    stars = shades > np.median(shades) + 60
    assert 200 < stars.sum() < 5000
    quarters = stars.reshape(2, 128, 2, 128).sum(axis=(1, 3))
    assert quarters.min() > 0.1 * quarters.sum()
    assert np.median(shades) < 40
    index, row, column = pixel_in_picture(order, 10.68471, 41.26875)
    galaxy = tile_picture(order, index)[row, column].max()
    assert galaxy > np.median(tile_picture(order, index)) + 60


def test_what_stands_out_does_so_in_the_tiles_below():
    above, below = (
        sky.brightest_of_small_cells(62 * 4**10 + np.arange(0, 4**10, step), 7e-4, BANDS_UM, 0.2)
        for step in (4, 1)
    )
    assert 100 < above[0].size < below[0].size / 3
    assert set(above[0] * 4) <= set(below[0])
    cells = 62 * 4**10 + below[0][:20]
    light = sky.light_of_small_cells(cells, BANDS_UM, 0.2)
    least = 10 ** ((23.9 - 11.7) / 2.5)
    assert (light >= 0.999 * least * below[2][:20]).all()


def test_the_whole_sky_in_small_has_the_pixels_of_order_1():
    sheet = whole_sky_picture()
    assert sheet.shape == (29 * 64, 27 * 64, 3)
    assert not sheet[-64:, 13 * 64 :].any()
    rows, columns = np.meshgrid(*2 * [np.arange(TILE_PIX)], indexing="ij")
    flat = np.empty((TILE_PIX**2, 3))
    flat[nested_number(rows, columns)] = tile_picture(1, 15)
    part = np.arange(64)
    numbers = nested_number(part[:, None], part[None, :])
    for tile in (240, 250):
        row, column = divmod(tile, 27)
        small = sheet[row * 64 : (row + 1) * 64, column * 64 : (column + 1) * 64]
        assert np.abs(small - flat[(tile - 240) * 64**2 + numbers]).max() <= 2
        assert small.max() > 100


def test_a_png_file_holds_the_picture():
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    file = png(picture)
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, start = {}, 8
    while start < len(file):
        (size,) = struct.unpack(">I", file[start : start + 4])
        kind, content = file[start + 4 : start + 8], file[start + 8 : start + 8 + size]
        (checksum,) = struct.unpack(">I", file[start + 8 + size : start + 12 + size])
        assert zlib.crc32(kind + content) == checksum
        chunks[kind] = content
        start += size + 12
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (7, 5, 8, 2)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 22)
    assert (rows[:, 0] == 2).all()
    assert (np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(5, 7, 3) == picture).all()
