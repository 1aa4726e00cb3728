"""Columns of a list in a browser whose questions are answered slowly: nothing said is lost."""

from playwright.sync_api import expect

from tests.browser.held_answers import HeldAnswers
from tests.browser.test_start_mapping import open_all, open_mapping

# Two processors are shared with the workers and with whatever else runs.
expect.set_options(timeout=20_000)


def held_mapping(page, list_id):
    return HeldAnswers(page, f"**/lists/{list_id}/mapping*")


def test_what_is_typed_while_an_answer_is_under_way_stays(owner, lists):
    page = open_mapping(owner, lists["typed"])
    open_all(page)
    index = page.get_by_label("Sérsic index n", exact=True)
    page.get_by_label("Sérsic index n: where from").select_option("One value")
    expect(page.locator("#map-sersic_index-why")).to_contain_text("Allowed: 0.5 to 6")
    held = held_mapping(page, lists["typed"])
    frame = page.locator("#map-frame")
    frame.select_option("FK5")
    held.expect_methods("POST")
    index.press_sequentially("2.5")
    index.press("ArrowLeft")
    held.answer()
    expect(page.locator(".mapping-summary")).to_contain_text("FK5")
    expect(index).to_be_focused()
    expect(index).to_have_value("2.5")
    # At the place where it was left.
    index.press("0")
    expect(index).to_have_value("2.05")
    # Leaving the field takes it, although the browser has not seen all of it typed.
    page.keyboard.press("Tab")
    held.expect_methods("POST")
    # What is chosen before the answer goes with the next question.
    frame.select_option("ICRS")
    held.answer()
    held.expect_methods("POST")
    held.answer()
    expect(page.locator(".mapping-summary")).to_contain_text("n: 2.05 for all rows")
    expect(page.locator(".mapping-summary")).to_contain_text("ICRS")


def test_rows_that_are_changed_leave_a_value_that_is_being_typed(owner, lists):
    page = open_mapping(owner, lists["fixed"])
    open_all(page)
    expect(page.locator(".samples li").nth(1)).to_contain_text("n 1, b/a 0.9, PA 10°")
    held = held_mapping(page, lists["fixed"])
    page.locator("#rows tr[data-row='1'] [data-role='position_angle']").dblclick()
    page.keyboard.type("55")
    page.keyboard.press("Enter")
    held.expect_methods("GET")
    page.get_by_label("Sérsic index n: where from").select_option("One value")
    held.answer()
    held.expect_methods("POST")
    held.answer()
    expect(page.locator("#map-sersic_index-why")).to_contain_text("Allowed: 0.5 to 6")
    # There is no value yet, and the rows change once more.
    expect(page.locator("#rows-region")).to_have_attribute("aria-busy", "false")
    page.locator("#rows tr[data-row='1'] [data-role='ra'].cell").dblclick()
    page.keyboard.type("111.5")
    page.keyboard.press("Enter")
    held.expect_methods("GET")
    index = page.get_by_label("Sérsic index n", exact=True)
    index.press_sequentially("3")
    held.answer()
    expect(page.locator(".samples li").nth(1)).to_contain_text("111.5")
    expect(index).to_be_focused()
    expect(index).to_have_value("3")
    index.press("Enter")
    held.expect_methods("POST")
    held.answer()
    expect(page.locator(".mapping-summary")).to_contain_text("n: 3 for all rows")
    expect(page.locator(".samples li").nth(1)).to_contain_text("n 3, b/a 0.9, PA 55°")


def test_what_was_refused_stays_with_the_reason_when_rows_change(owner, lists):
    page = open_mapping(owner, lists["wide"])
    open_all(page)
    name = page.get_by_label("Name", exact=True)
    name.fill("flux_99")
    name.press("Enter")
    failure = page.locator(".mapping-failure")
    expect(failure).to_contain_text("the list has no column 'flux_99'")
    with page.expect_response(lambda response: "/mapping" in response.url):
        page.get_by_role("button", name="Leave out row 1").click()
    expect(page.locator("#mapping")).not_to_have_attribute("aria-busy", "true")
    expect(name).to_have_value("flux_99")
    expect(failure).to_contain_text("the list has no column 'flux_99'")
    page.get_by_role("button", name="Take back row 1").click()
    expect(page.get_by_role("button", name="Leave out row 1")).to_be_attached()
    expect(page.locator("#mapping")).not_to_have_attribute("aria-busy", "true")
    name.fill("name")
    name.press("Enter")
    expect(failure).to_have_count(0)
    # A box that is entered is empty, to be searched in; leaving it like that chooses nothing.
    name.blur()
    name.focus()
    expect(name).to_have_value("")
    name.press("Enter")
    name.blur()
    expect(name).to_have_value("name")
    expect(page.locator(".mapping-summary")).to_contain_text("Name: name")


def test_a_second_choice_leaves_alone_what_comes_of_the_first(owner, lists):
    page = open_mapping(owner, lists["changed"])
    open_all(page)
    expect(page.locator("#map-effective_radius-unit")).to_have_value("arcsec")
    held = held_mapping(page, lists["changed"])
    page.get_by_label("Effective radius", exact=True).select_option("sersic_n")
    held.expect_methods("POST")
    page.locator("#map-frame").select_option("FK5")
    held.answer()
    held.expect_methods("POST")
    held.answer()
    expect(page.locator(".mapping-summary")).to_contain_text("FK5")
    # The unit was that of another column: it is asked.
    expect(page.get_by_role("group", name="In which unit is sersic_n?")).to_be_visible()
    expect(page.locator("#map-effective_radius-unit")).to_have_value("")


def test_answers_given_at_once_are_all_taken(owner, lists):
    page = open_mapping(owner, lists["asked"])
    held = held_mapping(page, lists["asked"])
    frame = page.get_by_role("group", name="In which frame")
    frame.get_by_role("button", name="galactic l and b").dblclick()
    radius = page.get_by_role("group", name="In which unit is re?")
    radius.get_by_role("button", name="arcsec").first.click()
    held.expect_methods("POST")
    # Somebody who goes on elsewhere is left there.
    title = page.locator("#id_title")
    title.press_sequentially("Two")
    held.answer()
    expect(frame).to_have_count(0)
    held.expect_methods("POST")
    title.press_sequentially(" answers")
    held.answer()
    expect(radius).to_have_count(0)
    expect(page.locator(".mapping-summary")).to_contain_text("re (arcsec)")
    expect(page.locator(".mapping-summary")).to_contain_text("Galactic")
    expect(page.locator(".mapping-failure")).to_have_count(0)
    expect(title).to_have_value("Two answers")
    expect(title).to_be_focused()


def test_a_list_is_sent_off_as_it_was_changed(owner, lists):
    page = open_mapping(owner, lists["hurried"])
    open_all(page)
    held = held_mapping(page, lists["hurried"])
    sent = []

    def note(request):
        if request.is_navigation_request():
            sent.append(request.url)

    page.on("request", note)
    page.locator("#map-frame").select_option("FK5")
    held.expect_methods("POST")
    submit = page.locator("#submit-job")
    submit.click()
    expect(submit).to_have_text("Storing changes\u2026")
    submit.click()
    assert sent == []
    held.answer()
    # Two of its rows can't be measured.
    expect(page.locator("#error-summary")).to_contain_text("2 rows have errors")
    expect(page.locator(".mapping-summary")).to_contain_text("FK5")
