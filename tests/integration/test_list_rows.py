"""The rows of a list on the start page: shown, changed, reported, looked up."""

import csv
import io
import json
import re

import pytest
from django.test import Client

from explorer import list_names, list_rows
from explorer.names import Located, ResolverUnreachableError
from explorer.views import list_rows as views
from jobs.models import TargetList
from jobs.target_lists import edits_of, open_list
from photometry_core.errors import InvalidInputError
from photometry_core.target_lists.checks import CellProblem, CheckedList, CheckedRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists_read_here")]

ROWS = "\n".join(f"star {i},{100 + i / 100},{-5 + i / 1000}" for i in range(120))
LIST = f"name,ra,dec,other\n{ROWS}\n".replace("\n", ",x\n").replace("other,x", "other")
BAD_ROW = 2


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def opened(client):
    """Opens a list of the visitor behind the client."""
    visitor = client.get("/jobs/").wsgi_request.visitor

    def opened(text=LIST, name="stars.csv"):
        pieces = [text.encode()]
        return open_list(owner=visitor, file_name=name, source="file", pieces=pieces)

    return opened


@pytest.fixture
def bad(opened):
    """A list whose third row has no right ascension."""
    return opened(LIST.replace("100.02,", "about a hundred,"))


def address(target_list, what):
    return f"/lists/{target_list.pk}/{what}"


def change(client, target_list, what, **values):
    headers = {"X-Requested-With": "fetch"}
    response = client.post(address(target_list, what), values, headers=headers)
    target_list.refresh_from_db()
    return response


def rows_of(client, target_list, **values):
    response = client.get(address(target_list, "rows"), values)
    assert response.status_code == 200
    return response.content.decode()


def test_a_page_of_rows_with_their_counts(client, opened):
    target_list = opened()
    page = rows_of(client, target_list)
    assert page.count("data-row=") == list_rows.PAGE_SIZE
    assert 'data-summary="120 good"' in page
    assert "1\u2013100 of 120" in page
    assert 'data-row="100"' in rows_of(client, target_list, page=1)
    assert 'data-row="119"' in rows_of(client, target_list, page=77)


def test_a_row_is_found_on_its_page_and_by_its_name(client, opened):
    target_list = opened()
    assert 'data-page="1"' in rows_of(client, target_list, select=110)
    found = rows_of(client, target_list, find="STAR 11")
    assert [f'data-row="{i}"' in found for i in (1, 11, 110, 119)] == [False, True, True, True]
    assert "No row has \u201c&lt;b&gt;\u201d" in rows_of(client, target_list, find="<b>")


def test_a_bad_cell_is_shown_fixed_and_put_back(client, bad):
    page = rows_of(client, bad, show="error")
    assert page.count("data-row=") == 1
    assert "cell-error" in page
    assert "119 good, 1 with errors" in page
    response = change(client, bad, "rows/2", action="correct", role="ra", text=" 100.02 ")
    assert bad.corrections == {"2": {"ra": "100.02"}}
    assert "120 good" in response.content.decode()
    undo = response.content.decode().split('data-undo="')[1].split('"')[0].replace("&quot;", '"')
    assert json.loads(undo) == {"row": 2, "role": "ra", "action": "restore"}
    change(client, bad, "rows/2", action="restore", role="ra")
    assert bad.corrections == {}


def test_rows_are_left_out_and_taken_back(client, bad):
    change(client, bad, "rows", action="leave_out_bad")
    assert bad.left_out == [BAD_ROW]
    change(client, bad, "rows/7", action="leave_out")
    assert bad.left_out == [BAD_ROW, 7]
    page = rows_of(client, bad, show="left out")
    assert page.count("data-row=") == 2
    assert "2 left out" in page
    change(client, bad, "rows", action="take_back", rows="2,7")
    assert bad.left_out == []


