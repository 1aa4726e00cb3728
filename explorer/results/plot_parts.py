"""The points that each spectrum has in a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.results.dataset import Dataset
from explorer.results.quantities import Quantity, Values, values_of
from explorer.results.query import select_rows
from explorer.results.view import View
from photometry_core.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """A spectrum in the plot.

    Parameters
    ----------
    dataset
        Its rows.
    view
        How it is looked at: that of the page, with the filters that apply to this spectrum.
    name
        Of the target, and what tells it apart from another one of the same name.
    """

    dataset: Dataset
    view: View
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The points of one spectrum.

    Parameters
    ----------
    source, index
        The spectrum, and its place among those of the plot.
    kept
        Numbers of the rows that the view keeps, ascending.
    rows
        Those of them that have a place in a panel.
    x
        Of `rows`, on the horizontal axis.
    values
        Of `rows`, per panel.
    n_missing
        Of `kept`, how many have no value, per panel.
    """

    source: Source
    index: int
    kept: IntArray
    rows: IntArray
    x: FloatArray
    values: list[Values]
    n_missing: list[int]


def part_of(source: Source, index: int, quantities: Sequence[Quantity]) -> Part:
    """Return the rows of a spectrum that have a place in the plot."""
    dataset, view = source.dataset, source.view
    kept = np.sort(select_rows(dataset, view).rows)
    x = dataset.numbers("mjd" if view.x == "mjd" else "wavelength")[kept]
    if view.x == "wavelength" and view.redshift is not None:
        x = x / (1 + view.redshift)
    values = [values_of(dataset, view, quantity, kept) for quantity in quantities]
    placed = np.isfinite(x)
    n_missing = [int(np.count_nonzero(~(placed & np.isfinite(v.value)))) for v in values]
    there = placed & np.any([np.isfinite(v.value) for v in values], axis=0)
    return Part(
        source=source,
        index=index,
        kept=kept,
        rows=kept[there],
        x=x[there],
        values=[_taken(one, there) for one in values],
        n_missing=n_missing,
    )


def _taken(values: Values, there: BoolArray) -> Values:
    return replace(
        values,
        value=values.value[there],
        error=values.error[there],
        low=values.low[there],
        high=values.high[there],
        is_limit=values.is_limit[there],
    )


def joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return arrays one after the other; of none, an empty one."""
    return np.concatenate(arrays) if arrays else np.zeros(0)
