"""Parquet files: ours, astropy's, and others'."""

from __future__ import annotations

import json
from typing import Any
from xml.parsers import expat

import pyarrow as pa
import pyarrow.parquet as pq

from photometry_core.errors import ForeignFileError
from photometry_core.foreign_tables.arrays import Values
from photometry_core.foreign_tables.contents import (
    FileColumn,
    FileContent,
    FileTable,
    facts_of,
    first_line,
    unique_names,
)
from photometry_core.foreign_tables.ecsv_files import described_columns, plain_yaml
from photometry_core.foreign_tables.limits import MAX_COLUMNS, SPECTRA, Bounds, check_size
from photometry_core.product_names import REQUEST_KEY

_VOTABLE_KEY = b"IVOA.VOTable-Parquet.content"
_ASTROPY_KEY = b"table_meta_yaml"
_DESCRIBED = ("unit", "ucd", "utype", "description")


def read_parquet(name: str, contents: bytes, bounds: Bounds = SPECTRA) -> FileContent:
    """Read the table of a Parquet file.

    Parameters
    ----------
    name
        What messages call the file.
    contents
        Its bytes.
    bounds
        What it may hold.

    Raises
    ------
    ForeignFileError
        It is damaged or too large, or has columns of columns.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(contents), memory_map=False)
        check_size(name, file.metadata.num_rows, file.metadata.num_columns, bounds)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise ForeignFileError(f"{name} is a damaged Parquet file ({first_line(error)})") from error
    check_size(name, table.num_rows, table.num_columns, bounds)
    metadata = table.schema.metadata or {}
    described, facts = _votable_header(name, metadata.get(_VOTABLE_KEY, b""))
    if _ASTROPY_KEY in metadata:
        header = plain_yaml(name, metadata[_ASTROPY_KEY].decode("utf-8", "replace"))
        described = described_columns(header) | described
    columns, left_out = [], []
    for at, column in enumerate(unique_names(table.schema.names)):
        field = table.schema.field(at)
        about = _about(field) | {
            key: text for key, text in described.get(field.name, {}).items() if key in _DESCRIBED
        }
        try:
            values = _plain(f"{name}, column {column!r}", table.column(at))
        except ForeignFileError as error:
            if not bounds.skips_columns:
                raise
            left_out.append(str(error))
            continue
        columns.append(
            FileColumn(
                name=column,
                values=values,
                unit=about.get("unit", ""),
                ucd=about.get("ucd", ""),
                utype=about.get("utype", ""),
                description=about.get("description", ""),
            )
        )
    file_table = FileTable(
        where=name,
        columns=tuple(columns),
        facts=facts_of(facts),
        request=_request(metadata.get(REQUEST_KEY, b"")),
    )
    return FileContent(name=name, tables=(file_table,), left_out=tuple(left_out))


def _about(field: pa.Field[Any]) -> dict[str, str]:
    metadata = field.metadata or {}
    return {
        key: metadata[key.encode()].decode("utf-8", "replace")
        for key in _DESCRIBED
        if key.encode() in metadata
    }


def _plain(where: str, column: pa.ChunkedArray[Any]) -> Values:
    """Return a column of plain values or of lists of them."""
    values: Any = (
        pa.concat_arrays(column.chunks) if column.num_chunks else (pa.array([], column.type))
    )
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    known = (
        pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
        or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    )  # fmt: skip
    if known:
        plain: Values = values
        return plain
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise ForeignFileError(f"{where} is of the type {kind}, which is not known here")
    texts: Values = values.cast(pa.string())
    return texts


def _request(text: bytes) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _votable_header(
    name: str, text: bytes
) -> tuple[dict[str, dict[str, str]], list[tuple[str, str]]]:
    """Return what the VOTable in a Parquet file says about its columns, and its facts."""
    described: dict[str, dict[str, str]] = {}
    facts: list[tuple[str, str]] = []
    if not text:
        return described, facts

    def start(tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "FIELD" and len(described) < MAX_COLUMNS:
            described[attributes.get("name", "")] = attributes
        elif kind in ("INFO", "PARAM"):
            facts.append((attributes.get("name", ""), attributes.get("value", "")))

    def refuse(*_: object) -> None:
        raise ForeignFileError(f"{name}: its VOTable header has a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        # It only describes: the table is as good without it.
        return {}, []
    return described, facts
