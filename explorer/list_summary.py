"""What the start page says about the list in use, and about those that a visitor has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from explorer.list_form import MAX_TEXT_BYTES
from explorer.list_mapping import proposal_of
from jobs.models import TargetList
from jobs.target_lists import (
    checked,
    division_of,
    file_of,
    lists_of,
    mapping_of,
    same_as,
    words_of_bad,
)
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists import limits
from photometry_core.target_lists.checks import CheckedList
from photometry_core.target_lists.proposals import questions
from photometry_core.target_lists.remembered import taken_over

FORMATS = (
    "CSV with any separator, TSV, IPAC, VOTable, FITS, ECSV, Parquet or machine-readable tables "
    "(MRT) of CDS and AAS"
)
EXTENSIONS = (
    ".csv,.tsv,.txt,.dat,.tbl,.ipac,.mrt,.vot,.votable,.xml,.fits,.fit,.ecsv,.parquet,.pq,.gz"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSummary:
    """A list in use.

    Parameters
    ----------
    target_list
        The list.
    format
        Of its file, in words.
    n_columns
        Of the table in use.
    table
        Name of the table in use, if there are several; else empty.
    notes
        Sentences about the file, and which neighbours fall into different jobs.
    n_targets
        How many rows are measured as it stands.
    n_good, n_warned, n_errors, n_unresolved, n_left_out
        Numbers of rows by status.
    n_questions
        Questions that have to be answered before any row is measured.
    jobs
        How many jobs it becomes; 0 if it can't become any.
    problem
        Why it can't be submitted as it is; empty if it can.
    same
        An earlier list with the same bytes; `None` if there is none.
    taken_over
        What the visitor had said of earlier lists with its columns, by the names of the fields.
    """

    target_list: TargetList
    format: str
    n_columns: int
    table: str
    notes: tuple[str, ...]
    n_targets: int
    n_good: int
    n_warned: int
    n_errors: int
    n_unresolved: int
    n_left_out: int
    n_questions: int
    jobs: int
    problem: str
    same: TargetList | None
    taken_over: str

    @property
    def n_bad(self) -> int:
        """Rows that have to be corrected or left out."""
        return self.n_errors + self.n_unresolved

    @property
    def sentence(self) -> str:
        """Say what sending it means, such as "137 targets: 2 jobs of up to 100 targets"."""
        if not self.n_targets:
            return "No target yet"
        targets = f"{self.n_targets:,} target{'s' if self.n_targets != 1 else ''}"
        if self.jobs > 1:
            return f"{targets}: {self.jobs} jobs of up to {settings.SPHEREX_MAX_TARGETS} targets"
        return f"{targets}: one job" if self.jobs else f"{targets}: no jobs, as they are"


def summary_of(target_list: TargetList) -> ListSummary:
    """Return what the page says about a list in use."""
    file, mapping = file_of(target_list), mapping_of(target_list)
    rows = checked(target_list)
    n_questions = sum(question.blocks for question in questions(file, mapping))
    n_targets = sum(row.target is not None and not row.is_left_out for row in rows.rows)
    n_jobs, separated, problem = _division(rows, n_targets)
    table = file.tables[mapping.table]
    return ListSummary(
        target_list=target_list,
        format=file.format,
        n_columns=len(table.columns),
        table=table.name if len(file.tables) > 1 else "",
        notes=(separated, *file.notes) if separated else file.notes,
        n_targets=n_targets,
        n_good=rows.count("good"),
        n_warned=rows.count("warning"),
        n_errors=0 if n_questions else rows.count("error"),
        n_unresolved=0 if n_questions else rows.count("unresolved"),
        n_left_out=rows.count("left out"),
        n_questions=n_questions,
        jobs=n_jobs,
        problem=problem or (words_of_bad(rows) if not n_questions else ""),
        same=same_as(target_list),
        taken_over=", ".join(_taken_over(target_list)),
    )


def _taken_over(target_list: TargetList) -> tuple[str, ...]:
    """Return the fields that came from an earlier list; once one is changed, all are its own."""
    if target_list.mapping_from_id is None:
        return ()
    mapping = mapping_of(target_list)
    proposal = proposal_of(target_list.pk, mapping.table, mapping.header)
    return taken_over(proposal.mapping, mapping)


def _division(rows: CheckedList, n_targets: int) -> tuple[int, str, str]:
    """Return how many jobs the rows become, what that separates, and why they can't be sent."""
    try:
        division = division_of(rows)
    except InvalidInputError as error:
        return 0, "", str(error)
    n_jobs, most = len(division.parts), settings.SPHEREX_MAX_ACTIVE_JOBS
    separated = f"{division.words}." if division.words else ""
    if n_jobs <= most:
        return n_jobs, separated, ""
    room = most * settings.SPHEREX_MAX_TARGETS
    enough = f"at most {room:,} targets are left" if n_targets > room else f"{most} are enough"
    problem = f"{n_jobs} jobs are more than the {most} unfinished ones that you may have. "
    return n_jobs, separated, f"{problem}Leave rows out until {enough}"


def intake_context(visitor: str, in_use: TargetList | None) -> dict[str, Any]:
    """Return what the templates that take a list need."""
    earlier = lists_of(visitor)
    if in_use is not None:
        earlier = earlier.exclude(pk=in_use.pk)
    return {
        "summary": summary_of(in_use) if in_use is not None else None,
        "earlier_lists": list(earlier),
        "most_lists": settings.SPHEREX_MAX_LISTS,
        "most_list_mb": f"{limits.MAX_FILE_BYTES / 1e6:g}",
        "most_list_bytes": limits.MAX_FILE_BYTES,
        "most_text_bytes": MAX_TEXT_BYTES,
        "most_rows": f"{limits.MAX_ROWS:,}",
        "list_formats": FORMATS,
        "list_extensions": EXTENSIONS,
    }
