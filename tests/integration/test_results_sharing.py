"""Links for others: what they open, for whom, and when they end."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO

import numpy as np
import pytest
from astropy.table import Table
from django.core import signing
from django.test import Client
from django.urls import reverse

from explorer import sharing
from explorer.results.dataset import open_dataset
from explorer.results.snippets import needs_server, script_of
from explorer.results.view import parse_view
from jobs.models import Job
from jobs.phases import Phase
from photometry_core import flags
from tests.spectra import made_spectrum

pytestmark = pytest.mark.django_db

MASK = flags.CONTAINS_BAD_PIXEL | flags.FIT_ERROR


@pytest.fixture
def job(client, complete):
    return complete(made_spectrum(30, 2), title="shared survey")


def share_path(client, job, **fields):
    response = client.post(f"/jobs/{job.pk}/share", fields)
    assert response.status_code == 200
    return response.json()["path"]


def links(client, job, view=None, **body):
    response = client.post(
        f"/jobs/{job.pk}/targets/0/links",
        json.dumps({"view": view or {}, **body}),
        content_type="application/json",
    )
    assert response.status_code == 200, response.content
    return response.json()


def path_of(address):
    return address.removeprefix("http://testserver")


def test_a_link_lets_a_stranger_look_and_nothing_else(client, job):
    path = share_path(client, job)
    friend = Client()
    assert friend.get(f"/jobs/{job.pk}/results/").status_code == 404
    response = friend.get(f"{path}?target=0&row=4")
    assert response.url == f"/jobs/{job.pk}/results/?target=0&row=4"
    page = friend.get(response.url)
    assert page.status_code == 200
    assert b"shared with you, read-only" in page.content
    assert b"shared with you" not in client.get(response.url).content
    saved = friend.get(f"/jobs/{job.pk}/targets/0/spectrum")
    assert len(Table.read(BytesIO(saved.getvalue()))) == 32
    Job.objects.filter(pk=job.pk).update(phase=Phase.EXECUTING, ended=None)
    for address in ("cancel", "share", "share/revoke"):
        assert friend.post(f"/jobs/{job.pk}/{address}").status_code == 404
    assert Job.objects.get(pk=job.pk).phase == Phase.EXECUTING
    assert b"shared survey" not in friend.get("/jobs/").content
    assert friend.get("/", {"from": job.pk}).status_code == 404


def test_another_stranger_has_nothing_of_it(client, job):
    Client().get(share_path(client, job))
    assert Client().get(f"/jobs/{job.pk}/results/").status_code == 404


def test_the_owner_revokes_every_link(client, job):
    path = share_path(client, job)
    script = links(client, job, purpose="script")["curl"]
    address = path_of(re.search(r'"(http[^"]+)"', script)[1])
    friend = Client()
    friend.get(path)
    assert friend.get(f"/jobs/{job.pk}/results/").status_code == 200
    assert client.post(f"/jobs/{job.pk}/share/revoke").status_code == 200
    assert friend.get(f"/jobs/{job.pk}/results/").status_code == 404
    assert Client().get(path).status_code == 404
    response = Client().get(address)
    assert response.status_code == 404
    assert response.content.decode() == "This link was revoked by the owner of the job."
    assert client.get(f"/jobs/{job.pk}/results/").status_code == 200
    friend.get(share_path(client, job))
    assert friend.get(f"/jobs/{job.pk}/results/").status_code == 200


@pytest.mark.parametrize("token", ["x", "a:b:c", "W10:1abc:def"])
def test_links_that_nobody_made_are_nothing(token):
    assert Client().get(f"/shared/{token}/").status_code == 404
    assert Client().get(f"/files/{token}/s.vot").status_code == 404


def test_a_link_of_one_kind_is_none_of_another(client, job):
    token = sharing.share_token([job])
    assert Client().get(f"/files/{token}/s.vot").status_code == 404
    token, _ = sharing.file_token(job, 0, timedelta(minutes=1))
    assert Client().get(f"/shared/{token}/").status_code == 404


def test_a_changed_link_is_nothing(client, job):
    path = share_path(client, job)
    for place in (len("/shared/") + 2, len(path) - 3):
        letter = "A" if path[place] != "A" else "B"
        assert Client().get(path[:place] + letter + path[place + 1 :]).status_code == 404


def test_a_forged_cookie_opens_nothing(client, job):
    stranger = Client()
    stranger.cookies["shared"] = f"{job.pk}.0:forged:signature"
    assert stranger.get(f"/jobs/{job.pk}/results/").status_code == 404
    value = f"{job.pk}.0"
    stranger.cookies["shared"] = signing.TimestampSigner(salt="another").sign(value)
    assert stranger.get(f"/jobs/{job.pk}/results/").status_code == 404


def test_a_browser_keeps_the_latest_twenty(client, complete):
    jobs = [complete(made_spectrum(1, 0)) for _ in range(22)]
    friend = Client()
    for job in jobs:
        friend.get(share_path(client, job))
    found = [friend.get(f"/jobs/{job.pk}/results/").status_code for job in jobs]
    assert found == [404] * 2 + [200] * 20


def test_jobs_that_are_compared_are_opened_too_if_they_are_the_owners(client, job, complete):
    other = complete(made_spectrum(3, 0))
    foreign = Job.objects.create(
        owner="somebody else", title="x", phase=Phase.COMPLETED, archive="simulated",
        request=job.request, n_targets=1,
    )  # fmt: skip
    friend = Client()
    friend.get(share_path(client, job, also=[other.pk, foreign.pk]))
    assert friend.get(f"/jobs/{other.pk}/results/").status_code == 200
    assert friend.get(f"/jobs/{foreign.pk}/results/").status_code == 404


def test_a_link_for_programs_needs_no_cookie_and_ends(client, job, monkeypatch):
    found = links(client, job, {"mask": str(MASK)}, purpose="samp")
    path = path_of(found["address"])
    assert path.endswith("/M_81_J095533.17+690355.0_spherex_simulated_point.vot")
    left = datetime.fromisoformat(found["until"]) - datetime.now(UTC)
    assert timedelta(minutes=13) < left <= timedelta(minutes=15)
    response = Client().get(path)
    # All rows, in the order of their numbers: programs are told of a row by its number.
    assert len(Table.read(BytesIO(response.getvalue()))) == 32
    monkeypatch.setattr(sharing, "SAMP_LINK", timedelta(seconds=-1))
    token, until = sharing.file_token(job, 0, timedelta(seconds=-5))
    response = Client().get(reverse("linked_file", args=[token, "s.vot"]))
    assert response.status_code == 410
    assert f"This link worked until {until:%Y-%m-%d %H:%M} UTC." in response.content.decode()


def rows_of(table):
    return np.asarray(table["lvf_id"]).tolist()


@pytest.mark.parametrize(
    ("view", "by_server"),
    [
        ({}, False),
        ({"mask": str(MASK)}, False),
        ({"mask": str((1 << 62) | (1 << 40) | MASK)}, False),
        ({"mask": "128", "filters": {"flux": {"text": ">= 100 and < 1e3"}}}, False),
        ({"filters": {"flux": {"text": "< 0"}, "det_id": {"text": "!= 3"}}}, False),
        ({"filters": {"flux": {"text": "> 0.1", "unit": "mJy"}}}, True),
        ({"filters": {"obs_publisher_did": {"text": "like '%D3%'"}}}, True),
        ({"filters": {"det_id": {"text": "in (3, 4)"}}}, True),
        ({"filters": {"flux": {"text": "> 100 or < 0"}}}, True),
        ({"filters": {"snr": {"text": "> 10"}}}, True),
        ({"sql": "det_id = 3 or flux > 700", "mask": str(MASK)}, True),
        ({"x": "mjd", "channel": [3, 11]}, True),
    ],
)
def test_scripts_take_the_rows_that_the_page_shows(client, job, view, by_server, tmp_path):
    """The script itself runs, on a file instead of the network."""
    from explorer.results.saved_contents import shown_rows

    dataset, parsed = open_dataset(job, 0), parse_view(view)
    assert needs_server(dataset, parsed) is by_server
    found = links(client, job, view, purpose="script")
    address = re.search(r'LINK = "([^"]+)"', found["python"])[1]
    content = Client().get(path_of(address)).getvalue()
    (tmp_path / "s.vot").write_bytes(content)
    script = found["python"].replace(address, (tmp_path / "s.vot").as_uri())
    script += "\nprint(spectrum['lvf_id'].tolist())\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = dataset.table.column("lvf_id").take(shown_rows(dataset, parsed)).to_pylist()
    assert json.loads(done.stdout.splitlines()[-1]) == expected
    assert f"{len(expected)} of 32 rows" in found["python"]


def test_a_hostile_name_ends_no_comment_of_a_script(client, job):
    dataset = open_dataset(job, 0)
    hostile = "x\nimport os\r\u2028print(1)"
    object.__setattr__(dataset, "target", {**dataset.target, "name": hostile})
    script = script_of(dataset, parse_view({}), "http://x/", "s.vot", datetime.now(UTC), 1).python
    code = [line for line in script.splitlines() if not line.startswith("#")]
    assert "import os" not in code
    assert not any("print(1)" in line for line in code)


def test_filters_that_are_too_long_for_a_link_are_refused_in_words(client, job):
    letters = np.random.default_rng(5).permutation(
        list("abcdefghijklmnopqrstuvwxyz0123456789" * 50)
    )
    view = {"filters": {"reason": {"text": f"like '{''.join(letters)}'"}}}
    for name in ("model", "data_collection", "obs_publisher_did"):
        view["filters"][name] = {"text": f"like '{''.join(letters[::-1])}{name}'"}
        letters = np.random.default_rng(len(name)).permutation(letters)
    response = client.post(
        f"/jobs/{job.pk}/targets/0/links",
        json.dumps({"view": view, "purpose": "script"}),
        content_type="application/json",
    )
    assert response.status_code == 400
    assert "too long for a link" in response.json()["error"]
