"""Every row of a list: its target, or what is wrong with which cell; nothing is dropped."""

from dataclasses import replace

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, FK5, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from photometry_core.target_lists.checks import Edits, check
from photometry_core.target_lists.closeness import nearest_within_a_pixel
from photometry_core.target_lists.mapping import Choice, Mapping
from photometry_core.target_lists.proposals import answer, propose, questions
from tests.target_tables import list_file

POSITIONS = Mapping(
    roles={
        "ra": Choice(column="ra", unit="deg"),
        "dec": Choice(column="dec", unit="deg"),
        "name": Choice(column="name"),
    }
)
SHAPE = {
    "sersic_index": Choice(column="n"),
    "axis_ratio": Choice(column="q", kind="b/a"),
    "position_angle": Choice(column="pa", unit="deg", kind="east of north"),
    "effective_radius": Choice(column="re", unit="arcsec"),
}
GALAXIES = replace(POSITIONS, model="sersic", roles={**POSITIONS.roles, **SHAPE})


def rows_of(*rows, mapping=POSITIONS, edits=None, header="ra,dec,name"):
    return check(list_file(header, rows), mapping, edits).rows


def galaxies(*shapes, edits=None):
    cells = [f"{10 + number},20,a{number},{shape}" for number, shape in enumerate(shapes)]
    return rows_of(*cells, mapping=GALAXIES, edits=edits, header="ra,dec,name,n,q,pa,re")


def messages(row):
    return [problem.message for problem in row.problems]


@pytest.mark.parametrize(
    ("cells", "role", "message"),
    [
        pytest.param("400,2", "ra", "RA 400 is out of range; allowed: 0 to 360", id="case_65_400"),
        pytest.param("1e300,2", "ra", "RA 1e300 is out of range", id="case_65_1e300"),
        pytest.param("NaN,2", "ra", "'NaN' stands for no value", id="case_65_nan"),
        pytest.param("inf,2", "ra", "'inf' stands for no value", id="case_65_inf"),
        pytest.param("N/A,2", "ra", "'N/A' stands for no value", id="case_65_na"),
        pytest.param("--,2", "ra", "'--' stands for no value", id="case_65_dashes"),
        pytest.param("null,2", "ra", "'null' stands for no value", id="case_65_null"),
        pytest.param(",2", "ra", "no value is given", id="case_54_masked_ra"),
        pytest.param("2,", "dec", "no value is given", id="case_54_masked_dec"),
        pytest.param("100,95", "dec", "Dec 95 is out of range", id="case_66_95"),
        pytest.param("2,-90.0000001", "dec", "allowed: -90 to 90", id="case_66_just_beyond"),
        pytest.param("-999,-999", "ra", "usually stands for no value", id="case_65_sentinels"),
        pytest.param("0x10,2", "ra", "hexadecimal", id="case_28_hexadecimal"),
        pytest.param("1_000,2", "ra", "mark between thousands", id="case_28_thousands"),
        pytest.param("\u00bd,2", "ra", "is not a number", id="case_94_fraction"),
    ],
)
def test_cells_that_cannot_be_used(cells, role, message):
    bad, good = rows_of(f"{cells},a", "150,2,b")
    assert (bad.status, bad.target, good.status) == ("error", None, "good")
    problem = bad.problems[0]
    assert (problem.role, problem.column) == (role, role)
    assert problem.value == cells.split(",")[role == "dec"]
    assert message in problem.message


@pytest.mark.parametrize(
    ("cells", "position"),
    [
        pytest.param("0,0", (0.0, 0.0), id="case_72_zero"),
        pytest.param("360,0", (0.0, 0.0), id="case_72_360"),
        pytest.param("12,90", (12.0, 90.0), id="case_72_north_pole"),
        pytest.param("12,-90", (12.0, -90.0), id="case_72_south_pole"),
        pytest.param("1e1,1d1", (10.0, 10.0), id="case_28_exponents"),
        pytest.param("10,\u22121", (10.0, -1.0), id="case_94_unicode_minus"),
    ],
)
def test_cells_that_are_fine(cells, position):
    [row] = rows_of(f"{cells},a")
    assert row.status == "good"
    assert (row.target.ra_deg, row.target.dec_deg) == position


