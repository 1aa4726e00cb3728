"""Values refuse what they can't mean, and survive JSON."""

import json
from dataclasses import replace

import pytest

from photometry_core.archive.search import ExposureMatch
from photometry_core.errors import InvalidInputError
from photometry_core.types import Exposure, MeasureOptions, ProperMotion, Target


def listed(detector: int, mjd: float, collection: str = "spherex_qr2") -> Exposure:
    return Exposure(
        publisher_did=f"ivo://irsa.ipac/{collection}?2025W51_1A_0684_2/D{detector}",
        obs_id="2025W51_1A_0684_2",
        detector=detector,
        lvf_id=202551101068420 + detector,
        collection=collection,
        deep=collection.endswith("_deep"),
        mjd=mjd,
        simulated=False,
        access="",
    )


@pytest.mark.parametrize(
    ("ra", "dec", "message"),
    [
        (360.0, 0.0, "ra: 360 .*0 <= ra < 360"),
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
        ({"psf_center": "core"}, "psf center: 'core' given; allowed: light, array"),
        ({"aperture_radius_arcsec": 2.9}, "aperture radius: 2.9 given; allowed: 3 to 60 arcsec"),
        ({"aperture_radius_arcsec": 60.1}, "aperture radius: 60.1 given"),
        ({"aperture_radius_arcsec": float("nan")}, "aperture radius: nan given"),
        ({"releases": ()}, r"releases: \[\] given; allowed: one or more of qr2, qr3"),
        ({"releases": ("qr2", "dr1")}, "releases: .*'dr1'.* allowed: one or more of qr2, qr3"),
        ({"mjd_range": (61000.0, 60000.0)}, "start, 61000.0, is after the end, 60000.0"),
        ({"mjd_range": (float("nan"), None)}, "time range: nan"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(InvalidInputError, match=message):
        MeasureOptions(**options)


def test_options_accept_by_detector_and_time():
    options = MeasureOptions(detectors=(2, 3), mjd_range=(60800.0, None))
    assert options.accepts(listed(2, 60800.0))
    assert not options.accepts(listed(1, 60800.0))
    assert not options.accepts(listed(3, 60799.999))
    assert MeasureOptions(mjd_range=(None, 60800.0)).accepts(listed(6, 60800.0))


@pytest.mark.parametrize(
    ("collection", "release"),
    [
        ("spherex_qr2", "qr2"),
        ("spherex_qr2_deep", "qr2"),
        ("spherex_qr3", "qr3"),
        ("spherex_qr3_deep", "qr3"),
    ],
)
def test_options_accept_by_release(collection, release):
    exposure = listed(1, 61000.0, collection)
    assert exposure.release == release
    assert MeasureOptions().accepts(exposure)
    assert MeasureOptions(releases=("qr2",)).accepts(exposure) is (release == "qr2")
    assert MeasureOptions(releases=("qr3",)).accepts(exposure) is (release == "qr3")


def test_a_withdrawn_release_is_never_accepted():
    assert not MeasureOptions().accepts(listed(1, 61000.0, "spherex_qr"))


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
    options = MeasureOptions(
        detectors=(1, 6),
        mjd_range=(None, 61000.5),
        weights="plane",
        psf_center="array",
        aperture_radius_arcsec=12.3,
        releases=("qr3",),
    )
    target = Target(name="Zoë", ra_deg=1 / 3, dec_deg=-1e-17)
    motion = ProperMotion(pm_ra_mas_yr=-1.5, pm_dec_mas_yr=0.1, ref_epoch_yr=2015.5)
    moving = replace(target, motion=motion)
    for value in (match, options, target, moving):
        assert type(value).from_json(json.loads(json.dumps(value.to_json()))) == value