def test_what_is_wrong_stands_below_the_row_across_all_columns(client, bad):
    page = rows_of(client, bad, show="error")
    head, row, why = re.findall("<tr.*?</tr>", page, re.DOTALL)
    (width,) = re.findall(r'colspan="(\d+)"', why)
    assert int(width) == len(re.findall("<th ", head)) == len(re.findall("<t[dh] ", row))
    assert "about a hundred" in why
    assert "rows-why" not in rows_of(client, bad, find="star 7")


def test_shapes_are_shown_converted_if_they_were_written_otherwise(client, opened):
    as_shown = "name,ra,dec,n,b/a,PA,Re_arcsec\na,150,2,4,0.5,20,3\n"
    assert "Shape" not in rows_of(client, opened(as_shown))
    page = rows_of(
        client, opened(as_shown.replace("Re_arcsec", "Re_arcmin").replace(",3\n", ",.1\n"))
    )
    assert ">Shape<" in page
    assert "Re 6" in page


def test_names_that_nobody_could_look_up_are_left_out_at_once(client, opened):
    target_list = opened("object,mag\nM 81,7\n10.5 -3.2,8\nM 82,9\n")
    assert 'data-unresolved="2"' in rows_of(client, target_list)
    page = change(client, target_list, "rows", action="leave_out_unresolved").content.decode()
    assert 'data-unresolved="0"' in page
    assert target_list.left_out == [0, 2]


def votable_of(*tables):
    """A VOTable whose tables have the positions that are given."""
    fields = "".join(
        f'<FIELD name="{name}" datatype="double" unit="deg" ucd="pos.eq.{name};meta.main"/>'
        for name in ("ra", "dec")
    )
    rows = (
        "".join(f"<TR><TD>{ra}</TD><TD>{dec}</TD></TR>" for ra, dec in table) for table in tables
    )
    inside = "".join(
        f"<TABLE>{fields}<DATA><TABLEDATA>{one}</TABLEDATA></DATA></TABLE>" for one in rows
    )
    return (
        '<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        f"<RESOURCE>{inside}</RESOURCE></VOTABLE>"
    )


def test_what_was_fixed_is_there_again_when_its_table_is(client, opened):
    text = votable_of([(10.0, 1.0), (20.0, 2.0), (30.0, 3.0)], [(40.0, 4.0), (50.0, 5.0)])
    target_list = opened(text, "two.vot")
    change(client, target_list, "mapping", **{"name.source": "constant", "name.constant": "mine"})
    change(client, target_list, "rows/1", action="correct", role="ra", text="21")
    change(client, target_list, "rows/2", action="leave_out")
    first = target_list.mapping

    change(client, target_list, "mapping", table="1")
    assert target_list.corrections == {}
    assert target_list.left_out == []
    assert "2 good" in rows_of(client, target_list)
    change(client, target_list, "rows/0", action="leave_out")

    change(client, target_list, "mapping", table="0")
    # Choosing the table is an answer to the question which one it is.
    assert target_list.mapping == first | {"answered": ["table"]}
    assert target_list.corrections == {"1": {"ra": "21"}}
    assert target_list.left_out == [2]
    change(client, target_list, "mapping", table="1")
    assert target_list.left_out == [0]


def test_the_map_hears_where_the_rows_are(client, bad):
    found = client.get(address(bad, "positions")).json()
    assert found["list"] == {
        "id": bad.pk,
        "name": "stars.csv",
        "rows": 120,
        "good": 119,
        "errors": 1,
        "warnings": 0,
        "left_out": 0,
        "unresolved": 0,
    }
    assert len(found["rows"]) == 119
    first = {"row": 0, "name": "star 0", "ra": 100.0, "dec": -5.0, "status": "good"}
    assert found["rows"][0] == first


@pytest.fixture
def check_with(monkeypatch):
    """Has every list checked by another function."""

    def check_with(check):
        for module in (list_rows, list_names, views):
            monkeypatch.setattr(module, "checked", check)

    return check_with


