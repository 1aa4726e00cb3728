"""Masks of flags and what they count, beyond the bits that other languages' numbers hold."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.results.dataset import Dataset
from explorer.results.flag_advice import advice_for
from explorer.results.flag_counts import (
    PRESETS,
    count_flags,
    explain_row,
    row_severities,
)
from explorer.results.view import View
from photometry_core import flags
from photometry_core.errors import InvalidInputError
from tests.checked_spectra import dataset_of

MASKS = {preset.key: preset.mask for preset in PRESETS}
VALUES = np.array(
    [
        0,
        2**21,
        2**21 + 2**12,
        2**21 + 1,
        2**33 + 2**32 + 2**21,
        2**32 + 2**21 + 2**7,
        2**33,
        2**3,
        2**62 + 2**21,
    ],
    dtype=np.int64,
)
KEPT = {
    "all": [0, 1, 2, 3, 4, 5, 6, 7, 8],
    "none_bad": [0, 1, 2, 3, 7, 8],
    "strict": [0, 1, 2],
    "nominal": [0, 1],
}


def made(values=VALUES, **columns):
    count = len(values)
    return dataset_of(
        {
            "wavelength": np.linspace(1, 2, count),
            "flux": np.ones(count),
            "flags": np.asarray(values, np.int64),
        }
        | columns
    )


def bit_of(answer, bit):
    return next(one for one in answer["bits"] if one["bit"] == bit)


def test_presets_are_the_masks_that_they_say():
    assert MASKS == {
        "all": 0,
        "none_bad": 128 + 4294967296 + 8589934592,
        "strict": 9223372036854775807 - 2097152 - 4096,
        "nominal": 9223372036854775807 - 2097152,
    }
    assert [(preset.label, preset.meaning) for preset in PRESETS] == [
        ("All", "every measurement"),
        ("None bad", "without DICHROIC, CONTAINS_BAD_PIXEL, FIT_ERROR"),
        ("Strict", "without any flag but the benign SOURCE, FULLSAMPLE"),
        ("Nominal", "flags 0 or SOURCE alone"),
    ]


@pytest.mark.parametrize("key", MASKS)
def test_presets_keep_what_they_say(key):
    dataset = made()
    kept = [row for row, value in enumerate(VALUES.tolist()) if not value & MASKS[key]]
    assert kept == KEPT[key]
    answer = count_flags(dataset, View(mask=MASKS[key]))
    assert (answer["n_before_mask"], answer["n_kept"]) == (9, len(kept))
    assert {one["key"]: one["n_kept"] for one in answer["presets"]} == {
        name: len(rows) for name, rows in KEPT.items()
    }
    assert {one["key"]: one["mask"] for one in answer["presets"]} == {
        name: str(mask) for name, mask in MASKS.items()
    }


def test_measurements_with_each_bit_are_counted_also_beyond_32_and_53():
    answer = count_flags(made(), View(mask=2**33))
    expected = {0: (1, 0), 3: (1, 0), 7: (1, 0), 12: (1, 0), 21: (6, 1), 32: (2, 1), 33: (2, 2),
                62: (1, 0)}  # fmt: skip
    for one in answer["bits"]:
        assert (one["count"], one["dropped"]) == expected.get(one["bit"], (0, 0)), one
        assert one["value"] == str(2 ** one["bit"])


def test_every_bit_is_listed_with_what_is_known_of_it():
    answer = count_flags(made(), View())
    listed = {one["bit"] for one in answer["bits"]}
    assert listed == {flag.bit for flag in flags.FLAGS} | {3, 62}
    unknown = bit_of(answer, 3)
    assert (unknown["name"], unknown["meaning"], unknown["severity"]) == (
        "BIT_3",
        "Not described by this version",
        "warn",
    )
    assert bit_of(answer, 33)["name"] == "FIT_ERROR"
    assert bit_of(answer, 32)["severity"] == "serious"


def test_the_sign_bit_of_damaged_flags_is_counted_and_never_masked():
    answer = count_flags(made(np.array([-(2**63), -1, 0])), View(mask=MASKS["nominal"]))
    assert bit_of(answer, 63)["count"] == 2
    assert not bit_of(answer, 63)["can_mask"]
    assert bit_of(answer, 0)["count"] == 1
    assert answer["n_kept"] == 2


def test_without_the_column_there_is_nothing_to_count():
    dataset = dataset_of({"wavelength": np.ones(3), "flux": np.ones(3)})
    answer = count_flags(dataset, View(mask=MASKS["strict"]))
    assert not answer["has_flags"]
    assert (answer["n_kept"], answer["n_before_mask"]) == (3, 3)
    assert explain_row(dataset, View(), 1) == {
        "row": 1,
        "has_flags": False,
        "value": "0",
        "flags": [],
        "dropped_by": [],
        "reason": "",
    }


def test_no_rows_are_no_error():
    answer = count_flags(made(VALUES[:0]), View())
    assert (answer["n_rows"], answer["n_kept"]) == (0, 0)
    assert all(one["count"] == 0 for one in answer["bits"])


@given(st.integers(0, 2**63 - 1))
def test_severities_of_rows_are_those_of_the_decoder(value):
    [severity] = row_severities(np.array([value], np.int64))
    assert flags.SEVERITIES[severity] == flags.worst_severity(value)


def test_why_a_row_is_flagged():
    dataset = made(
        np.array([2**32 + 2**21 + 2**10 + 2**8]),
        n_aper_pix=np.array([21], np.int32),
        n_hot=np.array([2], np.int16),
        reason=np.array([""]),
    )
    answer = explain_row(dataset, View(mask=2**32 + 2**33 + 2**10), 0)
    assert answer["value"] == "4297065728"
    assert answer["dropped_by"] == ["HOT", "CONTAINS_BAD_PIXEL"]
    assert [one["name"] for one in answer["flags"]] == [
        "CONTAINS_BAD_PIXEL", "BIT_8", "HOT", "SOURCE",
    ]  # fmt: skip
    by_name = {one["name"]: one for one in answer["flags"]}
    assert (by_name["HOT"]["n_pix"], by_name["HOT"]["n_near"]) == (2, 21)
    assert by_name["HOT"]["ignored_by_fit"]
    # Not in this file.
    assert by_name["SOURCE"]["n_pix"] is None
    assert by_name["CONTAINS_BAD_PIXEL"]["n_pix"] is None
    assert not by_name["CONTAINS_BAD_PIXEL"]["in_image"]


def test_a_failed_fit_has_its_reason():
    dataset = made(
        np.array([2**33]),
        reason=np.array(["no usable pixel"]),
        n_aper_pix=np.array([0], np.int32),
        n_hot=np.array([0], np.int16),
    )
    answer = explain_row(dataset, View(), 0)
    assert answer["reason"] == "no usable pixel"
    assert [one["name"] for one in answer["flags"]] == ["FIT_ERROR"]


@pytest.mark.parametrize("row", [-1, 9, 10**9])
def test_rows_that_do_not_exist_are_refused(row):
    with pytest.raises(InvalidInputError, match="allowed: 0 to below 9"):
        explain_row(made(), View(), row)


def test_there_is_advice_for_every_flag():
    for bit in range(64):
        text = advice_for(bit)
        assert text
        assert not text.endswith(".")
        assert len(text) < 100


def test_flags_without_a_value_are_none():
    dataset = made()
    table = dataset.table.set_column(
        dataset.table.column_names.index("flags"),
        "flags",
        pa.array([None, *VALUES[1:].tolist()], pa.int64()),
    )
    answer = count_flags(
        Dataset(job_id="x", index=0, target={}, metadata={}, table=table, columns=dataset.columns),
        View(mask=MASKS["nominal"]),
    )
    assert answer["n_kept"] == 2
