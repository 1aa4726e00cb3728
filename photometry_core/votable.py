"""A spectrum as a VOTable that Firefly, TOPCAT and astropy recognise.

VOTable 1.4; the groups with ``spec:`` utypes follow the IVOA Spectrum Data Model 1.1, the
provenance is in PARAMs of the table and INFOs of the resource.
"""

from __future__ import annotations

import io
import json
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

from photometry_core.spectrum import COLUMNS, Spectrum

_AXES = (
    (
        "spec:Spectrum.Data.SpectralAxis",
        {"wavelength": "Value", "lambda_width": "Accuracy.BinSize"},
    ),
    ("spec:Spectrum.Data.FluxAxis", {"flux": "Value", "flux_err": "Accuracy.StatError"}),
    ("spec:Spectrum.Data.TimeAxis", {"mjd": "Value"}),
)
_FITTED = {
    "point": "point source",
    "point (Re < 1 arcsec)": "point source (effective radius below 1 arcsec)",
    "sersic": "Sersic profile, total untruncated flux",
}
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


def to_votable(spectrum: Spectrum) -> VOTableFile:
    """Return a spectrum as a VOTable document of one table."""
    document = from_table(spectrum.table)
    document.version = "1.4"
    resource = document.resources[0]
    resource.type = "results"
    resource.coordinate_systems.append(CooSys(ID="icrs", system="ICRS"))
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
    resource.infos.extend(Info(name=name, value=value) for name, value in _infos(spectrum))
    table = resource.tables[0]
    table.ID, table.name, table.utype = "spectrum", "spectrum", "ipac:Spectrum.SED"
    table.description = f"SPHEREx forced photometry of {spectrum.target.name}"
    table.params.extend(_params(document, spectrum))
    by_name = {field.name: field for field in table.fields}
    for column in COLUMNS:
        field = by_name[column.name]
        field.ID, field.ucd = column.name, column.ucd
        if column.dtype == "str":
            field.arraysize = "*"
        if column.name in _POSITION_COLUMNS:
            field.ref = "icrs"
        if column.name in _TIME_COLUMNS:
            field.ref = "utc"
    for utype, roles in _AXES:
        group = Group(table, utype=utype)
        group.entries.extend(
            FieldRef(table, ref=name, utype=f"{utype}.{role}", config=_VERSION)
            for name, role in roles.items()
        )
        table.groups.append(group)
    return document


def votable_bytes(spectrum: Spectrum) -> bytes:
    """Return a spectrum as the bytes of a VOTable file (TABLEDATA)."""
    stream = io.BytesIO()
    to_votable(spectrum).to_xml(stream)
    return stream.getvalue()


def votable_header(spectrum: Spectrum) -> str:
    """Return the VOTable of a spectrum without its rows, as Parquet files carry it."""
    empty = Spectrum(
        target=spectrum.target,
        options=spectrum.options,
        provenance=spectrum.provenance,
        table=spectrum.table[:0],
    )
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


def provenance_lines(spectrum: Spectrum) -> list[tuple[str, str]]:
    """Return where a spectrum comes from as (keyword, value), for any format."""
    return [*_infos(spectrum), *((name, str(value)) for name, _, _, value in _facts(spectrum))]


def _infos(spectrum: Spectrum) -> list[tuple[str, str]]:
    provenance = spectrum.provenance
    return [
        # Not a PARAM: astropy escapes the texts of PARAMs twice.
        ("target_name", spectrum.target.name),
        ("server_software", provenance.software),
        ("request_date", provenance.created),
        ("request", json.dumps({"target": spectrum.target.to_json(),
                                "options": spectrum.options.to_json()})),
        ("archive", provenance.archive),
        ("archive_description", provenance.archive_description),
        ("data", "simulated" if provenance.simulated else "observed"),
        ("calibration", provenance.calibration),
        ("model", spectrum.target.model),
        ("engine", f"native forced photometry, {_FITTED[spectrum.target.model]}"),
    ]  # fmt: skip


def _facts(spectrum: Spectrum) -> list[tuple[str, str, str, Any]]:
    """(name, datatype, unit, value) of the facts that a program may want to read."""
    start, end = spectrum.options.mjd_range
    facts: list[tuple[str, str, str, Any]] = [
        ("target_ra", "double", "deg", spectrum.target.ra_deg),
        ("target_dec", "double", "deg", spectrum.target.dec_deg),
        ("n_found", "int", "", spectrum.n_found),
        ("n_measured", "int", "", spectrum.n_measured),
        ("simulated", "boolean", "", spectrum.provenance.simulated),
        ("detectors", "char", "", ",".join(map(str, spectrum.options.detectors))),
        ("background_size", "int", "pix", spectrum.options.background_size_pix),
        ("weights", "char", "", spectrum.options.weights),
    ]
    if (shape := spectrum.target.profile) is not None:
        facts += [
            ("sersic_index", "double", "", shape.sersic_index),
            ("effective_radius", "double", "arcsec", shape.effective_radius_arcsec),
            ("axis_ratio", "double", "", shape.axis_ratio),
            ("position_angle", "double", "deg", shape.position_angle_deg),
        ]
    for name, value in (("mjd_start", start), ("mjd_end", end)):
        if value is not None:
            facts.append((name, "double", "d", value))
    return facts


def _params(document: VOTableFile, spectrum: Spectrum) -> list[Param]:
    return [
        Param(
            document,
            name=name,
            ID=name,
            datatype=datatype,
            unit=unit or None,
            arraysize="*" if datatype == "char" else None,
            value=value,
        )
        for name, datatype, unit, value in _facts(spectrum)
    ]
