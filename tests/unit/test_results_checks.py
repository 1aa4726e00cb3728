"""The checks of a spectrum: nothing is found where nothing is, and each fault where it is."""

import re

import numpy as np
import pytest

from explorer.results.checks import neighbours_of, run_checks
from explorer.results.checks_light import Neighbour
from explorer.results.checks_visits import measure_step
from explorer.results.findings import LISTED, Finding, digits, percent, significant
from explorer.results.robust import (
    PREDICTION_INFLATION,
    local_residuals,
    rank_correlation,
    spread,
)
from explorer.results.view import MAX_LIST_TEXT, View
from jobs.errors import ProductMissingError
from photometry_core import flags
from photometry_core.types import Target
from tests.checked_spectra import clean_columns, dataset_of, stamp_reader

KEYS = ["location", "emission", "flags", "fit", "background", "steps", "visits"]


def no_stamps(rows):
    raise ProductMissingError("there are none")


def checked(columns, view=None, read=None, neighbours=(), **metadata):
    """Return the checks by key."""
    answer = run_checks(
        dataset_of(columns, **metadata), view or View(), read or stamp_reader(columns), neighbours
    )
    assert [check["key"] for check in answer["checks"]] == KEYS
    return {check["key"]: check for check in answer["checks"]}


def verdicts(check):
    return [finding["verdict"] for finding in check["findings"]]


def rows_of(finding):
    return [one["row"] for one in finding["rows"]]


def test_a_clean_spectrum_passes_every_check():
    checks = checked(clean_columns())
    assert {key: check["verdict"] for key, check in checks.items()} == dict.fromkeys(KEYS, "ok")
    for check in checks.values():
        assert set(verdicts(check)) == {"ok"}, check
        assert all(finding["limit"] for finding in check["findings"])


@pytest.mark.parametrize(
    ("east", "north", "verdict", "word"),
    [(0.8, 0.0, "bad", "east"), (0.0, -0.9, "bad", "south"), (-0.3, 0.3, "look", "north-west")],
)
def test_light_beside_the_position_is_found_and_measured(east, north, verdict, word):
    columns = clean_columns()
    finding = checked(columns, read=stamp_reader(columns, (east, north)))["location"]["findings"][0]
    assert finding["verdict"] == verdict
    assert f"({word})" in finding["text"]
    numbers = re.search(
        r"([+\u2212][\d.]+)\u2033 east, ([+\u2212][\d.]+)\u2033 north", finding["text"]
    )
    found = [float(number.replace("\u2212", "-")) for number in numbers.groups()]
    np.testing.assert_allclose(found, (east, north), atol=0.03)


def test_too_faint_a_target_is_not_said_to_be_in_place():
    columns = clean_columns()
    columns["flux"] = columns["flux"] / 400
    finding = checked(columns)["location"]["findings"][0]
    assert finding["verdict"] == "impossible"
    assert "too coarsely" in finding["text"]


def test_stamps_of_low_signal_are_too_few_points():
    columns = clean_columns()
    columns["snr"] = np.full_like(columns["snr"], 2.0)
    checks = checked(columns)
    assert checks["location"]["verdict"] == "impossible"
    assert "oo few points: 0 stamps" in checks["location"]["findings"][0]["text"]
    assert verdicts(checks["emission"])[0] == "impossible"


@pytest.mark.parametrize(("fraction", "verdict"), [(0.2, "look"), (0.8, "bad"), (0.02, "ok")])
def test_light_of_a_neighbour_that_no_model_has_is_found(fraction, verdict):
    columns = clean_columns()
    read = stamp_reader(columns, other_arcsec=(0.0, 24.6), other_fraction=fraction)
    finding = checked(columns, read=read)["emission"]["findings"][0]
    assert finding["verdict"] == verdict
    if verdict != "ok":
        assert " north:" in finding["text"]
        assert re.search(r"is 2[2-7]\u2033", finding["text"])
        assert finding["rows"]


