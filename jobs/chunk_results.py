"""The file in which a chunk keeps its measurements until the products are assembled.

A Parquet table with a row per measurement. Its columns follow from the fields of `Measurement`
and `Stamp`, and every value comes back bit for bit, NaN included.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs import folders
from photometry_core.cutout import Stamp
from photometry_core.measurement import Measurement
from photometry_core.types import STAMP_SIZE_PIX, Exposure

_TARGET = "target"
_STAMP_PREFIX = "stamp_"
_SCALARS: Mapping[Any, pa.DataType] = {
    float: pa.float64(),
    int: pa.int64(),
    bool: pa.bool_(),
    str: pa.string(),
    Exposure: pa.string(),
    tuple[int, ...]: pa.list_(pa.int64()),
}
_SCALAR_FIELDS: Mapping[str, Any] = {
    name: kind
    for name, kind in get_type_hints(Measurement, localns={"Stamp": Stamp}).items()
    if name != "stamp"
}
_IMAGE_SHAPE = (STAMP_SIZE_PIX, STAMP_SIZE_PIX)
# Type and shape of the arrays of a stamp, least significant byte first on every machine.
_STAMP_ARRAYS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "image_mjy_sr": ("<f4", _IMAGE_SHAPE),
    "variance_mjy2_sr2": ("<f4", _IMAGE_SHAPE),
    "flags": ("<i4", _IMAGE_SHAPE),
    "model_mjy_sr": ("<f4", _IMAGE_SHAPE),
    "origin_pix": ("<i8", (2,)),
    "cd_deg": ("<f8", (2, 2)),
}
if set(_STAMP_ARRAYS) != {field.name for field in fields(Stamp)}:
    raise TypeError("the fields of Stamp and the columns of chunk results differ")
_SCHEMA = pa.schema(
    [(_TARGET, pa.int64())]
    + [(name, _SCALARS[kind]) for name, kind in _SCALAR_FIELDS.items()]
    + [(_STAMP_PREFIX + name, pa.binary()) for name in _STAMP_ARRAYS]
)


def write(path: Path, rows: Sequence[tuple[int, Measurement]]) -> None:
    """Write measurements beside `path`, flush them to disk, and move them there.

    Parameters
    ----------
    path
        The file; its folder is made if need be.
    rows
        Index of the target, and measurement.

    Raises
    ------
    OSError
        They can't be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    try:
        # Noise can't be compressed, and the file lives for minutes.
        pq.write_table(_table(rows), draft, compression="none", use_dictionary=False)
        folders.flush(draft)
        draft.rename(path)
        folders.flush(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def read(paths: Iterable[Path], targets: Collection[int]) -> dict[int, list[Measurement]]:
    """Return the measurements of some targets from several files.

    Parameters
    ----------
    paths
        The files; each is opened once.
    targets
        Indices of the targets.

    Returns
    -------
    dict
        For every one of the targets its measurements, in the order of the files.

    Raises
    ------
    OSError, pyarrow.ArrowInvalid
        A file is missing or damaged.
    """
    measurements: dict[int, list[Measurement]] = {target: [] for target in targets}
    wanted = pc.field(_TARGET).isin(sorted(targets))
    for path in paths:
        for row in pq.read_table(path, schema=_SCHEMA, filters=wanted).to_pylist():
            measurements[row[_TARGET]].append(_measurement(row))
    return measurements


def count(path: Path) -> int:
    """Return the number of measurements in a file.

    Raises
    ------
    OSError, pyarrow.ArrowInvalid
        The file is missing or damaged.
    """
    return int(pq.read_metadata(path).num_rows)


def _table(rows: Sequence[tuple[int, Measurement]]) -> pa.Table:
    measurements = [measurement for _, measurement in rows]
    columns: dict[str, list[Any]] = {_TARGET: [target for target, _ in rows]}
    for name in _SCALAR_FIELDS:
        values = [getattr(measurement, name) for measurement in measurements]
        if name == "exposure":
            values = [json.dumps(exposure.to_json()) for exposure in values]
        columns[name] = values
    stamps = [measurement.stamp for measurement in measurements]
    for name, (dtype, shape) in _STAMP_ARRAYS.items():
        columns[_STAMP_PREFIX + name] = [
            None if stamp is None else _to_bytes(getattr(stamp, name), dtype, shape)
            for stamp in stamps
        ]
    return pa.table(columns, schema=_SCHEMA)


def _measurement(row: Mapping[str, Any]) -> Measurement:
    values = {name: row[name] for name in _SCALAR_FIELDS}
    values["exposure"] = Exposure.from_json(json.loads(values["exposure"]))
    values["flag_counts"] = tuple(values["flag_counts"])
    arrays = {name: row[_STAMP_PREFIX + name] for name in _STAMP_ARRAYS}
    if all(content is None for content in arrays.values()):
        return Measurement(**values)
    stamp = {name: _from_bytes(content, *_STAMP_ARRAYS[name]) for name, content in arrays.items()}
    x, y = stamp.pop("origin_pix").tolist()
    return Measurement(**values, stamp=Stamp(**stamp, origin_pix=(x, y)))


def _to_bytes(values: npt.ArrayLike, dtype: str, shape: tuple[int, ...]) -> bytes:
    array = np.asarray(values)
    if array.shape != shape or not np.can_cast(array.dtype, dtype, "safe"):
        raise TypeError(f"{array.dtype} of shape {array.shape} given; expected {dtype} of {shape}")
    return array.astype(dtype).tobytes()


def _from_bytes(content: bytes, dtype: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    # In the machine's own byte order; read-only, as a view of bytes is.
    array = np.frombuffer(content, dtype).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
