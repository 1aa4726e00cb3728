"""From the bytes of a file, or a pasted text, to tables of texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text, first_line
from photometry_core.foreign_tables.formats import (
    GZIP,
    ZIP,
    check_is_text_table,
    format_of,
    text_format_of,
    what_is_zipped,
)
from photometry_core.foreign_tables.unpacking import check_bytes, unpacked
from photometry_core.target_lists.contents import ListFile, ListTable
from photometry_core.target_lists.decoding import decode
from photometry_core.target_lists.described_lists import list_table
from photometry_core.target_lists.limits import BOUNDS, MAX_CELLS, MAX_EXPANSION
from photometry_core.target_lists.text_lists import read_text

_SUFFIXES = {
    "fits": "FITS", "fit": "FITS", "fts": "FITS", "vot": "VOTable", "votable": "VOTable",
    "xml": "VOTable", "parquet": "Parquet", "parq": "Parquet", "pq": "Parquet", "ecsv": "ECSV",
    "tbl": "IPAC", "ipac": "IPAC", "mrt": "MRT", "csv": "text", "tsv": "text", "txt": "text",
    "dat": "text", "cat": "text", "asc": "text", "lis": "text", "list": "text", "reg": "text",
}  # fmt: skip
"""Extensions, and the formats that they promise."""
_TEXTS = ("ECSV", "IPAC", "MRT", "text")
_MAX_NOTES = 30


def read_list(content: bytes, file_name: str) -> ListFile:
    """Read every table of a file that may hold targets.

    CSV with any separator, columns between blanks, one target per line, SExtractor, IPAC, ECSV,
    VOTable, FITS, Parquet and machine-readable tables (MRT), and gzip of them.

    Parameters
    ----------
    content
        The bytes of the file.
    file_name
        Its name, for messages; empty for a pasted text.

    Raises
    ------
    ForeignFileError
        It can't be read; the message names file, line and column.
    """
    name = display_name(file_name)
    where = name or "The text"
    try:
        return _read(content, name, where)
    except ForeignFileError:
        raise
    except MemoryError as error:
        raise ForeignFileError(f"{where} takes too much memory to be read") from error
    except Exception as error:
        # The readers of so many formats raise whatever they like for a damaged file.
        raise ForeignFileError(f"{where} is damaged ({first_line(error)})") from error


def display_name(file_name: str) -> str:
    """Return the name of a file as it is shown: one line, without folders."""
    bare = re.split(r"[/\\]", file_name[-2_000:])[-1]
    return clean_text(bare, 255) or ("the file" if file_name.strip() else "")


def _read(content: bytes, name: str, where: str) -> ListFile:
    check_bytes(where, content, BOUNDS)
    if content.startswith(GZIP):
        most = max(BOUNDS.file_bytes, MAX_EXPANSION * len(content))
        content = unpacked(where, content, min(BOUNDS.expanded_bytes, most))
        if not content:
            raise ForeignFileError(f"{where} is empty: nothing is packed in it")
    if content.startswith(ZIP):
        raise ForeignFileError(f"{where} is {what_is_zipped(content)}")
    found = format_of(where, content)
    if found == "text":
        said, tables, notes = _read_text(content, where, is_pasted=not name)
    else:
        said, (tables, notes) = found, _read_typed(found, content, where)
    full = tuple(table for table in tables if table.rows)
    if not full:
        raise ForeignFileError(f"{where} has no rows")
    notes += [f"{table.name} has no rows, and was left out" for table in tables if not table.rows]
    n_cells = sum(len(table.rows) * len(table.columns) for table in full)
    if n_cells > MAX_CELLS:
        raise ForeignFileError(f"{where} has {n_cells:,} cells; allowed: at most {MAX_CELLS:,}")
    return ListFile(
        name=name, format=said, tables=full, notes=tuple(_few([*_extension(name, said), *notes]))
    )


def _read_typed(found: str, content: bytes, where: str) -> tuple[list[ListTable], list[str]]:
    """Read a format that is no plain text. What it needs is imported for it alone."""
    notes: list[str] = []
    if found == "VOTable":
        from photometry_core.foreign_tables.votable_texts import read_votable_texts

        texts = read_votable_texts(where, content, BOUNDS)
        named = [
            (_numbered(where, n, len(texts), table.name), table)
            for n, table in enumerate(texts, start=1)
        ]
    else:
        from photometry_core.target_lists.typed_lists import read_typed

        named, notes = read_typed(found, where, content)
    tables = []
    for title, table in named:
        made, more = list_table(title, table)
        tables.append(made)
        notes += more if len(named) == 1 else [f"{title}: {note}" for note in more]
    return tables, notes


def _numbered(where: str, number: int, n_tables: int, title: str) -> str:
    if n_tables == 1:
        return where
    shown = clean_text(title, 40)
    return f"{where}, table {number}" + (f" ({shown})" if shown else "")


def _read_text(
    content: bytes, where: str, *, is_pasted: bool
) -> tuple[str, list[ListTable], list[str]]:
    text, notes = decode(where, content)
    if not text.strip():
        raise ForeignFileError(f"{where} is empty: it holds blanks only")
    check_is_text_table(where, text)
    found = _text_format(text)
    if found == "ECSV":
        from photometry_core.foreign_tables.ecsv_files import read_ecsv_texts

        table, more = list_table(where, read_ecsv_texts(where, text, BOUNDS))
    elif found == "MRT":
        from photometry_core.target_lists.mrt_lists import read_mrt_list

        table, more = list_table(where, read_mrt_list(where, text))
    elif found == "IPAC":
        from photometry_core.foreign_tables.ipac_files import read_ipac_texts

        table, more = list_table(where, read_ipac_texts(where, text, BOUNDS))
    else:
        found, table, more = read_text(where, text, is_pasted=is_pasted)
    return found, [table], notes + more


def _text_format(text: str) -> str:
    found = text_format_of(text)
    if found != "IPAC":
        return found
    lines = [line for line in text.split("\n") if line.strip()]
    barred = sum(line.startswith("|") for line in lines)
    # The header of an IPAC table has four lines at most; and a comment may begin like its keywords.
    return "IPAC" if 0 < barred <= 4 else "delimited"


def _extension(name: str, said: str) -> list[str]:
    """Return a note if the name promises another format."""
    found = re.search(r"\.([A-Za-z]+)(\.gz)?$", name)
    promised = _SUFFIXES.get(found[1].lower(), "") if found else ""
    family = said if said in _SUFFIXES.values() else "text"
    if not promised or promised == family or (promised == "text" and family in _TEXTS):
        return []
    shown = {"text": "plain text"}
    return [
        f"The name of the file says {shown.get(promised, promised)}; it was read as {said}, which "
        "it is"
    ]


def _few(notes: Iterable[str]) -> list[str]:
    every = list(notes)
    if len(every) <= _MAX_NOTES:
        return every
    return [*every[:_MAX_NOTES], f"And {len(every) - _MAX_NOTES} more notes like these"]