def test_targets_of_the_job_that_are_near_are_named():
    near = [Neighbour(name="far", separation_arcsec=31.0), Neighbour(name="B", separation_arcsec=9)]
    columns = clean_columns()
    finding = checked(columns, neighbours=near)["emission"]["findings"][1]
    assert finding["verdict"] == "look"
    assert "B (9.0\u2033)" in finding["text"]
    assert "far" not in finding["text"]
    assert finding["n_rows"] == len(columns["flux"])
    columns["flux_corr"] = np.full(len(columns["flux"]), -0.2)
    finding = checked(columns, neighbours=near)["emission"]["findings"][1]
    assert finding["verdict"] == "ok"
    assert "fitted together everywhere" in finding["text"]


def test_targets_of_an_opened_file_are_not_known():
    finding = checked(clean_columns(), neighbours=None)["emission"]["findings"][1]
    assert finding["verdict"] == "impossible"


def test_distances_of_targets():
    targets = [Target(name="a", ra_deg=359.999, dec_deg=60.0), Target(name="b", ra_deg=0.001,
               dec_deg=60.0)]  # fmt: skip
    [neighbour] = neighbours_of(targets, 0)
    assert neighbour.name == "b"
    assert neighbour.separation_arcsec == pytest.approx(3.6, rel=1e-3)
    assert neighbours_of(targets[:1], 0) == []


@pytest.mark.parametrize(("r", "verdict"), [(-0.4, "ok"), (0.6, "look"), (-0.97, "bad")])
def test_a_blend_that_the_fit_can_not_part_is_found(r, verdict):
    columns = clean_columns()
    columns["flux_corr"] = np.full(len(columns["flux"]), r)
    assert checked(columns)["emission"]["findings"][2]["verdict"] == verdict


def test_flags_are_counted_before_the_mask():
    columns = clean_columns()
    columns["flags"][::5] |= flags.CONTAINS_BAD_PIXEL
    for view in (View(), View(mask=flags.CONTAINS_BAD_PIXEL)):
        bad, warned = checked(columns, view=view)["flags"]["findings"]
        assert bad["verdict"] == "look"
        assert "20 % of 612 measurements" in bad["text"]
        assert rows_of(bad) == list(range(0, 50, 5))
        assert bad["rows"][0]["note"] == "CONTAINS_BAD_PIXEL"
        assert bad["n_rows"] == 123
        assert bad["filter"].startswith("in (0,5,10,")
        assert warned["verdict"] == "ok"
        assert "The most frequent is CONTAINS_BAD_PIXEL (123)." in warned["text"]


def test_only_what_is_shown_is_checked():
    columns = clean_columns()
    columns["flags"][40] |= flags.CONTAINS_BAD_PIXEL
    columns["flux_bkg"][40] *= 1.5
    assert checked(columns)["background"]["verdict"] == "look"
    view = View(mask=flags.CONTAINS_BAD_PIXEL)
    assert checked(columns, view=view)["background"]["verdict"] == "ok"


def test_bad_fits_and_outliers_are_found():
    columns = clean_columns()
    columns["fit_ql"][[17, 230]] = 4.0, 3.0
    overall, outliers, _ = checked(columns)["fit"]["findings"]
    assert overall["verdict"] == "ok"
    assert (outliers["verdict"], rows_of(outliers)) == ("look", [17, 230])
    assert [one["note"] for one in outliers["rows"]] == ["4.00", "3.00"]
    columns["fit_ql"] += 1.0
    assert checked(columns)["fit"]["findings"][0]["verdict"] == "bad"
    columns["fit_ql"] = np.full(612, 0.4)
    assert checked(columns)["fit"]["findings"][0]["verdict"] == "look"
    columns["chi2"] *= 20
    assert checked(columns)["fit"]["findings"][2]["verdict"] == "look"


def test_a_jump_of_the_background_is_found_alone():
    columns = clean_columns()
    columns["flux_bkg"][[100, 305]] *= (1.2, 0.9)
    finding = checked(columns)["background"]["findings"][0]
    assert finding["verdict"] == "look"
    assert rows_of(finding) == [100, 305]
    assert "MJy/sr, not" in finding["rows"][0]["note"]


def test_seasons_of_the_zodiacal_light_are_no_jumps():
    columns = clean_columns()
    columns["flux_bkg"] *= np.where(columns["mjd"] > 61100, 1.4, 1.0)
    assert checked(columns)["background"]["verdict"] == "ok"


