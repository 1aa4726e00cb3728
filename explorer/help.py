"""What the Help page says in numbers and lists: the definitions that the program uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from explorer import fetching, help_lists, help_options
from explorer.bands import BANDS
from explorer.key_tables import keys_of
from explorer.list_form import MAX_TEXT_BYTES
from explorer.list_summary import FORMATS as LIST_FORMATS
from explorer.reference import flag_facts, spectrum_column_facts
from explorer.results.flux_units import DETECTED_SNR, LIMIT_SIGMA
from explorer.results.save_request import FORMAT_NAMES
from explorer.source_form import RESOLVERS
from explorer.views.submission import POSITION_EXAMPLES
from photometry_core.archive import SIMULATED
from photometry_core.foreign_spectra import isolation as upload_isolation
from photometry_core.foreign_tables import limits as table_limits
from photometry_core.positions import FRAME_SPELLINGS, designation, parse_position
from photometry_core.spectrum_files import FORMATS
from photometry_core.target_lists import limits as list_limits
from photometry_core.target_lists.division import TOGETHER_ARCSEC

WRITTEN_POSITIONS = (
    *POSITION_EXAMPLES,
    "12.34d, -1.2d",
    "12:39:59.43 -11:37:23.0",
    "12 39 59.4 -11 37 23",
    "12.5h -11d37'23\"",
    "102.5 -33.1 ecl",
)
"""Positions in every form that is read: the examples of the start page, and more."""

FORMAT_NOTES = {
    "votable": "For TOPCAT, Aladin, astropy and the virtual observatory; the default.",
    "fits": "A table with units and descriptions; the header names target, job and program.",
    "ecsv": "Text that keeps units, types and descriptions; astropy reads it back as it was.",
    "csv": "Text for spreadsheets, with a header line and nothing else.",
    "ipac": "Text with columns of fixed width, as IRSA's other tools use it.",
    "parquet": "The smallest and fastest, for large sets.",
}

OFFICIAL_MAX_TARGETS = 20
OFFICIAL_MAX_ACTIVE_JOBS = 2
"""Limits of the official tool, by IRSA's guide to it as of November 2026."""

PAGES_WITH_KEYS = {"results": "Results", "start": "New Job"}


@dataclass(frozen=True, slots=True)
class WrittenPosition:
    """A position as it may be typed, and how it is read.

    Parameters
    ----------
    text
        As typed.
    reading
        Notation and frame.
    ra_deg, dec_deg
        ICRS degrees.
    name
        What a position without a name is called.
    """

    text: str
    reading: str
    ra_deg: float
    dec_deg: float
    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound that is checked.

    Parameters
    ----------
    what
        What is bounded.
    most
        The largest value that is allowed, with its unit.
    """

    what: str
    most: str


def written_positions(examples: Iterable[str] = WRITTEN_POSITIONS) -> list[WrittenPosition]:
    """Return positions and how the program reads them."""
    written = []
    for text in examples:
        read = parse_position(text)
        if read is None:
            raise ValueError(f"{text!r} is not read as a position")
        name = designation(read.ra_deg, read.dec_deg)
        reading = f"{read.notation}, {read.frame}"
        written.append(WrittenPosition(text, reading, read.ra_deg, read.dec_deg, name))
    return written


def site_limits() -> list[Limit]:
    """Return what this site allows one visitor."""
    return [
        Limit("Targets of one job", f"{settings.SPHEREX_MAX_TARGETS:,}"),
        Limit("Jobs that wait or run", f"{settings.SPHEREX_MAX_ACTIVE_JOBS:,}"),
        Limit("Lists that are kept", f"{settings.SPHEREX_MAX_LISTS:,}"),
        Limit("Opened files that are kept", f"{settings.SPHEREX_MAX_UPLOADS:,}"),
    ]


def limits_of_lists() -> list[Limit]:
    """Return how much a list of targets may hold."""
    return [
        Limit("Size of the file", _size(list_limits.MAX_FILE_BYTES)),
        Limit("Pasted text", _size(MAX_TEXT_BYTES)),
        Limit("Rows", f"{list_limits.MAX_ROWS:,}"),
        Limit("Columns", f"{list_limits.MAX_COLUMNS:,}"),
        Limit("Cells", f"{list_limits.MAX_CELLS:,}"),
        Limit("Text in one cell", f"{list_limits.MAX_CELL_LENGTH:,} characters"),
        Limit("Name of a target", f"{list_limits.MAX_NAME_LENGTH:,} characters"),
        Limit("Time to fetch it from an address", f"{fetching.SECONDS:g} s"),
        Limit("Time to read it", f"{list_limits.SECONDS:g} s"),
    ]


def limits_of_uploads() -> list[Limit]:
    """Return how much a file that is opened as a result may hold."""
    return [
        Limit("Size of the file", _size(table_limits.MAX_FILE_BYTES)),
        Limit("The same, unpacked", _size(table_limits.MAX_EXPANDED_BYTES)),
        Limit("Files in a zip file", f"{table_limits.MAX_MEMBERS:,}"),
        Limit("Spectra", f"{table_limits.MAX_SPECTRA:,}"),
        Limit("Rows of a spectrum", f"{table_limits.MAX_ROWS:,}"),
        Limit("Columns", f"{table_limits.MAX_COLUMNS:,}"),
        Limit("Cells of all spectra", f"{table_limits.MAX_CELLS:,}"),
        Limit("Time to read it", f"{upload_isolation.SECONDS:g} s"),
    ]


def facts() -> dict[str, Any]:
    """Return everything that the page names."""
    return {
        **flag_facts(),
        **spectrum_column_facts(),
        "is_simulated": settings.SPHEREX_ARCHIVE == SIMULATED,
        "named_examples": _named_examples(),
        "resolvers": RESOLVERS.values(),
        "positions": written_positions(),
        "frames": FRAME_SPELLINGS.items(),
        "bands": BANDS,
        "list_file_formats": LIST_FORMATS,
        "list_roles": help_lists.roles(),
        "coordinate_headers": help_lists.coordinate_headers(),
        "shape": help_options.shape_parameters(),
        "motion": help_options.motion_parameters(),
        "options": help_options.options(),
        "formats": [
            (name, FORMATS[key][0], FORMAT_NOTES[key]) for key, name in FORMAT_NAMES.items()
        ],
        "list_limits": limits_of_lists(),
        "upload_limits": limits_of_uploads(),
        "site_limits": site_limits(),
        "detected_snr": f"{DETECTED_SNR:g}",
        "limit_sigma": f"{LIMIT_SIGMA:g}",
        "max_targets": settings.SPHEREX_MAX_TARGETS,
        "together_arcsec": f"{TOGETHER_ARCSEC:.0f}",
        "max_active_jobs": settings.SPHEREX_MAX_ACTIVE_JOBS,
        "max_list_rows": f"{list_limits.MAX_ROWS:,}",
        "official_max_targets": OFFICIAL_MAX_TARGETS,
        "official_max_active_jobs": OFFICIAL_MAX_ACTIVE_JOBS,
        "keys": [(name, page, keys_of(page)) for page, name in PAGES_WITH_KEYS.items()],
    }


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:g} MB"


def _named_examples() -> list[str]:
    """Return names that are certain to be known: those of the simulated sky, if that is shown."""
    if settings.SPHEREX_ARCHIVE != SIMULATED:
        return []
    # Only sites that simulate load the simulated sky.
    from photometry_core.simulation.names import NAMED

    return [source.name for source in NAMED]
