"""The stamps of some rows of a spectrum as HDUs of another file, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from astropy.io import fits

from photometry_core.spectrum_files import STAMP_PLANES
from photometry_core.types import IntArray

_ROWS_AT_ONCE = 256
_BLOCK_BYTES = 2880


def write_stamp_hdus(source: Path, rows: IntArray, stream: BinaryIO) -> None:
    """Write stamps as the HDUs IMAGE, VARIANCE, MODEL, FLAGS and PLACE.

    Parameters
    ----------
    source
        The stamps of a saved product.
    rows
        Rows of the product, in the order in which they are written.
    stream
        A FITS file so far, at its end.

    Raises
    ------
    IndexError
        A row does not exist.
    """
    with fits.open(source, memmap=True) as hdus:
        count = hdus["IMAGE"].header["NAXIS3"]
        if rows.size and not (rows.min() >= 0 and rows.max() < count):
            raise IndexError(f"row {rows.max()} of {count} does not exist")
        for name, _, unit in STAMP_PLANES:
            header = _header(name, hdus[name], rows.size, unit)
            _write_hdu(stream, header, _planes(hdus[name], rows))
        places = fits.BinTableHDU(hdus["PLACE"].data[rows], name="PLACE")
        for number in (1, 2, 3):
            places.header[f"TUNIT{number}"] = hdus["PLACE"].header[f"TUNIT{number}"]
        places.header["COMMENT"] = "X0, Y0: detector pixel of the first element, -1 if there is none"
        places.header["COMMENT"] = "CD: local linear WCS; rows as in the table of measurements"
        _write_hdu(stream, places.header, [places.data.tobytes()])


def _header(name: str, hdu: Any, count: int, unit: str) -> Any:
    size = hdu.header["NAXIS1"]
    # The header is made for no rows, and then told how many there are.
    made = fits.ImageHDU(np.zeros((1, size, size), hdu.data.dtype), name=name).header
    made["NAXIS3"] = count
    if unit:
        made["BUNIT"] = unit
    made["COMMENT"] = "One plane per row of the table of measurements, in its order"
    return made


def _planes(hdu: Any, rows: IntArray) -> Iterator[bytes]:
    big_endian = hdu.data.dtype.newbyteorder(">")
    for start in range(0, rows.size, _ROWS_AT_ONCE):
        yield hdu.data[rows[start : start + _ROWS_AT_ONCE]].astype(big_endian).tobytes()


def _write_hdu(stream: BinaryIO, header: Any, parts: Iterator[bytes] | list[bytes]) -> None:
    stream.write(header.tostring().encode("ascii"))
    written = 0
    for part in parts:
        written += len(part)
        stream.write(part)
    stream.write(b"\0" * (-written % _BLOCK_BYTES))
