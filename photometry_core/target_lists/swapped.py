"""Lists whose RA and Dec are in each other's column."""

from __future__ import annotations

from collections.abc import Sequence

from photometry_core.target_lists.mapping import Mapping
from photometry_core.target_lists.row_reading import RowDraft, RowReader
from photometry_core.target_lists.values import SENTINELS, UnreadableCellError, number

_LEAST_SHARE = 0.1


def note_swapped(drafts: Sequence[RowDraft], mapping: Mapping, reader: RowReader) -> list[str]:
    """Mark the rows of a list whose RA and Dec seem to be swapped, and return a note about it.

    They seem to be if a tenth of the second coordinates are above 90 and no first one is. Rows
    that would be possible as they are get a warning; for the others the swapped values are
    suggested.
    """
    if any(mapping.choice(role).unit != "deg" for role in ("ra", "dec")):
        return []
    if not any(problem.role == "dec" for draft in drafts for problem in draft.problems):
        return []
    comma = bool(mapping.decimal_comma)
    found = [(draft, _numbers(draft, decimal_comma=comma)) for draft in drafts]
    given = [(draft, pair) for draft, pair in found if pair is not None]
    far = [draft for draft, (_, dec) in given if 90.0 < dec <= 360.0]
    if len(far) < max(1.0, _LEAST_SHARE * len(given)) or any(
        abs(ra) > 90.0 for _, (ra, _) in given
    ):
        return []
    for draft, (_, dec) in given:
        ra_text, dec_text = draft.cells["ra"], draft.cells["dec"]
        if 90.0 < dec <= 360.0:
            kept = [problem for problem in draft.problems if problem.role not in ("ra", "dec")]
            draft.problems[:] = kept
            draft.place = None
            message = f"RA {ra_text} and Dec {dec_text} seem to be swapped"
            reader.add(draft, "ra", ra_text, f"{message}; allowed: 0 to 360", suggestion=dec_text)
            message = f"{message}; allowed for Dec: -90 to 90 degrees"
            reader.add(draft, "dec", dec_text, message, suggestion=ra_text)
        elif draft.place is not None:
            message = "RA and Dec may be swapped here, as they seem to be in other rows"
            reader.add(draft, "dec", dec_text, message, is_error=False)
    rows = f"{len(far)} row{'s'[: len(far) != 1]}"
    return [f"RA and Dec seem to be swapped: Dec is above 90 degrees in {rows}."]


def _numbers(draft: RowDraft, *, decimal_comma: bool) -> tuple[float, float] | None:
    """Return both coordinates of a row, wherever they are; `None` if one is no number."""
    try:
        ra, dec = (
            number(draft.cells.get(role, ""), decimal_comma=decimal_comma) for role in ("ra", "dec")
        )
    except UnreadableCellError:
        return None
    return None if draft.is_left_out or {ra, dec} & SENTINELS else (ra, dec)
