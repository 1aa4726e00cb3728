"""Pixels of cutouts: their flags as a mask layer, and the large view in which each is read."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_results_plot import painted
from tests.browser.test_results_strip import (
    PIXELS,
    canvas_of,
    expect_selected,
    open_results,
    picture,
)
from tests.spectra import TRANSIENT_PIXEL

GEOMETRY = "/static/js/results/cutout_geometry.js"


def row_with(page, seeded, name):
    """Return a row that carries a flag."""
    for first in range(0, 90, 30):
        numbers = ",".join(str(row) for row in range(first, first + 30))
        found = page.evaluate(
            f"results.api.get('cutouts?pixels=0&rows={numbers}').then(({{cutouts}}) => cutouts"
            f".filter(({{flags}}) => flags.some(({{name}}) => name === '{name}'))"
            ".map(({row}) => row))"
        )
        if found:
            return found[-1]
    raise AssertionError(f"no row has {name}")


def place_of_pixel(page, canvas, row, x, y):
    """Return where on the page a pixel of a stamp is drawn, as the page's own geometry has it."""
    box = canvas.bounding_box()
    at = page.evaluate(
        f"""async ([row, x, y, width, height]) => {{
            const {{ Frame, CENTERED }} = await import("{GEOMETRY}");
            const {{ cutouts: [{{ pixels }}] }} = await results.api.get(`cutouts?rows=${{row}}`);
            const {{ store }} = results;
            const view = {{ width, height, arcmin: store.get("size"), matched: store.get("wcs") }};
            return new Frame(pixels, {{ ...view, pan: CENTERED }}).toCanvas([x, y]);
        }}""",
        [row, x, y, box["width"], box["height"]],
    )
    return box["x"] + at[0], box["y"] + at[1]


def test_the_transient_pixel_is_found_as_the_guide_says(owner, seeded):
    page = open_results(owner, seeded)
    row = row_with(page, seeded, "TRANSIENT")
    page.evaluate(f"results.store.select({row})")
    expect_selected(page, row)
    plain = picture(page, row)
    # Enable, show all, turn off bit 21, inspect.
    page.locator("#mask-panel-open").click()
    panel = page.locator("#mask-panel")
    panel.get_by_role("button", name="Show all").click()
    everything = picture(page, row)
    assert everything != plain
    panel.locator("input[data-bit='21']").uncheck()
    assert picture(page, row) != everything
    # Those in the cutouts stand first, with what they mean.
    here = panel.locator("[data-masks=here] .mask-name").all_inner_texts()
    assert here[0] == "TRANSIENT"
    assert len(here) < 10
    expect(panel).to_contain_text("Transient, such as a cosmic ray")
    panel.get_by_role("button", name="Close").click()
    y, x = TRANSIENT_PIXEL
    page.mouse.move(*place_of_pixel(page, canvas_of(page, row), row, x, y))
    readout = page.locator("#cutout-readout")
    expect(readout.locator(".readout-flags")).to_have_text("TRANSIENT, SOURCE")
    assert f"Row {row}" in readout.inner_text()
    found = page.evaluate(f"results.api.get('cutouts?rows={row}')")["cutouts"][0]["pixels"]
    left, bottom = found["origin"]
    expect(readout.locator(".readout-pixel")).to_have_text(f"x {left + x}, y {bottom + y}")
    expect(readout.locator(".readout-value")).to_contain_text("MJy/sr")
    expect(readout.locator(".readout-wavelength")).to_contain_text("≈")
    # The position on the sky, by the matrix that the server gives.
    step = [x - found["target"][0], y - found["target"][1]]
    (a, b), (c, d) = found["cd"]
    ra, dec = (
        float(part.replace("\u2212", "-"))
        for part in readout.locator(".readout-sky").inner_text().split()
    )
    assert dec == pytest.approx(69.0653 + c * step[0] + d * step[1], abs=2e-5)
    assert (ra - 148.88822) * 0.35738 == pytest.approx(a * step[0] + b * step[1], abs=2e-5)
    page.mouse.move(2, 2)
    expect(readout).to_contain_text("Point at a pixel")


def test_masks_are_one_switch_and_the_source_is_off_at_first(owner, seeded):
    page = open_results(owner, seeded)
    off = picture(page, 39)
    page.keyboard.press("m")
    expect(page.locator("#cutout-masks")).to_be_checked()
    on = picture(page, 39)
    assert on != off
    page.locator("#mask-panel-open").click()
    panel = page.locator("#mask-panel")
    assert not panel.locator("input[data-bit='21']").is_checked()
    assert panel.locator("input[data-bit]:checked").count() == 27
    panel.locator("input[type=range]").fill("0.3")
    assert picture(page, 39) not in (on, off)
    panel.get_by_role("button", name="Hide all").click()
    assert picture(page, 39) == off
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#mask-panel-open")).to_be_focused()
    page.keyboard.press("m")
    expect(page.locator("#cutout-masks")).not_to_be_checked()


