"""Lists of targets that visitors bring: kept, mapped, corrected, and sent off as jobs."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from jobs.errors import LimitError
from jobs.models import Job, TargetList
from jobs.services import submit_parts
from photometry_core.errors import ForeignFileError, InvalidInputError
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.target_lists import limits
from photometry_core.target_lists.checks import CheckedList, CheckedRow, Edits, check
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.division import Division, divide
from photometry_core.target_lists.isolation import read_list_isolated
from photometry_core.target_lists.mapping import Mapping
from photometry_core.target_lists.proposals import best_table, propose, questions
from photometry_core.target_lists.remembered import recalled
from photometry_core.types import MeasureOptions, Target

_NAME_LENGTH = 200
_PASTED = "pasted list"
_BAD = ("error", "unresolved")
_LOOKED_BACK = 8
"""Earlier lists with the same columns in which an answer is looked for."""
_OF_A_TABLE = ("mapping", "corrections", "left_out")


def open_list(*, owner: str, file_name: str, source: str, pieces: Iterable[bytes]) -> TargetList:
    """Read a list, propose what its columns are, and keep it.

    What its owner said of earlier lists with the same columns is laid over the proposal.

    Parameters
    ----------
    owner
        The visitor.
    file_name
        Its name, used for texts only; empty for a pasted text.
    source
        ``file``, ``text`` or ``url``.
    pieces
        Its bytes.

    Raises
    ------
    LimitError
        The visitor keeps too many lists already.
    ForeignFileError
        It can't be read.
    """
    name = clean_text(file_name, _NAME_LENGTH)
    _check_number(owner)
    content = _joined(pieces, name or _PASTED)
    file = read_list_isolated([content], name)
    layout = layout_of(file)
    mapping, like = _remembered(owner, layout, file)
    packed = zlib.compress(json.dumps(file.to_json()).encode())
    with transaction.atomic():
        # Of several lists that are opened at once none may pass the limit.
        _check_number(owner)
        return TargetList.objects.create(
            owner=owner,
            name=name or _PASTED,
            source=source,
            content=packed,
            n_rows=len(file.tables[mapping.table].rows),
            digest=hashlib.sha256(content).hexdigest(),
            layout=layout,
            mapping=mapping.to_json(),
            mapping_from=like,
        )


def _remembered(owner: str, layout: str, file: ListFile) -> tuple[Mapping, TargetList | None]:
    """Return the mapping of a new list, and the last list of which something was taken over."""
    proposed = propose(file, best_table(file)).mapping
    like = like_it(owner, layout)
    found = recalled(file, proposed, ((file_of(one), mapping_of(one)) for one in like))
    return found.mapping, like[found.sources[0]] if found.sources else None


def _joined(pieces: Iterable[bytes], name: str) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > limits.MAX_FILE_BYTES:
            raise ForeignFileError(
                f"{name} is too large; allowed: at most {limits.MAX_FILE_BYTES / 1e6:.0f} MB"
            )
    if not content:
        raise ForeignFileError(f"{name} is empty")
    return bytes(content)


def _check_number(owner: str) -> None:
    most = settings.SPHEREX_MAX_LISTS
    if TargetList.objects.filter(owner=owner).count() >= most:
        raise LimitError(
            f"lists: {most} of your lists are kept, and no more are allowed; "
            "delete one that you do not need any more"
        )


def layout_of(file: ListFile) -> str:
    """Return what lists with the same columns have in common; empty if columns have no names."""
    if any(table.header == "none" for table in file.tables):
        # What the first of two nameless columns is in one file says nothing about another.
        return ""
    columns = [
        [
            [[column.name, column.unit, column.ucd] for column in table.columns],
            # The row that may be names.
            table.rows[0] if table.header == "asked" else [],
            [table.header, table.frame, table.equinox, table.epoch],
        ]
        for table in file.tables
    ]
    return hashlib.sha256(json.dumps(columns).encode()).hexdigest()


def lists_of(owner: str) -> QuerySet[TargetList]:
    """Return the lists of a visitor, the last changed first, without what is in them."""
    return (
        TargetList.objects.filter(owner=owner).defer(*TargetList.LARGE).order_by("-changed", "-pk")
    )


def like_it(owner: str, layout: str) -> list[TargetList]:
    """Return the visitor's last changed lists with a layout, without their contents."""
    if not layout:
        return []
    found = TargetList.objects.filter(owner=owner, layout=layout).defer("content")
    return list(found.order_by("-changed")[:_LOOKED_BACK])


