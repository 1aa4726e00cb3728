"""Numbers and shapes as people type them."""

import pytest

from explorer.numbers import parse_number
from explorer.shapes import axis_ratio_of, radius_arcsec
from photometry_core.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "value"),
    [("2.5", 2.5), (" +.5 ", 0.5), ("1e3", 1000.0), ("\u22121.5", -1.5), ("007", 7.0)],
)
def test_numbers_are_read(text, value):
    assert parse_number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "2,5", "1.234,5", "\u00bd", "\u221e", "inf", "nan", "1_000", "0x10", "\uff11", "\u0661",
     "1 2", "4'", "1e9999"],
)  # fmt: skip
def test_what_is_no_number_is_refused_as_typed(text):
    with pytest.raises(InvalidInputError, match="is not a number") as caught:
        parse_number(text)
    assert repr(text) in str(caught.value)


def test_a_decimal_comma_is_told_of():
    with pytest.raises(InvalidInputError, match=r"with a decimal point, like 2\.5"):
        parse_number("2,5")


@pytest.mark.parametrize(
    ("value", "kind", "ratio"),
    [(0.4, "b/a", 0.4), (1.0, "b/a", 1.0), (2.5, "a/b", 0.4), (0.25, "1-b/a", 0.75)],
)
def test_axis_ratios_of_each_kind(value, kind, ratio):
    assert axis_ratio_of(value, kind) == pytest.approx(ratio, abs=0)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (2.3, "b/a", "looks like a/b: b/a would be 0.4348"),
        (0.0, "b/a", "allowed: above 0, to 1"),
        (-1.0, "b/a", "allowed: above 0, to 1"),
        (500.0, "b/a", "500 given; allowed: above 0, to 1"),
        (0.5, "a/b", "0.5 given as a/b; allowed: 1 to 100 (is it b/a?)"),
        (1.0, "1-b/a", "1 given as ellipticity; allowed: 0 to below 1"),
    ],
)
def test_axis_ratios_that_can_not_be_are_refused(value, kind, words):
    with pytest.raises(InvalidInputError) as caught:
        axis_ratio_of(value, kind)
    assert words in str(caught.value)


def test_radii_in_every_unit():
    assert radius_arcsec(6.0, "arcsec") == 6.0
    assert radius_arcsec(0.1, "arcmin") == 6.0
    assert radius_arcsec(0.001, "deg") == pytest.approx(3.6)
    assert radius_arcsec(2.0, "pix") == 12.3
    with pytest.raises(InvalidInputError, match="1 arcmin are 60 arcsec; allowed: above 0, to 20"):
        radius_arcsec(1.0, "arcmin")
    with pytest.raises(InvalidInputError, match=r"21 given; allowed: above 0, to 20 arcsec"):
        radius_arcsec(21.0, "arcsec")
