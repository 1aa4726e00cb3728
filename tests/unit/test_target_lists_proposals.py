"""Which column is what: every style of header, ties that are asked about, and what answers do."""

import json

import pytest

from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.checks import check
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.mapping import COLUMN_JOINT, Choice, Mapping
from photometry_core.target_lists.proposals import answer, best_table, propose, questions
from tests.target_tables import list_file, list_table

DEGREES = ("189.998958", "-11.623056")
SEXAGESIMAL = ("12 39 59.43", "-11 37 23.0")

COORDINATES = [
    # header of the two columns, frame, unit
    ("ra,dec", "ICRS", "deg"),
    ("RA,DEC", "ICRS", "deg"),
    ("Ra,Dec", "ICRS", "deg"),
    ("ra_deg,dec_deg", "ICRS", "deg"),
    ("ra_icrs,dec_icrs", "ICRS", "deg"),
    ("RAJ2000,DEJ2000", "ICRS", "deg"),
    ("_RAJ2000,_DEJ2000", "ICRS", "deg"),
    ("raj2000,dej2000", "ICRS", "deg"),
    ("RA_J2000,DEC_J2000", "ICRS", "deg"),
    ("RA_ICRS,DE_ICRS", "ICRS", "deg"),
    ("RAdeg,DEdeg", "ICRS", "deg"),
    ("ALPHA_J2000,DELTA_J2000", "ICRS", "deg"),
    ("ALPHAWIN_J2000,DELTAWIN_J2000", "ICRS", "deg"),
    ("X_WORLD,Y_WORLD", "ICRS", "deg"),
    ("raMean,decMean", "ICRS", "deg"),
    ("raStack,decStack", "ICRS", "deg"),
    ("TARGET_RA,TARGET_DEC", "ICRS", "deg"),
    ("MEAN_FIBER_RA,MEAN_FIBER_DEC", "ICRS", "deg"),
    ("RIGHT_ASCENSION,DECLINATION", "ICRS", "deg"),
    ("coord_ra,coord_dec", "ICRS", "deg"),
    ("s_ra,s_dec", "ICRS", "deg"),
    ("RA(deg),DEC(deg)", "ICRS", "deg"),
    ("RA (deg),Dec (deg)", "ICRS", "deg"),
    ("RA_CORR,DEC_CORR", "ICRS", "deg"),
    ("SC_RA,SC_DEC", "ICRS", "deg"),
    ("RA_OBJ,DEC_OBJ", "ICRS", "deg"),
    ("ra1,dec1", "ICRS", "deg"),
    ("GLON,GLAT", "Galactic", "deg"),
    ("l,b", "Galactic", "deg"),
    ("ELON,ELAT", "Ecliptic", "deg"),
    ("ecl_lon,ecl_lat", "Ecliptic", "deg"),
    ("lon,lat", "", "deg"),
    ("Right Asc.,Declination", "ICRS", "deg"),
    ("\u03b1,\u03b4", "ICRS", "deg"),
    ("\u03b1,Dec [\u00b0]", "ICRS", "deg"),
    ("Right Asc.,DE", "ICRS", "deg"),
    ("RAB1950,DEB1950", "B1950", "deg"),
    ("RA1950,DE1950", "B1950", "deg"),
    ("Object RA,Object Dec", "ICRS", "deg"),
    ("target-ra,target-dec", "ICRS", "deg"),
]


@pytest.mark.parametrize(("header", "frame", "unit"), COORDINATES, ids=[c[0] for c in COORDINATES])
def test_coordinates_by_every_style_of_header(header, frame, unit):
    first, second = header.split(",")
    file = list_file(["Name ", first, "mag", second], [("M104", DEGREES[0], "8.0", DEGREES[1])])
    mapping = propose(file).mapping
    assert (mapping.choice("ra").column, mapping.choice("dec").column) == (first, second)
    assert mapping.frame == frame
    assert (mapping.choice("ra").unit, mapping.choice("dec").unit) == (unit, unit)
    assert mapping.choice("name").column == "Name "
    assert [question.key for question in questions(file, mapping)] == ([] if frame else ["frame"])


