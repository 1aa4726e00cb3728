"""Exposures per second of the simulated and the folder archive, end to end and per stage.

Run it from the checkout: ``.venv/bin/python benchmarks/throughput.py``. Stages are timed in
this process on one processor; "end to end" is the command line with all processors. Figures
are comparable within one run only: machines differ, and so does what else they are doing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from photometry_core import MeasureOptions, Target, __version__, measure_exposure  # noqa: E402
from photometry_core.archive import open_archive  # noqa: E402
from photometry_core.archive.regions import Box, boxes_around  # noqa: E402
from photometry_core.byte_source import FileSource  # noqa: E402
from photometry_core.pipeline import half_size_pix, measure, provenance  # noqa: E402
from photometry_core.simulation import survey  # noqa: E402
from photometry_core.simulation.exposures import pointing_number  # noqa: E402
from photometry_core.simulation.files import spectral_image  # noqa: E402
from photometry_core.simulation.frames import write_files  # noqa: E402
from photometry_core.simulation.instrument import render_exposure  # noqa: E402
from photometry_core.simulation.names import find_named  # noqa: E402
from photometry_core.simulation.sky import sources_near_box  # noqa: E402
from photometry_core.spectral_image import read_cutouts  # noqa: E402
from photometry_core.spectrum import build_spectrum  # noqa: E402
from photometry_core.spectrum_files import save_product, spectrum_bytes  # noqa: E402
from photometry_core.types import DETECTORS  # noqa: E402

OPTIONS = MeasureOptions()
FULL_DETECTOR = Box(0, 0, 2040, 2040)


class Stages:
    """Seconds spent per stage, and the exposures they were spent on."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, float]] = []

    @contextmanager
    def time(self, name: str, count: int) -> Iterator[None]:
        """Time a block that treats `count` exposures."""
        start = time.perf_counter()
        yield
        self.rows.append((name, count, time.perf_counter() - start))

    def print(self) -> None:
        """Print a line per stage."""
        print(f"  {'stage':44} {'exposures':>9} {'ms each':>9} {'per second':>11}")
        for name, count, seconds in self.rows:
            print(f"  {name:44} {count:9d} {1e3 * seconds / count:9.2f} {count / seconds:11.0f}")


def simulated_stages(target: Target, count: int) -> Stages:
    """Time the simulated archive: find, render, write to bytes, read, measure, save."""
    archive = open_archive("simulated")
    measure([target], archive, OPTIONS)  # everything that is prepared once is prepared
    stages = Stages()
    with stages.time("find exposures (one target)", 1):
        matches = archive.find_exposures([target], OPTIONS).matches[:count]
    files, cutouts, measurements = [], [], []
    half = half_size_pix(OPTIONS)
    with stages.time("render pixels", len(matches)):
        renderings = []
        for match in matches:
            number, detector = pointing_number(match.exposure), match.exposure.detector
            wcs = survey.celestial_wcs(number, detector)
            x, y = wcs.sky_to_pixel([target.ra_deg], [target.dec_deg])
            [(box, _)] = boxes_around(x, y, half, FULL_DETECTOR)
            renderings.append(render_exposure(number, detector, box, sources_near_box(wcs, box)))
    with stages.time("make files in memory", len(matches)):
        files = [spectral_image(rendering, "benchmark") for rendering in renderings]
    with stages.time("read cutouts from files in memory", len(matches)):
        for file, match in zip(files, matches, strict=True):
            cutouts += read_cutouts(file, match.exposure, [target], half)
    with stages.time("measure", len(matches)):
        for cutout, _ in cutouts:
            measurements += measure_exposure(cutout, [target], OPTIONS)
    save_stages(stages, target, archive, measurements)
    return stages


