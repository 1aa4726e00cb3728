"""Lists without names of columns keep the names of their targets."""

import pytest

from photometry_core.target_lists.checks import check
from photometry_core.target_lists.proposals import propose
from photometry_core.target_lists.reading import read_list

_SPLIT = {
    "integers": ("M31 200.1 1.5\nM33 201 2", ["M31", "M33"], (201, 2)),
    "blank in one name": ("NGC1068 40.67 -0.01\nM 31 200.1 1.5", ["NGC1068", "M 31"], (200.1, 1.5)),
    "one line": ("M 31 200.1 1.5", ["M 31"], (200.1, 1.5)),
    "with names of columns": (
        "name ra dec\nM 31 200.1 1.5\nNGC1068 201 2", ["M 31", "NGC1068"], (201, 2),
    ),
    "colons": ("M31 00:42:44 +41:16:09\nM 33 01:33:51 +30:39:37", ["M31", "M 33"], None),
    "hours": ("M 31 0h42m44s +41d16m09s", ["M 31"], None),
    "six numbers": ("M31 00 42 44.3 +41 16 09\nM 33 01 33 50.9 +30 39 37", ["M31", "M 33"], None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "names", "last"), _SPLIT.values(), ids=_SPLIT)
@pytest.mark.parametrize("name", ["", "stars.txt"], ids=["pasted", "file"])
def test_a_name_and_two_coordinates_between_blanks(text, names, last, name):
    file = read_list(text.encode(), name)
    rows = check(file, propose(file).mapping).rows
    assert [row.name for row in rows] == names
    assert [row.status for row in rows] == ["good"] * len(names)
    if last:
        assert (rows[-1].target.ra_deg, rows[-1].target.dec_deg) == last


@pytest.mark.parametrize(
    "text",
    [
        "NGC 1068 12\nNGC 4151 13",
        "NGC 205 12\nM31 200.1 1.5",
        "M31 200.1 1.5\nNGC 205 12",
        "M31 200.1 1.5\nNGC 1068 12",
        "M31 200.1 1.5\nM 33",
        "Abell 37 12\nMCG 5 23 16",
        "PSR 1257 +12\nPSR 0531 +21",
        "Vega 279.2 38.8 0.03\nM 31 10.68 41.27 3.4",
        "M 31 400.5 1.5",
    ],
)
def test_what_may_be_a_name_stays_one(text):
    file = read_list(text.encode(), "")
    assert [row.unresolved for row in check(file, propose(file).mapping).rows] == text.split("\n")


@pytest.mark.parametrize("separator", [", ", "\t", " | ", "; "])
@pytest.mark.parametrize("place", ["210.684708{}41.268750", "14:02:44.3{}+41:16:09"])
def test_the_column_of_texts_is_the_name_where_columns_have_none(separator, place):
    file = read_list(f"M 31{separator}{place.format(separator)}".encode(), "")
    proposal = propose(file)
    [row] = check(file, proposal.mapping).rows
    assert (row.name, row.status) == ("M 31", "good")
    [candidate] = proposal.candidates["name"]
    assert candidate.score < 0.5
    assert candidate.reasons == ("the only column of texts",)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("M31,Sb,210.6,41.2\nM33,Sb,23.4,30.6", "column 1"),
        ("M31,Sb,210.6,41.2\nM33,Sc,23.4,30.6", ""),
        ("1,210.6,41.2\n2,23.4,30.6", ""),
    ],
)
def test_of_several_columns_of_texts_only_a_distinct_one_is_proposed(text, column):
    assert propose(read_list(text.encode(), "a.csv")).mapping.choice("name").column == column


def test_named_columns_of_texts_are_no_names_of_targets():
    file = read_list(b"type,ra,dec\nSb,210.6,41.2", "a.csv")
    assert propose(file).mapping.choice("name").column == ""
