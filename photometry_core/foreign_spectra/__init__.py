"""Spectra out of files that somebody brings: ours, the official tool's, and other programs'.

`photometry_core.foreign_tables` takes a file apart into plain tables; `recognition`, `roles` and
`conversion` make spectra with our columns and units of them, and `isolation` has all of this done
by a process that may fail.
"""

from photometry_core.foreign_spectra.contents import Answers, ForeignSpectrum
from photometry_core.foreign_spectra.reading import read_spectra

__all__ = ["Answers", "ForeignSpectrum", "read_spectra"]
