"""One row of a list: its texts, and what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from photometry_core.digits import note_on_digits, with_ascii_digits
from photometry_core.errors import InvalidInputError
from photometry_core.positions import parse_position
from photometry_core.target_lists.angles import angle_deg
from photometry_core.target_lists.checked import CellProblem, Edits
from photometry_core.target_lists.contents import ListTable
from photometry_core.target_lists.mapping import MOTION_ROLES, ROLES, SHAPE_ROLES, Choice, Mapping
from photometry_core.target_lists.names import clean_name
from photometry_core.target_lists.shapes import epoch_value, motion_value, shape_value
from photometry_core.target_lists.units import UNITS
from photometry_core.target_lists.values import UnreadableCellError, is_absent, is_iso_date
from photometry_core.types import LEAST_EFFECTIVE_RADIUS_ARCSEC, SersicProfile

_FRAME_WORDS = {"FK5": "fk5", "B1950": "b1950", "Galactic": "gal", "Ecliptic": "ecl"}
_FASTEST_KNOWN_MAS_YR = 11_000.0
_SIGN_AND_THREE_PARTS = 4


@dataclass(slots=True, kw_only=True)
class RowDraft:
    """What is known of a row before all rows are looked at together.

    Parameters
    ----------
    index, line, cells, corrected, problems, is_left_out, unresolved
        As in `photometry_core.target_lists.checked.CheckedRow`.
    name
        As given, cleaned; empty if there is none.
    place
        Coordinates in degrees in the frame of the list; `None` if they can't be read.
    located
        ICRS degrees of a whole position or a name that was looked up.
    motion
        ``(pm_ra, pm_dec, ref_epoch)`` in mas/yr and Julian years; `None` without one.
    lacks_cos_dec
        Whether the motion in RA has to be multiplied with cos(Dec).
    profile
        Shape of a galaxy.
    doubts
        For cells that are no values, or written in another way than their columns: why, the
        column and the text.
    """

    index: int
    line: int
    cells: dict[str, str]
    corrected: tuple[str, ...] = ()
    problems: list[CellProblem] = field(default_factory=list)
    is_left_out: bool = False
    unresolved: str = ""
    name: str = ""
    place: tuple[float, float] | None = None
    located: tuple[float, float] | None = None
    motion: tuple[float, float, float] | None = None
    lacks_cos_dec: bool = False
    profile: SersicProfile | None = None
    doubts: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether one of its problems is an error."""
        return any(problem.is_error for problem in self.problems)


