"""Which rows a view shows, in which order, and the values of any column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.results.dataset import Dataset
from explorer.results.view import View
from photometry_core.errors import InvalidInputError
from photometry_core.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selected:
    """The rows that a view shows.

    Parameters
    ----------
    rows
        Row numbers in the order of the table.
    rows_before_mask
        The same without the mask of flags, in order of row number: what flags are counted in.
    """

    rows: IntArray
    rows_before_mask: IntArray


def select_rows(dataset: Dataset, view: View) -> Selected:
    """Return the rows that a view shows.

    Raises
    ------
    InvalidInputError
        A filter, an expression or a column is not what it should be.
    """
    everything = np.arange(dataset.n_rows)
    kept = everything[(dataset.flags() & view.mask) == 0]
    return Selected(rows=kept, rows_before_mask=everything)


def column_numbers(dataset: Dataset, view: View, name: str) -> FloatArray:
    """Return a column of the file, a computed or a derived one as numbers, for all rows.

    Raises
    ------
    InvalidInputError
        There is no such column, or it holds texts.
    """
    if name not in dataset.columns:
        raise InvalidInputError(f"{name}: there is no such column")
    return dataset.numbers(name)
