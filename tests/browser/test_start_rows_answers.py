"""The rows of a list while answers are under way: whoever goes on is neither stopped nor undone."""

import re

from playwright.sync_api import expect

from tests.browser.held_answers import HeldAnswers

# Two processors are shared with the workers and with whatever else runs.
expect.set_options(timeout=20_000)


def of_rows(list_id):
    return re.compile(f"/lists/{list_id}/rows")


def open_rows(page, list_id):
    page.goto(f"/?list={list_id}")
    expect(page.locator("#rows .rows-table")).to_be_attached()
    expect(page.locator("#rows-region")).to_have_attribute("aria-busy", "false")
    page.wait_for_function("() => window.start.store.get('positions').length > 0")
    return page


def cell(page, row, role):
    return page.locator(f"#rows tr[data-row='{row}'] [data-role='{role}'].cell")


def has(page, row, role, text):
    expect(cell(page, row, role)).to_have_attribute("data-text", text)


def rows(page, number):
    expect(page.locator("#rows tr[data-row]")).to_have_count(number)


def state(page, key):
    return page.evaluate("(key) => window.start.store.get(key)", key)


def test_cells_are_edited_while_answers_are_under_way(owner, lists):
    page = open_rows(owner, lists["places"])
    held = HeldAnswers(page, of_rows(lists["places"]))
    editor = page.locator(".cell-editor")

    # Tab leads on at once: what is typed there is neither a key of the page nor lost.
    cell(page, 4, "dec").dblclick()
    page.keyboard.type("21.5")
    page.keyboard.press("Tab")
    page.keyboard.type("mp")
    page.keyboard.press("ArrowLeft")
    held.expect_methods("POST")
    held.answer("POST")
    has(page, 4, "dec", "21.5")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("mp")
    # At the place where it was left.
    page.keyboard.type("a")
    expect(editor).to_have_value("map")
    assert state(page, "mode") == "multi"
    page.keyboard.press("Enter")
    held.expect_methods("POST")

    # Looking at the cell before the answer is there does not undo the correction.
    page.keyboard.press("F2")
    expect(editor).to_have_value("map")
    held.answer("POST")
    has(page, 5, "name", "map")
    expect(editor).to_be_focused()
    title = page.locator("#job-form [name=title]")
    title.click()
    expect(editor).to_have_count(0)

    # An answer calls nobody back who types elsewhere.
    cell(page, 4, "ra").dblclick()
    page.keyboard.type("44.5")
    page.keyboard.press("Tab")
    expect(editor).to_have_value("21.5")
    title.click()
    page.keyboard.type("Mine")
    held.expect_methods("POST")
    held.answer("POST")
    has(page, 4, "ra", "44.5")
    has(page, 5, "name", "map")
    page.keyboard.type(" own")
    expect(title).to_have_value("Mine own")
    expect(editor).to_have_count(0)


def test_what_is_refused_is_kept_for_its_cell(owner, lists):
    page = open_rows(owner, lists["places"])
    held = HeldAnswers(page, of_rows(lists["places"]))
    editor, message = page.locator(".cell-editor"), page.locator("#rows-message")
    cell(page, 7, "dec").dblclick()
    page.keyboard.type("-7.25")
    page.keyboard.press("Enter")
    held.expect_methods("POST")
    cell(page, 8, "ra").dblclick()
    page.keyboard.type("18")
    held.tell("The disk is full.", status=422)
    expect(message).to_have_text("Dec, row 8: \u201c-7.25\u201d was not taken. The disk is full.")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("18")
    page.keyboard.type(".75")
    page.keyboard.press("Enter")
    held.expect_methods("POST")
    held.answer("POST")
    has(page, 8, "ra", "18.75")
    # It is said until it is taken or given up.
    expect(message).to_contain_text("-7.25")
    cell(page, 7, "dec").dblclick()
    expect(editor).to_have_value("-7.25")
    page.keyboard.press("Enter")
    held.expect_methods("POST")
    # Who waits for it goes on with it.
    held.tell("The disk is still full.", status=422)
    expect(message).to_contain_text("still full")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("-7.25")
    page.keyboard.press("Enter")
    held.expect_methods("POST")
    held.answer("POST")
    has(page, 7, "dec", "-7.25")
    expect(message).to_be_hidden()


