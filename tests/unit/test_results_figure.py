"""The plot's models: empty, without scripts, and filled for a file that stands alone."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from bokeh.document import Document

from explorer.results.figure import MAX_PANELS, figure_item
from explorer.results.plot_colors import DETECTORS, SEVERITIES, SPECTRA
from explorer.results.plot_data import plot_data
from explorer.results.plot_file import plot_page
from explorer.results.plot_parts import Source
from explorer.results.view import View
from photometry_core.types import Target
from tests.datasets import saved_dataset
from tests.spectra import made_spectrum

ROOT = Path(__file__).parents[2]


def document_of(n_panels):
    # As a browser reads it: only what survives JSON without NaN.
    text = json.dumps(figure_item(n_panels)["doc"], allow_nan=False)
    return Document.from_json(json.loads(text))


@pytest.mark.parametrize("n_panels", range(1, MAX_PANELS + 1))
def test_panels_share_one_horizontal_axis_and_one_source(n_panels):
    document = document_of(n_panels)
    panels = [document.get_model_by_name(f"panel-{number}") for number in range(n_panels)]
    assert len({panel.x_range.id for panel in panels}) == 1
    assert [panel.xaxis[0].visible for panel in panels] == [False] * (n_panels - 1) + [True]
    points = document.get_model_by_name("points")
    for number in range(n_panels):
        for kind in ("points", "errors"):
            assert document.get_model_by_name(f"{kind}-{number}").data_source is points
        assert {f"y{number}", f"low{number}", f"high{number}"} <= set(points.data)


def test_nothing_in_the_plot_is_a_script():
    text = json.dumps(figure_item(MAX_PANELS))
    assert "CustomJS" not in text
    assert "<" not in text


def test_no_number_of_an_axis_is_a_power_of_ten():
    document = document_of(2)
    bar = document.get_model_by_name("color-bar")
    axes = [
        axis for number in range(2) for axis in document.get_model_by_name(f"panel-{number}").axis
    ]
    assert not any(one.formatter.use_scientific for one in [*axes, bar])


def test_measurements_are_seen_through_their_averages():
    glyph = document_of(1).get_model_by_name("means-0").glyph
    assert glyph.fill_color.value is None
    assert glyph.line_color.field == "color"


def test_paper_has_the_colours_of_the_light_theme():
    page = (ROOT / "static/css/explorer.css").read_text()
    plot = (ROOT / "static/css/results/plot.css").read_text()
    for number, shade in DETECTORS.items():
        assert f"--detector-{number}: light-dark({shade}," in page
    for number, shade in enumerate(SEVERITIES):
        assert f"--severity-{number}: light-dark({shade}," in plot
    for number, shade in enumerate(SPECTRA, start=1):
        assert f"--spectrum-{number}: light-dark({shade}," in plot


def test_a_saved_page_holds_data_words_and_no_foreign_address(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    target = Target(name="</script><script>alert(1)</script>", ra_deg=148.88822, dec_deg=69.0653)
    dataset = saved_dataset(made_spectrum(200, 2, target=target))
    view = View(panels=("flux_bkg",), binned=True, unit="abmag")
    data = plot_data([Source(dataset=dataset, view=view, name=dataset.name)], view)
    text = plot_page(data, view)
    assert "SIMULATED data, not an observation" in text
    assert "AB magnitude" in text
    assert "</script><script>" not in text
    assert not re.search(r'<(script|link)\b[^>]{0,200}(src|href)="?(https?:)?//', text)
    assert np.isfinite(data.panels[0].value).all()


def test_a_saved_page_writes_numbers_as_its_axis_does(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    dataset = saved_dataset(made_spectrum(20, 0))
    view = View(unit="nufnu", color="flags", x="mjd")
    data = plot_data([Source(dataset=dataset, view=view, name=dataset.name)], view)
    text = plot_page(data, view)
    (document,) = re.findall(
        r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL
    )
    (document,) = json.loads(html.unescape(document)).values()
    models = Document.from_json(document)
    panel = models.get_model_by_name("panel-0")
    assert panel.yaxis[0].axis_label == "\u03bdF\u03bd (10\u207b\u00b9\u2075 W m\u207b\u00b2)"
    shown = np.array(data.panels[0].shown) * 1e15
    np.testing.assert_allclose([panel.y_range.start, panel.y_range.end], shown)
    drawn = models.get_model_by_name("points").data["y0"]
    np.testing.assert_allclose(drawn, data.panels[0].value * 1e15)
    assert "light curve, all channels" in text
