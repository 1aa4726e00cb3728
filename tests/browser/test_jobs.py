"""The pages of jobs renew themselves, but not under somebody's hands."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.held_answers import HeldAnswers

HELP = re.compile(r"/help/$")


@pytest.fixture
def accepting(owner):
    owner.on("dialog", lambda dialog: dialog.accept())
    return owner


def test_what_is_pressed_and_typed_in_the_list_of_jobs_counts(accepting, seeded):
    page = accepting
    page.goto("/jobs/")
    polls = HeldAnswers(page, "**/jobs/rows*")
    polls.expect()
    rename = page.get_by_role("button", name="Change the title Two targets")
    rename.hover()
    page.mouse.down()
    polls.answer()
    # The next one comes when this one has been dealt with.
    polls.expect()
    page.mouse.up()
    title = page.get_by_role("textbox", name="Title")
    expect(title).to_be_focused()

    # What is on its way is not changed, and whoever goes on elsewhere stays there.
    saved = HeldAnswers(page, "**/title")
    title.fill("A pair")
    title.press("Enter")
    saved.expect("title=A+pair")
    expect(title).not_to_be_editable()
    title.press("s")
    title.press("Enter")
    title.press("Escape")
    expect(title).to_have_value("A pair")
    elsewhere = page.get_by_role("link", name="New job").last
    elsewhere.focus()
    saved.tell({"title": "A pair"})
    expect(page.locator(f"#job-{seeded['jobs']['several']}")).to_have_text("A pair")
    expect(title).to_have_count(0)
    expect(elsewhere).to_be_focused()
    assert saved.count == 0

    # A job is cancelled, which takes its time; another one gets a title meanwhile.
    cancelled = HeldAnswers(page, "**/cancel")
    cancel = page.locator(f"#cancel-{seeded['jobs']['running']}")
    cancel.click()
    cancelled.expect()
    polls.answer()
    polls.expect()
    under_way = page.locator("form.htmx-request")
    expect(under_way).to_have_count(1)
    page.get_by_role("button", name="Change the title Nine targets").click()
    title.fill("Nine of them")
    cancelled.go_to("/help/")
    expect(under_way).to_have_count(0)
    expect(title).to_have_value("Nine of them")
    title.press("Escape")
    page.wait_for_url(HELP)
    polls.let_all_go()


def test_a_page_of_a_job_waits_for_a_title_that_is_typed(accepting, seeded):
    page = accepting
    page.goto(f"/jobs/{seeded['jobs']['running']}/")
    polls = HeldAnswers(page, "**/status")
    page.get_by_role("button", name="Change the title").click()
    title = page.get_by_role("textbox", name="Title")
    title.fill("half a t")
    polls.expect()
    # The job is complete: its results would be shown.
    polls.go_to("/help/")
    polls.expect()
    expect(title).to_have_value("half a t")
    saved = HeldAnswers(page, "**/title")
    title.fill("half a title")
    title.press("Enter")
    saved.expect("title=half+a+title")
    saved.tell({"title": "half a title"})
    page.wait_for_url(HELP)
    polls.let_all_go()


def test_what_was_not_cancelled_is_said(browser, site, seeded):
    """In a context of its own: the console says that there was no answer."""
    context = browser.new_context(base_url=site.url)
    context.request.get(f"/claim/{seeded['claim']}", max_redirects=0, max_retries=5)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/jobs/{seeded['jobs']['running']}/")
    cancelled = HeldAnswers(page, "**/cancel")
    page.get_by_role("button", name="Cancel job").click()
    cancelled.expect()
    cancelled.fail()
    failure = page.locator("#not-done")
    expect(failure).to_contain_text("\u201cCancel job\u201d may not have been done. Try again.")
    page.get_by_role("button", name="Cancel job").click()
    cancelled.expect()
    expect(failure).to_have_count(0)
    cancelled.fail()
    # In sight, also when the button is at the end of a long page.
    expect(failure).to_be_in_viewport()
    context.close()
