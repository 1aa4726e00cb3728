"""Which column is what, how sure that is and why, and what only a person can say."""

from __future__ import annotations

from dataclasses import dataclass

from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.mapping import Choice, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One column that may have a role.

    Parameters
    ----------
    column
        Its name.
    score
        0 to 1.
    reasons
        What speaks for it, a few words each, such as ``UCD pos.eq.ra;meta.main``.
    """

    column: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the file does not say, or says twice, and must not be guessed.

    Parameters
    ----------
    key
        Names it, such as ``ra.unit``, ``position.pair``, ``header``, ``decimal_comma``, ``table``,
        ``frame``, ``axis_ratio.kind``, ``effective_radius.unit``.
    text
        The question, in one sentence.
    answers
        Pairs of the value of an answer and what people read. How a value is taken into the
        mapping is the business of `answer`.
    blocks
        Whether no row can be used before it is answered.
    """

    key: str
    text: str
    answers: tuple[tuple[str, str], ...]
    blocks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a table seems to be.

    Parameters
    ----------
    mapping
        The mapping, as far as it is clear.
    candidates
        For every role the columns that may have it, the best first.
    """

    mapping: Mapping
    candidates: dict[str, tuple[Candidate, ...]]


def propose(file: ListFile, table: int = 0, *, header: bool | None = None) -> Proposal:
    """Return what the columns of one table of a file seem to be.

    Parameters
    ----------
    file
        The file.
    table
        Number of the table.
    header
        What a person said of the first row, if that is asked.
    """
    names = {column.name.lower(): column.name for column in file.tables[table].columns}
    roles = {role: Choice(column=names[role]) for role in ("ra", "dec", "name") if role in names}
    candidates = {
        role: (Candidate(column=choice.column, score=0.9, reasons=("name",)),)
        for role, choice in roles.items()
    }
    return Proposal(mapping=Mapping(table=table, header=header, roles=roles), candidates=candidates)


def questions(file: ListFile, mapping: Mapping) -> list[Question]:
    """Return what is still to be answered about a mapping, the most important first.

    Depends on the mapping as it is: a question that a person's choice has settled is not asked.
    """
    return []


def answer(file: ListFile, mapping: Mapping, key: str, value: str) -> Mapping:
    """Return the mapping with one question answered.

    Raises
    ------
    InvalidInputError
        There is no such question, or the value is none of its answers.
    """
    return mapping
