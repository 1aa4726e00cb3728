"""The FLAGS plane of a Spectral Image, plain (QR2) or tile-compressed (QR3).

A compressed plane is a table with one tile, here one row of pixels, per row (FITS standard
4.0, section 10). The rows needed are made into a table of their own, which astropy
decompresses.
"""

from __future__ import annotations

import re
import warnings
from io import BytesIO

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from photometry_core.byte_source import ByteSource
from photometry_core.errors import DataFormatError
from photometry_core.fits_layout import BLOCK_BYTES, Hdu, Header
from photometry_core.flags import BY_NAME

_CARD_BYTES = 80
_BIT_CARD = re.compile(rb"(?:^|HIERARCH )MP_([A-Z_]+) *= *(\d+)")
_NAME_CARD = re.compile(rb"MSKN(\d{4})= ")
_DESCRIPTOR = re.compile(r"[01]?([PQ])([BIJ])(?:\(\d*\))?")
_NUMBER_BYTES = {"P": 4, "Q": 8}
_ELEMENT_BYTES = {"B": 1, "I": 2, "J": 4}
_COMPRESSION_CARD = re.compile(rb"(?:Z(?:NAME|VAL)\d+ *|TTYPE\d+ *|TFORM\d+ *|TFIELDS *)=")
_MAX_TILE_BYTES = 100_000
"""A row of 2040 numbers of 32 bits has 8160 bytes; compression does not make it much longer."""


def is_compressed(hdu: Hdu) -> bool:
    """Whether an HDU is a tile-compressed image."""
    return "ZIMAGE" in hdu.header and hdu.header.logical("ZIMAGE")


def flags_shape(hdu: Hdu) -> tuple[int, ...]:
    """Return the shape of the FLAGS plane, compressed or not.

    Raises
    ------
    DataFormatError
        It is not of 32-bit integers, is scaled, or compressed in a way unknown here.
    """
    header = hdu.header
    compressed = is_compressed(hdu)
    header.expect("ZBITPIX" if compressed else "BITPIX", 32)
    for scaling in ("BSCALE", "BZERO", "ZSCALE", "ZZERO"):
        if scaling in header:
            raise DataFormatError(f"{header.file}: HDU {hdu.name} is scaled by {scaling}")
    if not compressed:
        return hdu.shape
    header.expect("XTENSION", "BINTABLE")
    header.expect("ZCMPTYPE", "RICE_1")
    header.expect("ZNAXIS", 2)
    shape = header.integer("ZNAXIS2"), header.integer("ZNAXIS1")
    # Without these cards tiles are rows.
    for axis, expected in ((1, shape[1]), (2, 1)):
        if f"ZTILE{axis}" in header:
            header.expect(f"ZTILE{axis}", expected)
    header.expect("NAXIS2", shape[0])
    return shape


def read_flag_rows(source: ByteSource, hdu: Hdu, first: int, last: int) -> npt.NDArray[np.int32]:
    """Read whole rows of the FLAGS plane.

    Parameters
    ----------
    source, hdu
        The file and its FLAGS HDU.
    first, last
        The rows, from `first` up to but not including `last`.

    Returns
    -------
    ndarray
        Shape (last - first, width of the image).

    Raises
    ------
    DataFormatError
        The plane is damaged, truncated, or compressed in a way unknown here.
    """
    _, width = flags_shape(hdu)
    if not is_compressed(hdu):
        data = hdu.read(source, first * width * 4, last * width * 4)
        return np.frombuffer(data, ">i4").astype(np.int32).reshape(-1, width)
    table = _table_of_rows(source, hdu, first, last)
    try:
        with warnings.catch_warnings(), fits.open(BytesIO(table)) as hdus:
            warnings.simplefilter("error")
            rows = np.array(hdus[1].data, dtype=np.int32)
    # Damaged streams make astropy and its codecs fail in any of many ways.
    except Exception as error:
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: rows {first} to {last - 1} can't be decompressed "
            f"({error})"
        ) from error
    if rows.shape != (last - first, width):
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: rows {first} to {last - 1} decompress to the shape "
            f"{rows.shape}"
        )
    return rows


def check_flag_bits(header: Header) -> None:
    """Refuse a FLAGS plane whose bits mean something else than ours.

    QR2 headers name bits by ``MP_<name>`` = bit, QR3 headers by pairs of ``MSKNnnnn`` = name
    and ``MSKMnnnn`` = 2**bit. Names unknown here are left alone.

    Raises
    ------
    DataFormatError
        A bit differs, a mask is not a single bit, or the header names no bit at all.
    """
    raw = header.raw
    cards = [raw[start : start + _CARD_BYTES] for start in range(0, len(raw), _CARD_BYTES)]
    found = [
        (f"MP_{match[1].decode()}", match[1].decode(), int(match[2]))
        for match in map(_BIT_CARD.match, cards)
        if match
    ]
    for match in filter(None, map(_NAME_CARD.match, cards if b"MSKN" in raw else ())):
        number = match[1].decode()
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


