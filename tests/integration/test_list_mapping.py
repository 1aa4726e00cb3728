"""The columns of a list on the start page: what is asked, chosen, and made of them."""

import pytest
from django.test import Client

from jobs.target_lists import checked, mapping_of
from photometry_core.target_lists.contents import ListColumn, ListFile, ListTable
from tests import lists_of_targets
from tests.target_files import MRT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists_read_here")]

LIST = "name,ra,dec,other\n" + "".join(f"star {i},{100 + i},{-5 + i},x\n" for i in range(9))


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def opened(client):
    return lambda text=LIST: lists_of_targets.opened(client, text.encode())


def address(target_list, what):
    return f"/lists/{target_list.pk}/{what}"


def change(client, target_list, what, **values):
    response = client.post(address(target_list, what), values)
    target_list.refresh_from_db()
    return response


def rows_of(client, target_list):
    return client.get(address(target_list, "rows")).content.decode()


def test_the_columns_are_shown_in_one_line_if_all_is_certain(client, opened):
    page = client.get(address(opened(), "mapping")).content.decode()
    assert "RA: ra (degrees), Dec: dec (degrees), Name: name; ICRS" in page
    assert "data-asks" not in page
    assert page.count("100.000000 -5.000000") == 1
    assert "UCD" not in page
    assert "Sérsic index" not in page


def test_another_column_is_taken_and_told(client, opened):
    target_list = opened()
    response = change(client, target_list, "mapping", **{"name.column": "other"})
    assert response.status_code == 303
    assert mapping_of(target_list).choice("name").column == "other"
    headers = {"X-Requested-With": "fetch"}
    values = {"model": "sersic", "frame": "Galactic"}
    page = client.post(address(target_list, "mapping"), values, headers=headers).content.decode()
    assert "Galactic l" in page
    assert "Sérsic index n" in page
    assert "your choice" in page


def test_one_value_for_all_rows(client, opened):
    target_list = opened()
    headers = {"X-Requested-With": "fetch"}
    values = {"model": "sersic", "effective_radius.source": "constant"}
    page = client.post(address(target_list, "mapping"), values, headers=headers).content.decode()
    assert 'name="effective_radius.constant"' in page
    assert "Allowed: above 0, to 20 arcsec" in page
    # The page asks anew when rows were changed, before there is a value.
    sources = {"effective_radius.shown": "constant"}
    page = client.get(address(target_list, "mapping"), sources).content.decode()
    assert 'name="effective_radius.constant"' in page
    values = {"effective_radius.constant": "4", "effective_radius.unit": "arcsec"}
    change(client, target_list, "mapping", **values)
    choice = mapping_of(target_list).choice("effective_radius")
    assert (choice.column, choice.constant, choice.unit) == ("", "4", "arcsec")
    assert checked(target_list).rows[5].cells["effective_radius"] == "4"


HOURS = "id,ra,dec\na,5.5,10\nb,23.9,-20\n"


def test_what_is_asked_is_answered_on_the_page(client, opened):
    target_list = opened(HOURS)
    page = client.get(address(target_list, "mapping")).content.decode()
    assert "is it in hours?" in page
    assert 'name="answer:ra.unit"' in page
    assert "data-asks" in page
    rows = rows_of(client, target_list)
    assert "No row is read before this is answered" in rows
    assert 'data-errors="0"' in rows
    refused = change(client, target_list, "rows", action="leave_out_bad")
    assert refused.status_code == 422
    assert "To be answered first" in refused.content.decode()
    wrong = change(client, target_list, "mapping", **{"answer:ra.unit": "parsec"})
    assert wrong.status_code == 422
    change(client, target_list, "mapping", **{"answer:ra.unit": "hourangle"})
    page = client.get(address(target_list, "mapping")).content.decode()
    assert "RA: ra (hours)" in page
    assert "data-asks" not in page
    assert "82.500000 +10.000000" in page
    assert 'data-summary="2 good"' in rows_of(client, target_list)
    closed = change(client, target_list, "mapping", **{"answer:ra.unit": "deg"})
    assert "is not open" in closed.content.decode()