def test_the_parts_of_machine_readable_tables_are_joined():
    header = "Name,RAh,RAm,RAs,DE-,DEd,DEm,DEs"
    file = list_file(header, ["a,02,42,40.71,-,00,00,47.8", "b,12,39,59.43,+,11,37,23.0"])
    mapping = propose(file).mapping
    assert mapping.choice("ra") == Choice(
        column=COLUMN_JOINT.join(("RAh", "RAm", "RAs")), unit="sexagesimal"
    )
    assert mapping.choice("dec").label == "DE- + DEd + DEm + DEs"
    first, second = check(file, mapping).targets
    assert (first.ra_deg, first.dec_deg) == pytest.approx((40.669625, -47.8 / 3600))
    assert second.dec_deg == pytest.approx(11.623056, abs=1e-6)
    assert Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


@pytest.mark.parametrize(
    ("ucds", "utypes", "frame"),
    [
        (("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"), None, "ICRS"),
        (("POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"), None, "ICRS"),
        (("pos.galactic.lon", "pos.galactic.lat"), None, "Galactic"),
        (("pos.ecliptic.lon", "pos.ecliptic.lat"), None, "Ecliptic"),
        (None, ("stc:Location.Position2D.Value2.C1", "stc:Location.Position2D.Value2.C2"), "ICRS"),
    ],
)
def test_metadata_speak_where_names_do_not(ucds, utypes, frame):
    names = ("col1", "col2")
    file = list_file(
        "col1,col2", [DEGREES],
        ucds=ucds and dict(zip(names, ucds, strict=True)),
        utypes=utypes and dict(zip(names, utypes, strict=True)),
    )  # fmt: skip
    mapping = propose(file).mapping
    assert (mapping.choice("ra").column, mapping.choice("dec").column) == names
    assert mapping.frame == frame
    [candidate] = propose(file).candidates["ra"][:1]
    assert candidate.score > 0.7
    assert any("UCD" in reason or "utype" in reason for reason in candidate.reasons)


def test_the_main_position_of_several_is_taken():
    ucds = {"x": "pos.eq.ra", "y": "pos.eq.dec", "p": "pos.eq.ra;meta.main",
            "q": "pos.eq.dec;meta.main"}  # fmt: skip
    mapping = propose(list_file("x,y,p,q", ["100,2,150,3"], ucds=ucds)).mapping
    assert (mapping.choice("ra").column, mapping.choice("dec").column) == ("p", "q")


@pytest.mark.parametrize(
    "header",
    ["ra_err,dec_err", "e_RA,e_DE", "pmra,pmdec", "ra_error,dec_error", "raPM,decPM",
     "ra_dec_corr,dec_parallax_corr", "sigma_ra,sigma_dec"],
)  # fmt: skip
def test_errors_and_motions_of_coordinates_are_no_coordinates(header):
    first, second = header.split(",")
    file = list_file(["ra", first, "dec", second], ["189.99,0.01,-11.6,0.02"])
    mapping = propose(file).mapping
    assert (mapping.choice("ra").column, mapping.choice("dec").column) == ("ra", "dec")
    alone = propose(list_file(header, ["0.01,0.02"])).mapping
    assert "ra" not in alone.roles


@pytest.mark.parametrize(
    "header",
    ["ra1,dec1,ra2,dec2", "raMean,decMean,raStack,decStack", "RA_ICRS,DE_ICRS,RAJ2000,DEJ2000",
     "ra,dec,TARGET_RA,TARGET_DEC", "RAJ2000,DEJ2000,_RAJ2000,_DEJ2000", "ra,dec,ra_2,dec_2"],
)  # fmt: skip
def test_pairs_that_tie_are_asked_about_and_never_guessed(header):
    file = list_file(header, ["189.99,-11.62,189.95,-11.60", "10.1,20.2,10.3,20.4"])
    mapping = propose(file).mapping
    assert not {"ra", "dec"} & mapping.roles.keys()
    [asked] = questions(file, mapping)
    assert asked.key == "position.pair"
    assert asked.blocks
    names = header.split(",")
    assert {value for value, _ in asked.answers} == {json.dumps(names[:2]), json.dumps(names[2:])}
    assert check(file, mapping).targets == []
    mapping = answer(file, mapping, "position.pair", json.dumps(names[2:]))
    assert questions(file, mapping) == []
    assert check(file, mapping).targets[0].ra_deg == 189.95


def test_pairs_with_the_same_positions_are_no_tie():
    header = "RA_ICRS,DE_ICRS,RAJ2000,DEJ2000"
    file = list_file(header, ["189.997625,-11.623056,12:39:59.43,-11:37:23.0"])
    mapping = propose(file).mapping
    assert mapping.choice("ra").column in ("RA_ICRS", "RAJ2000")
    assert questions(file, mapping) == []


