"""The table's requests: what they answer is what is in the product, and nothing gets past them."""

import base64
import html
import json
import re
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import folders
from jobs.visitors import new_visitor
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

MOST_SECONDS = 2.0
RECIPE = 'MOD(FLOOR("flags" / POWER(2, 7)), 2) = 1'


@pytest.fixture
def ask(client):
    """Asks for something of a job's first target; returns the status and the JSON."""

    def ask(job, endpoint="table", view=None, **body):
        response = client.post(
            f"/jobs/{job.pk}/targets/0/{endpoint}",
            json.dumps({"view": view or {}, **body}),
            content_type="application/json",
        )
        return response.status_code, json.loads(response.content)

    return ask


def unpacked(packed):
    return np.frombuffer(base64.b64decode(packed["data"]), packed["dtype"]).tolist()


def rows_of(fragment):
    """Return the rows of the fragment: their numbers, and the texts of their cells by column."""
    columns = re.findall(r'<th scope="col" data-column="([^"]*)"', fragment)
    found = {}
    for row, cells in re.findall(r'<tr data-row="(\d+)"[^>]*>(.*?)</tr>', fragment, re.DOTALL):
        texts = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", cells, re.DOTALL)
        texts = [html.unescape(re.sub(r"<[^>]*>", "", text)).strip() for text in texts]
        found[int(row)] = dict(zip(columns, texts, strict=True))
    return found


def product(job):
    return pq.read_table(folders.published(job.pk) / "0.parquet").to_pydict()


def test_pages_are_the_product_row_by_row(ask, complete):
    job = complete(made_spectrum(230, 3))
    saved = product(job)
    names = list(saved)
    seen = []
    for page, count in ((0, 100), (1, 100), (2, 33)):
        status, answer = ask(job, view={"columns": names}, page=page)
        assert (status, answer["page"], answer["n_pages"]) == (200, page, 3)
        rows = rows_of(answer["html"])
        assert len(rows) == count
        for row, texts in rows.items():
            seen.append(row)
            for name in names:
                check_cell(saved[name][row], texts[name], name)
    assert seen == list(range(233))


def check_cell(value, text, name):
    """Compare a value of the file with its text on the page."""
    shown = text.replace("\u2212", "-")
    if value is None:
        assert text == "\u2013no value", name
    elif isinstance(value, bool):
        assert text == ("yes" if value else "no")
    elif name == "flags":
        assert int(shown.split()[-1]) == value
    elif isinstance(value, int | str):
        assert shown == str(value)
    else:
        digits = len(shown.partition(".")[2]) if "e" not in shown else 6
        assert float(shown) == pytest.approx(value, abs=0.51 * 10.0**-digits, rel=1e-5), name


def test_the_full_value_is_in_the_title(ask, complete):
    job = complete(made_spectrum(5, 0))
    saved = product(job)
    _, answer = ask(job)
    titles = re.findall(r'<td title="([\u22120-9.e+-]+) \u00b5m">', answer["html"])
    assert [float(title) for title in titles[::2]] == saved["wavelength"]


def test_rows_and_strip_go_along_in_their_orders(ask, complete):
    job = complete(made_spectrum(230, 3))
    saved = product(job)
    view = {"sort": "flags", "descending": True, "strip_order": "time"}
    _, answer = ask(job, view=view, row=0)
    flags = np.array(saved["flags"])
    rows = unpacked(answer["rows"])
    assert rows == sorted(range(233), key=lambda row: (-flags[row], row))
    mjd = np.array(saved["mjd"])
    assert unpacked(answer["strip"]) == np.argsort(mjd, kind="stable").tolist()
    assert answer["page"] == rows.index(0) // 100
    assert 0 in rows_of(answer["html"])
    _, short = ask(job, view=view, page=1, rows=False)
    assert "rows" not in short
    assert list(rows_of(short["html"])) == rows[100:200]


def test_the_guides_filter_of_exposures_and_the_dichroic(ask, complete):
    job = complete(made_spectrum(230, 3))
    saved = product(job)
    view = {
        "filters": {"obs_publisher_did": {"text": "like '%D3%' or like '%D4%'"}},
        "derived": [{"name": "is_dichroic", "expression": RECIPE, "kind": "long"}],
    }
    _, answer = ask(job, view=view)
    wanted = [
        row for row, name in enumerate(saved["obs_publisher_did"]) if re.search("D[34]", name)
    ]
    assert unpacked(answer["rows"]) == wanted
    assert (answer["n_kept"], answer["n_rows"]) == (len(wanted), 233)
    for row, texts in rows_of(answer["html"]).items():
        assert texts["is_dichroic"] == str(saved["flags"][row] >> 7 & 1)
        assert ("DICHROIC" in texts["flags"]) == bool(saved["flags"][row] & 128)


def test_what_the_mask_hides_is_counted(ask, complete):
    job = complete(made_spectrum(230, 3))
    _, answer = ask(job, view={"mask": str(2**33), "filters": {"det_id": {"text": "< 6"}}})
    assert answer["n_before_mask"] - answer["n_kept"] == 3


def test_a_selected_row_that_is_not_shown_means_the_first_page(ask, complete):
    job = complete(made_spectrum(230, 3))
    _, answer = ask(job, view={"filters": {"flux": {"text": "is not null"}}}, row=232)
    assert (answer["page"], answer["n_kept"]) == (0, 230)
    assert ask(job, page=99)[1]["page"] == 2


