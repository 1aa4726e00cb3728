"""A look through a VOTable before a library reads it: nothing in it may reach out or blow up.

VOTable 1.4 (https://www.ivoa.net/documents/VOTable/). What is refused: document types and
entities, data outside of the file, data in other formats, and sizes that no table here has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.foreign_tables.limits import MAX_UNIT_LENGTH, SPECTRA, Bounds

_MAX_DEPTH = 16
_MAX_PARAMS = 20_000
_MAX_ITEMS = 1_000_000
"""Of one cell."""
_REFUSED = frozenset(("FITS", "PARQUET"))
_TEXTS = frozenset(("char", "unicodeChar"))
_LIST_OF_TEXTS = re.compile(r"\s*([0-9]{1,6})x([0-9x]*)(\*?)\s*")


@dataclass(slots=True)
class Outline:
    """What the look through a VOTable finds.

    Parameters
    ----------
    contents
        The file, with arrays of texts declared as single texts: astropy refuses a `char` field
        with ``arraysize="40x*"``, which is valid and is how the official tool writes.
    item_lengths
        Length of the texts in those arrays, by the number of the field in the whole file,
        counted from 0.
    """

    contents: bytes
    item_lengths: dict[int, int] = field(default_factory=dict)


def scan(name: str, contents: bytes) -> Outline:
    """Look through a VOTable.

    Parameters
    ----------
    name
        What messages call the file.
    contents
        Its bytes.

    Raises
    ------
    ForeignFileError
        It is not one that can be opened, or is not safe.
    """
    walk = Walk(name)
    walk.through(contents)
    rewritten = contents
    for at, old, new in reversed(walk.edits):
        there = re.compile(rb"(arraysize\s*=\s*[\"']\s*)" + re.escape(old.strip().encode()))
        head, tail = rewritten[:at], rewritten[at:]
        rewritten = head + there.sub(rb"\g<1>" + new.encode(), tail, count=1)
    return Outline(rewritten, walk.item_lengths)


class Walk:
    """One look through a VOTable, element by element.

    Parameters
    ----------
    name
        What messages call the file.
    bounds
        What it may hold.
    """

    def __init__(self, name: str, bounds: Bounds = SPECTRA) -> None:
        self.name = name
        self.bounds = bounds
        self.n_tables = self.n_fields = self.n_elements = self.n_params = self.depth = 0
        self.n_fields_of_table = self.n_rows = 0
        self.failure = ""
        self._is_failure = False
        self.edits: list[tuple[int, str, str]] = []
        self.item_lengths: dict[int, int] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.EntityDeclHandler = self._refuse_doctype

    def through(self, contents: bytes) -> None:
        """Look through a whole file.

        Raises
        ------
        ForeignFileError
            It is not well-formed, or not safe, or holds no table.
        """
        if contents[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise ForeignFileError(f"{self.name} is an XML file in UTF-16; save it in UTF-8")
        try:
            self.parser.Parse(contents, True)
        except expat.ExpatError as error:
            raise ForeignFileError(f"{self.name} is not well-formed XML: {error}") from error
        if not self.n_tables:
            raise ForeignFileError(self.failure or f"{self.name} holds no table")

    def _refuse_doctype(self, *_: object) -> None:
        raise ForeignFileError(
            f"{self.name}: document types and entities are not allowed in a VOTable"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        self.depth += 1
        self.n_elements += 1
        if self.depth > _MAX_DEPTH or self.n_elements > self.bounds.elements:
            raise ForeignFileError(f"{self.name}: its XML is too deep or has too many elements")
        kind = tag.rpartition(":")[2]
        if kind == "TR":
            self.n_rows += 1
            if self.n_rows > self.bounds.rows:
                raise ForeignFileError(f"{self.name} has more than {self.bounds.rows:,} rows")
        elif kind in _REFUSED:
            raise ForeignFileError(
                f"{self.name}: its data are {kind}, not in the VOTable; save it as TABLEDATA"
            )
        elif kind == "TABLE":
            self._table(attributes)
        elif kind == "STREAM" and attributes.get("href"):
            raise ForeignFileError(
                f"{self.name}: its data are elsewhere ({clean_text(attributes['href'], 60)}); "
                "save the table with its data"
            )
        elif kind in ("FIELD", "PARAM"):
            self._field(kind, attributes)
        elif kind == "INFO":
            self._is_failure = (
                attributes.get("name") == "QUERY_STATUS" and attributes.get("value") == "ERROR"
            )
            if self._is_failure:
                self.failure = f"{self.name} is the message of an error, not a table"
                self.parser.CharacterDataHandler = self.text

    def end(self, tag: str) -> None:  # noqa: ARG002 for those who collect more
        """Take the end of an element."""
        self.depth -= 1
        self._is_failure = False

    def text(self, text: str) -> None:
        """Take a piece of text: of the message of an error, or of no interest."""
        if self._is_failure and len(self.failure) < 500 and text.strip():
            self.failure += f": {clean_text(text, 300)}"

    def _table(self, attributes: dict[str, str]) -> None:
        self.n_tables += 1
        self.n_fields_of_table = 0
        self.n_rows = 0
        if self.n_tables > self.bounds.tables:
            raise ForeignFileError(f"{self.name} has more than {self.bounds.tables} tables")
        stated = attributes.get("nrows", "0")
        if not re.fullmatch(r"\s*[0-9]{1,9}\s*", stated) or int(stated) > self.bounds.rows:
            raise ForeignFileError(
                f"{self.name}: nrows is {clean_text(stated, 20)!r}; "
                f"allowed: at most {self.bounds.rows:,}"
            )

    def check_unit(self, where: str, unit: str) -> None:
        """Refuse a unit that takes a library minutes to be worked out."""
        if len(unit) > MAX_UNIT_LENGTH or re.search(r"\d{4}", unit):
            raise ForeignFileError(f"{where}: {clean_text(unit, 40)!r} is not a unit")

    def _field(self, kind: str, attributes: dict[str, str]) -> None:
        where = f"{self.name}, {kind} {clean_text(attributes.get('name', ''), 60)!r}"
        self.check_unit(where, attributes.get("unit", ""))
        size = attributes.get("arraysize", "")
        numbers = [int(text) for text in re.findall(r"[0-9]{1,9}", size)]
        n_items = 1
        for number in numbers:
            n_items *= max(number, 1)
        if len(size) > 40 or n_items > _MAX_ITEMS:
            raise ForeignFileError(f"{where}: arraysize {clean_text(size, 20)!r} is too large")
        if kind == "PARAM":
            self.n_params += 1
            if self.n_params > _MAX_PARAMS:
                raise ForeignFileError(f"{self.name} has more than {_MAX_PARAMS:,} PARAMs")
        else:
            self.n_fields_of_table += 1
            if self.n_fields_of_table > self.bounds.columns:
                raise ForeignFileError(
                    f"{self.name}: a table has more than {self.bounds.columns} columns"
                )
        texts = _LIST_OF_TEXTS.fullmatch(size)
        if texts and attributes.get("datatype") in _TEXTS:
            new = "*" if texts[3] else str(n_items)
            self.edits.append((self.parser.CurrentByteIndex, size, new))
            if kind == "FIELD":
                self.item_lengths[self.n_fields] = int(texts[1])
        if kind == "FIELD":
            self.n_fields += 1