def same_as(target_list: TargetList) -> TargetList | None:
    """Return an earlier list of the same owner with exactly the same bytes, if there is one."""
    return (
        lists_of(target_list.owner)
        .filter(digest=target_list.digest, created__lt=target_list.created)
        .order_by("-created")
        .first()
    )


def file_of(target_list: TargetList) -> ListFile:
    """Return what the file of a list holds; kept in memory for the next request."""
    return _file(target_list.pk)


@lru_cache(maxsize=8)
def _file(list_id: str) -> ListFile:
    packed = TargetList.objects.values_list("content", flat=True).get(pk=list_id)
    return ListFile.from_json(json.loads(zlib.decompress(bytes(packed))))


def mapping_of(target_list: TargetList) -> Mapping:
    """Return which column of a list is what."""
    return Mapping.from_json(target_list.mapping)


def edits_of(target_list: TargetList) -> Edits:
    """Return what the owner of a list changed in it."""
    return _edits(target_list.corrections, target_list.left_out, target_list.located)


def _edits(corrections: Any, left_out: Any, located: Any) -> Edits:
    return Edits(
        corrections={int(row): texts for row, texts in corrections.items()},
        left_out=frozenset(left_out),
        located={
            name: place if isinstance(place, str) else (place[0], place[1])
            for name, place in located.items()
        },
    )


def checked(target_list: TargetList) -> CheckedList:
    """Return all rows of a list, checked; kept in memory until something is changed."""
    said = [
        target_list.mapping,
        target_list.corrections,
        target_list.left_out,
        target_list.located,
    ]
    return _checked(target_list.pk, json.dumps(said))


@lru_cache(maxsize=4)
def _checked(list_id: str, said: str) -> CheckedList:
    mapping, *edits = json.loads(said)
    return check(_file(list_id), Mapping.from_json(mapping), _edits(*edits))


def save_mapping(target_list: TargetList, mapping: Mapping) -> None:
    """Keep what was said about the columns of a list."""
    target_list.mapping = mapping.to_json()
    target_list.mapping_from = None
    target_list.changed = timezone.now()
    target_list.save(update_fields=["mapping", "mapping_from", "changed"])


def use_table(target_list: TargetList, mapping: Mapping) -> None:
    """Take another table of a list into use; what was said and changed of a table is kept for it.

    Parameters
    ----------
    target_list
        The list, changed and stored.
    mapping
        Of the new table, for when it was not in use before.
    """
    with transaction.atomic():
        stored = TargetList.objects.select_for_update().defer("content").get(pk=target_list.pk)
        tables = stored.other_tables
        tables[str(mapping_of(stored).table)] = {
            name: getattr(stored, name) for name in _OF_A_TABLE
        }
        kept = tables.pop(str(mapping.table), None)
        if kept is None:
            kept = {"mapping": mapping.to_json(), "corrections": {}, "left_out": []}
        for name in _OF_A_TABLE:
            setattr(target_list, name, kept[name])
        if "table" not in target_list.mapping["answered"]:
            target_list.mapping["answered"].append("table")
        target_list.other_tables = tables
        target_list.mapping_from = None
        target_list.changed = timezone.now()
        target_list.save(update_fields=[*_OF_A_TABLE, "other_tables", "mapping_from", "changed"])


def save_edits(target_list: TargetList, edits: Edits) -> None:
    """Keep what was changed in the rows of a list."""
    target_list.corrections = {str(row): dict(texts) for row, texts in edits.corrections.items()}
    target_list.left_out = sorted(edits.left_out)
    target_list.located = dict(edits.located)
    target_list.changed = timezone.now()
    target_list.save(update_fields=["corrections", "left_out", "located", "changed"])


