"""FITS header cards as bytes.

astropy would do it, at a cost of milliseconds per header; a cutout has seven headers of
which only a few cards change from one file to the next.
"""

from __future__ import annotations

from collections.abc import Iterable

CARD_BYTES = 80
BLOCK_BYTES = 2880

Value = str | bool | int | float


def card(keyword: str, value: Value, comment: str = "") -> bytes:
    """Return one card of 80 bytes; a HIERARCH card where the keyword needs it.

    Floating-point values are written with all digits, so that they are read back as the
    same numbers. Comments are cut where the card ends.
    """
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        quoted = value.replace("'", "''")
        text = f"'{quoted:<8}'"
    elif isinstance(value, float):
        text = f"{_decimal(value):>20}"
    else:
        text = f"{value:>20}"
    if len(keyword) > 8 or not keyword.replace("-", "").replace("_", "").isalnum():
        line = f"HIERARCH {keyword} = {text.strip()}"
    else:
        line = f"{keyword:<8}= {text}"
    if len(line) > CARD_BYTES:
        raise ValueError(f"the card {line!r} is longer than {CARD_BYTES} characters")
    if comment:
        line = f"{line} / {comment}"
    return f"{line[:CARD_BYTES]:<80}".encode("ascii")


def commentary(keyword: str, text: str) -> bytes:
    """Return a COMMENT or HISTORY card."""
    return f"{keyword:<8}{text[:72]:<72}".encode("ascii")


def header(*parts: Iterable[bytes] | bytes) -> bytes:
    """Return a header of whole blocks: the cards, END and blanks."""
    joined = b"".join(part if isinstance(part, bytes) else b"".join(part) for part in parts)
    joined += b"END".ljust(CARD_BYTES)
    return joined.ljust(-(-len(joined) // BLOCK_BYTES) * BLOCK_BYTES)


def padding(data_bytes: int) -> bytes:
    """Return the zeros that fill up the last block of data."""
    return bytes(-data_bytes % BLOCK_BYTES)


def _decimal(value: float) -> str:
    text = repr(value).upper()
    return text if any(mark in text for mark in ".EN") else f"{text}.0"