@pytest.mark.parametrize("body", [{"page": -1}, {"page": "x"}, {"row": 1.5}, {"row": True}])
def test_pages_and_rows_are_numbers(ask, complete, body):
    status, answer = ask(complete(made_spectrum(5, 0)), **body)
    assert status == 400
    assert "allowed: a number from 0" in answer["error"]


def test_no_rows_are_a_table_without_rows(ask, complete):
    status, answer = ask(complete(made_spectrum(0, 0)))
    assert (status, answer["n_rows"], answer["n_pages"]) == (200, 0, 1)
    assert rows_of(answer["html"]) == {}


def test_statistics_are_those_of_the_shown_rows(ask, complete):
    job = complete(made_spectrum(230, 3))
    saved = product(job)
    status, answer = ask(job, "statistics", view={"filters": {"det_id": {"text": "= 3"}}})
    assert status == 200
    flux = [f for f, d in zip(saved["flux"], saved["det_id"], strict=True) if d == 3]
    flux = [value for value in flux if value is not None]
    line = re.search(r'<tr data-column="flux">(.*?)</tr>', answer["html"], re.DOTALL).group(1)
    texts = [text.replace("\u2212", "-") for text in re.findall(r"<td>([^<]*)</td>", line)]
    assert texts[0] == str(len(flux))
    assert float(texts[3]) == pytest.approx(min(flux), rel=1e-5)
    assert float(texts[5]) == pytest.approx(np.mean(flux), rel=1e-5)


def test_expressions_are_tried_before_they_are_added(ask, complete):
    job = complete(made_spectrum(230, 3))
    n_set = sum(value >> 7 & 1 for value in product(job)["flags"])
    derived = [{"name": "is_dichroic", "expression": RECIPE, "kind": "long"}]
    status, answer = ask(job, "check_expression", {"derived": derived}, name="is_dichroic")
    assert (status, answer["kind"], answer["n_true"]) == (200, "bool", n_set)
    assert answer["values"][0] == {"row": 0, "text": "0"}
    derived[0] |= {"expression": "flux / 0", "kind": "double"}
    _, answer = ask(job, "check_expression", {"derived": derived}, name="is_dichroic")
    assert (answer["n_null"], answer["values"][0]["text"]) == (233, None)
    for name in ("flux", "nothing", 3, None):
        status, answer = ask(job, "check_expression", {"derived": derived}, name=name)
        assert status == 400
        assert "allowed: that of an added column" in answer["error"]


def test_only_the_owner_is_answered(client, ask, complete):
    job = complete(made_spectrum(5, 0))
    assert ask(job)[0] == 200
    job.owner = new_visitor()
    job.save()
    for name in ("table", "statistics", "check_expression"):
        address = f"/jobs/{job.pk}/targets/0/{name}"
        body = json.dumps({"view": {}})
        assert client.post(address, body, content_type="application/json").status_code == 404
        assert client.get(address).status_code == 405


def test_texts_of_people_are_texts_on_the_page(ask, complete):
    nasty = "<script>alert(1)</script>"
    derived = [
        {
            "name": "a",
            "expression": f"'{nasty}'",
            "kind": "text",
            "description": nasty,
            "unit": "<b>",
        }
    ]
    _, answer = ask(complete(made_spectrum(3, 0)), view={"derived": derived})
    assert nasty not in answer["html"]
    assert html.escape(nasty) in answer["html"]
    assert "<b>" not in answer["html"]


HOSTILE = [
    {"filters": {"flux": {"text": "> (SELECT count(*) FROM read_csv('/etc/passwd'))"}}},
    {"filters": {"reason": {"text": "= read_text('/etc/passwd')"}}},
    {"sql": "COPY measurements TO '/tmp/spherex-copied.csv'"},
    {"sql": "true; COPY measurements TO '/tmp/spherex-copied.csv'"},
    {"sql": "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)"
            " SELECT max(n) FROM t) > 0"},
    {"sql": "length(repeat('a', 10000000000)) > 1"},
    {"sql": "(" * 1000},
    {"sql": "x" * 10_000_000},
    {"derived": [{"name": "a", "expression": "range(100000000000)", "kind": "text"}]},
    {"derived": [{"name": "a", "expression": "nullif(" * 60 + "flux" + ",1)" * 60}]},
    {"sort": "flux; DROP TABLE measurements"},
    {"filters": {"flux": {"text": "9" * 150_000}}},
    {"filters": {f"c{n}": {"text": "> 1"} for n in range(1000)}},
]  # fmt: skip


@pytest.mark.parametrize("view", HOSTILE, ids=lambda view: ascii(view)[:60])
def test_hostile_requests_get_a_sentence_in_time(ask, complete, view):
    job = complete(made_spectrum(200, 0))
    ask(job)
    start = time.perf_counter()
    status, answer = ask(job, view=view)
    assert time.perf_counter() - start < MOST_SECONDS
    assert status in (400, 413)
    assert len(answer["error"]) < 600
    assert not Path("/tmp/spherex-copied.csv").exists()
    assert ask(job)[0] == 200


@pytest.fixture
def some_job(complete):
    return complete(made_spectrum(20, 3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    column=st.sampled_from(["flux", "flags", "obs_publisher_did", "deep_flg"]),
    text=st.text(max_size=40),
    sql=st.text(max_size=40),
    expression=st.text(max_size=40),
)
def test_any_text_gets_rows_or_a_sentence(ask, some_job, column, text, sql, expression):
    views = [
        {"filters": {column: {"text": text}}},
        {"sql": sql},
        {"derived": [{"name": "a", "expression": expression, "kind": "text"}]},
    ]
    for view in views:
        status, answer = ask(some_job, view=view)
        assert status == 200 or (status == 400 and answer["error"])
