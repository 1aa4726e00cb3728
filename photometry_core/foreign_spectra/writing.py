"""Spectra of others as products: what pages and downloads read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from photometry_core.foreign_spectra.contents import ForeignSpectrum
from photometry_core.product_names import REQUEST_KEY
from photometry_core.spectrum_files import product_path, save_stamps


def save_foreign(spectrum: ForeignSpectrum, folder: Path, index: int, file_name: str) -> None:
    """Save a spectrum, and its stamps if it has any.

    Parameters
    ----------
    spectrum
        What to save.
    folder
        An existing folder that nobody reads yet.
    index
        Number of the spectrum in its file.
    file_name
        Name of that file.
    """
    about = {"target": target_of(spectrum), "upload": _upload(spectrum, file_name)}
    if spectrum.options is not None:
        about["options"] = spectrum.options
    if spectrum.provenance is not None:
        about["provenance"] = spectrum.provenance
    metadata = {REQUEST_KEY: json.dumps(about, allow_nan=False).encode()}
    pq.write_table(spectrum.table.replace_schema_metadata(metadata), product_path(folder, index))
    if spectrum.stamps is not None:
        save_stamps(spectrum.stamps, folder, index)


def target_of(spectrum: ForeignSpectrum) -> dict[str, Any]:
    """Return the target as JSON: ``name``, ``ra_deg``, ``dec_deg``; more if we measured it."""
    position = {"ra_deg": spectrum.ra_deg, "dec_deg": spectrum.dec_deg}
    return spectrum.target or {"name": spectrum.name, **position}


def report_of(spectrum: ForeignSpectrum) -> dict[str, Any]:
    """Return what is kept of a spectrum beside its product, as JSON."""
    return {
        "where": spectrum.where,
        "target": target_of(spectrum),
        "origin": spectrum.origin,
        "simulated": spectrum.simulated,
        "facts": spectrum.facts,
        "options": spectrum.options,
        "source_job": spectrum.source_job,
        "has_stamps": spectrum.stamps is not None,
    }


def _upload(spectrum: ForeignSpectrum, file_name: str) -> dict[str, Any]:
    source = spectrum.source_job
    return {
        "file_name": file_name,
        "where": spectrum.where,
        "origin": spectrum.origin,
        "simulated": spectrum.simulated,
        "facts": spectrum.facts,
        "columns": spectrum.columns_taken,
        "source_job": source and {"job": source[0], "target": source[1]},
    }