def problem(value, message, suggestion="", *, is_error=True, role="name"):
    return CellProblem(
        role=role,
        column="Name",
        value=value,
        message=message,
        is_error=is_error,
        suggestion=suggestion,
    )


@pytest.fixture
def checks(check_with):
    """Makes every list consist of the rows that are given."""

    def checks(*rows, notes=()):
        check_with(lambda _: CheckedList(rows=rows, notes=notes))

    return checks


def test_the_error_report_runs_no_formula(client, opened, checks):
    problems = (
        problem('=HYPERLINK("x")', "-1 is no name", "@home"),
        problem("-1.5", "a number", "+2e3", is_error=False),
    )
    checks(CheckedRow(index=0, line=2, cells={}, problems=problems))
    response = client.get(address(opened(), "report"))
    assert "attachment" in response["Content-Disposition"]
    assert list(csv.reader(io.StringIO(response.content.decode()))) == [
        ["row", "line", "column", "value", "kind", "problem", "suggestion"],
        ["1", "2", "Name", '\'=HYPERLINK("x")', "error", "'-1 is no name", "'@home"],
        ["1", "2", "Name", "-1.5", "warning", "a number", "+2e3"],
    ]


def test_problems_suggestions_and_notes_are_shown_as_texts(client, opened, checks):
    row = CheckedRow(
        index=4,
        line=6,
        cells={"name": "<i>M</i>", "ra": "-10", "dec": "2"},
        problems=(problem("-10", "<b>RA</b> is below 0", "350", role="ra"),),
    )
    checks(row, notes=("RA and <u>Dec</u> seem swapped",))
    page = rows_of(client, opened())
    assert 'data-suggestion="350"' in page
    assert not any(tag in page for tag in ("<i>M", "<b>RA", "<u>Dec"))
    assert page.count("&lt;b&gt;RA&lt;/b&gt; is below 0") == 2


def test_names_are_looked_up_a_few_at_a_time_each_once(client, opened, check_with, monkeypatch):
    target_list = opened()
    asked = []

    def check(target_list):
        located = edits_of(target_list).located
        names = [f"M {i // 2}" for i in range(26)]
        return CheckedList(
            rows=tuple(
                CheckedRow(index=i, line=i, cells={}, unresolved="" if name in located else name)
                for i, name in enumerate(names)
            )
        )

    def locate(name):
        asked.append(name)
        if name == "M 3":
            raise InvalidInputError("nobody knows 'M 3'")
        if name == "M 11" and len(asked) < 13:
            raise ResolverUnreachableError("The name resolver can't be reached.")
        return Located(name=name, ra_deg=1.0, dec_deg=2.0)

    check_with(check)
    monkeypatch.setattr(list_names, "locate", locate)
    answers = [client.post(address(target_list, "resolve")).json() for _ in range(3)]
    assert answers[0] == {"done": 10, "left": 3, "failure": ""}
    assert answers[1] == {
        "done": 11,
        "left": 2,
        "failure": "The name resolver can't be reached.",
    }
    assert answers[2] == {"done": 13, "left": 0, "failure": ""}
    assert asked == [f"M {i}" for i in range(12)] + ["M 11", "M 12"]
    target_list.refresh_from_db()
    assert target_list.located["M 3"] == "nobody knows 'M 3'"
    assert target_list.located["M 12"] == [1.0, 2.0]


def test_what_is_fixed_while_names_are_looked_up_is_kept(client, opened, check_with, monkeypatch):
    target_list = opened()
    row = CheckedRow(index=0, line=2, cells={}, unresolved="M 1")
    check_with(lambda _: CheckedList(rows=(row,)))

    def locate(name):
        change(client, target_list, "rows/0", action="correct", role="name", text="mine")
        return Located(name=name, ra_deg=1.0, dec_deg=2.0)

    monkeypatch.setattr(list_names, "locate", locate)
    change(client, target_list, "resolve")
    assert target_list.corrections == {"0": {"name": "mine"}}
    assert target_list.located == {"M 1": [1.0, 2.0]}


