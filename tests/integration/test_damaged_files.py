"""Whatever a damaged file holds, the answer is an error about this exposure, or a number."""

import io
import math
import random
import struct
from functools import cache

import pytest
from astropy.io import fits

from photometry_core.archive.regions import Box
from photometry_core.archive.search import ExposureMatch
from photometry_core.byte_source import MemorySource
from photometry_core.errors import ExposureError
from photometry_core.fits_layout import read_hdus
from photometry_core.flags import FIT_ERROR
from photometry_core.forced import measure_exposure
from photometry_core.image_header import read_exposure, read_footprint
from photometry_core.pipeline import measure_match
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sources import point_sources
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import MeasureOptions, Target

POINTINGS, DETECTOR = {"qr2": 20_000, "qr3": 280_000}, 3
VALUES = (
    "NaN",
    "1e400",
    "-1e300",
    "1E-300",
    "-1",
    "0",
    "3",
    "1000000000000",
    "1.5",
    "'x'",
    "T",
    "",
)
N_FILES = 400


@cache
def sound(release: str) -> tuple[int, Target, bytes]:
    """A pointing, a star of it, and the file around that star."""
    pointing = POINTINGS[release]
    ra, dec = survey.celestial_wcs(pointing, DETECTOR).pixel_to_sky(700.3, 1210.8)
    target = Target(name="star", ra_deg=float(ra), dec_deg=float(dec))
    star = point_sources(target.ra_deg, target.dec_deg, 3000.0)
    rendering = render_exposure(pointing, DETECTOR, Box(665, 1175, 735, 1245), star)
    return pointing, target, spectral_image(rendering, "sound.fits").read(0, 10**9)


