"""Digits of other scripts and full-width ones: read as numbers, and said to be."""

from __future__ import annotations

import unicodedata

from photometry_core.positions import LOOKALIKES


def with_ascii_digits(text: str) -> str:
    """Return a text with digits of all scripts as ASCII has them, and raised ones as no digits."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character))
        if character.isdecimal()
        else "^" if unicodedata.category(character) == "No" else character
        for character in text.translate(LOOKALIKES)
    )  # fmt: skip


def note_on_digits(text: str) -> str:
    """Say how a text with digits of another script is read; empty if it has none.

    Parameters
    ----------
    text
        A number, an angle, or a position.
    """
    if not any(character.isdecimal() and not character.isascii() for character in text):
        return ""
    return f"{text} has digits of another script, read as {with_ascii_digits(text)}"
