"""Help in its places: the page, the tabs, and the card for first visits."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.test_results_plot import ready


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_help_has_no_barriers(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/help/")
    assert barriers(page) == ""
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    wide = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.locator(".prose .table-scroll").evaluate_all(wide) == 0
    # The tabs lie beside each other, and none is cut off.
    assert page.locator("#site-nav a").evaluate_all(wide) == 0
    boxes = [tab.bounding_box() for tab in page.locator("#site-nav a").all()]
    assert all(left["x"] + left["width"] <= right["x"] + 1 for left, right in pairwise(boxes))
    assert barriers(page) == ""


def test_the_box_leaves_what_has_the_words(page):
    page.goto("/help/")
    search = page.get_by_role("searchbox", name="Search in this page")
    search.fill("hot pixel")
    expect(page.locator("#help-text section:visible")).to_have_count(1)
    expect(page.locator("#help-text tbody tr:visible")).to_have_count(1)
    expect(page.locator("#help-text tbody tr:visible")).to_contain_text("HOT")
    expect(page.get_by_role("status")).to_have_text("1 found")
    expect(page.locator(".contents li:visible")).to_have_text("Flags")
    search.fill("parquet packed")
    expect(page.locator(".contents li:visible")).to_have_text("Lists of targets")
    search.fill("(no such thing)")
    expect(page.get_by_role("status")).to_have_text("Nothing found")
    search.press("Escape")
    expect(search).to_have_value("")
    expect(page.locator("#help-text section:visible")).to_have_count(
        page.locator("#help-text section").count()
    )


LISTED = "() => window.results.keys.listed.map(({ words }) => words)"


def test_keys_of_help_are_those_that_the_pages_register(owner, seeded):
    owner.goto(f"/jobs/{seeded['jobs']['measured']}/results/")
    ready(owner)
    registered = owner.evaluate(LISTED)
    owner.get_by_role("navigation", name="Site").get_by_role("link", name="Help").click()
    told = owner.locator(".help-keys[data-page=results] td")
    expect(told).to_have_count(len(registered))
    assert sorted(told.all_inner_texts()) == sorted(registered)
    # The tab leads back to what was looked at.
    owner.get_by_role("navigation", name="Site").get_by_role("link", name="Results").click()
    expect(owner).to_have_url(f"/jobs/{seeded['jobs']['measured']}/results/")


def test_the_tab_shows_that_a_job_runs(owner):
    n_active = 0

    def answer(route):
        if n_active:
            route.fulfill(json={"active": n_active})
        else:
            route.fulfill(status=204)

    owner.clock.install()
    owner.goto("/")
    monitor = owner.get_by_role("navigation", name="Site").get_by_role("link", name="Job Monitor")
    expect(monitor).to_have_accessible_name("Job Monitor (1 running)")
    expect(owner.locator("#activity")).to_be_visible()
    owner.route("**/jobs/activity", answer)
    owner.clock.fast_forward(6000)
    expect(owner.locator("#activity")).to_be_hidden()
    expect(monitor).to_have_accessible_name("Job Monitor")
    # The start page goes on asking, since jobs can start there.
    n_active = 3
    owner.clock.fast_forward(6000)
    expect(monitor).to_have_accessible_name("Job Monitor (3 running)")


def test_the_card_for_first_visits_is_read_once(page):
    page.goto("/")
    card = page.get_by_role("complementary", name="How to begin")
    expect(card).to_be_visible()
    # Escape in the form is Escape anywhere.
    page.locator("#id_target").press("Escape")
    expect(card).to_be_hidden()
    page.reload()
    expect(page.locator("#id_target")).to_be_visible()
    page.wait_for_function("() => window.start")
    expect(card).to_be_hidden()
