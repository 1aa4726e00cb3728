"""Six measurements with every kind of column, nulls, and flags beyond 2^33."""

import numpy as np
import pyarrow as pa

from explorer.results.columns import column_info
from explorer.results.dataset import Dataset

FLAGS = [2097152, 2097280, 4297064449, 8589934592, 12884901888 + 128, 0]
PREFIX = "ivo://irsa.ipac/spherex_qr2?"
SMALL = {
    "wavelength": [0.8, 1.2, 1.9, 2.6, 4.0, 4.9],
    "flux": [10.0, 20.0, -4.0, None, 500.0, 1000.0],
    "flux_err": [1.0, 10.0, 2.0, None, 50.0, 10.0],
    "flags": FLAGS,
    "fit_ql": [0.8, 0.9, 3.5, None, 1.1, 0.8],
    "det_id": [1, 2, 3, 4, 5, 6],
    "mjd": [60805.5, 60804.5, 60803.5, 60802.5, 60801.5, 60800.5],
    "deep_flg": [False, False, True, False, True, None],
    "lvf_id": [700000000000000 + number for number in range(6)],
    "obs_publisher_did": [f"{PREFIX}2025W18_1B_0{n}_1/D{n}" for n in range(1, 7)],
    "reason": ["", "", "", "it's 100% \"missing\"", None, "\u00e9\u6f22\U0001f600"],
}  # fmt: skip


def small_dataset(without=(), **changed):
    """Return them as the rows of a target; columns can be left out or replaced."""
    columns = {name: values for name, values in (SMALL | changed).items() if name not in without}
    n_rows = len(next(iter(columns.values())))
    columns["row"] = np.arange(n_rows, dtype=np.int32)
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return Dataset(
        job_id="a-job",
        index=0,
        target={"name": "small", "ra_deg": 10.0, "dec_deg": 20.0},
        metadata={},
        table=table,
        columns={field.name: column_info(field) for field in table.schema},
    )
