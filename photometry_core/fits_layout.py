"""FITS headers and where each HDU's data lie, read without touching the data.

Only what Spectral Images use: no random groups and no compressed images. FITS standard
4.0 (https://fits.gsfc.nasa.gov/fits_standard.html); HIERARCH keywords as ESO defined them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from photometry_core.byte_source import ByteSource
from photometry_core.content_cache import ContentCache
from photometry_core.errors import DataFormatError

BLOCK_BYTES = 2880
CARD_BYTES = 80
_KEYWORD_BYTES = 8
"""Longer keywords stand in HIERARCH cards, and only these."""

_VALUE_START = 10
_BEGINNING = np.dtype(f"V{_VALUE_START}")
_FIXED_BYTES = 20
"""A number in fixed format ends with the 30th column of its card."""

_FIRST_READ_BYTES = 10 * BLOCK_BYTES
_MAX_HEADER_BYTES = 200 * BLOCK_BYTES
_MAX_HDUS = 50
_WHOLE_ROWS_BYTES = 100_000
"""Up to this many bytes, one read of whole rows takes less time than one of each row."""

_MAX_AXES = 9
_END = b"END".ljust(CARD_BYTES)
_TEXT = re.compile(r" *'((?:[^']|'')*)'")
_NUMBER = re.compile(
    rb" *([+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([EeDd][+-]?[0-9]+)?) *(?:/.*)?", re.DOTALL
)

CardValue = str | int | float | bool


CardContent = tuple[tuple[str, ...] | bytes, ...]
"""Which of some keywords a header has, and their cards: a key to what was made of them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cards:
    """Where the cards of a header are: value fields by keyword, and HIERARCH cards.

    `parts` and `chosen` remember what was looked for before.
    """

    values: dict[str, int]
    hierarch: tuple[int, ...]
    parts: dict[tuple[str, ...], tuple[tuple[str, ...], list[slice]]] = field(default_factory=dict)
    chosen: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def parts_with(self, keywords: tuple[str, ...]) -> tuple[tuple[str, ...], list[slice]]:
        """Return the keywords that are there, and the parts of the header with their cards."""
        if keywords not in self.parts:
            there = tuple(keyword for keyword in keywords if keyword in self.values)
            parts: list[slice] = []
            for start in sorted({self.values[keyword] - _VALUE_START for keyword in there}):
                first = parts.pop().start if parts and parts[-1].stop == start else start
                parts.append(slice(first, start + CARD_BYTES))
            self.parts[keywords] = there, parts
        return self.parts[keywords]

    def beginning_with(self, beginnings: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keywords that begin with one of these texts."""
        if beginnings not in self.chosen:
            self.chosen[beginnings] = tuple(
                keyword for keyword in self.values if keyword.startswith(beginnings)
            )
        return self.chosen[beginnings]


@lru_cache(maxsize=256)
def _find_cards(beginnings: bytes) -> _Cards:
    """Return where the values of a header are, from the first ten bytes of all its cards.

    The headers of the same HDU of different files differ in few keywords, if in any.
    """
    values, hierarch = {}, []
    for number in range(len(beginnings) // _VALUE_START):
        card = beginnings[number * _VALUE_START : (number + 1) * _VALUE_START]
        start = number * CARD_BYTES
        if card.endswith(b"= "):
            values[card[:8].decode("latin-1").rstrip()] = start + _VALUE_START
        elif card.startswith(b"HIERARCH "):
            hierarch.append(start)
    return _Cards(values, tuple(hierarch))


@lru_cache(maxsize=64)
def _long_beginnings(beginnings: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(f"HIERARCH {beginning}".encode("latin-1") for beginning in beginnings)


@dataclass(slots=True, eq=False)
class Header:
    """The cards of one HDU, parsed when asked for.

    Parameters
    ----------
    file, hdu
        What to call them in messages.
    raw
        The header's bytes, END card left out.
    """

    file: str
    hdu: str
    raw: bytes
    _cards: _Cards = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = len(self.raw) // CARD_BYTES
        beginnings = np.ndarray((count,), _BEGINNING, self.raw or b" ", 0, (CARD_BYTES,))
        self._cards = _find_cards(beginnings.tobytes())

    def __contains__(self, keyword: str) -> bool:
        return self._field(keyword) is not None

    def content(self, keywords: tuple[str, ...]) -> CardContent:
        """Return which of these keywords there are, and their cards."""
        there, parts = self._cards.parts_with(keywords)
        raw = self.raw
        return (there, *[raw[part] for part in parts])

    def content_beginning(self, beginnings: tuple[str, ...]) -> CardContent:
        """Return which keywords begin with one of these texts, and their cards."""
        content = self.content(self._cards.beginning_with(beginnings))
        return (*content, *self.long_cards(beginnings)) if self._cards.hierarch else content

    def keywords(self, beginnings: tuple[str, ...]) -> tuple[str, ...]:
        """Return the keywords that begin with one of these texts, HIERARCH cards left out."""
        return self._cards.beginning_with(beginnings)

    def long_cards(self, beginnings: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return the HIERARCH cards whose keywords begin with one of these texts."""
        wanted = _long_beginnings(beginnings)
        cards = [self.raw[start : start + CARD_BYTES] for start in self._cards.hierarch]
        return tuple([card for card in cards if card.startswith(wanted)])

    def text(self, keyword: str) -> str:
        """Return a string value, without trailing blanks."""
        value = self._value(keyword)
        if not isinstance(value, str):
            raise self._wrong(keyword, value, "a text")
        return value

    def integer(self, keyword: str) -> int:
        """Return an integer value."""
        value = self._value(keyword)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(keyword, value, "a whole number")
        return value

    def number(self, keyword: str) -> float:
        """Return a finite numeric value."""
        start = self._cards.values.get(keyword)
        if start is not None:
            digits = self.raw[start : start + _FIXED_BYTES + 1]
            # A blank behind it: the number does not go on. Underscores are no part of numbers.
            if digits.endswith(b" ") and b"_" not in digits:
                try:
                    number = float(digits)
                except ValueError:
                    number = math.nan
                if math.isfinite(number):
                    return number
        value = self._value(keyword)
        if isinstance(value, bool | str) or not math.isfinite(value):
            raise self._wrong(keyword, value, "a finite number")
        return float(value)

    def logical(self, keyword: str) -> bool:
        """Return a logical value."""
        value = self._value(keyword)
        if not isinstance(value, bool):
            raise self._wrong(keyword, value, "T or F")
        return value

    def expect(self, keyword: str, expected: CardValue) -> None:
        """Refuse any value but the expected one; texts are compared without blanks."""
        value = self._value(keyword)
        same = (
            value.replace(" ", "") == expected.replace(" ", "")
            if isinstance(value, str) and isinstance(expected, str)
            else value == expected
        )
        if not same:
            raise self._wrong(keyword, value, repr(expected))

    def _wrong(self, keyword: str, value: CardValue, expected: str) -> DataFormatError:
        return DataFormatError(
            f"{self.file}: HDU {self.hdu}: keyword {keyword} is {value!r}, expected {expected}"
        )

    def _field(self, keyword: str) -> bytes | None:
        """Return what stands behind the equals sign of a card; `None` if there is none."""
        start = self._cards.values.get(keyword)
        if start is not None:
            return self.raw[start : start + CARD_BYTES - _VALUE_START]
        if len(keyword) <= _KEYWORD_BYTES:
            return None
        for start in reversed(self._cards.hierarch):
            name, equals, value = self.raw[start + 9 : start + CARD_BYTES].partition(b"=")
            if equals and name.strip() == keyword.encode("latin-1"):
                return value
        return None

    def _value(self, keyword: str) -> CardValue:
        raw = self._field(keyword)
        if raw is None:
            raise DataFormatError(f"{self.file}: HDU {self.hdu} has no keyword {keyword}")
        number = _NUMBER.fullmatch(raw)
        if number is not None:
            digits, *fractional = number.groups()
            if fractional == [None, None, None]:
                return int(digits)
            return float(digits.upper().replace(b"D", b"E"))
        text = raw.decode("latin-1")
        if text.lstrip().startswith("'"):
            quoted = _TEXT.match(text)
            if quoted is None:
                raise DataFormatError(
                    f"{self.file}: HDU {self.hdu}: keyword {keyword} has an unclosed text"
                )
            return quoted.group(1).replace("''", "'").rstrip()
        plain = text.partition("/")[0].strip()
        if plain in ("T", "F"):
            return plain == "T"
        raise DataFormatError(
            f"{self.file}: HDU {self.hdu}: keyword {keyword} has no readable value: {plain!r}"
        )


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
