"""How many measurements carry each flag, and what is behind the flags of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.results.columns import COUNT_COLUMNS
from explorer.results.dataset import Dataset
from explorer.results.flag_advice import advice_for
from explorer.results.query import select_rows
from explorer.results.row_flags import N_NEAR, row_flags
from explorer.results.view import MAX_MASK, View
from photometry_core import flags
from photometry_core.errors import InvalidInputError
from photometry_core.types import IntArray

LAST_BIT = 62
"""The last bit that a mask can have: the next one is the sign of a 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A mask with a name.

    Parameters
    ----------
    key
        For scripts.
    label, meaning
        For people.
    mask
        Measurements with any of these bits are dropped.
    """

    key: str
    label: str
    meaning: str
    mask: int


def _mask_of(*severities: str) -> int:
    return flags.mask_of(flag.name for flag in flags.FLAGS if flag.severity in severities)


_BENIGN, _SERIOUS, _REJECT = (_mask_of(severity) for severity in ("benign", "serious", "reject"))
_BAD = _SERIOUS | _REJECT

PRESETS = (
    Preset("all", "All", "every measurement", 0),
    Preset("none_bad", "None bad", f"without {', '.join(flags.decode(_BAD))}", _BAD),
    Preset(
        "strict",
        "Strict",
        f"without any flag but the benign {', '.join(reversed(flags.decode(_BENIGN)))}",
        MAX_MASK & ~_BENIGN,
    ),
    # As the official guide defines nominal data; bits that nobody has described are not nominal.
    Preset("nominal", "Nominal", "flags 0 or SOURCE alone", MAX_MASK & ~flags.SOURCE),
)
"""The masks that have names. Strict and nominal drop bits without a name as well."""


def describe(bit: int) -> dict[str, Any]:
    """Return what is known of a bit, for pages; its value is a text, exact in scripts."""
    flag = flags.flag_of(bit)
    return {
        "bit": bit,
        "value": str(1 << bit),
        "name": flag.name,
        "meaning": flag.meaning,
        "severity": flag.severity,
        "in_image": flag.in_image,
        "ignored_by_fit": flag.ignored_by_fit,
    }


def count_flags(dataset: Dataset, view: View) -> dict[str, Any]:
    """Return how many measurements carry each flag.

    Counted are the rows that all conditions of the view but its mask keep.

    Parameters
    ----------
    dataset, view
        The measurements, and how they are looked at.

    Returns
    -------
    dict
        ``n_rows`` of the file, ``n_before_mask``, ``n_kept``; ``bits``, each with ``count``,
        ``dropped`` (how many of those the mask drops) and ``in_file`` (its count without any
        condition); ``presets`` with the number that each would keep. ``has_flags`` is false if
        the file has no flags.

    Raises
    ------
    InvalidInputError
        A filter, an expression or a column is not what it should be.
    """
    selected = select_rows(dataset, view)
    everything = _unsigned(dataset.flags())
    before = everything[selected.rows_before_mask]
    is_dropped = (before & np.uint64(view.mask)) != 0
    present = int(np.bitwise_or.reduce(everything, initial=np.uint64(0)))
    bits = {flag.bit for flag in flags.FLAGS} | {b for b in range(64) if present >> b & 1}
    return {
        "has_flags": "flags" in dataset.columns,
        "n_rows": dataset.n_rows,
        "n_before_mask": int(before.size),
        "n_kept": int(selected.rows.size),
        "bits": [_counted(bit, everything, before, is_dropped) for bit in sorted(bits)],
        "presets": [
            {
                "key": preset.key,
                "label": preset.label,
                "meaning": preset.meaning,
                "mask": str(preset.mask),
                "n_kept": int(np.count_nonzero((before & np.uint64(preset.mask)) == 0)),
            }
            for preset in PRESETS
        ],
    }


def _counted(
    bit: int, everything: np.ndarray, before: np.ndarray, is_dropped: np.ndarray
) -> dict[str, Any]:
    mask = np.uint64(1 << bit)
    carries = (before & mask) != 0
    return describe(bit) | {
        "can_mask": bit <= LAST_BIT,
        "in_file": int(np.count_nonzero(everything & mask)),
        "count": int(np.count_nonzero(carries)),
        "dropped": int(np.count_nonzero(carries & is_dropped)),
    }


def row_severities(values: IntArray) -> np.ndarray:
    """Return the worst severity of each of some flags: indices of `flags.SEVERITIES`, as bytes.

    Bits without a name warn.
    """
    unsigned = _unsigned(values)
    known = np.uint64(_BENIGN | _BAD)
    conditions = [
        (unsigned & np.uint64(_REJECT)) != 0,
        (unsigned & np.uint64(_SERIOUS)) != 0,
        (unsigned & ~known) != 0,
    ]
    return np.select(conditions, [3, 2, 1], default=0).astype(np.uint8)


def explain_row(dataset: Dataset, view: View, row: int) -> dict[str, Any]:
    """Return why one measurement is flagged.

    Parameters
    ----------
    dataset, view
        The measurements, and how they are looked at.
    row
        Its number.

    Returns
    -------
    dict
        ``value``, the flags as a decimal text; ``flags``, the worst first, each with ``n_pix`` of
        ``n_near`` pixels (`None` where the file does not say) and ``advice``; ``dropped_by``, the
        names of those that the mask drops it for; ``reason`` why there is no flux.

    Raises
    ------
    InvalidInputError
        There is no such row.
    """
    if not 0 <= row < dataset.n_rows:
        raise InvalidInputError(f"row: {row} given; allowed: 0 to below {dataset.n_rows}")
    value = int(_unsigned(dataset.flags()[row : row + 1])[0])
    line = {name: _cell(dataset, name, row) for name in (N_NEAR, *COUNT_COLUMNS)}
    found = [
        describe(flag.bit)
        | {"n_pix": flag.n_pix, "n_near": flag.n_near, "advice": advice_for(flag.bit)}
        for flag in row_flags(line | {"flags": value})
    ]
    return {
        "row": row,
        "has_flags": "flags" in dataset.columns,
        "value": str(value),
        "flags": found,
        "dropped_by": flags.decode(value & view.mask),
        "reason": _cell(dataset, "reason", row) or "",
    }


def _cell(dataset: Dataset, name: str, row: int) -> Any:
    if name not in dataset.columns:
        return None
    return dataset.table.column(name)[row].as_py()


def _unsigned(values: IntArray) -> np.ndarray:
    """Return the bits of signed integers, so that no shift or comparison meets a sign."""
    return np.ascontiguousarray(values, dtype=np.int64).view(np.uint64)
