"""Exposures per second and memory of the command line on a folder of full frames.

Run it from the checkout: ``.venv/bin/python benchmarks/folder.py``. The frames are of 72 MB
each, as the simulator makes them, but have holes where nothing is read for the target, so
that 20,000 of them take 20 GB of disk; making them is not timed. A second folder with fewer
frames tells whether the time grows in proportion.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from photometry_core import MeasureOptions, Target, __version__  # noqa: E402
from photometry_core.archive.regions import Box  # noqa: E402
from photometry_core.byte_source import MemorySource  # noqa: E402
from photometry_core.fits_layout import Hdu, HduWalk  # noqa: E402
from photometry_core.pipeline import half_size_pix  # noqa: E402
from photometry_core.psf_hdus import read_psf_cube  # noqa: E402
from photometry_core.simulation import survey  # noqa: E402
from photometry_core.simulation.cards import padding  # noqa: E402
from photometry_core.simulation.exposures import coverage, exposure, file_name  # noqa: E402
from photometry_core.simulation.frames import FULL_FRAME, render_cutout  # noqa: E402
from photometry_core.simulation.headers import plane_headers, primary_header  # noqa: E402
from photometry_core.simulation.lookup_hdus import psf_hdu, wavelength_hdu  # noqa: E402
from photometry_core.spectrum_files import load_spectrum  # noqa: E402
from photometry_core.types import DETECTORS  # noqa: E402

VERSION = "6.5.6"
TARGET = Target(name="pole", ra_deg=272.5126, dec_deg=66.5407)
"""Near the north ecliptic pole, which the survey sees 14,000 times before its third release."""

SIZE_PIX = 2 * half_size_pix(MeasureOptions(), [TARGET]) + 1
WIDTH_BYTES = 4 * FULL_FRAME.shape[1]
READ_AHEAD_BYTES = 40_000
"""So much behind the start of a header is on disk, whether it is a header or pixels."""


def listed() -> list[tuple[int, int, float, float]]:
    """Return pointing, detector and position of what there is of the target, in QR2."""
    found = []
    for detector in DETECTORS:
        seen = coverage(TARGET.ra_deg, TARGET.dec_deg, detector)
        for number, x, y in zip(
            seen.pointing.tolist(), seen.x_pix.tolist(), seen.y_pix.tolist(), strict=True
        ):
            if survey.release(number) == "qr2":
                found.append((number, detector, x, y))
    return sorted(found)


def write_frame(path: Path, place: tuple[int, int, float, float], repetition: int) -> None:
    """Write a full frame with holes where nothing is read for the target.

    A `repetition` is another exposure with the same pixels: the survey is finite.
    """
    pointing, detector, x, y = place
    rendering = render_cutout(pointing, detector, x, y, SIZE_PIX)
    headers = plane_headers(replace(rendering, box=FULL_FRAME))
    if repetition:
        obs_id = exposure(pointing, detector).obs_id.encode()
        headers["IMAGE"] = headers["IMAGE"].replace(obs_id, b"%d%s" % (repetition, obs_id[1:]))
    planes = {
        "IMAGE": rendering.image_mjy_sr.astype(">f4"),
        "FLAGS": rendering.flags.astype(">i4"),
        "VARIANCE": rendering.variance_mjy2_sr2.astype(">f4"),
        "ZODI": None,
    }
    box = rendering.box
    with path.open("wb") as stream:
        stream.write(primary_header(VERSION))
        for name, plane in planes.items():
            start = stream.tell()
            stream.write(headers[name].ljust(READ_AHEAD_BYTES, b"\0"))
            data_start = start + len(headers[name])
            for row, values in enumerate(plane if plane is not None else ()):
                stream.seek(data_start + (box.y0 + row) * WIDTH_BYTES + 4 * box.x0)
                stream.write(values.tobytes())
            length = WIDTH_BYTES * FULL_FRAME.shape[0]
            stream.seek(data_start + length + len(padding(length)))
        write_psf(stream, box, detector)
        stream.write(wavelength_hdu(detector))


@cache
def psf_file(detector: int) -> tuple[bytes, Hdu]:
    """Return a file of nothing but the PSF of a detector, and that HDU."""
    data = primary_header(VERSION) + psf_hdu(detector, VERSION)
    return data, HduWalk(MemorySource(data, "PSF")).until(None)["PSF"]


def write_psf(stream: BinaryIO, box: Box, detector: int) -> None:
    """Write a PSF HDU, of which only the planes around a box are not holes."""
    data, hdu = psf_file(detector)
    before = len(primary_header(VERSION))
    start = stream.tell() - before
    stream.write(data[before : max(hdu.data_start, READ_AHEAD_BYTES)])

    class Recording(MemorySource):
        def read(self, first: int, end: int) -> bytes:
            stream.seek(start + first)
            stream.write(data[first:end])
            return data[first:end]

    read_psf_cube(Recording(b"", "PSF"), hdu, box)
    stream.seek(start + len(data))


def write_some(folder: Path, places: list[tuple[int, int, int, float, float]]) -> None:
    """Write frames, each given by its repetition and what `write_frame` takes."""
    for repetition, *place in places:
        name = file_name(exposure(place[0], place[1]))
        write_frame(folder / f"{repetition}_{name}", tuple(place), repetition)


def write_folder(folder: Path, count: int) -> None:
    """Write frames with all processors."""
    folder.mkdir()
    there = listed()
    places = [(n // len(there), *there[n % len(there)]) for n in range(count)]
    parts = [places[first : first + 50] for first in range(0, count, 50)]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn")) as pool:
        list(pool.map(write_some, [folder] * len(parts), parts))


class Memory:
    """The most memory that a process and its children had together, while they run.

    What several of them share, such as the code of libraries, counts once (PSS).
    """

    def __init__(self, pid: int) -> None:
        self.peak_bytes = 0
        self._root = psutil.Process(pid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(0.2):
            total = 0
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            for process in processes:
                try:
                    total += process.memory_full_info().pss
                except psutil.NoSuchProcess:
                    continue
            self.peak_bytes = max(self.peak_bytes, total)


def run(folder: Path, output: Path, workers: int) -> tuple[int, float, int]:
    """Run the command line; return exposures measured, seconds, and the most memory."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "photometry_core", f"{TARGET.ra_deg} {TARGET.dec_deg}",
         "--archive", str(folder), "--output", str(output), "--workers", str(workers),
         "--format", "parquet"],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    memory = Memory(process.pid)
    status = process.wait()
    seconds = time.perf_counter() - start
    memory.stop()
    assert status == 0
    [entry] = json.loads((output / "manifest.json").read_text())["targets"]
    spectrum = load_spectrum(output / entry["file"])
    # Most exposures have a flux, so that pixels were read where they are.
    assert entry["measured"] > 0.9 * entry["exposures"]
    assert 0 < abs(float(spectrum.table["flux_bkg"].mean())) < 10
    return entry["exposures"], seconds, memory.peak_bytes


