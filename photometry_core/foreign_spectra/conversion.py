"""Somebody's table becomes a spectrum with our names, types and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from astropy import units
from astropy.units import UnitBase, UnitConversionError

from photometry_core import binning
from photometry_core.errors import ForeignFileError
from photometry_core.foreign_spectra.contents import Answers, ForeignSpectrum
from photometry_core.foreign_spectra.recognition import identify, origin_column, origin_of
from photometry_core.foreign_spectra.roles import (
    error_column,
    spectrum_columns,
    stated_unit,
)
from photometry_core.foreign_tables.arrays import Values
from photometry_core.foreign_tables.contents import FileColumn, FileTable
from photometry_core.foreign_tables.limits import check_size
from photometry_core.foreign_tables.origins import Origin
from photometry_core.foreign_tables.typed import (
    as_booleans,
    as_integers,
    as_numbers,
    as_texts,
    null_if_not_finite,
)
from photometry_core.foreign_tables.units import convert, parse_unit
from photometry_core.spectrum import COLUMNS, Column
from photometry_core.stamp_cubes import Stamps
from photometry_core.types import FloatArray, IntArray

_OURS: dict[str, Column] = {column.name: column for column in COLUMNS}
_OURS_BINNED: dict[str, Column] = {column.name: column for column in binning.COLUMNS}
_ROLES = ("wavelength", "flux", "flux_err")
_NAMES_OF_OFFICIAL = {"lambda": "wavelength"}
_SELF_EXPLAINING = {"mjd": "d", "ra": "deg", "dec": "deg"}
"""Columns of other programs whose names say the unit."""
_RESERVED = frozenset(("row",))
"""Pages number the rows themselves."""
_AMBIGUOUS = frozenset(("x_image", "y_image"))
"""Other programs count pixels from 1."""


def make_spectrum(
    table: FileTable, answers: Answers, stamps: Stamps | None = None
) -> ForeignSpectrum:
    """Make a spectrum of one table.

    Parameters
    ----------
    table
        One source, without arrays in its cells.
    answers
        What a person says that the file does not.
    stamps
        The pixels of its rows; they are put in order in place.

    Raises
    ------
    NoSpectrumError
        It has no wavelengths or no fluxes.
    ForeignFileError
        A column, a unit or a value can't be used; the message names it.
    """
    if stamps is not None and len(stamps.origin_pix) != table.n_rows:
        raise ForeignFileError(
            f"{table.where} has {table.n_rows} rows and stamps of {len(stamps.origin_pix)}"
        )
    making = _Making(table, answers)
    making.take_roles()
    making.take_others()
    if not table.n_rows and making.origin == "other":
        raise ForeignFileError(f"{table.where} has no rows")
    columns = making.in_order()
    wavelength = columns[0].values
    order = _order(wavelength)
    schema = pa.schema([pa.field(c.name, c.values.type, metadata=_metadata(c)) for c in columns])
    ordered = pa.table([c.values.take(pa.array(order, pa.int64())) for c in columns], schema=schema)
    if stamps is not None:
        stamps.reorder(order.tolist())
    found = {column.name: column for column in columns}
    identity = identify(table, found.get("ra"), found.get("dec"))
    return ForeignSpectrum(
        where=table.where,
        name=identity.name,
        ra_deg=identity.ra_deg,
        dec_deg=identity.dec_deg,
        table=ordered,
        origin=identity.origin,
        simulated=identity.simulated,
        facts=dict(table.facts),
        columns_taken=making.taken,
        target=identity.target,
        options=identity.options,
        provenance=identity.provenance,
        source_job=identity.source_job,
        stamps=stamps,
    )


def _order(wavelength: Values) -> IntArray:
    """Return the rows in the order of wavelength, none last; equal ones as in the file."""
    values = np.asarray(wavelength.fill_null(np.inf).to_numpy(zero_copy_only=False))
    return np.argsort(values, kind="stable")


def _metadata(column: FileColumn) -> dict[str, str]:
    about = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
    return {key: text for key, text in about.items() if text}


class _Making:
    """The columns of one table while they are taken over."""

    def __init__(self, table: FileTable, answers: Answers) -> None:
        check_size(table.where, table.n_rows, len(table.columns))
        self.table = table
        self.answers = answers
        self.origin: Origin = origin_of(table)
        self.taken: dict[str, dict[str, str]] = {}
        self._known: dict[str, FileColumn] = {}
        self._unknown: list[FileColumn] = []
        self._used: set[str] = set()
        self._wavelength_um: FloatArray | None = None

    def take_roles(self) -> None:
        """Take wavelengths, fluxes and their errors."""
        answers = self.answers
        wavelength, flux = spectrum_columns(
            self.table, answers.wavelength_column, answers.flux_column
        )
        error = self._exact("flux_err") or error_column(self.table, flux)
        # Both questions are asked at once.
        questions: dict[str, list[str]] = {}
        wavelength_unit = self._unit_of(wavelength, "wavelength", questions)
        flux_unit = self._unit_of(flux, "flux", questions)
        if wavelength_unit is None or flux_unit is None:
            names = " and ".join(
                repr(column.name)
                for column, unit in ((wavelength, wavelength_unit), (flux, flux_unit))
                if unit is None
            )
            raise ForeignFileError(
                f"{self.table.where}: the file does not say the unit of {names}. Choose it, or "
                "write it into the header, such as wavelength_um or flux_uJy",
                questions,
            )
        self._take_numbers("wavelength", wavelength, wavelength_unit)
        self._wavelength_um = _numbers_of(self._known["wavelength"])
        self._check_wavelengths(wavelength)
        self._take_numbers("flux", flux, flux_unit)
        if error is not None and error is not flux:
            self._take_numbers("flux_err", error, stated_unit(error) or flux_unit)

    def take_others(self) -> None:
        """Take all other columns, those that we know under our names."""
        # What it says is kept of the whole spectrum, and is in every file that is made of it.
        stated = origin_column(self.table) if self.origin == "explorer" else None
        for column in self.table.columns:
            if column.name in self._used or column is stated:
                continue
            name = _name_of_ours(column.name)
            if name in self._known or name in _ROLES:
                name = ""
            if name and self._take_known(name, column):
                continue
            self._keep(column)

    def in_order(self) -> list[FileColumn]:
        """Return ours in their order, then all others."""
        known = [self._known[name] for name in _OURS if name in self._known]
        return known + self._unknown

    def _exact(self, name: str) -> FileColumn | None:
        found = [column for column in self.table.columns if column.name.lower() == name]
        return found[0] if found else None

    def _unit_of(
        self, column: FileColumn, what: str, questions: dict[str, list[str]]
    ) -> UnitBase | None:
        """Return the unit of wavelengths or fluxes; `None`, and a question, if it isn't known."""
        stated = stated_unit(column)
        if column.unit and stated is None:
            raise ForeignFileError(
                f"{self.table.where}, column {column.name!r}: {column.unit[:40]!r} is not a unit "
                "that is known here"
            )
        answered = parse_unit(getattr(self.answers, f"{what}_unit"))
        if stated is None and self.origin != "other":
            stated = parse_unit(_OURS[what].unit)
        if stated is None and answered is None:
            questions[f"{what}_unit"] = [column.name]
        return stated or answered

    def _take_numbers(self, name: str, column: FileColumn, unit: UnitBase) -> None:
        """Take a column of floating-point numbers in our unit."""
        where = self._where(column)
        ours = _OURS[name]
        values = as_numbers(where, column.values)
        wanted = units.Unit(ours.unit) if ours.unit else units.dimensionless_unscaled
        try:
            converted = convert(values, unit, wanted, self._wavelength_um)
        except UnitConversionError as error:
            raise ForeignFileError(
                f"{where}: the unit {unit} can't be converted to {ours.unit}"
            ) from error
        self._add(name, column, null_if_not_finite(converted), str(unit))

    def _check_wavelengths(self, column: FileColumn) -> None:
        values = self._wavelength_um
        if values is None:
            return
        wrong = np.flatnonzero(values <= 0)
        if wrong.size:
            row = int(wrong[0])
            raise ForeignFileError(
                f"{self._where(column)}, row {row + 1}: {column.values[row].as_py()!r} is not a "
                "wavelength; allowed: above 0"
            )
        if values.size and np.isnan(values).all():
            raise ForeignFileError(f"{self._where(column)} has no value in any row")

    def _take_known(self, name: str, column: FileColumn) -> bool:
        """Take a column that has the name of one of ours; return whether it means the same."""
        if self.origin == "other" and name in _AMBIGUOUS:
            return False
        ours = _OURS[name]
        try:
            if ours.dtype == "f8":
                unit = self._unit_of_known(name, column)
                if unit is None:
                    return False
                self._take_numbers(name, column, unit)
            else:
                self._add(name, column, self._typed(ours, column), "")
        except ForeignFileError:
            if self.origin != "other":
                raise
            return False
        return True

    def _typed(self, ours: Column, column: FileColumn) -> Values:
        where = self._where(column)
        if ours.dtype == "bool":
            return as_booleans(where, column.values)
        if ours.dtype == "str":
            texts = as_texts(column.values)
            # Our texts are never null, and most formats can't tell that from empty ones.
            return texts.fill_null("") if self.origin == "explorer" else texts
        return as_integers(where, column.values, ours.dtype)

    def _unit_of_known(self, name: str, column: FileColumn) -> UnitBase | None:
        stated = stated_unit(column)
        if stated is not None:
            return stated
        if column.unit:
            return None
        wanted = _OURS[name].unit
        if self.origin != "other" or not wanted:
            return parse_unit(wanted) or units.dimensionless_unscaled
        return parse_unit(_SELF_EXPLAINING.get(name, ""))

    def _keep(self, column: FileColumn) -> None:
        """Keep a column as it is, under a name that is none of ours."""
        name = column.name
        taken = {*self._known, *(kept.name.lower() for kept in self._unknown)}
        if name.lower() in _OURS or name.lower() in _RESERVED or name.lower() in taken:
            name = f"{name}_as_given"
            while name.lower() in taken:
                name += "_"
        binned = _OURS_BINNED.get(name) if self.origin == "explorer" else None
        self._unknown.append(
            FileColumn(
                name=name,
                values=null_if_not_finite(column.values),
                unit=column.unit or (binned.unit if binned else ""),
                ucd=column.ucd or (binned.ucd if binned else ""),
                description=column.description or (binned.description if binned else ""),
            )
        )

    def _add(self, name: str, column: FileColumn, values: Values, unit: str) -> None:
        ours = _OURS[name]
        self._known[name] = FileColumn(
            name=name, values=values, unit=ours.unit, ucd=ours.ucd, description=ours.description
        )
        self._used.add(column.name)
        if column.name != name or unit != _unit_text(ours.unit):
            self.taken[name] = {"from": column.name, "unit": unit}

    def _where(self, column: FileColumn) -> str:
        return f"{self.table.where}, column {column.name!r}"


def _name_of_ours(name: str) -> str:
    """Return which of our columns a header is; empty if none."""
    bare = name.strip().lower()
    bare = _NAMES_OF_OFFICIAL.get(bare, bare)
    return bare if bare in _OURS else ""


def _unit_text(unit: str) -> str:
    return str(units.Unit(unit)) if unit else ""


def _numbers_of(column: FileColumn) -> FloatArray:
    """Return a column as numbers, NaN where it is null."""
    found: Any = column.values.fill_null(np.nan).to_numpy(zero_copy_only=False)
    return np.asarray(found, np.float64)


def n_cells(spectra: Sequence[ForeignSpectrum]) -> int:
    """Return how many cells the tables of spectra have together."""
    return sum(spectrum.table.num_rows * spectrum.table.num_columns for spectrum in spectra)
