"""The sky map of the start page: it shows what the page knows, and a click on it is an answer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.held_answers import HeldAnswers
from tests.browser.running_site import launch_arguments

READY = "#sky[data-state=ready]"
LAYERS_LOADED = "() => Object.values(window.start.sky.layers).every((one) => one.state === 'ready')"
M31 = {"name": "M 31", "ra": 10.68471, "dec": 41.26875, "motion": None}
ROWS = [
    {"row": n, "name": f"star {n}", "ra": 150.0 + 0.2 * n, "dec": 2.0, "status": status}
    for n, status in enumerate(("good", "warning", "error"))
]


@pytest.fixture(scope="module")
def browser(browser_type):
    """A browser that draws maps."""
    browser = browser_type.launch(**launch_arguments())
    yield browser
    browser.close()


def opened(page, address="/"):
    page.goto(address)
    page.wait_for_selector(READY, timeout=60_000)


def tell(page, **values):
    page.evaluate("(values) => window.start.store.set(values)", values)


def click_on(page, place=None):
    """Click on the map: on a place, or on the middle of what is free of it."""
    # What lies there is known when it is drawn.
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    x, y = page.evaluate(
        "(place) => window.start.sky.view.pixelOf(place ?? window.start.store.get('view'))", place
    )
    box = page.locator("#sky-view").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)


def change_options_while_footprints_come(page):
    """What is on its way is then of options that are not those of the form any more."""
    page.fill("#id_target", "M 31")
    expect(page.locator("#position-feedback")).to_contain_text("M 31")
    held = HeldAnswers(page, "**/sky/footprints*")
    page.get_by_role("button", name="Show footprints").click()
    held.expect()
    # Wherever the options are folded away.
    page.evaluate("() => document.querySelector('#job-form [name=bands]').click()")
    held.expect("bands=1")
    held.answer()
    expect(page.locator("#sky-footprints-note")).to_have_text(re.compile(r"^20 of \d+ exposures"))
    held.answer()
    held.let_all_go()


def degrees(text):
    return [float(part) for part in text.split()]


def test_the_map_and_the_form_know_of_each_other(context, site):
    page = context.new_page()
    elsewhere = []
    page.on("request", lambda asked: elsewhere.append(asked.url))
    page.add_init_script(
        "document.addEventListener('skyused', () => { window.skyused = true; }, true)"
    )
    opened(page)
    page.wait_for_function(LAYERS_LOADED, timeout=90_000)
    # What is shaded is said on the map, as long as it is shaded.
    legend = page.locator("#sky-readout .sky-legend:visible")
    expect(legend).to_have_text(["Coverage", "Deep fields"])

    # A click is a target.
    wanted = page.evaluate("() => window.start.store.get('view')")
    click_on(page)
    expect(page.locator("#id_target")).to_have_value(re.compile(r"^\d+\.\d{6} -?\d+\.\d{6}$"))
    assert degrees(page.input_value("#id_target"))[1] == pytest.approx(
        wanted["dec"], abs=wanted["fov"] / 300
    )
    page.wait_for_selector("#position-feedback .feedback-good")
    assert page.evaluate("() => window.skyused")

    # A target is looked at, in the free part of the map, and its exposures can be shown.
    tell(page, target=M31, profile={"n": 1, "axisRatio": 0.4, "positionAngle": 38, "radius": 18})
    view = page.evaluate("() => window.start.store.get('view')")
    assert view["ra"] == pytest.approx(M31["ra"], abs=1e-3)
    assert view["dec"] == pytest.approx(M31["dec"], abs=1e-3)
    assert view["fov"] < 1
    expect(legend).to_have_count(0)
    page.get_by_role("button", name="Layers").click()
    page.get_by_role("button", name="Show footprints").click()
    expect(page.locator("#sky-footprints-note")).to_have_text(
        re.compile(r"120 of \d+ exposures, spread over the time range")
    )
    assert page.evaluate("() => window.start.sky.footprints.overlay.overlayItems.length") == 120
    tell(page, target={**M31, "ra": 12.0})
    expect(page.get_by_role("button", name="Show footprints")).to_be_visible()
    assert page.evaluate("() => window.start.sky.footprints.overlay.overlayItems.length") == 0

    change_options_while_footprints_come(page)

    # Markers of a list are its rows, and the form stays as it is.
    typed = page.input_value("#id_target")
    tell(page, mode="multi", positions=ROWS)
    page.keyboard.press("Escape")
    click_on(page, ROWS[2])
    page.wait_for_function("() => window.start.store.get('row') === 2")
    click_on(page)
    assert page.input_value("#id_target") == typed
    page.evaluate("() => window.start.store.look(83.6, 22.0, 0.4)")
    assert page.evaluate("() => window.start.store.get('view').fov") == pytest.approx(0.4, rel=0.01)
    # Rows that are changed leave it there; rows that are all elsewhere are looked at.
    tell(page, positions=ROWS[1:])
    assert page.evaluate("() => window.start.store.get('view').ra") == pytest.approx(83.6, abs=0.2)
    tell(page, positions=[{**row, "dec": 12.0} for row in ROWS])
    assert page.evaluate("() => window.start.store.get('view').dec") == pytest.approx(12, abs=0.2)
    page.evaluate("() => window.start.store.look(83.6, 22.0, 0.4)")
    tell(page, row=0)
    assert page.evaluate("() => window.start.store.get('view').ra") == pytest.approx(150, abs=0.2)

    ours = (site.url, "data:", f"blob:{site.url}")
    assert [url for url in elsewhere if not url.startswith(ours)] == []


def test_the_map_has_keys_and_no_barriers(context, site):
    page = context.new_page()
    opened(page)
    frame = page.get_by_role("application", name="Sky map")
    frame.focus()
    before = page.evaluate("() => window.start.store.get('view')")
    # The northern deep field begins in the middle of what the panel leaves free.
    assert (before["ra"], before["dec"]) == pytest.approx((270, 66.56), abs=0.5)
    for key in ("+", "ArrowUp", "Enter"):
        frame.press(key)
    after = page.evaluate("() => window.start.store.get('view')")
    assert after["fov"] < before["fov"]
    assert after["dec"] > before["dec"]
    assert degrees(page.input_value("#id_target"))[1] == pytest.approx(after["dec"], abs=1e-5)
    page.get_by_role("button", name="Layers").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page, {"include": [["#sky"]], "exclude": [["#sky-view"]]}) == ""
    page.keyboard.press("Escape")
    expect(page.locator("#sky-menu")).to_be_hidden()
    # They are listed like all keys of the page, here and in Help.
    frame.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Zoom in, on the map")
    listed = dialog.locator("dd").all_inner_texts()
    assert len(set(listed)) == len(listed)
    page.goto("/help/")
    told = page.locator(".help-keys[data-page=start] td")
    # Those of the rows are there as soon as there are rows.
    told = told.filter(has_not_text="of a list")
    expect(told).to_have_count(len(listed))
    assert sorted(told.all_inner_texts()) == sorted(listed)


def test_without_a_viewer_the_page_works(browser, site):
    """In a context of its own: a browser notes the missing file in its console."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.route("**/aladin-lite/aladin.js", lambda route: route.fulfill(status=404))
    page.goto("/")
    expect(page.get_by_role("heading", name="No sky map")).to_be_visible()
    expect(page.locator("#sky-missing")).to_contain_text("could not be loaded")
    expect(page.locator("#sky-tools")).to_be_hidden()
    page.fill("#id_target", "12.34 34.89")
    page.wait_for_selector("#position-feedback .feedback-good")
    context.close()


def test_a_survey_elsewhere_is_asked_only_once_it_is_chosen(browser, site):
    """In a context of its own: the survey does not answer, and the console says so."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    page.route(lambda url: not url.startswith(site.url) and url.startswith("http"), refuse)
    opened(page)
    assert asked == []
    page.fill("#id_title", "kept")
    page.get_by_role("button", name="Layers").click()
    with page.expect_navigation():
        page.get_by_label("Picture of the sky").select_option("dss")
    page.wait_for_function("() => document.getElementById('sky').dataset.survey === 'dss'")
    expect(page.locator("#id_title")).to_have_value("kept")
    page.wait_for_selector(READY, timeout=60_000)
    expect(page.locator("#sky-note")).to_contain_text("can't be loaded")
    assert {url.split("/")[2] for url in asked} == {"alasky.cds.unistra.fr"}
    context.close()
