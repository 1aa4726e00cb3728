"""Names that stand in a list where a position should be: looked up, a few at a time."""

from __future__ import annotations

import time
from dataclasses import replace

from explorer.list_rows import change_edits
from explorer.names import ResolverUnreachableError, locate
from jobs.models import TargetList
from jobs.target_lists import checked
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.checks import CheckedList, Edits

NAMES_AT_ONCE = 10
_SECONDS = 8.0
"""After this no further name is begun, so that the page hears of the first ones."""

Places = dict[str, tuple[float, float] | str]


def names_to_look_up(rows: CheckedList) -> list[str]:
    """Return the names that were not looked up yet, each once."""
    return list(dict.fromkeys(row.unresolved for row in rows.rows if row.status == "unresolved"))


def look_up_some(target_list: TargetList) -> tuple[TargetList, str]:
    """Look up the next names of a list, and keep their positions, or why there are none.

    Returns
    -------
    TargetList
        The list as it is now.
    str
        Why no more was looked up; empty if all went well.
    """
    places, failure = _look_up(names_to_look_up(checked(target_list))[:NAMES_AT_ONCE])
    if not places:
        return target_list, failure

    def add(edits: Edits) -> Edits:
        return replace(edits, located={**edits.located, **places})

    return change_edits(target_list.pk, add), failure


def _look_up(names: list[str]) -> tuple[Places, str]:
    """Return positions, or reasons, by name; and why it stopped, if a resolver did not answer."""
    places: Places = {}
    end = time.monotonic() + _SECONDS
    for name in names:
        if places and time.monotonic() > end:
            break
        try:
            located = locate(name)
        except InvalidInputError as error:
            places[name] = str(error)
        except ResolverUnreachableError as error:
            return places, str(error)
        else:
            places[name] = (located.ra_deg, located.dec_deg)
    return places, ""
