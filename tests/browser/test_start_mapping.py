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
    expect(page.locator(".samples li")).to_have_count(3)
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
    # No column of the list looks like one.
    expect(page.get_by_label("Sérsic index n: where from")).to_have_value("constant")
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


def test_questions_are_answered_one_after_the_other_by_keyboard(owner, lists):
    page = open_mapping(owner, lists["lonlat"])
    expect(page.locator(".mapping")).to_have_attribute("open", "")
    expect(page.locator("#rows .rows-notes")).to_contain_text("No row is read before this")
    # The question is said once, not once more for every row.
    expect(page.locator("#map-samples")).not_to_contain_text("In which frame")
    frame = page.get_by_role("group", name="In which frame")
    frame.get_by_role("button").first.focus()
    # Looking at the answers chooses none.
    for key in ("ArrowDown", "ArrowRight", "Tab", "Tab", "Tab"):
        page.keyboard.press(key)
    expect(frame.get_by_role("button", name="galactic l and b")).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame).to_have_count(0)
    expect(page.locator(".mapping-summary")).to_contain_text("Galactic")
    radius = page.get_by_role("group", name="In which unit is re?")
    expect(radius.get_by_role("button", name="arcsec").first).to_be_focused()
    page.keyboard.press("Space")
    ratio = page.get_by_role("group", name="e is read as ellipticity")
    expect(ratio.get_by_role("button", name="yes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_count(0)
    expect(page.locator("#map-samples")).to_be_focused()
    expect(page.locator("#rows-summary")).to_have_text("2 good")
    # The proof of it can be read without scrolling sideways.
    expect(page.locator(".samples li").first).to_contain_text(
        "n 2, b/a 0.7, PA 20\u00b0, Re 3\u2033"
    )
    assert page.locator("#map-samples").evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_of_many_answers_one_is_chosen_and_then_taken(owner, lists):
    page = open_mapping(owner, lists["tables"])
    answers = page.locator(".question select")
    answers.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(answers).to_have_value("1")
    # What is chosen elsewhere meanwhile neither takes it nor loses it.
    page.select_option("#map-frame", "Galactic")
    expect(page.locator(".mapping-summary")).to_contain_text("Galactic")
    expect(answers).to_have_value("1")
    page.get_by_role("button", name="Use this").click()
    expect(page.locator(".question")).to_have_count(0)
    expect(page.locator("#rows tr[data-row='0'] [data-role='ra'].cell")).to_have_text("101")


def test_what_is_asked_is_answered_first(owner, lists):
    page = open_mapping(owner, lists["hours"])
    expect(page.locator(".mapping")).to_have_attribute("open", "")
    expect(page.locator("#rows .rows-notes")).to_contain_text("No row is read before this")
    question = page.get_by_role("group", name="No value of RAJ2000 is above 24")
    question.get_by_role("button", name="hours").click()
    expect(question).to_have_count(0)
    expect(page.locator(".mapping-summary")).to_contain_text("RAJ2000 (hours)")
    expect(page.locator(".samples")).to_contain_text("189.997650 -11.623060")
    expect(page.locator("#rows-summary")).to_have_text("2 good")
    page.wait_for_function("() => window.start.store.get('positions').length === 2")
