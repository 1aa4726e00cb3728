"""What a job would be: counts, gaps and times, before it is sent."""

import json
import threading
from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.utils import timezone

from explorer import exposure_counts, in_time
from explorer.estimate import MAX_TARGETS, _ahead, estimate, notes, pace, visits
from explorer.exposure_counts import CoveringExposures, exposures_covering, forget, position_of
from explorer.neighbours import KnownSource, around, direction, offsets_arcsec
from jobs import folders
from jobs.models import Job, request_of
from jobs.phases import Phase
from photometry_core.archive import open_archive
from photometry_core.types import MeasureOptions, ProperMotion, SersicProfile, Target

STAR = Target(name="star", ra_deg=12.34, dec_deg=34.89)
EVERYTHING = MeasureOptions()


def covering(*values):
    """Exposures from (detector, mjd), all of the wide survey and the second release."""
    return CoveringExposures(
        detector=np.array([detector for detector, _ in values], np.uint8),
        mjd=np.array([mjd for _, mjd in values], float),
        deep=np.zeros(len(values), bool),
        release=np.zeros(len(values), np.uint8),
    )


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (STAR, EVERYTHING),
        (Target(name="", ra_deg=270.0, dec_deg=63.0), MeasureOptions(detectors=(2, 5))),
        (STAR, MeasureOptions(mjd_range=(60900.0, 61200.0), releases=("qr2",))),
        (STAR, MeasureOptions(mjd_range=(61000.0, None), releases=("qr3",))),
    ],
)
def test_counts_are_those_of_the_search(target, options):
    matches = open_archive("simulated").find_exposures([target], options).matches
    counted = estimate("simulated", [target], options)
    assert counted["rows"] == counted["of_target"]["rows"] == len(matches)
    assert counted["deep"] == sum(match.exposure.deep for match in matches)
    for band in counted["bands"]:
        found = [match for match in matches if match.exposure.detector == band["detector"]]
        assert band["rows"] == len(found)
        assert band["chosen"] == (band["detector"] in options.detectors)
    assert counted["next"] is None


def test_a_moving_target_is_counted_where_it_is_at_the_time():
    motion = ProperMotion(pm_ra_mas_yr=0.0, pm_dec_mas_yr=10_000.0, ref_epoch_yr=2000.0)
    moving = Target(name="", ra_deg=10.0, dec_deg=20.0, motion=motion)
    ra, dec = position_of(moving, MeasureOptions(mjd_range=(61000.0, 61100.0)))
    assert ra == pytest.approx(10.0)
    years = (61050.0 - 51544.5) / 365.25
    assert (dec - 20.0) * 3600 == pytest.approx(10.0 * years, abs=0.001)


def test_another_archive_is_searched_and_remembered(monkeypatch):
    searches = []

    class Archive:
        def find_exposures(self, targets, options):
            searches.append(len(targets))
            return open_archive("simulated").find_exposures(targets, options)

    monkeypatch.setattr(exposure_counts, "open_anew", lambda _: Archive())
    forget()
    positions = [(12.34, 34.89), (200.0, -10.0)]
    for _ in range(2):
        found = exposures_covering("/a/folder", positions, 60.0)
    assert searches == [2]
    same = exposures_covering("simulated", positions, 60.0)
    for one, other in zip(found, same, strict=True):
        assert (one.detector == other.detector).all()
        assert (one.mjd == other.mjd).all()
        assert (one.deep == other.deep).all()
        assert (one.release == other.release).all()


def test_a_list_is_counted_in_portions_that_add_up():
    targets = [Target(name=f"{i}", ra_deg=float(i), dec_deg=-20.0) for i in range(MAX_TARGETS + 7)]
    whole, first, portions = [], 0, 0
    while first is not None:
        answer = estimate("simulated", targets, EVERYTHING, first)
        assert answer["counted"] <= MAX_TARGETS
        assert answer["next"] in (None, first + answer["counted"])
        whole.append(answer)
        first = answer["next"]
        portions += 1
        assert portions < 1000
    assert sum(answer["counted"] for answer in whole) == len(targets)
    each = exposures_covering("simulated", [(t.ra_deg, t.dec_deg) for t in targets], 60.0)
    assert sum(answer["rows"] for answer in whole) == sum(one.mjd.size for one in each)


