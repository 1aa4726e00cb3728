"""What is marked and averaged in the plot, and its other axis: lines, channels and light curves."""

import re

from playwright.sync_api import expect

from tests.browser.test_results_plot import (
    DRAWN,
    open_results,
    painted,
    redrawn,
    state,
)

COVERED = """() => {
    const { drawing, plot } = window.results.plot;
    const { data } = drawing.labels;
    const view = drawing.root.owner.find_one(drawing.panels[0]);
    const { x_scale, y_scale } = view.frame;
    const bottom = view.frame.bbox.bottom, high = view.frame.bbox.height;
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "11px system-ui, sans-serif";
    const boxes = data.text.map((text, i) => {
        const half = pen.measureText(text).width / 2;
        const [x, y] = [x_scale.compute(data.x[i]), bottom - data.y[i] * high];
        return { left: x - half, right: x + half, top: y, bottom: y + 11 };
    });
    const meet = (one, other) => one.left < other.right && other.left < one.right
        && one.top < other.bottom && other.top < one.bottom;
    const points = Array.from(plot.points.x, (x, i) => {
        const [at, down] = [x_scale.compute(x), y_scale.compute(plot.panels[0].y[i])];
        return { left: at - 3, right: at + 3, top: down - 3, bottom: down + 3 };
    });
    return boxes.flatMap((box, i) => [...boxes.slice(i + 1), ...points]
        .filter((other) => meet(box, other)).map(() => data.text[i]));
}"""


def test_lines_are_marked_at_their_redshift_and_at_rest(owner, seeded):
    page = open_results(owner, seeded)
    page.locator("#plot-x-menu summary").click()
    page.get_by_label("H: Paschen").check()
    page.get_by_label("Ices").check()
    page.fill("#plot-redshift", "0.158339")
    page.locator("#plot-redshift").press("Enter")
    lines = "() => Array.from(window.results.plot.drawing.find('lines').data.x)"
    painted(page)
    alpha = 1.87563 * 1.158339
    assert min(abs(x - alpha) for x in page.evaluate(lines)) < 1e-4
    assert state(page, "redshift") is None
    labels = "() => window.results.plot.drawing.labels.data.text"
    assert {"Pa\u03b1", "CO\u2082 ice"} <= set(page.evaluate(labels))
    with redrawn(page):
        page.get_by_label("Rest wavelength").check()
    assert state(page, "redshift") == 0.158339
    assert min(abs(x - 1.87563) for x in page.evaluate(lines)) < 1e-4
    expect(page.locator("#plot-x-words")).to_have_text("Rest, z = 0.158339")
    page.fill("#plot-redshift", "fast")
    page.locator("#plot-redshift").press("Enter")
    expect(page.locator("#plot-redshift-error")).to_contain_text("fast given")
    assert state(page, "redshift") == 0.158339


def test_names_of_lines_keep_clear_of_points_and_the_rest_is_named_under_the_pointer(owner, seeded):
    page = open_results(owner, seeded)
    every = page.evaluate("() => window.results.plot.vocabulary.lines.map(({ key }) => key)")
    page.evaluate("(lines) => window.results.store.set({ lines })", every)
    painted(page)
    names = page.evaluate("() => window.results.plot.drawing.labels.data.text")
    assert "H\u2082 1-0 S(1)" in names
    assert len(names) > 30
    assert page.evaluate(COVERED) == []
    at = page.evaluate(
        """() => { const { drawing, features, dropped } = window.results.plot;
            const line = dropped.find((one) => features.lines.includes(one));
            const view = drawing.root.owner.find_one(drawing.panels[0]);
            const box = view.el.getBoundingClientRect();
            return { label: line.label, x: box.x + view.frame.x_scale.compute(line.x),
                     y: box.y + view.frame.bbox.y_center }; }"""
    )
    page.mouse.move(at["x"] - 2, at["y"])
    page.mouse.move(at["x"], at["y"])
    expect(page.locator("#plot-feature")).to_contain_text(at["label"])
    page.mouse.move(2, 2)
    expect(page.locator("#plot-feature")).to_be_hidden()


def test_a_light_curve_is_of_the_channel_of_the_selected_row_and_all_views_keep_to_it(
    owner, seeded
):
    page = open_results(owner, seeded)
    words = page.locator("#plot-x-words")
    page.locator("#plot-x-menu summary").click()
    with redrawn(page):
        page.get_by_label("Time (light curve)").check()
    detector, channel = state(page, "channel")
    expect(words).to_have_text(
        re.compile(rf"Light curve, D{detector} channel {channel}, \d\.\d\d \u00b5m")
    )
    assert page.evaluate("() => window.results.plot.plot.title").endswith(
        words.inner_text().replace("Light", "light")
    )
    rows = page.evaluate(DRAWN)
    assert 40 in rows
    option = page.locator(f"#plot-channel option[value='{detector} {channel}']")
    assert f"({len(rows)})" in option.inner_text()
    page.wait_for_function(
        "(count) => !document.querySelector('.strip-count[hidden]')"
        " && [...document.querySelectorAll('.strip-count .numeric')]"
        ".reduce((sum, one) => sum + Number(one.textContent), 1) === count",
        arg=len(rows),
    )
    expect(page.locator("#table-count")).to_contain_text(f"{len(rows)} of 233")
    page.keyboard.press("Escape")
    for key in ("j", "j", "k", "k", "k"):
        page.locator("body").press(key)
        assert state(page, "row") in rows
    # It is listed with the filters, and cleared like them.
    page.evaluate("() => window.results.store.set({ pane: 'table' })")
    chip = page.get_by_role("button", name=re.compile(f"Light curve of D{detector} channel"))
    with redrawn(page):
        chip.click()
    expect(words).to_have_text("Light curve, all channels")
    assert len(page.evaluate(DRAWN)) == 230
    page.evaluate("() => window.results.store.set({ pane: 'spectrum' })")
    page.locator("#plot-x-menu summary").click()
    with redrawn(page):
        page.select_option("#plot-channel", index=1)
    assert len(page.evaluate(DRAWN)) < 230
    with redrawn(page):
        page.get_by_label("Observed wavelength").check()
    assert len(page.evaluate(DRAWN)) == 230
    assert state(page, "channel") is None


def test_averages_say_how_they_are_made_and_the_recipe_can_be_changed(owner, seeded):
    page = open_results(owner, seeded)
    with redrawn(page):
        page.locator("#plot-binned").check()
    notes = page.locator("#plot-notes")
    expect(notes).to_contain_text("inverse-variance mean")
    assert page.evaluate("() => window.results.plot.drawing.find('means').data.x.length") > 0
    page.get_by_role("button", name="recipe").click()
    dialog = page.get_by_role("dialog", name="How visits of a channel are averaged")
    dialog.get_by_label("Average", exact=True).select_option("median")
    dialog.get_by_label("TRANSIENT").check()
    dialog.get_by_label("Clip beyond").fill("0.2")
    dialog.get_by_role("button", name="Average like this").click()
    expect(dialog.get_by_role("alert")).to_contain_text("0.2 given")
    dialog.get_by_label("Clip beyond").fill("3")
    with redrawn(page):
        dialog.get_by_role("button", name="Average like this").click()
    expect(notes).to_contain_text("median")
    expect(notes).to_contain_text("TRANSIENT")
    mask = int(state(page, "binning")["mask"])
    assert mask == (1 << 33) | (1 << 32) | (1 << 7) | 1