def damage(data: bytes, headers: list[tuple[int, int]], dice: random.Random) -> bytes:
    """Change values, letters or whole cards of headers, or cut the file off."""
    damaged = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5))):
        start, end = dice.choice(headers)
        card = start + 80 * dice.randrange((end - start) // 80)
        match dice.randrange(8):
            case 0:
                damaged[dice.randrange(start, end)] = dice.randrange(256)
            case 1:
                damaged[card : card + 80] = b" " * 80
            case 2:
                return bytes(damaged[: dice.randrange(len(damaged))])
            case _:
                damaged[card + 10 : card + 80] = dice.choice(VALUES).ljust(70).encode()
    return bytes(damaged)


@pytest.mark.parametrize("release", ["qr2", "qr3"])
@pytest.mark.parametrize("seed", range(4))
def test_damaged_headers(release, seed):
    pointing, target, sound_file = sound(release)
    with fits.open(io.BytesIO(sound_file), disable_image_compression=True) as hdus:
        headers = [(h.fileinfo()["hdrLoc"], h.fileinfo()["datLoc"]) for h in hdus]
    exposure = exposures.exposure(pointing, DETECTOR)
    dice = random.Random(seed)
    reasons = []
    for _ in range(N_FILES):
        source = MemorySource(damage(sound_file, headers, dice), "damaged.fits")
        try:
            index = read_hdus(source, until=frozenset({"IMAGE"}))
            if "IMAGE" in index:
                read_exposure(index["PRIMARY"].header, index["IMAGE"].header, "")
                read_footprint(index["IMAGE"]).covers([target.ra_deg], [target.dec_deg])
            for cutout, _ in read_cutouts(source, exposure, [target], 20):
                measure_exposure(cutout, [target], MeasureOptions())
        except ExposureError as error:
            reasons.append(str(error))
    # Most cards are not read at all, and many values are as good as others.
    assert 0.2 * N_FILES < len(reasons) < 0.95 * N_FILES
    assert all(reasons)


class OneFile:
    """An archive of one file in memory."""

    def __init__(self, data: bytes):
        self.source = MemorySource(data, "damaged.fits")

    def read_cutouts(self, exposure, targets, half_size_pix):
        return read_cutouts(self.source, exposure, targets, half_size_pix)


def measured(data: bytes, pointing: int, target: Target):
    match = ExposureMatch(exposure=exposures.exposure(pointing, DETECTOR), targets=(0,))
    [row] = measure_match(match, [target], OneFile(data), MeasureOptions())
    return row


def place_of(data: bytes, name: str) -> tuple[int, int]:
    """Where the data of an HDU begin, and how many bytes they have."""
    with fits.open(io.BytesIO(data), disable_image_compression=True) as hdus:
        info = hdus[name].fileinfo()
        return info["datLoc"], hdus[name].size


def rows_of(data: bytes, name: str) -> tuple[int, int]:
    with fits.open(io.BytesIO(data), disable_image_compression=True) as hdus:
        return hdus[name].header["NAXIS1"], hdus[name].header["NAXIS2"]


@pytest.mark.parametrize(
    ("release", "name", "byte", "reason"),
    [
        ("qr2", "PSF", 0x00, "a PSF plane sums to 0 instead of 1"),
        ("qr2", "PSF", 0xFF, "a PSF plane sums to nan instead of 1"),
        ("qr2", "PSF", 0x40, "a PSF plane sums to 3.064e+04 instead of 1"),
        ("qr3", "EPSF", 0x00, "no PSF zone within 204 pixels of (700.3, 1210.8)"),
        ("qr3", "EPSF", 0xFF, "HDU EPSF: the centre of a zone is not finite"),
        ("qr3", "EPSF", 0x7F, "no PSF zone within 204 pixels"),
        ("qr2", "WCS-WAVE", 0x00, "HDU WCS-WAVE: control points do not ascend"),
        ("qr3", "WCS-WAVE", 0xFF, "HDU WCS-WAVE: control points do not ascend"),
        ("qr2", "IMAGE", 0xFF, "no background: 0 usable pixels"),
        ("qr2", "VARIANCE", 0x00, "no background: 0 usable pixels"),
        ("qr2", "VARIANCE", 0xFF, "no background: 0 usable pixels"),
        ("qr2", "FLAGS", 0xFF, "no background: 0 usable pixels"),
        ("qr3", "FLAGS", 0xFF, "HDU FLAGS: row 16 has no compressed data"),
    ],
)
def test_overwritten_data_are_a_row_with_a_reason(release, name, byte, reason):
    pointing, target, data = sound(release)
    first, size = place_of(data, name)
    damaged = data[:first] + bytes([byte]) * size + data[first + size :]
    row = measured(damaged, pointing, target)
    assert reason in row.reason
    assert row.flags & FIT_ERROR
    assert math.isnan(row.flux_ujy)
    assert math.isnan(row.flux_err_ujy)


@pytest.mark.parametrize(
    ("release", "name"),
    [("qr2", n) for n in ("IMAGE", "FLAGS", "VARIANCE", "PSF", "WCS-WAVE")]
    + [("qr3", n) for n in ("IMAGE", "FLAGS", "VARIANCE", "EPSF", "WCS-WAVE")],
)
def test_a_file_that_ends_within_its_data_is_a_row_with_a_reason(release, name):
    pointing, target, data = sound(release)
    first, size = place_of(data, name)
    row = measured(data[: first + size // 3], pointing, target)
    assert f"HDU {name} is truncated" in row.reason
    assert row.flags == FIT_ERROR
    assert math.isnan(row.flux_ujy)


def test_zones_whose_planes_are_lost_are_a_row_with_a_reason():
    """The centres are as they should be; of the planes, at the end of every row, nothing is."""
    pointing, target, data = sound("qr3")
    first, _ = place_of(data, "EPSF")
    row_bytes, rows = rows_of(data, "EPSF")
    damaged = bytearray(data)
    plane_bytes = 33 * 33 * 8
    for number in range(rows):
        end = first + (number + 1) * row_bytes
        damaged[end - plane_bytes : end] = bytes(plane_bytes)
    row = measured(bytes(damaged), pointing, target)
    assert row.reason == "a PSF plane sums to 0 instead of 1"
    assert row.flags & FIT_ERROR


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x40])
def test_a_damaged_table_has_no_part_in_the_next_file(byte):
    """Files with the same header share what is known of their zones."""
    pointing, target, data = sound("qr3")
    expected = measured(data, pointing, target)
    first, size = place_of(data, "EPSF")
    # A file of the same header, to be read first, and a file read after it.
    for header_byte in (b"A", b"B"):
        renamed = data.replace(b"'XWIDTH  '", b"'" + header_byte + b"WIDTH  '")
        assert renamed != data
        damaged = renamed[:first] + bytes([byte]) * size + renamed[first + size :]
        assert "no PSF zone" in measured(damaged, pointing, target).reason
        row = measured(renamed, pointing, target)
        assert (row.reason, row.flux_ujy) == ("", expected.flux_ujy)


@pytest.mark.parametrize("value", [0.0, -1.9, float("inf"), float("nan")])
def test_wavelengths_that_make_no_sense_are_a_row_with_a_reason(value):
    pointing, target, data = sound("qr2")
    first, size = place_of(data, "WCS-WAVE")
    # One value, after the control points.
    at = first + size - 4
    damaged = data[:at] + struct.pack(">f", value) + data[at + 4 :]
    row = measured(damaged, pointing, target)
    assert "HDU WCS-WAVE: a wavelength or a width is not finite or not positive" in row.reason
    assert row.flags == FIT_ERROR
    assert math.isnan(row.wavelength_um)


@pytest.mark.parametrize("release", ["qr2", "qr3"])
def test_damaged_tables(release):
    """Bytes at random places of tables: a reason, or a measurement of finite numbers."""
    pointing, target, data = sound(release)
    dice = random.Random(9)
    places = [place_of(data, name) for name in ("PSF" if release == "qr2" else "EPSF", "WCS-WAVE")]
    reasons = []
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(dice.choice((1, 30, 3000))):
            first, size = dice.choice(places)
            damaged[dice.randrange(first, first + size)] = dice.randrange(256)
        row = measured(bytes(damaged), pointing, target)
        assert bool(row.reason) == bool(row.flags & FIT_ERROR)
        assert bool(row.reason) == math.isnan(row.flux_ujy)
        assert bool(row.reason) != math.isfinite(row.flux_err_ujy)
        assert row.reason or (row.wavelength_um > 0 and row.bandwidth_um > 0)
        reasons.append(row.reason)
    assert 5 < sum(map(bool, reasons)) < 60
    assert measured(data, pointing, target).reason == ""
