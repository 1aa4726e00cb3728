"""The flags of one measurement in words."""

import pytest

from explorer.results.row_flags import row_flags
from photometry_core import flags


def test_bits_beyond_32_are_named_the_worst_first():
    found = row_flags({"flags": 8589934592 + 4297064449})
    names = ["FIT_ERROR", "CONTAINS_BAD_PIXEL", "TRANSIENT", "SOURCE"]
    assert [flag.name for flag in found] == names
    assert [flag.severity for flag in found] == ["reject", "serious", "warn", "benign"]


@pytest.mark.parametrize(("value", "name"), [(1 << 40, "BIT_40"), (-(2**63), "BIT_63")])
def test_a_bit_without_a_name_is_shown(value, name):
    (flag,) = row_flags({"flags": value})
    assert (flag.name, flag.severity) == (name, "warn")
    assert flag.meaning == "Not described by this version"


def test_every_flag_has_its_meaning():
    for flag in flags.FLAGS:
        (found,) = row_flags({"flags": flag.mask})
        assert (found.name, found.meaning) == (flag.name, flag.meaning)


def test_pixels_are_counted_where_the_file_counts_them():
    (flag,) = row_flags({"flags": flags.SOURCE, "n_source": 9, "n_aper_pix": 21})
    assert (flag.n_pix, flag.n_near) == (9, 21)
    assert flag.explanation == "Belongs to a catalogued source: 9 of 21 pixels near the target"
    for values in ({}, {"n_source": 9}, {"n_source": None, "n_aper_pix": 21},
                   {"n_source": 0, "n_aper_pix": 0}):  # fmt: skip
        (flag,) = row_flags({"flags": flags.SOURCE} | values)
        assert (flag.n_pix, flag.n_near) == (None, None)
        assert flag.explanation == "Belongs to a catalogued source"


def test_no_flags_are_no_flags():
    assert row_flags({}) == row_flags({"flags": None}) == row_flags({"flags": 0}) == ()