def test_a_search_that_takes_long_is_not_waited_for(monkeypatch):
    may_end = threading.Event()
    original = exposure_counts._in_the_simulated_survey

    def slow(*position):
        may_end.wait(60.0)
        return original(*position)

    monkeypatch.setattr(exposure_counts, "_in_the_simulated_survey", slow)
    forget()
    assert exposures_covering("simulated", [(1.0, 2.0)], 0.01) == []
    counted = estimate("simulated", [Target(name="", ra_deg=1.0, dec_deg=2.0)], EVERYTHING)
    assert (counted["counted"], counted["next"]) == (0, 0)
    may_end.set()
    assert len(exposures_covering("simulated", [(1.0, 2.0)], 60.0)) == 1


def test_questions_wait_in_line_up_to_a_number():
    may_end = threading.Event()
    line = in_time.InTime("test", most=1)
    for key in ("one", "two"):
        with pytest.raises(in_time.StillWorkingError):
            line.answer(key, lambda: may_end.wait(60.0), 0.0)
    may_end.set()
    assert line.answer("one", lambda: None, 60.0) is True
    with pytest.raises(ZeroDivisionError):
        line.answer("three", lambda: 1 / 0, 60.0)


@pytest.mark.parametrize(
    ("found", "options", "said"),
    [
        pytest.param(covering(), EVERYTHING, "0 exposures cover this position", id="case 90 none"),
        pytest.param(
            covering((1, 61000.0), (1, 61200.0)),
            MeasureOptions(mjd_range=(60800.0, 60900.0)),
            "none in the chosen time range; they are from 2025-11-21 to 2026-06-09",
            id="case 90 other times",
        ),
        pytest.param(
            covering((1, 61000.0)), MeasureOptions(detectors=(2, 3)), "none in D2, D3",
            id="case 90 other bands",
        ),
        pytest.param(
            covering((1, 61000.0)), MeasureOptions(releases=("qr3",)), "the chosen release QR3",
            id="case 90 other release",
        ),
        pytest.param(
            covering((1, 61000.0)), MeasureOptions(detectors=(1, 4)), "No exposure in D4",
            id="a band with none",
        ),
        pytest.param(
            covering((1, 61000.0)), MeasureOptions(detectors=(1,), mjd_range=(60900.0, 61001.0)),
            "The first 100 days of the chosen time range have no exposure", id="an empty start",
        ),
        pytest.param(
            covering((1, 61000.0)), MeasureOptions(detectors=(1,), mjd_range=(None, 61100.0)),
            "The last 100 days of the chosen time range have no exposure", id="an empty end",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(found, options, said):
    (sentence,) = notes(found, options)
    assert said in sentence


def test_nothing_is_said_where_nothing_is_missing():
    assert notes(covering(*((d, 61000.0 + d) for d in range(1, 7))), EVERYTHING) == []


def test_visits_are_told_apart():
    found = covering((1, 61000.0), (2, 61005.0), (1, 61200.0), (3, 61201.0))
    shown = visits(found, MeasureOptions(detectors=(1, 2)))
    assert [(visit["mjd"], visit["rows"]) for visit in shown] == [
        ([61000.0, 61005.0], 2), ([61200.0, 61200.0], 1),
    ]  # fmt: skip
    assert shown[0]["begin"] == "2025-11-21"


@pytest.fixture
def finished(db, settings, tmp_path):
    """Makes jobs that took a known time for a known number of rows."""
    settings.SPHEREX_RESULTS_FOLDER = tmp_path
    cache.clear()

    def finished(seconds, rows, target=STAR, **options):
        now = timezone.now()
        job = Job.objects.create(
            owner="somebody", title="", phase=Phase.COMPLETED, archive="simulated",
            request=request_of([target], MeasureOptions(**options), "test"), n_targets=1,
            n_exposures=rows, started=now - timedelta(seconds=seconds), ended=now,
        )  # fmt: skip
        folder = folders.published(job.pk)
        folder.mkdir(parents=True)
        (folder / "job.json").write_text(json.dumps({"targets": [{"exposures": rows}]}))
        return job

    return finished


def test_without_any_job_a_pace_is_assumed_and_said(finished):
    assumed = pace("simulated", [STAR], EVERYTHING)
    assert assumed.seconds_per_row == 1 / 50
    assert "no job of this site is finished yet" in assumed.basis


def test_the_pace_is_the_median_of_recent_jobs_of_the_kind(finished):
    galaxy = Target(
        name="galaxy", ra_deg=1.0, dec_deg=2.0,
        profile=SersicProfile(
            sersic_index=1.0, effective_radius_arcsec=5.0, axis_ratio=0.5, position_angle_deg=0.0
        ),
    )  # fmt: skip
    for seconds in (4.0, 8.0, 40.0):
        finished(seconds, 400)
    # Too few rows to go by.
    finished(30.0, 10)
    measured = pace("simulated", [STAR], EVERYTHING)
    assert measured.seconds_per_row == pytest.approx(0.02)
    assert measured.basis == "from this site's last 3 point-source jobs"
    # Until a galaxy was measured, the other jobs are all there is, and it is said.
    other = pace("simulated", [galaxy], EVERYTHING)
    assert other.seconds_per_row == pytest.approx(0.02)
    assert "no S\u00e9rsic job is finished yet" in other.basis
    finished(60.0, 400, target=galaxy)
    cache.clear()
    assert pace("simulated", [galaxy], EVERYTHING).seconds_per_row == pytest.approx(0.15)


def test_a_job_whose_files_are_gone_has_no_pace(finished):
    job = finished(4.0, 400)
    (folders.published(job.pk) / "job.json").unlink()
    assert "no job" in pace("simulated", [STAR], EVERYTHING).basis


def test_what_is_ahead_is_counted(finished):
    waiting = finished(1.0, 100)
    Job.objects.filter(pk=waiting.pk).update(phase=Phase.QUEUED, n_exposures=None)
    running = finished(1.0, 300)
    Job.objects.filter(pk=running.pk).update(phase=Phase.EXECUTING)
    running.chunks.create(number=0, exposures=[], n_exposures=300, n_done=120)
    assert _ahead() == (2, 400 + 180)


@pytest.mark.parametrize(
    ("ra", "dec", "other_ra", "other_dec", "east", "north"),
    [
        (10.0, 0.0, 10.001, 0.0, 3.6, 0.0),
        (10.0, 60.0, 10.001, 60.0, 1.8, 0.0),
        (359.9995, -30.0, 0.0005, -30.0, 3.6 * np.cos(np.radians(30.0)), 0.0),
        (10.0, 20.0, 10.0, 19.999, 0.0, -3.6),
        # Over the pole: straight on to the north.
        (10.0, 89.9995, 190.0, 89.9995, 0.0, 3.6),
        (10.0, 20.0, 10.0, 20.0, 0.0, 0.0),
    ],
)
def test_offsets_on_the_sky(ra, dec, other_ra, other_dec, east, north):
    found = offsets_arcsec(ra, dec, other_ra, other_dec)
    assert found == pytest.approx((east, north), abs=1e-4)


def test_directions():
    assert [direction(*to) for to in [(0, 1), (1, 1), (1, 0), (0, -1), (-1, 0.1), (-1, 1)]] == [
        "N", "NE", "E", "S", "W", "NW",
    ]  # fmt: skip


def source(name, north_arcsec):
    return KnownSource(
        name=name, kind="star", ra_deg=10.0, dec_deg=20.0 + north_arcsec / 3600, brightness="G 15"
    )


def test_neighbours_are_what_can_be_told_from_the_target_and_is_blended_with_it():
    listed = [source("far", 30.0), source("near", 9.0), source("itself", 0.4), source("twin", 2.5)]
    found = around(10.0, 20.0, listed)
    assert found["nearest"]["name"] == "itself"
    assert found["nearest"]["separation"] == pytest.approx(0.4, abs=1e-6)
    assert found["is_target"]
    assert [one["name"] for one in found["neighbours"]] == ["near"]
    assert around(10.0, 20.0, []) == {
        "nearest": None, "is_target": False, "neighbours": [], "n_neighbours": 0,
    }  # fmt: skip
    assert not around(10.0, 20.0, listed[:2])["is_target"]
