"""Spectra as they come out of files, and what a person says about these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from photometry_core.foreign_tables.origins import Origin
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import JsonValue


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
