"""Cells of VOTables that are written as binary numbers, as texts.

BINARY and BINARY2 of VOTable 1.4, sections 5.3 and 5.4 (https://www.ivoa.net/documents/VOTable/).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.limits import Bounds, check_size

_CODES = {
    "unsignedByte": "B", "short": "h", "int": "i", "long": "q", "float": "f", "double": "d",
    "floatComplex": "ff", "doubleComplex": "dd",
}  # fmt: skip
_SINGLE = struct.Struct("f")
_CHARACTERS = {"char": (1, "utf-8"), "unicodeChar": (2, "utf-16-be")}
_BOOLEANS = {b"T": "true", b"t": "true", b"1": "true", b"F": "false", b"f": "false", b"0": "false"}


@dataclass(slots=True)
class _Field:
    """One field: its type, the number of its items (-1 if every cell says it), and its null."""

    where: str
    kind: str
    count: int
    null: str
    single: struct.Struct | None
    """What unpacks a cell of one number."""


def rows_of(
    where: str,
    fields: Sequence[Mapping[str, str]],
    stream: str,
    bounds: Bounds,
    *,
    has_null_flags: bool,
) -> list[list[str]]:
    """Return the cells of a stream in base64.

    Parameters
    ----------
    where
        File and table, for messages.
    fields
        Attributes of the fields, with ``null`` among them if they have one.
    stream
        The text of the stream.
    bounds
        How many rows there may be.
    has_null_flags
        Whether it is BINARY2.

    Raises
    ------
    ForeignFileError
        It is no base64, too short, or of types that are not known here.
    """
    try:
        data = base64.b64decode("".join(stream.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ForeignFileError(f"{where}: its data are not in base64 ({error})") from error
    described = [_field(where, field) for field in fields]
    n_flags = (len(fields) + 7) // 8 if has_null_flags else 0
    rows: list[list[str]] = []
    at = 0
    while at < len(data):
        check_size(where, len(rows) + 1, len(fields), bounds)
        flags, start = data[at : at + n_flags], at
        at += n_flags
        row = []
        for number, field in enumerate(described):
            text, at = _cell(field, data, at, len(rows) + 1)
            is_null = bool(flags) and flags[number // 8] >> (7 - number % 8) & 1
            row.append("" if is_null else text)
        if at == start:
            raise ForeignFileError(f"{where}: its fields have no width, so that data mean nothing")
        rows.append(row)
    return rows


def _field(where: str, attributes: Mapping[str, str]) -> _Field:
    named = f"{where}, column {attributes.get('name', '')[:60]!r}"
    kind, size = attributes.get("datatype", ""), attributes.get("arraysize", "").strip()
    found = re.fullmatch(r"([0-9x]*)(\*?)", size)
    if kind not in _CODES and kind not in _CHARACTERS and kind not in ("boolean", "bit"):
        raise ForeignFileError(f"{named}: the type {kind[:20]!r} is not known here")
    if not found or (found[2] and "x" in found[1]):
        raise ForeignFileError(f"{named}: the arraysize {size[:20]!r} is not known here")
    numbers = [int(number) for number in found[1].split("x") if number]
    count = -1 if found[2] else math.prod(numbers)
    is_single = count == 1 and len(_CODES.get(kind, "")) == 1
    single = struct.Struct(f">{_CODES[kind]}") if is_single else None
    return _Field(named, kind, count, attributes.get("null", ""), single)


def _cell(field: _Field, data: bytes, at: int, row: int) -> tuple[str, int]:
    """Return the text of the cell that begins at a byte, and where the next begins."""
    if field.single is not None:
        end = at + field.single.size
        if end > len(data):
            raise _too_short(field, row)
        text = _number(field.single.unpack_from(data, at)[0], field.kind)
        return ("" if text == field.null else text), end
    count = field.count
    if count < 0:
        count = int.from_bytes(_taken(field, data, at, 4, row), "big")
        at += 4
    if field.kind == "bit":
        size = (count + 7) // 8
        raw = _taken(field, data, at, size, row)
        if count == 1:
            # Which of the eight bits is meant is not the same for all writers.
            return ("1" if raw != b"\0" else "0"), at + size
        return "".join(f"{byte:08b}" for byte in raw)[:count], at + size
    if field.kind == "boolean":
        flags = _taken(field, data, at, count, row)
        texts = [_BOOLEANS.get(flags[n : n + 1], "") for n in range(count)]
        return " ".join(texts), at + count
    if field.kind in _CHARACTERS:
        width, encoding = _CHARACTERS[field.kind]
        raw = _taken(field, data, at, width * count, row)
        text = raw.decode(encoding, "replace").partition("\0")[0]
        return text.strip(), at + width * count
    code = f">{count * len(_CODES[field.kind])}{_CODES[field.kind][0]}"
    size = struct.calcsize(code)
    values = struct.unpack(code, _taken(field, data, at, size, row))
    texts = [_number(value, field.kind) for value in values]
    return " ".join("" if text == field.null else text for text in texts).strip(), at + size


def _taken(field: _Field, data: bytes, at: int, size: int, row: int) -> bytes:
    if at + size > len(data):
        raise _too_short(field, row)
    return data[at : at + size]


def _too_short(field: _Field, row: int) -> ForeignFileError:
    return ForeignFileError(f"{field.where}, row {row}: its data end too early")


def _number(value: float, kind: str) -> str:
    """Return the shortest text that gives the same number again; none for what is none."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return ""
    if kind[0] == "f" and math.isfinite(value):
        return _shortest(value)
    return repr(value)


def _shortest(value: float) -> str:
    """Return the shortest text of a number of 32 bits."""
    try:
        for form in ("%.7g", "%.8g"):
            text = form % value
            if _SINGLE.unpack(_SINGLE.pack(float(text)))[0] == value:
                return text
    except OverflowError:
        # Rounded up, the largest numbers have more than 32 bits.
        pass
    return f"{value:.9g}"
