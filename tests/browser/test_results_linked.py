"""Spectrum, table, cutouts and flags are the same thing: what is done in one is seen in all."""

import io
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from playwright.sync_api import expect

from photometry_core import flags
from photometry_core.flags import FIT_ERROR
from tests.browser.test_results_plot import click_point, drag, painted, ready
from tests.browser.test_results_table import filter_box, texts, type_filter
from tests.spectra import made_spectrum

SPECTRUM = made_spectrum(230, 3)
BOTH = "#pane=%22both%22"
READERS = {"votable": "votable", "fits": "fits", "ecsv": "ascii.ecsv", "csv": "ascii.csv",
           "ipac": "ascii.ipac"}  # fmt: skip

SHOWN = """() => {
    const { plot } = window.results;
    const { x } = plot.drawing.find("selection").data;
    const at = Array.from(plot.plot.points.x).indexOf(x[0]);
    return {
        table: document.querySelector("#measurements tr[aria-current]")?.dataset.row,
        strip: document.querySelector(".cutout[aria-pressed=true]")?.dataset.row,
        text: document.getElementById("selection-text").dataset.row,
        address: new URL(location).searchParams.get("row"),
        ring: String(plot.plot.points.row[at]),
    };
}"""
PLOTTED = "() => Array.from(window.results.plot.plot.points.row).sort((a, b) => a - b)"
KEPT = "() => Array.from(window.results.store.kept)"


def open_results(page, seeded, name="measured", query="?row=40", state=BOTH):
    page.goto(f"/jobs/{seeded['jobs'][name]}/results/{query}{state}")
    ready(page)
    page.wait_for_function("() => window.results.store.kept.length > 0")
    page.wait_for_selector(".cutout[aria-pressed=true] .cutout-where")
    return page


def expect_selected(page, row):
    """Wait until plot, table, cutouts, text and address agree."""
    page.wait_for_function(
        f"(row) => Object.values(({SHOWN})()).every((shown) => shown === row)", arg=str(row)
    )


def expect_kept(page, rows):
    """Wait until table, plot and cutouts show these rows and no others."""
    measured = [row for row in rows if row < 230]
    page.wait_for_function(
        f"([kept, plotted]) => JSON.stringify(({KEPT})()) === kept"
        f" && JSON.stringify(({PLOTTED})()) === plotted",
        arg=[str(list(rows)).replace(" ", ""), str(sorted(measured)).replace(" ", "")],
    )
    expect(page.locator("#table-count")).to_contain_text(str(len(rows)))
    strip = page.locator(".cutout").evaluate_all("(all) => all.map((one) => one.dataset.row)")
    assert {int(row) for row in strip if row} <= set(rows)


def test_a_click_anywhere_selects_everywhere(owner, seeded):
    page = open_results(owner, seeded, query="?row=3")
    click_point(page, 40)
    expect_selected(page, 40)
    page.locator("tr[data-row='43'] td").nth(2).click()
    expect_selected(page, 43)
    page.locator(".cutout[data-row='45']").click()
    expect_selected(page, 45)
    page.keyboard.press("j")
    expect_selected(page, 46)
    page.get_by_role("button", name="Previous measurement").click()
    expect_selected(page, 45)
    page.reload()
    ready(page)
    expect_selected(page, 45)


def test_a_filter_a_preset_and_a_box_reach_every_view(owner, seeded):
    page = open_results(owner, seeded)
    table = SPECTRUM.table
    type_filter(page, "det_id", "in (3, 4)")
    in_34 = np.isin(table["det_id"], (3, 4))
    expect_kept(page, np.flatnonzero(in_34).tolist())
    page.get_by_role("radio", name=re.compile("^None bad")).check()
    bad = flags.mask_of(["DICHROIC", "CONTAINS_BAD_PIXEL", "FIT_ERROR"])
    good = (np.asarray(table["flags"]) & bad) == 0
    kept = np.flatnonzero(in_34 & good).tolist()
    expect_kept(page, kept)
    expect(page.locator("#flags-pane")).to_contain_text(f"kept {len(kept)} of")

    # A box around everything between two wavelengths, in the plot.
    page.evaluate(
        "() => { const { tools } = window.results.plot.drawing.layout.toolbar;"
        " tools.find((tool) => (tool.tools?.[0]?.type ?? tool.type) === 'BoxSelectTool')"
        ".active = true; }"
    )
    painted(page)
    box = page.evaluate(
        """() => {
            const { drawing } = window.results.plot;
            const view = drawing.root.owner.find_one(drawing.panels[0]);
            const at = view.el.getBoundingClientRect();
            const { x_scale: xs, bbox } = view.frame;
            return [at.x + xs.compute(2.0), at.y + bbox.top + 3,
                    at.x + xs.compute(3.0), at.y + bbox.bottom - 3];
        }"""
    )
    drag(page, box[:2], box[2:])
    page.get_by_role("button", name="Keep only these").click()
    wavelength = np.ma.filled(table["wavelength"].astype(float), np.nan)
    inside = (wavelength > 2.0) & (wavelength < 3.0)
    expect_kept(page, np.flatnonzero(in_34 & good & inside).tolist())
    page.get_by_role("button", name="Clear filters").click()
    expect_kept(page, range(SPECTRUM.n_found))


