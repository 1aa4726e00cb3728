"""The cards of a FITS header.

FITS standard 4.0 (https://fits.gsfc.nasa.gov/fits_standard.html); HIERARCH keywords as ESO
defined them. Headers of one HDU differ little between files: where the cards are is
remembered, and values are parsed when asked for.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from photometry_core.errors import DataFormatError

CARD_BYTES = 80
_KEYWORD_BYTES = 8
"""Longer keywords stand in HIERARCH cards, and only these."""

_VALUE_START = 10
_BEGINNING = np.dtype(f"V{_VALUE_START}")
_FIXED_BYTES = 20
"""A number in fixed format ends with the 30th column of its card."""

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
