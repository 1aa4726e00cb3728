"""Axes of the plot: what is written beside them, and the channel of a light curve."""

import base64

import numpy as np
import pytest

from explorer.results.axis_numbers import labelled, power_of_ten
from explorer.results.plot_answer import about_dataset
from explorer.results.provenance import selection_infos
from explorer.results.view import View
from tests.datasets import saved_dataset
from tests.spectra import made_spectrum


@pytest.mark.parametrize(
    ("low", "high", "power", "label"),
    [
        (-5e8, 4.5e9, 9, "Flags (10\u2079 GHz)"),
        (6e4, 1.8e5, 5, "Flags (10\u2075 GHz)"),
        (0.0, 99_000.0, 0, "Flags (GHz)"),
        (2e-18, 3e-17, -17, "Flags (10\u207b\u00b9\u2077 GHz)"),
        (0.0, 0.0, 0, "Flags (GHz)"),
        # Days of the Julian calendar differ in their last digits.
        (2_460_800.5, 2_460_900.5, 0, "Flags (GHz)"),
    ],
)
def test_axes_have_plain_numbers_and_a_power_of_ten_in_the_label(low, high, power, label):
    assert power_of_ten(low, high) == power
    assert labelled("Flags (GHz)", "GHz", power) == label
    assert labelled("Flags", "", power) == label.replace(" GHz)", ")").replace(" (GHz)", "")


def test_the_channel_of_every_row_is_told(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    dataset = saved_dataset(made_spectrum(20, 3))
    found = about_dataset(dataset, View())["row_channel"]
    codes = np.frombuffer(base64.b64decode(found["data"]), found["dtype"])
    assert codes.size == 23
    detectors, channels = dataset.numbers("det_id"), dataset.numbers("channel")
    measured = np.isfinite(channels)
    np.testing.assert_array_equal(codes[measured] // 17, detectors[measured])
    np.testing.assert_array_equal(codes[measured] % 17 + 1, channels[measured])
    assert not codes[~measured].any()


def test_a_file_with_the_rows_of_a_light_curve_says_so():
    curve = View(x="mjd", channel=(3, 7))
    assert ("light_curve", "D3 channel 7") in selection_infos(curve, 2, 30)
    # Left over from a light curve, it leaves no row out.
    assert not dict(selection_infos(View(channel=(3, 7)), 2, 30)).get("light_curve")
