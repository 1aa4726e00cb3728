"""One measured target as the results page uses it: the saved rows, and what describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from explorer.results.columns import ColumnInfo, column_info
from jobs import products
from jobs.models import Job
from photometry_core import flags
from photometry_core.channels import CHANNELS_PER_DETECTOR, channel_at
from photometry_core.types import FloatArray, IntArray

_METADATA_KEY = b"spherex_explorer"
_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """The rows of one target.

    Parameters
    ----------
    job_id, index
        The job, and the number of the target in it.
    target
        ``name``, ``ra_deg``, ``dec_deg`` (`None` if a file does not say), ``profile``...
    metadata
        What the file says of itself: ``options`` and ``provenance``, or ``upload``.
    table
        The columns of the file and the computed ones; ordered by wavelength.
    columns
        What describes each column of `table`.
    """

    job_id: str
    index: int
    target: Mapping[str, Any]
    metadata: Mapping[str, Any]
    table: pa.Table
    columns: Mapping[str, ColumnInfo]

    @property
    def n_rows(self) -> int:
        """Number of rows: every exposure found."""
        return int(self.table.num_rows)

    @property
    def name(self) -> str:
        """Name of the target."""
        return str(self.target["name"])

    @property
    def is_simulated(self) -> bool | None:
        """Whether the data are simulated; `None` if the file does not say."""
        provenance = self.metadata.get("provenance")
        if provenance:
            return bool(provenance["simulated"])
        return (self.metadata.get("upload") or {}).get("simulated")

    def numbers(self, name: str) -> FloatArray:
        """Return a column as floating-point numbers, NaN where it has no value.

        A column that the file does not have is all NaN.
        """
        if name not in self.columns:
            return np.full(self.n_rows, np.nan)
        return _numbers(self.table, name)

    def flags(self) -> IntArray:
        """Return the flags, 64-bit; 0 where there are none."""
        if "flags" not in self.columns:
            return np.zeros(self.n_rows, np.int64)
        column: Any = self.table.column("flags").combine_chunks()
        column = pc.fill_null(column, 0)
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)

    def texts(self, name: str) -> list[str]:
        """Return the different texts of a column, in order; none if the file does not have it."""
        if name not in self.columns:
            return []
        found = pc.unique(self.table.column(name).combine_chunks()).to_pylist()
        return sorted(text for text in found if text)

    def is_measured(self) -> np.ndarray:
        """Return which rows have a flux and a wavelength, and so a place in the plot."""
        fitted = (self.flags() & flags.FIT_ERROR) == 0
        usable = np.isfinite(self.numbers("flux")) & np.isfinite(self.numbers("wavelength"))
        return np.asarray(usable & fitted)


def open_dataset(job: Job, index: int) -> Dataset:
    """Return the saved rows of a target.

    Raises
    ------
    ProductMissingError
        There are none.
    """
    path = products.spectrum_path(job, index)
    status = path.stat()
    return _read(job.pk, index, path, (status.st_mtime_ns, status.st_size, status.st_ino))


@lru_cache(maxsize=_KEPT)
def _read(job_id: str, index: int, path: Path, version: tuple[int, ...]) -> Dataset:
    """Read a product; what is published never changes, but a test may write another."""
    table = pq.read_table(path)
    own = set(table.column_names)
    metadata = json.loads((table.schema.metadata or {}).get(_METADATA_KEY, b"{}"))
    table = _with_computed(table.replace_schema_metadata(None))
    return Dataset(
        job_id=job_id,
        index=index,
        target=metadata["target"],
        metadata=metadata,
        table=table,
        columns={
            field.name: column_info(field, is_computed=field.name not in own)
            for field in table.schema
        },
    )


def _with_computed(table: pa.Table) -> pa.Table:
    """Add ``row``, and ``snr`` and ``channel`` if the file has what they are made of."""
    names = set(table.column_names)
    table = table.append_column("row", pa.array(np.arange(table.num_rows, dtype=np.int32)))
    if {"flux", "flux_err"} <= names and "snr" not in names:
        error = _numbers(table, "flux_err")
        ratio = _numbers(table, "flux") / np.where(error > 0, error, np.nan)
        table = table.append_column("snr", pa.array(ratio, mask=~np.isfinite(ratio)))
    if {"x_image", "y_image"} <= names and "channel" not in names:
        channel = channel_at(_numbers(table, "x_image"), _numbers(table, "y_image"))
        inside = (channel >= 1) & (channel <= CHANNELS_PER_DETECTOR)
        table = table.append_column("channel", pa.array(channel.astype(np.int16), mask=~inside))
    return table


def _numbers(table: pa.Table, name: str) -> FloatArray:
    column: Any = pc.cast(table.column(name).combine_chunks(), pa.float64(), safe=False)
    return np.array(column.to_numpy(zero_copy_only=False), dtype=float)
