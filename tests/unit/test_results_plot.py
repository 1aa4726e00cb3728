"""What is plotted: every kept row once, in the unit of its axis, with ranges that show it."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from explorer.results.arrays import packed
from explorer.results.flux_units import UNITS, convert
from explorer.results.plot_answer import about_dataset, plot_answer
from explorer.results.plot_colors import colors_of, css_colors
from explorer.results.plot_data import plot_data
from explorer.results.plot_parts import Source
from explorer.results.plot_words import file_stem_of, provenance_line, title_of
from explorer.results.query import select_rows
from explorer.results.ranges import value_ranges
from explorer.results.view import ColumnFilter, DerivedColumn, View
from photometry_core import flags
from photometry_core.errors import InvalidInputError
from tests.datasets import saved_dataset
from tests.spectra import made_spectrum


@pytest.fixture(autouse=True)
def results_folder(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path


def source(spectrum, view=None, name="M 81"):
    return Source(dataset=saved_dataset(spectrum), view=view or View(), name=name)


def plotted(spectrum, **view):
    view = View(**view)
    return plot_data([source(spectrum, view)], view)


def column(spectrum, name):
    return np.ma.filled(np.ma.asarray(spectrum.table[name], dtype=float), np.nan)


def without(dataset, *names):
    return replace(
        dataset,
        table=dataset.table.drop_columns([name for name in names if name in dataset.columns]),
        columns={name: info for name, info in dataset.columns.items() if name not in names},
    )


def test_points_carry_the_rows_and_values_of_the_file():
    spectrum = made_spectrum(50, 4)
    data = plotted(spectrum)
    np.testing.assert_array_equal(data.row, np.arange(50))
    np.testing.assert_array_equal(data.x, column(spectrum, "wavelength")[:50])
    np.testing.assert_array_equal(data.mjd, column(spectrum, "mjd")[:50])
    flux, error = column(spectrum, "flux")[:50], column(spectrum, "flux_err")[:50]
    panel = data.panels[0]
    np.testing.assert_array_equal(panel.value, flux)
    np.testing.assert_array_equal(panel.error, error)
    np.testing.assert_array_equal(panel.low, flux - error)
    np.testing.assert_array_equal(panel.high, flux + error)
    assert (data.n_kept, data.n_drawn, panel.n_missing) == (54, 50, 4)


@pytest.mark.parametrize("unit", UNITS)
def test_fluxes_are_in_the_unit_that_the_axis_names(unit):
    spectrum = made_spectrum(40, 0)
    data = plotted(spectrum, unit=unit)
    expected = convert(
        column(spectrum, "flux"),
        column(spectrum, "flux_err"),
        column(spectrum, "wavelength"),
        unit,
    )
    panel = data.panels[0]
    np.testing.assert_array_equal(panel.value, expected.value)
    np.testing.assert_array_equal(panel.low, expected.low)
    np.testing.assert_array_equal(panel.is_limit, expected.is_limit)
    ten = panel.label.removeprefix(f"{UNITS[unit].quantity} (").removesuffix(
        f"{UNITS[unit].label})"
    )
    powers = {"flam": "10\u207b\u00b9\u2075 ", "flam_cgs": "10\u207b\u00b9\u2076 "}
    powers |= {"nufnu": "10\u207b\u00b9\u2075 ", "nufnu_cgs": "10\u207b\u00b9\u00b2 "}
    assert ten == powers.get(unit, "")
    # What is written beside the axis.
    largest = np.abs(panel.shown).max() / 10.0**panel.power
    assert 1e-3 <= largest < 1e5


def test_magnitudes_point_downwards_and_negative_fluxes_are_limits():
    spectrum = made_spectrum(36, 0)
    panel = plotted(spectrum, unit="abmag").panels[0]
    assert panel.shown[0] > panel.shown[1]
    np.testing.assert_array_equal(panel.is_limit, column(spectrum, "flux") < 0)
    assert any("Below S/N 3" in note for note in plotted(spectrum, unit="abmag").notes)
    assert not plotted(spectrum, unit="abmag", y="snr").notes
    assert np.isfinite(panel.value).all()
    assert np.isnan(panel.low[panel.is_limit]).all()


def test_at_rest_wavelengths_are_divided_and_labels_say_so():
    spectrum = made_spectrum(20, 0)
    data = plotted(spectrum, redshift=0.158)
    np.testing.assert_allclose(data.x, column(spectrum, "wavelength") / 1.158, rtol=1e-15)
    np.testing.assert_array_equal(data.wavelength_um, column(spectrum, "wavelength"))
    assert data.x_label == "Rest wavelength (\u00b5m), z = 0.158"
    assert data.panels[0].label == "Flux density, observed (\u00b5Jy)"
    np.testing.assert_array_equal(data.panels[0].value, column(spectrum, "flux"))
    assert plotted(spectrum).x_label == "Observed wavelength (\u00b5m)"


def test_lower_panels_share_the_points_and_count_what_has_no_value():
    spectrum = made_spectrum(20, 2)
    spectrum.table["fit_ql"].mask[3:5] = True
    data = plotted(spectrum, panels=("flux_bkg", "fit_ql", "x_image"))
    assert [panel.label for panel in data.panels] == [
        "Flux density (\u00b5Jy)", "Background (MJy/sr)", "Fit quality", "x (pix)"
    ]  # fmt: skip
    assert [panel.n_missing for panel in data.panels] == [2, 2, 4, 2]
    np.testing.assert_array_equal(data.panels[1].value, column(spectrum, "flux_bkg")[:20])
    background_error = column(spectrum, "flux_bkg_err")[:20]
    np.testing.assert_array_equal(data.panels[1].error, background_error)
    assert np.isnan(data.panels[2].value[3:5]).all()


def test_a_derived_column_can_be_plotted_with_its_unit():
    derived = (DerivedColumn(name="doubled", expression="flux * 2", unit="uJy"),)
    spectrum = made_spectrum(12, 0)
    panel = plotted(spectrum, y="doubled", derived=derived).panels[0]
    np.testing.assert_allclose(panel.value, 2 * column(spectrum, "flux"))
    assert panel.label == "doubled (uJy)"


def test_filters_and_the_mask_of_flags_hide_points():
    spectrum = made_spectrum(60, 3)
    data = plotted(spectrum, filters=(ColumnFilter(column="det_id", text="in (1, 3)"),), mask=1)
    assert set(data.detector) <= {1, 3}
    assert not (data.flags & 1).any()
    assert data.n_drawn == data.row.size > 0


def test_a_light_curve_is_of_one_channel():
    spectrum = made_spectrum(60, 0)
    dataset = saved_dataset(spectrum)
    detector, channel = (int(dataset.numbers(name)[7]) for name in ("det_id", "channel"))
    view = View(x="mjd", channel=(detector, channel))
    data = plot_data([Source(dataset=dataset, view=view, name="a")], view)
    np.testing.assert_array_equal(data.x, data.mjd)
    assert set(data.detector) == {detector}
    assert data.x_label == "Time (MJD, UTC)"
    rows = select_rows(dataset, view)
    np.testing.assert_array_equal(np.sort(rows.rows), data.row)
    # Flags are counted in these rows, and the strip shows them.
    assert sorted(rows.rows_before_mask) == sorted(rows.strip) == sorted(data.row)
    everything = View(x="mjd")
    data = plot_data([Source(dataset=dataset, view=everything, name="a")], everything)
    assert data.n_drawn == 60


def test_a_file_without_a_column_says_which():
    dataset = without(saved_dataset(made_spectrum(12, 0)), "snr", "channel", "x_image")
    for view, words in (
        (View(y="snr"), "snr"),
        (View(x="mjd", channel=(1, 5)), "channel"),
        (View(panels=("nothing",)), "nothing"),
    ):
        with pytest.raises(InvalidInputError, match=words):
            plot_data([Source(dataset=dataset, view=view, name="a")], view)
    about = about_dataset(dataset, View())
    assert about["channels"] == []
    assert about["missing"] == ["x_image"]


def test_a_file_with_nothing_but_wavelengths_and_fluxes_is_plotted():
    dataset = saved_dataset(made_spectrum(12, 0))
    bare = without(dataset, *(set(dataset.columns) - {"row", "wavelength", "flux"}))
    view = View(binned=True)
    data = plot_data([Source(dataset=bare, view=view, name="a")], view)
    assert data.n_drawn == 12
    assert data.means is None
    assert "det_id" in data.means_note
    assert np.isnan(data.panels[0].low).all()
    json.dumps(plot_answer(data, view) | about_dataset(bare, view), allow_nan=False)


def test_one_wild_point_does_not_press_the_spectrum_flat():
    spectrum = made_spectrum(60, 0)
    spectrum.table["flux"][10] = 1e7
    panel = plotted(spectrum).panels[0]
    assert panel.n_outside == 1
    assert panel.shown[1] < 3000
    assert panel.full[1] > 1e7


def test_a_flagged_emission_line_stays_in_view():
    spectrum = made_spectrum(60, 0)
    spectrum.table["flux"][20:24] = 1e6
    spectrum.table["flags"] |= 1 << 19
    assert plotted(spectrum).panels[0].n_outside == 0


@pytest.mark.parametrize("values", [[], [3.0], [0.0, 0.0], [np.nan]])
def test_ranges_are_never_empty(values):
    values = np.array(values)
    ranges = value_ranges(values, values, values, values)
    for low, high in (ranges.shown, ranges.full):
        assert np.isfinite([low, high]).all()
        assert low < high


@pytest.mark.parametrize(("n_measured", "n_failed"), [(0, 0), (0, 3), (1, 0)])
def test_few_points_or_none_are_no_trouble(n_measured, n_failed):
    view = View(panels=("snr",), binned=True)
    data = plotted(made_spectrum(n_measured, n_failed), panels=view.panels, binned=True)
    assert data.n_drawn == n_measured
    assert data.x_range[0] < data.x_range[1]
    json.dumps(plot_answer(data, view), allow_nan=False)


def test_several_spectra_are_told_apart_and_the_shown_one_is_on_top():
    view = View()
    sources = [source(made_spectrum(20, 0)), source(made_spectrum(10, 0, seed=2), name="other")]
    data = plot_data(sources, view)
    assert list(data.spectrum) == [1] * 10 + [0] * 20
    colors = colors_of(data, view)
    assert colors.by == "spectrum"
    assert colors.classes == ((0, "M 81"), (1, "other"))


def test_normalised_spectra_have_a_median_of_one():
    view = View(scale="normalised")
    bright = made_spectrum(20, 0, seed=2)
    bright.table["flux"] *= 100
    data = plot_data([source(made_spectrum(20, 0)), source(bright, name="bright")], view)
    panel = data.panels[0]
    for index in (0, 1):
        assert np.median(panel.value[data.spectrum == index]) == pytest.approx(1)
    assert panel.label == "Flux density / median"
    assert [note.split(":")[0] for note in data.notes] == ["M 81", "bright"]
    assert "\u00b5Jy" in data.notes[1]


def test_what_is_not_well_above_its_error_is_not_divided_by():
    view = View(scale="normalised")
    noise = made_spectrum(40, 0, seed=2)
    noise.table["flux"] = np.random.default_rng(5).normal(2.0, 15.0, 40)
    data = plot_data([source(made_spectrum(20, 0)), source(noise, name="noise")], view)
    assert np.isnan(data.panels[0].value[data.spectrum == 1]).all()
    assert "noise: not drawn, since its median" in data.notes[1]
    assert "below 5 times the error of that" in data.notes[1]
    magnitudes = View(scale="normalised", unit="abmag")
    sources = [source(made_spectrum(20, 0), magnitudes), source(noise, magnitudes, name="noise")]
    data = plot_data(sources, magnitudes)
    assert np.isnan(data.panels[0].value[data.spectrum == 1]).all()
    assert "most of its magnitudes are limits" in data.notes[1]


@pytest.mark.parametrize("unit", ["uJy", "abmag"])
def test_spectra_that_are_set_apart_do_not_lie_over_each_other(unit):
    view = View(scale="offset", unit=unit)
    factors = (20.0, 1.0, 0.1, 1.0)
    sources = []
    for number, factor in enumerate(factors):
        spectrum = made_spectrum(100, 0, seed=number + 1)
        spectrum.table["flux"] *= factor
        sources.append(source(spectrum, view, name=f"number {number}"))
    panel_of = plot_data(sources, view)
    panel = panel_of.panels[0]
    upwards = -1 if unit == "abmag" else 1
    extents = [
        np.percentile(upwards * panel.value[panel_of.spectrum == index], (2, 98))
        for index in range(len(factors))
    ]
    for (_, top), (bottom, _) in pairwise(extents):
        assert bottom > top
    # Everything is in sight.
    low, high = sorted(panel.shown)
    assert low < min(panel.value) < max(panel.value) < high


def test_offsets_are_stated():
    view = View(scale="offset")
    data = plot_data([source(made_spectrum(20, 0)), source(made_spectrum(20, 0), name="b")], view)
    panel = data.panels[0]
    shift = panel.value[data.spectrum == 1] - panel.value[data.spectrum == 0]
    assert np.ptp(shift) < 1e-9
    assert data.notes == [f"b: {shift[0]:+.6g} \u00b5Jy added"]
    assert panel.label == "Flux density + offset (\u00b5Jy)"


def test_a_spectrum_that_lacks_what_is_asked_for_is_left_out_with_a_sentence():
    view = View(y="snr")
    other = without(saved_dataset(made_spectrum(10, 0)), "snr")
    data = plot_data(
        [source(made_spectrum(20, 0), view), Source(dataset=other, view=view, name="other")], view
    )
    assert set(data.spectrum) == {0}
    assert data.notes[0].startswith("other is not drawn: ")
    assert "snr" in data.notes[0]


def test_colours_of_flags_and_numbers():
    spectrum = made_spectrum(40, 0)
    data = plotted(spectrum, color="flags")
    colors = colors_of(data, View(color="flags"))
    assert {name for _, name in colors.classes} == {
        "benign flags", "flags to look at", "serious flags"
    }  # fmt: skip
    view = View(color="mjd")
    colors = colors_of(plotted(spectrum, color="mjd"), view)
    assert colors.label == "Time (MJD, UTC)"
    assert colors.span == (column(spectrum, "mjd").min(), column(spectrum, "mjd").max())
    shades = css_colors("number", np.array([colors.span[0], colors.span[1], np.nan]), colors.span)
    assert len(set(shades)) == 3


def test_flags_beyond_32_bits_arrive_whole():
    spectrum = made_spectrum(20, 0)
    spectrum.table["flags"][4] = flags.FIT_ERROR - 1
    data = plotted(spectrum)
    sets = plot_answer(data, View())["flag_sets"]
    assert str(2**33 - 1) in [one["value"] for one in sets]
    assert "CONTAINS_BAD_PIXEL" in sets[-1]["names"]
    assert sets[-1]["severity"] == 3


def test_packed_arrays_hold_every_bit():
    values = np.array([np.pi, np.nan, -1e300])
    found = packed(values)
    assert found["dtype"] == "float64"
    assert plot_answer(plotted(made_spectrum(3, 0)), View())["points"]["row"] == packed(
        [0, 1, 2], "i4"
    )


def test_saved_plots_say_what_they_are():
    data = plotted(made_spectrum(20, 0), unit="mJy", redshift=0.5)
    view = View(unit="mJy", redshift=0.5)
    assert title_of(data, view) == "M 81: Flux density, observed"
    assert provenance_line(data).startswith("SIMULATED")
    assert "limits" not in provenance_line(data)
    faint = plotted(made_spectrum(20, 0), unit="abmag")
    assert provenance_line(faint).endswith("triangles: 3-sigma limits (S/N below 3)")
    assert file_stem_of(data, view) == "M_81_spherex_simulated_flux_mJy_rest"
    curve = View(x="mjd", channel=(3, 5), y="snr")
    assert file_stem_of(plotted(made_spectrum(20, 0), x="mjd", y="snr"), curve) == (
        "M_81_spherex_simulated_snr_lightcurve_D3ch5"
    )
    curve_data = plotted(made_spectrum(20, 0), x="mjd", y="snr")
    assert title_of(curve_data, curve) == "M 81: S/N, light curve, D3 channel 5, 1.82 \u00b5m"
    assert title_of(curve_data, View(x="mjd")).endswith("light curve, all channels")


def test_symbols_at_the_edges_of_panels_have_room():
    spectrum = made_spectrum(60, 0)
    # Scatter that is no structure, with one wild point.
    quality = np.random.default_rng(3).normal(0.8, 0.1, 60)
    quality[7] = 30.0
    spectrum.table["fit_ql"] = quality
    data = plotted(spectrum, panels=("fit_ql", "x_image"))
    for panel, least in zip(data.panels, (0.05, 0.15, 0.15), strict=True):
        inside = panel.value[(panel.value >= panel.shown[0]) & (panel.value <= panel.shown[1])]
        room = least * (panel.shown[1] - panel.shown[0])
        assert inside.min() - panel.shown[0] > room
        assert panel.shown[1] - inside.max() > room
    assert [panel.n_outside for panel in data.panels] == [0, 1, 0]