def test_a_row_that_leaves_those_shown_stays_as_long_as_it_is_edited(owner, lists):
    page = open_rows(owner, lists["places"])
    page.select_option("#rows-show", "error")
    rows(page, 2)
    held = HeldAnswers(page, of_rows(lists["places"]))
    cell(page, 1, "ra").dblclick()
    page.keyboard.type("11.5")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    held.expect_methods("POST")
    held.answer("POST")
    expect(page.locator("#rows-summary")).to_have_text("249 good, 1 with errors")
    editor = page.locator(".cell-editor")
    expect(editor).to_be_focused()
    page.keyboard.type("2.5")
    expect(editor).to_have_value("42.5")
    held.let_all_go()
    page.keyboard.press("Enter")
    rows(page, 1)
    # What is shown now has the focus.
    expect(cell(page, 2, "dec")).to_be_focused()
    # All of it was sent.
    page.select_option("#rows-show", "all")
    has(page, 1, "dec", "42.5")
    for role, text in (("dec", "41.3"), ("ra", "about ten")):
        page.get_by_role("button", name="Undo").click()
        has(page, 1, role, text)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_an_answer_does_not_bring_back_the_rows_that_were_left(owner, lists):
    page = open_rows(owner, lists["places"])
    held = HeldAnswers(page, of_rows(lists["places"]))
    pager = page.locator("#rows .rows-pager")
    shown, find = page.locator("#rows-show"), page.locator("#rows-find")

    # The change is answered before the question for other rows ...
    cell(page, 20, "name").dblclick()
    page.keyboard.type("p first")
    page.keyboard.press("Enter")
    held.expect_methods("POST")
    shown.select_option("error")
    held.expect_methods("POST", "GET")
    held.answer("POST")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    held.answer("GET")
    # ... which is asked once more, as it could be older.
    held.expect_methods("GET")
    held.answer("GET")
    rows(page, 2)
    expect(shown).to_have_value("error")

    # ... and after it.
    held.let_all_go()
    shown.select_option("all")
    has(page, 20, "name", "p first")
    held = HeldAnswers(page, of_rows(lists["places"]))
    cell(page, 20, "name").dblclick()
    page.keyboard.type("p second")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Next").click()
    held.expect_methods("POST", "GET")
    held.answer("GET")
    expect(pager).to_contain_text("101\u2013200 of 250")
    # What is still under way is taken back first.
    page.get_by_role("button", name="Undo").click()
    held.answer("POST")
    held.expect_methods("GET", "POST")
    held.let_all_go()
    expect(pager).to_contain_text("101\u2013200 of 250")
    page.get_by_role("link", name="Previous").click()
    has(page, 20, "name", "p first")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()

    # Of rows that are selected one after the other the last one's page is shown; the search stays.
    # The last row has no "p" in its name.
    find.fill("p")
    expect(pager).to_contain_text("of 249")
    held = HeldAnswers(page, of_rows(lists["places"]))
    for row in (120, 240):
        page.evaluate("(row) => window.start.store.set({ row })", row)
    held.expect_methods("GET", "GET")
    held.answer("GET")
    held.answer("GET")
    selected = page.locator("#rows tr[aria-selected=true]")
    expect(selected).to_have_attribute("data-row", "240")
    expect(find).to_have_value("p")
    expect(pager).to_contain_text("201\u2013249 of 249")
    held.expect_methods()


def test_the_summary_is_that_of_the_last_change(owner, lists):
    page = open_rows(owner, lists["places"])
    sentence = page.locator("#list-sentence")
    expect(sentence).not_to_contain_text("left out")
    # Answers as they were when they were asked for.
    answers = []

    def keep(route):
        answers.append((route, route.fetch(max_retries=5)))

    summary = f"**/lists/{lists['places']}/summary"
    page.route(summary, keep)
    show = page.locator("#list-show-problem")
    for number, row in enumerate((31, 32), 1):
        page.get_by_role("button", name=f"Leave out row {row}", exact=True).click()
        expect(page.get_by_role("button", name=f"Take back row {row}", exact=True)).to_be_attached()
        for _ in range(200):
            if len(answers) == number:
                break
            page.wait_for_timeout(100)
        assert len(answers) == number
    show.focus()
    for route, answer in answers:
        route.fulfill(response=answer)
    expect(sentence).to_contain_text("2 rows left out")
    expect(show).to_be_focused()
    page.unroute(summary)

    # News of other parts of the page change nothing that is known of the list.
    page.wait_for_function("() => window.start.store.get('list').left_out === 2")
    page.evaluate("() => window.start.store.on(['list'], () => { window.told = true; })")
    page.evaluate("() => document.body.dispatchEvent(new CustomEvent('htmx:afterSwap'))")
    assert page.evaluate("() => window.told") is None

    # A page that comes back from the browser's memory is as old as it was left.
    page.evaluate(
        """(address) => fetch(address, {
            method: 'POST', headers: { 'X-Requested-With': 'fetch',
                'X-CSRFToken': document.querySelector('[name=csrfmiddlewaretoken]').value },
            body: new URLSearchParams({ action: 'take_back', rows: '30,31' }),
        })""",
        f"/lists/{lists['places']}/rows",
    )
    page.evaluate("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(sentence).not_to_contain_text("left out")
    expect(page.get_by_role("button", name="Leave out row 32", exact=True)).to_be_attached()
    # What was done before can't be taken back in what the list is now.
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_names_that_come_back_are_looked_up_after_a_failure(owner, lists):
    page = owner
    held = HeldAnswers(page, f"**/lists/{lists['lost']}/resolve")
    page.goto(f"/?list={lists['lost']}")
    held.expect_methods("POST")
    held.tell({"done": 0, "left": 2, "failure": "Nobody answers."})
    expect(page.locator("#rows-names-words")).to_have_text("Nobody answers.")
    page.get_by_role("button", name="Leave out those that are not known").click()
    expect(page.locator("#rows-names")).to_be_hidden()
    page.get_by_role("button", name="Take back row 1").click()
    held.expect_methods("POST")
    held.let_all_go()
    expect(page.locator("#rows-summary")).to_have_text("1 good, 1 left out")
