"""Times in ISO and MJD, each shown as the other."""

import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from explorer.times import MJD_RANGE, format_mjd, parse_time
from photometry_core.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "mjd"),
    [
        pytest.param("60796.5", 60796.5, id="case_87_mjd"),
        ("MJD 60796.5", 60796.5),
        ("mjd60796", 60796.0),
        pytest.param("2025-05-01", 60796.0, id="case_87_iso"),
        (" 2025-05-01 12:00 ", 60796.5),
        ("2025-05-01T12:00", 60796.5),
        ("2025-05-01T12:00:00Z", 60796.5),
        ("2025-05-01 12:00:00.000 UTC", 60796.5),
        ("2025-05-01t18:00:00", 60796.75),
    ],
)
def test_both_notations_are_read(text, mjd):
    assert parse_time(text).mjd == pytest.approx(mjd, abs=1e-9)
    assert parse_time(text).iso == Time(mjd, format="mjd", scale="utc", precision=0).iso


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2025", "out of range; allowed: MJD 58849 to 69807 \\(2020-01-01 to 2050-01-01\\)"),
        pytest.param("2460796.5", "is it a Julian date\\? Its MJD would be 60796", id="case_87_jd"),
        pytest.param("-60796", "out of range", id="case_87_negative"),
        ("1969-07-20", "out of range"),
        ("2025-05-01T12:00:60", "not a date and time that exists"),
        ("2025-02-30", "not a date and time that exists"),
        ("2025-05-01T25:00", "not a date and time that exists"),
        ("01/05/2025", "is not a time; write it like 2025-05-01"),
        ("yesterday", "is not a time"),
        ("nan", "is not a time"),
        ("1e5", "is not a time"),
    ],
)
def test_anything_else_is_refused_in_words(text, message):
    with pytest.raises(InvalidInputError, match=message):
        parse_time(text)


@given(st.floats(*MJD_RANGE))
def test_what_is_shown_can_be_typed_again(mjd):
    # Seconds are not divided, so half of one is lost.
    assert parse_time(format_mjd(mjd)).mjd == pytest.approx(mjd, abs=0.51 / 86400)