def test_columns_that_make_one_value_together(client, opened):
    text = "id,RAh,RAm,RAs,DE-,DEd,DEm,DEs\na,02,42,40.71,-,00,00,47.8\n"
    target_list = opened(text)
    page = client.get(address(target_list, "mapping")).content.decode()
    assert "RAh + RAm + RAs" in page
    assert "40.669625 -0.013278" in page
    joined = mapping_of(target_list).choice("ra").column
    change(client, target_list, "mapping", **{"ra.column": joined, "ra.source": "column"})
    assert mapping_of(target_list).choice("ra").column == joined
    page = client.get(address(opened(MRT.decode()), "mapping")).content.decode()
    assert "RAh + RAm + RAs" in page
    assert "40.669625 -0.013278" in page
    assert "data-asks" not in page


def table(name, *rows):
    columns = tuple(ListColumn(name=column) for column in ("name", "ra", "dec"))
    lines = tuple(range(2, len(rows) + 2))
    return ListTable(name=name, columns=columns, rows=rows, lines=lines)


def test_another_table_has_other_rows(client, opened, monkeypatch):
    tables = (
        table("bright", ("a", "200", "1"), ("b", "201", "2")),
        table("faint", ("c", "98", "3")),
    )
    file = ListFile(name="two.fits", format="FITS", tables=tables)
    monkeypatch.setattr("jobs.target_lists.read_list_isolated", lambda *_: file)
    target_list = opened()
    change(client, target_list, "rows/0", action="leave_out")
    page = client.get(address(target_list, "mapping")).content.decode()
    assert "faint, 1 row<" in page
    change(client, target_list, "mapping", table="1")
    assert target_list.left_out == []
    assert mapping_of(target_list).table == 1
    assert 'data-summary="1 good"' in rows_of(client, target_list)
    assert change(client, target_list, "mapping", table="2").status_code == 422


def test_29_of_a_list_without_names_of_columns_one_can_say_that_it_has_them(client, opened):
    target_list = opened("210,20,star a\n211,-5,star b\n212,7,star c\n")
    page = client.get(address(target_list, "mapping")).content.decode()
    assert 'name="header" id="map-header"' in page
    assert '<option value="none" selected>a target' in page
    assert "unsure</span>" in page
    assert "data-asks" in page
    assert [row.name for row in checked(target_list).rows] == ["star a", "star b", "star c"]
    # The page sends every field, and nothing changes by that.
    values = {"header": "none", "name.column": "", "frame": "ICRS"}
    change(client, target_list, "mapping", **values)
    assert mapping_of(target_list).choice("name").column == ""
    change(client, target_list, "mapping", header="names")
    assert mapping_of(target_list).header is True
    assert [row.line for row in checked(target_list).rows] == [2, 3]
    change(client, target_list, "mapping", header="none")
    assert len(checked(target_list).targets) == 3
    alone = opened("210,20,star a\n")
    assert "map-header" not in client.get(address(alone, "mapping")).content.decode()


def test_a_part_of_a_shape_is_asked_about_and_the_missing_parameter_is_typed(client, opened):
    text = "name,ra,dec,n,q,pa\na,100,5,4,0.5,30.5\nb,101,6,2,0.6,31\n"
    target_list = opened(text)
    page = client.get(address(target_list, "mapping")).content.decode()
    assert "not found: effective radius. What are the targets?" in page
    headers = {"X-Requested-With": "fetch"}
    answer = {"answer:model": "sersic", "model": "point"}
    response = client.post(address(target_list, "mapping"), answer, headers=headers)
    page = response.content.decode()
    assert "No column seems to be the effective radius" in page
    assert 'name="effective_radius.constant"' in page
    assert 'name="axis_ratio.constant"' not in page
    assert "your choice" not in page
    # A column can be chosen all the same.
    as_column = {"effective_radius.source": "column"}
    response = client.post(address(target_list, "mapping"), as_column, headers=headers)
    assert 'name="effective_radius.column"' in response.content.decode()
    values = {"effective_radius.source": "constant", "effective_radius.constant": "3"}
    change(client, target_list, "mapping", **values, **{"effective_radius.unit": "arcsec"})
    assert [row.target.profile.effective_radius_arcsec for row in checked(target_list).rows] == [
        3, 3,
    ]  # fmt: skip
    # Once it is said that they are stars, it is not asked again.
    stars = opened(text.replace("100", "120"))
    change(client, stars, "mapping", model="sersic")
    assert mapping_of(stars).choice("axis_ratio").column == "q"
    change(client, stars, "mapping", model="point")
    assert len(checked(stars).targets) == 2
