"""The flags of one measurement in words, with the pixels that carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.results.columns import COUNT_COLUMNS
from photometry_core import flags

N_NEAR = "n_aper_pix"
COUNT_OF_BIT = {flag.bit: name for name, flag in COUNT_COLUMNS.items()}
"""The column that counts the pixels with a bit; those of the fit have none."""

_ALL_BITS = 2**64 - 1
"""The sign of a 64-bit integer is a bit like the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFlag:
    """One flag of a measurement.

    Parameters
    ----------
    bit, name, meaning, severity
        As in `photometry_core.flags`; a bit that is not there has a name all the same.
    n_pix, n_near
        So many of so many pixels near the target carry it; `None` where the file does not say,
        or no pixel was looked at.
    """

    bit: int
    name: str
    meaning: str
    severity: flags.Severity
    n_pix: int | None = None
    n_near: int | None = None

    @property
    def explanation(self) -> str:
        """What it means and, where that is known, how many pixels carry it."""
        if self.n_pix is None or self.n_near is None:
            return self.meaning
        return f"{self.meaning}: {self.n_pix} of {self.n_near} pixels near the target"


def row_flags(values: Mapping[str, Any]) -> tuple[RowFlag, ...]:
    """Return the flags of a row, the worst first.

    Parameters
    ----------
    values
        The row, by column; any may be absent or `None`.
    """
    value = int(values.get("flags") or 0) & _ALL_BITS
    found = [_row_flag(bit, values) for bit in range(value.bit_length()) if value >> bit & 1]
    return tuple(sorted(found, key=lambda flag: -flags.SEVERITIES.index(flag.severity)))


def _row_flag(bit: int, values: Mapping[str, Any]) -> RowFlag:
    flag = flags.flag_of(bit)
    # A failed measurement has looked at no pixel.
    n_pix, n_near = values.get(COUNT_OF_BIT.get(bit, "")), values.get(N_NEAR) or None
    is_counted = n_pix is not None and n_near is not None
    return RowFlag(
        bit=bit,
        name=flag.name,
        meaning=flag.meaning,
        severity=flag.severity,
        n_pix=n_pix if is_counted else None,
        n_near=n_near if is_counted else None,
    )
