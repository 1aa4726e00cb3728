"""Values refuse what they can't mean, and survive JSON."""

import json
from dataclasses import replace

import pytest

from photometry_core.errors import InvalidInputError
from photometry_core.types import Exposure, ExposureMatch, MeasureOptions, ProperMotion, Target


@pytest.mark.parametrize(
    ("ra", "dec", "message"),
    [
        (360.0, 0.0, "ra: 360.0 .*0 <= ra < 360"),
        (-1e-9, 0.0, "ra: -1e-09"),
        (float("nan"), 0.0, "ra: nan"),
        (0.0, 90.001, "dec: 90.001 .*-90 <= dec <= 90"),
        (0.0, float("-inf"), "dec: -inf"),
    ],
)
def test_target_outside_the_sky(ra, dec, message):
    with pytest.raises(InvalidInputError, match=message):
        Target(name="x", ra_deg=ra, dec_deg=dec)


@pytest.mark.parametrize(("ra", "dec"), [(0.0, 0.0), (359.999999, -90.0), (180.0, 90.0)])
def test_target_at_the_edges_of_the_sky(ra, dec):
    assert Target(name="", ra_deg=ra, dec_deg=dec).ra_deg == ra


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detectors": ()}, "detectors: .*1 to 6"),
        ({"detectors": (1, 7)}, r"detectors: \[1, 7\]"),
        ({"background_size_pix": 8}, "background size: 8 .*from 9 to 99"),
        ({"background_size_pix": 100}, "background size: 100"),
        ({"weights": "raw"}, "weights: 'raw'"),
        ({"mjd_range": (61000.0, 60000.0)}, "start, 61000.0, is after the end, 60000.0"),
        ({"mjd_range": (float("nan"), None)}, "time range: nan"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(InvalidInputError, match=message):
        MeasureOptions(**options)


def test_options_accept_by_detector_and_time():
    options = MeasureOptions(detectors=(2, 3), mjd_range=(60800.0, None))
    assert options.accepts(2, 60800.0)
    assert not options.accepts(1, 60800.0)
    assert not options.accepts(3, 60799.999)
    assert MeasureOptions(mjd_range=(None, 60800.0)).accepts(6, 60800.0)


def test_values_survive_json():
    exposure = Exposure(
        publisher_did="ivo://irsa.ipac/spherex_qr2?2025W51_1A_0684_2/D3",
        obs_id="2025W51_1A_0684_2",
        detector=3,
        lvf_id=202551101068423,
        collection="spherex_qr2",
        deep=False,
        mjd=61027.215650564,
        simulated=False,
        access="a/b.fits",
    )
    match = ExposureMatch(exposure=exposure, targets=(0, 4))
    options = MeasureOptions(detectors=(1, 6), mjd_range=(None, 61000.5), weights="plane")
    target = Target(name="Zoë", ra_deg=1 / 3, dec_deg=-1e-17)
    motion = ProperMotion(pm_ra_mas_yr=-1.5, pm_dec_mas_yr=0.1, ref_epoch_yr=2015.5)
    moving = replace(target, motion=motion)
    for value in (match, options, target, moving):
        assert type(value).from_json(json.loads(json.dumps(value.to_json()))) == value
