"""Saving from the page: what the dialog says is what is saved, and scripts and links work."""

import json
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import expect

from photometry_core import flags
from tests.browser.barriers import barriers
from tests.browser.test_results_layout import change, open_results, state
from tests.browser.test_results_plot import said
from tests.spectra import made_spectrum

MASK = flags.mask_of(["CONTAINS_BAD_PIXEL", "FIT_ERROR"])
SPECTRUM = made_spectrum(230, 3)
SHOWN = np.flatnonzero((np.asarray(SPECTRUM.table["flags"]) & MASK) == 0)
NAME = "M_81_J095533.17+690355.0_spherex_simulated_point_filtered"


def open_dialog(page, name="Download"):
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    return dialog


def download(page, dialog, folder):
    with page.expect_download() as caught:
        dialog.get_by_role("button", name="Download").click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    return path


def sentence(dialog):
    return dialog.locator("#save-sentence")


def settled(dialog):
    expect(dialog.locator(".save-result")).not_to_have_class(re.compile("is-old"))


def test_the_dialog_says_what_the_browser_then_saves(owner, seeded, tmp_path):
    page = open_results(owner, seeded, "measured")
    change(page, mask=str(MASK), unit="mJy", sort="flux", descending=True)
    dialog = open_dialog(page)
    expect(sentence(dialog)).to_have_text(
        "1 VOTable file, all 233 rows, 57 columns: "
        "M_81_J095533.17+690355.0_spherex_simulated_point.vot"
    )
    dialog.get_by_label(f"The {SHOWN.size} shown with the present filters and flags").check()
    expected = f"1 VOTable file, {SHOWN.size} of 233 rows, 57 columns: {NAME}.vot"
    expect(sentence(dialog)).to_have_text(expected)
    expect(dialog).to_contain_text("Fluxes in files are in µJy; the page shows mJy.")
    expect(dialog).to_contain_text("on the page they are sorted by flux.")
    path = download(page, dialog, tmp_path)
    assert path.name == f"{NAME}.vot"
    table = Table.read(path, format="votable")
    for column in ("flux", "flux_err", "flags", "wavelength", "mjd"):
        wanted = SPECTRUM.table[column][SHOWN]
        assert table[column].tolist() == wanted.tolist()
    # The dialog stays, for another format.
    dialog.get_by_label("Format").select_option("csv")
    expect(sentence(dialog)).to_have_text(re.compile(r"^1 CSV file, .*\.csv$"))
    path = download(page, dialog, tmp_path)
    assert len(Table.read(path, format="ascii.csv")) == SHOWN.size


def test_several_targets_with_their_images(owner, seeded, tmp_path):
    page = open_results(owner, seeded)
    dialog = open_dialog(page)
    dialog.get_by_label("Ticked targets").check()
    ticks = dialog.get_by_role("group", name="Targets to save")
    expect(ticks.get_by_label("M 81")).to_be_checked()
    ticks.get_by_label("J004921.60+345324.0").check()
    dialog.get_by_label(re.compile("image, variance")).check()
    expect(sentence(dialog)).to_contain_text("1 zip file with 2 VOTable files of measurements (")
    expect(sentence(dialog)).to_contain_text("all 51 rows")
    path = download(page, dialog, tmp_path)
    assert path.suffix == ".zip"
    ticks.get_by_label("M 81").uncheck()
    ticks.get_by_label("J004921.60+345324.0").uncheck()
    expect(dialog.get_by_role("alert")).to_have_text("No target is ticked; tick at least one.")
    expect(dialog.get_by_role("button", name="Download")).to_be_disabled()
    dialog.get_by_label("List of targets, no spectra").check()
    expect(sentence(dialog)).to_contain_text(
        "2 targets and no spectra: Two_targets_spherex_simulated_targets"
    )
    expect(dialog.get_by_label("Both")).to_be_disabled()
    assert len(Table.read(download(page, dialog, tmp_path), format="votable")) == 2


def test_what_is_wrong_is_said_in_the_dialog(owner, seeded):
    page = open_results(owner, seeded, "measured")
    change(page, filters={"flux": {"text": "> > 5", "unit": "uJy"}})
    dialog = open_dialog(page)
    expect(sentence(dialog)).to_contain_text("all 233 rows")
    dialog.get_by_label(re.compile("shown with the present filters")).check()
    expect(dialog.get_by_role("alert")).to_contain_text("flux")
    expect(dialog.get_by_role("button", name="Download")).to_be_disabled()
    dialog.get_by_label("All 233").check()
    expect(dialog.get_by_role("button", name="Download")).to_be_enabled()


def test_the_dialog_follows_the_spectrum_that_is_shown(owner, seeded):
    page = open_results(owner, seeded)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    dialog = open_dialog(page)
    expect(dialog.get_by_label("This spectrum: J004921.60+345324.0")).to_be_checked()
    expect(sentence(dialog)).to_contain_text("all 21 rows")
    expect(sentence(dialog)).to_contain_text("J004921.60+345324.0_spherex_simulated_point.vot")


