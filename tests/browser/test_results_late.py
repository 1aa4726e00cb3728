"""Answers that come late: what is done meanwhile counts, and nothing old is shown as new."""

import re

from playwright.sync_api import expect

from tests.browser.held_answers import HeldAnswers
from tests.browser.test_results_plot import USE_TOOL, drag_around, ready
from tests.browser.test_results_plot import open_results as open_plot
from tests.browser.test_results_table import N_ROWS, count, filter_box, open_table, selected, state

SECOND = "J004921.60+345324.0"
BOTH = "#pane=%22both%22"
KEPT = "() => Array.from(window.results.store.kept)"
# A zoom is kept when it has rested; timers that are set later with more to wait fire later.
ZOOM_AND_REST = """async () => {
    window.results.plot.drawing.xRange.setv({ start: 1.5, end: 2.5 });
    await new Promise((done) => { setTimeout(done, 400); });
}"""
BUSY = {"error": "The server is busy."}


def place(page, text):
    expect(page.locator("#table-place")).to_have_text(text)


def expect_state(page, key, value):
    page.wait_for_function(
        "([key, value]) => JSON.stringify(window.results.store.get(key)) === JSON.stringify(value)",
        arg=[key, value],
    )


def test_a_page_or_a_row_chosen_while_rows_are_under_way_leaves_them_coming(owner, seeded):
    page = open_table(owner, seeded, query="?row=3", state=BOTH)
    count(page, f"{N_ROWS} measurements")
    later = page.get_by_role("button", name="Next page")
    region = page.locator("#table-region")
    held = HeldAnswers(page, "**/targets/*/table")
    page.locator("th[data-column=mjd] button").click()
    held.expect_number(1)
    later.click()
    expect_state(page, "page", 1)
    held.let_all_go()
    place(page, "101\u2013200 of 233")
    expect(page.locator("th[data-column=mjd]")).to_have_attribute("aria-sort", "ascending")
    kept = page.evaluate(KEPT)
    assert kept != sorted(kept)
    # A row of the plot, before the rows of a filter are there.
    held = HeldAnswers(page, "**/targets/*/table")
    page.evaluate("() => window.results.store.set({ mask: '128', page: null })")
    held.expect_number(1)
    page.evaluate("(row) => window.results.store.select(row)", kept[-1])
    held.let_all_go()
    expect(page.locator("#table-count")).to_contain_text("hidden by the flag mask")
    selected(page, kept[-1])
    fewer = page.evaluate(KEPT)
    page.keyboard.press("k")
    selected(page, fewer[-2])
    # Pages turned faster than they come; and one that is no longer wanted.
    page.get_by_role("button", name="First page").click()
    place(page, f"1\u2013100 of {len(fewer)}")
    held = HeldAnswers(page, "**/targets/*/table")
    later.click()
    later.click()
    expect_state(page, "page", 2)
    held.expect_number(2)
    page.locator(f"tr[data-row='{fewer[2]}'] th").click()
    expect(region).not_to_have_attribute("aria-busy", "true")
    selected(page, fewer[2])
    held.expect_number(2)
    later.click()
    held.expect_number(3)
    held.let_all_go()
    place(page, f"101\u2013200 of {len(fewer)}")


def test_a_target_that_is_left_and_come_back_to_has_its_rows(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state=BOTH)
    page.get_by_role("button", name="Statistics").click()
    numbers = page.locator(".statistics")
    expect(numbers).to_be_visible()
    held = HeldAnswers(page, "**/targets/*/table")
    page.locator("#table-scroll").focus()
    page.keyboard.press("n")
    held.expect_number(1)
    expect(page.locator("#table-statistics")).to_have_text("Loading\u2026")
    page.keyboard.press("p")
    page.keyboard.press("j")
    held.let_all_go()
    selected(page, 4)
    expect(numbers).to_be_visible()
    # Why a row of the target before is flagged is not asked any more.
    explained = HeldAnswers(page, "**/flags/row")
    page.keyboard.press("j")
    explained.expect_number(1)
    held = HeldAnswers(page, "**/targets/*/table")
    with page.expect_event("requestfailed", lambda request: "flags/row" in request.url):
        page.keyboard.press("n")
    expect(page.locator("#flags-why")).to_have_text("Select a measurement.")
    explained.let_all_go()
    held.let_all_go()
    expect(page.locator("#flags-why")).to_contain_text("Row 0")


