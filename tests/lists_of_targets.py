"""Lists of targets as visitors send them, and what pages say of them."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile

from jobs.models import TargetList

TABLE = b"name,ra,dec\nM 81,148.88822,69.06529\nM 82,148.96846,69.67970\n"
KEY = "k" * 22


def send(client, content=TABLE, name="stars.csv", htmx=False, **fields):
    sent = {"file": SimpleUploadedFile(name, content), **fields, "complete": "1"}
    return client.post("/lists/", sent, headers={"HX-Request": "true"} if htmx else {})


def opened(client, content=TABLE, name="stars.csv") -> TargetList:
    response = send(client, content, name)
    assert response.status_code == 303, response.content.decode()
    target_list = TargetList.objects.get(pk=response.url.partition("=")[2])
    assert response.url == f"/?list={target_list.pk}"
    return target_list


def long_table(n_rows, n_bad=0):
    rows = (
        f"star {row},{30 + row / 2},{'?' if row < n_bad else row / 100}" for row in range(n_rows)
    )
    return "\n".join(["name,ra,dec", *rows]).encode()


def chain_table(n_rows, step_arcsec):
    """A line of stars along a meridian, each so far from the next."""
    rows = (f"star {row},30,{row * step_arcsec / 3600:.8f}" for row in range(n_rows))
    return "\n".join(["name,ra,dec", *rows]).encode()


def submit(client, target_list, **fields):
    return client.post(
        "/",
        {
            "mode": "multi",
            "list": target_list.pk,
            "background_size": "15",
            "submission_key": KEY,
            **fields,
        },
    )


def words_of(response):
    """Return what a page says, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())