def test_every_flag_of_pixels_looks_different(owner, seeded):
    page = open_results(owner, seeded)
    styles = page.evaluate(
        """async () => {
            const { maskStyles } = await import("/static/js/results/masks_patterns.js");
            const flags = JSON.parse(document.getElementById("image-flags").textContent);
            return Array.from(maskStyles(flags).values());
        }"""
    )
    assert len(styles) == 28
    assert len({style["color"] for style in styles}) == 28
    assert len({style["pattern"] for style in styles}) == 4
    swatches = page.locator(".mask-swatch").evaluate_all(
        "(all) => all.map((canvas) => canvas.toDataURL())"
    )
    assert len(set(swatches)) == 28


@pytest.mark.parametrize("way", ["Enter", "double click", "button", "key"])
def test_the_large_view_opens_and_gives_the_focus_back(owner, seeded, way):
    page = open_results(owner, seeded)
    viewer = page.get_by_role("dialog")
    if way == "Enter":
        page.locator(".cutout[data-row='40']").focus()
        page.keyboard.press("Enter")
    elif way == "double click":
        page.locator(".cutout[data-row='40']").dblclick()
    else:
        page.locator(".cutout[data-row='40']").click()
        page.keyboard.press("o") if way == "key" else page.locator("#cutout-large").click()
    expect(viewer).to_contain_text("Row 40")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect_selected(page, 40)
    expect(page.locator(".cutout[data-row='40']")).to_be_focused()
    # The legend is back where it was.
    page.locator("#mask-panel-open").click()
    expect(page.locator("#mask-panel")).to_contain_text("TRANSIENT")


def test_the_large_view_is_read_by_keys(owner, seeded):
    page = open_results(owner, seeded)
    row = row_with(page, seeded, "TRANSIENT")
    page.evaluate(f"results.store.select({row})")
    expect_selected(page, row)
    page.keyboard.press("o")
    viewer = page.get_by_role("dialog")
    readout = viewer.locator("[data-viewer=readout]")
    page.keyboard.press("ArrowRight")
    middle = readout.locator(".readout-pixel").inner_text()
    expect(readout.locator(".readout-flags")).to_have_text("SOURCE")
    page.keyboard.press("ArrowRight")
    assert readout.locator(".readout-pixel").inner_text() != middle
    page.keyboard.press("ArrowLeft")
    assert readout.locator(".readout-pixel").inner_text() == middle
    large = viewer.locator("[data-viewer=canvas]")
    start = large.evaluate(PIXELS)
    page.keyboard.press("+")
    painted(page)
    assert large.evaluate(PIXELS) != start
    page.keyboard.press("0")
    painted(page)
    assert large.evaluate(PIXELS) == start
    page.keyboard.press("m")
    assert large.evaluate(PIXELS) != start
    page.keyboard.press("j")
    expect(viewer).to_contain_text(f"Row {row + 1}")
    page.keyboard.press("k")
    viewer.get_by_role("button", name="Previous").click()
    expect(viewer).to_contain_text(f"Row {row - 1}")
    ticks = viewer.locator("[data-viewer=ticks] span").all_inner_texts()
    values = [float(text.replace("\u2212", "-")) for text in ticks]
    assert values == sorted(values)
    assert len(set(values)) == 5


def test_layers_blink_for_those_who_start_it(owner, seeded):
    page = open_results(owner, seeded)
    page.keyboard.press("o")
    viewer = page.get_by_role("dialog")
    checked = viewer.locator("input[name=viewer-layer]:checked")
    page.keyboard.press("b")
    for layer in ("model", "residual", "image"):
        expect(viewer.locator(f"input[value={layer}]")).to_be_checked()
    page.keyboard.press("b")
    expect(checked).to_have_value("image")
    assert page.evaluate("results.store.get('layer')") == "image"


def test_with_little_motion_every_press_is_a_step(owner, seeded):
    owner.emulate_media(reduced_motion="reduce")
    page = open_results(owner, seeded)
    page.keyboard.press("o")
    viewer = page.get_by_role("dialog")
    button = viewer.get_by_role("button", name="next layer")
    button.click()
    expect(viewer.locator("input[value=model]")).to_be_checked()
    page.wait_for_timeout(1000)
    expect(viewer.locator("input[value=model]")).to_be_checked()
    button.click()
    expect(viewer.locator("input[value=residual]")).to_be_checked()