TAMPERED = [
    ("mapping", {"ra.column": "nothing"}, "no column 'nothing'"),
    ("mapping", {"orbit.column": "ra"}, "no field of a mapping"),
    ("mapping", {"ra.colour": "ra"}, "no field of a mapping"),
    ("mapping", {"ra.unit": "furlong"}, "ra.unit: 'furlong' given"),
    ("mapping", {"ra.source": "thin air"}, "allowed: column, constant"),
    ("mapping", {"axis_ratio.kind": "c/d"}, "axis_ratio.kind"),
    ("mapping", {"frame": "Atlantis"}, "frame: 'Atlantis' given"),
    ("mapping", {"model": "spiral"}, "allowed: point, sersic"),
    ("mapping", {"table": "-1"}, "table: '-1' given"),
    ("mapping", {"header": "perhaps"}, "header: 'perhaps' given"),
    ("mapping", {"decimal_comma": "perhaps"}, "decimal_comma"),
    ("mapping", {"pm_ra.source": "constant", "pm_ra.constant": "1\x00"}, "can't be printed"),
    ("mapping", {"pm_ra.source": "constant", "pm_ra.constant": "1" * 5000}, "5,000 characters"),
    ("rows/120", {"action": "leave_out"}, "no row 120"),
    ("rows/99999999999999999999", {"action": "leave_out"}, "no row 99999"),
    ("rows/1", {"action": "explode"}, "action: 'explode' given"),
    ("rows/1", {"action": "correct", "role": "orbit"}, "role: 'orbit' given"),
    ("rows/1", {"action": "correct", "role": "ra", "text": "1" * 5000}, "5,000 characters"),
    ("rows/1", {"action": "correct", "role": "ra", "text": "1\x1b2"}, "can't be printed"),
    ("rows", {"action": "take_back", "rows": "1,two"}, "rows: 'two' given"),
    ("rows", {"action": "take_back", "rows": "500"}, "no row 500"),
    ("rows", {"action": "sort"}, "action: 'sort' given"),
]


@pytest.mark.parametrize(("what", "values", "words"), TAMPERED)
def test_tampered_fields_are_refused_in_words(client, opened, what, values, words):
    target_list = opened()
    before = TargetList.objects.values().get(pk=target_list.pk)
    response = client.post(address(target_list, what), values)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert TargetList.objects.values().get(pk=target_list.pk) == before


@pytest.mark.parametrize(
    "query", [{"show": "none"}, {"page": "-1"}, {"page": "\u0663"}, {"select": "1e3"}]
)
def test_views_that_do_not_exist_are_refused(client, opened, query):
    assert client.get(address(opened(), "rows"), query).status_code == 422


def test_ten_megabytes_are_too_much(client, opened):
    target_list = opened()
    values = {"action": "correct", "role": "ra", "text": "1" * 10_000_000}
    for what in ("rows/1", "mapping"):
        response = client.post(
            address(target_list, what), values, content_type="application/x-www-form-urlencoded"
        )
        assert response.status_code == 400
    body = "text=" + "1" * 10_000_000
    response = client.post(
        address(target_list, "rows/1"), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 400
    target_list.refresh_from_db()
    assert target_list.corrections == {}


@pytest.mark.parametrize("what", ["mapping", "rows", "rows/1", "resolve"])
def test_a_stranger_changes_nothing(opened, what):
    target_list = opened()
    values = {"action": "leave_out", "rows": "1", "name.column": "other"}
    assert Client().post(address(target_list, what), values).status_code == 404
    before = target_list.mapping, target_list.left_out
    target_list.refresh_from_db()
    assert (target_list.mapping, target_list.left_out) == before


def test_a_form_without_its_token_changes_nothing(opened):
    target_list = opened()
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(address(target_list, "rows/1"), {"action": "leave_out"}).status_code == 403
