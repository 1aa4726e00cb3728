"""The plot: every measured row is a point with its row number, and nothing else is."""

import json

import numpy as np
import pytest
from bokeh.document import Document

from explorer.bands import BANDS
from explorer.charts import COLORS, spectrum_plot
from explorer.measurements import column
from tests.spectra import made_spectrum


def document_of(plot):
    # As a browser reads it: only what survives JSON without NaN.
    text = json.dumps(plot["item"]["doc"], allow_nan=False)
    return Document.from_json(json.loads(text))


def model(plot, name):
    found = document_of(plot).get_model_by_name(name)
    assert found is not None, name
    return found


def test_points_carry_the_rows_of_the_table():
    spectrum = made_spectrum(50, 4)
    plot = spectrum_plot(spectrum)
    data = model(plot, "measurements").data
    np.testing.assert_array_equal(data["row"], np.arange(50))
    for name in ("wavelength", "flux", "mjd"):
        np.testing.assert_array_equal(data[name], column(spectrum, name)[:50])
    flux, error = (column(spectrum, name)[:50] for name in ("flux", "flux_err"))
    np.testing.assert_array_equal(data["low"], flux - error)
    np.testing.assert_array_equal(data["high"], flux + error)
    assert sum(plot["n_points"].values()) == 50


def test_marks_follow_the_flags():
    data = model(spectrum_plot(made_spectrum(9, 0)), "measurements").data
    by_flags = {
        names: (mark, fill > 0)
        for names, mark, fill in zip(data["flags"], data["marker"], data["fill"], strict=True)
    }
    assert by_flags == {
        "SOURCE": ("circle", True),
        "TRANSIENT, SOURCE": ("circle", False),
        "DICHROIC, SOURCE": ("circle_x", False),
        "SOURCE, CONTAINS_BAD_PIXEL": ("circle_x", False),
    }


def test_each_detector_has_points_and_errors_that_can_be_hidden():
    spectrum = made_spectrum(24, 0)
    document = document_of(spectrum_plot(spectrum))
    detectors = np.asarray(spectrum.table["det_id"])
    for band in BANDS:
        for kind in ("points", "errors"):
            renderer = document.get_model_by_name(f"{kind}-{band.detector}")
            rows = np.asarray(renderer.data_source.data["row"])[renderer.view.filter.indices]
            np.testing.assert_array_equal(detectors[rows], band.detector)
    assert set(COLORS) == {band.detector for band in BANDS}


def test_nothing_in_the_plot_is_a_script():
    text = json.dumps(spectrum_plot(made_spectrum(12, 1)))
    assert "CustomJS" not in text
    assert "<" not in text


def test_one_wild_point_does_not_press_the_spectrum_flat():
    spectrum = made_spectrum(60, 0)
    spectrum.table["flux"][10] = 1e7
    plot = spectrum_plot(spectrum)
    assert plot["n_outside"] == 1
    assert plot["y_shown"][1] < 3000
    assert plot["y_all"][1] > 1e7
    figure = model(plot, "spectrum")
    assert [figure.y_range.start, figure.y_range.end] == plot["y_shown"]


def test_a_flagged_emission_line_stays_in_view():
    spectrum = made_spectrum(60, 0)
    spectrum.table["flux"][20:24] = 1e6
    spectrum.table["flags"] |= 1 << 19
    plot = spectrum_plot(spectrum)
    assert plot["n_outside"] == 0


def test_a_quiet_spectrum_is_shown_whole():
    plot = spectrum_plot(made_spectrum(60, 0))
    data = model(plot, "measurements").data
    assert plot["n_outside"] == 0
    assert plot["y_shown"] == plot["y_all"]
    assert plot["y_shown"][0] < min(data["low"]) < max(data["high"]) < plot["y_shown"][1]


@pytest.mark.parametrize(("n_measured", "n_failed"), [(0, 0), (0, 3), (1, 0)])
def test_few_points_or_none_are_no_trouble(n_measured, n_failed):
    plot = spectrum_plot(made_spectrum(n_measured, n_failed))
    assert sum(plot["n_points"].values()) == n_measured
    figure = model(plot, "spectrum")
    for axis in (figure.x_range, figure.y_range):
        assert axis.start < axis.end


def test_a_flux_of_which_the_error_is_unknown_is_still_a_point():
    spectrum = made_spectrum(6, 0)
    spectrum.table["flux_err"].mask[2] = True
    data = model(spectrum_plot(spectrum), "measurements").data
    assert len(data["row"]) == 6
    assert np.isnan(data["low"][2])
    assert "nan" not in json.dumps(data["flux_text"])
