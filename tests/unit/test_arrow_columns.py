"""Columns of any table become columns that every format can hold."""

import numpy as np
import pyarrow as pa
import pytest

from photometry_core.arrow_columns import clean_text, file_column, is_unit


def made(values, **words):
    words = {"unit": "", "ucd": "", "description": ""} | words
    return file_column("name", values, **words)


@pytest.mark.parametrize(
    ("arrow", "dtype"),
    [
        (pa.float64(), "f8"), (pa.float32(), "f4"), (pa.float16(), "f4"),
        (pa.int8(), "i2"), (pa.int16(), "i2"), (pa.int32(), "i4"), (pa.int64(), "i8"),
        (pa.uint8(), "i8"), (pa.uint64(), "i8"),
    ],
)  # fmt: skip
def test_numbers_keep_their_values_and_nulls(arrow, dtype):
    floating = pa.types.is_floating(arrow)
    given = [np.float16(1.5), None, np.float16(7)] if floating else [1, None, 7]
    column, values = made(
        pa.chunked_array([pa.array(given[:1], arrow), pa.array(given[1:], arrow)])
    )
    assert column.dtype == dtype
    assert values.dtype == np.dtype(dtype)
    assert values.tolist() == [1.5 if floating else 1, None, 7]


def test_flags_of_64_bits_are_exact():
    given = [2**62 + 1, 2**33, None]
    _, values = made(pa.array(given))
    assert values.tolist() == given


def test_what_no_file_has_becomes_text():
    column, values = made(pa.array([2**64 - 1, None], pa.uint64()))
    assert (column.dtype, values.tolist()) == ("str", [str(2**64 - 1), None])
    column, values = made(pa.array([[1, 2], None]))
    assert (column.dtype, values.tolist()) == ("str", ["[1, 2]", None])


def test_columns_of_nulls_and_of_nothing():
    column, values = made(pa.nulls(2))
    assert (column.dtype, values.tolist()) == ("f8", [None, None])
    for kind in (pa.string(), pa.bool_(), pa.int64(), pa.float64()):
        assert made(pa.array([], kind))[1].tolist() == []


def test_texts_are_one_line_without_control_characters():
    _, values = made(pa.array(["a\r\nb\tc", "bell\x07", None, "Zoë\ud7ff"]))
    assert values.tolist() == ["a b c", "bell\ufffd", None, "Zoë\ud7ff"]
    assert clean_text("\x00\x1f") == "\ufffd\ufffd"


@pytest.mark.parametrize("unit", ["uJy", "um", "MJy / sr", "pix", "deg", "d", "mas/yr", "1/s"])
def test_units_that_files_can_be_given(unit):
    assert is_unit(unit)
    assert made(pa.array([1.0]), unit=unit)[0].unit == unit


@pytest.mark.parametrize("unit", ["furlongs", "µJy", "m10000000", "x" * 50, "um um um um )"])
def test_other_units_go_into_the_description(unit):
    assert not is_unit(unit)
    column, _ = made(pa.array([1.0]), unit=unit, description="Length")
    assert column.unit == ""
    assert column.description == f"Length (unit: {unit})"