def test_flags_that_were_not_counted_are_counted_again(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state=BOTH)
    expect(page.locator("#flags-kept")).to_contain_text("kept 30 of 30")
    held = HeldAnswers(page, "**/targets/1/flags")
    page.keyboard.press("n")
    count(page, "21 measurements")
    held.expect_number(1)
    held.tell(BUSY, status=400)
    error = page.locator("#flags-error")
    expect(error).to_contain_text("Not counted: The server is busy.")
    # Nothing of the target before beside it.
    expect(page.locator("#flags-kept")).to_be_hidden()
    page.keyboard.press("f")
    held.expect_number(1)
    expect(error).to_contain_text("being counted again")
    held.tell(BUSY, status=400)
    expect(error).to_contain_text("Not counted: The server is busy.")
    held.let_all_go()
    error.get_by_role("button", name="Try again").click()
    expect(page.locator("#flags-kept")).to_contain_text("kept 21 of 21")
    expect(error).to_be_hidden()


def test_the_head_of_another_target_that_fails_is_asked_for_again(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state="")
    ready(page)
    held = HeldAnswers(page, "**/targets/1/head")
    page.keyboard.press("n")
    held.expect_number(1)
    # The position of the target before can't be copied by now.
    expect(page.locator(".title-line")).to_have_attribute("inert", "")
    lists = HeldAnswers(page, "**/targets/1/spectra")
    page.locator("#compare-menu summary").click()
    lists.expect_number(1)
    page.get_by_role("button", name="Pin this spectrum").click()
    pins = page.locator("#compare-pins")
    expect(pins).to_contain_text(f"{SECOND} (shown)")
    lists.tell(BUSY, status=400)
    listed = page.locator("#compare-targets")
    expect(listed).to_contain_text("could not be listed. The server is busy.")
    lists.let_all_go()
    listed.get_by_role("button", name="Try again").click()
    expect(listed).to_contain_text(f"{SECOND} (shown)")
    held.tell(BUSY, status=400)
    failed = page.locator("#results-head [role=alert]")
    expect(failed).to_contain_text(f"What is known of {SECOND} could not be loaded.")
    expect(page.locator("h1")).to_be_hidden()
    held.let_all_go()
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).to_have_text(SECOND)
    expect(page.locator("h1")).to_be_visible()
    expect(failed).to_have_count(0)


def test_what_is_typed_while_a_dialog_is_answered_stays(owner, seeded):
    page = open_table(owner, seeded)
    held = HeldAnswers(page, "**/targets/*/table")
    page.get_by_role("button", name="Filter rows").click()
    condition = page.locator("#advanced-sql")
    condition.fill("det_id < 4")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    held.expect_number(1)
    condition.press("End")
    condition.press_sequentially(" and flux > 1")
    held.let_all_go()
    expect(page.locator("#table-count")).to_contain_text(f"of {N_ROWS} measurements")
    expect(condition).to_be_visible()
    expect(condition).to_have_value("det_id < 4 and flux > 1")
    page.keyboard.press("Escape")
    # What an expression gives is not said under an empty form.
    checks = HeldAnswers(page, "**/check_expression")
    add = page.get_by_role("button", name="Add column", exact=True)
    add.click()
    dialog = page.get_by_role("dialog", name="Add a column")
    dialog.get_by_label("Expression").fill("flux * 2")
    checks.expect_number(1)
    dialog.get_by_role("button", name="Close").click()
    with page.expect_event("requestfailed", lambda request: "check_expression" in request.url):
        add.click()
    checks.let_all_go()
    dialog.get_by_label("Expression").fill("flux * 3")
    dialog.get_by_label("Name").fill("thrice")
    held = HeldAnswers(page, "**/targets/*/table")
    dialog.get_by_role("button", name="Add column").click()
    held.expect_number(1)
    dialog.get_by_label("Description").fill("three times the flux")
    held.let_all_go()
    expect(page.locator("th[data-column=thrice]")).to_be_attached()
    expect(dialog.get_by_label("Description")).to_have_value("three times the flux")
    expect(dialog).to_be_visible()