def test_case_65_a_negative_ra_is_offered_a_full_turn_and_not_given_one():
    [row] = rows_of("-10,2,a")
    assert row.target is None
    assert row.problems[0].suggestion == "350"
    [mended] = rows_of("-10,2,a", edits=Edits(corrections={0: {"ra": "350"}}))
    assert mended.target.ra_deg == 350.0
    assert mended.corrected == ("ra",)
    assert mended.cells["ra"] == "350"


def test_case_67_swapped_columns_are_noticed_and_suggested():
    checked = check(
        list_file("ra,dec,name", ["-11.6,189.9,a", "41.3,10.7,b", "5,300,c", "x,1,d"]), POSITIONS
    )
    assert "seem to be swapped" in checked.notes[0]
    first, second, third, fourth = checked.rows
    assert [problem.suggestion for problem in first.problems] == ["189.9", "-11.6"]
    assert all("swapped" in message for message in messages(first))
    assert second.status == "warning"
    assert (third.status, fourth.status) == ("error", "error")
    not_swapped = check(list_file("ra,dec,name", ["189.9,95,a", "41.3,10.7,b"]), POSITIONS)
    assert not any("swapped" in note for note in not_swapped.notes)


def test_case_68_right_ascensions_up_to_24_without_a_unit_are_asked_about():
    file = list_file("ra,dec", ["12.5,41", "23.9,-60"])
    mapping = propose(file).mapping
    assert [question.key for question in questions(file, mapping)] == ["ra.unit"]
    checked = check(file, mapping)
    assert checked.targets == []
    assert all("is it in hours?" in messages(row)[0] for row in checked.rows)
    hours = answer(file, mapping, "ra.unit", "hourangle")
    assert [target.ra_deg for target in check(file, hours).targets] == [187.5, 358.5]
    degrees = answer(file, mapping, "ra.unit", "deg")
    assert [target.ra_deg for target in check(file, degrees).targets] == [12.5, 23.9]


def test_case_52_radians_are_asked_about_or_read_from_the_unit():
    rows = ["3.3161,-0.2029", "0.1,1.1"]
    file = list_file("coord_ra,coord_dec", rows)
    mapping = propose(file).mapping
    [asked] = questions(file, mapping)
    assert ("rad", "radians") in asked.answers
    radians = check(file, answer(file, mapping, "ra.unit", "rad")).targets
    assert (radians[0].ra_deg, radians[0].dec_deg) == pytest.approx((189.9985, -11.6253), abs=1e-3)
    stated = list_file("coord_ra,coord_dec", rows, units={"coord_ra": "rad", "coord_dec": "rad"})
    assert questions(stated, propose(stated).mapping) == []
    assert check(stated, propose(stated).mapping).targets == radians
    unknown = list_file("ra,dec", ["189,2"], units={"ra": "furlong"})
    [asked] = questions(unknown, propose(unknown).mapping)
    assert "'furlong'" in asked.text


def test_case_71_the_minority_of_a_mixed_column_is_refused():
    rows = ["12:30:00,1,a", "13:30:00,2,b", "189.9,3,c"]
    file = list_file("ra,dec,name", rows)
    mapping = propose(file).mapping
    checked = check(file, mapping)
    assert [row.status for row in checked.rows] == ["good", "good", "error"]
    assert checked.rows[2].problems[0].suggestion == "189.9d"
    assert checked.notes == ("1 cell of ra is not written in the way of the others.",)
    mended = check(file, mapping, Edits(corrections={2: {"ra": "189.9d"}}))
    assert mended.rows[2].target.ra_deg == 189.9


def test_case_70_digits_of_other_scripts_are_read_and_pointed_out():
    checked = rows_of("\uff11\uff12.\uff15,\u0661\u0662,a")
    [row] = checked
    assert (row.target.ra_deg, row.target.dec_deg) == (12.5, 12.0)
    assert row.status == "warning"
    assert "digits of another script, read as 12.5" in messages(row)[0]
    mapping = Mapping(roles={"position": Choice(column="p")})
    [row] = rows_of("\uff11\uff12.5 \uff13", mapping=mapping, header="p")
    assert (row.target.ra_deg, row.status) == (12.5, "warning")
    [row] = rows_of("10\u00b2 3", mapping=mapping, header="p")
    assert row.target is None


