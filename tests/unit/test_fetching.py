"""Addresses that visitors give: what is fetched, and what is never connected to."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest

from explorer import fetching
from explorer.fetching import FetchError, fetch, is_public

TABLE = b"ra,dec\n1,2\n"
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBpDCCAUqgAwIBAgIUSnyY5osp7L9OHiaVpM14UD3nEkMwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOdGFibGVzLmV4YW1wbGUwIBcNMjYxMTIwMTk0MTU0WhgPMjEy
NjEwMjcxOTQxNTRaMBkxFzAVBgNVBAMMDnRhYmxlcy5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEZ5KZfBUGG+bsAvgGazkVZifPhghD2C8GTKGrb+As
LQwkGb21D0ZcKOq5HNfmOK03nekVzutTlMHXFshGLgJAKaNuMGwwHQYDVR0OBBYE
FBaPePfFoaSJChXjKyOOJEHY+JKqMB8GA1UdIwQYMBaAFBaPePfFoaSJChXjKyOO
JEHY+JKqMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOdGFibGVzLmV4YW1w
bGUwCgYIKoZIzj0EAwIDSAAwRQIgOsJGpimKG64CSJgJ/h5PxBI6soHjkAuGD3U7
cfRLa+cCIQDNc0zM+AW3801mKWzAG8IGy4e/P1xox5HTN9DC7hZT0Q==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9kjthfiw2BxjrBCm
g8oDh2+4VIfO+gMog7jzM3MZgQKhRANCAARnkpl8FQYb5uwC+AZrORVmJ8+GCEPY
LwZMoatv4CwtDCQZvbUPRlwo6rkc1+Y4rTed6RXO61OUwdcWyEYuAkAp
-----END PRIVATE KEY-----
"""
"""Of tables.example for a hundred years, signed by itself, and its key."""


@contextmanager
def serving(answer, context=None):
    """Serve on a port of this machine: `answer` gets a connection and the head of the request."""
    heads = []

    def work():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    if context is not None:
                        connection = context.wrap_socket(connection, server_side=True)
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(65536) or b"\r\n\r\n"
                    heads.append(head.decode())
                    answer(connection, head.decode())
                except OSError:
                    pass
                finally:
                    connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heads
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def answering(*lines, body=TABLE):
    head = "\r\n".join(("HTTP/1.1 200 OK", *lines) if "HTTP" not in "".join(lines[:1]) else lines)
    return lambda connection, _: connection.sendall(head.encode() + b"\r\n\r\n" + body)


@pytest.fixture
def lead(monkeypatch):
    """Has names lead to a server of this machine; returns what was looked up."""
    asked = []

    def lead(port, scheme="http"):
        monkeypatch.setattr(fetching, "_PORTS", {"http": 80, "https": 443, scheme: port})
        monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")

        def resolve(host, port):
            asked.append(host)
            return ["127.0.0.1"] if host.endswith(".example") else ["10.0.0.1"]

        monkeypatch.setattr(fetching, "_resolve", resolve)
        return asked

    return lead


@pytest.fixture
def no_connection(monkeypatch):
    def connect(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket.socket, "connect", connect)


