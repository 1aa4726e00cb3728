"""VOTables as texts: every cell as it is written, and the systems that positions are in."""

from __future__ import annotations

from dataclasses import dataclass, field

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text, facts_of
from photometry_core.foreign_tables.limits import Bounds
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable
from photometry_core.foreign_tables.votable_binary import rows_of
from photometry_core.foreign_tables.votable_scan import Walk

_MAIN_UCDS = ("pos.eq.ra;meta.main", "pos_eq_ra_main", "pos.eq", "pos_eq", "pos.")
"""Of fields whose system counts, the most telling first."""
_FRAME_UTYPE = "coordrefframe"


def read_votable_texts(name: str, contents: bytes, bounds: Bounds) -> list[TextTable]:
    """Read the tables of a VOTable.

    Parameters
    ----------
    name
        What messages call the file.
    contents
        Its bytes.
    bounds
        What it may hold.

    Returns
    -------
    list of TextTable
        With the facts ``frame``, ``equinox`` and ``epoch`` if the file has COOSYS. Lines are
        numbers of rows. Rows have as many cells as the file gives them.

    Raises
    ------
    ForeignFileError
        It is not one that can be read, or is not safe.
    """
    walk = _Collector(name, bounds)
    walk.through(contents)
    return [_table(table, walk) for table in walk.tables]


@dataclass(slots=True)
class _Found:
    """One table while it is walked through."""

    attributes: dict[str, str]
    fields: list[dict[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


class _Collector(Walk):
    """A look through a VOTable that keeps its cells."""

    def __init__(self, name: str, bounds: Bounds) -> None:
        super().__init__(name, bounds)
        self.tables: list[_Found] = []
        self.systems: list[dict[str, str]] = []
        self.facts: list[tuple[str, object]] = []
        self._open: list[str] = []
        self._about: dict[str, str] | None = None
        self._pieces: list[str] | None = None
        self._n_cells = 0
        self._serialisation = self._encoding = ""
        self.parser.buffer_text = True
        self.parser.CharacterDataHandler = self.text

    def check_unit(self, where: str, unit: str) -> None:
        """Units are texts here, and none is worked out."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        super().start(tag, attributes)
        kind = tag.rpartition(":")[2]
        self._open.append(kind)
        if kind == "TD":
            self._n_cells += 1
            if self._n_cells > self.bounds.cells:
                raise ForeignFileError(
                    f"{self.name} has more than {self.bounds.cells:,} cells, which is not allowed"
                )
            self._pieces = []
        elif kind in ("TR", "FIELD", "TABLE"):
            self._part_of_table(kind, attributes)
        elif kind == "VALUES" and self._about is not None:
            self._about["null"] = attributes.get("null", "")
        elif kind == "COOSYS":
            self.systems.append(attributes)
        elif kind in ("INFO", "PARAM"):
            self._fact(attributes)
        elif kind in ("BINARY", "BINARY2"):
            self._serialisation = kind
        elif kind in ("STREAM", "DESCRIPTION"):
            self._encoding = attributes.get("encoding", "")
            self._pieces = []

    def _part_of_table(self, kind: str, attributes: dict[str, str]) -> None:
        if kind == "TABLE":
            self.tables.append(_Found(attributes))
        elif self.tables and kind == "TR":
            self.tables[-1].rows.append([])
        elif self.tables:
            self._about = dict(attributes)
            self.tables[-1].fields.append(self._about)

    def _fact(self, attributes: dict[str, str]) -> None:
        self.facts.append((attributes.get("name", ""), attributes.get("value", "")))
        if attributes.get("utype", "").lower().endswith(_FRAME_UTYPE):
            self.facts.append(("frame", attributes.get("value", "")))

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._pieces is not None:
            self._pieces.append(text)
        super().text(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        super().end(tag)
        kind = self._open.pop()
        if kind == "FIELD":
            self._about = None
        if self._pieces is None or kind not in ("TD", "STREAM", "DESCRIPTION"):
            return
        text = "".join(self._pieces)
        self._pieces = None
        if not self.tables:
            return
        if kind == "TD":
            self._cell(text.strip())
        elif kind == "STREAM":
            self._stream(text)
        elif self._about is not None and self._open[-1:] == ["FIELD"]:
            self._about["description"] = clean_text(text, 400)

    def _cell(self, text: str) -> None:
        table = self.tables[-1]
        if not table.rows:
            return
        row = table.rows[-1]
        null = table.fields[len(row)].get("null") if len(row) < len(table.fields) else None
        row.append("" if text == null else text)

    def _stream(self, text: str) -> None:
        table = self.tables[-1]
        if self._encoding != "base64":
            raise ForeignFileError(
                f"{self.name}: its data are written as {clean_text(self._encoding, 20)!r}; allowed "
                "is base64"
            )
        where = self.name if self.n_tables == 1 else f"{self.name}, table {self.n_tables}"
        is_second = self._serialisation == "BINARY2"
        table.rows += rows_of(where, table.fields, text, self.bounds, has_null_flags=is_second)


def _table(found: _Found, walk: _Collector) -> TextTable:
    columns = tuple(
        TextColumn(
            name=about.get("name") or about.get("ID", ""),
            kind=about.get("datatype", ""),
            unit=about.get("unit", ""),
            ucd=about.get("ucd", ""),
            utype=about.get("utype", ""),
            description=about.get("description", ""),
        )
        for about in found.fields
    )
    system = _system(found.fields, walk.systems)
    return TextTable(
        columns=columns,
        rows=found.rows,
        lines=list(range(1, len(found.rows) + 1)),
        facts=facts_of([*system, *walk.facts]),
        name=found.attributes.get("name") or found.attributes.get("ID", ""),
    )


def _system(
    fields: list[dict[str, str]], systems: list[dict[str, str]]
) -> list[tuple[str, object]]:
    """Return frame, equinox and epoch of the positions, as COOSYS gives them."""
    by_id = {system.get("ID", ""): system for system in systems}
    referring = [about for about in fields if about.get("ref") in by_id]
    chosen = None
    for ucd in _MAIN_UCDS:
        of_ucd = (about for about in referring if about.get("ucd", "").lower().startswith(ucd))
        chosen = chosen or next(of_ucd, None)
    if chosen is not None:
        system = by_id[chosen["ref"]]
    elif len({str(sorted({**one, "ID": ""}.items())) for one in systems}) == 1:
        system = systems[0]
    else:
        return []
    keys = (("frame", "system"), ("equinox", "equinox"), ("epoch", "epoch"))
    return [(fact, system[key]) for fact, key in keys if system.get(key)]
