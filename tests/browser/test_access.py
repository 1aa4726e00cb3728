"""Every page: no barrier that can be found by machine, and room for it on a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.test_results_plot import READY

PAGES = {
    "new job": "/?target=46.53 -0.251 gal",
    "new job, not understood": "/?target=361 5",
    "jobs": "/jobs/",
    "running": "/jobs/{running}/",
    "stopped": "/jobs/{stopped}/",
    "cancelled": "/jobs/{cancelled}/",
    "upload": "/upload/",
    "results": "/jobs/{measured}/results/?row=17",
    "results, table": "/jobs/{measured}/results/?row=17#pane=%22both%22&side=%22checks%22",
    "results, masks": "/jobs/{measured}/results/?row=17#masks=true&side=%22about%22",
    "several targets": "/jobs/{several}/results/",
    "no exposure": "/jobs/{uncovered}/results/",
    "nothing measured": "/jobs/{unmeasured}/results/",
    "method": "/method/",
}


def show(page, seeded, name):
    page.goto(PAGES[name].format(**seeded["jobs"]))
    if name.startswith("new job"):
        page.wait_for_selector("#position-feedback .feedback")
    if page.locator("#plot").count() and name not in ("no exposure", "nothing measured"):
        page.wait_for_function(READY)
        page.wait_for_selector(".cutout[aria-pressed=true] .chip")
        page.wait_for_function("() => window.results.store.kept.length > 0")
        page.locator("#flags-pane, #checks-pane, #about-pane").first.wait_for(state="attached")


@pytest.mark.parametrize("name", PAGES)
def test_no_barriers(owner, seeded, name):
    show(owner, seeded, name)
    for scheme in ("light", "dark"):
        owner.emulate_media(color_scheme=scheme)
        # Inside of the plot is bokeh's; the table has the same values. Inside of the map is Aladin
        # Lite's; the form has the same positions.
        assert barriers(owner, {"exclude": [["#plot"], ["#sky-view"]]}) == ""


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_has_room(owner, seeded, name):
    owner.set_viewport_size({"width": 390, "height": 844})
    show(owner, seeded, name)
    assert owner.evaluate("document.documentElement.scrollWidth") == 390
    if name.startswith("results"):
        selected = owner.locator(".cutout[aria-pressed=true]").bounding_box()
        assert selected["x"] >= 0
        assert selected["x"] + selected["width"] <= 390
    if name == "method":
        wide = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length"
        assert owner.locator(".formula").count() >= 15
        assert owner.locator(".formula").evaluate_all(wide) == 0
        assert owner.locator(".prose .table-scroll").evaluate_all(wide) == 0


def test_errors_are_where_the_keyboard_is(page):
    page.goto("/")
    page.fill("#id_target", "361 5")
    page.locator("#options > summary").click()
    page.fill("#id_background_size", "3")
    page.get_by_role("button", name="Measure spectrum").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("RA: 361 degrees is out of range")
    summary.get_by_role("link", name="Background region").click()
    expect(page.locator("#id_background_size")).to_be_focused()
    expect(page.locator("#id_target")).to_have_value("361 5")


def test_without_scripts_there_are_files(browser, seeded, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto(f"/claim/{seeded['claim']}")
    page.goto(f"/jobs/{seeded['jobs']['measured']}/results/")
    with page.expect_download() as caught:
        page.get_by_role("link", name="CSV").click()
    assert caught.value.suggested_filename.endswith(".csv")
    context.close()
