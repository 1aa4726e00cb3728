"""The form of the start page: a galaxy, the panel over the map, a phone, no scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers

OPACITY = "(one) => Number(getComputedStyle(one).opacity)"


def type_galaxy(page):
    """Fill in a galaxy whose axis ratio is the wrong way round, and its radius in arcmin."""
    page.get_by_role("radio", name="Sérsic galaxy").check()
    page.fill("#id_sersic_index", "4")
    page.fill("#id_axis_ratio", "2.5")
    page.fill("#id_position_angle", "35")
    page.fill("#id_effective_radius", "0.1")
    page.select_option("#id_effective_radius_unit", "arcmin")


def profile(page):
    return page.evaluate("() => window.start.store.get('profile')")


def test_a_galaxy_is_confirmed_drawn_sent_and_comes_back(page):
    page.goto("/")
    page.locator("#id_target").press_sequentially("M 81")
    expect(page.locator("#position-feedback")).to_contain_text("resolved by the simulated sky")
    type_galaxy(page)
    note, wrong = page.locator("#axis-ratio-note"), page.locator("#id_axis_ratio_error")
    expect(wrong).to_contain_text("allowed: above 0, to 1. It looks like a/b: b/a would be 0.4.")
    expect(page.locator("#before-head")).to_have_text("Not counted: Axis ratio is not valid")
    expect(page.locator("#effective-radius-note")).to_contain_text("6 arcsec")
    assert profile(page) is None
    note.get_by_role("button", name="It is a/b: take 0.4").click()
    expect(note).to_have_text("b/a is 0.4")
    expect(wrong).to_be_empty()
    # What is out of its range is said, what is still to come is not.
    page.fill("#id_sersic_index", "9")
    expect(page.locator("#id_sersic_index_error")).to_have_text("9 given; allowed: 0.5 to 6")
    page.fill("#id_sersic_index", "")
    expect(page.locator("#id_sersic_index_error")).to_have_text("Nothing given; allowed: 0.5 to 6.")
    page.fill("#id_sersic_index", "4")
    expect(page.locator("#id_sersic_index_error")).to_be_empty()
    page.locator("#motion > summary").click()
    page.fill("#id_pm_ra", "5")
    expect(page.locator("#before-head")).to_have_text(
        "Not counted: μδ and Epoch of the position are missing"
    )
    expect(page.locator("#id_pm_dec_error")).to_be_empty()
    page.fill("#id_pm_ra", "")
    assert profile(page) == {"n": 4, "axisRatio": 0.4, "positionAngle": 35, "radius": 6}
    ellipse = page.locator("#shape-ellipse")
    assert float(ellipse.get_attribute("rx")) == pytest.approx(
        0.4 * float(ellipse.get_attribute("ry"))
    )
    # North is up and east is left: from north to east is against the clock.
    assert ellipse.get_attribute("transform") == "rotate(-35)"
    expect(page.locator("#id_title")).to_have_attribute("placeholder", "M 81 · Sérsic n 4")

    # Nothing is lost by a look at the other mode, and none of it is in the way there.
    page.get_by_role("radio", name="List of targets").check()
    expect(page.locator("#id_target")).to_be_hidden()
    page.get_by_role("radio", name="Single target").check()
    expect(page.locator("#id_target")).to_have_value("M 81")

    page.locator("#options > summary").click()
    page.locator("label.band-5").click()
    expect(page.locator("#id_title")).to_have_attribute("placeholder", "M 81 · Sérsic n 4 · D5")
    page.get_by_role("button", name="Collapse the form").click()
    expect(page.locator("#panel-summary")).to_have_text("M 81, Sérsic n 4, D5")
    expect(page.locator("#panel-outlook")).to_contain_text("exposures")
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/."))
    job = re.search(r"/jobs/([\w-]+)/", page.url)[1]

    page.goto(f"/?from={job}")
    expect(page.locator("#id_effective_radius")).to_have_value("6.0")
    expect(page.locator("#id_axis_ratio")).to_have_value("0.4")
    expect(page.locator("#options-summary")).to_have_text("D5")
    assert profile(page) == {"n": 4, "axisRatio": 0.4, "positionAngle": 35, "radius": 6}
    # The last target is offered, not forced.
    page.goto("/")
    expect(page.locator("#id_target")).to_have_value("")
    page.locator("#last-target a").click()
    expect(page.locator("#id_target")).to_have_value("M 81")


def test_the_form_steps_back_for_the_map_and_obeys_keys(page):
    page.goto("/?target=12.34 34.89")
    page.wait_for_selector(".feedback-good")
    panel = page.locator("#panel")
    page.evaluate("() => document.activeElement.blur()")
    page.mouse.move(1200, 300)
    page.evaluate("() => document.dispatchEvent(new Event('skyused'))")
    page.wait_for_function(f"() => ({OPACITY})(document.getElementById('panel')) === 0.4")
    panel.hover()
    page.wait_for_function(f"() => ({OPACITY})(document.getElementById('panel')) === 1")

    page.keyboard.press("c")
    expect(page.locator("#panel-body")).to_be_hidden()
    expect(page.locator("#panel-summary")).to_have_text("J004921.60+345324.0")
    assert panel.bounding_box()["height"] < 100
    page.keyboard.press("c")
    page.keyboard.press("m")
    assert page.evaluate("() => window.start.store.get('mode')") == "multi"
    expect(panel).to_have_attribute("data-mode", "multi")
    page.keyboard.press("/")
    expect(page.locator("#id_target")).to_be_focused()
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("p")
    expect(page.locator("#sersic")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Collapse or open the form")


def test_a_phone_has_a_sheet_in_three_heights(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/?target=12.34 34.89")
    page.wait_for_selector(".feedback-good")
    panel, handle = page.locator("#panel"), page.get_by_role("button", name="Size of the form")
    heights = {}
    for size in ("half", "full", "low"):
        expect(panel).to_have_attribute("data-size", size)
        expect(page.get_by_role("button", name="Measure spectrum")).to_be_in_viewport()
        panel.evaluate("(one) => Promise.all(one.getAnimations().map((each) => each.finished))")
        heights[size] = panel.bounding_box()["height"]
        handle.click()
    assert heights["low"] < 200 < heights["half"] < 600 < heights["full"]
    expect(panel).to_have_attribute("data-size", "half")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 300, steps=4)
    page.mouse.up()
    expect(panel).to_have_attribute("data-size", "low")
    expect(page.locator("#panel-summary")).to_have_text("J004921.60+345324.0")


def test_without_scripts_it_is_a_page_with_a_form(browser, site):
    context = browser.new_context(java_script_enabled=False, base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.fill("#id_target", "12.34 34.89")
    page.get_by_role("radio", name="Sérsic galaxy").check()
    page.fill("#id_sersic_index", "1")
    page.fill("#id_axis_ratio", "2")
    page.fill("#id_position_angle", "0")
    page.fill("#id_effective_radius", "0.5")
    page.get_by_role("button", name="Measure spectrum").click()
    expect(page.get_by_role("alert")).to_contain_text("It looks like a/b: b/a would be 0.5.")
    page.select_option("#id_axis_ratio_kind", "a/b")
    page.get_by_role("button", name="Measure spectrum").click()
    page.wait_for_url(re.compile("/jobs/."))
    context.close()


def test_no_barriers_in_everything_unfolded(page):
    page.goto("/?target=46.53 -0.251 gal")
    page.wait_for_selector(".feedback-good")
    # Nothing fades any more once all of it was asked about.
    with page.expect_response(
        lambda one: "effective_radius_unit=arcmin" in (one.request.post_data or "")
    ):
        type_galaxy(page)
    page.locator("#options > summary").click()
    page.locator("#motion > summary").click()
    expect(page.locator("#panel-outlook")).to_contain_text("Axis ratio is not valid")
    expect(page.locator("#id_axis_ratio_error")).to_be_visible()
    expect(page.locator("#panel .is-old")).to_have_count(0)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert barriers(page, {"include": [["#panel"]]}) == ""
