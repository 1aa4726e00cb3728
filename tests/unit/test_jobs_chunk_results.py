"""Chunk results: what is read back is what was written, bit for bit."""

import dataclasses
import math
import struct

import numpy as np
import pyarrow as pa
import pytest

from jobs import chunk_results, folders
from photometry_core.cutout import Stamp
from photometry_core.measurement import Measurement
from photometry_core.types import STAMP_SIZE_PIX, Exposure

SHAPE = (STAMP_SIZE_PIX, STAMP_SIZE_PIX)


def make_exposure(number):
    return Exposure(
        publisher_did=f"ivo://test/x?{number}/D1",
        obs_id=str(number),
        detector=1,
        lvf_id=999_999_999_999_999 - number,
        collection="réel \u2603",
        deep=bool(number % 2),
        mjd=61234.567890123456,
        simulated=False,
        access='{"odd": "\\u0000"}',
    )


def make_stamp(rng):
    image = rng.normal(size=SHAPE).astype(np.float32)
    image[0, :4] = [np.nan, -0.0, np.inf, 1e-45]
    return Stamp(
        image_mjy_sr=image,
        variance_mjy2_sr2=rng.random(SHAPE, np.float32),
        flags=rng.integers(-(2**31), 2**31, SHAPE, np.int32),
        model_mjy_sr=np.full(SHAPE, np.nan, np.float32),
        origin_pix=(-7, 2039),
        cd_deg=rng.normal(size=(2, 2)),
    )


def make_measurement(number, rng):
    return Measurement(
        exposure=make_exposure(number),
        wavelength_um=rng.normal(),
        bandwidth_um=math.nan,
        flux_ujy=-0.0,
        flux_err_ujy=5e-324,
        flags=2**33 + 2**32 + 1,
        fit_quality=math.inf,
        background_is_local=True,
        x_pix=np.float64(1 / 3),
        n_pix=121,
        reason="because",
        stamp=make_stamp(rng) if number % 3 else None,
    )


def bits(value):
    """Something that is equal only if every bit is."""
    if isinstance(value, float):
        return struct.pack("d", value)
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return [bits(getattr(value, field.name)) for field in dataclasses.fields(value)]
    return type(value), value


def test_round_trip_is_exact(tmp_path):
    rng = np.random.default_rng(1)
    rows = [(number % 2, make_measurement(number, rng)) for number in range(20)]
    paths = [tmp_path / "a.parquet", tmp_path / "deep" / "b.parquet"]
    chunk_results.write(paths[0], rows[:13])
    chunk_results.write(paths[1], rows[13:])
    found = chunk_results.read(paths, (0, 1, 2))
    for target in (0, 1):
        expected = [measurement for index, measurement in rows if index == target]
        assert bits_of_all(found[target]) == bits_of_all(expected)
        assert bits_of_all(chunk_results.read(paths, [target])[target]) == bits_of_all(expected)
    assert [chunk_results.count(path) for path in paths] == [13, 7]
    assert found[2] == []


def bits_of_all(measurements):
    return [bits(measurement) for measurement in measurements]


def test_every_field_takes_part_in_the_comparison():
    fields = {field.name for field in dataclasses.fields(Measurement)}
    stored = set(chunk_results._SCHEMA.names) - {"target"}
    assert {name for name in stored if not name.startswith("stamp_")} == fields - {"stamp"}


def test_an_empty_chunk_is_a_file(tmp_path):
    path = tmp_path / "0.parquet"
    chunk_results.write(path, [])
    assert chunk_results.count(path) == 0
    assert chunk_results.read([path], [0]) == {0: []}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_mjy_sr", np.zeros(SHAPE)),
        ("image_mjy_sr", np.zeros((3, 3), np.float32)),
        ("flags", np.zeros(SHAPE, np.uint32)),
    ],
)
def test_what_would_not_come_back_the_same_is_refused(tmp_path, field, value):
    stamp = dataclasses.replace(make_stamp(np.random.default_rng(1)), **{field: value})
    row = Measurement(exposure=make_exposure(0), stamp=stamp)
    with pytest.raises(TypeError, match="expected"):
        chunk_results.write(tmp_path / "0.parquet", [(0, row)])
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(28, "no room")

    monkeypatch.setattr(folders, "flush", fail)
    with pytest.raises(OSError, match="no room"):
        chunk_results.write(tmp_path / "0.parquet", [])
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_noticed(tmp_path):
    path = tmp_path / "0.parquet"
    chunk_results.write(path, [(0, make_measurement(1, np.random.default_rng(1)))])
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(pa.ArrowInvalid):
        chunk_results.count(path)