class RowReader:
    """Reads the rows of one table.

    Parameters
    ----------
    table
        The table.
    mapping
        Which column is what; nothing in it is open.
    edits
        What a person changed.
    first
        Number of the first row of `table` in the file's table.
    """

    def __init__(self, table: ListTable, mapping: Mapping, edits: Edits, first: int) -> None:
        self._table, self._mapping, self._edits, self._first = table, mapping, edits, first
        self._choices = {role: mapping.choice(role) for role in ("", *ROLES)}
        places = {column.name: place for place, column in enumerate(table.columns)}
        self._places = {
            role: tuple(places[name] for name in choice.columns)
            for role, choice in mapping.roles.items()
        }
        self._comma = bool(mapping.decimal_comma)
        self._sersic_columns = [role for role in SHAPE_ROLES if self._places.get(role)]
        self._left_out = frozenset(edits.left_out)
        self._needed = {role for role, found in self._places.items() if found} - {"name"}

    def texts(self, row: int) -> RowDraft:
        """Return the texts of a row, corrected, and its name; nothing is read yet.

        Parameters
        ----------
        row
            Its number in `table`.
        """
        cells, index = self._table.rows[row], self._first + row
        texts = {
            role: self._joined(role, [cells[place] for place in found])
            if len(found) > 1
            else cells[found[0]] if found else self._choices[role].constant
            for role, found in self._places.items()
        }  # fmt: skip
        given = self._edits.corrections.get(index, {})
        corrections = {role: text for role, text in given.items() if role in ROLES}
        draft = RowDraft(
            index=index,
            line=self._table.lines[row],
            cells={**texts, **corrections} if corrections else texts,
            corrected=tuple(corrections),
            is_left_out=index in self._left_out,
        )
        self._read_name(draft)
        if (broken := self._table.broken.get(row)) and not self._is_mended(corrections):
            self.add(draft, "", "", broken)
        return draft

    def _joined(self, role: str, parts: list[str]) -> str:
        """Return the text of a value that stands in several cells; the sign has no blank after it.

        An empty cell among others stays visible, so that minutes are not taken for degrees.
        """
        sign = ""
        if role == "dec" and len(parts) == _SIGN_AND_THREE_PARTS:
            sign, parts = parts[0], parts[1:]
        if all(map(is_absent, parts)):
            return ""
        return sign + " ".join(part or "(empty)" for part in parts)

    def _is_mended(self, corrections: object) -> bool:
        given = set(corrections) if isinstance(corrections, dict) else set()
        needed = self._needed if "position" not in given else self._needed - {"ra", "dec"}
        return bool(given) and needed <= given

    def read(self, draft: RowDraft) -> None:
        """Read position, shape and motion of a row into its draft."""
        self._read_position(draft)
        if self._mapping.model == "sersic":
            self._read_shape(draft)
        if self._choices["pm_ra"] != Choice():
            self._read_motion(draft)
        for role, text in draft.cells.items():
            if not text.isascii() and role != "name" and (note := note_on_digits(text)):
                self.add(draft, role, text, note, is_error=False)

    def add(
        self,
        draft: RowDraft,
        role: str,
        value: str,
        message: str,
        *,
        is_error: bool = True,
        suggestion: str = "",
    ) -> None:
        """Note what is wrong with a cell, or with the whole row."""
        draft.problems.append(
            CellProblem(
                role=role,
                column=self._choices[role].label,
                value=value,
                message=message,
                is_error=is_error,
                suggestion=suggestion,
            )
        )

    def _refuse(self, draft: RowDraft, role: str, error: UnreadableCellError) -> None:
        value = draft.cells.get(role, "")
        self.add(draft, role, value, str(error), suggestion=error.suggestion)
        if error.why:
            draft.doubts.append((error.why, self._choices[role].label, value))

    def _read_name(self, draft: RowDraft) -> None:
        given = draft.cells.get("name", "")
        draft.name, changes = clean_name(given) if given else ("", "")
        if changes:
            self.add(draft, "name", given, f"name: {changes}", is_error=False)

    def _read_position(self, draft: RowDraft) -> None:
        cells = draft.cells
        whole = cells.get("position", "")
        has_coordinates = not (is_absent(cells.get("ra", "")) and is_absent(cells.get("dec", "")))
        if whole and ("position" in draft.corrected or not has_coordinates):
            self._read_whole(draft, whole)
            return
        if not has_coordinates and "position" in self._places:
            self._refuse(draft, "position", UnreadableCellError("no value is given", why="absent"))
            return
        found = [self._read_coordinate(draft, role) for role in ("ra", "dec")]
        if found[0] is not None and found[1] is not None:
            draft.place = (found[0], found[1])

    def _read_coordinate(self, draft: RowDraft, role: str) -> float | None:
        try:
            return angle_deg(
                role,
                draft.cells.get(role, ""),
                self._choices[role].unit or "deg",
                self._mapping.frame,
                decimal_comma=self._comma,
                is_typed=role in draft.corrected or not self._places.get(role),
            )
        except UnreadableCellError as error:
            self._refuse(draft, role, error)
            return None

    def _read_whole(self, draft: RowDraft, text: str) -> None:
        """Read a position in one cell; what is none is a name."""
        if is_absent(text):
            self._refuse(
                draft,
                "position",
                UnreadableCellError(f"{text!r} stands for no value", why="absent"),
            )
            return
        plain_text = with_ascii_digits(text)
        try:
            parsed = parse_position(plain_text)
            word = _FRAME_WORDS.get(self._mapping.frame)
            if parsed and parsed.frame == "J2000" and word and parsed.notation != "designation":
                parsed = parse_position(f"{plain_text} {word}")
        except InvalidInputError as error:
            self.add(draft, "position", text, str(error).removeprefix("position: "))
            return
        if parsed is not None:
            draft.located = (parsed.ra_deg, parsed.dec_deg)
            return
        draft.name = draft.name or clean_name(text)[0]
        place = self._edits.located.get(text)
        if isinstance(place, str):
            self.add(draft, "position", text, place)
        elif place is None:
            draft.unresolved = text
        else:
            draft.located = (place[0] % 360.0, place[1])

    def _read_shape(self, draft: RowDraft) -> None:
        if self._sersic_columns and all(is_absent(draft.cells[r]) for r in self._sersic_columns):
            message = "no shape is given: measured as a point source"
            self.add(draft, self._sersic_columns[0], "", message, is_error=False)
            return
        values = {}
        for role in SHAPE_ROLES:
            try:
                values[role] = shape_value(
                    role,
                    draft.cells.get(role, ""),
                    self._choices[role],
                    decimal_comma=self._comma,
                )
            except UnreadableCellError as error:
                self._refuse(draft, role, _of_four(error))
        if len(values) < len(SHAPE_ROLES):
            return
        index, ratio, angle, radius = (values[role] for role in SHAPE_ROLES)
        if radius < LEAST_EFFECTIVE_RADIUS_ARCSEC:
            message = (
                f"effective radius {radius:.3g} arcsec is below "
                f"{LEAST_EFFECTIVE_RADIUS_ARCSEC:g}: measured as a point source"
            )
            self.add(
                draft, "effective_radius", draft.cells["effective_radius"], message, is_error=False
            )
        draft.profile = SersicProfile(
            sersic_index=index,
            axis_ratio=ratio,
            position_angle_deg=angle,
            effective_radius_arcsec=radius,
        )

    def _read_motion(self, draft: RowDraft) -> None:
        """Read the proper motion: both components and the epoch, or none of them."""
        if all(is_absent(draft.cells.get(role, "")) for role in MOTION_ROLES[:2]):
            return
        found: list[float] = []
        for role in MOTION_ROLES:
            choice, text = self._choices[role], draft.cells.get(role, "")
            try:
                if role == "ref_epoch":
                    found.append(self._read_epoch(draft, text, choice))
                    continue
                typed = role in draft.corrected
                value, lacks_cos_dec = motion_value(
                    role, text, choice, decimal_comma=self._comma, is_typed=typed
                )
                draft.lacks_cos_dec = draft.lacks_cos_dec or lacks_cos_dec
                found.append(value)
            except UnreadableCellError as error:
                self._refuse(draft, role, error)
        if len(found) < len(MOTION_ROLES):
            return
        if self._mapping.frame == "B1950" or self._mapping.frame.startswith("FK4"):
            message = "proper motions of FK4 positions can't be converted; give ICRS positions"
            self.add(draft, "pm_ra", draft.cells["pm_ra"], message)
        if math.hypot(found[0], found[1]) > _FASTEST_KNOWN_MAS_YR:
            message = "this proper motion is faster than that of any known star"
            self.add(draft, "pm_ra", draft.cells["pm_ra"], message, is_error=False)
        draft.motion = (found[0], found[1], found[2])

    def _read_epoch(self, draft: RowDraft, text: str, choice: Choice) -> float:
        """Read an epoch; a date among years, and a year among dates, is pointed out."""
        year = epoch_value(text, choice, decimal_comma=self._comma)
        others = UNITS["ref_epoch"][choice.unit] if choice.unit else ""
        if choice.column and is_iso_date(text) != (choice.unit == "iso"):
            message = f"{text} among epochs of the form {others}: read as the year {year:.3f}"
            self.add(draft, "ref_epoch", text, message, is_error=False)
        return year


def _of_four(error: UnreadableCellError) -> UnreadableCellError:
    """Say of an empty cell that the other three need it."""
    if error.why == "absent" and "no value" in str(error):
        return UnreadableCellError(
            f"{error}; a S\u00e9rsic profile needs all four values, or none", why=error.why
        )
    return error
