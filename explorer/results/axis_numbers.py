"""Numbers beside an axis: plain ones, with a power of ten in the label where they need it."""

from __future__ import annotations

import math

_PLAIN = (1e-3, 1e5)
"""Largest numbers of an axis that are written as they are."""
_CLOSE_TOGETHER = 1e-2
"""Of the largest number: over a shorter range only the last digits differ, so that all are
written."""
_MOST_WRITTEN_OUT = 1e8
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(low: float, high: float) -> int:
    """Return the power of ten that numbers between two ends are divided by; 0 for none."""
    largest = max(abs(low), abs(high))
    if largest == 0 or _PLAIN[0] <= largest < _PLAIN[1]:
        return 0
    if abs(high - low) < _CLOSE_TOGETHER * largest and largest < _MOST_WRITTEN_OUT:
        return 0
    return math.floor(math.log10(largest))


def labelled(label: str, unit_label: str, power: int) -> str:
    """Return the label of an axis with the power of ten that its numbers are divided by.

    Parameters
    ----------
    label
        Without it; ends with the unit in brackets, if there is one.
    unit_label
        The unit, or an empty text.
    power
        As of `power_of_ten`.
    """
    if power == 0:
        return label
    ten = f"10{str(power).translate(_SUPERSCRIPTS)}"
    unit = f" ({unit_label})"
    if unit_label and label.endswith(unit):
        return f"{label.removesuffix(unit)} ({ten} {unit_label})"
    return f"{label} ({ten})"
