"""Averages of channels: those of the core by default, and what the recipe says otherwise."""

import numpy as np
import pytest

from explorer.results.channel_means import (
    DEFAULT_RECIPE,
    channel_means,
    recipe_in_words,
)
from explorer.results.flux_units import convert
from explorer.results.plot_data import plot_data
from explorer.results.plot_parts import Source
from explorer.results.view import BinningRecipe, View
from photometry_core.binning import bin_spectrum
from photometry_core.flags import mask_of
from tests.datasets import saved_dataset
from tests.spectra import made_spectrum


@pytest.fixture(autouse=True)
def results_folder(settings, tmp_path):
    settings.SPHEREX_RESULTS_FOLDER = tmp_path


@pytest.fixture
def spectrum():
    """Visits all over the detectors, with errors of all sizes."""
    spectrum = made_spectrum(900, 4)
    rng = np.random.default_rng(5)
    spectrum.table["y_image"][:900] = rng.uniform(-5, 2045, 900)
    spectrum.table["flux_err"][:900] = rng.uniform(5, 40, 900)
    return spectrum


def everything(dataset):
    return np.arange(dataset.n_rows)


def test_the_default_gives_the_numbers_of_the_core(spectrum):
    expected = bin_spectrum(spectrum).table
    expected = expected[np.asarray(expected["n_used"]) > 0]
    dataset = saved_dataset(spectrum)
    means = channel_means(dataset, DEFAULT_RECIPE, everything(dataset))
    assert len(expected) > 80
    for ours, name in (
        (means.detector, "det_id"),
        (means.channel, "channel"),
        (means.wavelength_um, "wavelength"),
        (means.width_um, "lambda_width"),
        (means.flux_ujy, "flux"),
        (means.flux_err_ujy, "flux_err"),
        (means.mean_wavelength_um, "wavelength_mean"),
        (means.n_used, "n_used"),
        (means.n_found, "n_found"),
    ):
        np.testing.assert_array_equal(ours, np.asarray(expected[name]), err_msg=name)


def test_only_the_rows_given_take_part(spectrum):
    dataset = saved_dataset(spectrum)
    means = channel_means(dataset, DEFAULT_RECIPE, np.arange(0, 900, 2)[::-1])
    assert means.n_found.sum() <= 450
    whole = channel_means(dataset, DEFAULT_RECIPE, everything(dataset))
    assert means.n_used.sum() < whole.n_used.sum()


def test_other_flags_can_be_left_out(spectrum):
    dataset = saved_dataset(spectrum)
    strict = BinningRecipe(mask=DEFAULT_RECIPE.mask | mask_of(["TRANSIENT"]))
    usual = channel_means(dataset, DEFAULT_RECIPE, everything(dataset)).n_used.sum()
    n_transient = np.count_nonzero(
        (np.asarray(spectrum.table["flags"]) & (strict.mask | DEFAULT_RECIPE.mask)) == 0
    )
    assert channel_means(dataset, strict, everything(dataset)).n_used.sum() <= n_transient < usual


def test_wild_visits_are_clipped_and_medians_ignore_them(spectrum):
    dataset = saved_dataset(spectrum)
    plain = channel_means(dataset, DEFAULT_RECIPE, everything(dataset))
    many = int(np.argmax(plain.n_used))
    of_channel = (
        (dataset.numbers("det_id") == plain.detector[many])
        & (dataset.numbers("channel") == plain.channel[many])
        & ((dataset.flags() & DEFAULT_RECIPE.mask) == 0)
    )
    row = int(np.flatnonzero(of_channel)[0])
    spectrum.table["flux"][row] = 1e8
    wild = saved_dataset(spectrum)
    clipped = channel_means(
        wild, BinningRecipe(mask=DEFAULT_RECIPE.mask, clip_sigma=5), everything(wild)
    )
    median = channel_means(
        wild, BinningRecipe(mask=DEFAULT_RECIPE.mask, statistic="median"), everything(wild)
    )
    assert channel_means(wild, DEFAULT_RECIPE, everything(wild)).flux_ujy[many] > 1e5
    assert clipped.flux_ujy[many] < 2000
    assert clipped.n_used[many] < plain.n_used[many]
    assert median.flux_ujy[many] < 2000
    assert median.flux_err_ujy[many] > 0


def test_channels_with_few_visits_can_be_left_out(spectrum):
    dataset = saved_dataset(spectrum)
    recipe = BinningRecipe(mask=DEFAULT_RECIPE.mask, least_visits=6)
    means = channel_means(dataset, recipe, everything(dataset))
    assert means.n_used.min() >= 6


def test_the_recipe_is_said_in_words():
    assert recipe_in_words(DEFAULT_RECIPE) == (
        "inverse-variance mean of the visits of each nominal channel; left out: DICHROIC, "
        "CONTAINS_BAD_PIXEL, FIT_ERROR"
    )
    words = recipe_in_words(
        BinningRecipe(mask=1, statistic="median", clip_sigma=3.5, least_visits=4)
    )
    for part in ("median", "TRANSIENT, FIT_ERROR", "3.5 sigma", "fewer than 4"):
        assert part in words


def test_the_plot_has_them_in_its_unit_with_the_width_of_the_channel(spectrum):
    dataset = saved_dataset(spectrum)
    means = channel_means(dataset, DEFAULT_RECIPE, everything(dataset))
    view = View(binned=True, unit="flam", redshift=0.25, panels=("snr",))
    data = plot_data([Source(dataset=dataset, view=view, name="a")], view)
    expected = convert(means.flux_ujy, means.flux_err_ujy, means.wavelength_um, "flam")
    np.testing.assert_array_equal(data.means.value[0], expected.value)
    np.testing.assert_array_equal(data.means.low[0], expected.low)
    assert np.isnan(data.means.value[1]).all()
    np.testing.assert_allclose(data.means.x, means.wavelength_um / 1.25)
    np.testing.assert_allclose(data.means.right - data.means.left, means.width_um / 1.25)
    assert data.means_note.startswith("Averages: inverse-variance mean")
    curve = View(binned=True, x="mjd")
    data = plot_data([Source(dataset=dataset, view=curve, name="a")], curve)
    assert data.means is None
    assert "light curve" in data.means_note