def leave_out_bad(target_list: TargetList) -> int:
    """Leave out every row of a list that can't be measured as it is.

    Returns
    -------
    int
        How many they were: rows with errors, and names that were not looked up.
    """
    with transaction.atomic():
        # What was changed a moment ago must not be undone.
        target_list.refresh_from_db(fields=["mapping", "corrections", "left_out", "located"])
        bad = {row.index for row in checked(target_list).rows if row.status in _BAD}
        edits = edits_of(target_list)
        if bad:
            save_edits(target_list, replace(edits, left_out=set(edits.left_out) | bad))
    return len(bad)


def submit_list(
    *,
    target_list: TargetList,
    title: str,
    options: MeasureOptions,
    archive: str,
    submission_key: str,
) -> list[Job]:
    """Queue the jobs that measure all rows of a list that were not left out.

    Parameters
    ----------
    target_list
        The list.
    title
        What the owner calls it.
    options
        What to measure, and how.
    archive
        Name of the archive.
    submission_key
        Of the form, as in `jobs.services.submit_job`.

    Returns
    -------
    list of Job
        As many as `division_of` has parts.

    Raises
    ------
    LimitError
        Too many unfinished jobs; none is queued then.
    InvalidInputError
        A question about the columns is open, rows have errors or names are not looked up and were
        not left out, there is no row that can be measured, or more targets than a job may have
        are so close that they have to be measured together.
    """
    targets = targets_to_submit(target_list)
    division = division_of(checked(target_list))
    return submit_parts(
        owner=target_list.owner,
        title=title,
        parts=[[targets[index] for index in part] for part in division.parts],
        options=options,
        archive=archive,
        submission_key=submission_key,
        target_list=target_list,
    )


def targets_to_submit(target_list: TargetList) -> list[Target]:
    """Return the targets of a list under the names that they are shown with.

    Raises
    ------
    InvalidInputError
        As in `submit_list`.
    """
    blocking = [
        question
        for question in questions(file_of(target_list), mapping_of(target_list))
        if question.blocks
    ]
    if blocking:
        raise InvalidInputError(f"list: to be answered first: {blocking[0].text}")
    rows = checked(target_list)
    if bad := words_of_bad(rows):
        raise InvalidInputError(
            f"list: {bad}. Nothing is left out by itself: correct them, or leave all of them out"
        )
    targets = [replace(target, name=row.name) for row, target in _measured(rows)]
    if not targets:
        raise InvalidInputError(
            "list: every row was left out; allowed: at least one row that is measured"
        )
    return targets


def words_of_bad(rows: CheckedList) -> str:
    """Say how many rows can't be measured as they are; empty if all can."""
    n_errors, n_unresolved = rows.count("error"), rows.count("unresolved")
    words = []
    if n_errors:
        words.append(f"{n_errors:,} row{'s have errors' if n_errors > 1 else ' has errors'}")
    if n_unresolved:
        words.append(
            f"{n_unresolved:,} name{'s were' if n_unresolved > 1 else ' was'} not looked up yet"
        )
    return " and ".join(words)


def division_of(rows: CheckedList) -> Division:
    """Return how a list is divided into jobs; kept in memory for the next request.

    Its parts hold indices of the targets that are measured, in the order of the rows.

    Raises
    ------
    InvalidInputError
        More targets than a job may have are so close that they have to be measured together; the
        message names their rows.
    """
    measured = _measured(rows)
    return _divided(
        tuple(target for _, target in measured),
        tuple(row.index + 1 for row, _ in measured),
        settings.SPHEREX_MAX_TARGETS,
    )


@lru_cache(maxsize=4)
def _divided(targets: tuple[Target, ...], rows: tuple[int, ...], most: int) -> Division:
    return divide(targets, most, rows)


def _measured(rows: CheckedList) -> list[tuple[CheckedRow, Target]]:
    """Return the rows that are measured as the list stands, with their targets."""
    return [
        (row, row.target) for row in rows.rows if row.target is not None and not row.is_left_out
    ]
