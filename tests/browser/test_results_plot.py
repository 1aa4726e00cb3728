"""The spectrum in a browser: what it shows is in the store, and what is done in it goes there."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from explorer.results.row_lists import list_of

# Plot and table ask at the same time, and either may answer first.
LOADED = "() => window.results && !document.querySelector('#table-region[aria-busy]')"
READY = f"() => ({LOADED})() && document.getElementById('plot').dataset.drawn === 'true'"
POINT = """([row, panel]) => {
    const { plot: pane } = window.results;
    const view = pane.drawing.root.owner.find_one(pane.drawing.panels[panel]);
    const index = pane.plot.indexOf(row);
    const box = view.el.getBoundingClientRect();
    return {
        x: box.x + view.frame.x_scale.compute(pane.plot.points.x[index]),
        y: box.y + view.frame.y_scale.compute(pane.plot.panels[panel].y[index]),
    };
}"""
RING = """() => Array.from(window.results.plot.drawing.find("selection").data.x)"""
DRAWN = "() => Array.from(window.results.plot.plot.points.row)"
TICKS = """() => {
    const { formatter } = window.results.plot.drawing.panels[0].left[0];
    return formatter.doFormat([0, 1e9, 4.5e9], {});
}"""
# A pointer that rests for a moment is a long press to Bokeh, and two taps that are too far apart in
# time are no double tap: on a busy machine neither says anything about whoever draws.
PATIENT = """(name) => {
    const { drawing } = window.results.plot;
    const view = drawing.root.owner.find_one(drawing.panels[0]);
    view.canvas_view.ui_event_bus.ui_gestures.constructor[name] = 1e8;
}"""
AT_REST = """async () => {
    const measure = () => JSON.stringify([
        ["plot", "strip-pane"].map((id) => document.getElementById(id).getBoundingClientRect()),
        window.results.plot.drawing?.panels.map((one) => [one.inner_width, one.inner_height]),
    ]);
    for (let [before, frames] = ["", 0]; frames < 6;) {
        await new Promise(requestAnimationFrame);
        const now = measure();
        [before, frames] = [now, now === before ? frames + 1 : 0];
    }
}"""
USE_TOOL = """(type) => {
    const { tools } = window.results.plot.drawing.layout.toolbar;
    tools.find((tool) => (tool.tools?.[0]?.type ?? tool.type) === type).active = true;
}"""


def open_results(page, seeded, name="measured", query="?row=40", hash_=""):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}{hash_}")
    ready(page)
    return page


def ready(page):
    page.wait_for_function(READY)


def state(page, key):
    return page.evaluate("(key) => window.results.store.get(key)", key)


def change(page, **patch):
    page.evaluate(
        """(patch) => {
            document.getElementById("plot").dataset.drawn = "false";
            window.results.store.set(patch);
        }""",
        patch,
    )
    ready(page)


@contextmanager
def redrawn(page):
    """Wait until the plot was drawn anew after what is done inside."""
    page.evaluate("() => { document.getElementById('plot').dataset.drawn = 'no'; }")
    yield
    ready(page)


@contextmanager
def said(page, words):
    """Wait until words were there after what is done inside, if only for a moment."""
    page.evaluate(
        """(words) => {
            window.wasSaid = false;
            const look = () => { window.wasSaid ||= document.body.innerText.includes(words); };
            new MutationObserver(look).observe(document.body, {
                subtree: true, childList: true, characterData: true, attributes: true,
            });
        }""",
        words,
    )
    yield
    page.wait_for_function("() => window.wasSaid")


def label(page, panel=0):
    return page.evaluate(
        "(panel) => { const { panels } = window.results.plot.drawing;"
        " return panels[panel].left[0].axis_label ?? panels[panel].title.text; }",
        panel,
    )


def painted(page):
    """Wait until the page is at rest: Bokeh follows its place in frames of its own."""
    page.evaluate(AT_REST)


def click_point(page, row, panel=0):
    painted(page)
    point = page.evaluate(POINT, [row, panel])
    page.evaluate(PATIENT, "press_threshold")
    page.mouse.click(point["x"], point["y"])


def drag(page, start, end):
    page.evaluate(PATIENT, "press_threshold")
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def drag_around(page, first, last):
    """Draw a box around two measurements with the tool in use."""
    painted(page)
    one, other = page.evaluate(POINT, [first, 0]), page.evaluate(POINT, [last, 0])
    xs, ys = sorted((one["x"], other["x"])), sorted((one["y"], other["y"]))
    drag(page, (xs[0] - 4, ys[0] - 8), (xs[1] + 4, ys[1] + 8))


def test_a_click_selects_the_nearest_point_and_a_ring_marks_it_in_every_panel(owner, seeded):
    page = open_results(owner, seeded)
    change(page, panels=["flux_bkg"])
    click_point(page, 101, panel=0)
    page.wait_for_function("() => window.results.store.get('row') === 101")
    assert len(page.evaluate(RING)) == 1
    click_point(page, 12, panel=1)
    page.wait_for_function("() => window.results.store.get('row') === 12")
    data = page.evaluate(
        "() => { const { data } = window.results.plot.drawing.find('selection');"
        " return [data.x.length, data.y0.length, data.y1.length]; }"
    )
    assert data == [1, 1, 1]
    # Away from all points nothing is selected.
    box = page.locator("#plot").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + 60)
    page.wait_for_timeout(300)
    assert state(page, "row") == 12


def test_the_ring_follows_the_store_and_a_failed_exposure_has_none(owner, seeded):
    page = open_results(owner, seeded)
    page.evaluate("() => window.results.store.select(7)")
    expected = page.evaluate(
        "() => window.results.plot.plot.points.x[window.results.plot.plot.indexOf(7)]"
    )
    assert page.evaluate(RING) == [expected]
    page.evaluate("() => window.results.store.select(231)")
    assert page.evaluate(RING) == []


def test_hovering_decodes_the_flags(owner, seeded):
    page = open_results(owner, seeded)
    row = page.evaluate(
        """() => { const { plot } = window.results.plot;
            const set = plot.flag_sets.findIndex(
                ({ names }) => names.includes("CONTAINS_BAD_PIXEL"));
            return plot.points.row[plot.points.flags.indexOf(set)]; }"""
    )
    painted(page)
    point = page.evaluate(POINT, [row, 0])
    page.mouse.move(point["x"] - 3, point["y"])
    page.mouse.move(point["x"], point["y"])
    tip = page.locator("[data-hover]")
    expect(tip).to_contain_text("CONTAINS_BAD_PIXEL")
    expect(tip).to_contain_text("2025-05")
    expect(tip).to_contain_text(f"Row{row}")


def test_units_and_quantities_have_true_labels(owner, seeded):
    page = open_results(owner, seeded)
    assert label(page) == "Flux density (\u00b5Jy)"
    before = page.evaluate("() => window.results.plot.plot.panels[0].y[0]")
    with redrawn(page):
        page.select_option("#plot-unit", "mJy")
    assert label(page) == "Flux density (mJy)"
    assert page.evaluate("() => window.results.plot.plot.panels[0].y[0]") == pytest.approx(
        before / 1000
    )
    with redrawn(page):
        page.select_option("#plot-unit", "abmag")
    ends = page.evaluate(
        "() => { const { yRange } = window.results.plot.drawing;"
        " return [yRange.start, yRange.end]; }"
    )
    assert ends[0] > ends[1]
    expect(page.locator("#plot-limit-mark")).to_be_visible()
    expect(page.locator("#plot-notes")).to_contain_text("Below S/N 3 magnitudes are limits")
    with redrawn(page):
        page.select_option("#plot-y", "flux_bkg")
    assert label(page) == "Background (MJy/sr)"
    expect(page.locator("#plot-missing")).to_have_text("3 rows have no value here.")
    # Numbers beside an axis are plain; a power of ten stands in its label.
    with redrawn(page):
        page.select_option("#plot-y", "flags")
    assert label(page) == "Flags (10\u2079)"
    assert page.evaluate(TICKS) == ["0", "1", "4.5"]
    with redrawn(page):
        page.select_option("#plot-y", "flux")
    assert label(page) == "AB magnitude (mag)"


def test_b_shows_the_background_below(owner, seeded):
    page = open_results(owner, seeded)
    with redrawn(page):
        page.keyboard.press("b")
    assert state(page, "panels") == ["flux_bkg"]
    assert label(page, 1) == "Background (MJy/sr)"
    page.locator("#plot-panels-menu summary").click()
    with redrawn(page):
        page.get_by_role("checkbox", name="Fit quality").check()
    assert page.evaluate("() => window.results.plot.drawing.panels.length") == 3
    page.keyboard.press("Escape")
    with redrawn(page):
        page.locator("#plot-panels-menu summary").press("b")
    assert state(page, "panels") == ["fit_ql"]


def test_a_detector_is_switched_off_by_a_filter(owner, seeded):
    page = open_results(owner, seeded)
    with redrawn(page):
        page.locator("#plot-legend [data-detector='3']").click()
    assert state(page, "filters")["det_id"]["text"] == "in (1, 2, 4, 5, 6)"
    assert 3 not in page.evaluate("() => [...new Set(window.results.plot.plot.points.detector)]")
    with redrawn(page):
        page.locator("#plot-legend [data-detector='3']").click()
    assert "det_id" not in state(page, "filters")


def test_a_box_becomes_conditions_that_keep_exactly_its_points(owner, seeded):
    page = open_results(owner, seeded)
    page.evaluate(USE_TOOL, "BoxSelectTool")
    drag_around(page, 60, 80)
    bar = page.locator("#plot-selection")
    expect(bar).to_be_visible()
    rows = page.evaluate("() => window.results.plot.selection.rows")
    assert len(rows) > 10
    expect(bar).to_contain_text(f"{len(rows)} points")
    with redrawn(page):
        bar.get_by_role("button", name="Keep only these").click()
    assert set(state(page, "filters")) == {"wavelength", "flux"}
    assert page.evaluate(DRAWN) == sorted(rows)
    expect(bar).to_be_hidden()


def test_points_can_be_left_out_by_row(owner, seeded):
    page = open_results(owner, seeded)
    page.evaluate(USE_TOOL, "BoxSelectTool")
    drag_around(page, 60, 62)
    expect(page.locator("#plot-selection")).to_be_visible()
    rows = sorted(page.evaluate("() => window.results.plot.selection.rows"))
    with redrawn(page):
        page.get_by_role("button", name="Leave these out").click()
    first = list_of(rows).removeprefix("in ")
    assert state(page, "filters")["row"]["text"] == f"not in {first}"
    assert not set(rows) & set(page.evaluate(DRAWN))
    drag_around(page, 100, 101)
    expect(page.locator("#plot-selection")).to_be_visible()
    more = sorted(page.evaluate("() => window.results.plot.selection.rows"))
    with redrawn(page):
        page.get_by_role("button", name="Leave these out").click()
    text = f"not {list_of([*rows, *more])}"
    assert state(page, "filters")["row"]["text"] == text
    assert not {*rows, *more} & set(page.evaluate(DRAWN))
    # Every second row of a large spectrum has room in a list.
    page.evaluate(
        "() => { const { plot } = window.results;"
        " plot.store.set({ filters: {} });"
        " Object.defineProperty(plot.selection, 'rows',"
        " { value: Array.from({ length: 10000 }, (_, i) => 2 * i) }); }"
    )
    ready(page)
    drag_around(page, 120, 130)
    with redrawn(page):
        page.get_by_role("button", name="Leave these out").click()
    expect(page.locator("#shown-count")).to_have_text("116 of 233 shown")
    page.wait_for_url(re.compile("19996,19998"))
    page.reload()
    expect(page.locator("#shown-count")).to_have_text("116 of 233 shown")


def test_a_zoom_is_kept_in_the_address_and_double_click_shows_all(owner, seeded):
    page = open_results(owner, seeded)
    drag_around(page, 60, 100)
    page.wait_for_function("() => window.results.store.get('zoom')?.x")
    zoom = state(page, "zoom")
    page.wait_for_url(re.compile("zoom="))
    page.reload()
    ready(page)
    assert state(page, "zoom") == zoom
    shown = (
        "() => { const { xRange } = window.results.plot.drawing;"
        " return [xRange.start, xRange.end]; }"
    )
    assert page.evaluate(shown) == pytest.approx(zoom["x"])
    box = page.locator("#plot").bounding_box()
    page.evaluate(PATIENT, "doubletap_threshold")
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => window.results.store.get('zoom') === null")
    assert page.evaluate(shown) == pytest.approx(
        page.evaluate("() => window.results.plot.plot.x.range")
    )


def test_a_zoom_of_another_unit_is_forgotten(owner, seeded):
    page = open_results(owner, seeded)
    change_zoom = {"x": [1, 2], "y": [100, 900]}
    page.evaluate("(zoom) => window.results.store.set({ zoom })", change_zoom)
    with redrawn(page):
        page.select_option("#plot-unit", "mJy")
    assert state(page, "zoom") == {"x": [1, 2], "y": None}


def test_nothing_measured_and_everything_filtered_out_are_said(owner, seeded):
    page = open_results(owner, seeded, "unmeasured", query="")
    expect(page.locator("#plot-state")).to_contain_text("Nothing could be measured")
    open_results(page, seeded)
    change(page, mask=str((1 << 34) - 1), filters={"flux": {"text": "> 1e9", "unit": "uJy"}})
    expect(page.locator("#plot-state")).to_contain_text("All rows are filtered out")
    with redrawn(page):
        page.get_by_role("button", name="Clear all filters").click()
    assert (state(page, "mask"), state(page, "filters")) == ("0", {})
    expect(page.locator("#plot-state")).to_be_hidden()


def test_failures_are_said_and_can_be_mended(browser, site, seeded):
    # Browsers complain in their console about every failed request: not on a watched page.
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto(f"/claim/{seeded['claim']}")
    page.goto(f"/jobs/{seeded['jobs']['measured']}/results/#y=%22nonsense%22")
    expect(page.locator("#plot-state")).to_contain_text("nonsense")
    page.get_by_role("button", name="Show flux against wavelength").click()
    ready(page)
    assert state(page, "y") == "flux"
    page.route("**/points", lambda route: route.abort())
    page.evaluate("() => window.results.store.set({ unit: 'mJy' })")
    expect(page.locator("#plot-state")).to_contain_text("could not be fetched")
    page.unroute("**/points")
    page.get_by_role("button", name="Try again").click()
    ready(page)
    assert label(page) == "Flux density (mJy)"
    page.goto(f"/jobs/{seeded['jobs']['several']}/results/")
    ready(page)
    page.route("**/targets/1/head", lambda route: route.abort())
    page.keyboard.press("n")
    failed = page.locator("#results-head [role=alert]")
    expect(failed).to_contain_text("could not be loaded. The server does not answer.")
    context.close()


def test_the_plot_follows_the_theme(owner, seeded):
    page = open_results(owner, seeded)
    ink = "() => window.results.plot.drawing.find('ring-0').glyph.line_color.value"
    light = page.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"(before) => ({ink})() !== before", arg=light)
