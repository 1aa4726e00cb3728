"""From a name to a spectrum and its file, with the real web server and the real workers."""

import re

import numpy as np
from astropy.table import Table
from playwright.sync_api import expect

from photometry_core import flags
from tests.browser.test_results_download import download, open_dialog
from tests.browser.test_results_linked import cells, expect_selected
from tests.browser.test_results_plot import click_point, ready

# Seconds in which the workers measure an ordinary position, with much room for a busy machine.
MEASURED_MS = 120_000
# Thousands of exposures: time enough to look at progress and to cancel.
ECLIPTIC_POLE = "270.0 66.5607"


def type_target(page, text):
    page.goto("/")
    page.locator("#id_target").press_sequentially(text)


def choose_bands(page, *detectors):
    page.locator("#options > summary").click()
    for detector in detectors:
        page.locator(f"label.band-{detector}").click()


def submit(page):
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/results/"), timeout=MEASURED_MS)
    ready(page)


def check_against_page(measured, page, row):
    """Compare a row of the file with that of the table, and with the selected cutout."""
    names = ["det_id", "wavelength", "flux", "flux_err", "fit_ql", "flags"]
    shown = dict(zip(names, cells(page, row, names), strict=True))
    assert int(shown["det_id"]) == measured["det_id"]
    assert int(shown["flags"]) == measured["flags"]
    for name in ("wavelength", "flux", "flux_err", "fit_ql"):
        assert float(shown[name].split()[0].replace("\u2212", "-")) == measured[name]
    decoded = sorted(flags.decode(int(measured["flags"])))
    chips = page.locator("#measurements tr[aria-current] .chip")
    assert sorted(chips.all_inner_texts()) == decoded
    cutout = page.locator(".cutout[aria-pressed=true]")
    expect(cutout).to_contain_text(f"{measured['wavelength']:.4f}")
    assert sorted(cutout.locator(".cutout-flags .chip").all_inner_texts()) == decoded


def test_from_a_name_to_a_spectrum_and_its_file(page, tmp_path):
    type_target(page, "3c 273")
    feedback = page.locator("#position-feedback")
    expect(feedback).to_contain_text("resolved by the simulated sky")
    expect(feedback).to_contain_text("12:29:06")
    expect(page.locator("#id_title")).to_have_attribute("placeholder", "3C 273")
    submit(page)

    expect(page.locator("h1")).to_have_text("3C 273")
    expect(page.locator(".simulated-banner")).to_be_visible()
    expect(page.locator(".facts-line .badge-simulated")).to_be_visible()
    counts = re.search(r"(\d+)\s+of\s+(\d+)", page.locator(".facts-line").inner_text())
    n_measured, n_found = (int(count) for count in counts.groups())
    assert 50 < n_measured <= n_found

    path = download(page, open_dialog(page), tmp_path)
    assert path.suffix == ".vot"
    table = Table.read(path, format="votable")
    page.keyboard.press("Escape")
    assert len(table) == n_found
    assert np.count_nonzero(~np.ma.getmaskarray(table["flux"])) == n_measured

    page.get_by_role("radio", name="Both").check(force=True)
    wanted = int(np.flatnonzero(np.asarray(table["wavelength"]) > 2.0)[0])
    before = page.evaluate("() => window.results.store.get('row')")
    click_point(page, wanted)
    page.wait_for_function("(row) => window.results.store.get('row') !== row", arg=before)
    selected = page.evaluate("() => window.results.store.get('row')")
    # Points may overlap: the nearest one to the click is selected.
    assert abs(table["wavelength"][selected] - table["wavelength"][wanted]) < 0.05
    expect_selected(page, selected)
    check_against_page(table[selected], page, selected)

    page.reload()
    ready(page)
    expect_selected(page, selected)

    page.get_by_role("navigation", name="Site").get_by_role("link", name="Job Monitor").click()
    row = page.locator("#job-rows tr").first
    expect(row).to_contain_text("3C 273")
    expect(row).to_contain_text("completed")
    expect(row).to_contain_text(f"{n_found} of {n_found}")
    row.get_by_role("link", name="Results of 3C 273").click()
    expect(page.locator("h1")).to_have_text("3C 273")