def test_case_27_decimal_commas_are_asked_about():
    file = list_file(["Name", "RA_ICRS", "DE_ICRS"], [("NGC 1068", "40,669629", "-0,013281")])
    mapping = propose(file).mapping
    assert mapping.decimal_comma is None
    assert [question.key for question in questions(file, mapping)] == ["decimal_comma"]
    [target] = check(file, answer(file, mapping, "decimal_comma", "yes")).targets
    assert (target.ra_deg, target.dec_deg) == (40.669629, -0.013281)
    [row] = check(file, answer(file, mapping, "decimal_comma", "no")).rows
    assert row.problems[0].suggestion == "40.669629"


@pytest.mark.parametrize(
    ("frame", "sky"),
    [
        ("Galactic", SkyCoord(46.53, -0.251, unit="deg", frame="galactic")),
        ("Ecliptic", SkyCoord(46.53, -0.251, unit="deg", frame="barycentricmeanecliptic")),
        ("B1950", SkyCoord(46.53, -0.251, unit="deg", frame=FK4(equinox="B1950"))),
        ("FK5", SkyCoord(46.53, -0.251, unit="deg", frame=FK5(equinox="J2000"))),
        ("FK5 J1975", SkyCoord(46.53, -0.251, unit="deg", frame=FK5(equinox="J1975"))),
        ("FK4 B1900", SkyCoord(46.53, -0.251, unit="deg", frame=FK4(equinox="B1900"))),
    ],
)
def test_case_51_frames_are_converted_and_that_is_said(frame, sky):
    checked = check(list_file("ra,dec,name", ["46.53,-0.251,a"]), replace(POSITIONS, frame=frame))
    [target] = checked.targets
    there = SkyCoord(target.ra_deg, target.dec_deg, unit="deg")
    assert there.separation(sky.icrs) < 1e-6 * u.arcsec
    words = frame if frame != "Ecliptic" else "ecliptic longitude"
    assert checked.notes[0].startswith(f"Positions were converted from {words}")


def test_case_73_duplicate_names_get_a_visible_suffix():
    rows = rows_of("10,2,M31", "20,2,m31", "30,2,M31", "40,2,")
    assert [row.name for row in rows] == ["M31", "m31 (2)", "M31 (3)", "J024000.00+020000.0"]
    assert [row.target.name for row in rows] == [row.name for row in rows]
    assert "row 1 has this name, too" in messages(rows[1])[0]
    assert [row.status for row in rows] == ["good", "warning", "warning", "good"]
    left_out = rows_of("10,2,M31", "20,2,m31", edits=Edits(left_out={0}))
    assert left_out[1].name == "m31"


def test_case_74_targets_within_a_pixel_name_each_other():
    rows = rows_of("10,60,a", "10.002,60,b", "10,60,c", "10.02,60,d", "0.0002,-89.9999,e",
                   "180,-89.9999,f", "359.9999,5,g", "0.0001,5,h")  # fmt: skip
    assert [row.status for row in rows] == ["warning"] * 3 + ["good"] + ["warning"] * 4
    assert "the same position as row 3 (c)" in messages(rows[0])[0]
    assert "3.60 arcsec from row 1 (a)" in messages(rows[1])[0]
    assert "0.72 arcsec from row 6 (f)" in messages(rows[4])[0]
    assert "0.72 arcsec from row 8 (h)" in messages(rows[6])[0]


def test_many_equal_positions_take_no_time():
    found = nearest_within_a_pixel(np.full(20_000, 10.0), np.full(20_000, 20.0))
    assert len(found) == 20_000
    assert (found[0], found[1], found[19_999]) == ((1, 0.0), (0, 0.0), (0, 0.0))


def test_case_75_names_of_all_kinds():
    checked = check(list_file("ra,dec,name", ["10,2,x", "20,2,x"]), POSITIONS)
    assert "All rows have the same name, x." in checked.notes
    rows = rows_of("10,2,1", "20,2,2024-01-01", "30,2,-5", "40,2,nan")
    assert [row.name for row in rows] == ["1", "2024-01-01", "-5", "nan"]
    assert {row.status for row in rows} == {"good"}


def test_case_78_names_are_cleaned_and_that_is_said():
    [row] = rows_of("10,2,a\u202eb\x07")
    assert (row.name, row.status) == ("ab", "warning")
    assert "can't be seen were removed" in messages(row)[0]


