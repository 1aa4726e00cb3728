"""What is found in files: columns, tables, and the stamps beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from photometry_core.foreign_tables.limits import (
    MAX_COLUMN_NAME,
    MAX_FACT_LENGTH,
    MAX_FACTS,
)

if TYPE_CHECKING:
    # Lists of targets in plain text are read without numpy and Arrow, which take long to import.
    from photometry_core.foreign_tables.arrays import Values
    from photometry_core.stamp_cubes import Stamps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileColumn:
    """One column as it is in a file.

    Parameters
    ----------
    name, unit, ucd, description, utype
        As the file has them; empty where it has none.
    values
        Booleans, numbers, texts, or lists of them.
    item_length
        Length of the texts of a list that are written one behind the other in one cell;
        0 where cells are single texts.
    """

    name: str
    values: Values
    unit: str = ""
    ucd: str = ""
    description: str = ""
    utype: str = ""
    item_length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileTable:
    """One table of a file.

    Parameters
    ----------
    where
        What messages call it: file, and table or row if there are several.
    columns
        All of the same length, with different names.
    facts
        Texts about the table by name.
    request
        ``target``, ``options`` and ``provenance`` as our products carry them.
    """

    where: str
    columns: tuple[FileColumn, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].values) if self.columns else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileContent:
    """What a file that is not packed holds.

    Parameters
    ----------
    name
        What messages call the file.
    tables
        Its tables.
    stamps
        Its stamps, if it has any.
    left_out
        One sentence for each column that was left out.
    """

    name: str
    tables: tuple[FileTable, ...]
    stamps: Stamps | None = None
    left_out: tuple[str, ...] = ()


def clean_text(text: str, length: int) -> str:
    """Return a text in one line, without control characters, and not longer than `length`."""
    # Only twice the length is looked at: the text may have megabytes.
    composed = unicodedata.normalize("NFC", text[: 2 * length])
    kept = (
        " " if character.isspace() else character
        for character in composed
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return " ".join("".join(kept).split())[:length]


def facts_of(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return texts about a table by name, cleaned, and not too many; the first of a name counts."""
    facts: dict[str, str] = {}
    for name, value in pairs:
        key, text = clean_text(name, 80), clean_text(str(value), MAX_FACT_LENGTH)
        if key and text and len(facts) < MAX_FACTS:
            facts.setdefault(key, text)
    return facts


def unique_names(names: Iterable[str]) -> list[str]:
    """Return names of columns cleaned and told apart, in whatever case they are written."""
    found: list[str] = []
    taken: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        cleaned = clean_text(name, MAX_COLUMN_NAME) or f"column_{number}"
        unique = cleaned
        while unique.lower() in taken:
            taken[cleaned.lower()] += 1
            unique = f"{cleaned}_{taken[cleaned.lower()]}"
        taken[unique.lower()] = 1
        found.append(unique)
    return found


def first_line(error: BaseException) -> str:
    """Return what an error of a library says, in one line."""
    return clean_text(re.split(r"[\r\n]", str(error).strip())[0], 200) or type(error).__name__
