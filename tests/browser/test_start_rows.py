"""The rows of a list in a browser: what is wrong with them, how it is fixed, and the map's row."""

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers

# Two processors are shared with the workers and with whatever else runs.
expect.set_options(timeout=20_000)
SEE = "() => window.start.store.addEventListener('look', (event) => { window.seen = event.detail })"


def open_rows(page, list_id):
    page.goto(f"/?list={list_id}")
    expect(page.locator("#rows .rows-table")).to_be_attached()
    return page


def cell(page, row, role):
    return page.locator(f"#rows tr[data-row='{row}'] [data-role='{role}'].cell")


def summary(page, text):
    expect(page.locator("#rows-summary")).to_have_text(text)


def state(page, key):
    return page.evaluate("(key) => window.start.store.get(key)", key)


def selected(page, row):
    expect(page.locator("#rows tr[aria-selected=true]")).to_have_attribute("data-row", str(row))


def test_bad_rows_are_fixed_left_out_and_put_back_by_keyboard(owner, lists):
    page = open_rows(owner, lists["bad"])
    summary(page, "4 good, 2 with errors")
    bold = page.locator("#rows tr[data-row='4']")
    expect(bold).to_contain_text("<b>bold</b>")
    cell(page, 0, "name").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    selected(page, 1)
    expect(cell(page, 1, "ra")).to_be_focused()
    expect(page.locator("#rows tr[data-row='1'] + .rows-why")).to_contain_text("about ten")
    # What is given up is not taken; what is entered is.
    page.keyboard.press("F2")
    page.keyboard.type("11.5")
    page.keyboard.press("Escape")
    summary(page, "4 good, 2 with errors")
    page.keyboard.press("Enter")
    page.keyboard.type("11.5")
    page.keyboard.press("Tab")
    expect(page.locator(".cell-editor")).to_have_value("41.3")
    page.keyboard.press("Escape")
    summary(page, "5 good, 1 with errors")
    expect(cell(page, 1, "dec")).to_be_focused()
    expect(page.locator("#rows tr[data-row='1'] td.rows-converted")).to_have_text(
        "11.500000 +41.300000"
    )
    page.wait_for_function("() => window.start.store.get('positions').length === 5")
    page.get_by_role("button", name="Leave out the bad row").click()
    summary(page, "5 good, 1 left out")
    for expected in ("5 good, 1 with errors", "4 good, 2 with errors"):
        page.get_by_role("button", name="Undo").click()
        summary(page, expected)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    cell(page, 2, "dec").click()
    page.keyboard.press("Delete")
    summary(page, "4 good, 1 with errors, 1 left out")
    page.locator("#rows tr[data-row='2']").get_by_role("button", name="Take back").click()
    summary(page, "4 good, 2 with errors")
    page.reload()
    summary(page, "4 good, 2 with errors")


def test_rows_are_filtered_found_and_reported(owner, lists, tmp_path):
    page = open_rows(owner, lists["bad"])
    page.select_option("#rows-show", "error")
    expect(page.locator("#rows tr[data-row]")).to_have_count(2)
    page.fill("#rows-find", "sec")
    expect(page.locator("#rows tr[data-row]")).to_have_count(1)
    page.fill("#rows-find", "nobody")
    page.get_by_role("link", name="Show all rows").click()
    expect(page.locator("#rows tr[data-row]")).to_have_count(6)
    with page.expect_download() as caught:
        page.get_by_role("link", name="Error report").click()
    caught.value.save_as(tmp_path / "report.csv")
    rows = list(csv.DictReader((tmp_path / "report.csv").read_text().splitlines()))
    assert [row["line"] for row in rows] == ["3", "4"]


def test_the_map_and_the_rows_select_the_same(owner, lists):
    page = open_rows(owner, lists["good"])
    summary(page, "5,000 good")
    page.wait_for_function("() => window.start.store.get('positions').length === 5000")
    assert state(page, "list")["good"] == 5000
    page.evaluate("() => window.start.store.set({ row: 1234 })")
    selected(page, 1234)
    expect(page.locator("#rows .rows-pager")).to_contain_text("1201\u20131300 of 5000")
    expect(page.locator("#rows tr[data-row='1234']")).to_be_in_viewport()
    page.evaluate(SEE)
    cell(page, 1299, "name").click()
    page.keyboard.press("ArrowDown")
    selected(page, 1300)
    assert state(page, "row") == 1300
    assert page.evaluate("() => window.seen.ra") == pytest.approx(
        (10 + 1300 * 0.37) % 360, abs=1e-6
    )
    # A row that is filtered out is shown all the same when somebody points at it.
    page.fill("#rows-find", "star 77")
    expect(page.locator("#rows tr[data-row='77']")).to_be_visible()
    page.evaluate("() => window.start.store.set({ row: 4999 })")
    selected(page, 4999)
    expect(page.locator("#rows-find")).to_have_value("")


