"""Headers and data positions against astropy, and damaged files."""

import io

import numpy as np
import pytest
from astropy.io import fits

from photometry_core.byte_source import MemorySource
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import read_hdus


def make_file() -> bytes:
    image = fits.ImageHDU(np.arange(35, dtype=">f4").reshape(5, 7), name="IMAGE")
    image.header["BUNIT"] = "MJy / sr"
    image.header["QUOTE"] = "it's"
    image.header["HIERARCH L2 N_SOURCE"] = 2939926
    image.header["REAL"] = -1.5e-7
    image.header["FORTRAN"] = 1.0
    image.header["TRUTH"] = True
    # Long enough that one read does not hold the whole header.
    for number in range(600):
        image.header[f"KEY{number}"] = number
    table = fits.BinTableHDU.from_columns(
        [fits.Column("X", "2J", array=np.array([[1, 2]]))], name="WCS-WAVE"
    )
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(stream)
    return stream.getvalue()


def test_values_and_positions_agree_with_astropy():
    data = make_file()
    hdus = read_hdus(MemorySource(data, "a.fits"))
    with fits.open(io.BytesIO(data)) as expected:
        assert list(hdus) == ["PRIMARY", "IMAGE", "WCS-WAVE"]
        for number, hdu in enumerate(hdus.values()):
            assert hdu.data_start == expected[number].fileinfo()["datLoc"]
    header = hdus["IMAGE"].header
    assert hdus["IMAGE"].shape == (5, 7)
    assert header.text("BUNIT") == "MJy / sr"
    assert header.text("QUOTE") == "it's"
    assert header.integer("L2 N_SOURCE") == 2939926
    assert header.number("REAL") == -1.5e-7
    assert header.integer("KEY599") == 599
    raw = hdus["IMAGE"].read(MemorySource(data, "a.fits"), 0, 140)
    assert np.array_equal(np.frombuffer(raw, ">f4"), np.arange(35))


def test_walk_stops_when_all_were_met():
    hdus = read_hdus(MemorySource(make_file(), "a.fits"), until=frozenset({"IMAGE"}))
    assert list(hdus) == ["PRIMARY", "IMAGE"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda h: h.text("NOSUCH"), "a.fits: HDU IMAGE has no keyword NOSUCH"),
        (lambda h: h.integer("BUNIT"), "keyword BUNIT is 'MJy / sr', expected a whole number"),
        (lambda h: h.integer("REAL"), "keyword REAL is -1.5e-07, expected a whole number"),
        (lambda h: h.number("TRUTH"), "keyword TRUTH is True, expected a finite number"),
        (lambda h: h.text("KEY1"), "keyword KEY1 is 1, expected a text"),
        (lambda h: h.expect("BUNIT", "Jy"), "keyword BUNIT is 'MJy / sr', expected 'Jy'"),
    ],
)
def test_wrong_keywords_are_named(ask, message):
    header = read_hdus(MemorySource(make_file(), "a.fits"))["IMAGE"].header
    with pytest.raises(DataFormatError, match=message):
        ask(header)


def test_units_are_compared_without_blanks():
    read_hdus(MemorySource(make_file(), "a.fits"))["IMAGE"].header.expect("BUNIT", "MJy/sr")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: b"<!DOCTYPE html><title>503</title>", "not a FITS file"),
        (lambda _: b"", "not a FITS file"),
        (lambda d: d[:4000], "the header of HDU number 1 is incomplete: no END card"),
        (lambda d: d[:2880] + b"\x01" + d[2881:], "no extension begins at byte 2880"),
    ],
)
def test_damaged_files_are_refused(damage, message):
    with pytest.raises(DataFormatError, match=message):
        read_hdus(MemorySource(damage(make_file()), "a.fits"))


def test_truncated_data_are_refused_when_read():
    data = make_file()
    image = read_hdus(MemorySource(data, "a.fits"))["IMAGE"]
    short = MemorySource(data[: image.data_start + 100], "a.fits")
    with pytest.raises(DataFormatError, match="HDU IMAGE is truncated: the file ends at byte"):
        image.read(short, 0, 140)
