"""What is said of a list, in words that fit one as well as many."""

import pytest

from photometry_core.target_lists.checks import check
from photometry_core.target_lists.contents import ListFile
from photometry_core.target_lists.proposals import answer, propose, questions
from photometry_core.target_lists.reading import read_list
from tests.target_tables import list_file, list_table


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("Ecliptic", "from ecliptic longitude and ecliptic latitude to ICRS."),
        ("Galactic", "from Galactic l and b to ICRS."),
    ],
)
def test_the_frame_of_converted_positions_is_said_once(frame, words):
    file = list_file("lon,lat", ["200.5,10"])
    mapping = answer(file, propose(file).mapping, "frame", frame)
    assert check(file, mapping).notes == (f"Positions were converted {words}",)


def test_tables_and_swapped_rows_are_counted():
    tables = (list_table("ra,dec", ["1,2"]), list_table("ra,dec", ["1,2", "3,4"]))
    file = ListFile(name="a.vot", format="VOTable", tables=tables)
    [asked, *_] = questions(file, propose(file).mapping)
    assert [words for _, words in asked.answers] == ["a.csv (1 row)", "a.csv (2 rows)"]
    swapped = list_file("ra_deg,dec_deg", ["1,100"])
    assert check(swapped, propose(swapped).mapping).notes == (
        "RA and Dec seem to be swapped: Dec is above 90 degrees in 1 row.",
    )
    ragged = read_list(b"ra,dec\n1,2\n3\n", "a.csv")
    assert ragged.tables[0].broken == {1: "Line 3 has 1 cell, and the table has 2 columns"}


EPOCHS = {
    "a date among years": (["2016.0"] * 3 + ["2016-01-01"], "Julian year", [3]),
    "a year among dates": (["2016-01-01"] * 3 + ["2016.0"], "ISO date", [3]),
    "a date among MJD": (["57388.5"] * 3 + ["2016-01-01"], "MJD", [3]),
    "dates": (["2016-01-01"] * 2, "", []),
    "years": (["2016.0", "J2016.0"], "", []),
}


@pytest.mark.parametrize(("epochs", "words", "warned"), EPOCHS.values(), ids=EPOCHS)
def test_dates_and_years_are_told_apart_in_each_cell(epochs, words, warned):
    rows = [f"{10 * i + 100},1,100,50,{epoch}" for i, epoch in enumerate(epochs)]
    file = list_file("ra,dec,pmra,pmdec,epoch", rows)
    mapping = propose(file).mapping
    assert questions(file, mapping) == []
    found = check(file, mapping).rows
    assert all(row.target.motion.ref_epoch_yr == pytest.approx(2016, abs=2e-3) for row in found)
    assert [row.index for row in found if row.problems] == warned
    for row in warned:
        [problem] = found[row].problems
        assert f"{epochs[row]} among epochs of the form {words}: read as" in problem.message
