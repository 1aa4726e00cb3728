"""The results page as a whole: panes, targets, keys, and an address that holds all of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_results_plot import LOADED, READY, painted, said

STATE = "(key) => window.results.store.get(key)"


def open_results(page, seeded, name="several", query=""):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}")
    page.wait_for_function(LOADED)
    return page


def state(page, key):
    return page.evaluate(STATE, key)


def change(page, **patch):
    page.evaluate("(patch) => window.results.store.set(patch)", patch)


def test_another_target_is_shown_in_place(owner, seeded):
    page = open_results(owner, seeded)
    page.evaluate("() => { window.stays = true; }")
    page.locator("tr[data-target='1']").click()
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    expect(page).to_have_title(re.compile("^J004921.60"))
    expect(page.locator("tr[data-target='1']")).to_have_attribute("aria-current", "true")
    expect(page.locator("tr[data-target='0']")).not_to_have_attribute("aria-current", "true")
    page.wait_for_url(re.compile(r"target=1"))
    assert page.evaluate("() => window.stays")


def test_n_and_p_go_through_the_targets_and_stop_at_the_ends(owner, seeded):
    page = open_results(owner, seeded)
    for key, name in (("p", "M 81"), ("n", "J004921.60+345324.0"), ("n", "J004921.60+345324.0"),
                      ("p", "M 81")):  # fmt: skip
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(name)


def test_a_title_that_is_typed_while_another_target_comes_goes_on(owner, seeded):
    page = open_results(owner, seeded)
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route("**/targets/1/head", hold)
    with page.expect_request("**/targets/1/head"):
        page.keyboard.press("n")
    page.get_by_role("button", name="Change the title Two targets").click()
    title = page.get_by_role("textbox", name="Title")
    page.keyboard.type("A pair")
    page.keyboard.press("Home")
    waiting.pop().continue_()
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    expect(title).to_be_focused()
    page.keyboard.type("Not ")
    expect(title).to_have_value("Not A pair")
    page.keyboard.press("Escape")
    expect(title).to_have_count(0)
    expect(page.locator(".results-head .eyebrow")).to_contain_text("Two targets")
    expect(page.get_by_role("button", name="Change the title Two targets")).to_be_focused()


def test_filters_belong_to_their_spectrum_and_come_back_with_it(owner, seeded):
    page = open_results(owner, seeded)
    change(page, mask="128", row=3)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    assert state(page, "mask") == "0"
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("M 81")
    assert (state(page, "mask"), state(page, "row")) == ("128", 3)


def test_filters_for_all_targets_go_along(owner, seeded):
    page = open_results(owner, seeded)
    change(page, mask="128", all_targets=True)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    assert state(page, "mask") == "128"


def test_the_address_holds_everything_and_a_reload_restores_it(owner, seeded):
    page = open_results(owner, seeded)
    patch = {
        "mask": "12884901888",
        "filters": {"obs_publisher_did": {"text": "like '%D3%' or like '%D4%'", "unit": "uJy"}},
        "columns": ["row", "flux", "flags"],
        "unit": "mJy",
        "redshift": 0.158339,
        "panels": ["flux_bkg"],
        "row": 7,
        "count": 3,
        "masks": True,
        "pane": "table",
    }
    change(page, **patch)
    page.wait_for_function("() => location.hash.includes('redshift')")
    address = page.url
    page.reload()
    page.wait_for_function("() => window.results")
    assert {key: state(page, key) for key in patch} == patch
    assert page.url == address


def test_an_address_sent_to_somebody_wins_over_what_they_last_saw(owner, seeded):
    page = open_results(owner, seeded)
    change(page, mask="128", unit="mJy")
    page.wait_for_function("() => location.hash.includes('128')")
    page.goto("about:blank")
    open_results(page, seeded, query="?target=0&row=2#mask=%22256%22")
    assert (state(page, "mask"), state(page, "row"), state(page, "unit")) == ("256", 2, "uJy")


@pytest.mark.parametrize("mangled", ["#mask=%ZZ", "#filters={", "#unknown=1", "#main", "#=&&=="])
def test_a_mangled_address_is_no_failure(owner, seeded, mangled):
    page = open_results(owner, seeded, query=mangled)
    assert state(page, "mask") == "0"


def test_panes_are_chosen_and_remembered(owner, seeded):
    page = open_results(owner, seeded)
    for choice, shown, hidden in (
        ("Table", ".part-table", ".part-spectrum"),
        ("Spectrum", ".part-spectrum", ".part-table"),
    ):
        page.get_by_role("radio", name=choice).check(force=True)
        assert page.evaluate("(one) => getComputedStyle(document.querySelector(one)).display",
                             hidden) == "none"  # fmt: skip
        expect(page.locator(shown)).to_be_visible()
    page.keyboard.press("t")
    assert state(page, "pane") == "table"
    page.get_by_role("radio", name="Both").check(force=True)
    expect(page.locator(".part-spectrum")).to_be_visible()
    expect(page.locator(".part-table")).to_be_visible()


def test_splitters_work_by_mouse_and_keyboard_and_are_remembered(owner, seeded):
    page = open_results(owner, seeded)
    width = "() => document.getElementById('pane-targets').getBoundingClientRect().width"
    before = page.evaluate(width)
    splitter = page.get_by_role("separator", name="Width of the list of targets")
    splitter.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(width) == before + 48
    box = splitter.bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 34, box["y"] + 50)
    page.mouse.up()
    assert page.evaluate(width) == before + 78
    page.reload()
    page.wait_for_function("() => window.results")
    assert page.evaluate(width) == before + 78
    splitter.dblclick()
    assert page.evaluate(width) == before


def test_a_single_target_needs_no_list_but_has_one(owner, seeded):
    page = open_results(owner, seeded, "measured")
    expect(page.locator(".targets-table")).to_be_hidden()
    page.get_by_role("button", name="Show the list of targets").click()
    expect(page.locator(".targets-table")).to_be_visible()


def test_the_side_panel_has_tabs_and_can_be_closed(owner, seeded):
    page = open_results(owner, seeded)
    for name in ("Checks", "About", "Flags"):
        page.get_by_role("tab", name=name).click()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.locator(f"#side-{name.lower()}")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Checks")).to_be_focused()
    page.get_by_role("button", name="Close the side panel").click()
    expect(page.locator("#side-checks")).to_be_hidden()
    page.get_by_role("tab", name="Flags").click()
    expect(page.locator("#side-flags")).to_be_visible()


def test_failures_lead_to_their_reasons(owner, seeded):
    page = open_results(owner, seeded, "measured")
    page.get_by_role("button", name="3 failed, why?").click()
    expect(page.locator("#side-about")).to_contain_text("HDU VARIANCE is missing")


def test_the_list_of_keys_names_all_of_them(owner, seeded):
    page = open_results(owner, seeded)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    for key in "jknpfmbt/?":
        expect(dialog.locator("kbd", has_text=re.compile(f"^{re.escape(key)}$"))).to_be_visible()
    # Behind a dialog keys do nothing.
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert state(page, "target") == 0


def test_no_exposure_is_said_instead_of_empty_panes(owner, seeded):
    page = open_results(owner, seeded, "uncovered")
    expect(page.get_by_role("heading", name="No exposure covers this position")).to_be_visible()
    for pane in ("#pane-main", "#pane-strip", "#pane-side"):
        expect(page.locator(pane)).to_be_hidden()


def test_the_position_can_be_copied(owner, seeded, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_results(owner, seeded)
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    with said(page, "Copied"):
        page.get_by_role("button", name="Copy the position in degrees").click()
    assert page.evaluate("navigator.clipboard.readText()") == "12.340000 +34.890000"


LOW = {"width": 1280, "height": 720}
FRAME = "(panel) => window.results.plot.drawing.panels[panel].inner_height"
INSIDE = """(outer, inner) => {
    const [box, all] = [document.querySelector(outer), document.querySelectorAll(inner)];
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return [...all].filter((one) => {
        const at = one.getBoundingClientRect();
        const isAcross = at.left >= left - 1 && at.right <= right + 1;
        return at.width && isAcross && at.top >= top - 1 && at.bottom <= bottom + 1;
    }).length;
}"""


def inside(page, outer, inner):
    return page.evaluate(f"([outer, inner]) => ({INSIDE})(outer, inner)", [outer, inner])


def drawn(page, n_panels=1):
    page.wait_for_function(
        f"(n) => ({READY})()"
        " && window.results.plot.drawing.panels.length === n"
        " && window.results.plot.drawing.panels.every((one) => one.inner_height > 10)",
        arg=n_panels,
    )
    painted(page)


def test_a_low_window_has_room_for_the_spectrum(owner, seeded):
    owner.set_viewport_size(LOW)
    page = open_results(owner, seeded, "measured")
    drawn(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= LOW["height"]
    assert page.evaluate(FRAME, 0) >= 250
    expect(page.locator(".cutout-picture").first).to_be_visible()
    # Honesty needs no line of its own, but is there.
    expect(page.locator(".simulated-banner")).to_be_in_viewport(ratio=1)
    for words in ("230 of 233", "spherex_qr2", "native", "2025-11-20"):
        expect(page.locator(".facts-line")).to_contain_text(words)
    expect(page.locator("#flags-why .flags-row-head")).to_be_visible()
    assert (
        page.locator("#flags-why").bounding_box()["y"]
        < page.locator("#pane-side").bounding_box()["y"] + 250
    )
    # A pixel is read with its flags, which are last.
    expect(page.locator(".cutout .cutout-where")).to_have_count(5)
    page.locator(".cutout canvas").nth(1).hover()
    flags = page.locator("#cutout-readout .readout-flags")
    expect(flags).to_be_in_viewport(ratio=1)
    assert flags.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    page.mouse.move(400, 300)
    expect(page.locator("#cutout-readout")).to_be_hidden()
    page.evaluate("() => window.results.store.set({panels: ['flux_bkg', 'fit_ql']})")
    drawn(page, 3)
    assert [page.evaluate(FRAME, panel) >= least for panel, least in enumerate((150, 45, 45))] == [
        True
    ] * 3
    assert page.evaluate(
        "() => { const { scrollHeight, clientHeight } = document.getElementById('plot-area');"
        " return scrollHeight <= clientHeight; }"
    )
    assert page.locator("#pane-strip").bounding_box()["height"] <= 120
    # The line of the selection may be short, but never hides that it is filtered out.
    page.evaluate(
        "() => window.results.store.setKept(Int32Array.of(200, 201), Int32Array.of(200, 201))"
    )
    expect(page.locator(".selection-hidden")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("name", ["measured", "several"])
def test_a_low_window_shows_plot_and_table_beside_each_other(owner, seeded, name):
    owner.set_viewport_size(LOW)
    page = open_results(owner, seeded, name, "#pane=%22both%22")
    drawn(page)
    expect(page.locator("tr[data-row]").nth(10)).to_be_attached()
    assert page.evaluate(FRAME, 0) >= 220
    assert inside(page, "#table-scroll", "#measurements tbody tr th") >= 7
    assert inside(page, "#plot-body", ".legend-item") == 6
    assert (
        inside(page, "#pane-main", "#plot-bar > label > select, #plot-bar > .menu > summary") == 7
    )


def test_plot_and_table_share_their_place_as_people_like(owner, seeded):
    page = open_results(owner, seeded, "measured", "#pane=%22both%22")
    drawn(page)
    splitter = page.get_by_role("separator", name="Share of the spectrum beside the table")
    for size, key, axis in (
        ((1440, 900), "ArrowLeft", "width"),
        ((1080, 900), "ArrowDown", "height"),
    ):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if axis == "height":
            # Somebody has made the panel beside it wide.
            page.evaluate(
                "() => { const { style } = document.getElementById('instrument');"
                " style.setProperty('--side-width', '520px'); dispatchEvent(new Event('resize')); }"
            )
        expect(splitter).to_have_attribute(
            "aria-orientation", "vertical" if axis == "width" else "horizontal"
        )
        before = page.locator("#part-spectrum").bounding_box()[axis]
        splitter.focus()
        page.keyboard.press(key)
        after = page.locator("#part-spectrum").bounding_box()[axis]
        assert abs(abs(after - before) - 24) < 2
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    page.wait_for_function("() => window.results")
    kept = page.evaluate("() => JSON.parse(localStorage.getItem('panes'))")
    assert {"beside", "above"} <= set(kept)
    splitter.dblclick()
    assert "beside" not in page.evaluate("() => JSON.parse(localStorage.getItem('panes'))")


def test_the_targets_are_searched_and_sorted_and_say_how_they_went(owner, seeded):
    page = open_results(owner, seeded, "list")
    rows = page.locator("tr[data-target]:visible")
    names = page.locator("tr[data-target]:visible a")
    expect(rows).to_have_count(9)
    expect(rows.first).to_contain_text("1 failed")
    expect(rows.last).to_contain_text("no flux")
    for button, first, last in (
        ("Target", "field 1", "field 9"),
        ("Target", "field 9", "field 1"),
        ("S/N", "field 1", "field 9"),
        ("S/N", "field 8", "field 9"),
        ("Measured", "field 1", "field 9"),
    ):
        page.locator(".targets-table").get_by_role("button", name=button).click()
        expect(names.first).to_have_text(first)
        expect(names.last).to_have_text(last)
    expect(page.get_by_role("columnheader", name="Measured")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.locator(".targets-table").get_by_role("button", name="Measured").click()
    expect(names.first).to_have_text("field 9")
    # The keys go along what is shown.
    page.get_by_label("Search the targets by name or position").fill("FIELD 3")
    expect(rows).to_have_count(1)
    page.locator("#targets-title").click()
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("field 3")
    page.get_by_label("Search the targets by name or position").fill("nothing")
    expect(page.locator("#targets-none")).to_have_text("No target is called that.")
    page.keyboard.press("Escape")
    expect(rows).to_have_count(9)
