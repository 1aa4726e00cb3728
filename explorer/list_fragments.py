"""What the templates of a list's columns and of its rows show, on the start page and alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from explorer.list_mapping import checked_text, proposal_of
from explorer.list_mapping_fields import fields_of
from explorer.list_rows import (
    SHOWN,
    counts_of,
    first_question,
    rows_in_words,
    rows_page,
    summary_of,
)
from jobs.models import TargetList
from jobs.target_lists import checked, file_of, mapping_of
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.limits import MAX_ROWS


def mapping_context(target_list: TargetList, sources: Mapping[str, str] = {}) -> dict[str, Any]:
    """Return what the template of the mapping shows.

    Parameters
    ----------
    target_list
        The list.
    sources
        ``column`` or ``constant`` for roles whose value is about to be given.
    """
    current = mapping_of(target_list)
    proposal = proposal_of(target_list.pk, current.table, current.header)
    rows = checked(target_list)
    fields = fields_of(file_of(target_list), current, proposal, rows, sources)
    return {"fields": fields, "target_list": target_list}


def rows_context(
    target_list: TargetList, asked: Mapping[str, str], undo: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the template of one page of rows shows.

    Parameters
    ----------
    target_list
        The list.
    asked
        ``show``, one of `SHOWN`; ``find``, part of a name; ``page``, from 0; ``select``, a row
        whose page is meant instead. All can be absent.
    undo
        What undoes the last change.

    Raises
    ------
    InvalidInputError
        One of them has a value that can't be.
    """
    show = asked.get("show") or "all"
    if show not in SHOWN:
        raise InvalidInputError(f"show: {show!r:.40} given; allowed: {', '.join(SHOWN)}")
    find = checked_text(asked.get("find", ""), "find")
    found = checked(target_list)
    counts = counts_of(found)
    asked_first = first_question(target_list)
    return {
        "target_list": target_list,
        "page": rows_page(
            target_list,
            show=show,
            find=find,
            page=whole_number("page", asked.get("page")) or 0,
            row=whole_number("select", asked.get("select")),
            is_waiting=bool(asked_first),
        ),
        "show": show,
        "find": find,
        "counts": counts,
        "filters": [
            (key, words, counts[key])
            for key, words in SHOWN.items()
            if key == show or (counts[key] and (key in ("all", "left out") or not asked_first))
        ],
        "summary": rows_in_words(counts["all"]) if asked_first else summary_of(counts),
        "has_problems": any(one.problems for one in found.rows) and not asked_first,
        "notes": found.notes,
        "asked_first": asked_first,
        "undo": json.dumps(undo) if undo else "",
    }


def whole_number(name: str, text: str | None) -> int | None:
    """Return a number from 0; `None` if nothing is given.

    Raises
    ------
    InvalidInputError
        It is none, or larger than any number of rows.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise InvalidInputError(
            f"{name}: {text!r:.40} given; allowed: whole numbers from 0 to {MAX_ROWS}"
        )
    return int(text)
