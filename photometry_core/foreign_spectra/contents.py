"""What is found in files, and the spectra that are made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from photometry_core.foreign_spectra.arrays import Values
from photometry_core.foreign_spectra.limits import (
    MAX_COLUMN_NAME,
    MAX_FACT_LENGTH,
    MAX_FACTS,
)
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import JsonValue

Origin = Literal["explorer", "official", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(JsonValue):
    """What a person says about a file that does not say it itself.

    Parameters
    ----------
    wavelength_unit, flux_unit
        Units of columns that have none; empty if nothing is said.
    wavelength_column, flux_column
        Names of columns, where several could be meant; empty if nothing is said.
    """

    wavelength_unit: str = ""
    flux_unit: str = ""
    wavelength_column: str = ""
    flux_column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileColumn:
    """One column as it is in a file.

    Parameters
    ----------
    name, unit, ucd, description
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
    """

    name: str
    tables: tuple[FileTable, ...]
    stamps: Stamps | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForeignSpectrum:
    """One spectrum of a file, with our names and units.

    Parameters
    ----------
    where
        File, and table or row if there are several.
    name
        What the file calls the target; its position or the file's name if it does not.
    ra_deg, dec_deg
        ICRS position of the target; `None` if the file does not say it.
    table
        Ours of the columns first, then all others of the file, rows in the order of
        wavelength. Columns that the file does not have are absent. Fields have the metadata
        ``unit``, ``ucd`` and ``description``.
    origin
        Which program made it: this one, IRSA's tool, or another.
    simulated
        Whether the data are simulated; `None` if the file does not say it.
    facts
        Texts about it by name.
    columns_taken
        For each column that was renamed or converted: ``from`` and ``unit``.
    target, options, provenance
        The request, if this program made the file, as JSON.
    source_job
        Id of the job that made the file, and the number of the target in it.
    stamps
        The pixels, rows as in the table.
    """

    where: str
    name: str
    ra_deg: float | None
    dec_deg: float | None
    table: pa.Table
    origin: Origin
    simulated: bool | None
    facts: dict[str, str]
    columns_taken: dict[str, dict[str, str]]
    target: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    provenance: dict[str, Any] | None = None
    source_job: tuple[str, int] | None = None
    stamps: Stamps | None = None


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
