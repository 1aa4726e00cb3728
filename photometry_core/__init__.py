"""Forced photometry of SPHEREx Spectral Images, as a library and a command line.

>>> from photometry_core import Target, measure, open_archive
>>> archive = open_archive("simulated")
>>> target = Target(name="M 81", ra_deg=148.88822, dec_deg=69.06529)
>>> [spectrum] = measure([target], archive)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photometry_core.archive import Archive, open_archive
    from photometry_core.cutout import Cutout
    from photometry_core.forced import measure_exposure
    from photometry_core.measurement import Measurement
    from photometry_core.pipeline import measure
    from photometry_core.spectrum import COLUMNS, Spectrum
    from photometry_core.types import MeasureOptions, ProperMotion, SersicProfile, Target

__version__ = "0.1.0"

__all__ = [
    "COLUMNS",
    "Archive",
    "Cutout",
    "MeasureOptions",
    "Measurement",
    "ProperMotion",
    "SersicProfile",
    "Spectrum",
    "Target",
    "__version__",
    "measure",
    "measure_exposure",
    "open_archive",
]

_MODULES = {
    "COLUMNS": "spectrum",
    "Archive": "archive",
    "Cutout": "cutout",
    "MeasureOptions": "types",
    "Measurement": "measurement",
    "ProperMotion": "types",
    "SersicProfile": "types",
    "Spectrum": "spectrum",
    "Target": "types",
    "measure": "pipeline",
    "measure_exposure": "forced",
    "open_archive": "archive",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562).

    A process that only needs the types, such as a web server, does not load the pipeline.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