def test_equatorial_columns_are_preferred():
    file = list_file("l,b,ecl_lon,ecl_lat,ra,dec", ["298,51,190,-6,189.99,-11.62"])
    assert propose(file).mapping.choice("ra").column == "ra"
    assert propose(file).mapping.frame == "ICRS"


def test_columns_that_do_not_correspond_are_worth_less():
    file = list_file("RAJ2000,DEC_OBJ", [DEGREES])
    apart = propose(file).mapping
    together = propose(list_file("RAJ2000,DEJ2000,DEC_OBJ", [(*DEGREES, "5")])).mapping
    assert together.choice("dec").column == "DEJ2000"
    assert apart.choice("dec").column == "DEC_OBJ"


@pytest.mark.parametrize(
    ("frame", "equinox", "header", "expected"),
    [
        ("eq_FK5", "J2000", "ra,dec", "FK5"),
        ("ICRS", "", "ra,dec", "ICRS"),
        ("eq_FK4", "B1950", "ra,dec", "B1950"),
        ("FK4", "B1900", "ra,dec", "FK4 B1900"),
        ("eq_FK5", "J1975", "ra,dec", "FK5 J1975"),
        ("galactic", "", "lon,lat", "Galactic"),
        ("ecl_FK5", "J2000", "lon,lat", "Ecliptic"),
        ("", "2000.0", "ra,dec", "ICRS"),
        ("galactic", "", "ra,dec", ""),
        ("eq_FK4", "B1950", "RAJ2000,DEJ2000", ""),
        ("supergalactic", "", "lon,lat", ""),
        ("ICRS", "", "GLON,GLAT", "Galactic"),
    ],
)
def test_case_51_the_frame_of_a_file_is_heeded(frame, equinox, header, expected):
    file = list_file(header, [DEGREES], frame=frame, equinox=equinox)
    mapping = propose(file).mapping
    assert mapping.frame == expected
    asked = [question.key for question in questions(file, mapping)]
    assert asked == ([] if expected else ["frame"])
    if not expected:
        mapping = answer(file, mapping, "frame", "B1950")
        assert questions(file, mapping) == []
        assert len(check(file, mapping).targets) == 1


def test_a_frame_that_contradicts_the_columns_is_asked_again():
    file = list_file("GLON,GLAT,ra,dec", ["10,20,189.99,-11.62"])
    mapping = propose(file).mapping
    mapping = mapping.with_choice("ra", Choice(column="GLON"))
    mapping = mapping.with_choice("dec", Choice(column="GLAT"))
    assert [question.key for question in questions(file, mapping)] == ["frame"]
    mapping = answer(file, mapping, "frame", "Galactic")
    assert questions(file, mapping) == []


@pytest.mark.parametrize(
    "name",
    ["name", "Name ", "id", "target", "object", "Object Name", "objname", "designation",
     "source_id", "Source", "#ID", "MAIN_ID", "TARGETID", "obj_id"],
)  # fmt: skip
def test_names_by_every_style_of_header(name):
    file = list_file([name, "ra", "dec"], [("4295806720123456789", *DEGREES)])
    mapping = propose(file).mapping
    assert mapping.choice("name").column == name
    assert check(file, mapping).rows[0].name == "4295806720123456789"


def test_a_column_of_names_alone_holds_the_positions():
    file = list_file(["objname"], [("m101",), ("12.5 -1.2 gal",), ("J123959.43-113723.0",)])
    mapping = propose(file).mapping
    assert mapping.choice("position").column == "objname"
    rows = check(file, mapping).rows
    assert [row.status for row in rows] == ["unresolved", "good", "good"]
    assert rows[0].unresolved == "m101"


def test_names_stand_in_where_coordinates_are_empty():
    file = list_file("objname,ra,dec", ["m101,,", ",125.0,-89.0", "x,189.9,-11.6"])
    rows = check(file, propose(file).mapping).rows
    assert [row.status for row in rows] == ["unresolved", "good", "good"]


def test_proper_motions_with_and_without_the_factor():
    header, row = "ra,dec,{},pmdec,ref_epoch", "60,60,100,50,2016.0"
    units = {"pmra": "mas/yr", "mu_alpha": "mas/yr", "pmdec": "mas/yr"}
    gaia = list_file(header.format("pmra"), [row], units=units)
    mapping = propose(gaia).mapping
    assert questions(gaia, mapping) == []
    assert check(gaia, mapping).targets[0].motion.pm_ra_mas_yr == 100
    other = list_file(header.format("mu_alpha"), [row], units=units)
    mapping = propose(other).mapping
    assert [question.key for question in questions(other, mapping)] == ["pm_ra.unit"]
    mapping = answer(other, mapping, "pm_ra.unit", "mas/yr without cos(Dec)")
    assert check(other, mapping).targets[0].motion.pm_ra_mas_yr == pytest.approx(50)


