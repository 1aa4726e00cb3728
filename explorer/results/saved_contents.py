"""The tables of a saved file: measurements as a view shows them, and averages of channels."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from explorer.results.channel_means import DEFAULT_RECIPE, channel_means, recipe_in_words
from explorer.results.columns import USUAL
from explorer.results.dataset import Dataset
from explorer.results.provenance import origin_facts, origin_infos, selection_infos
from explorer.results.query import column_values, select_rows
from explorer.results.view import View
from photometry_core import binning
from photometry_core.arrow_columns import clean_text, file_column
from photometry_core.file_contents import Fact, FileContents
from photometry_core.spectrum import COLUMNS, Column, make_table
from photometry_core.types import IntArray

_AVERAGES = {
    "det_id": "detector",
    "channel": "channel",
    "wavelength": "wavelength_um",
    "lambda_width": "width_um",
    "flux": "flux_ujy",
    "flux_err": "flux_err_ujy",
    "wavelength_mean": "mean_wavelength_um",
    "n_used": "n_used",
    "n_found": "n_found",
}
"""The columns of averages, and where their values are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """What of a spectrum is saved.

    Parameters
    ----------
    dataset, view
        The spectrum, and how it is looked at.
    rows
        Numbers of the rows, ascending.
    columns
        Names of columns of the file and computed ones, in order.
    derived
        Names of columns of the view's own.
    reference
        Address of the results page.
    """

    dataset: Dataset
    view: View
    rows: IntArray
    columns: tuple[str, ...]
    derived: tuple[str, ...]
    reference: str

    @property
    def is_filtered(self) -> bool:
        """Whether rows are left out."""
        return self.rows.size < self.dataset.n_rows

    @property
    def is_product(self) -> bool:
        """Whether it is the spectrum as it was measured: every row, and every column."""
        names = set(self.columns)
        metadata = self.dataset.metadata
        is_ours = bool(metadata.get("provenance")) and not metadata.get("upload")
        return is_ours and not self.is_filtered and names >= {c.name for c in COLUMNS}


def shown_rows(dataset: Dataset, view: View) -> IntArray:
    """Return the numbers of the rows that a view shows, ascending."""
    return np.sort(select_rows(dataset, view).rows).astype(np.int64)


def file_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that the spectrum's own file has."""
    return tuple(name for name, info in dataset.columns.items() if not info.is_computed)


def shown_columns(dataset: Dataset, view: View) -> tuple[str, ...]:
    """Return the columns that the table shows, without those of the view's own."""
    names = USUAL if view.columns is None else view.columns
    return tuple(name for name in names if name in dataset.columns)


def shown_derived(view: View) -> tuple[str, ...]:
    """Return the columns of the view's own that the table shows."""
    names = tuple(one.name for one in view.derived)
    return names if view.columns is None else tuple(n for n in names if n in view.columns)


def measurements(chosen: Chosen) -> FileContents:
    """Return the rows of a spectrum as a table for files.

    Fluxes are in uJy, whatever the view shows.

    Raises
    ------
    InvalidInputError
        A column of the view's own can't be computed.
    """
    dataset, view = chosen.dataset, chosen.view
    columns: list[Column] = []
    values: dict[str, Any] = {}
    for name in chosen.columns:
        info = dataset.columns[name]
        column, array = file_column(
            name, dataset.table.column(name).take(chosen.rows),
            unit=info.unit, ucd=info.ucd, description=info.description,
        )  # fmt: skip
        columns.append(column)
        values[column.name] = array
    for column, array in _derived(chosen):
        columns.append(column)
        values[column.name] = array
    return FileContents(
        name="spectrum",
        description=_description(dataset),
        table=make_table(columns, values),
        columns=columns,
        infos=[
            *origin_infos(dataset, chosen.reference),
            *selection_infos(view, chosen.rows.size, dataset.n_rows),
        ],
        facts=origin_facts(dataset),
    )


def averages(chosen: Chosen) -> FileContents:
    """Return the averages of the nominal channels over the chosen rows, as a table for files.

    Raises
    ------
    InvalidInputError
        The spectrum lacks a column that they need.
    """
    dataset, view = chosen.dataset, chosen.view
    recipe = view.binning or DEFAULT_RECIPE
    means = channel_means(dataset, recipe, chosen.rows)
    known = {column.name: column for column in binning.COLUMNS}
    columns = [known[name] for name in _AVERAGES]
    if recipe.statistic != "mean":
        columns = [_renamed(column, recipe.statistic) for column in columns]
    values = {name: getattr(means, field) for name, field in _AVERAGES.items()}
    return FileContents(
        name="binned_spectrum",
        description=f"{_description(dataset)}, on nominal channels",
        table=make_table(columns, values),
        columns=columns,
        infos=[
            *origin_infos(dataset, chosen.reference),
            *selection_infos(view, chosen.rows.size, dataset.n_rows),
            ("recipe", recipe_in_words(recipe)),
        ],
        facts=[*origin_facts(dataset), Fact("rejected_flags", "long", "", recipe.mask)],
    )


def request_of(chosen: Chosen) -> dict[str, Any] | None:
    """Return what makes a Parquet file a product of this program, if it holds all of one."""
    if not chosen.is_product:
        return None
    dataset = chosen.dataset
    return {
        **{key: dataset.metadata[key] for key in ("target", "options", "provenance")},
        "job_id": dataset.job_id,
        "target_index": dataset.index,
    }


def view_in_words(view: View) -> dict[str, Any]:
    """Return the parts of a view that decide what is saved, for a manifest."""
    return {
        "filters": [asdict(one) for one in view.filters],
        "sql": view.sql,
        "mask": str(view.mask),
        "light_curve_channel": view.light_curve_channel,
        "derived": [asdict(one) for one in view.derived],
        "binning": recipe_in_words(view.binning or DEFAULT_RECIPE),
    }


def _description(dataset: Dataset) -> str:
    if dataset.metadata.get("provenance"):
        return clean_text(f"SPHEREx forced photometry of {dataset.name}")
    return clean_text(f"Spectrum of {dataset.name}, from a file that was brought")


def _renamed(column: Column, statistic: str) -> Column:
    """Return a column whose description says which average it is."""
    if column.name == "flux":
        return replace(column, description=f"{statistic.capitalize()} of the visits")
    if column.name == "wavelength_mean":
        return replace(column, description="Mean wavelength of the visits")
    return column


def _derived(chosen: Chosen) -> list[tuple[Column, Any]]:
    """Return the columns of the view's own with their values."""
    described = {one.name: one for one in chosen.view.derived}
    columns = []
    for name in chosen.derived:
        one = described[name]
        words = f"Derived: {one.expression}" + (f"; {one.description}" if one.description else "")
        array = column_values(chosen.dataset, chosen.view, name).take(chosen.rows)
        columns.append(file_column(name, array, unit=one.unit, ucd="", description=words))
    return columns
