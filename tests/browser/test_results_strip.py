"""The strip of cutouts: what it shows, how it moves, what it says of a pixel."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.barriers import barriers
from tests.browser.test_results_plot import LOADED, painted

PIXELS = """(canvas) => {
    const { width, height } = canvas;
    // Read from a copy: Chromium treats a canvas that was read from differently.
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(canvas, 0, 0);
    return { width, height, data: Array.from(context.getImageData(0, 0, width, height).data) };
}"""


def open_results(page, seeded, name="measured", query="?row=39"):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}")
    page.wait_for_selector("#selection-text[data-row]")
    page.wait_for_function(LOADED)
    settle(page)
    return page


def settle(page):
    """Wait until every cutout of the strip is there."""
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.cutout')];"
        " return all.length > 1 && all.every((one) => one.querySelector('.cutout-where')); }"
    )


def rows(page):
    return [int(one.get_attribute("data-row")) for one in page.locator(".cutout").all()]


def expect_selected(page, row):
    expect(page.locator("#selection-text")).to_have_attribute("data-row", str(row))
    expect(page.locator(".cutout[aria-pressed=true]")).to_have_attribute("data-row", str(row))
    assert page.evaluate("results.store.get('row')") == row


def canvas_of(page, row):
    return page.locator(f".cutout[data-row='{row}'] canvas")


def picture(page, row):
    return canvas_of(page, row).evaluate(PIXELS)


def keep(page, table, strip):
    page.evaluate(
        "([table, strip]) => results.store.setKept(Int32Array.from(table), Int32Array.from(strip))",
        [table, strip],
    )


def test_the_selected_measurement_is_in_the_middle(owner, seeded):
    page = open_results(owner, seeded)
    assert rows(page) == [37, 38, 39, 40, 41]
    expect_selected(page, 39)
    # Rows have numbers; of the order only what is left and right of the selected one is counted.
    for name in (
        "Previous cutout 39 before the selected one",
        "Next cutout 193 after the selected one",
    ):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    text = page.locator("#selection-text").inner_text()
    for part in (r"Row 39", r"D\d", r"\d\.\d{4} µm", r"\d+ ± 15 µJy", r"S/N \d", r"MJD 608\d\d\."):
        assert re.search(part, text)
    assert "(2025-05-" in text
    assert "9/21 pix" in text
    flux = re.search(r"\d+ ± 15 µJy", text)[0]
    assert flux in page.locator(".cutout[aria-pressed=true]").inner_text()


def test_clicks_arrows_and_buttons_select(owner, seeded):
    page = open_results(owner, seeded)
    page.locator(".cutout[data-row='41']").click()
    expect_selected(page, 41)
    assert rows(page) == [39, 40, 41, 42, 43]
    page.get_by_role("button", name="Next cutout").click()
    expect_selected(page, 42)
    page.get_by_role("button", name="Previous measurement").click()
    expect_selected(page, 41)
    page.locator(".cutout[aria-pressed=true]").focus()
    page.keyboard.press("ArrowRight")
    expect_selected(page, 42)
    # The focus stays with the selected one.
    expect(page.locator(".cutout[data-row='42']")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect_selected(page, 40)
    page.wait_for_function("() => new URL(location).searchParams.get('row') === '40'")


def test_at_the_ends_the_selection_leaves_the_middle(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    assert rows(page) == [0, 1, 2, 3, 4]
    page.get_by_role("button", name="Previous cutout").dispatch_event("click")
    expect_selected(page, 0)
    page.evaluate("results.store.select(232)")
    expect_selected(page, 232)
    assert rows(page) == [228, 229, 230, 231, 232]


@pytest.mark.parametrize("count", [1, 3, 7, 9])
def test_the_number_of_cutouts_is_chosen_and_remembered(owner, seeded, count):
    page = open_results(owner, seeded)
    page.select_option("#cutout-count", str(count))
    half = count // 2
    assert rows(page) == list(range(39 - half, 39 + half + 1))
    page.goto("/jobs/")
    page.goto(f"/jobs/{seeded['jobs']['measured']}/results/?row=39")
    expect(page.locator(".cutout")).to_have_count(count)


def test_the_strip_keeps_the_order_and_the_filters_of_the_view(owner, seeded):
    page = open_results(owner, seeded)
    keep(page, [10, 39, 5, 77], [77, 10, 39, 5])
    assert rows(page) == [77, 10, 39, 5]
    expect(page.locator("#strip-before")).to_contain_text("2 before")
    expect(page.locator("#strip-after")).to_contain_text("1 after")
    page.get_by_role("button", name="Next cutout").click()
    expect_selected(page, 5)
    # Along the table it is another one.
    page.get_by_role("button", name="Next measurement").click()
    expect_selected(page, 77)
    keep(page, [10, 39], [10, 39])
    expect(page.locator("#selection-text")).to_contain_text("hidden by the filters")
    assert rows(page) == [10, 39]
    assert page.locator(".cutout[aria-pressed=true]").count() == 0
    keep(page, [], [])
    expect(page.locator("#strip-empty")).to_have_text("No measurement passes the filters.")
    assert rows(page) == []


def test_pictures_of_one_strip_have_one_scale(owner, seeded):
    page = open_results(owner, seeded)
    for width, height, count in ((1440, 900, 5), (1280, 720, 9), (390, 844, 5)):
        page.set_viewport_size({"width": width, "height": height})
        page.select_option("#cutout-count", str(count))
        settle(page)
        sizes = page.locator(".cutout-picture").evaluate_all(
            "(all) => all.map(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])"
        )
        assert len(sizes) == count
        assert all(
            abs(one - other) <= 1
            for size in sizes
            for one, other in zip(size, sizes[0], strict=True)
        )


def test_the_order_is_part_of_the_view(owner, seeded):
    page = open_results(owner, seeded)
    page.select_option("#strip-order", "time")
    assert page.evaluate("results.store.view.strip_order") == "time"
    page.wait_for_function("() => location.hash.includes('strip_order')")


def test_another_target_has_its_own_cutouts(owner, seeded):
    page = open_results(owner, seeded, "several", "?row=4")
    before = picture(page, 4)
    page.evaluate("results.store.show(results.store.get('job'), 1, 4)")
    expect(page.locator("#strip-after")).to_contain_text("16 after")
    expect_selected(page, 4)
    settle(page)
    assert picture(page, 4) != before


def test_the_source_is_in_the_middle_of_its_cutout(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    shown = picture(page, 0)
    width, height, data = shown["width"], shown["height"], shown["data"]

    def grey(x, y):
        return data[4 * (round(y * height) * width + round(x * width))]

    # The centre itself is free of the mark; the corners are background.
    assert grey(0.5, 0.5) == 255
    assert max(grey(0.06, 0.06), grey(0.94, 0.06), grey(0.06, 0.94)) < 200


def test_every_control_changes_the_picture(owner, seeded):
    page = open_results(owner, seeded)
    seen = [picture(page, 39)]
    page.locator("#cutout-scale-open").click()
    for change in (
        lambda: page.select_option("#cutout-interval", "minmax"),
        lambda: page.select_option("#cutout-curve", "asinh"),
        lambda: page.select_option("#cutout-curve", "log"),
        lambda: page.select_option("#cutout-curve", "sqrt"),
        lambda: page.select_option("#cutout-colormap", "inverse"),
        lambda: page.select_option("#cutout-colormap", "viridis"),
        lambda: page.select_option("#cutout-colormap", "cividis"),
        lambda: page.select_option("#cutout-colormap", "magma"),
        lambda: page.check("#cutout-shared"),
        lambda: page.select_option("#cutout-size", "3"),
        lambda: page.uncheck("#cutout-marks"),
        lambda: page.uncheck("#cutout-wcs"),
        lambda: page.select_option("#cutout-layer", "model"),
        lambda: page.select_option("#cutout-layer", "residual"),
        lambda: page.select_option("#cutout-layer", "variance"),
        lambda: page.select_option("#cutout-layer", "flags"),
    ):
        change()
        now = picture(page, 39)
        assert now not in seen
        seen.append(now)


def test_limits_can_be_typed(owner, seeded):
    page = open_results(owner, seeded)
    automatic = picture(page, 39)
    page.locator("#cutout-scale-open").click()
    page.fill("#cutout-low", "-1")
    page.fill("#cutout-high", "20")
    page.keyboard.press("Tab")
    assert page.evaluate("results.store.get('limits')") == [-1, 20]
    assert picture(page, 39) != automatic
    page.fill("#cutout-low", "30")
    page.keyboard.press("Tab")
    expect(page.locator("#cutout-limits-problem")).to_contain_text("30, must be below")
    assert page.evaluate("results.store.get('limits')") == [-1, 20]
    assert page.input_value("#cutout-low") == "30"
    page.locator("#cutout-automatic").click()
    assert picture(page, 39) == automatic
    # An end that is left empty is automatic; the limits of an image are none of a variance.
    page.fill("#cutout-high", "20")
    page.keyboard.press("Tab")
    assert page.evaluate("results.store.get('limits')") == [None, 20]
    assert picture(page, 39) != automatic
    page.select_option("#cutout-layer", "variance")
    assert page.evaluate("results.store.get('limits')") is None


def test_matched_cutouts_move_together_and_others_alone(owner, seeded):
    page = open_results(owner, seeded)
    start = {row: picture(page, row) for row in (38, 39)}
    box = canvas_of(page, 38).bounding_box()

    def drag():
        page.mouse.move(box["x"] + 50, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 80, box["y"] + 65, steps=4)
        page.mouse.up()
        painted(page)

    drag()
    expect_selected(page, 39)
    assert all(picture(page, row) != start[row] for row in start)
    page.get_by_role("button", name="Reset").first.click()
    painted(page)
    assert all(picture(page, row) == start[row] for row in start)
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.wheel(0, -300)
    painted(page)
    assert all(picture(page, row) != start[row] for row in start)
    page.uncheck("#cutout-wcs")
    painted(page)
    start = {row: picture(page, row) for row in (38, 39)}
    drag()
    assert picture(page, 38) != start[38]
    assert picture(page, 39) == start[39]


def test_a_failed_exposure_shows_its_reason_instead(owner, seeded):
    page = open_results(owner, seeded, query="?row=231")
    expect_selected(page, 231)
    expect(page.locator("#selection-text")).to_contain_text("HDU VARIANCE is missing")
    cutout = page.locator(".cutout[aria-pressed=true]")
    expect(cutout).to_contain_text("HDU VARIANCE is missing")
    expect(cutout).to_contain_text("FIT_ERROR")
    expect(cutout.locator("canvas")).to_be_hidden()


def test_captions_follow_the_unit(owner, seeded):
    page = open_results(owner, seeded)
    expect(page.locator("#selection-text")).to_contain_text("µJy")
    before = picture(page, 39)
    page.evaluate("results.store.set({unit: 'abmag'})")
    expect(page.locator("#selection-text")).to_contain_text("mag")
    for cutout in page.locator(".cutout").all():
        expect(cutout).to_contain_text("mag")
    assert picture(page, 39) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_strip_panels_and_large_view_are_accessible(owner, seeded, scheme):
    owner.emulate_media(color_scheme=scheme)
    page = open_results(owner, seeded, query="?row=230")
    for opened in ("", "#mask-panel-open", "#cutout-scale-open", "#cutout-large"):
        if opened:
            page.locator(opened).click()
        assert barriers(page, "#strip-pane") == ""


def tap(page, locator):
    """Touch the middle of something with a finger."""
    # Waits until it is in view, at rest, and covered by nothing.
    locator.click(trial=True)
    box = locator.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.browser_context_args(has_touch=True)
def test_on_a_phone_the_strip_scrolls_to_the_selected_one(owner, seeded):
    owner.set_viewport_size({"width": 390, "height": 844})
    page = open_results(owner, seeded)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".cutout[aria-pressed=true]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    # Every control can be seen, or is said to be elsewhere.
    for name in ("cutout-layer", "cutout-size", "cutout-count", "cutout-masks", "mask-panel-open",
                 "cutout-large", "strip-more-open"):  # fmt: skip
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.get_by_role("button", name="More").click()
    page.get_by_label("Ordered by").select_option("time")
    # The cutouts are fetched anew, in another order.
    page.wait_for_function(LOADED)
    settle(page)
    page.locator("#cutout-scale-open").click()
    expect(page.locator("#strip-more")).to_be_hidden()
    page.keyboard.press("Tab")
    page.locator("#cutout-scale").get_by_role("button", name="Close").click()
    expect(page.locator("#strip-more-open")).to_be_focused()
    tap(page, page.locator(".cutout[aria-pressed=false]").first)
    expect(page.locator(".cutout[aria-pressed=true]")).not_to_have_attribute("data-row", "39")
    expect(page.get_by_role("dialog")).to_be_hidden()
    tap(page, page.locator(".cutout[aria-pressed=true]"))
    expect(page.get_by_role("dialog")).to_be_visible()
    tap(page, page.locator("[data-viewer=canvas]"))
    expect(page.locator("[data-viewer=readout] .readout-value")).to_contain_text("MJy/sr")
    viewer = page.get_by_role("dialog").bounding_box()
    assert viewer["width"] <= 390


WHOLE = """(caption) => {
    const { left, right, top, bottom } = caption.getBoundingClientRect();
    return [...caption.querySelectorAll('.chip')].every((chip) => {
        const at = chip.getBoundingClientRect();
        const isOut = !at.width || at.left >= right || at.top >= bottom;
        const isIn = at.left >= left && at.right <= right + 1 && at.top >= top - 1;
        return isOut || (isIn && at.bottom <= bottom + 1);
    });
}"""


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_captions_leave_room_for_the_picture_and_cut_no_flag(owner, seeded, size):
    owner.set_viewport_size({"width": size[0], "height": size[1]})
    page = open_results(owner, seeded, query="?row=36")
    for count in (3, 5, 7, 9):
        page.select_option("#cutout-count", str(count))
        expect(page.locator(".cutout")).to_have_count(count)
        settle(page)
        for cutout in page.locator(".cutout").all():
            picture = cutout.locator(".cutout-picture").bounding_box()
            assert 0.7 < picture["width"] / picture["height"] < 2
            assert picture["height"] >= 105
            assert cutout.locator(".cutout-caption").evaluate(WHOLE)
        # Flagged is said, by names or by their number.
        flagged = page.locator(".cutout", has=page.locator(".chip:not(.chip-benign)")).first
        expect(
            flagged.locator(".chip:not(.chip-benign)").locator("visible=true").first
        ).to_be_visible()
