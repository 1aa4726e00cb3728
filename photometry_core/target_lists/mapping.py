"""Which column of a table is what, in which unit and frame: what a person confirms."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from photometry_core.target_lists.contents import ListFile, ListTable, with_header

ROLES = (
    "position",
    "ra",
    "dec",
    "name",
    "sersic_index",
    "axis_ratio",
    "position_angle",
    "effective_radius",
    "pm_ra",
    "pm_dec",
    "ref_epoch",
)
"""What a column can be. ``position``: names or whole positions, each in one cell; ``ra`` and
``dec`` are the two coordinates of the frame, whatever it is."""

SHAPE_ROLES = ROLES[4:8]
MOTION_ROLES = ROLES[8:]

FRAMES = ("ICRS", "FK5", "B1950", "Galactic", "Ecliptic")
"""ICRS stands for J2000, too; FK5 and the ecliptic are those of J2000. Files with another equinox
have frames such as ``FK5 J1975`` and ``FK4 B1900``."""

COLUMN_JOINT = "\t"
"""Between the names of the columns that make one value together, such as those of hours, minutes
and seconds; no name has a tab in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where the values of one role come from: a column, or one constant for all rows.

    Parameters
    ----------
    column
        Name of the column; empty if there is none. Where one value stands in several columns
        (``RAh``, ``RAm``, ``RAs``; ``DE-``, ``DEd``, ``DEm``, ``DEs``; ``SHAPE_E1``,
        ``SHAPE_E2``) it is their names with `COLUMN_JOINT` between them. Their cells are read one
        behind the other, as sexagesimal numbers or as the two components of an ellipticity.
    constant
        The text of the constant, used if there is no column; empty if there is none.
    unit
        Key of the unit, one of `photometry_core.target_lists.units.UNITS` for this role; empty if
        it is not known yet, which has to be asked.
    kind
        For the axis ratio and the position angle, a key of
        `photometry_core.target_lists.units.KINDS`, such as ``b/a``, ``a/b`` or ``1-b/a``
        (ellipticity); empty for all others, and as long as it is not known.
    """

    column: str = ""
    constant: str = ""
    unit: str = ""
    kind: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the value is made of; empty for constants."""
        return tuple(self.column.split(COLUMN_JOINT)) if self.column else ()

    @property
    def label(self) -> str:
        """What people call the column; empty for constants."""
        return " + ".join(self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What a person says, or confirms, about a table.

    Parameters
    ----------
    table
        Number of the table in its file, from 0.
    header
        Whether the first row gives the names of the columns, where the file has no line of names
        for certain; `None` as long as that is asked.
    decimal_comma
        Whether commas in numbers are decimal points; `None` if it is asked and not answered.
    frame
        Of the coordinates, one of `FRAMES` or one with another equinox; empty if it is asked and
        not answered.
    model
        ``point`` or ``sersic``: what the whole list is measured as.
    roles
        A `Choice` by role, for roles that have one.
    answered
        Keys of the questions (`photometry_core.target_lists.proposals.Question`) that a person
        has answered, so that they are not asked again.
    """

    table: int = 0
    header: bool | None = None
    decimal_comma: bool | None = False
    frame: str = "ICRS"
    model: str = "point"
    roles: dict[str, Choice] = field(default_factory=dict)
    answered: tuple[str, ...] = ()

    def choice(self, role: str) -> Choice:
        """Return the choice of a role, an empty one if it has none."""
        return self.roles.get(role, Choice())

    def with_choice(self, role: str, choice: Choice) -> Mapping:
        """Return the mapping with the choice of one role replaced."""
        return replace(self, roles={**self.roles, role: choice})

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "table": self.table,
            "header": self.header,
            "decimal_comma": self.decimal_comma,
            "frame": self.frame,
            "model": self.model,
            "roles": {
                role: [choice.column, choice.constant, choice.unit, choice.kind]
                for role, choice in self.roles.items()
            },
            "answered": list(self.answered),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Mapping:
        """Inverse of `to_json`."""
        return cls(
            table=values["table"],
            header=values["header"],
            decimal_comma=values["decimal_comma"],
            frame=values["frame"],
            model=values["model"],
            roles={
                role: Choice(column=column, constant=constant, unit=unit, kind=kind)
                for role, (column, constant, unit, kind) in values["roles"].items()
            },
            answered=tuple(values["answered"]),
        )


def mapped_table(file: ListFile, mapping: Mapping) -> tuple[ListTable, int]:
    """Return the table that a mapping is about, and the number of its first row with a target.

    That is 1 if the first row was said to be the header, else 0.
    """
    table = file.tables[mapping.table]
    if may_have_header(table) and mapping.header:
        return with_header(table), 1
    return table, 0


def may_have_header(table: ListTable) -> bool:
    """Whether a person can say that the first row gives the names of the columns."""
    return table.header != "names" and len(table.rows) > 1
