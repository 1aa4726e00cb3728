"""Forced photometry of SPHEREx Spectral Images, as a library and a command line.

>>> from photometry_core import Target, measure, open_archive
>>> archive = open_archive("simulated")
>>> target = Target(name="M 81", ra_deg=148.88822, dec_deg=69.06529)
>>> [spectrum] = measure([target], archive)  # doctest: +SKIP
"""

__version__ = "0.1.0"

from photometry_core.archive import Archive, open_archive
from photometry_core.cutout import Cutout
from photometry_core.forced import measure_exposure
from photometry_core.pipeline import measure
from photometry_core.spectrum import COLUMNS, Spectrum
from photometry_core.types import Measurement, MeasureOptions, Target

__all__ = [
    "COLUMNS",
    "Archive",
    "Cutout",
    "MeasureOptions",
    "Measurement",
    "Spectrum",
    "Target",
    "__version__",
    "measure",
    "measure_exposure",
    "open_archive",
]