def test_one_unit_for_axis_table_and_captions(owner, seeded):
    page = open_results(owner, seeded)
    page.select_option("#plot-unit", "mJy")
    ready(page)
    expect(page.locator("th[data-column=flux]")).to_contain_text("mJy")
    expect(page.locator("#selection-text")).to_contain_text("mJy")
    label = "() => window.results.plot.drawing.panels[0].left[0].axis_label"
    page.wait_for_function(f"() => ({label})().includes('mJy')")
    shown = page.locator("tr[data-row='40'] td").nth(3).inner_text()
    assert shown in page.locator("#selection-text").inner_text()
    assert float(shown) == pytest.approx(SPECTRUM.table["flux"][40] * 1e-3, rel=5e-3)
    plotted = page.evaluate(
        "() => { const { plot } = window.results.plot; return plot.panels[0].y[plot.indexOf(40)]; }"
    )
    assert plotted == pytest.approx(SPECTRUM.table["flux"][40] * 1e-3, rel=1e-12)


def test_another_target_fills_every_pane(owner, seeded):
    page = open_results(owner, seeded, "several", query="?row=4")
    page.locator("tr[data-target='1']").click()
    expect(page.locator("h1")).to_have_text("J004921.60+345324.0")
    page.wait_for_function("() => window.results.store.kept.length === 21")
    page.wait_for_function(f"() => ({PLOTTED})().length === 20")
    click_point(page, 6)
    expect_selected(page, 6)
    expect(page.locator("#flags-pane")).to_contain_text("kept 21 of 21")
    page.keyboard.press("p")
    expect(page.locator("h1")).to_have_text("M 81")
    expect_selected(page, 4)


# What the official tool's guide tells its readers to do, word for word.


def test_guide_decode_bit_7_with_its_expression(owner, seeded):
    page = open_results(owner, seeded)
    page.get_by_role("button", name="Add column").click()
    dialog = page.get_by_role("dialog", name=re.compile("column", re.IGNORECASE))
    dialog.get_by_label("Name").fill("dichroic")
    dialog.get_by_label("Expression").fill('MOD(FLOOR("flags" / POWER(2, 7)), 2) = 1')
    dialog.get_by_label("Type").select_option("long")
    dialog.get_by_role("button", name=re.compile("^Add")).click()
    expect(page.locator("th[data-column=dichroic]")).to_be_visible()
    shown = texts(page, "dichroic")
    wanted = (np.asarray(SPECTRUM.table["flags"][: len(shown)]) >> 7) & 1
    assert [int(text) for text in shown] == wanted.tolist()
    assert 0 < sum(wanted) < len(shown)


def test_guide_filter_d3_and_d4_and_inspect_dichroic(owner, seeded):
    page = open_results(owner, seeded)
    type_filter(page, "obs_publisher_did", "like '%D3%' or like '%D4%'")
    rows = np.flatnonzero(np.isin(SPECTRUM.table["det_id"], (3, 4)))
    expect_kept(page, rows.tolist())
    expect(filter_box(page, "obs_publisher_did")).to_have_value("like '%D3%' or like '%D4%'")
    dichroic = np.count_nonzero((np.asarray(SPECTRUM.table["flags"])[rows] >> 7) & 1)
    line = page.locator("#flags-pane [data-bit='7']").first
    expect(line).to_contain_text("DICHROIC")
    expect(line).to_contain_text(str(dichroic))
    # In a box letters are letters.
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    selected = page.evaluate("() => window.results.store.get('row')")
    expect_selected(page, selected)
    assert selected in rows


