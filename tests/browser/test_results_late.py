"""Answers that come late: what is done meanwhile counts, and nothing old is shown as new."""

import re

from playwright.sync_api import expect

from tests.browser.test_results_plot import USE_TOOL, drag_around, ready
from tests.browser.test_results_plot import open_results as open_plot
from tests.browser.test_results_table import N_ROWS, count, open_table, selected, state

SECOND = "J004921.60+345324.0"
BOTH = "#pane=%22both%22"
KEPT = "() => Array.from(window.results.store.kept)"
# A zoom is kept when it has rested; timers that are set later with more to wait fire later.
ZOOM_AND_REST = """async () => {
    window.results.plot.drawing.xRange.setv({ start: 1.5, end: 2.5 });
    await new Promise((done) => { setTimeout(done, 400); });
}"""
# Tolerated by the browser's fixture as an answer on purpose, which one of 500 is not.
BUSY = {"status": 400, "json": {"error": "The server is busy."}}


class Held:
    """Questions kept back until they may be answered."""

    def __init__(self, page, pattern):
        self._page = page
        self._is_over = False
        self.routes = []
        page.route(pattern, self._keep)

    def _keep(self, route):
        if self._is_over:
            route.fallback()
        else:
            self.routes.append(route)

    def wait(self, number=1):
        """Wait until so many were asked."""
        for _ in range(200):
            if len(self.routes) >= number:
                break
            self._page.wait_for_timeout(100)
        assert len(self.routes) == number

    def refuse(self):
        self.routes.pop(0).fulfill(**BUSY)

    def end(self):
        """Answer all of them, and hold no more."""
        self._is_over = True
        while self.routes:
            self.routes.pop(0).continue_()


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
    held = Held(page, "**/targets/*/table")
    page.locator("th[data-column=mjd] button").click()
    held.wait(1)
    later.click()
    expect_state(page, "page", 1)
    held.end()
    place(page, "101\u2013200 of 233")
    expect(page.locator("th[data-column=mjd]")).to_have_attribute("aria-sort", "ascending")
    kept = page.evaluate(KEPT)
    assert kept != sorted(kept)
    # A row of the plot, before the rows of a filter are there.
    held = Held(page, "**/targets/*/table")
    page.evaluate("() => window.results.store.set({ mask: '128', page: null })")
    held.wait(1)
    page.evaluate("(row) => window.results.store.select(row)", kept[-1])
    held.end()
    expect(page.locator("#table-count")).to_contain_text("hidden by the flag mask")
    selected(page, kept[-1])
    fewer = page.evaluate(KEPT)
    page.keyboard.press("k")
    selected(page, fewer[-2])
    # Pages turned faster than they come; and one that is no longer wanted.
    page.get_by_role("button", name="First page").click()
    place(page, f"1\u2013100 of {len(fewer)}")
    held = Held(page, "**/targets/*/table")
    later.click()
    later.click()
    expect_state(page, "page", 2)
    held.wait(2)
    page.locator(f"tr[data-row='{fewer[2]}'] th").click()
    expect(region).not_to_have_attribute("aria-busy", "true")
    selected(page, fewer[2])
    held.wait(2)
    later.click()
    held.wait(3)
    held.end()
    place(page, f"101\u2013200 of {len(fewer)}")


def test_a_target_that_is_left_and_come_back_to_has_its_rows(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state=BOTH)
    page.get_by_role("button", name="Statistics").click()
    numbers = page.locator(".statistics")
    expect(numbers).to_be_visible()
    held = Held(page, "**/targets/*/table")
    page.locator("#table-scroll").focus()
    page.keyboard.press("n")
    held.wait(1)
    expect(page.locator("#table-statistics")).to_have_text("Loading\u2026")
    page.keyboard.press("p")
    page.keyboard.press("j")
    held.end()
    selected(page, 4)
    expect(numbers).to_be_visible()
    # Why a row of the target before is flagged is not asked any more.
    explained = Held(page, "**/flags/row")
    page.keyboard.press("j")
    explained.wait(1)
    held = Held(page, "**/targets/*/table")
    with page.expect_event("requestfailed", lambda request: "flags/row" in request.url):
        page.keyboard.press("n")
    expect(page.locator("#flags-why")).to_have_text("Select a measurement.")
    explained.end()
    held.end()
    expect(page.locator("#flags-why")).to_contain_text("Row 0")


