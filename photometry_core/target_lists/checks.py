"""Every row of a list: its target, or what is wrong with which cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from photometry_core.errors import InvalidInputError
from photometry_core.positions import designation
from photometry_core.target_lists import mapping as mappings
from photometry_core.target_lists.checked import CellProblem, CheckedList, CheckedRow, Edits
from photometry_core.target_lists.closeness import nearest_within_a_pixel
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.frames import axis_names, is_equatorial, to_icrs
from photometry_core.target_lists.names import UniqueNames, name_key
from photometry_core.target_lists.questions import questions
from photometry_core.target_lists.row_reading import RowDraft, RowReader
from photometry_core.target_lists.stated import with_what_is_stated
from photometry_core.target_lists.swapped import note_swapped
from photometry_core.types import ProperMotion, Target

__all__ = ["CellProblem", "CheckedList", "CheckedRow", "Edits", "check"]


def check(file: ListFile, mapping: mappings.Mapping, edits: Edits | None = None) -> CheckedList:
    """Check every row of a list.

    Parameters
    ----------
    file
        The file.
    mapping
        Which column is what. If a question that blocks is open, no row has a target.
    edits
        What a person changed.
    """
    table, first = mappings.mapped_table(file, mapping)
    mapping = with_what_is_stated(table, mapping)
    reader = RowReader(table, mapping, edits or Edits(), first)
    drafts = [reader.texts(row) for row in range(len(table.rows))]
    blocking = [question for question in questions(file, mapping) if question.blocks]
    if blocking:
        for draft in drafts:
            reader.add(draft, "", "", f"to be said first: {blocking[0].text}")
        return CheckedList(rows=tuple(_checked(draft, None, draft.name) for draft in drafts))
    for draft in drafts:
        if not (draft.is_left_out or draft.has_errors):
            reader.read(draft)
    notes = [*_frame_notes(mapping), *note_swapped(drafts, mapping, reader)]
    notes += _doubt_notes(drafts)
    places = _icrs_places(drafts, mapping.frame)
    _note_close(drafts, places, reader)
    names = _unique_names(drafts, places, reader)
    targets = [
        None if draft.has_errors or place is None else _target(draft, place, name, reader)
        for draft, place, name in zip(drafts, places, names, strict=True)
    ]
    rows = tuple(map(_checked, drafts, targets, names))
    return CheckedList(rows=rows, notes=(*notes, *_name_notes(drafts)))


def _checked(draft: RowDraft, target: Target | None, name: str) -> CheckedRow:
    return CheckedRow(
        index=draft.index,
        line=draft.line,
        cells=draft.cells,
        corrected=draft.corrected,
        target=target,
        name=name,
        problems=tuple(sorted(draft.problems, key=lambda problem: not problem.is_error)),
        is_left_out=draft.is_left_out,
        unresolved=draft.unresolved,
    )


def _icrs_places(drafts: Sequence[RowDraft], frame: str) -> list[tuple[float, float] | None]:
    """Return the ICRS positions of rows in degrees, `None` where there is none."""
    places = [draft.located for draft in drafts]
    given = [number for number, draft in enumerate(drafts) if draft.place is not None]
    found = np.array([drafts[number].place for number in given], np.float64).reshape(-1, 2)
    ra, dec = to_icrs(frame, found[:, 0], found[:, 1])
    for number, place in zip(given, zip(ra.tolist(), dec.tolist(), strict=True), strict=True):
        places[number] = place
    return places


def _target(
    draft: RowDraft, place: tuple[float, float], name: str, reader: RowReader
) -> Target | None:
    ra, dec = place
    motion = None
    try:
        if draft.motion is not None:
            pm_ra, pm_dec, epoch = draft.motion
            motion = ProperMotion(
                pm_ra_mas_yr=pm_ra * float(np.cos(np.radians(dec)))
                if draft.lacks_cos_dec
                else pm_ra,
                pm_dec_mas_yr=pm_dec,
                ref_epoch_yr=epoch,
            )
        return Target(name=name, ra_deg=ra, dec_deg=dec, motion=motion, profile=draft.profile)
    except InvalidInputError as error:
        reader.add(draft, "", "", str(error))
        return None


def _unique_names(
    drafts: Sequence[RowDraft],
    places: Sequence[tuple[float, float] | None],
    reader: RowReader,
) -> list[str]:
    """Return the names of all rows, each given once; rows left out take part in nothing."""
    unique = UniqueNames(draft.name for draft in drafts if not draft.is_left_out)
    names = []
    for draft, place in zip(drafts, places, strict=True):
        if draft.is_left_out or (place is None and not draft.name):
            names.append(draft.name)
            continue
        name, owner = unique.take(draft.name or designation(*(place or (0.0, 0.0))), draft.index)
        if owner is not None and draft.name:
            message = f"row {owner + 1} has this name, too: this one is called {name}"
            reader.add(draft, "name", draft.cells.get("name", ""), message, is_error=False)
        names.append(name)
    return names


def _note_close(
    drafts: Sequence[RowDraft],
    places: Sequence[tuple[float, float] | None],
    reader: RowReader,
) -> None:
    """Warn of targets within a pixel of each other: their fluxes can hardly be told apart."""
    usable = [
        (draft, place)
        for draft, place in zip(drafts, places, strict=True)
        if place is not None and not (draft.is_left_out or draft.has_errors)
    ]
    if not usable:
        return
    ra, dec = np.array([place for _, place in usable], np.float64).T
    for index, (other, apart) in nearest_within_a_pixel(ra, dec).items():
        draft, twin = usable[index][0], usable[other][0]
        named = f"row {twin.index + 1}" + (f" ({twin.name})" if twin.name else "")
        where = f"{apart:.2f} arcsec from {named}" if apart else f"the same position as {named}"
        message = f"{where}: if it is the same source, leave one out; both are fitted together"
        reader.add(draft, "", "", message, is_error=False)


def _frame_notes(mapping: mappings.Mapping) -> list[str]:
    """Say that positions were converted."""
    if mapping.frame == "ICRS" or not mapping.choice("ra").column:
        return []
    first, second = axis_names(mapping.frame)
    axes = f"{first} and {second}"
    if mapping.frame != "Ecliptic":  # whose axes are called after it
        axes = f"{mapping.frame} {axes}"
    notes = [f"Positions were converted from {axes} to ICRS."]
    if not is_equatorial(mapping.frame) and mapping.choice("pm_ra").column:
        notes.append("Proper motions are taken to be those in RA and Dec (ICRS).")
    return notes


def _doubt_notes(drafts: Sequence[RowDraft]) -> list[str]:
    """Say how often cells stand for no value, or are written in another way than the others."""
    notes = []
    for (why, column, text), count in Counter(
        (why, column, text if why == "absent" else "")
        for draft in drafts
        for why, column, text in draft.doubts
    ).items():
        cells = f"{count} cells" if count > 1 else "1 cell"
        if why == "mixed":
            are = "are" if count > 1 else "is"
            notes.append(f"{cells} of {column} {are} not written in the way of the others.")
        elif text and column:
            notes.append(f"{cells} of {column}: {text[:40]} usually stands for no value.")
    return notes


def _name_notes(drafts: Sequence[RowDraft]) -> list[str]:
    keys = {name_key(draft.name) for draft in drafts}
    if len(drafts) > 1 and len(keys) == 1 and keys != {""}:
        return [f"All rows have the same name, {drafts[0].name}."]
    return []
