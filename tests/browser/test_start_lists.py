"""How a list comes in on the start page, is known again, and goes off as jobs."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.dropped_files import drop
from tests.browser.held_answers import HeldAnswers
from tests.lists_of_targets import long_table

DRAG = """() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.csv'));
    const event = new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true });
    document.getElementById('sky-frame').dispatchEvent(event);
}"""
# Between the answer to a list and the page with it.
TYPE_LATE = """() => addEventListener('beforeunload', () => {
    document.getElementById('id_title').value = 'typed late';
})"""
WITH_LIST = re.compile(r"/\?list=[\w-]{22}$")


def choose(page, content, name="stars.csv"):
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    page.set_input_files("#list-file", file)
    page.wait_for_selector(f"#list-summary[data-name='{name}']", state="attached")
    page.wait_for_load_state()


def pick(page, source):
    page.get_by_role("radio", name=source).check(force=True)


def test_a_dropped_list_keeps_what_was_typed_and_becomes_jobs(page):
    page.goto("/")
    page.click("#options > summary")
    # No exposure is so late, so that the jobs are done at once.
    page.fill("#id_time_start", "69000")
    page.fill("#id_title", "my survey")
    # Wherever it is dropped, and whatever is asked for at the moment.
    page.evaluate(DRAG)
    expect(page.locator("#drop-cover")).to_contain_text("Drop a table of targets")
    expect(page.locator("#drop-cover")).to_be_hidden()
    drop(page, "#panel .panel-head", ("a.csv", b"x"), ("b.csv", b"x"))
    expect(page.locator("#list-file-error")).to_have_text("One file at a time.")
    pick(page, "Single target")
    spectrum = b"wavelength,flux,flux_err,flags,flux_bkg_err,n_pix,reason\n1,2,3,4,5,6,\n"
    drop(page, "#panel .panel-head", ("own.csv", spectrum))
    expect(page.get_by_role("link", name="Upload tab")).to_have_attribute("href", "/upload/")
    pick(page, "Single target")
    drop(page, "#sky-frame", ("a list of <b>stars.csv", long_table(103, n_bad=1)))
    page.wait_for_url(WITH_LIST)
    expect(page.locator(".list-chip strong")).to_have_text("a list of <b>stars.csv")
    expect(page.locator("#list-sentence")).to_have_text("102 targets: 2 jobs of up to 100 targets")
    expect(page.locator("#id_time_start")).to_have_value("69000")
    expect(page.locator("#id_title")).to_have_value("my survey")
    expect(page.locator("#id_title")).to_have_attribute(
        "placeholder", "a list of <b>stars.csv \u00b7 from MJD 69000.00"
    )
    known = page.evaluate("() => window.start.store.get('list')")
    assert (known["rows"], known["good"], known["errors"]) == (103, 102, 1)
    page.click("#submit-job")
    expect(page.get_by_role("alert").first).to_contain_text("1 row has errors")
    expect(page).to_have_url(WITH_LIST)
    page.wait_for_load_state()
    page.get_by_role("button", name="Leave out the bad row").click()
    expect(page.locator("#list-sentence")).to_contain_text("1 row left out")
    expect(page.locator("#error-summary")).to_have_count(0)
    page.click("#submit-job")
    expect(page.locator("#submitted")).to_have_text(
        "2 jobs were submitted for 102 targets of a list of <b>stars.csv."
    )
    row = page.get_by_role("row", name="my survey (2 of 2)").first
    expect(row).to_contain_text("part 2 of 2 of a list of <b>stars.csv, 2 targets")


def test_refusals_keep_what_was_typed_and_lists_are_taken_again_or_deleted(page):
    page.goto("/?mode=multi")
    pick(page, "Paste")
    page.fill("#list-text", "name,ra,dec")
    page.click("#list-text-send")
    expect(page.locator("#list-text-error")).to_contain_text("no rows")
    expect(page.locator("#list-text")).to_have_value("name,ra,dec")
    expect(page.locator("#list-text")).to_be_focused()
    pick(page, "Address")
    page.fill("#list-url", "https://169.254.169.254/latest/meta-data")
    page.keyboard.press("Enter")
    expect(page.locator("#list-url-error")).to_contain_text("not a host of the public internet")
    expect(page.locator("#list-url")).to_have_value("https://169.254.169.254/latest/meta-data")
    pick(page, "Paste")
    page.fill("#list-text", long_table(12).decode())
    page.click("#list-text-send")
    page.wait_for_url(WITH_LIST)
    expect(page.locator("#list-sentence")).to_have_text("12 targets: one job")
    page.click("#intake-replace > summary")
    choose(page, long_table(12), "again.csv")
    expect(page.locator("#list-same")).to_contain_text("The same list as pasted list")
    page.get_by_role("link", name="Use the earlier one").click()
    expect(page.locator(".list-chip strong")).to_have_text("pasted list")
    page.get_by_role("link", name="Remove").click()
    expect(page.locator("#list-summary")).to_have_count(0)
    page.wait_for_load_state()
    pick(page, "Your lists")
    page.once("dialog", lambda dialog: dialog.accept())
    held = HeldAnswers(page, "**/lists/*/delete")
    page.get_by_role("button", name="Delete again.csv").click()
    held.expect()
    page.focus("#id_title")
    held.answer()
    expect(page.locator("#earlier-lists li")).to_have_count(1)
    expect(page.locator("#id_title")).to_be_focused()
    page.locator("#earlier-lists a").click()
    expect(page.locator(".list-chip strong")).to_have_text("pasted list")


def test_what_is_done_while_a_list_is_read_counts(page):
    page.goto("/?mode=multi")
    pick(page, "Paste")
    held = HeldAnswers(page, "**/lists/")
    title = page.locator("#id_title")
    page.fill("#list-text", "name,ra,dec")
    page.click("#list-text-send")
    held.expect()
    title.focus()
    held.answer()
    expect(page.locator("#list-text-error")).to_contain_text("no rows")
    expect(title).to_be_focused()
    page.fill("#list-text", long_table(12).decode())
    page.evaluate(TYPE_LATE)
    page.click("#list-text-send")
    held.expect()
    drop(page, "#sky-frame", ("next.csv", long_table(3)))
    expect(page.locator("#list-file-error")).to_contain_text("another list is being read")
    held.answer()
    page.wait_for_url(WITH_LIST)
    expect(title).to_have_value("typed late")
    expect(page.locator("#list-sentence")).to_have_text("12 targets: one job")


def test_without_scripts_plain_forms_do_the_same(browser, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto("/")
    pick(page, "List of targets")
    pick(page, "Paste")
    page.fill("#list-text", "name,ra,dec")
    page.click("#list-text-send")
    expect(page.locator("#list-text-error")).to_contain_text("no rows")
    expect(page.locator("#list-text")).to_have_value("name,ra,dec")
    page.wait_for_load_state()
    pick(page, "File")
    file = {"name": "stars.csv", "mimeType": "text/csv", "buffer": long_table(3, n_bad=1)}
    page.set_input_files("#list-file", file)
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url(WITH_LIST)
    expect(page.locator("#rows tr[data-row]")).to_have_count(3)
    page.wait_for_load_state()
    page.get_by_role("button", name="Leave out all 1").click()
    expect(page.locator("#list-sentence")).to_contain_text("2 targets: one job, 1 row left out")
    page.wait_for_load_state()
    page.goto("/?mode=multi")
    hours = {"name": "hours.csv", "mimeType": "text/csv", "buffer": b"id,ra,dec\na,5.5,10\n"}
    page.set_input_files("#list-file", hours)
    page.get_by_role("button", name="Read the file").click()
    expect(page.locator("#list-sentence")).to_contain_text("1 question about the columns is open")
    page.wait_for_load_state()
    page.get_by_role("button", name="hours", exact=True).click()
    expect(page.locator("#list-sentence")).to_have_text("1 target: one job")
    page.wait_for_load_state()
    page.locator(".mapping > summary").click()
    page.get_by_label("Name", exact=True).select_option("(none)")
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator("#rows tr[data-row]")).to_contain_text("82.500000 +10.000000")
    expect(page.locator(".mapping-summary")).not_to_contain_text("Name: id")
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_no_barriers_and_room_on_a_phone(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto("/?mode=multi")
    pick(page, "Paste")
    check(page, width)
    long_name = "a_file_with_a_name_that_is_really_quite_long_for_a_panel.csv"
    for name in (long_name, f"again_{long_name}"):
        choose(page, long_table(4, n_bad=1), name)
        page.click("#intake-replace > summary")
    # The panel grows when the exposures are counted.
    expect(page.locator("#before")).to_be_visible()
    pick(page, "Your lists")
    check(page, width)


def check(page, width):
    assert barriers(page, "#list-panel") == ""
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
