"""Names and units of columns out of a line of a text, and whether a line is such a line at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.foreign_tables.limits import MAX_COLUMN_NAME, MAX_UNIT_LENGTH
from photometry_core.foreign_tables.text_tables import TextColumn
from photometry_core.target_lists.contents import ListColumn

_UNIT_WORD = (
    r"deg|degs|degree|degrees|°|rad|radian|radians|h|hr|hrs|hour|hours|hourangle|hms|dms|"
    r"h[:\s]m[:\s]s|d[:\s]m[:\s]s|arcsec|arcsecs|arcseconds?|asec|arcmin|arcmins|arcminutes?|amin|"
    r"mas|uas|µas|yr|year|years|a|d|day|days|s|sec|min|jd|mjd|jyear|pix|pixel|pixels|px|mag|mags|"
    r"[munµ]?jy|um|µm|nm|angstrom|aa|[kmg]?pc|km|m|cm|k|ghz|hz|sr|erg|w|%|count|ct|electron|adu|"
    r"solmass|sollum|msun|lsun|dex|log|kev|ev|kms"
)
_UNIT = re.compile(
    rf"(?:{_UNIT_WORD})(?:\s*(?:/|\.|\*|\s)\s*(?:{_UNIT_WORD})|\s*\^?\*{{0,2}}\(?[-+]?[1-4]\)?)*",
    re.IGNORECASE,
)
_NO_UNIT = frozenset(("", "-", "--", "---", "none", "char", "string", "unitless", "dimensionless"))
_UNIT_LINE_TYPES = frozenset(("char", "string", "double", "float", "int", "long"))
_BRACKETED = re.compile(r"(?P<name>.*\S)\s*[\[({](?P<unit>[^\[\](){}]{1,40})[\])}]\s*")
_HEADER_WORD = re.compile(
    r"(target|obj|object|source|src|mean|sc|coord|s|my|the|main)?"
    r"(ra|raj|dec|de|dej|alpha|delta|\u03b1|\u03b4|lon|lat|glon|glat|elon|elat|longitude|latitude|"
    r"rightascension|declination|rightasc|decl|"
    r"name|names|id|ids|identifier|designation|objname|target|targets|object|objects|source|"
    r"position|positions|coordinates|coords|xworld|yworld|pmra|pmdec|pmde|number|epoch|mag|"
    r"(pm)?ra(cosdec)?err(or)?|(pm)?dec?err(or)?)"
    r"(j?2000|b?1950|icrs|fk[45]|deg|degrees|d|h|hms|dms|hours|rad|mean|stack|corr|obj|targ|[0-9])*"
)
_NUMBER = r"[+\-\u2212]?(\d+([.,]\d*)?|[.,]\d+)([eEdD][+\-\u2212]?\d{1,3})?"
_VALUE = re.compile(
    rf"{_NUMBER}\s*(°|deg|d|h|rad)?"
    r"|[+\-\u2212]?\d{1,3}\s*[:\sh°d]\s*\d{1,2}\s*[:\sm'\u2032]?\s*(\d{1,2}([.,]\d*)?)?\s*[s\"\u2033]?"
    r"|.{0,20}J\d{4,6}(\.\d+)?[+\-\u2212]\d{4,6}(\.\d+)?",
    re.IGNORECASE,
)
NULLS = frozenset(("", "-", "--", "---", "nan", "null", "none", "n/a", "na", "masked", "-999"))
"""What stands for nothing, in lower case."""


def looks_like_value(cell: str) -> bool:
    """Whether a text is a number, an angle or a position, and no name of a column."""
    return len(cell) < 80 and bool(_VALUE.fullmatch(cell))


def is_header_word(cell: str) -> bool:
    """Whether a text is what lists call columns, such as ``RA_J2000``."""
    if len(cell) > 60:
        return False
    bare = _split_unit(cell)[0]
    return bool(_HEADER_WORD.fullmatch(re.sub(r"[\W_]+", "", bare.lower())))


def is_unit(text: str) -> bool:
    """Whether a text is a unit that is common in catalogues."""
    return len(text) <= MAX_UNIT_LENGTH and bool(_UNIT.fullmatch(text.strip("\"'")))


def plain_unit(text: str) -> str:
    """Return a unit as the file has it, none if it is what takes minutes to be worked out."""
    cleaned = clean_text(text, 2 * MAX_UNIT_LENGTH).strip("\"'")
    is_bomb = len(cleaned) > MAX_UNIT_LENGTH or re.search(r"\d{4}", cleaned)
    return "" if is_bomb or cleaned.lower() in _NO_UNIT else cleaned


def is_line_of_units(cells: Sequence[str]) -> bool:
    """Whether a line holds units and nothing else."""
    texts = [cell.strip("[](){}\"' ").lower() for cell in cells]
    known = [is_unit(text) for text in texts if text not in _NO_UNIT | _UNIT_LINE_TYPES]
    return len(cells) > 1 and bool(known) and all(known)


def is_rule(cells: Sequence[str]) -> bool:
    """Whether a line is drawn between header and rows, such as ``--- ---``."""
    return bool(cells) and all(re.fullmatch(r":?[-=]{2,}:?", cell) for cell in cells)


def header_of(rows: Sequence[Sequence[str]]) -> str:
    """Return whether the first row has the names of the columns: ``names``, ``none``, ``asked``.

    Columns in which the rows below it have numbers decide; where there are none, words such as
    ``name`` and ``ra`` do.
    """
    first, later = rows[0], rows[1:60]
    has_words = any(map(is_header_word, first))
    if not later:
        return "none" if any(map(looks_like_value, first)) or not has_words else "names"
    for_names = for_values = False
    names_known = False
    for at, cell in enumerate(first):
        below = [row[at] for row in later if at < len(row) and row[at].lower() not in NULLS]
        if sum(map(looks_like_value, below)) <= len(below) / 2 or cell.lower() in NULLS:
            continue
        if looks_like_value(cell):
            for_values = True
        else:
            for_names = True
            names_known = names_known or is_header_word(cell)
    if for_names and for_values:
        return "names" if names_known else "asked"
    if for_values:
        return "none"
    return "names" if for_names or has_words else "asked"


def named_columns(
    name: str, titles: Sequence[str], units: Sequence[str] = ()
) -> tuple[tuple[ListColumn, ...], list[str]]:
    """Return columns of a line of names, and notes about names that were changed.

    Parameters
    ----------
    name
        What messages call the table.
    titles
        The names, which may have units in brackets: ``RA (deg)``.
    units
        Of a line of units, if there is one.

    Raises
    ------
    ForeignFileError
        A name is too long.
    """
    split = [_split_unit(title) for title in titles]
    seen = Counter(bare.lower() for bare, _ in split)
    columns = []
    for at, (title, (bare, unit)) in enumerate(zip(titles, split, strict=True)):
        given = plain_unit(units[at]) if at < len(units) else ""
        # Without the unit, RA (deg) and RA (hms) would be the same.
        known = bare if seen[bare.lower()] == 1 else title
        columns.append(TextColumn(name=known, unit=given or unit))
    return described_columns(name, columns)


def described_columns(
    name: str, described: Sequence[TextColumn]
) -> tuple[tuple[ListColumn, ...], list[str]]:
    """Return columns with different names, and notes about names that were changed.

    Raises
    ------
    ForeignFileError
        A name is too long.
    """
    notes = []
    columns = []
    taken: set[str] = set()
    for number, column in enumerate(described, start=1):
        if len(column.name) > MAX_COLUMN_NAME:
            raise ForeignFileError(
                f"{name}, column {number}: its name has {len(column.name):,} characters "
                f"({clean_text(column.name, 30)}…); allowed: at most {MAX_COLUMN_NAME}"
            )
        title = clean_text(column.name, MAX_COLUMN_NAME)
        unique = title or f"column {number}"
        for suffix in range(2, len(described) + 2):
            if unique.lower() not in taken:
                break
            unique = f"{title or f'column {number}'}_{suffix}"
        taken.add(unique.lower())
        if title and unique != title:
            notes.append(f"Column {number} is called {title!r} like another: it is {unique!r} here")
        elif not title:
            notes.append(f"Column {number} has no name: it is {unique!r} here")
        columns.append(
            ListColumn(
                name=unique,
                unit=plain_unit(column.unit),
                ucd=clean_text(column.ucd, 120),
                utype=clean_text(column.utype, 120),
                description=clean_text(column.description, 400),
            )
        )
    return tuple(columns), notes


def numbered_columns(n_columns: int) -> tuple[ListColumn, ...]:
    """Return columns of a table without a line of names."""
    return tuple(ListColumn(name=f"column {number}") for number in range(1, n_columns + 1))


def _split_unit(title: str) -> tuple[str, str]:
    """Return a name without the unit in brackets behind it, and the unit."""
    found = _BRACKETED.fullmatch(title) if len(title) <= MAX_COLUMN_NAME else None
    if found and is_unit(found["unit"].strip()):
        return found["name"], plain_unit(found["unit"])
    return title, ""
