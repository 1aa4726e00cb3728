"""Tables from addresses that visitors give: fetched without reaching into our own network.

A visitor makes this server ask another one. So nothing but public addresses is connected to, and
each is checked after its name was resolved, at every redirect anew; sizes and times are bounded.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from jobs.services import SOFTWARE
from photometry_core.errors import InvalidInputError
from photometry_core.foreign_tables.contents import clean_text
from photometry_core.target_lists.limits import MAX_FILE_BYTES

MAX_ADDRESS_LENGTH = 2000
MAX_REDIRECTS = 3
SECONDS = 20.0
"""For everything together, from the first name to the last byte."""
_CONNECT_SECONDS = 6.0
_AT_ONCE = threading.BoundedSemaphore(3)
"""Each fetch keeps a thread of the web server busy."""
_PIECE_BYTES = 65_536
_PORTS = {"http": 80, "https": 443}
_HOSTS_WITHIN = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "corp", "onion")
"""Last labels of names that are not of the public internet."""
_WRAPPED_NETWORKS = tuple(
    map(
        ipaddress.IPv6Network,
        ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
    )
)
"""IPv6 addresses that have an IPv4 address in them, and lead to it."""
_REDIRECTS = (301, 302, 303, 307, 308)


class FetchError(InvalidInputError):
    """An address can't be fetched; the message says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered.

    Parameters
    ----------
    name
        The last part of the address, to be shown.
    content
        The bytes.
    """

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request goes: parts of an address that passed the checks."""

    scheme: str
    host: str
    port: int
    path: str


def fetch(address: str) -> Fetched:
    """Fetch a file from an address on the public internet.

    Parameters
    ----------
    address
        Such as ``https://example.org/stars.csv``.

    Raises
    ------
    FetchError
        The address is none that may be asked, or its server does not answer as it should.
    """
    if not _AT_ONCE.acquire(blocking=False):
        raise FetchError("The site is fetching other lists at the moment. Try again in a minute.")
    try:
        return _fetch(address.strip(), time.monotonic() + SECONDS)
    finally:
        _AT_ONCE.release()


def _fetch(address: str, end: float) -> Fetched:
    for _ in range(MAX_REDIRECTS + 1):
        place = _place(address)
        answer = _ask(place, end)
        if isinstance(answer, bytes):
            name = clean_text(unquote(urlsplit(address).path.rsplit("/", 1)[-1]), 200)
            return Fetched(name or place.host, answer)
        target = urljoin(address, answer)
        if place.scheme == "https" and urlsplit(target).scheme == "http":
            raise FetchError(f"{place.host} redirects from https to http, which is not followed.")
        address = target
    raise FetchError(f"The address redirects more than {MAX_REDIRECTS} times.")


