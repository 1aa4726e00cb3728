"""SAMP: a program on the same machine gets the spectrum and follows the selection."""

import io
import queue
import threading
import urllib.request
import warnings

import pytest
from astropy.table import Table
from playwright.sync_api import expect

from tests.browser.test_results_download import open_dialog
from tests.browser.test_results_layout import change, open_results

with warnings.catch_warnings():
    # pyvo has the same hub; it is not among the packages of this project.
    warnings.simplefilter("ignore")
    from astropy.samp import SAMPHubServer, SAMPIntegratedClient, conf
    from astropy.samp.hub import WebProfileDialog

WAIT_SECONDS = 30


class Consent(WebProfileDialog):
    """The person at the hub, who always answers the same."""

    def __init__(self, answer):
        self.answer = answer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._stop.wait(0.05):
            self.handle_queue()

    def show_dialog(self, *_):
        self.consent() if self.answer else self.reject()

    def stop(self):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def start_hub(tmp_path):
    """Starts a hub whose owner lets pages in, or not."""
    started = []

    def start(answer=True):
        consent = Consent(answer)
        hub = SAMPHubServer(
            web_profile=True, web_profile_dialog=consent, lockfile=str(tmp_path / "samp"), port=0
        )
        hub.start()
        started.append((hub, consent))
        return hub

    with conf.set_temp("use_internet", False):
        yield start
        for hub, consent in started:
            hub.stop()
            consent.stop()


@pytest.fixture
def receiver():
    """Connects a program that takes tables; returns what it is told."""
    connected = []

    def connect(hub, name="A table program"):
        told = queue.Queue()
        client = SAMPIntegratedClient(name=name)
        client.connect(hub=hub)
        connected.append(client)

        def receive(private_key, sender, mtype, params, extra):
            told.put((mtype, params))

        for mtype in ("table.load.votable", "spectrum.load.ssa-generic", "table.highlight.row"):
            client.bind_receive_notification(mtype, receive)
        return told

    yield connect
    for client in connected:
        client.disconnect()


@pytest.fixture
def quiet(browser, seeded, site):
    """A page of the owner, whose browser may say that nothing answers at the hub's port."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto(f"/claim/{seeded['claim']}")
    yield page
    context.close()


def send(page):
    dialog = open_dialog(page, "Share and scripts")
    dialog.get_by_role("button", name="Send to TOPCAT, Aladin").click()
    return dialog


def test_a_program_gets_the_spectrum_once_and_follows_the_selection(
    owner, seeded, start_hub, receiver
):
    told = receiver(start_hub())
    page = open_results(owner, seeded, "measured")
    dialog = send(page)
    expect(dialog.get_by_text("Sent M 81 to A table program.")).to_be_visible()
    mtype, parameters = told.get(timeout=WAIT_SECONDS)
    assert (mtype, parameters["name"]) == ("table.load.votable", "M 81")
    with urllib.request.urlopen(parameters["url"], timeout=WAIT_SECONDS) as answer:
        assert len(Table.read(io.BytesIO(answer.read()), format="votable")) == 233
    page.keyboard.press("Escape")
    change(page, row=17)
    mtype, highlighted = told.get(timeout=WAIT_SECONDS)
    assert (mtype, highlighted["row"]) == ("table.highlight.row", "17")
    assert highlighted["table-id"] == parameters["table-id"]
    assert highlighted["url"] == parameters["url"]
    assert told.empty()
    dialog = open_dialog(page, "Share and scripts")
    dialog.get_by_role("button", name="Disconnect").click()
    expect(dialog.get_by_text("Disconnected.")).to_be_visible()


def test_a_hub_without_programs_is_said(owner, seeded, start_hub):
    start_hub()
    dialog = send(open_results(owner, seeded, "measured"))
    expect(dialog.get_by_text("no program in it takes tables")).to_be_visible()


def test_a_refusal_is_said(owner, seeded, start_hub):
    start_hub(answer=False)
    dialog = send(open_results(owner, seeded, "measured"))
    expect(dialog.locator("#samp-error")).to_contain_text("The hub did not let this page in")


def test_no_hub_is_said(quiet, seeded):
    dialog = send(open_results(quiet, seeded, "measured"))
    expect(dialog.locator("#samp-error")).to_contain_text("No SAMP hub answers on this computer.")
    expect(dialog.get_by_role("button", name="Send to TOPCAT, Aladin")).to_be_enabled()