def test_progress_is_real_and_a_job_can_be_cancelled(page):
    type_target(page, ECLIPTIC_POLE)
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/"))
    progress = page.get_by_role("progressbar", name="Exposures measured")
    expect(progress).to_be_visible(timeout=MEASURED_MS)
    n_found = int(progress.get_attribute("max"))
    assert n_found > 500
    page.wait_for_function(
        "() => document.querySelector('#job-status progress')?.value > 0", timeout=MEASURED_MS
    )
    expect(page).to_have_title(re.compile(r"\d+ of \d+ · J18"))

    page.once("dialog", lambda dialog: dialog.accept())
    # The page is loaded anew when the job is cancelled.
    with page.expect_navigation():
        page.get_by_role("button", name="Cancel job").click()
    expect(page.locator(".phase")).to_have_text("aborted")
    expect(page.locator("#job-status")).to_contain_text("Cancelled.")
    page.goto("/jobs/")
    expect(page.locator("#job-rows tr").first).to_contain_text("aborted")
    page.get_by_role("link", name="Edit and submit").first.click()
    expect(page.locator("#id_target")).to_have_value("270.0 66.5607 icrs")


def test_a_double_click_submits_once(page):
    type_target(page, "12.34 34.89")
    choose_bands(page, 5)
    page.get_by_role("button", name="Measure spectrum").dblclick()
    page.wait_for_url(re.compile("/jobs/."), timeout=MEASURED_MS)
    page.goto("/jobs/")
    expect(page.locator("#job-rows tr")).to_have_count(1)


def test_examples_fill_the_box_and_times_are_translated(page):
    page.goto("/")
    page.get_by_role("link", name="46.53 -0.251 gal").click()
    expect(page.locator("#id_target")).to_have_value("46.53 -0.251 gal")
    expect(page.locator("#position-feedback")).to_contain_text("Galactic 46.53000 -0.25100")
    choose_bands(page, 2)
    page.locator("#id_time_start").press_sequentially("60796.5")
    expect(page.locator("#id_time_start_help")).to_contain_text("2025-05-01 12:00:00 UTC")
    page.locator("#id_time_end").press_sequentially("2025-13-01")
    expect(page.locator("#id_time_end_error")).to_contain_text("not a date and time that exists")
    expect(page.locator("#id_title")).to_have_attribute(
        "placeholder", re.compile(r"· D2 · from MJD")
    )


def test_the_list_of_jobs_renews_itself(page):
    type_target(page, "200.5 -10.25")
    choose_bands(page, 1)
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/"), timeout=MEASURED_MS)
    page.goto("/jobs/")
    expect(page.locator("#job-rows .phase").first).to_have_text("completed", timeout=MEASURED_MS)
    assert page.locator("#job-rows[hx-trigger]").count() == 0


def tab_to(page, selector):
    """Press the tabulator until an element has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return
    raise AssertionError(f"{selector} can't be reached by the tabulator")


def test_from_the_form_to_the_file_with_the_keyboard_alone(page, tmp_path):
    page.goto("/")
    tab_to(page, "#id_target")
    page.keyboard.type("120.5 -10.25")
    tab_to(page, "#options > summary")
    page.keyboard.press("Enter")
    tab_to(page, "input[name=bands][value='4']")
    page.keyboard.press("Space")
    tab_to(page, "#submit-job")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/results/"), timeout=MEASURED_MS)
    ready(page)
    first = page.evaluate("() => window.results.store.get('row')")
    page.keyboard.press("j")
    page.wait_for_function("(row) => window.results.store.get('row') > row", arg=first)
    tab_to(page, ".actions button.button-primary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Download")).to_be_visible()
    # It can be pressed once the page knows what would be saved.
    expect(page.locator("#save-now")).to_be_enabled()
    tab_to(page, "#save-now")
    with page.expect_download() as caught:
        page.keyboard.press("Enter")
    path = tmp_path / caught.value.suggested_filename
    caught.value.save_as(path)
    table = Table.read(path, format="votable")
    assert set(table["det_id"]) == {4}
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Download")).to_be_hidden()
