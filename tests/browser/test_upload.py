"""The Upload page: drop a file, answer what it does not say, land on its results."""

import re

import pytest
from playwright.sync_api import expect

from photometry_core.spectrum_files import spectrum_bytes
from tests.browser.barriers import barriers
from tests.browser.dropped_files import drop
from tests.browser.held_answers import HeldAnswers
from tests.foreign_files import official_flat
from tests.spectra import made_spectrum

RESULTS = re.compile(r"/jobs/[^/]+/results/")
PLAIN = b"wavelength,flux,flux_err\n" + b"".join(
    b"%.3f,%d,4\n" % (0.8 + 0.02 * n, 100 + n) for n in range(200)
)


def test_a_dropped_file_opens_its_results_and_is_in_the_list(page):
    page.goto("/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Upload").click()
    page.wait_for_url("**/upload/")
    drop(page, "#drop-zone", ("M_81.fits", spectrum_bytes(made_spectrum(30, 2), "fits")))
    page.wait_for_url(RESULTS)
    expect(page.get_by_role("heading", level=1)).to_have_text("M 81")
    expect(page.get_by_text("uploaded file")).to_be_visible()
    page.goto("/jobs/")
    row = page.get_by_role("row", name="M_81.fits")
    expect(row).to_contain_text("1 spectrum")
    page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()


def test_the_file_stays_chosen_while_questions_are_answered(page):
    page.goto("/upload/")
    drop(page, "#drop-zone", ("mine.csv", PLAIN))
    page.wait_for_selector("#id_wavelength_unit")
    expect(page.get_by_role("alert")).to_contain_text("does not say the unit of")
    expect(page.locator("#id_wavelength_unit")).to_be_focused()
    assert page.evaluate("document.getElementById('id_file').files[0].name") == "mine.csv"
    page.select_option("#id_wavelength_unit", "um")
    page.select_option("#id_flux_unit", "mJy")
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(RESULTS)
    expect(page.get_by_role("heading", level=1)).to_have_text("mine")


def test_errors_go_when_another_file_is_chosen(page):
    page.goto("/upload/")
    drop(page, "#drop-zone", ("a.csv", b"ra,dec\n1,2\n"))
    page.wait_for_selector(".notice-error")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no column that can be recognised as wavelength")
    expect(alert).to_be_focused()
    page.set_input_files(
        "#id_file", {"name": "b.xml", "mimeType": "text/xml", "buffer": official_flat()}
    )
    expect(alert).to_have_count(0)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(RESULTS)


def test_another_file_is_chosen_while_one_is_sent(page):
    page.goto("/upload/")
    sent = HeldAnswers(page, "**/upload/")
    drop(page, "#drop-zone", ("a.csv", PLAIN))
    sent.expect()
    opens = page.get_by_role("button", name="Open")
    expect(opens).to_be_disabled()
    page.set_input_files(
        "#id_file", {"name": "b.xml", "mimeType": "text/xml", "buffer": official_flat()}
    )
    expect(opens).to_be_enabled()
    expect(page.locator("#upload-status")).to_be_empty()
    sent.answer()
    opens.click()
    expect(page.locator("#upload-status")).to_contain_text("Opening b.xml")
    sent.expect()
    # The questions about the first file are not asked.
    expect(page.locator("#upload-questions select")).to_have_count(0)
    # As long as the next page is on its way, the file can't be sent once more.
    page.evaluate(
        """() => addEventListener('pagehide', () => sessionStorage.setItem(
          'left', document.getElementById('open-file').disabled ? 'disabled' : 'enabled'))"""
    )
    sent.answer()
    page.wait_for_url(RESULTS)
    assert page.evaluate("() => sessionStorage.getItem('left')") == "disabled"


def test_several_files_at_once_are_told_to_be_zipped(page):
    page.goto("/upload/")
    drop(page, "#drop-zone", ("a.csv", PLAIN), ("b.csv", PLAIN))
    expect(page.locator("#upload-status")).to_contain_text("One file at a time")


def test_without_scripts_the_form_still_works(browser, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto("/upload/")
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": PLAIN}
    page.set_input_files("#id_file", file)
    page.get_by_role("button", name="Open").click()
    page.select_option("#id_wavelength_unit", "um")
    page.select_option("#id_flux_unit", "mJy")
    page.set_input_files("#id_file", file)
    page.get_by_role("button", name="Open").click()
    page.wait_for_url(RESULTS)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_barriers_and_room_on_a_phone(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto("/upload/")
    for content in (None, PLAIN, b"ra,dec\n1,2\n"):
        if content:
            drop(
                page,
                "#drop-zone",
                ("a_file_with_a_name_that_is_really_quite_long_for_a_phone.csv", content),
            )
            page.wait_for_selector(f".notice-{'warning' if content is PLAIN else 'error'}")
        assert barriers(page) == ""
        assert page.evaluate("document.documentElement.scrollWidth") == width
