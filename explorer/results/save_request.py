"""What somebody wants to save: of which spectra, which rows, columns and images, in which form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photometry_core.errors import InvalidInputError
from photometry_core.spectrum_files import FORMATS

WHAT = ("this", "chosen", "all", "list")
ROWS = ("all", "shown")
DATA = ("measurements", "averages", "both")
COLUMNS = ("file", "shown")
FORMAT_NAMES = {
    "votable": "VOTable",
    "fits": "FITS",
    "ecsv": "ECSV",
    "csv": "CSV",
    "ipac": "IPAC",
    "parquet": "Parquet",
}
"""The formats as people call them."""

_MAX_TARGETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveRequest:
    """What is to be saved.

    Parameters
    ----------
    what
        ``this`` spectrum, ``chosen`` ones or ``all`` of the job, or the ``list`` of its targets.
    targets
        Numbers of the chosen ones.
    rows
        ``all``, or those ``shown`` with the view's filters and mask.
    data
        ``measurements``, ``averages`` of the nominal channels, or ``both``.
    columns
        Those of the ``file``, or those ``shown`` by the table.
    images
        Whether the stamps of the rows are saved with them.
    file_format
        One of `FORMAT_NAMES`.
    """

    what: str = "this"
    targets: tuple[int, ...] = ()
    rows: str = "all"
    data: str = "measurements"
    columns: str = "file"
    images: bool = False
    file_format: str = "votable"

    @property
    def extension(self) -> str:
        """The extension of its tables."""
        return FORMATS[self.file_format][0]

    @property
    def has_measurements(self) -> bool:
        """Whether single measurements are saved."""
        return self.data in ("measurements", "both")

    @property
    def has_averages(self) -> bool:
        """Whether averages are saved."""
        return self.data in ("averages", "both")


def parse_save(values: Any) -> SaveRequest:
    """Return what a browser or a script asks for.

    Parameters
    ----------
    values
        Fields of `SaveRequest` by name, `file_format` as ``format``; everything is optional.
        From a form everything is a text: ``images`` is ``1`` or ``0``, ``targets`` numbers
        separated by commas.

    Raises
    ------
    InvalidInputError
        A field is not what it should be, or is not known; the message names it.
    """
    if not isinstance(values, Mapping):
        raise InvalidInputError("save: not an object")
    known = ("what", "targets", "rows", "data", "columns", "images", "format")
    for name in values:
        if name not in known:
            raise InvalidInputError(f"{str(name)[:40]!r} is not known; allowed: {', '.join(known)}")
    what = _choice("what", values.get("what", "this"), WHAT)
    targets = _targets(values.get("targets", ()))
    if what == "chosen" and not targets:
        raise InvalidInputError("No target is ticked; tick at least one.")
    save = SaveRequest(
        what=what,
        targets=targets,
        rows=_choice("rows", values.get("rows", "all"), ROWS),
        data=_choice("data", values.get("data", "measurements"), DATA),
        columns=_choice("columns", values.get("columns", "file"), COLUMNS),
        images=_switch("images", values.get("images", False)),
        file_format=_choice("format", values.get("format", "votable"), tuple(FORMAT_NAMES)),
    )
    if save.images and not save.has_measurements:
        raise InvalidInputError("Images belong to measurements; averages of channels have none.")
    return save


def parse_view_text(text: str) -> Any:
    """Return the view that a form holds as JSON, not yet checked.

    Raises
    ------
    InvalidInputError
        It is not JSON.
    """
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("view: not JSON") from error


def _choice(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: {', '.join(allowed)}")
    return value


def _switch(name: str, value: Any) -> bool:
    known = {True: True, False: False, "1": True, "0": False}
    if not isinstance(value, (bool, str)) or value not in known:
        raise InvalidInputError(f"{name}: {value!r:.40} given; allowed: 1, 0")
    return known[value]


def _targets(value: Any) -> tuple[int, ...]:
    if isinstance(value, str):
        value = [part for part in value.split(",") if part]
    if not isinstance(value, (list, tuple)) or len(value) > _MAX_TARGETS:
        raise InvalidInputError("targets: not a list of numbers")
    texts = [str(one) for one in value]
    if not all(re.fullmatch(r"\d{1,6}", text, re.ASCII) for text in texts):
        raise InvalidInputError("targets: not a list of numbers of targets")
    return tuple(sorted({int(text) for text in texts}))
