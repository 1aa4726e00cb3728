"""The simulated sky as an archive: nothing is read, everything is made when asked for.

Cutouts go as bytes of a Spectral Image through the same reader as real files.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photometry_core.archive.regions import Box, boxes_around
from photometry_core.archive.search import ExposureMatch, ExposureSearch
from photometry_core.cutout import Cutout
from photometry_core.image_header import Footprint
from photometry_core.motion import positions_at
from photometry_core.simulation import exposures, survey
from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.sky import sources_near_box
from photometry_core.simulation.sources import Sources
from photometry_core.spectral_image import read_cutouts
from photometry_core.types import DETECTOR_SIZE_PIX, Exposure, MeasureOptions, Target

_DETECTOR = Box(0, 0, DETECTOR_SIZE_PIX, DETECTOR_SIZE_PIX)


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
        number = exposures.pointing_number(exposure)
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
