"""The simulated sky as an archive: nothing is read, everything is made when asked for.

Cutouts go as bytes of a Spectral Image through the same reader as real files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from photometry_core.archive.regions import Box, boxes_around
from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.cutout import Cutout
from photometry_core.footprints import Outlines, edge_pixels, outlines
from photometry_core.image_header import Footprint
from photometry_core.motion import positions_at
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.exposures import pointing_number
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.focal_plane import detector_geometry
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.seeds import SIMULATION_VERSION
from photometry_core.simulation.sky import sources_near_box
from photometry_core.simulation.sources import Sources, unit_vectors
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import (
    DETECTOR_SIZE_PIX,
    Exposure,
    FloatArray,
    IntArray,
    MeasureOptions,
    Target,
)

_DETECTOR = Box(0, 0, DETECTOR_SIZE_PIX, DETECTOR_SIZE_PIX)
_STRIDE_STEPS = 12
"""Steps between the pointings that stand for a strip: 2.4 degrees, so that the images, 3.5
degrees high, overlap, and the strip has the edges of all of its images."""
_COLUMNS = (1, 2, 3)
"""The other detectors look at the same sky as these."""
_PERIODS_AT_ONCE = 8


class SimulatedArchive:
    """The simulated survey of the simulated sky.

    Parameters
    ----------
    sources
        Sources to put on an otherwise empty sky; `None` means the simulated sky.
    """

    name = "simulated"
    description = "Simulated sky, survey and instrument; no real data"
    simulated = True

    def __init__(self, sources: Sources | None = None) -> None:
        self._sources = sources

    def find_exposures(self, targets: Sequence[Target], options: MeasureOptions) -> ExposureSearch:
        """Return the exposures that cover any of the targets and that the options accept."""
        covered: dict[tuple[int, int], list[int]] = {}
        for index, target in enumerate(targets):
            for detector in sorted(set(options.detectors)):
                for number in _pointings_covering(target, detector):
                    covered.setdefault((number, detector), []).append(index)
        # Numbers of pointings ascend with time.
        matches = (
            ExposureMatch(exposure=exposures.exposure(number, detector), targets=tuple(members))
            for (number, detector), members in sorted(covered.items())
        )
        return ExposureSearch(
            matches=tuple(match for match in matches if options.accepts(match.exposure))
        )

    def read_cutouts(
        self, exposure: Exposure, targets: Sequence[Target], half_size_pix: int
    ) -> list[tuple[Cutout, tuple[int, ...]]]:
        """Make the surroundings of targets in one exposure.

        Raises
        ------
        ExposureError
            The exposure is not one of this survey.
        """
        number = pointing_number(exposure)
        detector = exposure.detector
        wcs = survey.celestial_wcs(number, detector)
        x, y = wcs.sky_to_pixel(*positions_at(targets, exposure.mjd))
        covered = np.flatnonzero(Footprint(box=_DETECTOR, wcs=wcs).contains(x, y))
        cutouts: list[tuple[Cutout, tuple[int, ...]]] = []
        for box, chosen in boxes_around(x[covered], y[covered], half_size_pix, _DETECTOR):
            members = [int(covered[index]) for index in chosen]
            sources = self._sources
            if sources is None:
                sources = sources_near_box(wcs, box)
            rendering = render_exposure(number, detector, box, sources)
            file = spectral_image(rendering, exposures.file_name(exposure))
            wanted = [targets[member] for member in members]
            for cutout, inside in read_cutouts(file, exposure, wanted, half_size_pix):
                cutouts.append((cutout, tuple(members[index] for index in inside)))
        return cutouts

    def calibration_note(self) -> str:
        """Return in words which wavelengths and solid angles its cutouts carry."""
        return "wavelengths from the WCS-WAVE tables and solid angles from the WCS of the images"

    def footprints(self, exposures: Sequence[Exposure]) -> Outlines:
        """Return where exposures lie on the sky.

        Raises
        ------
        ExposureError
            One of them is not one of this survey.
        """
        return outlines(
            [
                Footprint(
                    box=_DETECTOR,
                    wcs=survey.celestial_wcs(pointing_number(exposure), exposure.detector),
                )
                for exposure in exposures
            ]
        )

    def coverage(self, *, deep: bool = False) -> Iterator[Outlines]:
        """Yield outlines of so many images that the others lie within their union."""
        for first in range(0, survey.PERIODS, _PERIODS_AT_ONCE):
            periods = range(first, min(first + _PERIODS_AT_ONCE, survey.PERIODS))
            numbers = survey.spaced_pointings(periods, _STRIDE_STEPS, deep=deep)
            for detector in _COLUMNS:
                yield _outlines_of_pointings(numbers, detector)

    def state(self) -> str:
        """Return the version of the simulation, which is all that could change."""
        return f"simulation {SIMULATION_VERSION}"


def _pointings_covering(target: Target, detector: int) -> list[int]:
    """Numbers of the pointings that have a target on a detector, ascending."""
    if target.motion is None:
        found = exposures.coverage(target.ra_deg, target.dec_deg, detector)
        return [int(number) for number in found.pointing]
    # Over the survey a target moves by a few pixels at most, so that what covers neither its
    # first nor its last position can at best have it on the pixel in a corner in between.
    ends = [positions_at([target], float(survey.mid_mjd(n))) for n in (0, survey.POINTINGS - 1)]
    candidates = {
        int(number)
        for ra, dec in ends
        for number in exposures.coverage(float(ra[0]), float(dec[0]), detector).pointing
    }
    return [
        number
        for number in sorted(candidates)
        if Footprint(box=_DETECTOR, wcs=survey.celestial_wcs(number, detector)).covers(
            *positions_at([target], float(survey.mid_mjd(number)))
        )[0]
    ]


def _outlines_of_pointings(numbers: IntArray, detector: int) -> Outlines:
    """Outlines of one detector, many at once: the same polygon, turned to where it looks."""
    pointings = survey.pointings(numbers)
    offset = detector_geometry(detector).offset_deg
    center, x_axis, y_axis = survey.detector_axes(pointings, offset)
    x, y = _outline_in_plane(detector)
    direction = center[:, None] + x[:, None] * x_axis[:, None] + y[:, None] * y_axis[:, None]
    return Outlines(
        ra_deg=np.degrees(np.arctan2(direction[..., 1], direction[..., 0])) % 360.0,
        dec_deg=np.degrees(
            np.arctan2(direction[..., 2], np.hypot(direction[..., 0], direction[..., 1]))
        ),
    )


@cache
def _outline_in_plane(detector: int) -> tuple[FloatArray, FloatArray]:
    """Outline of a detector in the plane of its projection, radians along its axes."""
    corners = unit_vectors(*survey.celestial_wcs(0, detector).pixel_to_sky(*edge_pixels(_DETECTOR)))
    center, x_axis, y_axis = survey.axes_of(0, detector)
    depth = corners @ center
    return corners @ x_axis / depth, corners @ y_axis / depth