def test_names_are_looked_up_and_what_is_not_known_is_mended(owner, lists):
    page = open_rows(owner, lists["names"])
    expect(page.locator("#rows-names-words")).to_have_text("4 of 4 names looked up")
    summary(page, "2 good, 1 with errors, 2 warnings")
    expect(page.locator("#rows-names")).to_be_hidden()
    unknown = page.locator("#rows tr[data-row='2']")
    expect(page.locator("#rows tr[data-row='2'] + .rows-why")).to_contain_text(
        "is not known in the simulated sky"
    )
    cell(page, 2, "position").dblclick()
    page.keyboard.type("12.5 -1.2 gal")
    page.keyboard.press("Enter")
    expect(unknown).to_have_attribute("data-status", "good")


def test_problems_can_be_read_and_lead_from_the_form_to_their_rows(owner, lists):
    page = open_rows(owner, lists["bad"])
    # Within the drawer, and not below anything.
    visible = """(one) => {
        const box = one.getBoundingClientRect();
        const frame = one.closest('.rows-scroll').getBoundingClientRect();
        const at = (x) => document.elementFromPoint(x, box.top + box.height / 2);
        return box.left >= frame.left && box.right <= frame.right
            && [box.left + 30, box.right - 30].every((x) => one.contains(at(x)));
    }"""
    problem = page.locator("#rows .problem").first
    expect(problem).to_be_in_viewport()
    assert problem.evaluate(visible)
    place, edge = (
        page.locator(f"#rows td.{name}").first for name in ("rows-converted", "rows-action")
    )
    end = place.bounding_box()
    assert end["x"] + end["width"] <= edge.bounding_box()["x"]
    # It is said once where it can be mended; the form leads there, also after a refusal.
    page.locator("#rows-toggle").click()
    for source in ("#list-summary", "#error-summary"):
        page.locator(source).get_by_role("link", name="Show").click()
        expect(page.locator("#rows tr[data-row]")).to_have_count(2)
        selected(page, 1)
        expect(page.get_by_role("button", name="Leave out 2 bad")).to_be_visible()
        if source == "#list-summary":
            page.click("#submit-job")
            expect(page.locator("#error-summary")).to_contain_text("2 rows have errors")
            expect(page).to_have_url(re.compile(f"list={lists['bad']}$"))
            expect(page.locator(".list-problem")).to_be_hidden()
            page.wait_for_load_state()
    # What lies on the map keeps clear of the rows.
    missing = page.locator("#sky-missing")
    expect(missing).to_contain_text("WebGL 2 is missing or switched off")
    expect(missing).to_contain_text("Everything else on this page works without it.")
    end = missing.bounding_box()
    assert end["y"] + end["height"] < page.locator("#rows").bounding_box()["y"]


def test_on_a_phone_a_touch_on_the_selected_cell_changes_it(context, seeded, lists):
    context.request.get(f"/claim/{seeded['claim']}", max_redirects=0, max_retries=5)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/?list={lists['bad']}")
    expect(page.locator("#rows-region")).to_be_hidden()
    page.locator("#list-summary").get_by_role("link", name="Show them").click()
    # The rows are fetched anew: those with errors.
    expect(page.locator("#rows tr[data-row]")).to_have_count(2)
    dec = cell(page, 2, "dec")
    dec.click()
    selected(page, 2)
    expect(page.locator(".cell-editor")).to_have_count(0)
    # Slowly: not a double click.
    dec.click(delay=700)
    expect(page.locator(".cell-editor")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#rows .rows-foot")).to_contain_text("tap it twice")
    page.locator("#rows").get_by_role("button", name="Measure spectra").click()
    expect(page.locator("#error-summary")).to_contain_text("2 rows have errors")
    expect(page.locator("#error-summary")).to_be_in_viewport()


def test_the_drawer_keeps_its_height(owner, lists):
    page = open_rows(owner, lists["bad"])
    height = page.locator("#rows").bounding_box()["height"]
    page.locator("#rows-grip").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    open_rows(page, lists["bad"])
    assert page.locator("#rows").bounding_box()["height"] == pytest.approx(height + 64, abs=2)
    page.locator("#rows-toggle").click()
    expect(page.locator("#rows-region")).to_be_hidden()
    open_rows(page, lists["good"])
    expect(page.locator("#rows-region")).to_be_hidden()
    summary(page, "5,000 good")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_barriers_and_room(owner, lists, scheme, width):
    owner.emulate_media(color_scheme=scheme)
    owner.set_viewport_size({"width": width, "height": 844})
    page = open_rows(owner, lists["bad"])
    page.evaluate("() => { document.querySelector('.mapping').open = true; }")
    if width == 390:
        page.locator("#rows-toggle").click()
        page.locator("#rows tr[data-row='1'] [data-role='ra']").click()
    expect(page.locator("#rows tr[data-row]")).to_have_count(6)
    # Counts that are asked anew, a moment after the places of the rows are known, are faded.
    page.wait_for_function("() => window.start.store.get('positions').length > 0")
    page.evaluate("() => new Promise((done) => { setTimeout(done, 500); })")
    expect(page.locator("#before-head")).to_contain_text("targets")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # The map is Aladin Lite's.
    assert barriers(page, {"exclude": [["#sky-view"]]}) == ""
