"""What belongs to one target does not go with another that is typed meanwhile."""

import re

from playwright.sync_api import expect

from tests.browser.held_answers import HeldAnswers
from tests.browser.test_start_before import BLENDED, ready

# The same place, in another notation.
RETYPED = "00h40m31.2s -20d00m00s"


def test_neighbours_stay_with_their_target(page):
    page.goto(f"/?target={BLENDED}")
    ready(page, "322 exposures")
    together = page.get_by_role("button", name="Fit together")
    expect(together).to_be_enabled()

    # Another target is typed, and nothing can be said of it.
    box = page.locator("#id_target")
    held = HeldAnswers(page, "**/estimate")
    box.fill("120.5 -10.25")
    expect(together).to_be_disabled()
    expect(page.locator("#before-preview")).to_have_class(re.compile("is-old"))
    held.expect("target=120.5+-10.25")
    held.tell({"error": "The archive is away."}, status=422)
    expect(page.locator("#before-notes")).to_have_text("The archive is away.")
    expect(page.locator("#before-preview")).to_be_hidden()
    expect(together).to_be_hidden()
    held.let_all_go()
    box.fill(BLENDED)
    ready(page, "322 exposures")

    together.click()
    chip = page.locator("#partners-list li")
    expect(chip).to_have_count(1)
    box.fill(RETYPED)
    # It fades at once, until what is shown is of what is typed.
    expect(page.locator("#position-feedback")).not_to_have_class(re.compile("is-old"))
    expect(page.locator("#before-preview")).not_to_have_class(re.compile("is-old"))
    expect(page.locator("#before-head")).to_contain_text("322 exposures, 2 targets together")
    expect(chip).to_have_count(1)

    # Sent before the page knows where the new target is.
    held = HeldAnswers(page, "**/position?*")
    box.fill("M 81")
    box.press("Enter")
    refusal = page.locator("#error-summary")
    expect(refusal).to_contain_text("Too far from M 81 to be fitted together")
    held.let_all_go()
    expect(box).to_have_value("M 81")
    expect(page.locator("#id_partners_error")).to_contain_text("at most 60 arcsec")
    page.get_by_role("button", name="Go to Choice of neighbours").click()
    remove = page.get_by_role("button", name="Without ")
    expect(remove).to_be_focused()
    remove.press("Enter")
    expect(page.locator("#partners")).to_be_hidden()
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/[A-Za-z0-9]"))
    expect(page.locator("h1")).to_have_text("M 81")


def test_an_answer_about_an_earlier_text_is_not_taken_for_this_one(page):
    page.clock.install()
    page.goto("/?target=TRAPPIST-1")
    motion = page.get_by_role("button", name="Use its proper motion")
    expect(motion).to_be_enabled()
    # From here on, time passes only where that is said: the page waits before it asks.
    page.clock.pause_at("2100-01-01")
    box, feedback = page.locator("#id_target"), page.locator("#position-feedback")
    box.fill("M 81")
    expect(motion).to_be_disabled()
    page.clock.run_for(1000)
    expect(feedback).to_contain_text("M 81")
    expect(feedback).not_to_have_class(re.compile("is-old"))

    held = HeldAnswers(page, "**/position?*")
    box.fill("TRAPPIST-1")
    page.clock.run_for(1000)
    held.expect("target=TRAPPIST-1")
    box.fill("M 51")
    held.answer()
    expect(feedback).to_contain_text("TRAPPIST-1")
    expect(feedback).to_have_class(re.compile("is-old"))
    expect(motion).to_be_disabled()
    assert target(page) == "M 81"
    page.clock.run_for(1000)
    held.expect("target=M%2051")
    held.answer()
    expect(feedback).to_contain_text("M 51")
    expect(feedback).not_to_have_class(re.compile("is-old"))
    assert target(page) == "M 51"


def target(page):
    return page.evaluate("() => window.start.store.get('target').name")