def test_ticks_of_a_recipe_stay_while_another_panel_is_drawn(owner, seeded):
    first = HeldAnswers(owner, "**/targets/*/points")
    owner.goto(f"/jobs/{seeded['jobs']['measured']}/results/?row=40#binned=true")
    first.expect_number(1)
    # There is nothing to tick before the flags are known.
    recipe = owner.locator("#plot-recipe")
    expect(recipe).to_be_hidden()
    first.let_all_go()
    expect(recipe).to_be_visible()
    ready(owner)
    figure = HeldAnswers(owner, re.compile(r"/figure\?panels=2$"))
    owner.keyboard.press("b")
    figure.expect_number(1)
    recipe.click()
    dialog = owner.get_by_role("dialog", name="How visits of a channel are averaged")
    transient = dialog.get_by_label("TRANSIENT")
    transient.check()
    figure.let_all_go()
    ready(owner)
    owner.wait_for_function("() => window.results.plot.drawing?.panels.length === 2")
    expect(transient).to_be_checked()
    dialog.get_by_role("button", name="Average like this").click()
    expect(owner.locator("#plot-notes")).to_contain_text("TRANSIENT")
    mask = int(state(owner, "binning")["mask"])
    assert mask == (1 << 33) | (1 << 32) | (1 << 7) | 1


def test_what_is_done_in_the_plot_of_the_target_before_does_not_reach_the_next(owner, seeded):
    page = open_plot(owner, seeded, "several", query="?row=3")
    page.evaluate(USE_TOOL, "BoxSelectTool")
    drag_around(page, 4, 12)
    bar = page.locator("#plot-selection")
    expect(bar).to_be_visible()
    points = HeldAnswers(page, "**/targets/1/points")
    page.keyboard.press("n")
    points.expect_number(1)
    expect(bar).to_be_hidden()
    expect(page.locator("#plot-legend")).to_have_attribute("inert", "")
    page.evaluate(ZOOM_AND_REST)
    assert state(page, "zoom") is None
    # Its channels are not known yet: the choice waits for them.
    page.locator("#plot-x-menu summary").click()
    page.get_by_label("Time (light curve)").check()
    assert state(page, "x") == "wavelength"
    # The plot that is in sight is saved, under its own name.
    stem = page.evaluate("() => window.results.plot.plot.file_stem")
    saved = HeldAnswers(page, "**/targets/0/plot.html")
    page.locator("#plot-save-menu summary").click()
    page.get_by_role("button", name="Interactive HTML").click()
    saved.expect_number(1)
    points.let_all_go()
    expect_state(page, "x", "mjd")
    ready(page)
    assert page.evaluate("() => window.results.plot.plot.file_stem") != stem
    with page.expect_download() as download:
        saved.let_all_go()
    assert download.value.suggested_filename == f"{stem}.html"


def test_a_filter_that_is_typed_while_its_header_is_made_anew_goes_on(owner, seeded):
    page = open_table(owner, seeded, state=BOTH)
    count(page, f"{N_ROWS} measurements")
    held = HeldAnswers(page, "**/targets/*/table")
    page.locator("#plot-unit").select_option("mJy")
    held.expect_number(1)
    box = filter_box(page, "det_id")
    box.focus()
    page.keyboard.type("= ")
    page.keyboard.type("3")
    page.keyboard.press("ArrowLeft")
    held.let_all_go()
    expect(page.locator("th[data-column=flux] .unit")).to_have_text("mJy")
    expect(box).to_be_focused()
    expect(box).to_have_value("= 3")
    # The caret is where it was.
    page.keyboard.press("Delete")
    page.keyboard.type("4")
    expect(box).to_have_value("= 4")
    page.keyboard.press("Enter")
    count(page, f"39 of {N_ROWS} measurements")
