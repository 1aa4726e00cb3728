"""The results page: plot, table and cutouts show the same measurement, whoever is asked."""

import re

import pytest
from playwright.sync_api import expect

LINKS = """() => ({
    table: document.querySelector("tr[aria-current]")?.dataset.row,
    strip: document.querySelector(".cutout[aria-pressed=true]")?.dataset.row,
    text: document.getElementById("selection-text").dataset.row,
    address: new URL(location).searchParams.get("row")
        ?? document.getElementById("main").dataset.row,
    ring: (() => {
        const find = (name) => Bokeh.documents[0].get_model_by_name(name);
        const [x] = find("selection").data.wavelength;
        const { wavelength, row } = find("measurements").data;
        return String(row[wavelength.indexOf(x)]);
    })(),
})"""

POINT = """(row) => {
    const view = Bokeh.index.roots[0];
    const { data } = Bokeh.documents[0].get_model_by_name("measurements");
    const index = data.row.indexOf(row);
    const box = view.el.getBoundingClientRect();
    const frame = view.frame;
    return {
        x: box.x + frame.x_scale.compute(data.wavelength[index]),
        y: box.y + frame.y_scale.compute(data.flux[index]),
    };
}"""


def open_results(page, seeded, name="measured", query=""):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}")
    page.wait_for_selector("#plot[data-drawn]")
    page.wait_for_selector(".cutout[aria-pressed=true] canvas")
    return page


def expect_selected(page, row):
    """Wait until plot, table, cutouts, text and address agree."""
    page.wait_for_function(
        f"(row) => Object.values(({LINKS})()).every((shown) => shown === row)", arg=str(row)
    )


def click_point(page, row):
    point = page.evaluate(POINT, row)
    page.mouse.click(point["x"], point["y"])


def test_a_click_on_a_point_selects_it_everywhere(owner, seeded):
    page = open_results(owner, seeded)
    click_point(page, 40)
    expect_selected(page, 40)
    row = page.locator("tr[aria-current]")
    cutout = page.locator(".cutout[aria-pressed=true]")
    flux = row.locator("td").nth(3).inner_text()
    assert flux in cutout.inner_text()
    assert flux in page.locator("#selection-text").inner_text()
    # The neighbours in the table are the neighbours in the strip.
    assert [
        cutout.get_attribute("data-row") for cutout in page.locator(".cutout").all()
    ] == ["38", "39", "40", "41", "42"]  # fmt: skip


def test_a_click_on_a_row_or_a_cutout_selects_it_everywhere(owner, seeded):
    page = open_results(owner, seeded)
    page.locator("tr[data-row='7'] td").nth(2).click()
    expect_selected(page, 7)
    page.locator(".cutout[data-row='9']").click()
    expect_selected(page, 9)
    page.locator("tr[data-row='12'] a").click()
    expect_selected(page, 12)


def test_the_selection_survives_a_reload_and_can_be_sent_to_somebody(owner, seeded):
    page = open_results(owner, seeded)
    click_point(page, 150)
    expect_selected(page, 150)
    assert "row=150" in page.url
    page.reload()
    page.wait_for_selector("#plot[data-drawn]")
    expect_selected(page, 150)


def test_keys_move_the_selection(owner, seeded):
    page = open_results(owner, seeded, query="?row=98")
    for key, row in (("j", 99), ("ArrowRight", 100), ("k", 99), ("ArrowLeft", 98)):
        page.keyboard.press(key)
        expect_selected(page, row)
    # Typed into a field, they are letters.
    page.locator("#layer").focus()
    page.keyboard.press("j")
    expect_selected(page, 98)
    page.locator(".table-scroll").focus()
    page.keyboard.press("ArrowDown")
    expect_selected(page, 99)
    page.get_by_role("button", name="Next measurement").click()
    expect_selected(page, 100)