def _place(address: str) -> _Place:
    """Return where an address leads, if that may be asked."""
    if len(address) > MAX_ADDRESS_LENGTH:
        raise FetchError(
            f"The address has {len(address)} characters; allowed: at most {MAX_ADDRESS_LENGTH}."
        )
    if any(character.isspace() or not character.isprintable() for character in address):
        raise FetchError("The address has blanks or control characters in it.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise FetchError("This is not an address of a file on the web.") from error
    if parts.scheme not in _PORTS:
        raise FetchError(
            f"The address begins with {clean_text(parts.scheme, 20) or 'no scheme'!r}; "
            "allowed: https:// and http://."
        )
    if parts.username is not None or parts.password is not None:
        raise FetchError("The address has a user name or a password in it, which are not sent on.")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in _PORTS.values():
        raise FetchError(f"Port {port} is not asked; allowed: 443 (https) and 80 (http).")
    return _Place(parts.scheme, _host(parts), port, _path(parts))


def _host(parts: SplitResult) -> str:
    """Return the name of the host in ASCII, if it may be one of the public internet."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host and "%" not in host:
        return host
    try:
        host = host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise FetchError(f"{clean_text(host, 80)!r} is not the name of a host.") from error
    labels = host.split(".")
    if not all(label.replace("-", "").replace("_", "").isalnum() for label in labels):
        raise FetchError(f"{clean_text(host, 80)!r} is not the name of a host.")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        # Other spellings of numbers (0x7f.1, 2130706433) are understood by some and not by others.
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            raise FetchError(f"{clean_text(host, 80)!r} is not an address of a host.") from error
    elif len(labels) < 2 or any(host.endswith(f".{name}") for name in _HOSTS_WITHIN):
        raise FetchError(f"{clean_text(host, 80)!r} is not a host of the public internet.")
    return host


def _path(parts: SplitResult) -> str:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # What is not ASCII goes out as UTF-8, as browsers send it; what is quoted stays.
    return "".join(
        character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in path
    )


def is_public(address: str) -> bool:
    """Whether a numerical address is one of the public internet, and nothing behind it is not."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    if number.version == 6 and any(number in network for network in _WRAPPED_NETWORKS):
        return False
    return number.is_global and not (
        number.is_multicast
        or number.is_reserved
        or number.is_private
        or number.is_loopback
        or number.is_link_local
        or number.is_unspecified
    )


def _resolve(host: str, port: int) -> list[str]:
    """Return the numerical addresses of a host; asks the resolver of the machine."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _addresses(place: _Place, end: float) -> list[str]:
    """Return the addresses of a host, all of which are public."""
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_resolve(place.host, place.port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The resolver has times of its own, which can't be set.
    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=max(0.0, end - time.monotonic()))
    except Empty:
        raise _too_slow(place) from None
    if isinstance(found, Exception) or not found:
        raise FetchError(f"There is no host {place.host}, or its name can't be looked up now.")
    if not all(map(is_public, found)):
        raise FetchError(f"{place.host} is not a host of the public internet.")
    return found


class _Connection(HTTPConnection):
    """A connection to exactly one address, which has to prove that it is the host.

    The standard library's, since it bounds every line that it reads.
    """

    def __init__(self, place: _Place, address: str, end: float) -> None:
        seconds = max(0.1, min(_CONNECT_SECONDS, end - time.monotonic()))
        super().__init__(place.host, place.port, timeout=seconds)
        self._place, self._address, self._end = place, address, end

    def connect(self) -> None:
        """Connect to the address; nothing is looked up any more."""
        stream = socket.create_connection((self._address, self._place.port), self.timeout)
        if self._place.scheme == "https":
            try:
                stream = _context().wrap_socket(stream, server_hostname=self._place.host)
            except BaseException:
                stream.close()
                raise
        # The answer may take as long as there is time.
        stream.settimeout(max(0.1, self._end - time.monotonic()))
        self.sock = stream


def _context() -> ssl.SSLContext:
    """Return what verifies certificates and the names in them."""
    return ssl.create_default_context()


def _ask(place: _Place, end: float) -> bytes | str:
    """Return the content at a place, or the address that it redirects to."""
    connection = _connected(place, end)
    try:
        with _closed_in_time(connection, end):
            return _read(place, connection, end)
    except (HTTPException, OSError) as error:
        if time.monotonic() >= end:
            raise _too_slow(place) from error
        raise _broke_off(place) from error
    finally:
        connection.close()


def _connected(place: _Place, end: float) -> _Connection:
    """Return a connection to the first address of a host that answers."""
    trouble: OSError | None = None
    for address in _addresses(place, end):
        if time.monotonic() >= end:
            break
        connection = _Connection(place, address, end)
        try:
            connection.connect()
        except OSError as error:
            trouble = error
        else:
            return connection
    if time.monotonic() >= end:
        raise _too_slow(place)
    if isinstance(trouble, ssl.SSLCertVerificationError):
        raise FetchError(f"The certificate of {place.host} is not valid for it.") from trouble
    raise FetchError(f"{place.host} can't be reached.") from trouble


@contextmanager
def _closed_in_time(connection: HTTPConnection, end: float) -> Iterator[None]:
    """Shut a connection down when the time is over, however slowly bytes trickle in."""
    stream = connection.sock

    def shut() -> None:
        with suppress(OSError):
            # The method of TLS sockets would have the reader take bytes for plain text.
            socket.socket.shutdown(stream, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, end - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(place: _Place, connection: HTTPConnection, end: float) -> bytes | str:
    """Ask, and return the content or the address of a redirect."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    connection.request(
        "GET",
        place.path,
        headers={
            "Host": host if place.port == _PORTS[place.scheme] else f"{host}:{place.port}",
            "User-Agent": SOFTWARE.replace(" ", "-", 1),
            "Accept": "*/*",
            # What is packed may be much larger than it looks.
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
    )
    response = connection.getresponse()
    location = response.getheader("Location")
    if response.status in _REDIRECTS and location:
        return location
    if response.status != HTTPStatus.OK:
        raise FetchError(f"{place.host} answers {_status(response.status)}.")
    if response.getheader("Content-Encoding", "identity").lower() not in ("identity", ""):
        raise FetchError(f"{place.host} answers in a packed form that was not asked for.")
    return _content(place, response, end)


def _content(place: _Place, response: HTTPResponse, end: float) -> bytes:
    """Return the body of an answer, counted while it comes."""
    content = bytearray()
    is_too_large = (response.length or 0) > MAX_FILE_BYTES
    while not is_too_large and (piece := response.read(_PIECE_BYTES)):
        content += piece
        is_too_large = len(content) > MAX_FILE_BYTES
    if is_too_large:
        raise FetchError(
            f"The file on {place.host} is too large; "
            f"allowed: at most {MAX_FILE_BYTES / 1e6:.0f} MB."
        )
    if time.monotonic() >= end:
        # It ended because it was shut down.
        raise _too_slow(place)
    if response.length:
        raise _broke_off(place)
    return bytes(content)


def _status(number: int) -> str:
    try:
        return f"{number} {HTTPStatus(number).phrase}"
    except ValueError:
        return str(number)


def _broke_off(place: _Place) -> FetchError:
    return FetchError(f"{place.host} broke off before the file was complete. Try again.")


def _too_slow(place: _Place) -> FetchError:
    return FetchError(
        f"{place.host} did not send the file within {SECONDS:g} s. Download it, and upload it here."
    )
