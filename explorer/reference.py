"""The tables of flags and columns, as the pages Help and Method show them."""

from __future__ import annotations

from typing import Any

from explorer.results.columns import COUNT_COLUMNS
from photometry_core import flags
from photometry_core.spectrum import COLUMNS


def flag_facts() -> dict[str, Any]:
    """Return the flags, and the names of those whose pixels the fit ignores."""
    return {"flags": flags.FLAGS, "ignored": flags.decode(flags.IGNORED_BY_FIT)}


def spectrum_column_facts() -> dict[str, Any]:
    """Return the columns of a spectrum; those that count pixels, one per flag, apart by name."""
    return {
        "columns": [column for column in COLUMNS if column.name not in COUNT_COLUMNS],
        "count_columns": [column.name for column in COLUMNS if column.name in COUNT_COLUMNS],
    }