def test_the_ends_of_the_list_are_ends(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    page.keyboard.press("k")
    expect_selected(page, 0)
    assert page.locator(".cutout").first.get_attribute("aria-pressed") == "true"


def test_a_failed_exposure_shows_its_reason_instead(owner, seeded):
    page = open_results(owner, seeded)
    page.get_by_text("3 exposures gave no flux and are not plotted").click()
    page.get_by_role("link", name="Row 231").click()
    expect(page.locator("#selection-text")).to_contain_text("HDU VARIANCE is missing")
    expect(page.locator("tr[aria-current]")).to_have_attribute("data-row", "231")
    cutout = page.locator(".cutout[aria-pressed=true]")
    expect(cutout).to_contain_text("HDU VARIANCE is missing")
    expect(cutout.locator("canvas")).to_be_hidden()
    assert page.evaluate(
        "Bokeh.documents[0].get_model_by_name('selection').data.wavelength.length"
    ) == 0  # fmt: skip


def test_looking_at_another_page_of_the_table_keeps_the_selection(owner, seeded):
    page = open_results(owner, seeded, query="?row=5")
    page.get_by_role("navigation", name="Pages of the table").get_by_text("Next").click()
    expect(page.locator("tr[data-row='100']")).to_be_visible()
    expect(page.locator("#selection-text")).to_have_attribute("data-row", "5")
    page.keyboard.press("j")
    expect_selected(page, 6)


def pixels(page, row):
    return page.evaluate(
        """(row) => {
            const canvas = document.querySelector(`.cutout[data-row="${row}"] canvas`);
            const { width, height } = canvas;
            // Read from a copy: Chromium treats a canvas that was read from differently.
            const context = new OffscreenCanvas(width, height).getContext("2d");
            context.drawImage(canvas, 0, 0);
            return Array.from(context.getImageData(0, 0, width, height).data);
        }""",
        row,
    )


def test_the_source_is_in_the_middle_of_its_cutout(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    expect_selected(page, 0)
    data = pixels(page, 0)
    side = round((len(data) / 4) ** 0.5)

    def grey(x, y):
        return data[4 * (round(y * side) * side + round(x * side))]

    # The centre itself is free of the mark; the corners are background.
    assert grey(0.5, 0.5) == 255
    assert max(grey(0.06, 0.06), grey(0.94, 0.06), grey(0.06, 0.94)) < 200


def test_stretch_size_layer_and_direction_change_the_pixels(owner, seeded):
    page = open_results(owner, seeded, query="?row=0")
    expect_selected(page, 0)
    seen = [pixels(page, 0)]
    for change in (
        lambda: page.select_option("#stretch", "minmax"),
        lambda: page.select_option("#cutout-size", "3"),
        lambda: page.select_option("#layer", "model"),
        lambda: page.select_option("#layer", "residual"),
        lambda: page.check("#north-up"),
    ):
        change()
        now = pixels(page, 0)
        assert now not in seen
        seen.append(now)


def test_detectors_can_be_hidden(owner, seeded):
    page = open_results(owner, seeded)
    page.locator(".legend-item[data-detector='3']").click()
    visible = "(d) => Bokeh.documents[0].get_model_by_name(`points-${d}`).visible"
    assert page.evaluate(visible, 3) is False
    assert page.evaluate(visible, 2) is True
    # What is hidden can't be clicked.
    # The middle of its band, where no other detector is near.
    row = page.evaluate(
        """() => { const { data } = Bokeh.documents[0].get_model_by_name("measurements");
                   return data.row[data.wavelength.findIndex((value) => value > 2.0)]; }"""
    )
    before = page.url
    click_point(page, row)
    page.wait_for_timeout(500)
    assert page.url == before


def test_hovering_names_the_flags(owner, seeded):
    page = open_results(owner, seeded)
    row = page.evaluate(
        """() => { const { data } = Bokeh.documents[0].get_model_by_name("measurements");
                   return data.row[data.flags.indexOf("SOURCE, CONTAINS_BAD_PIXEL")]; }"""
    )
    point = page.evaluate(POINT, row)
    page.mouse.move(point["x"] - 3, point["y"])
    page.mouse.move(point["x"], point["y"])
    expect(page.locator(".bk-Tooltip")).to_contain_text("CONTAINS_BAD_PIXEL")


def test_the_other_target_has_its_own_page(owner, seeded):
    page = open_results(owner, seeded, "several")
    page.get_by_role("navigation", name="Targets of this job").get_by_role("link").nth(1).click()
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    page.wait_for_selector("#plot[data-drawn]")
    click_point(page, 4)
    expect_selected(page, 4)
    assert "target=1" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plot_follows_the_theme(owner, seeded, scheme):
    owner.emulate_media(color_scheme=scheme)
    page = open_results(owner, seeded)
    ink = "Bokeh.documents[0].get_model_by_name('ring').glyph.line_color.value"
    is_light = [int(part) > 128 for part in re.findall(r"\d+", page.evaluate(ink))[:3]]
    assert all(is_light) == (scheme == "dark")


def test_the_toggle_changes_page_and_plot_at_once_and_is_remembered(owner, seeded):
    page = open_results(owner, seeded)
    background = "getComputedStyle(document.body).backgroundColor"
    ink = "Bokeh.documents[0].get_model_by_name('ring').glyph.line_color.value"
    before = page.evaluate(background), page.evaluate(ink)
    toggle = page.get_by_role("button", name="Color theme")
    toggle.click()
    toggle.click()
    expect(toggle).to_have_accessible_name("Color theme: dark")
    after = page.evaluate(background), page.evaluate(ink)
    assert after[0] != before[0]
    assert after[1] != before[1]
    page.goto("/")
    assert page.evaluate(background) == after[0]


def test_the_position_can_be_copied(owner, seeded, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_results(owner, seeded)
    page.get_by_role("button", name="Copy the position in degrees").click()
    assert page.evaluate("navigator.clipboard.readText()") == "148.888220 +69.065300"
