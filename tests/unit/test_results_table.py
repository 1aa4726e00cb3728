"""Measurements in the table: order, digits, flags in words, units, statistics."""

import numpy as np
import pytest

from explorer.results.number_texts import flux_format
from explorer.results.query import select_rows
from explorer.results.statistics import column_statistics
from explorer.results.table import headers, page_rows, shown_columns
from explorer.results.view import parse_view
from photometry_core.errors import InvalidInputError
from tests.small_spectrum import FLAGS, small_dataset

DATASET = small_dataset()
NAN = float("nan")


def order(**view):
    return select_rows(DATASET, parse_view(view)).rows.tolist()


def column(name, dataset=DATASET, **view):
    """Return the cells of a column, in the order of the file."""
    shown = parse_view({"columns": [name], **view})
    rows = page_rows(dataset, shown, np.arange(dataset.n_rows))
    return [row.cells[-1] for row in rows]


def test_the_order_is_that_of_the_file_or_of_a_column_with_nulls_last():
    assert order() == [0, 1, 2, 3, 4, 5]
    assert order(sort="flux") == [2, 0, 1, 4, 5, 3]
    assert order(sort="flux", descending=True) == [5, 4, 1, 0, 2, 3]
    assert order(sort="flags", descending=True) == sorted(range(6), key=lambda row: -FLAGS[row])
    assert order(sort="obs_publisher_did", descending=True) == [5, 4, 3, 2, 1, 0]
    assert order(sort="deep_flg") == [0, 1, 3, 2, 4, 5]
    assert order(sort="row", descending=True) == [5, 4, 3, 2, 1, 0]


def test_equal_values_stay_in_the_order_of_the_file():
    assert order(sort="fit_ql") == [0, 5, 1, 4, 2, 3]
    assert order(sort="fit_ql", descending=True) == [2, 4, 1, 0, 5, 3]


def test_magnitudes_are_ordered_as_they_are_shown():
    assert order(sort="flux", unit="abmag") == [5, 4, 0, 1, 2, 3]
    # Per wavelength, short wavelengths count more.
    by_wavelength = np.argsort([10 / 0.8**2, 20 / 1.2**2])
    found = [row for row in order(sort="flux", unit="flam") if row < 2]
    assert found == by_wavelength.tolist()


def test_an_order_that_does_not_exist_is_refused():
    with pytest.raises(InvalidInputError, match="sort: there is no column fluxx; did you mean"):
        order(sort="fluxx")


def test_the_mask_hides_rows_and_says_how_many():
    selected = select_rows(DATASET, parse_view({"mask": str(2**33), "sort": "mjd"}))
    assert selected.rows.tolist() == [5, 2, 1, 0]
    assert selected.rows_before_mask.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("strip_order", "rows"),
    [
        ("wavelength", [0, 1, 2, 3, 4, 5]),
        ("time", [5, 4, 3, 2, 1, 0]),
        ("flags", [5, 0, 1, 2, 3, 4]),
        ("table", [5, 4, 1, 0, 2, 3]),
    ],
)
def test_the_strip_has_an_order_of_its_own(strip_order, rows):
    view = parse_view({"strip_order": strip_order, "sort": "flux", "descending": True})
    assert select_rows(DATASET, view).strip.tolist() == rows


def test_files_without_flags_and_dates_are_shown():
    dataset = small_dataset(without=["flags", "mjd", "flux_err", "wavelength", "deep_flg"])
    view = parse_view({"mask": "128", "strip_order": "time", "unit": "mJy", "sort": "flux"})
    selected = select_rows(dataset, view)
    assert selected.rows.tolist() == [2, 0, 1, 4, 5, 3]
    assert selected.strip.tolist() == [0, 1, 2, 3, 4, 5]
    assert [info.name for info in shown_columns(dataset, view)] == [
        "row", "det_id", "flux", "fit_ql", "obs_publisher_did", "reason",
    ]  # fmt: skip


def test_columns_are_the_usual_ones_and_those_that_were_added_unless_chosen():
    derived = [{"name": "made", "expression": "flux * 2", "unit": "uJy", "description": "Twice"}]
    usual = [info.name for info in shown_columns(DATASET, parse_view({"derived": derived}))]
    assert usual[:3] == ["row", "det_id", "wavelength"]
    assert usual[-1] == "made"
    assert "lvf_id" not in usual
    view = parse_view({"columns": ["lvf_id", "flux", "nothing", "row"], "sort": "flux"})
    heads = headers(DATASET, view)
    assert [head.info.name for head in heads] == ["row", "lvf_id", "flux"]
    assert [head.sort for head in heads] == ["", "", "ascending"]


