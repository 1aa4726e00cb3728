"""What was said of one list holds for the next with the same columns, and nothing else does."""

from dataclasses import replace

import pytest

from photometry_core.target_lists.checks import check
from photometry_core.target_lists.mapping import Choice
from photometry_core.target_lists.proposals import answer, propose, questions
from photometry_core.target_lists.remembered import recalled, taken_over
from tests.target_tables import list_file

DEGREES = list_file("name,ra,dec", ["a,200.5,41.5"])
SMALL = list_file("name,ra,dec", ["a,9.93,41.5"])
TINY = list_file("name,ra,dec", ["a,3.1,0.5", "b,6.1,1.2"])
SEXAGESIMAL = list_file("name,ra,dec", ["a,12:39:59.43,-11:37:23.0"])
PLAIN = (DEGREES, SMALL, TINY, SEXAGESIMAL)


def proposed(file):
    return propose(file).mapping


def answered(file, key, value):
    return answer(file, proposed(file), key, value)


def keys(file, mapping):
    return [question.key for question in questions(file, mapping)]


@pytest.mark.parametrize("earlier", PLAIN, ids=["deg", "small", "tiny", "sexagesimal"])
@pytest.mark.parametrize("new", PLAIN, ids=["deg", "small", "tiny", "sexagesimal"])
def test_what_nobody_said_is_not_remembered(earlier, new):
    found = recalled(new, proposed(new), [(earlier, proposed(earlier))])
    assert found.mapping == proposed(new)
    assert found.sources == ()
    assert keys(new, found.mapping) == (["ra.unit"] if new in (SMALL, TINY) else [])


@pytest.mark.parametrize("unit", ["deg", "hourangle"])
def test_an_answer_holds_where_the_same_question_comes_up(unit):
    said = answered(SMALL, "ra.unit", unit)
    alike = list_file("name,ra,dec", ["c,23.9,-60.1"])
    found = recalled(alike, proposed(alike), [(SMALL, said)])
    assert found.mapping.choice("ra").unit == unit
    assert found.mapping.choice("dec").unit == "deg"
    assert (found.sources, keys(alike, found.mapping)) == ((0,), [])
    assert taken_over(proposed(alike), found.mapping) == ("unit of RA",)
    # Neither where the values leave no choice, nor where radians are another possibility.
    for other in (DEGREES, SEXAGESIMAL, TINY):
        assert recalled(other, proposed(other), [(SMALL, said)]).mapping == proposed(other)


def test_radians_are_asked_again_unless_they_were_possible_before():
    said = answered(TINY, "ra.unit", "rad")
    again = list_file("name,ra,dec", ["c,2.5,-1.1"])
    assert recalled(again, proposed(again), [(TINY, said)]).mapping.choice("ra").unit == "rad"
    for other in (SMALL, DEGREES):
        assert recalled(other, proposed(other), [(TINY, said)]).mapping == proposed(other)


def test_an_answer_is_found_behind_lists_that_did_not_need_it():
    said = answered(SMALL, "ra.unit", "hourangle")
    earlier = [(DEGREES, proposed(DEGREES)), (SMALL, said)]
    found = recalled(SMALL, proposed(SMALL), earlier)
    assert (found.mapping.choice("ra").unit, found.sources) == ("hourangle", (1,))
    named = said.with_choice("name", Choice(constant="all"))
    found = recalled(SMALL, proposed(SMALL), [(DEGREES, proposed(DEGREES)), (SMALL, named)])
    # What was chosen there was not chosen in the last one any more.
    assert found.mapping.choice("name") == Choice(column="name")


def test_a_unit_that_was_chosen_against_the_header_holds_if_the_values_allow_it():
    file = list_file("ra_deg,dec_deg", ["9.9,41.5"])
    said = proposed(file).with_choice("ra", Choice(column="ra_deg", unit="hourangle"))
    assert recalled(file, proposed(file), [(file, said)]).mapping.choice("ra").unit == "hourangle"
    far = list_file("ra_deg,dec_deg", ["200.5,41.5"])
    assert recalled(far, proposed(far), [(file, said)]).mapping == proposed(far)


def test_columns_constants_and_switches_are_remembered_with_the_units_of_the_new_file():
    header = "name,other,ra,dec,ra2,dec2,n,q,pa"
    first = list_file(header, ["a,b,200.5,1.5,200.4,1.6,4,0.5,30"])
    said = proposed(first).with_choice("name", Choice(column="other"))
    said = said.with_choice("ra", Choice(column="ra2", unit="deg"))
    said = said.with_choice("dec", Choice(column="dec2", unit="deg"))
    radius = Choice(constant="4", unit="arcmin")
    said = replace(said.with_choice("effective_radius", radius), model="sersic")
    second = list_file(header, ["a,b,9.5,1.7,9.4,1.8,4,0.5,30"])
    found = recalled(second, proposed(second), [(first, said)]).mapping
    assert found.choice("name").column == "other"
    assert found.choice("ra") == Choice(column="ra2")
    assert found.choice("effective_radius") == radius
    assert found.model == "sersic"
    assert "ra.unit" in keys(second, found)
    words = taken_over(proposed(second), found)
    assert {"name", "RA", "Dec", "the effective radius", "shape of the targets"} <= set(words)