def test_the_keyboard_alone_saves_a_spectrum(owner, seeded, tmp_path):
    page = open_results(owner, seeded, "measured")
    page.get_by_role("button", name="Download", exact=True).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Download")
    expect(dialog.get_by_role("button", name="Download")).to_be_enabled()
    page.keyboard.press("Tab")
    for _ in range(30):
        if page.evaluate("() => document.activeElement.id") == "save-now":
            break
        page.keyboard.press("Tab")
    with page.expect_download() as caught:
        page.keyboard.press("Enter")
    assert caught.value.suggested_filename.endswith("_spherex_simulated_point.vot")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_dialogs_have_no_barriers_and_room(owner, seeded, scheme, width):
    owner.set_viewport_size({"width": width, "height": 844})
    owner.emulate_media(color_scheme=scheme)
    page = open_results(owner, seeded)
    for name in ("Download", "Share and scripts"):
        dialog = open_dialog(page, name)
        if name == "Download":
            dialog.get_by_label("Ticked targets").check()
            settled(dialog)
        else:
            expect(dialog.locator("#script-text")).to_contain_text("import")
        assert barriers(page, {"include": [["dialog[open]"]]}) == ""
        assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        page.keyboard.press("Escape")


def script_of(page, language):
    dialog = open_dialog(page, "Share and scripts")
    dialog.get_by_role("tab", name=language).click()
    text = dialog.locator("#script-text")
    expect(text).to_contain_text("http")
    return text.inner_text()


FILTERS = {"flux": {"text": "> 250", "unit": "uJy"}, "det_id": {"text": "!= 3", "unit": "uJy"}}
BY_SERVER = {"obs_publisher_did": {"text": "like '%D3%' or like '%D4%'", "unit": "uJy"}}


@pytest.mark.parametrize("filters", [{}, FILTERS, BY_SERVER])
def test_the_copied_script_runs_and_takes_the_rows_of_the_page(owner, seeded, filters, tmp_path):
    page = open_results(owner, seeded, "measured")
    change(page, mask=str(MASK), filters=filters)
    table = SPECTRUM.table
    kept = (np.asarray(table["flags"]) & MASK) == 0
    if filters is FILTERS:
        kept &= np.ma.filled(table["flux"] > 250, False) & (table["det_id"] != 3)
    if filters is BY_SERVER:
        kept &= np.isin(table["det_id"], (3, 4))
    script = script_of(page, "Python") + "\nprint(spectrum['lvf_id'].tolist())\n"
    # Nobody's cookies, and nothing of this program.
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", script],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, rows = done.stdout.splitlines()
    assert json.loads(rows) == table["lvf_id"][kept].tolist()
    assert first == f"{np.count_nonzero(kept)} rows"
    expect(page.locator("#script-text")).to_contain_text(f"{np.count_nonzero(kept)} of 233 rows")


def test_the_copied_command_names_a_file_that_is_there(owner, seeded):
    page = open_results(owner, seeded, "measured")
    *_, option, name, address = shlex.split(script_of(page, "curl"))
    assert (option, name) == ("--output", "M_81_J095533.17+690355.0_spherex_simulated_point.vot")
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.headers.get_filename() == name
        assert answer.read(5) == b"<?xml"


def test_a_read_only_link_shows_the_page_as_it_is_until_it_is_revoked(owner, seeded, browser, site):
    page = open_results(owner, seeded, "measured")
    change(page, mask=str(MASK), row=7, unit="mJy", filters=FILTERS)
    page.wait_for_url(re.compile(r"row=7.*filters"))
    dialog = open_dialog(page, "Share and scripts")
    dialog.get_by_role("button", name="Copy read-only link").click()
    field = dialog.get_by_label("Read-only link")
    expect(field).to_have_value(re.compile(f"^{re.escape(site.url)}/shared/"))
    link = field.input_value()

    context = browser.new_context(base_url=site.url)
    friend = context.new_page()
    friend.goto(link)
    friend.wait_for_url(re.compile(rf"/jobs/{seeded['jobs']['measured']}/results/\?.*#"))
    expect(friend.locator("h1")).to_have_text("M 81")
    expect(friend.get_by_text("shared with you, read-only")).to_be_visible()
    assert (state(friend, "mask"), state(friend, "row")) == (str(MASK), 7)
    assert (state(friend, "unit"), state(friend, "filters")) == ("mJy", FILTERS)
    expect(friend.get_by_role("button", name="Share and scripts")).to_have_count(0)
    shared = open_dialog(friend)
    expect(sentence(shared)).to_contain_text("all 233 rows")

    with said(page, "All links to this job are void"):
        dialog.get_by_role("button", name="Revoke all links").click()
    assert friend.reload().status == 404
    assert friend.goto(link).status == 404
    context.close()


def test_what_is_changed_while_a_file_is_asked_for_is_said(owner, seeded):
    page = open_results(owner, seeded, "several")
    dialog = open_dialog(page)
    button = dialog.get_by_role("button", name="Download")
    expect(button).to_be_enabled()
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route("**/download/plan", hold)
    with page.expect_request("**/download/plan"):
        button.click()
    with page.expect_request("**/download/plan"):
        page.select_option("#save-format", "fits")
    expect(page.locator("#save-started")).to_contain_text("Press Download once more")
    # The first one was given up by the page.
    waiting[-1].continue_()
    page.unroute("**/download/plan", hold)
    expect(button).to_be_enabled()
    with page.expect_download() as caught:
        button.click()
    assert caught.value.suggested_filename.endswith(".fits")


def test_a_link_that_was_revoked_fetches_nothing(owner, seeded):
    page = open_results(owner, seeded, "several")
    *_, address = shlex.split(script_of(page, "curl"))
    with said(page, "All links to this job are void"):
        page.get_by_role("button", name="Revoke all links").click()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=30)
