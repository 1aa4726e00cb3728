"""The library from targets to spectra."""

from photometry_core import pipeline
from photometry_core.archive import open_archive
from photometry_core.pipeline import measure
from photometry_core.simulation.names import find_named
from photometry_core.spectrum import COLUMNS
from photometry_core.types import MeasureOptions, Target

DWARF = find_named("SIMP J0136+0933")
TARGETS = [
    Target(name="dwarf", ra_deg=DWARF.ra_deg, dec_deg=DWARF.dec_deg),
    Target(name="blank", ra_deg=DWARF.ra_deg, dec_deg=DWARF.dec_deg + 0.01),
]
OPTIONS = MeasureOptions(detectors=(1, 2), mjd_range=(60789.0, 61000.0))


def rows(spectrum):
    return {column.name: spectrum.table[column.name].tolist() for column in COLUMNS}


def test_one_and_several_processes_give_the_same(monkeypatch):
    archive = open_archive("simulated")
    found = archive.find_exposures(TARGETS, OPTIONS).matches
    alone = measure(TARGETS, archive, OPTIONS)
    monkeypatch.setattr(pipeline, "_MATCHES_PER_PROCESS", len(found) // 2)
    progress = []
    shared = measure(
        TARGETS, archive, OPTIONS, on_progress=lambda *done: progress.append(done), workers=2
    )
    assert progress == [(number, len(found)) for number in range(1, len(found) + 1)]
    for one, other in zip(alone, shared, strict=True):
        assert one.n_found == len(found) > 20
        assert rows(one) == rows(other)
        assert one.stamps.image_mjy_sr.tobytes() == other.stamps.image_mjy_sr.tobytes()


def test_no_exposure_is_an_empty_spectrum():
    options = MeasureOptions(mjd_range=(50000.0, 50001.0))
    [spectrum] = measure(TARGETS[:1], open_archive("simulated"), options)
    assert spectrum.n_found == spectrum.n_measured == 0
    assert spectrum.table.colnames == [column.name for column in COLUMNS]