def _table_of_rows(source: ByteSource, hdu: Hdu, first: int, last: int) -> bytes:
    """Return a FITS file in which a compressed image has only some of its rows."""
    header = hdu.header
    count, row_bytes = last - first, header.integer("NAXIS1")
    data = hdu.read(source, first * row_bytes, last * row_bytes)
    rows = np.frombuffer(bytearray(data), np.uint8).reshape(count, row_bytes)
    descriptors = _descriptors(header, row_bytes)
    # (length, offset) per tile and column.
    pairs = [rows[:, start : start + 2 * size].view(f">i{size}") for start, size, _ in descriptors]
    lengths = np.stack(
        [
            pair[:, 0].astype(np.int64) * element
            for pair, (_, _, element) in zip(pairs, descriptors, strict=True)
        ]
    )
    offsets = np.stack([pair[:, 1].astype(np.int64) for pair in pairs])
    used = lengths > 0
    if np.any(lengths < 0) or np.any(offsets[used] < 0) or not used.any(axis=0).all():
        raise DataFormatError(f"{source.name}: HDU {hdu.name}: a row has no compressed data")
    start, stop = int(offsets[used].min()), int((offsets + lengths)[used].max())
    heap = header.integer("THEAP") if "THEAP" in header else row_bytes * header.integer("NAXIS2")
    if not 0 <= heap + start < heap + stop <= hdu.data_bytes or lengths.max() > _MAX_TILE_BYTES:
        raise DataFormatError(
            f"{source.name}: HDU {hdu.name}: the compressed data of rows {first} to {last - 1} "
            "are not where the table says"
        )
    stream = hdu.read(source, heap + start, heap + stop)
    for pair, inside in zip(pairs, used, strict=True):
        pair[:, 1] = np.where(inside, pair[:, 1].astype(np.int64) - start, 0)
    body = rows.tobytes() + stream
    cards = _compression_cards(header, count, row_bytes, len(stream))
    return _PRIMARY + _block(cards, b" ") + _block(body, b"\0")


def _descriptors(header: Header, row_bytes: int) -> list[tuple[int, int, int]]:
    """Offset in a row, bytes per number, and bytes per element, of all descriptors."""
    found, start = [], 0
    for n in range(1, header.integer("TFIELDS") + 1):
        form = header.text(f"TFORM{n}")
        match = _DESCRIPTOR.fullmatch(form)
        if match is None:
            raise DataFormatError(
                f"{header.file}: HDU {header.hdu}: TFORM{n} is {form!r}, expected a column of "
                "variable length"
            )
        size = _NUMBER_BYTES[match[1]]
        found.append((start, size, _ELEMENT_BYTES[match[2]]))
        start += 2 * size
    if start != row_bytes or not found:
        raise DataFormatError(
            f"{header.file}: HDU {header.hdu}: its columns have {start} bytes, NAXIS1 is "
            f"{row_bytes}"
        )
    return found


def _compression_cards(header: Header, count: int, row_bytes: int, heap_bytes: int) -> bytes:
    """Return the header of a table of `count` tiles, with the cards about the compression."""
    raw = header.raw
    cards = (raw[start : start + _CARD_BYTES] for start in range(0, len(raw), _CARD_BYTES))
    kept = b"".join(card for card in cards if _COMPRESSION_CARD.match(card))
    width = header.integer("ZNAXIS1")
    return b"".join(
        [
            _card("XTENSION", "'BINTABLE'"),
            _card("BITPIX", 8),
            _card("NAXIS", 2),
            _card("NAXIS1", row_bytes),
            _card("NAXIS2", count),
            _card("PCOUNT", heap_bytes),
            _card("GCOUNT", 1),
            kept,
            _card("ZIMAGE", "T"),
            _card("ZBITPIX", 32),
            _card("ZNAXIS", 2),
            _card("ZNAXIS1", width),
            _card("ZNAXIS2", count),
            _card("ZTILE1", width),
            _card("ZTILE2", 1),
            _card("ZCMPTYPE", "'RICE_1  '"),
            b"END".ljust(_CARD_BYTES),
        ]
    )


def _card(keyword: str, value: str | int) -> bytes:
    return f"{keyword:<8}= {value:>20}".ljust(_CARD_BYTES).encode("ascii")


def _block(data: bytes, fill: bytes) -> bytes:
    return data + fill * (-len(data) % BLOCK_BYTES)


_PRIMARY = _block(
    _card("SIMPLE", "T") + _card("BITPIX", 8) + _card("NAXIS", 0) + b"END".ljust(_CARD_BYTES), b" "
)
