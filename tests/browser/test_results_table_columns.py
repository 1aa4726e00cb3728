"""Columns of the table in a browser: order, added ones, choice, statistics."""

import re

from playwright.sync_api import expect

from tests.browser.test_results_table import (
    N_ROWS,
    count,
    open_table,
    state,
    texts,
    type_filter,
)


def test_headers_sort_up_down_and_not(owner, seeded):
    page = open_table(owner, seeded)
    head = page.locator("th[data-column=flags]")
    button = head.get_by_role("button")
    button.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    button.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    page.evaluate("() => window.results.store.set({ page: 0 })")
    expect(page.locator("#measurements tbody tr").first).to_have_attribute("data-row", "230")
    values = [int(text.split()[-1]) for text in texts(page, "flags")]
    assert values == sorted(values, reverse=True)
    assert values[0] == 2**33
    button.click()
    expect(head).not_to_have_attribute("aria-sort", re.compile("."))
    expect(page.locator("#measurements tbody tr").first).to_have_attribute("data-row", "0")


def test_the_guides_column_is_added_edited_and_removed(owner, seeded):
    page = open_table(owner, seeded)
    page.get_by_role("button", name="Add column").click()
    dialog = page.get_by_role("dialog", name="Add a column")
    dialog.get_by_label("Expression").fill('MOD(FLOOR("flags" / POWER(2, 7)), 2) = 1')
    expect(page.locator("#derive-result")).to_contain_text("True for 25 of 233 rows")
    dialog.get_by_label("Name", exact=True).fill("is_dichroic")
    dialog.get_by_role("button", name="Add column").click()
    expect(dialog).to_be_hidden()
    head = page.locator("th[data-column=is_dichroic]")
    expect(head).to_be_in_viewport()
    assert set(texts(page, "is_dichroic")) == {"0", "1"}
    assert state(page, "derived")[0]["kind"] == "long"
    type_filter(page, "is_dichroic", "1")
    count(page, f"25 of {N_ROWS} measurements")
    page.wait_for_function("() => location.hash.includes('filters')")
    page.reload()
    count(page, f"25 of {N_ROWS} measurements")

    page.get_by_role("button", name="Add column").click()
    dialog.get_by_role("button", name="Edit is_dichroic").click()
    dialog.get_by_label("Expression").fill("is_dichroic")
    expect(page.locator("#derive-result")).to_contain_text("each needs another of them, or itself")
    dialog.get_by_label("Name", exact=True).fill("bad")
    dialog.get_by_label("Expression").fill("flags >> 32")
    dialog.get_by_role("button", name="Save changes").click()
    expect(page.locator("th[data-column=bad]")).to_be_visible()
    assert list(state(page, "filters")) == ["bad"]

    page.get_by_role("button", name="Add column").click()
    dialog.get_by_role("button", name="Remove bad").click()
    expect(dialog.get_by_role("button", name="Remove bad")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("th[data-column=bad]")).to_have_count(0)
    count(page, f"{N_ROWS} measurements")


def test_flags_are_decoded_and_rows_marked_without_typing(owner, seeded):
    page = open_table(owner, seeded)
    for preset, name, n_true in (
        ("FIT_ERROR (bit 33)", "is_fit_error", 3),
        ("CONTAINS_BAD_PIXEL (bit 32)", "is_contains_bad_pixel", 25),
        ("the selected one", "selected", 1),
    ):
        page.get_by_role("button", name="Add column").click()
        page.get_by_label("Start from").select_option(preset)
        expect(page.locator("#derive-name")).to_have_value(name)
        expect(page.locator("#derive-result")).to_contain_text(f"True for {n_true} of 233 rows")
        page.locator("#derive-save").click()
        expect(page.locator(f"th[data-column={name}]")).to_be_attached()


def test_a_hostile_expression_gets_a_sentence(owner, seeded):
    page = open_table(owner, seeded)
    page.get_by_role("button", name="Add column").click()
    for expression in ("read_csv('/etc/passwd')", "repeat('a', 10000000000)", "(SELECT 1)"):
        page.locator("#derive-name").fill("x")
        page.locator("#derive-expression").fill(expression)
        page.locator("#derive-save").click()
        expect(page.locator("#derive-result.is-error")).to_contain_text("not allowed")
    page.locator("#derive-name").fill("1 x")
    page.locator("#derive-expression").fill("1")
    page.locator("#derive-save").click()
    expect(page.locator("#derive-result.is-error")).to_contain_text("allowed: a letter, then")
    assert state(page, "derived") == []


def test_a_condition_on_whole_rows(owner, seeded):
    page = open_table(owner, seeded)
    page.get_by_role("button", name="Filter rows").click()
    dialog = page.get_by_role("dialog", name="Filter rows by a condition")
    condition = dialog.get_by_role("textbox")
    condition.fill("flux > 3 * flux_er")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator("#advanced-error")).to_contain_text("did you mean flux_err")
    condition.fill("flux > 3 * flux_err AND det_id IN (3, 4)")
    dialog.get_by_role("button", name="Apply").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#active-filters")).to_contain_text("flux > 3 * flux_err AND det_id IN")
    page.get_by_role("button", name="Filter rows").click()
    dialog.get_by_role("button", name="Remove the condition").click()
    count(page, f"{N_ROWS} measurements")


def test_columns_are_chosen_and_ordered(owner, seeded):
    page = open_table(owner, seeded)

    def heads():
        return page.locator("#measurements .heads th").evaluate_all(
            "(heads) => heads.map((head) => head.dataset.column)"
        )

    usual = heads()
    page.get_by_role("button", name="Columns", exact=True).click()
    dialog = page.get_by_role("dialog", name="Columns of the table")
    dialog.get_by_label("Search columns").fill("lvf_id")
    dialog.get_by_role("checkbox").check()
    expect(page.locator("th[data-column=lvf_id]")).to_be_attached()
    dialog.get_by_label("Search columns").fill("")
    dialog.get_by_role("button", name="Move \u03bb to the left").click()
    expect(dialog.get_by_role("button", name="Move \u03bb to the right")).to_be_focused()
    dialog.get_by_role("checkbox", name="\u0394\u03bb").uncheck()
    expect(page.locator("th[data-column=lambda_width]")).to_have_count(0)
    assert heads() == ["row", "wavelength", "det_id", *usual[4:], "lvf_id"]
    dialog.get_by_role("button", name="All").click()
    expect(page.locator("th[data-column=n_aper_pix]")).to_be_attached()
    dialog.get_by_role("button", name="Usual ones").click()
    expect(page.locator("th[data-column=n_aper_pix]")).to_have_count(0)
    assert heads() == usual
    assert state(page, "columns") is None


def test_statistics_follow_the_filters(owner, seeded):
    page = open_table(owner, seeded)
    toggle = page.get_by_role("button", name="Statistics")
    toggle.click()
    cells = page.locator(".statistics tr[data-column=flux] td")
    expect(cells.nth(0)).to_have_text("230")
    expect(cells.nth(1)).to_have_text("3")
    page.evaluate(
        "() => window.results.store.set({ filters: { det_id: { text: '= 3', unit: 'uJy' } } })"
    )
    # One of the 39 failed.
    expect(cells.nth(0)).to_have_text("38")
    page.locator("#table-statistics").press("Escape")
    expect(page.locator("#table-statistics")).to_be_hidden()
    expect(toggle).to_be_focused()
