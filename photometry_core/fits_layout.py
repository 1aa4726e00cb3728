"""Where each HDU's data lie in a FITS file, read without touching the data.

Only what Spectral Images use: no random groups and no compressed images. FITS standard
4.0 (https://fits.gsfc.nasa.gov/fits_standard.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.byte_source import ByteSource
from photometry_core.content_cache import ContentCache
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import CARD_BYTES, Header

BLOCK_BYTES = 2880
_FIRST_READ_BYTES = 10 * BLOCK_BYTES
_MAX_HEADER_BYTES = 200 * BLOCK_BYTES
_MAX_HDUS = 50
_WHOLE_ROWS_BYTES = 100_000
"""Up to this many bytes, one read of whole rows takes less time than one of each row."""

_MAX_AXES = 9
_END = b"END".ljust(CARD_BYTES)


@dataclass(frozen=True, slots=True, eq=False)
class Hdu:
    """One HDU.

    Parameters
    ----------
    name
        EXTNAME, or ``PRIMARY`` for the first.
    header
        Its cards.
    shape
        Shape of the data array, slowest axis first.
    data_start
        Offset of the first byte of data in the file.
    data_bytes
        Number of bytes of data, without padding.
    """

    name: str
    header: Header
    shape: tuple[int, ...]
    data_start: int
    data_bytes: int

    def read(self, source: ByteSource, start: int, end: int) -> bytes:
        """Return bytes `start` to `end` of the data.

        Raises
        ------
        DataFormatError
            The file ends before.
        """
        data = source.read(self.data_start + start, self.data_start + end)
        if len(data) != end - start:
            raise DataFormatError(
                f"{source.name}: HDU {self.name} is truncated: the file ends at byte "
                f"{self.data_start + start + len(data)}, expected at least "
                f"{self.data_start + end}"
            )
        return data

    def read_window(
        self, source: ByteSource, rows: tuple[int, int], columns: tuple[int, int], dtype: str
    ) -> npt.NDArray[Any]:
        """Return a part of an image.

        Parameters
        ----------
        source
            The file.
        rows, columns
            The first row, or column, and the one after the last.
        dtype
            Type of the pixels in the file.

        Raises
        ------
        DataFormatError
            The file ends before.
        """
        (y0, y1), (x0, x1), width = rows, columns, self.shape[-1]
        pixel_bytes = np.dtype(dtype).itemsize
        row_bytes = width * pixel_bytes
        if (y1 - y0) * row_bytes <= _WHOLE_ROWS_BYTES:
            data = self.read(source, y0 * row_bytes, y1 * row_bytes)
            return np.frombuffer(data, dtype).reshape(y1 - y0, width)[:, x0:x1]
        start, size = y0 * row_bytes + x0 * pixel_bytes, (x1 - x0) * pixel_bytes
        data = self.read_pieces(source, start, size, row_bytes, y1 - y0)
        return np.frombuffer(data, dtype).reshape(y1 - y0, x1 - x0)

    def read_pieces(
        self, source: ByteSource, start: int, size: int, stride: int, count: int
    ) -> bytes:
        """Return pieces of the data: see `ByteSource.read_pieces`.

        Raises
        ------
        DataFormatError
            The file ends before.
        """
        data = source.read_pieces(self.data_start + start, size, stride, count)
        if len(data) != size * count:
            raise DataFormatError(
                f"{source.name}: HDU {self.name} is truncated: the file ends before byte "
                f"{self.data_start + start + stride * (count - 1) + size}"
            )
        return data


class HduWalk:
    """The HDUs of a FITS file, walked through as far as they are asked for.

    Parameters
    ----------
    source
        The file.
    """

    __slots__ = ("_count", "_ended", "_hdus", "_offset", "_source")

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._hdus: dict[str, Hdu] = {}
        self._count = self._offset = 0
        self._ended = False

    def until(self, names: frozenset[str] | None) -> dict[str, Hdu]:
        """Walk until HDUs of all these names were met, or to the end of the file.

        Returns
        -------
        dict
            HDUs met so far by name, in the order of the file.

        Raises
        ------
        DataFormatError
            It is not a FITS file, or a header is incomplete.
        """
        while not self._ended and (names is None or not names <= self._hdus.keys()):
            self._next()
        return self._hdus

    def _next(self) -> None:
        raw = None
        if self._count < _MAX_HDUS:
            raw = _read_header(self._source, self._offset, number=self._count)
            if raw is None:
                _refuse_truncated(self._source, self._hdus)
        if raw is None:
            self._ended = True
            return
        header_bytes = math.ceil((len(raw) + CARD_BYTES) / BLOCK_BYTES) * BLOCK_BYTES
        name = f"number {self._count}" if self._count else "PRIMARY"
        header = Header(self._source.name, name, raw)
        content = header.content(_LAYOUT_KEYWORDS)
        extension, shape, data_bytes = _LAYOUTS.get(content, lambda: _layout(header))
        if self._count:
            header.hdu = extension or name
        start = self._offset + header_bytes
        self._hdus.setdefault(header.hdu, Hdu(header.hdu, header, shape, start, data_bytes))
        self._offset = start + math.ceil(data_bytes / BLOCK_BYTES) * BLOCK_BYTES
        self._count += 1


def read_hdus(source: ByteSource, until: frozenset[str] | None = None) -> dict[str, Hdu]:
    """Walk through the headers of a FITS file.

    Parameters
    ----------
    source
        The file.
    until
        Stop as soon as all HDUs of these names were met; `None` walks to the end.

    Returns
    -------
    dict
        HDUs by name, in the order of the file.

    Raises
    ------
    DataFormatError
        It is not a FITS file, or a header is incomplete.
    """
    return HduWalk(source).until(until)


def _refuse_truncated(source: ByteSource, hdus: dict[str, Hdu]) -> None:
    """Refuse a file that ends before the data of its last HDU do."""
    last = next(reversed(hdus.values()))
    end = last.data_start + last.data_bytes
    if last.data_bytes and not source.read(end - 1, end):
        raise DataFormatError(
            f"{source.name}: HDU {last.name} is truncated: the file ends before byte {end}"
        )


def _read_header(source: ByteSource, offset: int, *, number: int) -> bytes | None:
    """Return the header at an offset without its END card; `None` at the end of the file."""
    raw = source.read(offset, offset + _FIRST_READ_BYTES)
    if number == 0 and raw[:30] != b"SIMPLE  =                    T":
        raise DataFormatError(f"{source.name}: not a FITS file")
    if number and raw[:8] != b"XTENSION":
        if not raw.strip(b" \0"):
            return None
        raise DataFormatError(
            f"{source.name}: no extension begins at byte {offset}, where the HDU before it ends"
        )
    while True:
        end = raw.find(_END)
        while end % CARD_BYTES and end > 0:
            end = raw.find(_END, end + 1)
        if end >= 0:
            return raw[:end]
        more = source.read(offset + len(raw), offset + len(raw) + _FIRST_READ_BYTES)
        if not more or len(raw) > _MAX_HEADER_BYTES:
            raise DataFormatError(
                f"{source.name}: the header of HDU number {number} is incomplete: no END card"
            )
        raw += more


_LAYOUT_KEYWORDS = (
    "EXTNAME", "BITPIX", "PCOUNT", "NAXIS", *(f"NAXIS{n}" for n in range(1, _MAX_AXES + 1)),
)  # fmt: skip
_LAYOUTS: ContentCache[tuple[str, tuple[int, ...], int]] = ContentCache(256)


def _layout(header: Header) -> tuple[str, tuple[int, ...], int]:
    """Return the name of an extension, the shape of its array, and the bytes of data."""
    name = header.text("EXTNAME") if "EXTNAME" in header else ""
    header.hdu = name or header.hdu
    axes = header.integer("NAXIS")
    if not 0 <= axes <= _MAX_AXES:
        raise DataFormatError(
            f"{header.file}: HDU {header.hdu}: NAXIS is {axes}, expected 0 to {_MAX_AXES}"
        )
    shape = tuple(header.integer(f"NAXIS{n}") for n in range(axes, 0, -1))
    parameters = header.integer("PCOUNT") if axes and "PCOUNT" in header else 0
    if min(parameters, *shape, 0) < 0:
        raise DataFormatError(f"{header.file}: HDU {header.hdu} has a negative size")
    if not axes:
        return name, shape, 0
    return name, shape, abs(header.integer("BITPIX")) // 8 * (math.prod(shape) + parameters)