def test_boxes_that_grew_are_counted():
    columns = clean_columns()
    columns["local_bkg_flg"][:100] = False
    finding = checked(columns)["background"]["findings"][1]
    assert (finding["verdict"], finding["n_rows"]) == ("look", 100)
    assert "100 measurements of 612 (16 %)" in finding["text"]


@pytest.mark.parametrize("sign", [1, -1])
def test_light_that_leaks_between_flux_and_background_is_found(sign):
    columns = clean_columns()
    noise = np.random.default_rng(3).normal(0, 0.01, 612)
    columns["flux"] = 2000.0 / columns["wavelength"] * (1 + noise)
    columns["flux_bkg"] *= 1 + sign * noise
    finding = checked(columns)["background"]["findings"][2]
    assert finding["verdict"] == "bad"
    assert ("\u2212" in finding["text"].split(" of ")[1]) == (sign < 0)


def test_a_detector_with_another_calibration_is_found_at_both_borders():
    columns = clean_columns()
    columns["flux"][columns["det_id"] == 2] *= 1.1
    findings = checked(columns)["steps"]["findings"]
    assert [finding["verdict"] for finding in findings] == ["look", "look", "ok", "ok", "ok"]
    ratios = [float(re.search(r"ratio ([\d.]+)", finding["text"])[1]) for finding in findings]
    np.testing.assert_allclose(ratios, [1.1, 1 / 1.1, 1, 1, 1], atol=0.03)
    border = [columns["det_id"][one["row"]] for one in findings[0]["rows"]]
    assert sorted(border) == [1, 1, 1, 2, 2, 2]
    assert "dichroic" in findings[2]["text"]


def test_wild_points_make_no_step():
    columns = clean_columns()
    near = np.flatnonzero((columns["det_id"] == 2) & (columns["wavelength"] < 1.15))
    columns["flux"][near[::5]] *= 3
    assert checked(columns)["steps"]["findings"][0]["verdict"] == "ok"


def test_a_faint_target_has_no_step():
    rng = np.random.default_rng(2)
    distance = np.linspace(-0.05, 0.05, 40)
    flux = rng.normal(0, 10.0, 40)
    step = measure_step(distance, flux, np.full(40, 10.0), distance > 0)
    assert step is None or step.error > 0.1
    columns = clean_columns()
    columns["flux"] = rng.normal(0.0, 10.0, 612)
    columns["flux_err"] = np.full(612, 10.0)
    assert set(verdicts(checked(columns)["steps"])) == {"impossible"}


def test_errors_that_are_too_small_are_found():
    columns = clean_columns(relative_error=0.04)
    columns["flux_err"] = columns["flux_err"] / 4
    finding = checked(columns)["visits"]["findings"][0]
    assert finding["verdict"] == "bad"
    scatter = float(re.search(r"scatter by ([\d.]+) times", finding["text"])[1])
    assert scatter == pytest.approx(4.0, rel=0.15)


def test_a_visit_that_differs_is_found():
    columns = clean_columns()
    columns["flux"][200] *= 1.2
    finding = checked(columns)["visits"]["findings"][0]
    assert (finding["verdict"], rows_of(finding)) == ("look", [200])


def test_a_channel_that_varies_is_named():
    columns = clean_columns()
    in_channel = (columns["det_id"] == 3) & (columns["channel"] == 9)
    columns["flux"][in_channel] *= np.array([0.9, 1.1, 0.88, 1.12, 0.91, 1.1])
    finding = checked(columns)["visits"]["findings"][0]
    assert finding["verdict"] == "look"
    assert "D3 channel 9 (" in finding["text"]


def test_a_file_with_wavelength_and_flux_alone_says_what_is_missing():
    columns = {name: values for name, values in clean_columns().items()
               if name in ("wavelength", "flux")}  # fmt: skip
    checks = checked(columns, read=no_stamps, neighbours=None, upload={"file_name": "x.csv"})
    for check in checks.values():
        assert check["verdict"] == "impossible"
        assert check["word"] == "not possible"
    assert checks["location"]["findings"][0]["text"] == (
        "This file has no x_image and no y_image and no snr."
    )
    assert checks["fit"]["findings"][0]["text"] == "This file has no fit_ql."


