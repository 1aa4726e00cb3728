"""Positions as people write them: every form, every refusal, against astropy."""

import math

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from photometry_core.errors import InvalidInputError
from photometry_core.positions import designation, parse_position, sexagesimal

ARCSEC = 1 / 3600

SOMBRERO = SkyCoord("12h39m59.43s", "-11d37m23.0s")


def parsed(text):
    position = parse_position(text)
    assert position is not None
    return position


def separation_arcsec(position, sky):
    there = SkyCoord(position.ra_deg, position.dec_deg, unit="deg")
    return there.separation(sky.icrs).arcsec


@pytest.mark.parametrize(
    "text",
    [
        "12.34 34.89",
        "12.34,34.89",
        "12.34, +34.89",
        "12.34;34.89",
        "  12.34\t34.89  ",
        "12.34+34.89",
        "12.34d 34.89d",
        "12.34° 34.89°",
        "12.34d +34.89",
        "1.234e1 3.489e1",
        "12.34 34.89 j2000",
        "12.34 34.89 (J2000.0)",
        "12.34 34.89 EQU J2000",
        "12.34 34.89, icrs",
    ],
)
def test_decimal_degrees_are_taken_as_they_are(text):
    position = parsed(text)
    assert (position.ra_deg, position.dec_deg) == (12.34, 34.89)
    assert position.notation == "decimal degrees"


@pytest.mark.parametrize(
    "text",
    [
        "12 39 59.43 -11 37 23.0",
        "12 39 59.43, -11 37 23.0",
        "12:39:59.43 -11:37:23.0",
        "12:39:59.43-11:37:23.0",
        "12:39:59.43,-11:37:23.0",
        "12h39m59.43s -11d37m23.0s",
        "12h39m59.43s-11d37m23s",
        "12h39m59.43 -11d37m23",
        "12h 39m 59.43s -11d 37m 23s",
        "12H39M59.43S -11D37M23.0S",
        "12ʰ39ᵐ59.43ˢ \u221211°37\u203223.0″",
        "12h39m59.43s -11° 37' 23.0''",
        "12h39m59.43s -11d37'23.0\"",
        "J123959.43-113723.0",
        "J123959.43\u2212113723.0",
        "j12395943-1137230",
        "123959.43-113723.0",
        "123959.43 -113723.0",
    ],
)
def test_sexagesimal_in_every_spelling(text):
    position = parsed(text)
    assert separation_arcsec(position, SOMBRERO) < 1e-6
    assert position.notation in ("sexagesimal", "designation")


@pytest.mark.parametrize(
    ("text", "sky"),
    [
        ("19h17m32s 11d58m02s equ j2000", SkyCoord("19h17m32s", "11d58m02s")),
        ("46.53 -0.251 gal", SkyCoord(46.53, -0.251, unit="deg", frame="galactic")),
        ("46d31m48s -0d15m03.6s galactic", SkyCoord(46.53, -0.251, unit="deg", frame="galactic")),
        ("46 31 48 -0 15 3.6 gal", SkyCoord(46.53, -0.251, unit="deg", frame="galactic")),
        ("12.3 8.5 b1950", SkyCoord(12.3, 8.5, unit="deg", frame="fk4", equinox="B1950")),
        ("0h49m12s 8d30m fk4", SkyCoord(12.3, 8.5, unit="deg", frame="fk4", equinox="B1950")),
        ("12.3 8.5 fk5", SkyCoord(12.3, 8.5, unit="deg", frame="fk5")),
        ("270 66.56 ecl", SkyCoord(270, 66.56, unit="deg", frame="barycentricmeanecliptic")),
        ("5h 20d30m", SkyCoord(75.0, 20.5, unit="deg")),
        ("5.5h -11.25", SkyCoord(82.5, -11.25, unit="deg")),
        ("187d30m 2d", SkyCoord(187.5, 2.0, unit="deg")),
        ("12 34 45 56", SkyCoord("12h34m", "45d56m")),
        ("12:34 45:56", SkyCoord("12h34m", "45d56m")),
        ("12 39 59.43 -11.5", SkyCoord("12h39m59.43s", "-11d30m")),
        ("J140258.51+542318.3", SkyCoord("14h02m58.51s", "54d23m18.3s")),
    ],
)
def test_frames_and_mixtures_agree_with_astropy(text, sky):
    assert separation_arcsec(parsed(text), sky) < 1e-6


