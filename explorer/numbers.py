"""Numbers as people type them: with a decimal point, and nothing else taken for one."""

from __future__ import annotations

import re

from photometry_core.errors import InvalidInputError

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_MAX_SHOWN = 40


def parse_number(text: str) -> float:
    """Read ``2.5``, ``-1e3`` or ``\u22121.5`` (with the minus of typesetters).

    Raises
    ------
    InvalidInputError
        It is anything else: a decimal comma, a fraction, a word, infinity.
    """
    plain = text.strip().replace("\u2212", "-")
    if _NUMBER.fullmatch(plain):
        return float(plain)
    shown = text.strip()[:_MAX_SHOWN]
    hint = "with a decimal point, like 2.5" if "," in plain else "like 2.5"
    raise InvalidInputError(f"{shown!r} is not a number; write it {hint}.")
