"""One cell at a time: numbers, angles, dates and names, in all the ways that people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photometry_core.positions import sexagesimal as written
from photometry_core.target_lists.angles import angle_deg
from photometry_core.target_lists.columns import ColumnValues
from photometry_core.target_lists.contents import ListColumn
from photometry_core.target_lists.mapping import Choice
from photometry_core.target_lists.names import UniqueNames, clean_name, name_key
from photometry_core.target_lists.shapes import epoch_value, motion_value, shape_value
from photometry_core.target_lists.units import unit_key, unit_of_header
from photometry_core.target_lists.values import (
    UnreadableCellError,
    is_absent,
    julian_year,
    number,
    sexagesimal,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1e5", 1e5, id="case_28_exponent"),
        pytest.param("1d2", 100.0, id="case_28_fortran"),
        pytest.param("1.5D-1", 0.15, id="case_28_fortran_capital"),
        pytest.param("\u22121.5", -1.5, id="case_94_unicode_minus"),
        pytest.param("\u2013 1.5".replace(" ", ""), -1.5, id="case_94_dash"),
        pytest.param("\uff11\uff12.\uff15", 12.5, id="case_70_full_width"),
        pytest.param("\u0661\u0662.5", 12.5, id="case_70_arabic"),
        pytest.param("\u00a012.5\u2009", 12.5, id="case_32_blanks"),
        pytest.param("0", 0.0, id="case_72_zero"),
        pytest.param(".5", 0.5, id="no_zero"),
        pytest.param("+5.", 5.0, id="no_decimals"),
        pytest.param("0012", 12.0, id="leading_zeros"),
    ],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        pytest.param("1,234.5", "mark between thousands", "", id="case_28_thousands"),
        pytest.param("1_000", "mark between thousands", "", id="case_28_underscore"),
        pytest.param("1 000", "mark between thousands", "", id="case_28_blank"),
        pytest.param("1'000", "mark between thousands", "", id="case_28_apostrophe"),
        pytest.param("0x10", "hexadecimal", "", id="case_28_hexadecimal"),
        pytest.param("1.234,5", "mark between thousands", "", id="case_94_locale"),
        pytest.param("\u00bd", "is not a number", "", id="case_94_fraction"),
        pytest.param("\u221e", "is not a number", "", id="case_94_infinity"),
        pytest.param("10\u00b2", "is not a number", "", id="case_94_raised_digit"),
        pytest.param("10,684708", "has a comma", "10.684708", id="case_27_comma"),
        pytest.param("1,234", "thousands", "", id="case_27_comma_or_thousands"),
        pytest.param("50%", "percent", "0.5", id="case_84_percent"),
        pytest.param("nan", "stands for no value", "", id="case_65_nan"),
        pytest.param("", "no value is given", "", id="case_65_empty"),
        pytest.param("1e999", "too large", "", id="case_65_huge"),
        pytest.param("12a", "is not a number", "", id="letters"),
    ],
)
def test_texts_that_are_no_numbers(text, message, suggestion):
    with pytest.raises(UnreadableCellError, match=message) as caught:
        number(text)
    assert caught.value.suggestion == suggestion


def test_case_27_decimal_commas_are_never_guessed_cell_by_cell():
    assert number("40,669629", decimal_comma=True) == 40.669629
    assert number("-0,5e1", decimal_comma=True) == -5.0
    assert number("12", decimal_comma=True) == 12.0
    with pytest.raises(UnreadableCellError, match="this list has decimal commas") as caught:
        number("40.669629", decimal_comma=True)
    assert caught.value.suggestion == "40,669629"


@pytest.mark.parametrize(
    "text", ["", "NaN", "null", "NULL", "--", "-", "N/A", "None", "inf", "-Inf", "...", "<NA>"]
)
def test_case_65_what_stands_for_nothing(text):
    assert is_absent(text)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        pytest.param("-00 30 00", -0.5, id="case_69_sign_of_zero"),
        pytest.param("-0:30", -0.5, id="case_69_two_parts"),
        pytest.param("\u221200\u00b030\u203200\u2033", -0.5, id="case_69_primes"),
        pytest.param("-0d30m00s", -0.5, id="case_69_letters"),
        pytest.param("- 00 30 00", -0.5, id="case_69_sign_apart"),
        pytest.param("+10 29 60", 10.5, id="case_69_sixty_seconds"),
        pytest.param("10d30'00''", 10.5, id="case_69_two_primes"),
        pytest.param("10:30.0", 10.5, id="case_69_decimal_minutes"),
        pytest.param("10.5", 10.5, id="case_69_decimal_degrees_among_them"),
        pytest.param("10.5d", 10.5, id="case_69_unit_in_the_cell"),
    ],
)
def test_sexagesimal_declinations(text, degrees):
    assert angle_deg("dec", text, "sexagesimal degrees", "ICRS") == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("text", "unit", "degrees"),
    [
        ("12:30:00", "sexagesimal", 187.5),
        ("12h30m", "sexagesimal", 187.5),
        ("12 30 00.0", "sexagesimal", 187.5),
        ("187d30m", "sexagesimal", 187.5),
        ("187 30 00", "sexagesimal degrees", 187.5),
        ("12.5", "hourangle", 187.5),
        ("24", "hourangle", 0.0),
        ("187.5", "deg", 187.5),
        ("360", "deg", 0.0),
        ("675000", "arcsec", 187.5),
        (str(math.radians(187.5)), "rad", 187.5),
        ("12h30m", "deg", 187.5),
        ("12:30:00", "deg", 187.5),
        ("12.5h", "deg", 187.5),
        ("187.5 deg", "sexagesimal", 187.5),
    ],
)
def test_right_ascensions_in_every_unit(text, unit, degrees):
    assert angle_deg("ra", text, unit, "ICRS", is_typed=True) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("role", "text", "unit", "message", "suggestion"),
    [
        pytest.param("ra", "25h00m00s", "sexagesimal", "0 to 24 hours", "", id="case_69_25h"),
        pytest.param("ra", "25", "hourangle", "allowed: 0 to 24 hours", "", id="case_69_25_hours"),
        pytest.param("ra", "12 60 00", "sexagesimal", "60 minutes", "", id="case_69_60_minutes"),
        pytest.param("ra", "12 00 61", "sexagesimal", "61 seconds", "", id="case_69_61_seconds"),
        pytest.param("ra", "400", "deg", "RA 400 .* 0 to 360 degrees", "", id="case_65_400"),
        pytest.param("ra", "-10", "deg", "0 to 360 degrees", "350", id="case_65_negative"),
        pytest.param("ra", "1e300", "deg", "out of range", "", id="case_65_1e300"),
        pytest.param("ra", "-999", "deg", "usually stands for no value", "", id="case_65_sentinel"),
        pytest.param("dec", "95", "deg", "Dec 95 .* -90 to 90 degrees", "", id="case_66_95"),
        pytest.param("dec", "-90.0000001", "deg", "-90 to 90", "", id="case_66_just_beyond"),
        pytest.param("dec", "99.99", "deg", "usually stands for no value", "", id="case_66_99.99"),
        pytest.param("dec", "2", "rad", r"-1.5708 to 1.570796 radians", "", id="case_66_radians"),
        pytest.param("dec", "12h30m", "deg", "can't be in hours", "", id="dec_in_hours"),
        pytest.param("ra", "12:30:00", "deg", "sexagesimal, but", "187.5", id="case_71_minority"),
        pytest.param("ra", "12.5h", "deg", "is not in degrees", "187.5", id="case_71_unit"),
        pytest.param("ra", "187.5", "sexagesimal", "or 187.5d", "187.5d", id="case_71_decimal"),
        pytest.param("ra", "12d30", "deg", "out of range", "", id="case_28_or_degrees"),
        pytest.param("ra", "M31", "deg", "'M31' is not a number", "", id="name"),
    ],
)  # fmt: skip
def test_coordinates_that_cannot_be_used(role, text, unit, message, suggestion):
    with pytest.raises(UnreadableCellError, match=message) as caught:
        angle_deg(role, text, unit, "ICRS")
    assert caught.value.suggestion == suggestion


@given(st.floats(0, 359.999), st.floats(-89.999, 89.999))
def test_sexagesimal_and_degrees_are_the_same(ra, dec):
    first, second = written(ra, dec)
    assert angle_deg("ra", first, "sexagesimal", "ICRS") == pytest.approx(ra, abs=1e-5)
    found = angle_deg("dec", second, "sexagesimal degrees", "ICRS")
    assert found == pytest.approx(dec, abs=1e-5)
    value, letter = sexagesimal(first.replace(":", "h", 1).replace(":", "m") + "s")
    assert (value * 15.0, letter) == (pytest.approx(ra, abs=1e-5), "h")
    assert angle_deg("ra", repr(ra), "deg", "ICRS") == ra


@pytest.mark.parametrize(
    ("text", "unit", "year"),
    [
        pytest.param("2016.0", "yr", 2016.0, id="case_85_year"),
        pytest.param("J2016.0", "yr", 2016.0, id="case_85_julian"),
        pytest.param("B1950.0", "yr", 1949.99979, id="case_85_besselian"),
        pytest.param("2457389.0", "jd", 2016.0, id="case_85_jd"),
        pytest.param("57388.5", "mjd", 2016.0, id="case_85_mjd"),
        pytest.param("2016-01-01T12:00:00", "iso", 2016.0, id="case_85_iso"),
        pytest.param("2016-01-01", "yr", 2015.99863, id="case_85_iso_among_years"),
        pytest.param("2016.0", "iso", 2016.0, id="case_85_year_among_iso"),
    ],
)
def test_epochs(text, unit, year):
    assert julian_year(text, unit) == pytest.approx(year, abs=1e-5)


@pytest.mark.parametrize("text", ["0", "1066", "57388", "yesterday", "2016-13-01", ""])
def test_case_85_epochs_that_are_none(text):
    for unit in ("yr", "iso"):
        with pytest.raises(UnreadableCellError):
            epoch_value(text, Choice(unit=unit), decimal_comma=False)


@pytest.mark.parametrize(
    ("role", "text", "choice", "value"),
    [
        ("effective_radius", "0.1", Choice(unit="arcmin"), 6.0),
        ("effective_radius", "0.001", Choice(unit="deg"), 3.6),
        ("effective_radius", "2", Choice(unit="pix"), 12.3),
        ("effective_radius", "0.1 arcmin", Choice(unit="arcsec"), 6.0),
        ("effective_radius", '6"', Choice(unit="arcmin"), 6.0),
        ("position_angle", str(math.pi / 6), Choice(unit="rad", kind="east of north"), 30.0),
        ("position_angle", "120", Choice(unit="deg", kind="from x"), 30.0),
        ("position_angle", "60", Choice(unit="deg", kind="from RA"), 30.0),
        ("position_angle", "-360", Choice(unit="deg", kind="east of north"), -360.0),
        ("axis_ratio", "2", Choice(kind="a/b"), 0.5),
        ("axis_ratio", "0.3", Choice(kind="1-b/a"), 0.7),
        ("sersic_index", "0.5", Choice(), 0.5),
    ],
)
def test_shapes_in_every_unit_and_convention(role, text, choice, value):
    assert shape_value(role, text, choice, decimal_comma=False) == pytest.approx(value)


@pytest.mark.parametrize(
    ("role", "text", "choice", "message", "suggestion"),
    [
        ("sersic_index", "9", Choice(), "S\u00e9rsic index 9 .* 0.5 to 6", ""),
        ("sersic_index", "nan", Choice(), "stands for no value", ""),
        ("axis_ratio", "2.3", Choice(kind="b/a"), "b/a 2.3 .* above 0, to 1", "0.4348"),
        ("axis_ratio", "0", Choice(kind="b/a"), "above 0, to 1", ""),
        ("axis_ratio", "0.5", Choice(kind="a/b"), "a/b 0.5 .* 1 or more", ""),
        ("axis_ratio", "1", Choice(kind="1-b/a"), "0 to below 1", ""),
        ("axis_ratio", "50%", Choice(kind="b/a"), "percent", "0.5"),
        ("position_angle", "720", Choice(unit="deg"), "-360 to 360 degrees", ""),
        ("effective_radius", "35", Choice(unit="arcsec"), "35 .* above 0, to 20 arcsec", ""),
        ("effective_radius", "0", Choice(unit="arcsec"), "above 0, to 20 arcsec", ""),
        ("effective_radius", "-0.3", Choice(unit="arcsec"), "above 0", ""),
        ("effective_radius", "5 kpc", Choice(unit="arcsec"), "unit 'kpc', which is none", ""),
        ("effective_radius", "-999", Choice(unit="arcsec"), "usually stands for no value", ""),
        ("effective_radius", "1", Choice(unit="arcmin"), r"1 \(60 arcsec\) is out of range", ""),
    ],
)
def test_case_84_shapes_out_of_range(role, text, choice, message, suggestion):
    with pytest.raises(UnreadableCellError, match=message) as caught:
        shape_value(role, text, choice, decimal_comma=False)
    assert caught.value.suggestion == suggestion


def test_case_85_proper_motions():
    def motion(text, unit, *, is_typed=False):
        return motion_value(
            "pm_ra", text, Choice(unit=unit), decimal_comma=False, is_typed=is_typed
        )

    assert motion("-798.6", "mas/yr") == (-798.6, False)
    assert motion("0.5", "arcsec/yr without cos(Dec)") == (500.0, True)
    assert motion("0.5 arcsec/yr", "mas/yr") == (500.0, False)
    with pytest.raises(UnreadableCellError, match=r"-20000 to 20000 mas/yr"):
        motion("21", "arcsec/yr")
    with pytest.raises(UnreadableCellError, match="usually stands for no value"):
        motion("-999", "mas/yr")
    assert motion("-999", "mas/yr", is_typed=True) == (-999.0, False)


@pytest.mark.parametrize(
    ("role", "text", "key"),
    [
        pytest.param("ra", "h:m:s", "sexagesimal", id="case_52_hms"),
        pytest.param("ra", '"h:m:s"', "sexagesimal", id="case_52_quoted"),
        pytest.param("dec", "d:m:s", "sexagesimal degrees", id="case_52_dms"),
        pytest.param("ra", "hourangle", "hourangle", id="case_52_hourangle"),
        pytest.param("dec", "rad", "rad", id="case_52_rad"),
        pytest.param("ra", "arcsec", "arcsec", id="case_52_arcsec"),
        pytest.param("pm_ra", "mas.yr-1", "mas/yr", id="case_52_mas"),
        pytest.param("pm_ra", "mas yr**-1", "mas/yr", id="case_52_power"),
        pytest.param("ra", "furlong", "", id="case_52_unknown"),
        pytest.param("ra", "10**99999999 m", "", id="case_53_bomb"),
        pytest.param("ra", "d" * 1000, "", id="case_53_long"),
        pytest.param("effective_radius", "pix", "", id="pixels_of_somebody"),
        pytest.param("effective_radius", "kpc", "", id="case_84_kpc"),
    ],
)
def test_units_as_files_spell_them(role, text, key):
    assert unit_key(role, text) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [("RA (deg)", "deg"), ("Dec [\u00b0]", "deg"), ("ra_hours", "hourangle"),
     ("RA_hms", "sexagesimal"), ("ra_rad", "rad"), ("RAdeg", "deg"),
     ("RA {h}", "hourangle"), ("RA", ""), ("grad", "")],
)  # fmt: skip
def test_case_30_units_in_headers(name, key):
    assert unit_of_header("ra", name) == key


def test_the_sample_of_a_column_reaches_to_its_end():
    values = ColumnValues(ListColumn(name="ra"), ["--"] * 999 + ["12:30:00"])
    assert values.sample == ["12:30:00"]
    assert values.is_mostly_sexagesimal


@pytest.mark.parametrize(
    ("text", "name", "is_changed"),
    [
        pytest.param("M 31, core", "M 31, core", False, id="case_75_comma"),
        pytest.param("12345678901234567890", "12345678901234567890", False, id="case_83_digits"),
        pytest.param("007", "007", False, id="case_83_zeros"),
        pytest.param("2024-01-01", "2024-01-01", False, id="case_75_date"),
        pytest.param("<b>{{7*7}}</b>", "<b>{{7*7}}</b>", False, id="case_76_markup"),
        pytest.param("=cmd|'/c calc'", "=cmd|'/c calc'", False, id="case_77_formula"),
        pytest.param("a\u202eb\u200bc", "abc", True, id="case_78_bidi"),
        pytest.param("a\x07b\tc", "ab c", True, id="case_81_control"),
        pytest.param("e\u0301", "\u00e9", False, id="case_78_composed"),
        pytest.param("Z" + "\u0335" * 50, "Z" + "\u0335" * 3, True, id="case_78_zalgo"),
        pytest.param("x" * 300, "x" * 80, True, id="case_80_long"),
    ],
)
def test_names_are_kept_but_for_what_cannot_be_seen(text, name, is_changed):
    cleaned, changes = clean_name(text)
    assert cleaned == name
    assert bool(changes) is is_changed


def test_case_79_names_that_look_alike_are_equal():
    assert len({name_key(name) for name in ("M31", "m31", "\uff2d\uff13\uff11", " M31 ")}) == 1
    assert name_key("M 31") != name_key("M31")


def test_case_73_suffixes_never_make_a_name_that_is_there():
    names = ["M31", "m31", "M31 (2)", "M31", "x" * 80, "X" * 80]
    unique = UniqueNames(names)
    found = [unique.take(name, row)[0] for row, name in enumerate(names)]
    assert found[:4] == ["M31", "m31 (3)", "M31 (2)", "M31 (4)"]
    assert found[5] == "X" * 76 + " (2)"
    assert len({name_key(name) for name in found}) == len(names)
