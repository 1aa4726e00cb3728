"""Machine-readable tables (MRT) of CDS and AAS journals as lists: their frames are in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from photometry_core.foreign_tables.mrt_files import read_mrt_texts
from photometry_core.foreign_tables.text_tables import TextColumn, TextTable
from photometry_core.target_lists.limits import BOUNDS

_COORDINATE = re.compile(r"_?(?:RA|DE)(?:[hmsd]|deg|rad|J2000|B1950|-|_?ICRS)?", re.IGNORECASE)
_EPOCH = re.compile(r"\b(?:Ep|epoch)\W{0,3}([JB]?(?:1[89]|20)\d\d(?:\.\d+)?)", re.IGNORECASE)
_SYSTEM = re.compile(r"\b(?:ICRS|FK[45])\b")
_EQUINOX = re.compile(r"\b[JB](?:1[89]|20)\d\d(?:\.\d+)?\b|\b(?:1950|2000)(?:\.0)?\b")
_SEVERAL = "several frames"
"""No frame that is known: which one it is will be asked."""


def read_mrt_list(name: str, text: str) -> TextTable:
    """Read a machine-readable table, and what its explanations say of frame and epoch.

    Parameters
    ----------
    name
        What messages call the file.
    text
        The file.

    Raises
    ------
    ForeignFileError
        As `photometry_core.foreign_tables.mrt_files.read_mrt_texts`.
    """
    table = read_mrt_texts(name, text, BOUNDS)
    return replace(table, facts={**table.facts, **_stated(table.columns)})


def _stated(columns: Sequence[TextColumn]) -> dict[str, str]:
    """Return frame, equinox and epoch of coordinates, as far as their explanations agree."""
    about = [column.description for column in columns if _COORDINATE.fullmatch(column.name)]
    epochs = {found[1] for text in about for found in _EPOCH.finditer(text)}
    facts = {"epoch": epochs.pop()} if len(epochs) == 1 else {}
    # Epochs are years as well.
    words = [_EPOCH.sub(" ", text) for text in about]
    systems = {found for text in words for found in _SYSTEM.findall(text)}
    equinoxes = {
        found.removesuffix(".0").lstrip("JB") for text in words for found in _EQUINOX.findall(text)
    }
    if len(systems) > 1 or len(equinoxes) > 1:
        return facts | {"frame": _SEVERAL}
    return facts | {"frame": "".join(systems), "equinox": "".join(equinoxes)}