def test_a_role_that_was_taken_away_stays_away():
    said = replace(proposed(DEGREES), roles={
        role: choice for role, choice in proposed(DEGREES).roles.items() if role != "name"
    })  # fmt: skip
    found = recalled(DEGREES, proposed(DEGREES), [(DEGREES, said)]).mapping
    assert "name" not in found.roles
    assert taken_over(proposed(DEGREES), found) == ("name",)


def test_a_frame_is_remembered_and_units_are_those_that_it_has():
    said = replace(proposed(DEGREES), frame="Galactic", answered=("frame",))
    found = recalled(SMALL, proposed(SMALL), [(DEGREES, said)]).mapping
    assert (found.frame, found.choice("ra").unit) == ("Galactic", "deg")
    assert taken_over(proposed(SMALL), found) == ("frame",)
    # Sexagesimal numbers are decided upon in each file.
    assert recalled(SEXAGESIMAL, proposed(SEXAGESIMAL), [(DEGREES, said)]).mapping == (
        proposed(SEXAGESIMAL)
    )
    old = replace(proposed(DEGREES), frame="B1950", answered=("frame",))
    found = recalled(SEXAGESIMAL, proposed(SEXAGESIMAL), [(DEGREES, old)]).mapping
    assert (found.frame, found.choice("ra").unit) == ("B1950", "sexagesimal")


def test_a_frame_that_was_asked_for_is_not_asked_for_again():
    file = list_file("lon,lat", ["200.5,41.5"])
    said = answered(file, "frame", "Ecliptic")
    again = list_file("lon,lat", ["100.5,1.5"])
    found = recalled(again, proposed(again), [(file, said)]).mapping
    assert (found.frame, keys(again, found)) == ("Ecliptic", [])


def test_pairs_that_tie_are_remembered_and_those_that_did_not_tie_before_are_asked():
    header = "ra1,dec1,ra2,dec2"
    tied = list_file(header, ["200.5,1.5,200.4,1.6"])
    pair = questions(tied, proposed(tied))[0].answers[1][0]
    said = answered(tied, "position.pair", pair)
    found = recalled(tied, proposed(tied), [(tied, said)]).mapping
    assert (found.choice("ra").column, keys(tied, found)) == ("ra2", [])
    same = list_file(header, ["200.5,1.5,200.5,1.5"])
    assert keys(tied, recalled(tied, proposed(tied), [(same, proposed(same))]).mapping) == [
        "position.pair"
    ]


def test_conventions_of_shapes_are_remembered_if_the_values_allow_them():
    header = "ra,dec,sersic_n,ar,pa,re_arcsec"
    first = list_file(header, ["200.5,1.5,4,0.4,30.5,5"])
    said = answered(first, "axis_ratio.kind", "1-b/a")
    again = list_file(header, ["100.5,1.5,4,0.3,31.5,5"])
    found = recalled(again, proposed(again), [(first, said)]).mapping
    assert found.choice("axis_ratio").kind == "1-b/a"
    assert check(again, found).targets[0].profile.axis_ratio == pytest.approx(0.7)
    large = list_file(header, ["100.5,1.5,4,2.5,31.5,5"])
    assert keys(large, recalled(large, proposed(large), [(first, said)]).mapping) == [
        "axis_ratio.kind"
    ]


@pytest.mark.parametrize("by_question", [True, False])
def test_decimal_commas_are_remembered_where_there_are_some(by_question):
    first = list_file("ra,dec", [("200,5", "1,5")])
    said = (
        answered(first, "decimal_comma", "yes")
        if by_question
        else replace(proposed(first), decimal_comma=True)
    )
    again = list_file("ra,dec", [("100,5", "2,5")])
    found = recalled(again, proposed(again), [(first, said)]).mapping
    assert (found.decimal_comma, taken_over(proposed(again), found)) == (True, ("decimal comma",))
    points = list_file("ra,dec", ["100.5,2.5"])
    assert recalled(points, proposed(points), [(first, said)]).mapping == proposed(points)


def test_the_frame_of_constants_is_asked_for_too():
    file = list_file("lon,lat", ["200.5,41.5"])
    mapping = proposed(file).with_choice("ra", Choice(constant="200.5", unit="deg"))
    [asked] = questions(file, mapping)
    assert asked.text == "In which frame are 200.5 and lat?"
    assert check(file, mapping).targets == []
