"""Simulated Spectral Images as files in a folder, full frames or cutouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from photometry_core.archive.regions import Box, nearest_pixel
from photometry_core.simulation import survey
from photometry_core.simulation.exposures import coverage, exposure, file_name
from photometry_core.simulation.files import SegmentedFile, spectral_image
from photometry_core.simulation.instrument import Rendering, render_exposure
from photometry_core.simulation.lookup_hdus import PipelineVersion
from photometry_core.simulation.scene import place_sources
from photometry_core.simulation.sky import sources_near_box
from photometry_core.simulation.sources import Sources
from photometry_core.types import DETECTOR_SIZE_PIX, RELEASES

FULL_FRAME = Box(0, 0, DETECTOR_SIZE_PIX, DETECTOR_SIZE_PIX)

_STRIP_ROWS = 255
"""A full frame is rendered in strips, to keep memory within bounds."""

_PLANES = ("noiseless_mjy_sr", "image_mjy_sr", "variance_mjy2_sr2", "flags", "zodi_mjy_sr")


def render_frame(pointing: int, detector: int, sources: Sources | None = None) -> Rendering:
    """Render a full frame: the same pixels as any number of cutouts of it.

    Parameters
    ----------
    pointing
        Number of a pointing of the survey.
    detector
        1 to 6.
    sources
        What is on the sky; `None` means the simulated sky.
    """
    if sources is None:
        sources = sources_near_box(survey.celestial_wcs(pointing, detector), FULL_FRAME)
    strips = [
        render_exposure(
            pointing,
            detector,
            Box(0, y0, DETECTOR_SIZE_PIX, min(y0 + _STRIP_ROWS, DETECTOR_SIZE_PIX)),
            sources,
        )
        for y0 in range(0, DETECTOR_SIZE_PIX, _STRIP_ROWS)
    ]
    planes = {name: np.concatenate([getattr(s, name) for s in strips]) for name in _PLANES}
    return Rendering(
        pointing=pointing,
        detector=detector,
        box=FULL_FRAME,
        placed=place_sources(pointing, detector, FULL_FRAME, sources),
        **planes,
    )


def render_cutout(
    pointing: int, detector: int, x_pix: float, y_pix: float, size_pix: int
) -> Rendering:
    """Render what the server cuts out around a position, clipped at the detector's edges."""
    x0, y0 = (nearest_pixel(at) - size_pix // 2 for at in (x_pix, y_pix))
    box = Box(x0, y0, x0 + size_pix, y0 + size_pix).intersection(FULL_FRAME)
    sources = sources_near_box(survey.celestial_wcs(pointing, detector), box)
    return render_exposure(pointing, detector, box, sources)


def write_files(
    ra_deg: float,
    dec_deg: float,
    folder: Path,
    *,
    detectors: Sequence[int],
    count: int | None,
    size_pix: int | None,
    version: PipelineVersion,
    releases: Sequence[str] = RELEASES,
) -> Iterator[Path]:
    """Write the exposures that cover a position, yielding every path as it is written.

    Parameters
    ----------
    ra_deg, dec_deg
        ICRS position.
    folder
        Made if it is not there.
    detectors
        Those to write files of.
    count
        How many exposures of each detector and release, the earliest ones; `None` means all.
    size_pix
        Width and height of cutouts; `None` means full frames of 72 MB each.
    version
        Version of the pipeline that QR2 files say they are from.
    releases
        Those to write files of.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for detector in detectors:
        found = coverage(ra_deg, dec_deg, detector)
        of_release = [
            [k for k, number in enumerate(found.pointing.tolist()) if survey.release(number) == one]
            for one in sorted(set(releases))
        ]
        for k in (k for chosen in of_release for k in chosen[:count]):
            number = int(found.pointing[k])
            name = file_name(exposure(number, detector))
            if size_pix is None:
                rendering = render_frame(number, detector)
            else:
                x, y = float(found.x_pix[k]), float(found.y_pix[k])
                rendering = render_cutout(number, detector, x, y, size_pix)
            path = folder / name
            _write(spectral_image(rendering, name, version), path)
            yield path


def _write(file: SegmentedFile, path: Path) -> None:
    """Write beside and rename, so that no file is ever half there under its name."""
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("wb") as stream:
        for segment in file.segments():
            stream.write(segment)
    unfinished.replace(path)
