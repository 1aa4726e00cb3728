"""What the cells of a column are like: numbers, sexagesimal numbers, texts, nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from photometry_core.target_lists.contents import ListColumn, ListTable
from photometry_core.target_lists.values import (
    SENTINELS,
    UnreadableCellError,
    is_absent,
    is_sexagesimal,
    looks_decimal_comma,
    number,
    plain,
)

_SAMPLE = 200


@dataclass(frozen=True)
class ColumnValues:
    """The cells of a column, looked at as far as somebody asks.

    Parameters
    ----------
    column
        What the file says of it.
    cells
        The texts of all its cells.
    """

    column: ListColumn
    cells: Sequence[str]

    @cached_property
    def sample(self) -> list[str]:
        """Up to 200 cells with a value, from everywhere in the column."""
        step = max(1, len(self.cells) // _SAMPLE)
        found = [text for text in self.cells[::step] if not is_absent(text)]
        # A column that is almost empty may have its few values elsewhere.
        return found or [text for text in self.cells if not is_absent(text)][:_SAMPLE]

    @cached_property
    def decimals(self) -> list[float]:
        """The numbers of the sample, with a point or a comma."""
        return [value for text in self.sample if (value := _number(text)) is not None]

    @cached_property
    def n_sexagesimal(self) -> int:
        """How many cells of the sample are sexagesimal."""
        return sum(is_sexagesimal(text) and _number(text) is None for text in self.sample)

    @cached_property
    def n_decimal_commas(self) -> int:
        """How many cells of the sample are numbers with a comma."""
        return sum(map(looks_decimal_comma, self.sample))

    @property
    def is_mostly_sexagesimal(self) -> bool:
        """Whether more than half of the sample is sexagesimal."""
        return 2 * self.n_sexagesimal > len(self.sample)

    @property
    def is_mostly_numbers(self) -> bool:
        """Whether at least half of the sample are decimal numbers."""
        return bool(self.sample) and 2 * len(self.decimals) >= len(self.sample)

    @cached_property
    def numbers(self) -> list[float]:
        """All numbers of the column but those that stand for no value."""
        found = (_number(text) for text in self.cells)
        return [value for value in found if value is not None and value not in SENTINELS]

    @cached_property
    def reach(self) -> float:
        """Largest absolute value of its numbers; 0 if there is none."""
        return max(map(abs, self.numbers), default=0.0)

    def first_letters(self) -> set[str]:
        """Return which of ``h`` and ``d`` follow the first number of sexagesimal cells."""
        found = set()
        for text in self.sample:
            rest = plain(text).casefold().lstrip("+- 0123456789.")
            found |= {rest[:1]} & {"h", "d"}
        return found


def _number(text: str) -> float | None:
    try:
        return number(text, decimal_comma="," in text)
    except UnreadableCellError:
        return None


class TableValues:
    """The columns of a table by name.

    Parameters
    ----------
    table
        The table.
    """

    def __init__(self, table: ListTable) -> None:
        self.table = table
        self._places = {column.name: place for place, column in enumerate(table.columns)}
        self._found: dict[str, ColumnValues] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> ColumnValues:
        if name not in self._found:
            place = self._places[name]
            cells = [row[place] for row in self.table.rows]
            self._found[name] = ColumnValues(self.table.columns[place], cells)
        return self._found[name]

    @property
    def names(self) -> list[str]:
        """Names of all columns, in their order."""
        return [column.name for column in self.table.columns]