def test_units_stand_in_the_header_and_digits_follow_the_error():
    assert [cell.text for cell in column("flux")] == [
        "10", "20", "\u22124", None, "500", "1000",
    ]  # fmt: skip
    assert [cell.text for cell in column("flux", unit="mJy")][:3] == [
        "0.010", "0.020", "\u22120.004",
    ]  # fmt: skip
    heads = headers(DATASET, parse_view({"columns": ["flux", "flux_err"], "unit": "mJy"}))
    assert [head.unit_label for head in heads] == ["", "mJy", "mJy"]
    assert column("flux")[0].full == "10.0 \u00b5Jy"


def test_small_numbers_keep_their_digits():
    cells = column("flux", unit="flam")
    assert [cell.text for cell in cells][:2] == ["4.68e\u221217", "4.16e\u221217"]


def test_a_flux_without_a_magnitude_is_a_limit():
    cells = column("flux", unit="abmag")
    assert cells[2].text.startswith("> 2")
    assert cells[2].full.startswith("fainter than 2")
    assert column("flux_err", unit="abmag")[2].text is None
    assert cells[3].text is None


def test_what_a_cell_says():
    assert [cell.text for cell in column("deep_flg")] == ["no", "no", "yes", "no", "yes", None]
    assert column("lvf_id")[0].text == "700000000000000"
    assert column("wavelength")[0].text == "0.8000"
    assert column("mjd")[0].text == "60805.50000"
    assert column("reason")[3].text == 'it\'s 100% "missing"'
    assert [cell.text for cell in column("flags")] == [str(value) for value in FLAGS]
    made = {"name": "made", "expression": "flux / 3"}
    cells = column("made", derived=[made])
    assert (cells[0].text, cells[0].full) == ("3.33333", "3.3333333333333335")
    assert cells[3].text is None


def test_failed_rows_are_marked():
    rows = page_rows(DATASET, parse_view({}), np.arange(6))
    assert [row.is_measured for row in rows] == [True, True, True, False, False, True]


def test_flags_of_a_row_have_their_pixels():
    counted = small_dataset(n_source=[9, 9, None, 0, 0, 0], n_aper_pix=[21] * 6)
    rows = page_rows(counted, parse_view({"columns": ["flags"]}), np.arange(3))
    first, last = (row.cells[-1].chips[-1].explanation for row in (rows[0], rows[2]))
    assert first == "Belongs to a catalogued source: 9 of 21 pixels near the target"
    assert last == "Belongs to a catalogued source"


@pytest.mark.parametrize(
    ("flux", "error", "value", "text"),
    [
        (900.0, 15.0, 912.345, "912"),
        (3.0, 0.04, 3.14159, "3.142"),
        (30000.0, 200.0, 31415.9, "31416"),
        (1e-15, 1e-17, 1.2342e-15, "1.234e\u221215"),
        (1e-15, 1e-17, -1.2342e-15, "\u22121.234e\u221215"),
        (20.0, 0.02, 20.12345, "20.123"),
        (NAN, NAN, 1.0, "1.0000"),
    ],
)
def test_digits_of_fluxes(flux, error, value, text):
    assert flux_format(np.array([flux, NAN]), np.array([error, NAN]))(value) == text


def statistics(name, **view):
    found = column_statistics(DATASET, parse_view({"columns": [name], **view}))
    return {one.info.name: one for one in found}[name]


def test_statistics_are_of_the_rows_that_are_shown():
    flux = statistics("flux")
    assert (flux.count, flux.n_null, flux.distinct) == (5, 1, 5)
    deviation = np.std([10, 20, -4, 500, 1000], ddof=1)
    assert flux.numbers == ("\u22124", "1000", "305.2", "20", f"{deviation:.6g}")
    assert statistics("flux", filters={"flux": {"text": "> 100"}}).numbers[0] == "500"
    in_mjy = statistics("flux", unit="mJy")
    assert (in_mjy.numbers[1], in_mjy.unit_label) == ("1", "mJy")
    # A limit is no magnitude.
    assert statistics("flux", unit="abmag").n_null == 3


def test_identifiers_have_no_mean_and_texts_no_numbers():
    found = statistics("flags")
    assert found.numbers == ("0", "12884902016", None, None, None)
    assert found.distinct == 6
    texts = statistics("obs_publisher_did")
    assert (texts.count, texts.distinct, texts.numbers) == (6, 6, (None,) * 5)


def test_statistics_of_nothing_are_no_numbers():
    nothing = statistics("flux", filters={"flux": {"text": "> 1e9"}})
    assert (nothing.count, nothing.n_null, nothing.numbers) == (0, 0, (None,) * 5)
