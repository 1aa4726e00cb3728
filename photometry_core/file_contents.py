"""What goes into a file, whatever its format: a table, its columns, and where it comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astropy.table import Table

from photometry_core import binning, spectrum
from photometry_core.binning import BinnedSpectrum
from photometry_core.measurement import Provenance
from photometry_core.spectrum import Column, Spectrum
from photometry_core.types import MeasureOptions, Target

ORIGIN_COLUMN = "origin"
"""The column of a CSV file that says of every row whether it is observed or simulated."""

_ENGINES = {"native": "native forced photometry", "tractor": "forced photometry by The Tractor"}
_FITTED = {
    "point": "point source",
    "point (Re < 1 arcsec)": "point source (effective radius below 1 arcsec)",
    "sersic": "Sersic profile, total untruncated flux",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a program may want to read.

    Parameters
    ----------
    name, datatype, unit
        As in a PARAM of a VOTable; `unit` is empty where there is none.
    value
        Its value.
    """

    name: str
    datatype: str
    unit: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileContents:
    """What is written to a file.

    Parameters
    ----------
    name
        Name of the table.
    description
        One sentence on what it is.
    table, columns
        The table, and its columns in order.
    infos
        Where it comes from, as (keyword, text).
    facts
        The same for programs.
    """

    name: str
    description: str
    table: Table
    columns: Sequence[Column]
    infos: Sequence[tuple[str, str]]
    facts: Sequence[Fact]

    @property
    def provenance_lines(self) -> list[tuple[str, str]]:
        """Where it comes from as (keyword, text), facts included."""
        return [*self.infos, *((fact.name, str(fact.value)) for fact in self.facts)]

    @property
    def is_simulated(self) -> bool | None:
        """Whether the data are simulated; `None` if that is not known."""
        return next((bool(fact.value) for fact in self.facts if fact.name == "simulated"), None)

    @property
    def identifiers(self) -> list[str]:
        """Names of the columns as VOTable and IPAC have them: letters, digits and ``_``."""
        taken: dict[str, None] = {}
        for column in self.columns:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", column.name)
            found = plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"
            while found in taken:
                found += "_"
            taken[found] = None
        return list(taken)


def contents_of(saved: Spectrum) -> FileContents:
    """Return what is written of a spectrum."""
    return FileContents(
        name="spectrum",
        description=f"SPHEREx forced photometry of {saved.target.name}",
        table=saved.table,
        columns=spectrum.COLUMNS,
        infos=_infos(saved),
        facts=_facts(saved),
    )


def contents_of_binned(binned: BinnedSpectrum) -> FileContents:
    """Return what is written of a binned spectrum."""
    saved = binned.spectrum
    return FileContents(
        name="binned_spectrum",
        description=f"SPHEREx forced photometry of {saved.target.name} on nominal channels",
        table=binned.table,
        columns=binning.COLUMNS,
        infos=[*_infos(saved), ("recipe", binned.recipe)],
        facts=[*_facts(saved), Fact("rejected_flags", "long", "", binned.reject)],
    )


def measurement_infos(
    target: Target, options: MeasureOptions, provenance: Provenance
) -> list[tuple[str, str]]:
    """Return what was measured, how and from what, as (keyword, text)."""
    return [
        # Not a PARAM: astropy escapes the texts of PARAMs twice.
        ("target_name", target.name),
        ("server_software", provenance.software),
        ("request_date", provenance.created),
        ("request", json.dumps({"target": target.to_json(), "options": options.to_json()})),
        ("archive", provenance.archive),
        ("archive_description", provenance.archive_description),
        ("data", "simulated" if provenance.simulated else "observed"),
        ("calibration", provenance.calibration),
        ("source_model", target.model),
        ("engine", f"{_ENGINES[options.engine]}, {_FITTED[target.model]}"),
    ]


def measurement_facts(
    target: Target,
    options: MeasureOptions,
    provenance: Provenance,
    n_found: int,
    n_measured: int,
) -> list[Fact]:
    """Return the same for programs; `n_found` and `n_measured` count exposures."""
    start, end = options.mjd_range
    facts = [
        Fact("target_ra", "double", "deg", target.ra_deg),
        Fact("target_dec", "double", "deg", target.dec_deg),
        Fact("exposures_found", "int", "", n_found),
        Fact("exposures_measured", "int", "", n_measured),
        Fact("simulated", "boolean", "", provenance.simulated),
        Fact("detectors", "char", "", ",".join(map(str, options.detectors))),
        Fact("background_size", "int", "pix", options.background_size_pix),
        Fact("weights", "char", "", options.weights),
        Fact("psf_center", "char", "", options.psf_center),
    ]
    shape = target.profile
    if shape is not None:
        facts += [
            Fact("sersic_index", "double", "", shape.sersic_index),
            Fact("effective_radius", "double", "arcsec", shape.effective_radius_arcsec),
            Fact("axis_ratio", "double", "", shape.axis_ratio),
            Fact("position_angle", "double", "deg", shape.position_angle_deg),
        ]
    motion = target.motion
    if motion is not None:
        facts += [
            Fact("pm_ra", "double", "mas/yr", motion.pm_ra_mas_yr),
            Fact("pm_dec", "double", "mas/yr", motion.pm_dec_mas_yr),
            Fact("ref_epoch", "double", "yr", motion.ref_epoch_yr),
        ]
    for name, unit, value in (
        ("mjd_start", "d", start),
        ("mjd_end", "d", end),
        ("aperture_radius", "arcsec", options.aperture_radius_arcsec),
    ):
        if value is not None:
            facts.append(Fact(name, "double", unit, value))
    return facts


def _infos(saved: Spectrum) -> list[tuple[str, str]]:
    return measurement_infos(saved.target, saved.options, saved.provenance)


def _facts(saved: Spectrum) -> list[Fact]:
    return measurement_facts(
        saved.target, saved.options, saved.provenance, saved.n_found, saved.n_measured
    )