def test_what_was_typed_is_kept_in_its_own_frame():
    position = parsed("46.53 -0.251 gal")
    assert position.frame == "Galactic"
    assert (position.longitude_deg, position.latitude_deg) == (46.53, -0.251)
    assert parsed("12.3 8.5").frame == "J2000"
    assert parsed("12.3 8.5 b1950").frame == "B1950"


@pytest.mark.parametrize(
    "text", ["02 42 40.71 -00 00 47.8", "J024240.71-000047.8", "2h42m40.71s -0d0m47.8s"]
)
def test_minus_zero_degrees_keeps_its_sign(text):
    assert parsed(text).dec_deg == pytest.approx(-47.8 * ARCSEC, abs=1e-12)


@pytest.mark.parametrize("text", ["0 0", "0 0 icrs", "0h 0d", "J000000.00+000000.0", "360 0"])
def test_zero_is_a_position_and_360_is_zero(text):
    position = parsed(text)
    assert (position.ra_deg, position.dec_deg) == (0.0, 0.0)


@pytest.mark.parametrize(
    "text", ["12:39:60 -11:36:60", "12 39 60 -11 36 60.0", "12h39m60s -11d36m60s"]
)
def test_case_69_sixty_seconds_are_a_minute(text):
    assert parsed(text) == parsed(text.replace("39", "40").replace("36", "37").replace("60", "00"))


