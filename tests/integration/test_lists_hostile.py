"""Requests with lists that are wrong on purpose: too large, cut off, forged, of any bytes."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.views import uploads
from jobs.models import TargetList
from photometry_core.errors import ForeignFileError
from photometry_core.target_lists import limits
from tests.lists_of_targets import TABLE, long_table, opened, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists_read_here")]


def test_3_a_file_that_is_too_large_is_not_received(client, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1000)
    response = send(client, b"x" * 200_000)
    assert response.status_code == 413
    assert b"The file is larger than 0.001 MB." in response.content
    assert not response.wsgi_request.FILES
    assert send(client, b"x" * 2000).status_code == 422
    assert not TargetList.objects.exists()


def test_3_the_bound_of_the_upload_tab_is_its_own(client, monkeypatch):
    def refuse(**_):
        raise ForeignFileError("it came as far as this")

    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(uploads, "open_upload", refuse)
    response = client.post("/upload/", {"file": SimpleUploadedFile("x.csv", b"x" * 200_000)})
    assert b"it came as far as this" in response.content


@pytest.mark.parametrize("length", ["", "0", "10", "nonsense", "-1"])
def test_4_a_length_that_is_missing_or_wrong(client, length):
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("x.csv", TABLE)})
    response = client.generic(
        "POST", "/lists/", body, content_type=MULTIPART_CONTENT, CONTENT_LENGTH=length
    )
    assert response.status_code in (400, 422)
    assert not TargetList.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {f"field{n}": "x" for n in range(1000)},
        {f"file{n}": SimpleUploadedFile(f"{n}.csv", TABLE) for n in range(150)},
    ],
    ids=["5-fields", "5-files"],
)
def test_5_too_many_parts(client, fields):
    assert client.post("/lists/", fields).status_code == 400


def test_5_several_files_are_not_one(client):
    files = [SimpleUploadedFile("a.csv", TABLE), SimpleUploadedFile("b.csv", TABLE)]
    response = client.post("/lists/", {"file": files, "complete": "1"})
    assert response.status_code == 422
    assert b"2 lists were sent; allowed: one at a time." in response.content
    assert not TargetList.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/cron.d/x", "x"),
        ("C:\\windows\\x", "x"),
        ("a\u202ecsv.exe", "acsv.exe"),
        (".htaccess", ".htaccess"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("n" * 300 + ".csv", "n" * 200),
    ],
    ids=["12-path", "12-drive", "12-rtl", "12-dot", "12-tag", "12-long"],
)
def test_12_names_are_texts_and_no_paths(client, name, kept):
    target_list = opened(client, name=name)
    assert target_list.name == kept
    page = client.get(f"/?list={target_list.pk}").content.decode()
    assert "<img" not in page


@pytest.mark.parametrize("size", [10_000, 4_000_000], ids=["13-memory", "13-disk"])
def test_13_an_upload_that_is_cut_off_leaves_nothing(client, settings, tmp_path, size):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    rows = long_table(200) + b"\n" * size
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("x.csv", rows), "complete": "1"})
    response = client.generic(
        "POST", "/lists/", body[: len(body) - 300], content_type=MULTIPART_CONTENT
    )
    assert response.status_code == 422
    assert b"The list broke off on its way here. Send it again." in response.content
    assert not TargetList.objects.exists()
    response.wsgi_request.close()
    response.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_93_other_methods(client, method):
    target_list = opened(client)
    assert getattr(client, method)("/lists/").status_code == 405
    assert getattr(client, method)(f"/lists/{target_list.pk}/delete").status_code == 405
    assert client.get(f"/lists/{target_list.pk}/delete").status_code == 405
    assert client.head("/lists/").status_code == 200
    overridden = client.post("/lists/", {"_method": "DELETE"}, headers={"X-HTTP-Method": "PUT"})
    assert overridden.status_code == 422


def test_93_json_as_deep_as_it_may_be(client):
    deep = "[" * 100_000
    response = client.post("/lists/", deep, content_type="application/json")
    assert response.status_code == 422


def test_93_fields_as_arrays(client):
    response = client.post("/lists/", {"text[]": "a", "url[0]": "b", "complete": "1"})
    assert response.status_code == 422


def test_92_without_a_token_nothing_is_taken():
    strict = Client(enforce_csrf_checks=True)
    assert send(strict).status_code == 403
    page = strict.get("/?mode=multi").content.decode()
    token = re.search(r'id="list-file-form".*?value="([^"]+)"', page, re.DOTALL).group(1)
    response = send(strict, csrfmiddlewaretoken=token)
    assert response.status_code == 303


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=120).map(str.encode)),
    st.sampled_from(["file", "text", "url", "body"]),
)
def test_any_bytes_get_an_answer(client, content, how):
    if how == "body":
        response = client.generic("POST", "/lists/", content, content_type=MULTIPART_CONTENT)
    elif how == "file":
        response = send(client, content or b" ", name="x")
    else:
        text = content.decode("utf-8", "replace")
        response = client.post("/lists/", {how: text, "complete": "1"})
    assert response.status_code in (303, 400, 413, 422)
    if response.status_code == 303:
        assert client.get(response.url).status_code == 200
        TargetList.objects.all().delete()