def test_a_spectrum_without_stamps_is_checked_as_far_as_it_goes():
    checks = checked(clean_columns(), read=no_stamps)
    assert "no stamps" in checks["location"]["findings"][0]["text"]
    assert checks["background"]["verdict"] == "ok"


def test_no_row_is_a_sentence():
    columns = clean_columns()
    checks = checked(columns, view=View(mask=flags.SOURCE))
    assert checks["location"]["findings"][0]["text"] == "No measurement with a flux is shown."
    assert checks["flags"]["verdict"] == "ok"
    empty = {name: values[:0] for name, values in columns.items()}
    checks = checked(empty)
    assert {check["verdict"] for check in checks.values()} == {"impossible"}


def test_few_rows_are_too_few_points():
    columns = {name: values[:4] for name, values in clean_columns().items()}
    checks = checked(columns)
    assert checks["fit"]["findings"][0]["text"].startswith("Too few points: 4 measurements")
    assert verdicts(checks["background"]) == ["impossible", "ok", "impossible"]
    assert set(verdicts(checks["steps"])) == {"impossible"}
    assert checks["visits"]["verdict"] == "impossible"


@pytest.mark.parametrize("name", ["flux_bkg", "fit_ql", "chi2", "local_bkg_flg", "x_image", "snr"])
def test_columns_without_a_value_are_no_fault(name):
    columns = clean_columns()
    read = stamp_reader(columns)
    for check in checked(columns | {name: np.full(612, np.nan)}, read=read).values():
        assert check["verdict"] in ("ok", "impossible")
        assert not any("nan" in finding["text"] for finding in check["findings"])


def test_negative_fluxes_are_checked_like_others():
    columns = clean_columns()
    columns["flux"] = -columns["flux"]
    checks = checked(columns)
    assert set(verdicts(checks["steps"])) == {"impossible"}
    assert checks["visits"]["verdict"] == "ok"


def test_rows_beyond_the_tenth_are_a_filter():
    finding = Finding(verdict="look", text="x", rows=tuple(range(40, 0, -1))).to_json()
    assert rows_of(finding) == list(range(40, 30, -1))
    assert finding["n_in_filter"] == finding["n_rows"] == 40
    assert finding["filter"] == "in (1-40)"
    assert Finding(verdict="look", text="x", rows=tuple(range(LISTED))).to_json()["filter"] == ""


def test_every_row_of_a_large_spectrum_has_room_in_a_filter():
    for rows in (range(20_000), range(0, 20_000, 2)):
        finding = Finding(verdict="look", text="x", rows=tuple(rows)[::-1]).to_json()
        assert finding["n_in_filter"] == len(rows)
    # Of still more, the worst, which come first.
    finding = Finding(verdict="look", text="x", rows=tuple(range(60_000, 0, -2))).to_json()
    assert len(finding["filter"]) <= MAX_LIST_TEXT
    assert 9_000 < finding["n_in_filter"] < 12_000
    assert finding["filter"].endswith("60000)")


def test_residuals_from_the_line_through_the_neighbours():
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, 4000)
    group = rng.integers(0, 2, 4000)
    y = 5 * x + 100 * group + rng.normal(0, 1, 4000)
    y[7] += 1000
    residual = local_residuals(x, y, group)
    assert residual[7] > 990
    assert spread(residual) == pytest.approx(PREDICTION_INFLATION, abs=0.04)
    assert np.isnan(local_residuals(x[:8], y[:8], np.zeros(8, int))).all()
    # Equal wavelengths have no slope.
    assert np.isfinite(local_residuals(np.ones(20), y[:20], np.zeros(20, int))).all()
    assert local_residuals(x[:0], y[:0], group[:0]).size == 0


def test_rank_correlation():
    x = np.arange(30.0)
    assert rank_correlation(x, x**3) == pytest.approx(1)
    assert rank_correlation(x, -x) == pytest.approx(-1)
    assert rank_correlation(x, np.ones(30)) == 0


def test_numbers_in_sentences():
    assert digits(-0.256) == "\u22120.26"
    assert (percent(0.004), percent(0.25), percent(0)) == ("0.4 %", "25 %", "0 %")
    assert [significant(value) for value in (0.0012345, -123456.0, 0.5, 0.0)] == [
        "0.00123", "\u2212123000", "0.500", "0",
    ]  # fmt: skip
