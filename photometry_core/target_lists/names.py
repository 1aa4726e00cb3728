"""Names of targets: cleaned, and told apart from each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from photometry_core.target_lists.limits import MAX_NAME_LENGTH

_REMOVED = frozenset(("Cc", "Cf", "Cs", "Co"))
_MOST_MARKS = 3
"""Combining marks on one letter; scripts that are read need no more."""


def clean_name(text: str) -> tuple[str, str]:
    """Return a name as it is kept, and what had to be changed; empty if nothing had.

    Parameters
    ----------
    text
        As it was given. Control characters, and those that turn the direction of text or take no
        room, are removed; the letters are composed (NFC).
    """
    if text.isascii() and text.isprintable() and len(text) <= MAX_NAME_LENGTH:
        return text.strip(), ""
    composed = unicodedata.normalize("NFC", text)
    kept, marks = [], 0
    for character in composed:
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if character.isspace():
            kept.append(" ")
        elif category not in _REMOVED and marks <= _MOST_MARKS:
            kept.append(character)
    cleaned = "".join(kept)
    name = re.sub(r" {2,}", " ", cleaned).strip() if cleaned != composed else cleaned.strip()
    changes = []
    if len(cleaned) < len(composed) or any(c.isspace() and c not in " \u00a0" for c in composed):
        changes.append("characters that can't be seen were removed")
    if len(name) > MAX_NAME_LENGTH:
        changes.append(f"cut to {MAX_NAME_LENGTH} characters")
        name = name[:MAX_NAME_LENGTH].rstrip()
    return name, ", ".join(changes)


def name_key(name: str) -> str:
    """Return what two names share that look alike: case, width and composition don't count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class UniqueNames:
    """Gives every target a name of its own.

    Parameters
    ----------
    given
        All names of the list, so that no suffix makes one of them.
    """

    def __init__(self, given: Iterable[str]) -> None:
        self._given = {name_key(name) for name in given}
        self._owners: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def take(self, name: str, row: int) -> tuple[str, int | None]:
        """Return the name that a row gets, and the row that has the name already, if one has.

        Parameters
        ----------
        name
            As it was given, cleaned.
        row
            Number of the row.
        """
        key = name_key(name)
        if key not in self._owners:
            self._owners[key] = row
            return name, None
        number = self._counts.get(key, 1) + 1
        while name_key(_with_suffix(name, number)) in self._given | self._owners.keys():
            number += 1
        self._counts[key] = number
        unique = _with_suffix(name, number)
        self._owners[name_key(unique)] = row
        return unique, self._owners[key]


def _with_suffix(name: str, number: int) -> str:
    suffix = f" ({number})"
    return f"{name[: MAX_NAME_LENGTH - len(suffix)].rstrip()}{suffix}"
