"""The stamps of some rows of a spectrum as HDUs of another file, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits

from photometry_core.product_names import STAMP_PLANES
from photometry_core.stamp_cubes import Stamps, empty_stamps
from photometry_core.types import STAMP_SIZE_PIX, IntArray

_ROWS_AT_ONCE = 256
_BLOCK_BYTES = 2880
_PLACE = np.dtype([("X0", ">i4"), ("Y0", ">i4"), ("CD", ">f8", (4,))])


def write_stamp_hdus(
    read: Callable[[Sequence[int]], Stamps], rows: IntArray, stream: BinaryIO
) -> None:
    """Write stamps as the HDUs IMAGE, VARIANCE, MODEL, FLAGS and PLACE.

    Parameters
    ----------
    read
        Returns the stamps of some rows.
    rows
        Numbers of the rows, in the order in which they are written.
    stream
        A FITS file so far, at its end; it need not be able to go back.
    """
    for name, field, unit in STAMP_PLANES:
        parts = (getattr(stamps, field) for stamps in _portions(read, rows))
        dtype = getattr(empty_stamps(0), field).dtype
        big_endian = dtype.newbyteorder(">")
        header = _header(name, dtype, rows.size, unit)
        _write_hdu(stream, header, (part.astype(big_endian).tobytes() for part in parts))
    _write_places(read, rows, stream)


def _portions(read: Callable[[Sequence[int]], Stamps], rows: IntArray) -> Iterator[Stamps]:
    for start in range(0, rows.size, _ROWS_AT_ONCE):
        yield read(rows[start : start + _ROWS_AT_ONCE].tolist())


def _write_places(
    read: Callable[[Sequence[int]], Stamps], rows: IntArray, stream: BinaryIO
) -> None:
    places = np.zeros(rows.size, _PLACE)
    done = 0
    for stamps in _portions(read, rows):
        part = places[done : done + len(stamps.origin_pix)]
        part["X0"], part["Y0"] = stamps.origin_pix.T
        part["CD"] = stamps.cd_deg.reshape(-1, 4)
        done += len(part)
    header = fits.BinTableHDU(places, name="PLACE").header
    for number, unit in enumerate(("pix", "pix", "deg"), start=1):
        header[f"TUNIT{number}"] = unit
    header["COMMENT"] = "X0, Y0: detector pixel of the first element, -1 if there is none"
    header["COMMENT"] = "CD: local linear WCS; rows as in the table of measurements"
    _write_hdu(stream, header, iter((places.tobytes(),)))


def _header(name: str, dtype: Any, count: int, unit: str) -> Any:
    # The header is made for one row, and then told how many there are.
    made = fits.ImageHDU(np.zeros((1, STAMP_SIZE_PIX, STAMP_SIZE_PIX), dtype), name=name).header
    made["NAXIS3"] = count
    if unit:
        made["BUNIT"] = unit
    made["COMMENT"] = "One plane per row of the table of measurements, in its order"
    return made


def _write_hdu(stream: BinaryIO, header: Any, parts: Iterator[bytes]) -> None:
    stream.write(header.tostring().encode("ascii"))
    written = 0
    for part in parts:
        written += len(part)
        stream.write(part)
    stream.write(b"\0" * (-written % _BLOCK_BYTES))
