"""Spectra as VOTables that Firefly, TOPCAT and astropy recognise.

VOTable 1.4; the groups with ``spec:`` utypes follow the IVOA Spectrum Data Model 1.1, the
provenance is in PARAMs of the table and INFOs of the resource.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
from astropy.io.votable import from_table
from astropy.io.votable.tree import (
    CooSys,
    FieldRef,
    Group,
    Info,
    Param,
    TimeSys,
    VOTableFile,
)

from photometry_core.file_contents import FileContents
from photometry_core.spectrum import Column

_AXES = (
    (
        "spec:Spectrum.Data.SpectralAxis",
        {"wavelength": "Value", "lambda_width": "Accuracy.BinSize"},
    ),
    ("spec:Spectrum.Data.FluxAxis", {"flux": "Value", "flux_err": "Accuracy.StatError"}),
    ("spec:Spectrum.Data.TimeAxis", {"mjd": "Value"}),
)
_POSITION_COLUMNS = ("ra", "dec")
_TIME_COLUMNS = ("mjd",)
_VERSION = {
    "version": "1.4",
    "version_1_1_or_later": True,
    "version_1_2_or_later": True,
    "version_1_3_or_later": True,
    "version_1_4_or_later": True,
}
"""astropy's elements ask this, not their document, what they may contain."""
_NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"


def to_votable(contents: FileContents) -> VOTableFile:
    """Return a VOTable document of one table."""
    identified = contents.table.copy(copy_data=False)
    identified.rename_columns(identified.colnames, contents.identifiers)
    document = from_table(identified)
    document.version = "1.4"
    resource = document.resources[0]
    resource.type = "results"
    names = {column.name for column in contents.columns}
    # A system that no column is in would be a warning to validators.
    if not names.isdisjoint(_POSITION_COLUMNS):
        resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
    if not names.isdisjoint(_TIME_COLUMNS):
        resource.time_systems.append(
            TimeSys(
                ID="utc",
                timescale="UTC",
                refposition="TOPOCENTER",
                timeorigin="MJD-origin",
                config=_VERSION,
            )
        )
    resource.infos.append(Info(name="QUERY_STATUS", value="OK"))
    resource.infos.extend(Info(name=name, value=value) for name, value in contents.infos)
    table = resource.tables[0]
    table.ID, table.name, table.utype = contents.name, contents.name, "ipac:Spectrum.SED"
    table.description = contents.description
    table.params.extend(_params(document, contents))
    _describe_fields(table.fields, contents.columns)
    for utype, roles in _AXES:
        if not roles.keys() <= names:
            continue
        group = Group(table, utype=utype)
        group.entries.extend(
            FieldRef(table, ref=name, utype=f"{utype}.{role}", config=_VERSION)
            for name, role in roles.items()
        )
        table.groups.append(group)
    return document


def _describe_fields(fields: Sequence[Any], columns: Sequence[Column]) -> None:
    for field, column in zip(fields, columns, strict=True):
        field.name = column.name
        if column.ucd:
            field.ucd = column.ucd
        if column.dtype == "str":
            field.arraysize = "*"
        if column.name in _POSITION_COLUMNS:
            field.ref = "icrs"
        if column.name in _TIME_COLUMNS:
            field.ref = "utc"


def votable_bytes(contents: FileContents) -> bytes:
    """Return the bytes of a VOTable file (TABLEDATA).

    astropy writes all but the rows: for 20,000 of them it needs ten times as long.
    """
    empty = _without_rows(contents)
    if not len(contents.table):
        return empty
    before, end, after = empty.rpartition(b"  </TABLE>")
    columns = [_cells(contents.table[column.name]) for column in contents.columns]
    rows = "".join(f"     <TR>{''.join(cells)}</TR>\n" for cells in zip(*columns, strict=True))
    data = f"   <DATA>\n    <TABLEDATA>\n{rows}    </TABLEDATA>\n   </DATA>\n"
    return b"".join((before, data.encode(), end, after))


def votable_header(contents: FileContents) -> str:
    """Return a VOTable without its rows, as Parquet files carry it."""
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.fromstring(_without_rows(contents))  # noqa: S314 (our own text)
    table = root.find(f".//{{{_NAMESPACE}}}TABLE")
    if table is None:
        raise AssertionError("a VOTable was written without a table")
    ElementTree.SubElement(table, f"{{{_NAMESPACE}}}PARQUET", type="Parquet-local-XML")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _without_rows(contents: FileContents) -> bytes:
    """Return a document whose table has fields, and no data at all."""
    stream = io.BytesIO()
    to_votable(replace(contents, table=contents.table[:0])).to_xml(stream)
    return stream.getvalue()


def _cells(column: Any) -> list[str]:
    """Return the elements of a column: empty ones where there is no value."""
    values, mask = np.ma.getdata(column), np.ma.getmaskarray(column).tolist()
    kind = values.dtype.kind
    if kind == "U":
        texts = [escape(text) for text in values.tolist()]
    elif kind == "b":
        texts = ["1" if value else "0" for value in values.tolist()]
    elif values.dtype.itemsize == 4 and kind == "f":
        # The shortest digits that give the same number of 32 bits, not of 64.
        texts = [str(value) for value in values]
    else:
        texts = [repr(value) for value in values.tolist()]
    return [
        "<TD/>" if null or not text else f"<TD>{text}</TD>"
        for text, null in zip(texts, mask, strict=True)
    ]


def _params(document: VOTableFile, contents: FileContents) -> list[Param]:
    return [
        Param(
            document,
            name=fact.name,
            ID=fact.name,
            datatype=fact.datatype,
            unit=fact.unit or None,
            arraysize="*" if fact.datatype == "char" else None,
            value=fact.value,
        )
        for fact in contents.facts
    ]
