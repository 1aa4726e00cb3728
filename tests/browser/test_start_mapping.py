"""The columns of a list in a browser: what is asked, chosen, and shown of it at once."""

from playwright.sync_api import expect

# Two processors are shared with the workers and with whatever else runs.
expect.set_options(timeout=20_000)


def open_mapping(page, list_id):
    page.goto(f"/?list={list_id}")
    expect(page.locator("#mapping .mapping")).to_be_attached()
    return page


def open_all(page):
    page.evaluate("() => { document.querySelector('.mapping').open = true; }")


def test_a_choice_is_taken_at_once_and_leaves_the_focus(owner, lists):
    page = open_mapping(owner, lists["good"])
    expect(page.locator(".mapping-summary")).to_contain_text("RA: ra")
    open_all(page)
    expect(page.locator(".samples tbody tr")).to_have_count(3)
    name = page.get_by_label("Name", exact=True)
    name.focus()
    name.select_option("mag")
    expect(page.locator(".mapping-summary")).to_contain_text("Name: mag")
    expect(page.locator("#map-name-why")).to_contain_text("your choice")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.locator(".mapping")).to_have_attribute("open", "")
    # The rows of the grid are those of the new column.
    expect(page.locator("#rows tr[data-row='3'] [data-role='name']")).to_have_attribute(
        "data-text", "18"
    )
    page.get_by_label("Name", exact=True).select_option("name")
    expect(page.locator(".mapping-summary")).to_contain_text("Name: name")


def test_one_value_for_all_rows(owner, lists):
    page = open_mapping(owner, lists["bad"])
    open_all(page)
    page.get_by_label("Sérsic galaxies").click()
    source = page.get_by_label("Sérsic index n: where from")
    source.select_option("One value")
    index = page.get_by_label("Sérsic index n", exact=True)
    expect(page.locator("#map-sersic_index-why")).to_contain_text("Allowed: 0.5 to 6")
    index.fill("2.5")
    index.press("Enter")
    expect(page.locator(".mapping-summary")).to_contain_text("n: 2.5 for all rows")
    expect(page.locator("#rows tr[data-row='0'] .cell-constant")).to_have_text("2.5")
    page.get_by_label("Point sources").click()
    expect(page.locator("#rows .cell-constant")).to_have_count(0)


def test_a_column_among_many_is_searched_for(owner, lists):
    page = open_mapping(owner, lists["wide"])
    open_all(page)
    name = page.get_by_label("Name", exact=True)
    name.click()
    expect(name).to_have_value("")
    name.press("Tab")
    expect(page.get_by_label("Name", exact=True)).to_have_value("name")
    page.get_by_label("Name", exact=True).fill("flux_39")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator(".mapping-summary")).to_contain_text("Name: flux_39")
    page.get_by_label("Name", exact=True).fill("flux_99")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator(".mapping-failure")).to_contain_text("the list has no column 'flux_99'")


def test_what_is_asked_is_answered_first(owner, lists):
    page = open_mapping(owner, lists["hours"])
    expect(page.locator(".mapping")).to_have_attribute("open", "")
    expect(page.locator("#rows .rows-notes")).to_contain_text("No row is read before this")
    question = page.get_by_role("group", name="No value of RAJ2000 is above 24")
    question.get_by_label("hours").click()
    expect(question).to_have_count(0)
    expect(page.locator(".mapping-summary")).to_contain_text("RAJ2000 (hours)")
    expect(page.locator(".samples")).to_contain_text("189.997650 -11.623060")
    expect(page.locator("#rows-summary")).to_have_text("2 good")
    page.wait_for_function("() => window.start.store.get('positions').length === 2")
