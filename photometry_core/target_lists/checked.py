"""What a checked list is made of: rows, their targets, and what is wrong with which cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from photometry_core.types import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    """What is wrong with, or remarkable about, one cell or one row.

    Parameters
    ----------
    role
        Which role the cell has, one of `mapping.ROLES`; empty if it is about the whole row.
    column
        Name of the column; empty for constants and whole rows.
    value
        The text of the cell.
    message
        What is wrong and what is allowed, in one sentence.
    is_error
        Whether the row can't be measured like this; otherwise it is a warning.
    suggestion
        A text that would make the cell right, to be offered, never applied by itself.
    """

    role: str
    column: str
    value: str
    message: str
    is_error: bool
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """One row of a list.

    Parameters
    ----------
    index
        Number of the row in its table, from 0, whatever the header is.
    line
        Where it stands in the file.
    cells
        Text by role, as it counts: of the file, or as corrected, or the constant.
    corrected
        Roles whose text was corrected by a person.
    target
        The target; `None` if there is an error, or the row was left out.
    name
        As given, or made of the position; unique with its suffix, such as ``M31 (2)``.
    problems
        Errors first.
    is_left_out
        Whether a person left the row out.
    unresolved
        A name that stands where a position should be and was not looked up yet; else empty.
    """

    index: int
    line: int
    cells: dict[str, str]
    corrected: tuple[str, ...] = ()
    target: Target | None = None
    name: str = ""
    problems: tuple[CellProblem, ...] = ()
    is_left_out: bool = False
    unresolved: str = ""

    @property
    def status(self) -> str:
        """``left out``, ``error``, ``unresolved``, ``warning`` or ``good``."""
        if self.is_left_out:
            return "left out"
        if any(problem.is_error for problem in self.problems):
            return "error"
        if self.unresolved:
            return "unresolved"
        return "warning" if self.problems else "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedList:
    """All rows of a list, and what concerns more than one of them.

    Parameters
    ----------
    rows
        In the order of the file.
    notes
        Sentences about the whole list: RA and Dec seem swapped, all names are equal, values that
        stand for nothing (-999) in a column.
    """

    rows: tuple[CheckedRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def targets(self) -> list[Target]:
        """The targets of all rows that can be measured."""
        return [row.target for row in self.rows if row.target is not None]

    def count(self, status: str) -> int:
        """Return the number of rows with a status."""
        return sum(row.status == status for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a person changed in a list.

    Parameters
    ----------
    corrections
        New texts by number of the row and role.
    left_out
        Numbers of the rows that are not to be measured.
    located
        Positions of names that were looked up: ICRS degrees, or the reason why there is none.
    """

    corrections: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    left_out: Collection[int] = ()
    located: Mapping[str, tuple[float, float] | str] = field(default_factory=dict)