def test_flags_that_were_not_counted_are_counted_again(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state=BOTH)
    expect(page.locator("#flags-kept")).to_contain_text("kept 30 of 30")
    held = Held(page, "**/targets/1/flags")
    page.keyboard.press("n")
    count(page, "21 measurements")
    held.wait(1)
    held.refuse()
    error = page.locator("#flags-error")
    expect(error).to_contain_text("Not counted: The server is busy.")
    # Nothing of the target before beside it.
    expect(page.locator("#flags-kept")).to_be_hidden()
    page.keyboard.press("f")
    held.wait(1)
    expect(error).to_contain_text("being counted again")
    held.refuse()
    expect(error).to_contain_text("Not counted: The server is busy.")
    held.end()
    error.get_by_role("button", name="Try again").click()
    expect(page.locator("#flags-kept")).to_contain_text("kept 21 of 21")
    expect(error).to_be_hidden()


def test_the_head_of_another_target_that_fails_is_asked_for_again(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3", state="")
    ready(page)
    held = Held(page, "**/targets/1/head")
    page.keyboard.press("n")
    held.wait(1)
    # The position of the target before can't be copied by now.
    expect(page.locator(".title-line")).to_have_attribute("inert", "")
    lists = Held(page, "**/targets/1/spectra")
    page.locator("#compare-menu summary").click()
    lists.wait(1)
    page.get_by_role("button", name="Pin this spectrum").click()
    pins = page.locator("#compare-pins")
    expect(pins).to_contain_text(f"{SECOND} (shown)")
    lists.refuse()
    listed = page.locator("#compare-targets")
    expect(listed).to_contain_text("could not be listed. The server is busy.")
    lists.end()
    listed.get_by_role("button", name="Try again").click()
    expect(listed).to_contain_text(f"{SECOND} (shown)")
    held.refuse()
    failed = page.locator("#results-head [role=alert]")
    expect(failed).to_contain_text(f"What is known of {SECOND} could not be loaded.")
    expect(page.locator("h1")).to_be_hidden()
    held.end()
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).to_have_text(SECOND)
    expect(page.locator("h1")).to_be_visible()
    expect(failed).to_have_count(0)


def test_what_is_typed_while_a_dialog_is_answered_stays(owner, seeded):
    page = open_table(owner, seeded)
    held = Held(page, "**/targets/*/table")
    page.get_by_role("button", name="Filter rows").click()
    condition = page.locator("#advanced-sql")
    condition.fill("det_id < 4")
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    held.wait(1)
    condition.press("End")
    condition.press_sequentially(" and flux > 1")
    held.end()
    expect(page.locator("#table-count")).to_contain_text(f"of {N_ROWS} measurements")
    expect(condition).to_be_visible()
    expect(condition).to_have_value("det_id < 4 and flux > 1")
    page.keyboard.press("Escape")
    # What an expression gives is not said under an empty form.
    checks = Held(page, "**/check_expression")
    add = page.get_by_role("button", name="Add column", exact=True)
    add.click()
    dialog = page.get_by_role("dialog", name="Add a column")
    dialog.get_by_label("Expression").fill("flux * 2")
    checks.wait(1)
    dialog.get_by_role("button", name="Close").click()
    with page.expect_event("requestfailed", lambda request: "check_expression" in request.url):
        add.click()
    checks.end()
    dialog.get_by_label("Expression").fill("flux * 3")
    dialog.get_by_label("Name").fill("thrice")
    held = Held(page, "**/targets/*/table")
    dialog.get_by_role("button", name="Add column").click()
    held.wait(1)
    dialog.get_by_label("Description").fill("three times the flux")
    held.end()
    expect(page.locator("th[data-column=thrice]")).to_be_attached()
    expect(dialog.get_by_label("Description")).to_have_value("three times the flux")
    expect(dialog).to_be_visible()


def test_ticks_of_a_recipe_stay_while_another_panel_is_drawn(owner, seeded):
    first = Held(owner, "**/targets/*/points")
    owner.goto(f"/jobs/{seeded['jobs']['measured']}/results/?row=40#binned=true")
    first.wait(1)
    # There is nothing to tick before the flags are known.
    recipe = owner.locator("#plot-recipe")
    expect(recipe).to_be_hidden()
    first.end()
    expect(recipe).to_be_visible()
    ready(owner)
    figure = Held(owner, re.compile(r"/figure\?panels=2$"))
    owner.keyboard.press("b")
    figure.wait(1)
    recipe.click()
    dialog = owner.get_by_role("dialog", name="How visits of a channel are averaged")
    transient = dialog.get_by_label("TRANSIENT")
    transient.check()
    figure.end()
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
    points = Held(page, "**/targets/1/points")
    page.keyboard.press("n")
    points.wait(1)
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
    saved = Held(page, "**/targets/0/plot.html")
    page.locator("#plot-save-menu summary").click()
    page.get_by_role("button", name="Interactive HTML").click()
    saved.wait(1)
    points.end()
    expect_state(page, "x", "mjd")
    ready(page)
    assert page.evaluate("() => window.results.plot.plot.file_stem") != stem
    with page.expect_download() as download:
        saved.end()
    assert download.value.suggested_filename == f"{stem}.html"
