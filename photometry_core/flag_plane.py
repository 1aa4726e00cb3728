"""The FLAGS plane of a Spectral Image, plain (QR2) or tile-compressed (QR3).

A compressed plane is a table with one tile, here one row of pixels, per row (FITS standard
4.0, section 10). Only the rows needed are read, and of them only what is left of the last
column needed is decompressed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from photometry_core.byte_source import ByteSource
from photometry_core.content_cache import ContentCache
from photometry_core.errors import DataFormatError
from photometry_core.fits_header import Header
from photometry_core.fits_layout import Hdu
from photometry_core.flags import BY_NAME
from photometry_core.kernel.rice import decode_rows

_BIT_KEYWORDS = ("MP_", "MSKN", "MSKM")
_LONG_NAME = re.compile(rb"HIERARCH MP_([A-Z_]{6,}) *=")
_NUMBERED_NAME = re.compile(r"MSKN(\d{4})")
_DESCRIPTOR = re.compile(r"[01]?([PQ])([BIJ])(?:\(\d*\))?")
_NUMBER_BYTES = {"P": 4, "Q": 8}
_ALGORITHM = "RICE_1"
_COMPRESSED_COLUMN = "COMPRESSED_DATA"
_PIXEL_BYTES = 4
_MAX_COLUMNS = 9
_BLOCK_SIZES = (16, 32)
_MAX_TILE_BYTES = 100_000
"""A row of 2040 numbers of 32 bits has 8160 bytes; compression does not make it much longer."""

_NUMBERS = range(1, _MAX_COLUMNS + 1)
_LAYOUT_KEYWORDS = (
    "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BSCALE", "BZERO", "ZSCALE", "ZZERO",
    "ZIMAGE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZNAXIS1", "ZNAXIS2", "ZTILE1", "ZTILE2",
    "TFIELDS", *(f"ZNAME{n}" for n in _NUMBERS), *(f"ZVAL{n}" for n in _NUMBERS),
)  # fmt: skip


class FlagLayout(NamedTuple):
    """How a FLAGS plane is stored.

    Parameters
    ----------
    shape
        Shape of the plane.
    block
        Values per block of a compressed row; 0 if the plane is not compressed.
    """

    shape: tuple[int, ...]
    block: int


_LAYOUTS: ContentCache[FlagLayout] = ContentCache(256)
_ACCEPTED_BITS: ContentCache[None] = ContentCache(64)


def flags_layout(hdu: Hdu) -> FlagLayout:
    """Return how the FLAGS plane is stored.

    Raises
    ------
    DataFormatError
        It is not of 32-bit integers, is scaled, or compressed in a way unknown here.
    """
    return _LAYOUTS.get(hdu.header.content(_LAYOUT_KEYWORDS), lambda: _layout(hdu))


def read_flags(
    source: ByteSource, hdu: Hdu, rows: tuple[int, int], columns: tuple[int, int]
) -> npt.NDArray[np.int32]:
    """Read a box of the FLAGS plane.

    Parameters
    ----------
    source, hdu
        The file and its FLAGS HDU.
    rows, columns
        The first row, or column, and the one after the last.

    Returns
    -------
    ndarray
        Shape (rows, columns).

    Raises
    ------
    DataFormatError
        The plane is damaged, truncated, or compressed in a way unknown here.
    """
    (_, width), block = flags_layout(hdu)
    if not block:
        return hdu.read_window(source, rows, columns, ">i4").astype(np.int32)
    (y0, y1), (x0, x1) = rows, columns
    values = np.empty((y1 - y0, x1 - x0), np.int32)
    stream, starts, lengths = _read_tiles(source, hdu, y0, y1)
    damaged = decode_rows(stream, starts, lengths, block, x0, values)
    if damaged >= 0:
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: row {y0 + damaged} can't be decompressed: its "
            f"{lengths[damaged]} bytes are not {width} numbers by {_ALGORITHM}"
        )
    return values


def _layout(hdu: Hdu) -> FlagLayout:
    header = hdu.header
    compressed = "ZIMAGE" in header and header.logical("ZIMAGE")
    header.expect("ZBITPIX" if compressed else "BITPIX", 8 * _PIXEL_BYTES)
    for scaling in ("BSCALE", "BZERO", "ZSCALE", "ZZERO"):
        if scaling in header:
            raise DataFormatError(f"{header.file}: HDU {hdu.name} is scaled by {scaling}")
    if not compressed:
        return FlagLayout(hdu.shape, 0)
    header.expect("XTENSION", "BINTABLE")
    header.expect("ZCMPTYPE", _ALGORITHM)
    header.expect("ZNAXIS", 2)
    shape = header.integer("ZNAXIS2"), header.integer("ZNAXIS1")
    # Without these cards tiles are rows.
    for axis, expected in ((1, shape[1]), (2, 1)):
        if f"ZTILE{axis}" in header:
            header.expect(f"ZTILE{axis}", expected)
    header.expect("NAXIS2", shape[0])
    block = _BLOCK_SIZES[-1]
    for n in _NUMBERS:
        name = header.text(f"ZNAME{n}") if f"ZNAME{n}" in header else ""
        if name == "BYTEPIX":
            header.expect(f"ZVAL{n}", _PIXEL_BYTES)
        if name == "BLOCKSIZE":
            block = header.integer(f"ZVAL{n}")
            if block not in _BLOCK_SIZES:
                raise DataFormatError(
                    f"{header.file}: HDU {hdu.name}: ZVAL{n}, the block size, is {block}, "
                    "expected 16 or 32"
                )
    return FlagLayout(shape, block)


def check_flag_bits(header: Header) -> None:
    """Refuse a FLAGS plane whose bits mean something else than ours.

    QR2 headers name bits by ``MP_<name>`` = bit, QR3 headers by pairs of ``MSKNnnnn`` = name
    and ``MSKMnnnn`` = 2**bit. Names unknown here are left alone.

    Raises
    ------
    DataFormatError
        A bit differs, a mask is not a single bit, or the header names no bit at all.
    """
    content = header.content_beginning(_BIT_KEYWORDS)
    _ACCEPTED_BITS.get(content, lambda: _check_bits(header))


def _check_bits(header: Header) -> None:
    found = [
        (keyword, keyword.removeprefix("MP_"), header.integer(keyword))
        for keyword in header.keywords(("MP_",))
    ]
    long_names = map(_LONG_NAME.match, header.long_cards(("MP_",)))
    for long in (match[1].decode() for match in long_names if match):
        found.append((f"MP_{long}", long, header.integer(f"MP_{long}")))
    for match in filter(None, map(_NUMBERED_NAME.fullmatch, header.keywords(("MSKN",)))):
        number = match[1]
        name, mask = header.text(f"MSKN{number}"), header.integer(f"MSKM{number}")
        if mask <= 0 or mask & (mask - 1):
            raise DataFormatError(
                f"{header.file}: HDU FLAGS: MSKM{number}, the mask of {name}, is {mask}, "
                "expected a power of two"
            )
        found.append((f"MSKM{number} ({name})", name, mask.bit_length() - 1))
    if not found:
        raise DataFormatError(
            f"{header.file}: HDU FLAGS has no MP_ or MSKN keywords that name its bits"
        )
    for keyword, name, bit in found:
        flag = BY_NAME.get(name)
        if flag is not None and flag.bit != bit:
            raise DataFormatError(
                f"{header.file}: HDU FLAGS: {keyword} is bit {bit}, expected {flag.bit}"
            )


class _Column(NamedTuple):
    """A column of descriptors: its offset in a row, and the bytes of a number there."""

    name: str
    start: int
    number_bytes: int


def _read_tiles(
    source: ByteSource, hdu: Hdu, first: int, last: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read compressed rows: a stream, and where each begins there and how long it is."""
    header = hdu.header
    row_bytes = header.integer("NAXIS1")
    columns = _columns(header, row_bytes)
    data = hdu.read(source, first * row_bytes, last * row_bytes)
    table = np.frombuffer(data, np.uint8).reshape(last - first, row_bytes)
    lengths = np.zeros(last - first, np.int64)
    offsets = np.zeros(last - first, np.int64)
    for column in columns:
        part = table[:, column.start : column.start + 2 * column.number_bytes]
        pairs = np.ascontiguousarray(part).view(f">i{column.number_bytes}").astype(np.int64)
        if column.name == _COMPRESSED_COLUMN:
            lengths, offsets = np.ascontiguousarray(pairs.T)
        elif pairs[:, 0].any():
            raise DataFormatError(
                f"{source.name}: HDU {hdu.name}: row {first + int(pairs[:, 0].argmax())} has data "
                f"in the column {column.name}, expected all in {_COMPRESSED_COLUMN}"
            )
    if lengths.min() <= 0:
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: row {first + int(lengths.argmin())} has no "
            "compressed data"
        )
    heap = header.integer("THEAP") if "THEAP" in header else row_bytes * header.integer("NAXIS2")
    start, longest = int(offsets.min()), int(lengths.max())
    stop = max(map(sum, zip(offsets.tolist(), lengths.tolist(), strict=True)))
    there = start >= 0 and heap >= 0 and heap + stop <= hdu.data_bytes
    if not there or longest > _MAX_TILE_BYTES or stop - start > _MAX_TILE_BYTES * (last - first):
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: the compressed data of rows {first} to {last - 1} "
            "are not where the table says"
        )
    stream = np.frombuffer(hdu.read(source, heap + start, heap + stop), np.uint8)
    return stream, offsets - start, lengths


def _columns(header: Header, row_bytes: int) -> list[_Column]:
    """Return the columns of the table, all of descriptors."""
    columns, start = [], 0
    fields = header.integer("TFIELDS")
    for n in range(1, fields + 1):
        name, form = header.text(f"TTYPE{n}"), header.text(f"TFORM{n}")
        match = _DESCRIPTOR.fullmatch(form)
        if match is None or (name == _COMPRESSED_COLUMN and match[2] != "B"):
            raise DataFormatError(
                f"{header.file}: HDU {header.hdu}: TFORM{n} is {form!r}, expected a column of "
                "variable length" + (" of bytes" if match else "")
            )
        size = _NUMBER_BYTES[match[1]]
        columns.append(_Column(name, start, size))
        start += 2 * size
    if start != row_bytes:
        raise DataFormatError(
            f"{header.file}: HDU {header.hdu}: its columns have {start} bytes, NAXIS1 is "
            f"{row_bytes}"
        )
    if sum(column.name == _COMPRESSED_COLUMN for column in columns) != 1:
        raise DataFormatError(
            f"{header.file}: HDU {header.hdu} has not one column {_COMPRESSED_COLUMN}"
        )
    return columns
