"""Several spectra in one plot, and plots that are saved."""

from xml.etree import ElementTree

from playwright.sync_api import expect

from tests.browser.test_results_plot import (
    change,
    label,
    open_results,
    painted,
    redrawn,
    state,
)


def test_spectra_lie_over_each_other_and_a_click_shows_the_other(owner, seeded):
    page = open_results(owner, seeded, "several", query="?row=3")
    page.locator("#compare-menu summary").click()
    page.get_by_role("button", name="Pin this spectrum").click()
    with redrawn(page):
        page.locator("#compare-targets").get_by_label("J004921").check()
    expect(page.locator("#plot-legend")).to_contain_text("J004921.60+345324.0")
    with redrawn(page):
        page.locator("#compare-scale").select_option("offset")
    expect(page.locator("#plot-notes")).to_contain_text("added")
    assert label(page) == "Flux density + offset (\u00b5Jy)"
    painted(page)
    point = page.evaluate(
        """() => { const { plot: pane } = window.results;
            const { points, panels } = pane.plot;
            const view = pane.drawing.root.owner.find_one(pane.drawing.panels[0]);
            const index = points.spectrum.findIndex((one, i) => one === 1 && panels[0].y[i] > 1000);
            const box = view.el.getBoundingClientRect();
            return { row: points.row[index], x: box.x + view.frame.x_scale.compute(points.x[index]),
                     y: box.y + view.frame.y_scale.compute(panels[0].y[index]) }; }"""
    )
    page.keyboard.press("Escape")
    page.mouse.click(point["x"], point["y"])
    page.wait_for_function("() => window.results.store.get('target') === 1")
    assert state(page, "row") == point["row"]
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    # The one that was shown is compared now: both stay in the plot.
    expect(page.locator("#plot-legend")).to_contain_text("M 81")
    expect(page.locator("#compare-count")).to_have_text("2")
    with redrawn(page):
        page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("M 81")
    expect(page.locator("#plot-legend")).to_contain_text("J004921.60+345324.0")
    # What is pinned stays, also for other jobs.
    open_results(page, seeded)
    page.locator("#compare-menu summary").click()
    with redrawn(page):
        page.locator("#compare-pins").get_by_role("checkbox", name="M 81").check()
    assert len(state(page, "compare")) == 1
    with redrawn(page):
        page.get_by_role("button", name="Remove M 81 from the pinned spectra").click()
    assert state(page, "compare") == []


def test_small_plots_of_all_targets_lead_to_each(owner, seeded):
    page = open_results(owner, seeded, "several", query="")
    page.locator("#compare-menu summary").click()
    page.get_by_label("Small plots of all targets").check()
    page.keyboard.press("Escape")
    expect(page.locator(".multiple")).to_have_count(2)
    # Each has axes of its own with numbers, and together they take the width.
    expect(page.get_by_label("Same axes")).not_to_be_checked()
    numbers = """async () => {
        const address = document.querySelector("script[src*='results/main']").src;
        const { numbersOf } = await import(new URL("small_plot.js", address));
        return numbersOf([-374, 17100], 6);
    }"""
    assert page.evaluate(numbers)["texts"] == ["0", "5000", "10000", "15000"]
    width = "(one) => one.getBoundingClientRect().width"
    pane = page.locator("#multiples").evaluate(width)
    plots = [page.locator(".multiple").nth(number).evaluate(width) for number in (0, 1)]
    assert sum(plots) > 0.9 * pane or plots[0] > 0.9 * pane
    expect(page.locator("#plot-body")).to_be_hidden()
    page.locator(".multiple").nth(1).click()
    expect(page.locator("#plot-body")).to_be_visible()
    assert state(page, "target") == 1


def saved(page, kind, scale=None):
    page.locator("#plot-save-menu summary").click()
    selector = f"[data-save={kind}]" + (f"[data-scale='{scale}']" if scale else "")
    with page.expect_download() as download:
        page.locator(selector).click()
    expect(page.locator("#plot-save-menu")).not_to_have_attribute("open", "")
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_plots_are_saved_black_on_white_under_names_that_tell_them_apart(owner, seeded):
    owner.emulate_media(color_scheme="dark")
    page = open_results(owner, seeded)
    change(page, unit="mJy", panels=["snr"])
    name, content = saved(page, "svg")
    assert name == "M_81_spherex_simulated_flux_mJy.svg"
    assert b"rows shown" not in content
    root = ElementTree.fromstring(content)
    assert root.get("width") == "17cm"
    texts = "".join(root.itertext())
    for words in ("M 81", "SIMULATED", "Flux density (mJy)", "S/N", "Observed wavelength", "D6"):
        assert words in texts
    # White paper, and the ink of the light theme.
    assert root[0].get("fill") == "#ffffff"
    assert b"rgb(230, 236, 242)" not in content
    sizes = []
    for scale in (1, 3):
        name, content = saved(page, "png", scale)
        assert name == f"M_81_spherex_simulated_flux_mJy{'_3x' if scale == 3 else ''}.png"
        sizes.append(int.from_bytes(content[16:20], "big"))
    assert sizes[1] == 3 * sizes[0]
    with redrawn(page):
        change(page, filters={"det_id": {"text": "in (3, 4)", "unit": "uJy"}})
    for kind in ("html", "svg"):
        name, content = saved(page, kind)
        assert name == f"M_81_spherex_simulated_flux_mJy_filtered.{kind}"
        assert b"SIMULATED data" in content
        assert b"78 of 233 rows shown; filters: det_id in (3, 4)" in content


def test_printing_shows_the_plot_alone(owner, seeded):
    page = open_results(owner, seeded)
    page.evaluate(
        """() => { window.print = () => { window.printed = {
            title: document.title,
            alone: document.documentElement.classList.contains("prints-plot"),
            sheet: document.querySelector(".plot-sheet img").naturalWidth > 0 }; }; }"""
    )
    page.locator("#plot-save-menu summary").click()
    page.locator("[data-save=print]").click()
    page.wait_for_function("() => window.printed")
    printed = page.evaluate("() => window.printed")
    assert printed == {"title": "M_81_spherex_simulated_flux_uJy", "alone": True, "sheet": True}
    expect(page.locator(".plot-sheet")).to_have_count(0)