class TestAnswers:
    def test_a_file_and_its_name(self, lead):
        with serving(answering(f"Content-Length: {len(TABLE)}")) as (port, heads):
            asked = lead(port)
            fetched = fetch(" http://lists.example/a%20b/st%C3%A4rs.csv?x=1%20 ")
        assert (fetched.name, fetched.content) == ("stärs.csv", TABLE)
        assert asked == ["lists.example"]
        [head] = heads
        assert head.startswith(
            "GET /a%20b/st%C3%A4rs.csv?x=1%20 HTTP/1.1\r\nHost: lists.example\r\n"
        )
        assert "Accept-Encoding: identity" in head
        for word in ("Cookie", "Authorization", "Referer"):
            assert word not in head

    def test_the_host_is_the_name_of_what_has_none(self, lead):
        with serving(answering()) as (port, _):
            lead(port)
            assert fetch("http://lists.example").name == "lists.example"

    def test_pieces_are_put_together(self, lead):
        body = b"4\r\nra,d\r\n7\r\nec\n1,2\n\r\n0\r\n\r\n"
        with serving(answering("Transfer-Encoding: chunked", body=body)) as (port, _):
            lead(port)
            assert fetch("http://lists.example/").content == TABLE

    def test_redirects_are_followed_to_another_host(self, lead):
        def answer(connection, head):
            if "Host: old.example" in head:
                answering("HTTP/1.1 302 Found", "Location: //new.example/b.csv")(connection, head)
            else:
                answering()(connection, head)

        with serving(answer) as (port, _):
            asked = lead(port)
            assert fetch("http://old.example/a.csv").name == "b.csv"
        assert asked == ["old.example", "new.example"]

    @pytest.mark.parametrize(
        ("lines", "body", "words"),
        [
            (["HTTP/1.1 404 Not Found"], b"", "answers 404 Not Found"),
            (["HTTP/1.1 799 <b>"], b"", "answers 799."),
            (["HTTP/1.1 302 Found"], b"", "answers 302 Found"),
            (["Content-Encoding: gzip"], b"\x1f\x8b", "in a packed form that was not asked for"),
            (["Content-Length: 10000001"], b"x", "too large; allowed: at most 10 MB"),
            (["Content-Length: 99"], TABLE, "broke off before the file was complete"),
            (["Transfer-Encoding: chunked"], b"ff\r\nra", "broke off before"),
            (["Transfer-Encoding: chunked"], b"f" * 100_000, "broke off before"),
            (["HTTP/1.1 302 Found", "Location: /again"], b"", "redirects more than 3 times"),
            (["HTTP/1.1 302 Found", "Location: file:///etc/passwd"], b"", "begins with 'file'"),
            (["HTTP/1.1 302 Found", "Location: http://127.0.0.1/"], b"", "not a host of the"),
            (["HTTP/1.1 302 Found", "Location: http://localhost/"], b"", "not a host of the"),
            (["HTTP/1.1 302 Found", "Location: http://inside.org/"], b"", "not a host of the"),
            (["HTTP/1.1 302 Found", "Location: http://a.example:22/"], b"", "Port 22 is not asked"),
            (["HTTP/1.1 302 Found", "Location: http://a b.example/"], b"", "blanks or control"),
            (["HTTP/nonsense"], b"", "broke off before"),
        ],
    )  # fmt: skip
    def test_what_is_not_a_file_is_said_in_words(self, lead, lines, body, words):
        with serving(answering(*lines, body=body)) as (port, _):
            lead(port)
            with pytest.raises(FetchError, match=words):
                fetch("http://lists.example/a.csv")

    def test_bytes_are_counted_whatever_is_told(self, lead, monkeypatch):
        monkeypatch.setattr(fetching, "MAX_FILE_BYTES", 100_000)
        with serving(answering(body=b"x" * 200_000)) as (port, _):
            lead(port)
            with pytest.raises(FetchError, match="too large"):
                fetch("http://lists.example/a.csv")

    @pytest.mark.parametrize("where", ["head", "body", "chunk"])
    def test_the_time_is_over_even_if_bytes_trickle_in(self, lead, monkeypatch, where):
        monkeypatch.setattr(fetching, "SECONDS", 0.5)

        def answer(connection, _):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            if where != "head":
                chunked = b"Transfer-Encoding: chunked\r\n" if where == "chunk" else b""
                connection.sendall(chunked + b"\r\n")
            while True:
                connection.sendall(b"1")
                time.sleep(0.05)

        with serving(answer) as (port, _):
            lead(port)
            began = time.monotonic()
            with pytest.raises(FetchError, match=r"did not send the file within 0.5 s"):
                fetch("http://lists.example/a.csv")
            # Generous: the bound is there so that it ends at all.
            assert time.monotonic() - began < 10

    def test_a_resolver_that_does_not_answer(self, lead, monkeypatch):
        lead(1)
        monkeypatch.setattr(fetching, "SECONDS", 0.2)
        monkeypatch.setattr(fetching, "_resolve", lambda *_: time.sleep(2))
        with pytest.raises(FetchError, match="did not send the file"):
            fetch("http://lists.example/a.csv")

    def test_a_host_that_does_not_listen_or_does_not_exist(self, lead, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        lead(port)
        with pytest.raises(FetchError, match="can't be reached"):
            fetch("http://lists.example/a.csv")

        def unknown(*_):
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(fetching, "_resolve", unknown)
        with pytest.raises(FetchError, match=r"There is no host lists\.example"):
            fetch("http://lists.example/a.csv")

    def test_only_so_many_at_once(self, monkeypatch):
        monkeypatch.setattr(fetching, "_AT_ONCE", threading.BoundedSemaphore(1))
        with fetching._AT_ONCE, pytest.raises(FetchError, match="fetching other lists"):
            fetch("http://lists.example/a.csv")


class TestCertificates:
    @pytest.fixture
    def certified(self, tmp_path, monkeypatch):
        """A server's context for tables.example, and the names that it was asked for."""
        (tmp_path / "tables.pem").write_text(CERTIFICATE)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "tables.pem")
        names = []
        server.sni_callback = lambda _, name, __: names.append(name)
        trusting = ssl.create_default_context(cadata=CERTIFICATE.partition("-----BEGIN P")[0])
        return server, names, lambda: monkeypatch.setattr(fetching, "_context", lambda: trusting)

    def test_the_host_has_to_prove_its_name(self, lead, certified):
        server, names, trust = certified
        with serving(answering(), server) as (port, heads):
            lead(port, "https")
            with pytest.raises(FetchError, match=r"certificate of tables.example is not valid"):
                fetch("https://tables.example/a.csv")
            trust()
            assert fetch("https://tables.example/a.csv").content == TABLE
            with pytest.raises(FetchError, match=r"certificate of others.example is not valid"):
                fetch("https://others.example/a.csv")
        assert names == ["tables.example", "tables.example", "others.example"]
        assert len(heads) == 1

    def test_it_is_not_led_away_from_encryption(self, lead, certified):
        server, _, trust = certified
        trust()
        answer = answering("HTTP/1.1 302 Found", "Location: http://tables.example/a.csv")
        with serving(answer, server) as (port, _):
            lead(port, "https")
            with pytest.raises(FetchError, match="from https to http, which is not followed"):
                fetch("https://tables.example/a.csv")


