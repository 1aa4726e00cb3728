"""Names: asked of Sesame, here one of our own on this machine."""

import html
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from astropy.coordinates.name_resolve import sesame_url
from django.core.cache import cache

from explorer import names
from explorer.names import ResolverUnreachableError, locate
from jobs.models import Job
from photometry_core.errors import InvalidInputError
from photometry_core.types import ProperMotion

ANSWERS = {
    "m 81": """# m 81\t#Q1
#=N=NED:    1     0ms (from cache)
%C.0 G
%J 148.888221 +69.065295 = 09 55 33.1 +69 03 55
%I.0 MESSIER   081
#====Done====
""",
    "twins": """# twins\t#Q2
#=S=Simbad:    2     0ms
%J 10.5 +20.25 = 00 42 00.0 +20 15 00
%I.0 Twin A
%J 10.6 +20.25 = 00 42 24.0 +20 15 00
%I.0 Twin B
#====Done====
""",
    "barnard": """# barnard\t#Q3
#=S=Simbad:    1     0ms
%@ 2131234
%I.0 NAME Barnard's star
%C.0 BY*
%J 269.45207696 +04.69336497 = 17:57:48.49 +04:41:36.11
%J.E [0.03 0.03 90] A 2020yCat.1350....0G
%P -801.551 +10362.394 [0.032 0.036 90] A 2020yCat.1350....0G
%X 546.9759 [0.0401] A 2020yCat.1350....0G
#====Done====
""",
    "portal": "<html><body>Please log in</body></html>",
    "zero": "#=S=Simbad:    1     0ms\n%J 0.0 -0.5 = 00 00 00 -00 30 00\n#====Done====\n",
}


@pytest.fixture
def sesame(settings):
    settings.SPHEREX_ARCHIVE = "/a/folder"
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            name = unquote(self.path.partition("?")[2])
            body = ANSWERS.get(name.casefold(), f"# {name}\n#! *** Nothing found ***\n").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    cache.clear()
    with sesame_url.set([f"http://127.0.0.1:{server.server_port}/sesame/"]):
        yield requests
    server.shutdown()
    thread.join()
    server.server_close()
    cache.clear()


def test_a_name_is_resolved_once(sesame):
    for text in ("M 81", "m  81"):
        found = locate(text)
    assert (found.name, found.ra_deg, found.dec_deg) == ("MESSIER 081", 148.888221, 69.065295)
    assert found.resolver == "NED"
    assert sesame == ["/sesame/NS?M%2081"]


def test_who_is_asked_first_can_be_chosen(sesame):
    locate("M 81", "simbad")
    locate("M 81", "ned")
    assert sesame == ["/sesame/SN?M%2081", "/sesame/NS?M%2081"]


def test_a_motion_is_read_and_offered_but_not_used(sesame, client, db):
    found = locate("barnard")
    assert found.name == "NAME Barnard's star"
    assert found.motion == ProperMotion(
        pm_ra_mas_yr=-801.551, pm_dec_mas_yr=10362.394, ref_epoch_yr=2000.0
    )
    page = client.get("/position", {"target": "barnard"}).content.decode()
    assert "Use its proper motion" in page
    assert 'data-pm-ra="-801.551" data-pm-dec="10362.394" data-ref-epoch="2000.0"' in page
    client.post("/", {"target": "barnard", "background_size": "15", "submission_key": "x" * 22})
    assert Job.objects.get().targets[0].motion is None


def test_several_objects_of_a_name_can_be_clicked(sesame, client, db):
    page = client.get("/position", {"target": "twins"}).content.decode()
    assert 'data-example="10.5 20.25 icrs"' in page
    assert 'data-example="10.6 20.25 icrs"' in page
    assert "Twin B" in page


def test_a_page_of_somebody_else_is_no_answer(sesame):
    with pytest.raises(ResolverUnreachableError, match="can't be reached"):
        locate("portal")


def test_zero_is_a_position_and_a_nameless_answer_keeps_the_name(sesame):
    found = locate("zero")
    assert (found.name, found.ra_deg, found.dec_deg) == ("zero", 0.0, -0.5)
    assert found.resolver == "Simbad"


def test_the_first_of_several_is_never_taken(sesame):
    with pytest.raises(InvalidInputError, match=r"several objects called 'twins': Twin A at 10\.5"):
        locate("twins")


def test_an_unknown_name_is_not_an_unreachable_resolver(sesame):
    with pytest.raises(InvalidInputError, match="Neither NED nor Simbad knows 'nobody'"):
        locate("nobody")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param("x'; drop table jobs--", "x%27%3B%20drop%20table%20jobs--", id="case_82_sql"),
        pytest.param("a' or '1'='1", "a%27%20or%20%271%27%3D%271", id="case_82_adql"),
        pytest.param('"&o=all#', "%22%26o%3Dall%23", id="case_82_address"),
    ],
)
def test_quotes_in_names_are_asked_for_as_they_are(sesame, client, db, name, sent):
    with pytest.raises(InvalidInputError, match="Neither NED nor Simbad knows"):
        locate(name)
    assert sesame == [f"/sesame/NS?{sent}"]
    page = html.unescape(client.get("/position", {"target": name}).content.decode())
    assert f"knows {name!r}" in page
    assert Job.objects.count() == 0


def test_a_resolver_that_can_not_be_reached_says_so_and_is_asked_again(sesame):
    nowhere = ["http://127.0.0.1:1/sesame/", "http://127.0.0.1:2/sesame/"]
    with (
        sesame_url.set(nowhere),
        pytest.raises(ResolverUnreachableError, match="can't be reached"),
    ):
        locate("M 81")
    assert locate("M 81").name == "MESSIER 081"


def test_the_second_mirror_answers_for_the_first(sesame):
    with sesame_url.set(["http://127.0.0.1:1/sesame/", *sesame_url.get()]):
        assert locate("M 81").name == "MESSIER 081"


def test_a_slow_resolver_is_not_waited_for(sesame, monkeypatch):
    assert names._TIMEOUT_SECONDS * len(sesame_url._value) <= 5.0


def test_the_page_says_that_the_resolver_is_away(sesame, client, db):
    with sesame_url.set(["http://127.0.0.1:1/sesame/"]):
        page = client.get("/position", {"target": "M 81"}).content.decode()
    assert "feedback-warning" in page
    assert "Type its coordinates, or try again in a minute." in page


def test_positions_need_no_resolver(sesame):
    locate("12.34 34.89")
    assert sesame == []
