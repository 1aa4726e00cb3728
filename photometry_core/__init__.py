"""Forced photometry of SPHEREx Spectral Images, as a library and a command line."""

__version__ = "0.1.0"
