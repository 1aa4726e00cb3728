"""FITS headers and where each HDU's data lie, read without touching the data.

Only what Spectral Images use: no random groups and no compressed images. FITS standard
4.0 (https://fits.gsfc.nasa.gov/fits_standard.html); HIERARCH keywords as ESO defined them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from photometry_core.byte_source import ByteSource
from photometry_core.errors import DataFormatError

BLOCK_BYTES = 2880
_CARD_BYTES = 80
_FIRST_READ_BYTES = 10 * BLOCK_BYTES
_MAX_HEADER_BYTES = 200 * BLOCK_BYTES
_MAX_HDUS = 50
_END = re.compile(rb"END {77}")

CardValue = str | int | float | bool


@lru_cache(maxsize=64)
def _index(raw: bytes) -> dict[bytes, bytes]:
    """Return the value field of every keyword of a header.

    The headers of planes that are the same in every file are the longest, so that it pays
    to remember some.
    """
    cards = {}
    for start in range(0, len(raw), _CARD_BYTES):
        card = raw[start : start + _CARD_BYTES]
        if card[8:10] == b"= ":
            cards[card[:8].rstrip()] = card[10:]
        elif card.startswith(b"HIERARCH "):
            keyword, equals, value = card[9:].partition(b"=")
            if equals:
                cards[keyword.strip()] = value
    return cards


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
    _cards: dict[bytes, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._cards = _index(self.raw)

    def __contains__(self, keyword: str) -> bool:
        return keyword.encode("latin-1") in self._cards

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

    def _value(self, keyword: str) -> CardValue:
        try:
            raw = self._cards[keyword.encode("latin-1")]
        except KeyError:
            raise DataFormatError(f"{self.file}: HDU {self.hdu} has no keyword {keyword}") from None
        text = raw.decode("latin-1").strip()
        if text.startswith("'"):
            quoted = re.match(r"'((?:[^']|'')*)'", text)
            if quoted is None:
                raise DataFormatError(
                    f"{self.file}: HDU {self.hdu}: keyword {keyword} has an unclosed text"
                )
            return quoted.group(1).replace("''", "'").rstrip()
        plain = text.partition("/")[0].strip()
        if plain in ("T", "F"):
            return plain == "T"
        try:
            return int(plain)
        except ValueError:
            pass
        try:
            return float(plain.replace("D", "E").replace("d", "e"))
        except ValueError:
            raise DataFormatError(
                f"{self.file}: HDU {self.hdu}: keyword {keyword} has no readable value: {plain!r}"
            ) from None


@dataclass(frozen=True, slots=True, eq=False)
class Hdu:
    """One HDU.

    Parameters
    ----------
    name
        EXTNAME, or ``PRIMARY`` for the first.
    header
        Its cards.
    data_start
        Offset of the first byte of data in the file.
    data_bytes
        Number of bytes of data, without padding.
    """

    name: str
    header: Header
    data_start: int
    data_bytes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data array, slowest axis first."""
        axes = self.header.integer("NAXIS")
        return tuple(self.header.integer(f"NAXIS{n}") for n in range(axes, 0, -1))

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
    hdus: dict[str, Hdu] = {}
    offset = 0
    while len(hdus) < _MAX_HDUS and not (until is not None and until <= hdus.keys()):
        raw = _read_header(source, offset, number=len(hdus))
        if raw is None:
            _refuse_truncated(source, hdus)
            break
        header_bytes = math.ceil((len(raw) + _CARD_BYTES) / BLOCK_BYTES) * BLOCK_BYTES
        header = Header(source.name, "PRIMARY" if not hdus else f"number {len(hdus)}", raw)
        if hdus:
            header.hdu = header.text("EXTNAME") if "EXTNAME" in header else header.hdu
        data_start = offset + header_bytes
        data_bytes = _data_bytes(header)
        hdus.setdefault(header.hdu, Hdu(header.hdu, header, data_start, data_bytes))
        offset = data_start + math.ceil(data_bytes / BLOCK_BYTES) * BLOCK_BYTES
    return hdus


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
    if number and not raw.strip(b" \0"):
        return None
    if number and raw[:8] != b"XTENSION":
        raise DataFormatError(
            f"{source.name}: no extension begins at byte {offset}, where the HDU before it ends"
        )
    while True:
        for match in _END.finditer(raw):
            if match.start() % _CARD_BYTES == 0:
                return raw[: match.start()]
        more = source.read(offset + len(raw), offset + len(raw) + _FIRST_READ_BYTES)
        if not more or len(raw) > _MAX_HEADER_BYTES:
            raise DataFormatError(
                f"{source.name}: the header of HDU number {number} is incomplete: no END card"
            )
        raw += more


def _data_bytes(header: Header) -> int:
    axes = header.integer("NAXIS")
    if axes == 0:
        return 0
    elements = math.prod(header.integer(f"NAXIS{n}") for n in range(1, axes + 1))
    parameters = header.integer("PCOUNT") if "PCOUNT" in header else 0
    total = abs(header.integer("BITPIX")) // 8 * (elements + parameters)
    if total < 0:
        raise DataFormatError(f"{header.file}: HDU {header.hdu} has a negative size")
    return total