def test_case_84_shapes_of_a_list():
    rows = galaxies("4,0.5,30,5", "9,0.5,30,5", "4,2.3,30,5", "4,0,30,5", "4,0.5,720,5",
                    "4,0.5,30,0.4", "4,0.5,30,35", ",0.5,30,5", ",,,", "nan,0.5,30,5")  # fmt: skip
    assert [row.status for row in rows] == [
        "good", "error", "error", "error", "error", "warning", "error", "error", "warning",
        "error",
    ]  # fmt: skip
    assert [row.problems[0].column for row in rows[1:5]] == ["n", "q", "q", "pa"]
    assert rows[0].target.profile.effective_radius_arcsec == 5.0
    assert rows[5].target.model == "point (Re < 1 arcsec)"
    assert "measured as a point source" in messages(rows[5])[0]
    assert "needs all four values, or none" in messages(rows[7])[0]
    assert rows[8].target.profile is None
    assert "measured as a point source" in messages(rows[8])[0]


def test_constants_hold_for_all_rows():
    mapping = GALAXIES.with_choice("sersic_index", Choice(constant="1.5"))
    mapping = mapping.with_choice("effective_radius", Choice(constant="0.1", unit="arcmin"))
    rows = rows_of("10,20,a,0.5,30", "11,20,b,,", mapping=mapping, header="ra,dec,name,q,pa")
    assert rows[0].target.profile.sersic_index == 1.5
    assert rows[0].target.profile.effective_radius_arcsec == pytest.approx(6.0)
    assert rows[0].cells["sersic_index"] == "1.5"
    assert rows[1].target.profile is None
    wrong = mapping.with_choice("sersic_index", Choice(constant="15"))
    [row] = rows_of("10,20,a,0.5,30", mapping=wrong, header="ra,dec,name,q,pa")
    assert (row.problems[0].column, row.problems[0].value) == ("", "15")


def test_case_85_proper_motions_of_a_list():
    motion = {
        "pm_ra": Choice(column="pmra", unit="arcsec/yr without cos(Dec)"),
        "pm_dec": Choice(column="pmdec", unit="arcsec/yr"),
        "ref_epoch": Choice(column="epoch", unit="yr"),
    }
    mapping = replace(POSITIONS, roles={**POSITIONS.roles, **motion})
    rows = rows_of(
        "10,60,a,1,0.5,2016", "11,60,b,,,", "12,60,c,1,,2016", "13,60,d,1,0.5,",
        "14,60,e,21,0,2016", "15,60,f,1,0.5,57388", "16,60,g,12,0,2016",
        mapping=mapping, header="ra,dec,name,pmra,pmdec,epoch",
    )  # fmt: skip
    assert [row.status for row in rows] == [
        "good", "good", "error", "error", "error", "error", "warning",
    ]  # fmt: skip
    assert rows[0].target.motion.pm_ra_mas_yr == pytest.approx(500)
    assert rows[0].target.motion.pm_dec_mas_yr == 500
    assert rows[1].target.motion is None
    assert [row.problems[0].role for row in rows[2:6]] == [
        "pm_dec", "ref_epoch", "pm_ra", "ref_epoch",
    ]  # fmt: skip
    of_1950 = replace(mapping, frame="B1950")
    [row] = rows_of("10,60,a,1,0.5,2016", mapping=of_1950, header="ra,dec,name,pmra,pmdec,epoch")
    assert "FK4 positions can't be converted" in messages(row)[0]


def test_names_and_whole_positions_in_one_column():
    mapping = Mapping(roles={"position": Choice(column="p")})
    texts = ["M31", "J123959.43-113723.0", "12.5 -1.2 gal", "189.99d -11.62d", "12 39", "Nowhere",
             "-0 30 0 91 0 0", "--"]  # fmt: skip
    located = {"M31": (10.684708, 41.26875), "Nowhere": "no service knows the name Nowhere"}
    file = list_file(["p"], [(text,) for text in texts])
    rows = check(file, mapping, Edits(located=located)).rows
    assert [row.status for row in rows] == [
        "good", "good", "good", "good", "good", "error", "error", "error",
    ]  # fmt: skip
    assert (rows[0].name, rows[0].target.ra_deg) == ("M31", 10.684708)
    assert messages(rows[5]) == ["no service knows the name Nowhere"]
    waiting = check(file, mapping).rows[0]
    assert (waiting.status, waiting.unresolved, waiting.target) == ("unresolved", "M31", None)
    typed = Edits(corrections={5: {"position": "10 20"}, 0: {"ra": "12h", "dec": "5"}})
    mended = check(file, mapping, typed).rows
    assert mended[5].target.ra_deg == 10.0