@pytest.mark.usefixtures("no_connection")
class TestNeverAsked:
    @pytest.mark.parametrize(
        ("address", "words"),
        [
            ("http://127.0.0.1/x", "not a host of the public internet"),
            ("http://127.0.0.1:8000/x", "Port 8000 is not asked"),
            ("https://169.254.169.254/latest/meta-data", "not a host of the public internet"),
            ("http://[::1]/", "not a host of the public internet"),
            ("http://[::ffff:127.0.0.1]/", "not a host of the public internet"),
            ("http://[64:ff9b::7f00:1]/", "not a host of the public internet"),
            ("http://[fe80::1%25eth0]/", "is not the name of a host"),
            ("http://0x7f.1/", "'0x7f.1' is not an address of a host"),
            ("http://2130706433/", "'2130706433' is not an address of a host"),
            ("http://127.1/", "'127.1' is not an address of a host"),
            ("http://0177.0.0.1/", "'0177.0.0.1' is not an address of a host"),
            ("http://\uff11\uff12\uff17.0.0.1/", "not a host of the public internet"),
            ("http://localhost/x", "'localhost' is not a host of the public internet"),
            ("http://LocalHost./x", "'localhost' is not a host of the public internet"),
            ("http://db.localhost/", "is not a host of the public internet"),
            ("http://metadata.google.internal/", "is not a host of the public internet"),
            ("http://intranet/", "is not a host of the public internet"),
            ("http://10.1.2.3/", "not a host of the public internet"),
            ("http://192.168.0.1/", "not a host of the public internet"),
            ("http://100.64.0.1/", "not a host of the public internet"),
            ("http://0.0.0.0/", "not a host of the public internet"),
            ("http://224.0.0.1/", "not a host of the public internet"),
            ("file:///etc/passwd", "begins with 'file'; allowed: https:// and http://"),
            ("ftp://example.org/a.csv", "begins with 'ftp'"),
            ("gopher://example.org/", "begins with 'gopher'"),
            ("example.org/a.csv", "begins with 'no scheme'"),
            ("javascript:alert(1)", "begins with 'javascript'"),
            ("http://me:secret@example.org/", "has a user name or a password"),
            ("http://example.org@127.0.0.1/", "has a user name or a password"),
            ("http://example.org:22/", "Port 22 is not asked"),
            ("http://example.org:99999/", "not an address of a file"),
            ("http://example.org/a b", "blanks or control characters"),
            ("http://example.org/a\r\nHost: b", "blanks or control characters"),
            ("http://", "is not the name of a host"),
            ("http://exa%6dple.org/", "is not the name of a host"),
            ("http://" + "a" * 2000, "characters; allowed: at most 2000"),
            ("http://[::1", "not an address of a file"),
            ("http://" + "a" * 80 + ".org/", "is not the name of a host"),
            ("http://..", "is not the name of a host"),
        ],
    )  # fmt: skip
    def test_addresses_that_are_refused(self, address, words):
        with pytest.raises(FetchError) as caught:
            fetch(address)
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "found", [["10.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["fd00::1"], ["2002:7f00:1::"]]
    )
    def test_names_that_lead_inside(self, monkeypatch, found):
        monkeypatch.setattr(fetching, "_resolve", lambda *_: found)
        with pytest.raises(FetchError, match="not a host of the public internet"):
            fetch("http://harmless.example.org/a.csv")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("::", False),
        ("::7f00:1", False),
        ("ff02::1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("198.18.0.1", False),
        ("2001:0:1::1", False),
        ("169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address, expected):
    assert is_public(address) is expected
