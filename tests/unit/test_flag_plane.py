"""The FLAGS plane: compressed or not the same, and bits that mean what we think."""

import io

import numpy as np
import pytest
from astropy.io import fits

from photometry_core.byte_source import MemorySource
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import Header
from photometry_core.fits_layout import Hdu, read_hdus
from photometry_core.flag_plane import check_flag_bits, flags_layout, read_flags

SHAPE = (120, 2040)
ALL = (0, SHAPE[1])


def planes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    sparse = np.where(rng.random(SHAPE) < 0.7, 1 << 21, 0)
    sparse[rng.random(SHAPE) < 0.01] |= 1 << 28
    return {
        "flags": sparse.astype(np.int32),
        "zeros": np.zeros(SHAPE, np.int32),
        "anything": rng.integers(-(2**31), 2**31 - 1, SHAPE).astype(np.int32),
    }


def written(plane: np.ndarray, **how) -> tuple[MemorySource, Hdu]:
    """A file with the plane compressed, or as it is without arguments."""
    image = fits.CompImageHDU(plane, **how) if how else fits.ImageHDU(plane)
    image.name = "FLAGS"
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image, fits.ImageHDU(name="NEXT")]).writeto(stream)
    source = MemorySource(stream.getvalue(), "flags.fits")
    return source, read_hdus(source)["FLAGS"]


@pytest.mark.parametrize("name", ["flags", "zeros", "anything"])
def test_compressed_rows_are_those_of_the_plain_plane(name):
    plane = planes()[name]
    plain = written(plane)
    compressed = written(plane, compression_type="RICE_1", tile_shape=(1, SHAPE[1]))
    assert flags_layout(plain[1]).shape == flags_layout(compressed[1]).shape == SHAPE
    for first, last in ((0, 1), (37, 78), (119, 120), (0, 120)):
        for left, right in ((0, SHAPE[1]), (0, 1), (77, 118), (1000, 1041), (2039, 2040)):
            box = (first, last), (left, right)
            found = read_flags(*compressed, *box)
            assert found.dtype == np.int32
            assert np.array_equal(found, plane[first:last, left:right])
            assert np.array_equal(read_flags(*plain, *box), plane[first:last, left:right])


def test_only_the_rows_needed_are_read():
    source, hdu = written(planes()["flags"], compression_type="RICE_1", tile_shape=(1, SHAPE[1]))
    read = []

    class Counting:
        name = source.name

        def read(self, start, end):
            read.append(end - start)
            return source.read(start, end)

    read_flags(Counting(), hdu, (40, 50), ALL)
    assert sum(read) == pytest.approx(hdu.data_bytes * 10 / SHAPE[0], rel=0.05)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"compression_type": "GZIP_1", "tile_shape": (1, 2040)}, "ZCMPTYPE is 'GZIP_1'"),
        ({"compression_type": "RICE_1", "tile_shape": (10, 2040)}, "ZTILE2 is 10, expected 1"),
        ({"compression_type": "RICE_1", "tile_shape": (1, 1020)}, "ZTILE1 is 1020, expected 2040"),
    ],
)
def test_other_compressions_are_refused(how, message):
    source, hdu = written(planes()["flags"], **how)
    with pytest.raises(DataFormatError, match=f"flags.fits: HDU FLAGS: keyword {message}"):
        read_flags(source, hdu, (0, 5), ALL)


def test_damaged_streams_are_refused_or_read_and_never_fail_otherwise():
    plane = planes()["flags"]
    source, hdu = written(plane, compression_type="RICE_1", tile_shape=(1, SHAPE[1]))
    data = source.read(0, 10**9)
    rng = np.random.default_rng(6)
    reasons = []
    for _ in range(300):
        damaged = bytearray(data)
        for at in rng.integers(hdu.data_start, hdu.data_start + hdu.data_bytes, 40):
            damaged[at] = rng.integers(256)
        try:
            found = read_flags(MemorySource(bytes(damaged), "flags.fits"), hdu, (10, 60), ALL)
            assert found.shape == (50, SHAPE[1])
        except DataFormatError as error:
            reasons.append(str(error))
    # A changed bit of a number is not noticed where the rest can still be made sense of.
    assert len(reasons) > 150
    assert all(reason.startswith("flags.fits: HDU FLAGS: ") for reason in reasons)


def test_a_file_that_ends_within_the_stream():
    source, hdu = written(planes()["flags"], compression_type="RICE_1", tile_shape=(1, SHAPE[1]))
    short = MemorySource(source.read(0, hdu.data_start + hdu.data_bytes - 100), "flags.fits")
    assert read_flags(short, hdu, (0, 50), ALL).shape == (50, SHAPE[1])
    with pytest.raises(DataFormatError, match="HDU FLAGS is truncated"):
        read_flags(short, hdu, (100, 120), ALL)


def header(*cards: tuple[str, object]) -> Header:
    return Header("a.fits", "FLAGS", "".join(str(fits.Card(*card)) for card in cards).encode())


@pytest.mark.parametrize(
    "cards",
    [
        [("MP_HOT", 10), ("HIERARCH MP_SUR_ERROR", 2)],
        [("MSKN0000", "TRANSIENT"), ("MSKM0000", 1), ("MSKN0001", "HOT"), ("MSKM0001", 1024)],
        [("MSKM0017", 131072), ("MSKN0017", "PERSIST")],
        [("MSKN0000", "NEW_ONE"), ("MSKM0000", 256)],
    ],
)
def test_bits_that_agree(cards):
    check_flag_bits(header(*cards))


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ([], "has no MP_ or MSKN keywords"),
        ([("MP_HOT", 11)], "MP_HOT is bit 11, expected 10"),
        ([("HIERARCH MP_SUR_ERROR", 3)], "MP_SUR_ERROR is bit 3, expected 2"),
        ([("MSKN0003", "HOT"), ("MSKM0003", 2048)], r"MSKM0003 \(HOT\) is bit 11, expected 10"),
        ([("MSKN0003", "HOT"), ("MSKM0003", 10)], "MSKM0003, the mask of HOT, is 10, expected a"),
        ([("MSKN0003", "HOT"), ("MSKM0003", 0)], "mask of HOT, is 0, expected a power of two"),
        ([("MSKN0003", "HOT")], "no keyword MSKM0003"),
        ([("MSKN0003", "HOT"), ("MSKM0003", "x")], "MSKM0003 is 'x', expected a whole number"),
    ],
)
def test_bits_that_mean_something_else_are_refused(cards, message):
    with pytest.raises(DataFormatError, match=message):
        check_flag_bits(header(*cards))