def test_guide_sort_by_flags_from_the_largest(owner, seeded):
    page = open_results(owner, seeded)
    heading = page.locator("th[data-column=flags]")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    page.wait_for_function("(row) => window.results.store.kept[0] >= row", arg=SPECTRUM.n_measured)
    values = np.asarray(SPECTRUM.table["flags"])[page.evaluate(KEPT)]
    assert np.all(np.diff(values) <= 0)
    assert values[0] == FIT_ERROR


def test_guide_plot_the_background(owner, seeded):
    page = open_results(owner, seeded)
    page.select_option("#plot-y", "flux_bkg")
    ready(page)
    label = page.evaluate("() => window.results.plot.drawing.panels[0].left[0].axis_label")
    assert label == "Background (MJy/sr)"
    page.select_option("#plot-y", "flux")
    page.locator("#plot-y").blur()
    page.keyboard.press("b")
    page.wait_for_function("() => window.results.plot.drawing?.panels.length === 2")
    expect_selected(page, 40)


def test_guide_find_the_transient_pixel(owner, seeded):
    page = open_results(owner, seeded)
    type_filter(page, "flags", "= 2097153")
    kept = np.flatnonzero(np.asarray(SPECTRUM.table["flags"]) == 2097153).tolist()
    expect_kept(page, kept)
    row = kept[0]
    page.locator(f"tr[data-row='{row}'] td").nth(1).click()
    expect_selected(page, row)
    transient = page.locator("#flags-pane").get_by_text("TRANSIENT").locator("visible=true").first
    expect(transient).to_be_visible()
    page.keyboard.press("m")
    assert page.evaluate("() => window.results.store.get('masks')")
    page.wait_for_selector(f".cutout[data-row='{row}'] .cutout-where")
    canvas = page.locator(f".cutout[data-row='{row}'] canvas")
    box = canvas.bounding_box()
    names = set()
    readout = page.locator("#cutout-readout")
    steps = np.linspace(0.05, 0.95, 19)
    for x, y in [(x, y) for y in steps for x in steps]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        names |= set(re.findall(r"[A-Z_]{4,}", readout.inner_text()))
        if "TRANSIENT" in names:
            break
    assert "TRANSIENT" in names


def cells(page, row, columns):
    """Return full values of cells, `None` where there is none."""
    return page.evaluate(
        """([row, columns]) => {
            const heads = [...document.querySelectorAll("#measurements .heads th")];
            const line = document.querySelector(`#measurements tr[data-row="${row}"]`);
            return columns.map((name) => {
                const at = heads.findIndex((head) => head.dataset.column === name);
                const cell = line.children[at];
                const isNull = cell.querySelector(".visually-hidden")?.textContent === "no value";
                return isNull ? null : cell.title || cell.querySelector(".flag-value")?.textContent
                    || cell.textContent;
            });
        }""",
        [row, columns],
    )


@pytest.mark.parametrize("name", [*READERS, "parquet"])
def test_numbers_are_the_same_on_the_page_and_in_every_format(owner, seeded, name):
    columns = ["wavelength", "flux", "flux_err", "flags", "fit_ql", "flux_bkg", "mjd", "det_id"]
    query = f"?row=231{BOTH.replace('?', '')}"
    page = open_results(owner, seeded, query=query, state="")
    on_page = {row: cells(page, row, columns) for row in (*range(200, 212), 230, 231, 232)}
    job = seeded["jobs"]["measured"]
    answer = page.request.get(f"/jobs/{job}/targets/0/spectrum?format={name}", max_retries=5)
    content = io.BytesIO(answer.body())
    if name == "parquet":
        in_file = pq.read_table(content).to_pydict()
        read = {column: in_file[column] for column in columns}
    else:
        table = Table.read(content, format=READERS[name])
        read = {column: table[column].tolist() for column in columns}
    for row, texts_of_row in on_page.items():
        for column, text in zip(columns, texts_of_row, strict=True):
            value = read[column][row]
            if text is None:
                assert value is None or np.isnan(value), (row, column)
            elif column in ("flags", "det_id"):
                assert int(text) == value, (row, column)
            else:
                assert float(text.split()[0].replace("\u2212", "-")) == value, (row, column)
    assert read["flags"][231] == 2**33