@pytest.mark.parametrize("text", ["24h 5d", "24:00:00 5:00:00", "360.0 5"])
def test_a_full_turn_is_zero(text):
    assert (parsed(text).ra_deg, parsed(text).dec_deg) == (0.0, 5.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "m81", "M 81", "ngc 18", "NGC 1068", "47 Tuc", "3C 273", "3c273", "12 mus",
        "61 Cyg", "HD 189733", "2MASS J00244419-2708242", "J1402+5423", "1ES 1959+650", "M 81 gal",
        "BD+30 3639", "nan nan", "Barnard's star", "\u03b1 Cen", "J2000", "gal",
        "12:39:x -11:37:23", "10\u00b2 5", "10\u00bd 5", "10 5\u2460",
    ],
)  # fmt: skip
def test_what_may_be_a_name_is_left_to_a_resolver(text):
    assert parse_position(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("361 5", r"^RA: 361 degrees is out of range; allowed: 0 to 360 degrees$"),
        ("-125 5", r"RA: -125 .* allowed: 0 to 360 degrees \(did you mean 235\?\)"),
        ("12 95", r"^Dec: 95 degrees is out of range; allowed: -90 to 90 degrees$"),
        ("12h -90d0m1s", r"Dec: -90.00027778 degrees is out of range"),
        ("370 5 gal", r"galactic longitude: 370 .* allowed: 0 to 360"),
        ("10 95 ecl", r"ecliptic latitude: 95 .* allowed: -90 to 90"),
        ("25h 3d", r"RA '25h' is out of range; allowed: 0 to 24 hours"),
        ("187:30:00 10:00:00", r"allowed: 0 to 24 hours \(in degrees, write 187d30m\)"),
        ("-1h 3d", r"RA '-1h' is out of range"),
        ("25h", r"a position needs two coordinates"),
        ("12.5", r"a position needs two"),
        ("12 34 45", r"where the second coordinate begins"),
        ("12.5 -11 37 23", r"RA '12.5' could be hours or degrees; write 12.5h or 12.5d"),
        ("10.5 20d30m", r"could be hours or degrees"),
        ("12,34 34,89", r"decimals are written with a point"),
        ("12 60 0 10 0 0", r"RA '12 60 0': 60 minutes; allowed: 0 to below 60"),
        ("12 0 0 10 0 61", r"Dec '10 0 61': 61 seconds; allowed: 0 to 60"),
        ("12 30.5 10 10 10 10", r"only the last part may have decimals"),
        ("1 2 3 4 5 6 7 8", r"has 4 parts, not 1 to 3"),
        ("12 -11h", r"Dec can't be in hours"),
        ("12h 5d gal", r"galactic longitude can't be in hours"),
        ("12.34 34.89 ecl b1950", r"'ecl b1950' is not a frame; allowed: icrs, j2000"),
        ("12.34 34.89 galax", r"'galax' in '12.34 34.89 galax' is not a frame"),
        ("J140258.51+542318.3 gal", r"not Galactic"),
        ("J1402585.1+542318.3", r"HHMMSS.s and DDMMSS.s"),
        ("14025851+5423183", r"allowed: 0 to 360"),
        ("J246060+100000", r"60 minutes"),
        ("J250000+100000", r"out of range"),
        ("12h39s 5d", r"not of the form 12h39m59.43s"),
        ("1" * 201, r"201 characters given; allowed: at most 200"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_value_and_range(text, message):
    with pytest.raises(InvalidInputError, match=message):
        parse_position(text)


right_ascensions = st.floats(0, 360, exclude_max=True)
declinations = st.floats(-90, 90)


@given(right_ascensions, declinations)
def test_decimal_round_trip_is_exact(ra_deg, dec_deg):
    position = parsed(f"{ra_deg!r} {dec_deg!r}")
    assert (position.ra_deg, position.dec_deg) == (ra_deg, dec_deg)


@given(right_ascensions, declinations)
def test_sexagesimal_round_trip_keeps_every_digit_shown(ra_deg, dec_deg):
    written = " ".join(sexagesimal(ra_deg, dec_deg))
    position = parsed(written)
    turn = (position.ra_deg - ra_deg + 180) % 360 - 180
    # Half of the last digit, 0.001 s and 0.01 arcsec, and rounding error.
    assert abs(turn) <= 0.5e-3 * 15 * ARCSEC + 1e-12
    assert abs(position.dec_deg - dec_deg) <= 0.5e-2 * ARCSEC + 1e-12
    assert " ".join(sexagesimal(position.ra_deg, position.dec_deg)) == written


@given(right_ascensions, declinations)
def test_designation_truncates_and_names_itself(ra_deg, dec_deg):
    name = designation(ra_deg, dec_deg)
    position = parsed(name)
    # Never beyond the position, apart from the millionth of a digit that guards the digits.
    assert -1e-9 <= ra_deg - position.ra_deg < 0.01 * 15 * ARCSEC or ra_deg > 359.99999999
    assert -1e-9 <= abs(dec_deg) - abs(position.dec_deg) < 0.1 * ARCSEC
    assert designation(position.ra_deg, position.dec_deg) == name


@given(st.text(max_size=210))
def test_any_text_is_a_position_a_name_or_refused_in_words(text):
    try:
        position = parse_position(text)
    except InvalidInputError as error:
        assert str(error)  # noqa: PT017
        return
    if position is not None:
        assert 0 <= position.ra_deg < 360
        assert -90 <= position.dec_deg <= 90


@given(st.text(alphabet="0123456789.+-:hmsd'\" ,j", max_size=30))
def test_texts_that_look_like_positions_never_break_the_reader(text):
    try:
        position = parse_position(text)
    except InvalidInputError:
        return
    assert position is None or (math.isfinite(position.ra_deg) and 0 <= position.ra_deg < 360)


@pytest.mark.parametrize(
    ("ra_deg", "dec_deg", "name"),
    [
        (0.0, 0.0, "J000000.00+000000.0"),
        (148.888221, 69.065295, "J095533.17+690355.0"),
        (359.9999999, -0.00001, "J235959.99+000000.0"),
        (40.6696292, -0.0132806, "J024240.71-000047.8"),
        (15 * 59.999 / 3600, 59.999 / 3600, "J000059.99+000059.9"),
    ],
)
def test_designations_by_hand(ra_deg, dec_deg, name):
    assert designation(ra_deg, dec_deg) == name


def test_sexagesimal_carries():
    assert sexagesimal(359.9999999999, -1e-9) == ("00:00:00.000", "+00:00:00.00")
    assert sexagesimal(15 * 59.9999 / 3600, -59.999 / 60) == ("00:01:00.000", "-00:59:59.94")
    ours = sexagesimal(SOMBRERO.ra.deg, SOMBRERO.dec.deg)
    assert ours == (
        SOMBRERO.ra.to_string(u.hourangle, sep=":", precision=3, pad=True),
        SOMBRERO.dec.to_string(u.deg, sep=":", precision=2, pad=True, alwayssign=True),
    )
