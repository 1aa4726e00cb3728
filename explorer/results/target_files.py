"""The list of a job's targets as a table for files: what was asked for, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.results.provenance import SOFTWARE
from explorer.results.target_list import TargetLine
from jobs.models import Job
from photometry_core.arrow_columns import clean_text
from photometry_core.file_contents import Fact, FileContents
from photometry_core.spectrum import Column, make_table

_COLUMNS = (
    Column("target_index", "i4", "", "meta.id", "Number of the target in the job, from 0"),
    Column("name", "str", "", "meta.id;meta.main", "Name"),
    Column("ra", "f8", "deg", "pos.eq.ra;meta.main", "Right ascension asked for, ICRS"),
    Column("dec", "f8", "deg", "pos.eq.dec;meta.main", "Declination asked for, ICRS"),
    Column("sersic_index", "f8", "", "src.morph", "Index of a Sersic profile; null: point source"),
    Column("effective_radius", "f8", "arcsec", "phys.angSize", "Along the major axis"),
    Column("axis_ratio", "f8", "", "src.morph", "Minor over major axis"),
    Column("position_angle", "f8", "deg", "pos.posAng", "East of north"),
    Column("pm_ra", "f8", "mas/yr", "pos.pm;pos.eq.ra", "Proper motion, with cos(dec)"),
    Column("pm_dec", "f8", "mas/yr", "pos.pm;pos.eq.dec", "Proper motion"),
    Column("ref_epoch", "f8", "yr", "time.epoch", "Julian year of the position"),
    Column("status", "str", "", "meta.note", "How the measurement went"),
    Column("exposures_found", "i4", "", "meta.number;obs", "Exposures that cover it"),
    Column("exposures_measured", "i4", "", "meta.number;obs", "Exposures that gave a flux"),
    Column("median_snr", "f8", "", "stat.snr;stat.median", "Median of flux over its error"),
)
_SHAPE = {
    "sersic_index": "sersic_index",
    "effective_radius": "effective_radius_arcsec",
    "axis_ratio": "axis_ratio",
    "position_angle": "position_angle_deg",
}
_MOTION = {"pm_ra": "pm_ra_mas_yr", "pm_dec": "pm_dec_mas_yr", "ref_epoch": "ref_epoch_yr"}


def target_contents(job: Job, lines: Sequence[TargetLine], reference: str) -> FileContents:
    """Return some targets of a job as a table without any spectrum.

    Parameters
    ----------
    job
        The job.
    lines
        Its targets that are wanted.
    reference
        Address of the results page.
    """
    rows = [_row(job.request["targets"][line.index], line) for line in lines]
    values = {column.name: [row[column.name] for row in rows] for column in _COLUMNS}
    return FileContents(
        name="targets",
        description="Targets of a job, without their spectra",
        table=make_table(_COLUMNS, values),
        columns=_COLUMNS,
        infos=[
            ("job_id", job.pk),
            ("job_title", clean_text(job.title)),
            ("reference_url", reference),
            ("server_software", SOFTWARE),
            *([("data", "simulated")] if job.simulated else []),
        ],
        facts=[Fact("simulated", "boolean", "", True)] if job.simulated else [],
    )


def _row(asked: dict[str, Any], line: TargetLine) -> dict[str, Any]:
    shape, motion = asked.get("profile") or {}, asked.get("motion") or {}
    return {
        "target_index": line.index,
        "name": clean_text(line.name),
        "ra": _number(asked.get("ra_deg")),
        "dec": _number(asked.get("dec_deg")),
        **{name: _number(shape.get(key)) for name, key in _SHAPE.items()},
        **{name: _number(motion.get(key)) for name, key in _MOTION.items()},
        "status": line.status_words,
        "exposures_found": line.n_found,
        "exposures_measured": line.n_measured,
        "median_snr": _number(line.snr),
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