def folder_stages(target: Target, folder: Path, label: str) -> Stages:
    """Time the folder archive: index, read, measure."""
    archive = open_archive(str(folder))
    stages = Stages()
    n_files = sum(1 for _ in folder.rglob("*.fits"))
    with stages.time(f"index {label}, first time", n_files):
        archive.find_exposures([target], OPTIONS)
    with stages.time(f"index {label}, again", n_files):
        matches = archive.find_exposures([target], OPTIONS).matches
    cutouts = []
    with stages.time(f"read cutouts from {label}", len(matches)):
        for match in matches:
            with FileSource(Path(match.exposure.access)) as source:
                cutouts += read_cutouts(source, match.exposure, [target], half_size_pix(OPTIONS))
    measurements = []
    with stages.time("measure", len(matches)):
        for cutout, _ in cutouts:
            measurements += measure_exposure(cutout, [target], OPTIONS)
    return stages


def write(target: Target, folder: Path, count: int | None, size_pix: int | None) -> int:
    """Write simulated files; return how many."""
    files = write_files(
        target.ra_deg,
        target.dec_deg,
        folder,
        detectors=DETECTORS,
        count=count,
        size_pix=size_pix,
        version="6.5.6",
    )
    return sum(1 for _ in files)


def save_stages(stages: Stages, target: Target, archive: object, measurements: list) -> None:
    """Time the table, the product and the VOTable of a spectrum."""
    with stages.time("build the spectrum", len(measurements)):
        spectrum = build_spectrum(
            target, measurements, OPTIONS, provenance(archive, datetime.now(UTC))
        )
    with (
        tempfile.TemporaryDirectory() as folder,
        stages.time("save the product", len(measurements)),
    ):
        save_product(spectrum, Path(folder), 0)
    with stages.time("write a VOTable", len(measurements)):
        spectrum_bytes(spectrum, "votable")


def end_to_end(position: str, archive: str, output: Path) -> tuple[int, float]:
    """Run the command line; return exposures measured and seconds, start-up included."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "photometry_core", position, "--archive", archive,
         "--output", str(output)],
        cwd=ROOT, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    return json.loads((output / "manifest.json").read_text())["targets"][0]["exposures"], seconds


def in_process(target: Target, archive: str, workers: int) -> tuple[int, float]:
    """Measure with everything loaded; return exposures and seconds."""
    opened = open_archive(archive)
    measure([target], opened, OPTIONS, workers=1)
    start = time.perf_counter()
    [spectrum] = measure([target], opened, OPTIONS, workers=workers)
    return spectrum.n_found, time.perf_counter() - start


def report(name: str, run: Callable[[], tuple[int, float]]) -> None:
    """Print exposures per second of one whole run."""
    count, seconds = run()
    print(f"  {name:54} {count:6d} {seconds:7.2f} s {count / seconds:8.0f} per second")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--object", default="SIMP J0136+0933", help="a named simulated object")
    parser.add_argument("--count", type=int, default=200, help="exposures per stage")
    parser.add_argument("--frames", type=int, default=12, help="full frames, 72 MB each, on disk")
    given = parser.parse_args()
    source = find_named(given.object)
    if source is None:
        parser.error(f"--object: {given.object!r} is not in the simulated sky")
    target = Target(name=source.name, ra_deg=source.ra_deg, dec_deg=source.dec_deg)
    position = f"{source.ra_deg} {source.dec_deg}"
    processors = len(os.sched_getaffinity(0))
    print(
        f"SPHEREx Explorer {__version__}, Python {platform.python_version()}, "
        f"{processors} processors, {platform.machine()}; target {source.name}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(target, folder / "cutouts", count=None, size_pix=61)
        n_frames = write(target, folder / "frames", count=given.frames, size_pix=None)
        print("\nSimulated archive, one process, stage by stage")
        simulated_stages(target, given.count).print()
        print("\nFolder of server cutouts, one process, stage by stage")
        folder_stages(target, folder / "cutouts", "cutouts").print()
        print(f"\nFolder of {n_frames} full frames, one process, stage by stage")
        folder_stages(target, folder / "frames", "full frames").print()
        print("\nEnd to end")
        for name, archive in (
            ("simulated archive", "simulated"),
            ("folder of server cutouts", str(folder / "cutouts")),
        ):
            report(f"{name}, in process, warm", lambda a=archive: in_process(target, a, 1))
            report(
                f"{name}, command line, {processors} processes, from cold",
                lambda a=archive, n=name: end_to_end(position, a, folder / "out" / n),
            )


if __name__ == "__main__":
    main()
