"""The simulated sky: sources, survey, instrument and files, deterministic throughout.

For those who measure it, `truth` tells what is there; for scenes of one's own there are
`point_sources`, `render_exposure` and `spectral_image`.
"""

from photometry_core.simulation.files import spectral_image
from photometry_core.simulation.instrument import render_exposure
from photometry_core.simulation.names import NAMED, find_named
from photometry_core.simulation.sources import Sources, make_sources, point_sources
from photometry_core.simulation.truth import TrueSource, true_flux_ujy, truth

__all__ = [
    "NAMED",
    "Sources",
    "TrueSource",
    "find_named",
    "make_sources",
    "point_sources",
    "render_exposure",
    "spectral_image",
    "true_flux_ujy",
    "truth",
]
