"""Who made a file, what it says about its target, and which job it comes from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from photometry_core.errors import InvalidInputError
from photometry_core.file_contents import ORIGIN_COLUMN
from photometry_core.foreign_tables.contents import FileColumn, FileTable, clean_text
from photometry_core.foreign_tables.origins import Origin, origin_of_columns
from photometry_core.measurement import Provenance
from photometry_core.positions import designation
from photometry_core.types import MeasureOptions, Target

_JOB_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{21}")
_NAME_FACTS = ("target_name", "object", "target", "name", "source_name", "source_id")
_NAME_COLUMNS = ("target_name", "object", "target", "source_name", "source_id", "name")
_RA_FACTS = ("target_ra", "ra_targ", "ra_obj", "ra")
_DEC_FACTS = ("target_dec", "dec_targ", "dec_obj", "dec")
_TRUE, _FALSE = ("true", "t", "1", "simulated"), ("false", "f", "0", "observed")
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a table says about itself; fields as in `ForeignSpectrum`."""

    origin: Origin
    name: str
    ra_deg: float | None
    dec_deg: float | None
    simulated: bool | None
    target: dict[str, Any] | None
    options: dict[str, Any] | None
    provenance: dict[str, Any] | None
    source_job: tuple[str, int] | None


def origin_of(table: FileTable) -> Origin:
    """Return which program made a table."""
    if table.request:
        return "explorer"
    return origin_of_columns([column.name for column in table.columns], table.facts)


def origin_column(table: FileTable) -> FileColumn | None:
    """Return the column that says of every row whether it is observed or simulated, if any does."""
    for column in table.columns:
        is_named_so = column.name.lower().rstrip("_") == ORIGIN_COLUMN
        if is_named_so and pa.types.is_string(column.values.type):
            values = {text.lower() for text in column.values.unique().to_pylist() if text}
            if values and values <= {_TRUE[-1], _FALSE[-1]}:
                return column
    return None


def identify(table: FileTable, ra: FileColumn | None, dec: FileColumn | None) -> Identity:
    """Return what a table says about itself.

    Parameters
    ----------
    table
        The table.
    ra, dec
        Its columns of positions in ICRS degrees, if it has them.
    """
    facts = _lower(table.facts)
    request = dict(table.request) or _json(facts.get("request", ""))
    target = _target(request.get("target"))
    position: tuple[float, float] | None
    if target is not None:
        name, position = target.name, (target.ra_deg, target.dec_deg)
    else:
        position = _position(facts) or _first_position(ra, dec)
        name = _name(table, facts)
    if not name:
        name = designation(*position) if position else _stem(table.where)
    return Identity(
        origin=origin_of(table),
        name=clean_text(name, _NAME_LENGTH) or _stem(table.where),
        ra_deg=position[0] if position else None,
        dec_deg=position[1] if position else None,
        simulated=_simulated(facts, request, table),
        target=target.to_json() if target else None,
        options=_options(request.get("options")),
        provenance=_provenance(request.get("provenance"), facts),
        source_job=_source_job(facts, request),
    )


def _lower(facts: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in facts.items()}


def _json(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _target(values: Any) -> Target | None:
    """Return the target of a request, if it is one that this program could have written."""
    try:
        target = Target.from_json(values)
    except (InvalidInputError, TypeError, KeyError, AttributeError):
        return None
    return target if isinstance(values["name"], str) else None


def _options(values: Any) -> dict[str, Any] | None:
    try:
        return MeasureOptions.from_json(values).to_json()
    except (InvalidInputError, TypeError, KeyError, ValueError, AttributeError):
        return None


def _provenance(values: Any, facts: dict[str, str]) -> dict[str, Any] | None:
    if not isinstance(values, dict):
        simulated = _simulated(facts, {}, None)
        values = {
            "software": facts.get("server_software"),
            "archive": facts.get("archive"),
            "archive_description": facts.get("archive_description"),
            "calibration": facts.get("calibration"),
            "created": facts.get("request_date"),
        }
        if simulated is None or None in values.values():
            return None
        values["simulated"] = simulated
    try:
        provenance = Provenance.from_json(values)
    except TypeError:
        return None
    texts = {name: text for name, text in values.items() if name != "simulated"}
    return provenance.to_json() if all(isinstance(text, str) for text in texts.values()) else None


def _simulated(
    facts: dict[str, str], request: dict[str, Any], table: FileTable | None
) -> bool | None:
    provenance = request.get("provenance")
    if isinstance(provenance, dict) and isinstance(provenance.get("simulated"), bool):
        return bool(provenance["simulated"])
    for name in ("simulated", "data", "simulatd"):
        text = facts.get(name, "").lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
    column = origin_column(table) if table else None
    if column is None:
        return None
    # Rows of both kinds in one table are no observation.
    return any(text and text.lower() in _TRUE for text in column.values.unique().to_pylist())


def _source_job(facts: dict[str, str], request: dict[str, Any]) -> tuple[str, int] | None:
    provenance = request.get("provenance")
    given = {**facts, **(provenance if isinstance(provenance, dict) else {}), **request}
    # The latter are keywords of FITS headers.
    job_id = str(given.get("job_id", given.get("jobid", "")))
    index = str(given.get("target_index", given.get("targetix", "")))
    if _JOB_ID.fullmatch(job_id) and re.fullmatch(r"[0-9]{1,6}", index):
        return job_id, int(index)
    return None


def _position(facts: dict[str, str]) -> tuple[float, float] | None:
    for ra_name, dec_name in zip(_RA_FACTS, _DEC_FACTS, strict=True):
        try:
            found = float(facts[ra_name]), float(facts[dec_name])
        except (KeyError, ValueError):
            continue
        if _is_position(*found):
            return found
    return None


def _first_position(ra: FileColumn | None, dec: FileColumn | None) -> tuple[float, float] | None:
    """Return the first position of the rows; they differ by the proper motion at most."""
    if ra is None or dec is None:
        return None
    for ra_deg, dec_deg in zip(ra.values.to_pylist(), dec.values.to_pylist(), strict=True):
        if ra_deg is not None and dec_deg is not None and _is_position(ra_deg, dec_deg):
            return ra_deg, dec_deg
    return None


def _is_position(ra_deg: float, dec_deg: float) -> bool:
    return math.isfinite(ra_deg) and 0 <= ra_deg < 360 and -90 <= dec_deg <= 90


def _name(table: FileTable, facts: dict[str, str]) -> str:
    """Return the name of the target: a fact, or a text that is the same in all rows."""
    for name in _NAME_FACTS:
        if facts.get(name):
            return facts[name]
    columns = {column.name.lower(): column for column in table.columns}
    for name in _NAME_COLUMNS:
        column = columns.get(name)
        if column is not None and not pa.types.is_nested(column.values.type):
            values = column.values.unique().to_pylist()
            if len(values) == 1 and values[0] is not None:
                return str(values[0])
    return ""


def _stem(where: str) -> str:
    """Return the name of a file without its extensions."""
    stem = PurePath(where.partition(",")[0].replace("\\", "/")).name
    while PurePath(stem).suffix.lower() in (
        ".vot", ".xml", ".fits", ".fit", ".csv", ".tsv", ".tbl", ".ecsv", ".txt", ".dat",
        ".parquet", ".gz", ".zip",
    ):  # fmt: skip
        stem = PurePath(stem).stem
    return clean_text(stem, _NAME_LENGTH) or "spectrum"