def report(count: int, workers: int, repeat: int) -> float:
    """Print the figures of a folder of so many frames; return the seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "frames"
        write_folder(folder, count)
        on_disk = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
        runs = [run(folder, Path(scratch) / "out", workers) for _ in range(repeat)]
        exposures, seconds, _ = min(runs, key=lambda one: one[1])
        assert exposures == count
    print(
        f"  {count:6d} frames, {on_disk / 1e9:5.1f} GB on disk: {seconds:7.2f} s, "
        f"{count / seconds:6.0f} per second, {max(r[2] for r in runs) / 1e6:5.0f} MB in "
        f"{workers + 1} processes"
    )
    return seconds


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exposures", type=int, default=1000, help="frames in the larger folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2, help="the fastest run counts")
    given = parser.parse_args()
    print(f"SPHEREx Explorer {__version__}, {given.workers} processes, from cold to the file")
    # Fewer would be measured by one process.
    few = min(given.exposures // 2, 1000)
    seconds_of_few = report(few, given.workers, given.repeat)
    seconds = report(given.exposures, given.workers, given.repeat)
    growth = (seconds - seconds_of_few) / (given.exposures - few)
    print(
        f"  one exposure more costs {1e3 * growth:.2f} ms; "
        f"{given.exposures / few:g} times as many take {seconds / seconds_of_few:.2f} times as long"
    )


if __name__ == "__main__":
    main()
