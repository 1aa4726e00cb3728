"""The table in a browser: filters, order, added columns, pages and keys, tied to the selection."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.test_results_plot import LOADED

STATE = "(key) => window.results.store.get(key)"
GUIDE_FILTER = "like '%D3%' or like '%D4%'"
N_ROWS, N_D3_D4 = 233, 78
# Two processors are shared with the workers and with whatever else runs.
expect.set_options(timeout=20_000)


def open_table(page, seeded, name="measured", query="?row=40", state="#pane=%22table%22"):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}{state}")
    page.wait_for_selector("#measurements", state="attached")
    page.wait_for_function("() => window.results.store.kept.length > 0")
    return page


def state(page, key):
    return page.evaluate(STATE, key)


def filter_box(page, column):
    return page.locator(f".filter[data-column={column}]")


def type_filter(page, column, text):
    filter_box(page, column).fill(text)
    filter_box(page, column).press("Enter")


def count(page, text):
    expect(page.locator("#table-count")).to_have_text(text)


def texts(page, column):
    """Return the texts of a column of the page of the table."""
    names = page.locator("#measurements .heads th").evaluate_all(
        "(heads) => heads.map((head) => head.dataset.column)"
    )
    place = names.index(column) + 1
    return page.locator(f"#measurements tbody tr > :nth-child({place})").all_inner_texts()


def selected(page, row):
    expect(page.locator("#measurements tr[aria-current]")).to_have_attribute("data-row", str(row))


def test_the_selected_row_is_marked_and_in_sight(owner, seeded):
    page = open_table(owner, seeded)
    selected(page, 40)
    row = page.locator("tr[data-row='40']")
    expect(row).to_be_in_viewport()
    page.evaluate("() => window.results.store.select(171)")
    selected(page, 171)
    expect(page.locator("#table-place")).to_have_text("101\u2013200 of 233")
    expect(page.locator("tr[data-row='171']")).to_be_in_viewport()
    assert page.evaluate("() => document.activeElement === document.body")
    # A table that is out of sight has nothing to scroll; it shows the row when it is looked at.
    for row in (90, 140):
        page.get_by_role("radio", name="Spectrum").check()
        page.evaluate("(row) => window.results.store.select(row)", row)
        selected(page, row)
        page.keyboard.press("t")
        expect(page.locator(f"tr[data-row='{row}']")).to_be_in_viewport()


def test_sorting_shows_the_top_and_leaves_the_selection(owner, seeded):
    page = open_table(owner, seeded, query="?row=3")
    head = page.locator("th[data-column=flux]")
    for order in ("ascending", "descending"):
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", order)
    kept = page.evaluate("() => Array.from(window.results.store.kept)")
    # One on another page, then one further down on the first.
    for row in (kept[150], kept[90]):
        page.evaluate("(row) => window.results.store.select(row)", row)
        expect(page.locator(f"tr[data-row='{row}']")).to_be_in_viewport()
        head.get_by_role("button").click()
        expect(head).not_to_have_attribute("aria-sort", re.compile("ending"))
        for order in ("ascending", "descending"):
            head.get_by_role("button").click()
            expect(head).to_have_attribute("aria-sort", order)
        expect(page.locator("#table-place")).to_have_text("1\u2013100 of 233")
        expect(page.locator(f"tr[data-row='{kept[0]}']")).to_be_in_viewport()
        assert state(page, "row") == row
    page.keyboard.press("j")
    selected(page, kept[91])
    expect(page.locator(f"tr[data-row='{kept[91]}']")).to_be_in_viewport()


def test_a_click_selects(owner, seeded):
    page = open_table(owner, seeded)
    page.locator("tr[data-row='42'] th").click()
    selected(page, 42)
    assert state(page, "row") == 42


def test_the_guides_filter_shows_the_dichroic(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "obs_publisher_did", GUIDE_FILTER)
    count(page, f"{N_D3_D4} of {N_ROWS} measurements")
    assert all(re.search("/D[34]$", text) for text in texts(page, "obs_publisher_did"))
    expect(page.locator("#table-away")).to_have_text("Row 40, which is selected, is filtered out.")
    assert state(page, "row") == 40
    flagged = page.locator("tr", has=page.locator(".chip", has_text="DICHROIC")).first
    flagged.locator("th").click()
    expect(page.locator("#table-away")).to_be_hidden()
    expect(flagged).to_have_attribute("aria-current", "true")
    type_filter(page, "flags", "DICHROIC")
    count(page, f"12 of {N_ROWS} measurements")
    chips = page.locator("#active-filters .active-filter-text")
    expect(chips).to_have_text([f"Exposure {GUIDE_FILTER}", "Flags DICHROIC"])


def test_filters_are_removed_one_by_one_or_all(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "det_id", "= 3")
    type_filter(page, "flux", "> 100")
    expect(page.locator("#active-filters")).to_contain_text("> 100")
    page.get_by_role("button", name="Remove the filter Det. = 3").click()
    expect(filter_box(page, "det_id")).to_have_value("")
    expect(filter_box(page, "flux")).to_have_value("> 100")
    page.evaluate("() => window.results.store.set({ mask: '4294967296' })")
    # What somebody may be pressing stays, whatever else is answered.
    page.evaluate(
        "() => { window.chip = document.querySelector('.active-filter');"
        " window.results.store.set({ unit: 'mJy', sort: 'mjd' }); }"
    )
    page.wait_for_function(LOADED)
    expect(page.locator("th[data-column=mjd]")).to_have_attribute("aria-sort", "ascending")
    assert page.evaluate("() => window.chip.isConnected")
    page.evaluate("() => window.results.store.set({ unit: 'uJy', sort: '' })")
    page.wait_for_function(LOADED)
    # Above the plot as above the table, and whatever else is closed.
    page.evaluate("() => window.results.store.set({ side: '' })")
    for pane in ("Both", "Spectrum"):
        page.get_by_role("radio", name=pane).check()
        line = page.locator("#active-filters")
        expect(line).to_contain_text("Flux > 100 \u00b5Jy")
        expect(line).to_contain_text("Left out: CONTAINS_BAD_PIXEL")
        # The rows of the mask are there: counted, and nothing moves under the pointer.
        page.wait_for_function(LOADED)
        n_kept = page.evaluate("() => window.results.store.kept.length")
        expect(line).to_contain_text(f"{n_kept} of {N_ROWS} shown")
        expect(line).to_be_in_viewport()
    page.get_by_role("button", name="Clear filters").click()
    count(page, f"{N_ROWS} measurements")
    expect(page.locator("#active-filters")).to_be_hidden()
    assert (state(page, "filters"), state(page, "mask")) == ({}, "0")


def test_typing_applies_after_a_rest_and_leaves_the_focus(owner, seeded):
    page = open_table(owner, seeded)
    filter_box(page, "det_id").click()
    page.keyboard.type("in (3, 4)")
    count(page, f"{N_D3_D4} of {N_ROWS} measurements")
    expect(filter_box(page, "det_id")).to_be_focused()
    expect(filter_box(page, "det_id")).to_have_value("in (3, 4)")


def test_a_filter_that_is_not_understood_changes_nothing_and_says_why(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "det_id", "= 3")
    count(page, f"39 of {N_ROWS} measurements")
    type_filter(page, "flux", "> 5 times")
    error = page.locator("#filter-error")
    expect(error).to_contain_text("> 5 times: ")
    expect(error).to_contain_text("allowed: > 5")
    box = filter_box(page, "flux")
    expect(box).to_have_value("> 5 times")
    expect(box).to_have_attribute("aria-invalid", "true")
    count(page, f"39 of {N_ROWS} measurements")
    assert "times" not in page.url
    above, below = box.bounding_box(), error.bounding_box()
    assert below["y"] >= above["y"] + above["height"]
    type_filter(page, "flux", "> 500")
    expect(error).to_be_hidden()
    type_filter(page, "flux", "> nothing")
    expect(error).to_be_visible()
    box.press("Escape")
    expect(error).to_be_hidden()
    expect(box).to_have_value("> 500")


def test_nothing_left_is_a_sentence_with_a_way_back(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "flux", "> 1e9")
    note = page.locator(".table-empty")
    expect(note).to_contain_text("No measurement passes the filters.")
    note.get_by_role("button", name="Clear filters").click()
    count(page, f"{N_ROWS} measurements")
    expect(note).to_be_hidden()


def test_a_filter_keeps_the_unit_that_it_was_typed_in(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "flux", "> 500")
    count(page, f"72 of {N_ROWS} measurements")
    page.evaluate("() => window.results.store.set({ unit: 'mJy' })")
    expect(page.locator(".filter-unit")).to_have_text("in \u00b5Jy")
    expect(page.locator("th[data-column=flux]")).to_contain_text("mJy")
    count(page, f"72 of {N_ROWS} measurements")
    assert all(float(text) > 0.5 for text in texts(page, "flux"))
    type_filter(page, "flux", "> 0.6")
    expect(page.locator(".filter-unit")).to_have_count(0)
    assert state(page, "filters") == {"flux": {"text": "> 0.6", "unit": "mJy"}}


def test_pages(owner, seeded):
    page = open_table(owner, seeded, query="?row=0")
    for name, place in (
        ("Next page", "101\u2013200 of 233"),
        ("Last page", "201\u2013233 of 233"),
        ("Previous page", "101\u2013200 of 233"),
        ("First page", "1\u2013100 of 233"),
    ):
        page.get_by_role("button", name=name).click()
        expect(page.locator("#table-place")).to_have_text(place)
    expect(page.get_by_role("button", name="Previous page")).to_be_disabled()
    assert state(page, "row") == 0


def test_keys_step_along_the_order_of_the_table(owner, seeded):
    page = open_table(owner, seeded)
    for key, row in (("j", 41), ("j", 42), ("k", 41), ("ArrowRight", 42), ("ArrowLeft", 41)):
        page.keyboard.press(key)
        selected(page, row)
    page.locator("#table-scroll").focus()
    for key, row in (("ArrowDown", 42), ("ArrowUp", 41), ("Home", 0), ("k", 0), ("End", 232)):
        page.keyboard.press(key)
        selected(page, row)
    page.keyboard.press("Home")
    page.keyboard.press("PageDown")
    assert 3 < state(page, "row") < 40
    page.keyboard.press("PageUp")
    selected(page, 0)
    page.locator("th[data-column=mjd] button").click()
    expect(page.locator("th[data-column=mjd]")).to_have_attribute("aria-sort", "ascending")
    page.locator("#table-scroll").focus()
    page.keyboard.press("Home")
    first = state(page, "row")
    page.keyboard.press("j")
    kept = page.evaluate("() => Array.from(window.results.store.kept)")
    assert [first, state(page, "row")] == kept[:2]
    assert first != 0


def test_keys_pressed_before_the_rows_came_count_when_they_are_there(owner, seeded):
    waiting = []

    def hold(route):
        waiting.append(route)

    def answered():
        while waiting:
            waiting.pop().continue_()
        owner.wait_for_function("() => window.results.store.isKnown")

    owner.route("**/targets/*/table", hold)
    owner.goto(f"/jobs/{seeded['jobs']['several']}/results/?target=0")
    owner.wait_for_function("() => document.getElementById('plot').dataset.drawn === 'true'")
    owner.keyboard.press("j")
    owner.keyboard.press("j")
    answered()
    selected(owner, 2)
    # The rows in hand are those of the target that was left.
    with owner.expect_request("**/targets/1/table"):
        owner.keyboard.press("n")
    owner.keyboard.press("j")
    owner.get_by_role("tab", name="Flags").click()
    owner.keyboard.press("f")
    expect(owner.locator("#flags-step-note")).to_contain_text("still being counted")
    assert state(owner, "row") is None
    answered()
    assert state(owner, "target") == 1
    selected(owner, 1)


def test_the_slash_leads_to_the_filter_that_was_used_last(owner, seeded):
    page = open_table(owner, seeded, state="")
    page.keyboard.press("/")
    expect(filter_box(page, "flux")).to_be_focused()
    assert state(page, "pane") == "table"
    filter_box(page, "det_id").focus()
    page.keyboard.type("= 3")
    page.keyboard.press("Enter")
    count(page, f"39 of {N_ROWS} measurements")
    # A key is a letter in there.
    page.keyboard.press("j")
    expect(filter_box(page, "det_id")).to_have_value("= 3j")
    page.keyboard.press("Escape")
    expect(filter_box(page, "det_id")).to_have_value("= 3")
    expect(page.locator("#table-scroll")).to_be_focused()
    page.keyboard.press("/")
    expect(filter_box(page, "det_id")).to_be_focused()


def test_arrows_belong_to_the_choice_of_panes_while_it_has_the_focus(owner, seeded):
    page = open_table(owner, seeded)
    page.get_by_role("radio", name="Table").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Both")).to_be_checked()
    assert state(page, "row") == 40


def test_another_target_has_its_own_rows(owner, seeded):
    page = open_table(owner, seeded, "several", query="?row=3")
    type_filter(page, "det_id", "= 3")
    count(page, "5 of 30 measurements")
    page.locator("#table-scroll").focus()
    page.keyboard.press("n")
    count(page, "21 measurements")
    expect(filter_box(page, "det_id")).to_have_value("")
    page.keyboard.press("p")
    count(page, "5 of 30 measurements")
    expect(filter_box(page, "det_id")).to_have_value("= 3")


def test_a_reload_brings_everything_back(owner, seeded):
    page = open_table(owner, seeded)
    type_filter(page, "flux", "> 100")
    expect(page.locator("#table-count")).to_contain_text(f" of {N_ROWS} measurements")
    page.locator("th[data-column=flags] button").click()
    expect(page.locator("th[data-column=flags]")).to_have_attribute("aria-sort", "ascending")
    page.locator("tr[data-row]").nth(5).locator("th").click()
    row = state(page, "row")
    page.wait_for_function("() => /filters.*sort|sort.*filters/.test(location.hash)")
    page.wait_for_url(re.compile(f"row={row}"))
    page.reload()
    expect(filter_box(page, "flux")).to_have_value("> 100")
    expect(page.locator("th[data-column=flags]")).to_have_attribute("aria-sort", "ascending")
    selected(page, row)


def test_a_filter_in_the_address_that_is_wrong_is_named(owner, seeded):
    page = owner
    filters = "%7B%22fluxx%22%3A%7B%22text%22%3A%22%3E%205%22%7D%7D"
    page.goto(f"/jobs/{seeded['jobs']['measured']}/results/#pane=%22table%22&filters={filters}")
    expect(page.locator("#table-error")).to_contain_text("there is no column fluxx")
    page.locator("#active-filters").get_by_role("button", name="Clear filters").click()
    count(page, f"{N_ROWS} measurements")
    expect(page.locator("#table-error")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_table_is_accessible(owner, seeded, scheme):
    page = open_table(owner, seeded)
    page.emulate_media(color_scheme=scheme)
    type_filter(page, "obs_publisher_did", GUIDE_FILTER)
    count(page, f"{N_D3_D4} of {N_ROWS} measurements")
    type_filter(page, "flux", "> x")
    expect(page.locator("#filter-error")).to_be_visible()
    check = {"include": [["#table-pane"], ["#active-filters"]]}
    assert barriers(page, check) == ""
    page.get_by_role("button", name="Statistics").click()
    expect(page.locator(".statistics")).to_be_visible()
    assert barriers(page, check) == ""
    for button, name in (("Add column", "Add a column"), ("Columns", "Columns of the table"),
                         ("Filter rows", "Filter rows by a condition")):  # fmt: skip
        page.get_by_role("button", name=button, exact=True).click()
        dialog = page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        chosen = {"include": [[f"#{dialog.get_attribute('id')}"]]}
        assert barriers(page, chosen) == ""
        page.keyboard.press("Escape")
