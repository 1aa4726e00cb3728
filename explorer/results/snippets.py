"""Scripts that fetch a spectrum and take the rows that the page shows.

They need astropy and nothing else. Flags and simple conditions on columns become lines of the
script; what only the server can work out is applied to the file before it is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from explorer.results.dataset import Dataset
from explorer.results.view import ColumnFilter, View
from photometry_core import flags

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_CONDITION = re.compile(rf"(>=|<=|!=|<>|=|>|<)\s*({_NUMBER})")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Others are spelt differently in a VOTable's identifiers, by which astropy reads it."""
_BETWEEN = re.compile(r"\s+and\s+", re.IGNORECASE)
_OPERATORS = {"=": "==", "<>": "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script that gives the rows of a view.

    Parameters
    ----------
    python, curl
        The script, and a command that fetches the file it works on.
    """

    python: str
    curl: str


def needs_server(dataset: Dataset, view: View) -> bool:
    """Whether rows are left out by something that a script does not do itself."""
    return bool(view.sql or view.light_curve_channel) or any(
        one.text and _lines_of(dataset, one) is None for one in view.filters
    )


def script_of(
    dataset: Dataset, view: View, address: str, file_name: str, until: datetime, n_shown: int
) -> Script:
    """Return the script.

    Parameters
    ----------
    dataset, view
        The spectrum, and how it is looked at.
    address
        Where its file is: that of all rows, or of those shown if `needs_server`.
    file_name
        What the file is called.
    until
        When the address ends.
    n_shown
        Rows that the view shows.
    """
    by_server = needs_server(dataset, view)
    origin = "Simulated: " if dataset.is_simulated else ""
    lines = [
        f"# {origin}SPHEREx spectrum of {_printable(dataset.name)}, {n_shown} of "
        f"{dataset.n_rows} rows as on the page.",
        f"# The link works until {until:%Y-%m-%d %H:%M} UTC.",
        "import io",
        "import urllib.request",
        "",
        "import numpy as np",
        "from astropy.table import Table",
        "",
        f'LINK = "{address}"',
        "with urllib.request.urlopen(LINK, timeout=120) as answer:",
        '    table = Table.read(io.BytesIO(answer.read()), format="votable")',
        "",
        "keep = np.ones(len(table), dtype=bool)",
    ]
    if by_server:
        lines.append("# The file holds the rows that pass the page's filters and flags.")
    else:
        lines += _mask_lines(dataset, view)
        for one in view.filters:
            lines += _lines_of(dataset, one) or []
    lines += ["spectrum = table[keep]", 'print(len(spectrum), "rows")', ""]
    return Script(
        python="\n".join(lines),
        curl=f'curl --fail --location --output "{file_name}" "{address}"',
    )


def _mask_lines(dataset: Dataset, view: View) -> list[str]:
    if not view.mask or "flags" not in dataset.columns:
        return []
    bits = [bit for bit in range(view.mask.bit_length()) if view.mask >> bit & 1]
    return [
        f"MASK = {' | '.join(f'(1 << {bit})' for bit in bits)}  "
        f"# {', '.join(flags.decode(view.mask))}",
        'keep &= (np.ma.filled(table["flags"], 0).astype(np.int64) & MASK) == 0',
    ]


def _lines_of(dataset: Dataset, condition: ColumnFilter) -> list[str] | None:
    """Return the lines for comparisons with numbers, joined by "and"; `None` for others.

    The numbers must be in the unit of the file, and the column in the file.
    """
    info = dataset.columns.get(condition.column)
    is_plain = _PLAIN_NAME.fullmatch(condition.column)
    if info is None or info.is_computed or not info.is_number or not is_plain:
        return None
    if condition.unit != "uJy":
        return None
    lines = []
    for part in _BETWEEN.split(condition.text.strip()):
        found = _CONDITION.fullmatch(part.strip())
        if not found:
            return None
        sign = _OPERATORS.get(found[1], found[1])
        lines.append(
            f'keep &= np.ma.filled(table["{condition.column}"] {sign} {_literal(found[2])}, False)'
        )
    return lines


def _literal(text: str) -> str:
    """Return a number as Python writes it: a whole one keeps all of its digits."""
    return str(int(text)) if re.fullmatch(r"[+-]?\d+", text) else repr(float(text))


def _printable(text: str) -> str:
    """Return a name that can't end the comment it stands in."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
