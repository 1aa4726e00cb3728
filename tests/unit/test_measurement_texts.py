"""Measurements in words: flags, digits, missing values."""

import numpy as np
import pytest

from explorer.measurements import (
    COUNT_COLUMNS,
    HEADINGS,
    PAGE_SIZE,
    chips,
    flux_decimals,
    number_text,
    row_chips,
    rows,
)
from photometry_core import flags
from photometry_core.spectrum import COLUMNS
from tests.spectra import made_spectrum


def test_flags_beyond_32_bits_are_named_the_worst_first():
    names = [chip.name for chip in chips(4297064449)]
    assert names == ["CONTAINS_BAD_PIXEL", "TRANSIENT", "SOURCE"]
    assert [chip.severity for chip in chips(flags.FIT_ERROR)] == ["reject"]
    assert chips(0) == ()


def test_a_bit_without_a_name_is_shown():
    (chip,) = chips(1 << 40)
    assert (chip.name, chip.severity) == ("BIT_40", "warn")


def test_every_flag_has_a_meaning():
    for flag in flags.FLAGS:
        (chip,) = chips(flag.mask)
        assert (chip.name, chip.meaning) == (flag.name, flag.meaning)


def test_flags_say_how_many_pixels_carry_them():
    table = made_spectrum(8, 0).table
    serious = next(row for row in table if row["flags"] & flags.CONTAINS_BAD_PIXEL)
    assert [chip.explanation for chip in row_chips(serious)] == [
        "A pixel near the position was ignored by the fit",
        "Belongs to a catalogued source: 9 of 21 pixels near the target",
    ]


def test_spectra_without_numbers_of_pixels_have_their_flags():
    table = made_spectrum(8, 0).table
    table.keep_columns(["flags"])
    for row in table:
        assert row_chips(row) == chips(int(row["flags"]))


def test_flags_that_are_not_in_images_count_no_pixels():
    (chip,) = row_chips(made_spectrum(0, 1).table[0])
    assert (chip.name, chip.explanation) == ("FIT_ERROR", "No flux could be fitted")


def test_numbers_of_pixels_are_no_columns_of_the_page():
    assert COUNT_COLUMNS.keys() < {column.name for column in COLUMNS}
    assert not {heading.name for heading in HEADINGS} & COUNT_COLUMNS.keys()


@pytest.mark.parametrize(
    ("error", "decimals"), [(15.0, 0), (1.5, 1), (0.15, 2), (150.0, 0), (1e-9, 4)]
)
def test_fluxes_have_two_digits_of_the_error(error, decimals):
    spectrum = made_spectrum(8, 1)
    spectrum.table["flux_err"] = np.ma.array([error] * 8 + [0.0], mask=[0] * 8 + [1])
    assert flux_decimals(spectrum) == decimals


def test_negative_numbers_have_a_minus_sign():
    assert number_text(-4.25, 1) == "\u22124.2"


def test_pages_hold_every_row_once_in_order():
    spectrum = made_spectrum(230, 3)
    found = [row for page in range(4) for row in rows(spectrum, page)]
    assert [row.index for row in found] == list(range(233))
    assert len(rows(spectrum, 0)) == PAGE_SIZE
    wavelengths = [dict(zip(HEADINGS, row.cells, strict=True)) for row in found]
    shown = [next(c.text for h, c in cells.items() if h.name == "wavelength")
             for cells in wavelengths]  # fmt: skip
    expected = [
        None if value is np.ma.masked else f"{value:.4f}" for value in spectrum.table["wavelength"]
    ]
    assert shown == expected


def test_what_is_missing_is_not_a_number():
    *_, failed = rows(made_spectrum(5, 1), 0)
    cells = {cell.heading.name: cell for cell in failed.cells}
    assert not failed.is_measured
    assert cells["flux"].text is cells["wavelength"].text is None
    assert cells["reason"].text == "level2_x.fits: HDU VARIANCE is missing"
    assert [chip.name for chip in cells["flags"].chips] == ["FIT_ERROR"]


def test_headings_are_columns_with_their_descriptions():
    descriptions = {column.name: column.description for column in COLUMNS}
    assert {heading.name: heading.description for heading in HEADINGS}.items() <= (
        descriptions.items()
    )
