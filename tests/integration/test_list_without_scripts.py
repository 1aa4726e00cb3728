"""The columns and rows of a list in a browser without scripts: all of it is in the page."""

import re

import pytest

from explorer.list_rows import PAGE_SIZE
from tests.lists_of_targets import long_table, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists_read_here")]


def test_a_question_and_one_value_are_answered_on_the_whole_page(client):
    target_list = opened(client, b"id,ra,dec\na,5.5,10\nb,23.9,-20\n")
    page = client.get(f"/?list={target_list.pk}").content.decode()
    (question,) = re.findall(
        r'formaction="([^"]+)" name="(answer:ra.unit)" value="(hourangle)"', page
    )
    response = client.post(question[0], {question[1]: question[2], "model": "sersic"})
    assert response.url == f"/?list={target_list.pk}"
    values = {"pm_ra.source": "constant", "pm_ra.constant": ""}
    response = client.post(f"/lists/{target_list.pk}/mapping", values)
    page = client.get(response.url).content.decode()
    assert 'name="pm_ra.constant"' in page
    assert 'name="pm_dec.constant"' not in page
    # Nothing else can give a galaxy its shape here.
    assert 'name="sersic_index.constant"' in page
    assert "RA: ra (hours)" in page


def test_the_page_has_the_columns_and_the_rows(client):
    table = long_table(120).replace(b"31.0,0.02", b"31.0,about two")
    bad = opened(client, table)
    page = client.get(f"/?list={bad.pk}").content.decode()
    assert page.count('<tr data-row="') == PAGE_SIZE
    assert "RA: ra (degrees)" in page
    (following,) = re.findall(r'data-turn="1" href="([^"]+)"', page)
    page = client.get(following.replace("&amp;", "&").partition("#")[0]).content.decode()
    assert page.count('<tr data-row="') == 20
    (errors,) = re.findall(r'href="([^"]+)">With errors \(1\)<', page)
    page = client.get(errors.replace("&amp;", "&").partition("#")[0]).content.decode()
    assert page.count('<tr data-row="') == 1
    (out,) = re.findall(
        r'form="rows-form" formaction="([^"]+)" name="action" value="leave_out"', page
    )
    response = client.post(out, {"action": "leave_out", "show": "error", "page": "0"})
    assert response.url == f"/?list={bad.pk}&show=error&page=0#rows"
    bad.refresh_from_db()
    assert bad.left_out == [2]
    # Of a view that does not exist the usual one is shown.
    assert client.get(f"/?list={bad.pk}&show=nonsense&page=-1").status_code == 200
