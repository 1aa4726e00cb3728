"""Numbers as the page writes them: sensible digits, all digits, a real minus sign."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from photometry_core.types import FloatArray

_MAX_DECIMALS = 6
_PLAIN_SIZES = (1e-4, 1e7)
"""Typical fluxes that are written without a power of ten."""


def with_minus(text: str) -> str:
    """Return a number with a real minus sign."""
    return text.replace("-", "\u2212")


def real_text(value: float, decimals: int | None) -> str:
    """Return a number with so many decimals; without `decimals`, with six digits."""
    return with_minus(f"{value:.6g}" if decimals is None else f"{value:.{decimals}f}")


def full_text(value: float, unit: str) -> str:
    """Return a number with all its digits, and its unit."""
    return f"{with_minus(repr(value))} {unit}".strip()


def flux_format(values: FloatArray, errors: FloatArray) -> Callable[[float], str]:
    """Return how the fluxes of a spectrum are written: with two digits of the typical error.

    Parameters
    ----------
    values, errors
        All fluxes and their errors in the unit that is shown; NaN where there is none.
    """
    size = _typical(np.abs(values)) or 1.0
    last = math.floor(math.log10(_typical(errors) or size / 1000)) - 1
    low, high = _PLAIN_SIZES
    if low <= size < high:
        decimals = min(max(-last, 0), _MAX_DECIMALS)
        return lambda value: real_text(value, decimals)
    digits = min(max(math.floor(math.log10(size)) - last, 1), _MAX_DECIMALS)
    return lambda value: with_minus(f"{value:.{digits}e}")


def _typical(values: FloatArray) -> float | None:
    usable = values[np.isfinite(values) & (values > 0)]
    return float(np.median(usable)) if usable.size else None