def test_motions_without_an_epoch_ask_for_it_and_take_that_of_the_file():
    file = list_file("ra,dec,pmRA,pmDE", ["60,60,100,50"])
    mapping = propose(file).mapping
    assert [question.key for question in questions(file, mapping)] == ["ref_epoch"]
    with_epoch = answer(file, mapping, "ref_epoch", "2016.0")
    assert check(file, with_epoch).targets[0].motion.ref_epoch_yr == 2016
    without = answer(file, mapping, "ref_epoch", "none")
    assert check(file, without).targets[0].motion is None
    stated = list_file("ra,dec,pmRA,pmDE", ["60,60,100,50"], epoch="J2015.5")
    assert check(stated, propose(stated).mapping).targets[0].motion.ref_epoch_yr == 2015.5
    half = list_file("ra,dec,pmRA", ["60,60,100"])
    mapping = propose(half).mapping.with_choice("pm_ra", Choice(column="pmRA"))
    assert [question.key for question in questions(half, mapping)] == ["motion"]


def test_a_candidate_says_what_speaks_for_it():
    units = {"ra": "deg"}
    proposal = propose(list_file("ra,dec,RA_OBJ", ["189,2,3"], units=units))
    best, second = proposal.candidates["ra"][:2]
    assert (best.column, second.column) == ("ra", "RA_OBJ")
    assert best.reasons == ("name ra", "unit deg", "values in the range")
    assert 0.8 < best.score < 0.9
    assert second.score < best.score


def test_case_29_a_first_row_that_may_be_a_header_is_asked_about():
    table = list_table(["column 1", "column 2"], ["189.9,-11.6", "10.1,20.2"], header="asked")
    file = ListFile(name="a.csv", format="CSV", tables=(table,))
    mapping = propose(file).mapping
    assert [question.key for question in questions(file, mapping)] == ["header"]
    kept = answer(file, mapping, "header", "row")
    assert [target.ra_deg for target in check(file, kept).targets] == [189.9, 10.1]
    named = answer(file, mapping, "header", "names")
    assert [row.index for row in check(file, named).rows] == [1]


def test_case_49_several_tables_are_asked_about():
    tables = (
        list_table("x,y", ["a,b", "c,d", "e,f"]),
        list_table("ra,dec", ["189.9,-11.6"]),
        list_table("RAJ2000,DEJ2000", ["100.9,-1.6", "100.8,3"]),
    )
    file = ListFile(name="a.vot", format="VOTable", tables=tables)
    assert best_table(file) == 2
    [asked, *_] = questions(file, propose(file, 1).mapping)
    assert asked.key == "table"
    mapping = answer(file, propose(file, 1).mapping, "table", "2")
    assert mapping.table == 2
    assert questions(file, mapping) == []
    only = ListFile(name="a.vot", format="VOTable", tables=tables[:2])
    assert questions(only, propose(only, 1).mapping) == []


def test_case_91_one_column_for_both_and_columns_that_are_not_there():
    file = list_file("ra,dec,name", ["189.9,-11.6,a"])
    twice = propose(file).mapping.with_choice("dec", Choice(column="ra"))
    [asked] = questions(file, twice)
    assert asked.key == "position.pair"
    assert "can't both be in ra" in asked.text
    assert check(file, twice).targets == []
    gone = propose(file).mapping.with_choice("ra", Choice(column="RA_OLD"))
    assert [question.key for question in questions(file, gone)] == ["position.pair"]
    assert check(file, gone).targets == []


def test_columns_without_any_sign_are_offered_and_not_taken():
    file = list_file("x,y", ["189.9,-11.6"])
    mapping = propose(file).mapping
    assert mapping.roles == {}
    [asked] = questions(file, mapping)
    assert asked.answers == ((json.dumps(["x", "y"]), "x and y"),)
    assert len(check(file, answer(file, mapping, asked.key, asked.answers[0][0])).targets) == 1


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("frame", "ICRS", "'frame' is not open"), ("ra.unit", "parsec", "'parsec' is no answer; al")],
)
def test_answers_to_nothing(key, value, message):
    file = list_file("ra,dec", ["10,20"])
    with pytest.raises(InvalidInputError, match=message):
        answer(file, propose(file).mapping, key, value)