def test_case_33_broken_rows_are_errors_until_all_of_their_cells_are_given():
    file = list_file("ra,dec,name", ["10,2,a", "20,,", "30,2,c"], broken={1: "2 cells, not 3"})
    rows = check(file, POSITIONS).rows
    assert [row.status for row in rows] == ["good", "error", "good"]
    assert messages(rows[1]) == ["2 cells, not 3"]
    half = check(file, POSITIONS, Edits(corrections={1: {"dec": "3"}})).rows[1]
    assert half.status == "error"
    whole = check(file, POSITIONS, Edits(corrections={1: {"ra": "20", "dec": "3"}})).rows[1]
    assert whole.target.dec_deg == 3.0


def test_case_39_nothing_is_dropped_and_rows_left_out_stay():
    rows = [f"{0.05 * number},{number % 90},n{number}" for number in range(5000)]
    checked = check(list_file("ra,dec,name", rows), POSITIONS, Edits(left_out=range(0, 5000, 2)))
    assert [row.index for row in checked.rows] == list(range(5000))
    assert checked.count("left out") == 2500
    assert len(checked.targets) == 2500
    assert all(row.target is None for row in checked.rows[::2])


def test_sentinels_of_a_column_are_counted():
    checked = check(
        list_file("ra,dec,name", ["-999,-999,a", "-999,-999,b", "150,2,c", "nan,1,d"]), POSITIONS
    )
    assert "2 cells of dec: -999 usually stands for no value." in checked.notes
    assert [row.status for row in checked.rows] == ["error", "error", "good", "error"]


def test_case_36_renamed_columns_that_may_be_meant_are_asked_about():
    file = list_file("ra,RA_2,dec", ["189.9,100.5,1", "150.9,101.5,2"])
    assert [q.key for q in questions(file, propose(file).mapping)] == ["position.pair"]
    assert check(file, propose(file).mapping).targets == []


HEADERS = st.sampled_from(
    ["ra", "dec", "RAJ2000", "DEJ2000", "l", "b", "lon", "lat", "RAh", "RAm", "RAs", "DE-", "DEd",
     "DEm", "name", "objname", "n", "q", "PA", "re", "SHAPE_E1", "SHAPE_E2", "pmra", "pmdec",
     "ref_epoch", "x", "\u03b1", "Dec [\u00b0]"]
)  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(
        ["", "12:30:00", "-00 30 00", "12h30m", "1d2", "-999", "nan", "1,5", "0x10", "2016.0",
         "M31", "J2016", "2016-01-01", "9" * 400, "1e999", "5 arcsec", "1e999 mas/yr", "\u00bd",
         "1.2 0.3", "10\u00b0", "--", "12 39 59 -11 37 23", "b1950", "+", "-", "360", "90"]
    ),
    st.floats(-400, 400).map(repr),
    st.text(max_size=12),
)  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_any_table_gets_an_answer_for_every_row(data):
    names = data.draw(st.lists(HEADERS, min_size=1, max_size=8, unique=True))
    row = st.tuples(*[CELLS] * len(names))
    rows = data.draw(st.lists(row, min_size=1, max_size=4))
    file = list_file(names, rows)
    mapping = propose(file).mapping
    for _ in range(12):
        asked = questions(file, mapping)
        checked = check(file, mapping)
        assert len(checked.rows) == len(rows)
        assert not asked or not checked.targets
        assert all(row.problems for row in checked.rows if row.status == "error")
        answers = [question for question in asked if question.answers]
        if not answers:
            break
        value, _ = data.draw(st.sampled_from(answers[0].answers))
        mapping = answer(file, mapping, answers[0].key, value)
    else:
        pytest.fail(f"still asked: {asked}")
    good = [row for row in checked.rows if row.status in ("good", "warning")]
    assert [row.target for row in good] == checked.targets
    assert len({row.name.casefold() for row in good}) == len(good)
