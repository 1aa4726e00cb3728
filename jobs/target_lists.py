"""Lists of targets that visitors bring: kept, mapped, corrected, and sent off as jobs."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from jobs.models import Job, TargetList
from jobs.services import submit_job
from photometry_core.target_lists.checks import CheckedList, Edits, check
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.isolation import read_list_isolated
from photometry_core.target_lists.mapping import Mapping
from photometry_core.target_lists.proposals import propose
from photometry_core.types import MeasureOptions


def open_list(*, owner: str, file_name: str, source: str, pieces: Iterable[bytes]) -> TargetList:
    """Read a list, propose what its columns are, and keep it.

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
    content = b"".join(pieces)
    file = read_list_isolated([content], file_name)
    table = max(range(len(file.tables)), key=lambda number: len(file.tables[number].rows))
    return TargetList.objects.create(
        owner=owner,
        name=file.name or "pasted list",
        source=source,
        content=zlib.compress(json.dumps(file.to_json()).encode()),
        n_rows=len(file.tables[table].rows),
        digest=hashlib.sha256(content).hexdigest(),
        layout=layout_of(file),
        mapping=propose(file, table).mapping.to_json(),
    )


def layout_of(file: ListFile) -> str:
    """Return what lists with the same columns have in common."""
    names = [[column.name for column in table.columns] for table in file.tables]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


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
    return Edits(
        corrections={int(row): texts for row, texts in target_list.corrections.items()},
        left_out=frozenset(target_list.left_out),
        located={
            name: place if isinstance(place, str) else (place[0], place[1])
            for name, place in target_list.located.items()
        },
    )


def checked(target_list: TargetList) -> CheckedList:
    """Return all rows of a list, checked."""
    return check(file_of(target_list), mapping_of(target_list), edits_of(target_list))


def save_mapping(target_list: TargetList, mapping: Mapping) -> None:
    """Keep what was said about the columns of a list."""
    target_list.mapping = mapping.to_json()
    target_list.changed = timezone.now()
    target_list.save(update_fields=["mapping", "changed"])


def save_edits(target_list: TargetList, edits: Edits) -> None:
    """Keep what was changed in the rows of a list."""
    target_list.corrections = {str(row): dict(texts) for row, texts in edits.corrections.items()}
    target_list.left_out = sorted(edits.left_out)
    target_list.located = dict(edits.located)
    target_list.changed = timezone.now()
    target_list.save(update_fields=["corrections", "left_out", "located", "changed"])


def submit_list(
    *,
    target_list: TargetList,
    title: str,
    options: MeasureOptions,
    archive: str,
    submission_key: str,
) -> list[Job]:
    """Queue the jobs that measure all good rows of a list.

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
        As many as `parts` has.

    Raises
    ------
    LimitError
        Too many targets, or too many unfinished jobs; none is queued then.
    InvalidInputError
        The list has no row that can be measured.
    """
    targets = checked(target_list).targets
    return [
        submit_job(
            owner=target_list.owner,
            title=title,
            targets=[targets[index] for index in part],
            options=options,
            archive=archive,
            submission_key=f"{submission_key}.{number}",
        )
        for number, part in enumerate(parts(targets))
    ]


def parts(targets: Sequence[object]) -> list[list[int]]:
    """Return the targets of each job that a list is divided into, by their indices."""
    most = settings.SPHEREX_MAX_TARGETS
    return [
        list(range(first, min(first + most, len(targets))))
        for first in range(0, len(targets), most)
    ]
