"""Filters under the headers: what they keep, and what they say when they are not understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.results.query import select_rows
from explorer.results.row_lists import list_of
from explorer.results.view import MAX_LIST_TEXT, parse_view
from photometry_core.errors import InvalidInputError
from tests.small_spectrum import FLAGS, small_dataset

DATASET = small_dataset()


def kept(column, text, unit="uJy", **view):
    filters = {column: {"text": text, "unit": unit}}
    return select_rows(DATASET, parse_view({"filters": filters, **view})).rows.tolist()


def outcome(column, text):
    """Return the rows, or else what is said instead."""
    try:
        return kept(column, text)
    except InvalidInputError as refused:
        return str(refused)


def complaint(column, text, unit="uJy"):
    with pytest.raises(InvalidInputError) as refused:
        kept(column, text, unit)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("> 10", [1, 4, 5]),
        (">=10", [0, 1, 4, 5]),
        (">= 10 and < 500", [0, 1]),
        ("< 0 or > 500", [2, 5]),
        ("< 0 OR = 20 or =1e3", [1, 2, 5]),
        ("20", [1]),
        ("-4", [2]),
        ("= -4.0", [2]),
        ("!= 20", [0, 2, 4, 5]),
        ("<> 20", [0, 2, 4, 5]),
        ("== 20", [1]),
        ("in (10, 20)", [0, 1]),
        ("in 10, 20", [0, 1]),
        ("NOT IN (10, 20)", [2, 4, 5]),
        ("between 10 and 20", [0, 1]),
        ("between 10 and 20 or 500", [0, 1, 4]),
        ("not between 10 and 20", [2, 4, 5]),
        ("is null", [3]),
        ("is not null", [0, 1, 2, 4, 5]),
        ("not > 10", [0, 2]),
        ("not not > 10", [1, 4, 5]),
        ("(> 5 and < 100) or 1000", [0, 1, 5]),
        ("> 3 * flux_err", [0, 4, 5]),
        ('> 3 * "flux_err" and < 100', [0]),
        ("> (2 + 3) * 2", [1, 4, 5]),
        ("(2 + 3) * 2", [0]),
        ("flux > 10", [1, 4, 5]),
        ('"flux" > 10 and flux < 600', [1, 4]),
    ],
)
def test_filters_of_numbers(text, rows):
    assert kept("flux", text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("like '%D3%' or like '%D4%'", [2, 3]),
        ("like '%D3%' OR LIKE '%D4%'", [2, 3]),
        ("LIKE %D3%", [2]),
        ("not like '%D3%'", [0, 1, 3, 4, 5]),
        ("ilike '%d3%'", [2]),
        ("like '%d3%'", []),
        ("like '%_1/D_'", [0, 1, 2, 3, 4, 5]),
        ("D3", [2]),
        ("d3", [2]),
        ("%/D3", [2]),
        ("ivo://irsa.ipac", [0, 1, 2, 3, 4, 5]),
        ("= 'D3'", []),
        ("= ivo://irsa.ipac/spherex_qr2?2025W18_1B_03_1/D3", [2]),
        ("in ('x', 'ivo://irsa.ipac/spherex_qr2?2025W18_1B_03_1/D3')", [2]),
        ("is null", []),
        ("is not null", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_filters_of_texts(text, rows):
    assert kept("obs_publisher_did", text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("missing", [3]),
        ('it\'s 100% "missing"', [3]),
        ("100%", []),
        ("%100%%", [3]),
        ("like '%it''s%'", [3]),
        ("= 'it''s 100% \"missing\"'", [3]),
        ("\u6f22", [5]),
        ("\U0001f600", [5]),
        ("in it", []),
        ("is null", [4]),
        ("= ''", [0, 1, 2]),
    ],
)
def test_texts_with_signs_of_sql_are_texts(text, rows):
    assert kept("reason", text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("true", [2, 4]), ("yes", [2, 4]), ("No", [0, 1, 3]), ("= false", [0, 1, 3]),
        ("!= true", [0, 1, 3]), ("1", [2, 4]), ("is null", [5]), ("true or is null", [2, 4, 5]),
    ],
)  # fmt: skip
def test_filters_of_true_and_false(text, rows):
    assert kept("deep_flg", text) == rows


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ("DICHROIC", lambda value: value & 128),
        ("not dichroic", lambda value: not value & 128),
        ("FIT_ERROR or CONTAINS_BAD_PIXEL", lambda value: value >> 32),
        ("FIT_ERROR and DICHROIC", lambda value: value == 12884901888 + 128),
        ("= 4297064449", lambda value: value == 4297064449),
        ("4297064449", lambda value: value == 4297064449),
        (">= 8589934592", lambda value: value >= 2**33),
        ("> POWER(2, 33)", lambda value: value > 2**33),
        ("in (0, 12884902016)", lambda value: value in (0, 12884902016)),
        ("> 0 and < 4294967296", lambda value: 0 < value < 2**32),
    ],
)
def test_filters_of_flags_are_exact_and_know_names(text, keeps):
    assert kept("flags", text) == [row for row, value in enumerate(FLAGS) if keeps(value)]


def test_integers_are_compared_as_such():
    dataset = small_dataset(flags=[2**53, 2**53 + 1, 2**62, 2**62 + 1, 0, 2**63 - 1])
    for text, rows in (("9007199254740993", [1]), ("> 4611686018427387904", [3, 5])):
        view = parse_view({"filters": {"flags": {"text": text}}})
        assert select_rows(dataset, view).rows.tolist() == rows


def test_fluxes_are_compared_in_the_unit_that_they_were_typed_in():
    assert kept("flux", "> 0.1", "mJy") == [4, 5]
    # 3631 Jy are magnitude 0.
    assert kept("flux", "< 17.2", "abmag") == [4, 5]
    assert kept("flux_err", ">= 0.01", "mJy") == [1, 4, 5]
    # Both sides are in the unit.
    assert kept("flux", "> 3 * flux_err", "mJy") == kept("flux", "> 3 * flux_err")
    assert kept("Flux", "> 0.1", "mJy") == [4, 5]


def test_a_limit_has_no_magnitude():
    # Row 1 has an S/N of 2.
    assert kept("flux", "is null", "abmag") == [1, 2, 3]
    assert 2 not in kept("flux", "< 99 or > -99", "abmag")


def test_without_wavelengths_fluxes_stay_as_they_are():
    view = parse_view({"filters": {"flux": {"text": "> 100", "unit": "uJy"}}})
    assert select_rows(small_dataset(without=["wavelength"]), view).rows.tolist() == [4, 5]


def test_all_filters_and_the_condition_on_rows_must_hold():
    filters = {"flux": {"text": "> 0"}, "fit_ql": {"text": "< 1"}}
    view = parse_view({"filters": filters, "sql": "det_id < 6 AND NOT deep_flg"})
    assert select_rows(DATASET, view).rows.tolist() == [0, 1]


def test_an_empty_filter_is_none():
    assert kept("flux", "  ") == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("flux", ">", "a value is missing after >"),
        ("flux", "> abc", "there is no column abc"),
        ("flux", "> fluxx", "did you mean flux"),
        ("flux", "> '5'", "a number is needed"),
        ("flux", "like 'x'", "a text is needed"),
        ("flux", "between 1", "BETWEEN needs two values"),
        ("flux", "in (1", "a bracket is opened that is not closed|the list after IN is not closed"),
        ("flux", "> (1", "a bracket is opened that is not closed"),
        ("flux", "1 or", "a value is missing"),
        ("flux", "> 1 )", "not understood"),
        ("flux", "> 1; drop table x", "syntax error"),
        ("flux", "> 1 -- a comment", "syntax error"),
        ("flux", "> (select 1)", "queries"),
        ("flux", "is nul", "null"),
        ("deep_flg", "perhaps", "there is no column perhaps"),
        ("obs_publisher_did", "like flux", "a text is needed"),
        ("obs_publisher_did", "like reason", "the pattern is not a text in quotes"),
        ("flags", "NOT_A_FLAG", "there is no column NOT_A_FLAG"),
    ],
)
def test_a_complaint_names_column_typed_text_reason_and_what_is_allowed(column, text, words):
    said = complaint(column, text)
    assert said.startswith(f"filter of {column}: {text}: ")
    assert any(word in said for word in words.split("|"))
    assert "; allowed: " in said


def test_a_column_that_is_not_there_is_named_with_those_like_it():
    assert complaint("fluxx", "> 5") == (
        "filter: there is no column fluxx; did you mean flux or flux_err?"
    )


@pytest.mark.parametrize("column", ["flux", "flags", "deep_flg", "reason", "obs_publisher_did"])
@given(text=st.text(max_size=60))
def test_any_text_gets_rows_or_a_message(column, text):
    found = outcome(column, text)
    assert found.startswith("filter") if isinstance(found, str) else set(found) <= set(range(6))


PIECES = st.lists(
    st.sampled_from(
        ["> ", "< 5", "and ", "or ", "not ", "in ", "(", ")", ", ", "like ", "'%D3%'",
         "between ", "is ", "null", "1", "-2.5", "flux ", '"flags"', "* ", "/ 0 ", "DICHROIC ",
         "= ", "ln(", "x"]
    ),
    max_size=14,
)  # fmt: skip


@pytest.mark.parametrize("column", ["flux", "flags", "deep_flg", "obs_publisher_did"])
@given(pieces=PIECES)
def test_any_sequence_of_known_words_gets_rows_or_a_message(column, pieces):
    found = outcome(column, "".join(pieces))
    assert isinstance(found, list) or found.startswith("filter")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("in (1-3,5)", [1, 2, 3, 5]),
        ("IN ( 1 - 3 , 5 )", [1, 2, 3, 5]),
        ("not in (1-3,5)", [0, 4]),
        ("in (0-4) and not in (2)", [0, 1, 3, 4]),
        ("> 1 and not in (3,5-900000000)", [2, 4]),
        ("between 1 and 4 and not in (2-3)", [1, 4]),
        # In SQL 1 - 3 is a number, of which nobody has a row.
        ("in (1-2) or > 4", [1, 2, 5]),
        ("not (in (1-2) and > 1)", [0, 1, 3, 4, 5]),
        ("(in (0-2)) and not (= 1)", [0, 2]),
        ("1-1", [0]),
    ],
)
def test_lists_of_rows_may_have_ranges(text, rows):
    assert kept("row", text) == rows


def test_only_rows_have_ranges():
    assert kept("flux", "in (1030-30,20)") == kept("flux", "in (1000,20)") == [1, 5]
    for text in ("in (3-1)", "in (3-1) or 5"):
        assert complaint("row", text).startswith("filter of row: ")
        assert "3-1: the range ends before it begins" in complaint("row", text)


@given(rows=st.sets(st.integers(0, 5)))
def test_a_list_keeps_its_rows_and_no_others(rows):
    assert kept("row", list_of(rows)) == sorted(rows) if rows else list_of(rows) == "in ()"


def test_a_list_of_many_rows_is_short_and_quick():
    assert list_of(range(20_000)) == "in (0-19999)"
    text = f"not {list_of(range(0, 20_000, 2))}"
    assert len(text) <= MAX_LIST_TEXT
    assert kept("row", text) == [1, 3, 5]
    assert kept("row", f"{text} and > {' ' * 5_000} 1") == [3, 5]
    assert "characters; allowed: at most 2000" in complaint("row", f"{text} or > 1")
    assert f"allowed: at most {MAX_LIST_TEXT}" in complaint("row", "1" * 64_001)
