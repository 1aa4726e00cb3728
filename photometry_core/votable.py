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
    """Return the bytes of a VOTable file (TABLEDATA)."""
    stream = io.BytesIO()
    to_votable(contents).to_xml(stream)
    return stream.getvalue()


def votable_header(contents: FileContents) -> str:
    """Return a VOTable without its rows, as Parquet files carry it."""
    empty = replace(contents, table=contents.table[:0])
    ElementTree.register_namespace("", _NAMESPACE)
    root = ElementTree.fromstring(votable_bytes(empty))  # noqa: S314 (our own text)
    table = root.find(f".//{{{_NAMESPACE}}}TABLE")
    if table is None:
        raise AssertionError("a VOTable was written without a table")
    data = table.find(f"{{{_NAMESPACE}}}DATA")
    if data is not None:
        table.remove(data)
    ElementTree.SubElement(table, f"{{{_NAMESPACE}}}PARQUET", type="Parquet-local-XML")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


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
