"""RICE_1 against astropy's codec, bit by bit, and streams that are none."""

import io
import warnings

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from photometry_core.kernel.rice import decode_rows

LEAST, MOST = -(2**31), 2**31 - 1


def compressed(plane: np.ndarray, block: int = 32) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stream, starts and lengths of rows, as astropy compresses them."""
    how = {"compression_type": "RICE_1", "tile_shape": (1, plane.shape[1])}
    stream = io.BytesIO()
    with warnings.catch_warnings():
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(plane, **how)]).writeto(stream)
    stream.seek(0)
    with fits.open(stream, disable_image_compression=True) as hdus:
        assert hdus[1].header["ZVAL1"] == block
        rows = [np.array(row, np.uint8) for row in hdus[1].data["COMPRESSED_DATA"]]
    lengths = np.array([row.size for row in rows], np.int64)
    data = np.frombuffer(np.concatenate(rows).tobytes(), np.uint8)
    return data, np.cumsum(lengths) - lengths, lengths


def planes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    shape = (9, 2040)
    return {
        "zeros": np.zeros(shape),
        "constant": np.full(shape, -77),
        "least": np.full(shape, LEAST),
        "extremes": rng.choice([LEAST, MOST, 0, -1], shape),
        "anything": rng.integers(LEAST, MOST, shape, endpoint=True),
        "small noise": rng.normal(0, 2, shape),
        "large noise": rng.normal(0, 1e8, shape),
        "one bit": np.where(rng.random(shape) < 0.5, 1 << 21, 0),
        "rare": np.where(rng.random(shape) < 0.003, MOST, 0),
        "steps": np.repeat(rng.integers(LEAST, MOST, (9, 102)), 20, axis=1),
        "ramp": np.arange(9 * 2040).reshape(shape) * 77,
    }


@pytest.mark.parametrize("name", planes())
def test_whole_rows_and_parts_of_them(name):
    plane = planes()[name].astype(np.int64).astype(np.int32)
    stream = compressed(plane)
    for first, last in ((0, 2040), (0, 1), (31, 33), (700, 741), (2039, 2040), (64, 96)):
        values = np.full((9, last - first), 12345, np.int32)
        assert decode_rows(*stream, 32, first, values) == -1
        assert np.array_equal(values, plane[:, first:last])


values_of_32_bits = st.one_of(
    st.integers(LEAST, MOST),
    st.integers(-3, 3),
    st.sampled_from([LEAST, MOST, 0, 1 << 21, 1 << 28, (1 << 28) | (1 << 21)]),
)


@settings(max_examples=150, deadline=None)
@given(
    arrays.arrays(
        np.int32,
        st.tuples(st.integers(1, 4), st.integers(1, 100)),
        elements=values_of_32_bits,
    ),
    st.data(),
)
def test_any_rows(plane, data):
    first = data.draw(st.integers(0, plane.shape[1] - 1))
    last = data.draw(st.integers(first + 1, plane.shape[1]))
    values = np.empty((plane.shape[0], last - first), np.int32)
    assert decode_rows(*compressed(plane), 32, first, values) == -1
    assert np.array_equal(values, plane[:, first:last])


def test_a_stream_made_by_hand_with_blocks_of_16():
    """1000, then differences 0, 1, -1 and thirteen zeros with no low bits; then all zeros."""
    bits = f"{1000:032b}" + "00001" + "1" + "001" + "01" + "1" * 13 + "00000"
    row = int(bits.ljust(64, "0"), 2).to_bytes(8, "big")
    values = np.empty((1, 20), np.int32)
    stream = np.frombuffer(row, np.uint8)
    assert decode_rows(stream, np.array([0]), np.array([8]), 16, 0, values) == -1
    assert values[0].tolist() == [1000, 1001, 1000] + 17 * [1000]


def test_streams_that_end_too_early():
    plane = np.random.default_rng(2).integers(LEAST, MOST, (1, 50)).astype(np.int32)
    stream, starts, lengths = compressed(plane)
    values = np.empty((1, 50), np.int32)
    for size in range(int(lengths[0])):
        assert decode_rows(stream[:size].copy(), starts, np.array([size]), 32, 0, values) == 0


@pytest.mark.parametrize(
    "bits",
    [
        "11011",  # a code above 26
        "11111",
        "00001" + "0" * 200,  # a unary code that never ends
        "11010" + "1" * 20,  # too few bits for a number in full
        "11001" + "0" * 300 + "1",  # a difference of more than 32 bits
    ],
)
def test_streams_that_can_not_be(bits):
    row = np.frombuffer(int(("0" * 31 + "1" + bits).ljust(400, "0"), 2).to_bytes(50, "big"), "u1")
    used = 4 + -(-len(bits) // 8)
    values = np.zeros((1, 40), np.int32)
    assert decode_rows(row[:used].copy(), np.array([0]), np.array([used]), 32, 0, values) == 0


def test_nothing_outside_of_a_row_is_read():
    """Every row stands between others: its values can't depend on them."""
    rng = np.random.default_rng(3)
    plane = rng.integers(LEAST, MOST, (3, 70)).astype(np.int32)
    stream, starts, lengths = compressed(plane)
    for _ in range(300):
        damaged = stream.copy()
        middle = slice(int(starts[1]), int(starts[2]))
        at = rng.integers(middle.start, middle.stop, 5)
        damaged[at] = rng.integers(0, 256, 5)
        alone, among = np.zeros((1, 70), np.int32), np.zeros((3, 70), np.int32)
        status = decode_rows(damaged[middle].copy(), starts[:1], lengths[1:2], 32, 0, alone)
        damaged_row = decode_rows(damaged, starts, lengths, 32, 0, among)
        assert damaged_row == (-1 if status < 0 else 1)
        assert np.array_equal(among[1], alone[0])
        assert np.array_equal(among[0], plane[0])
