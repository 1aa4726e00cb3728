"""What is said of a measurement beside its cutout, in the unit of the view."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.results.columns import COUNT_COLUMNS
from explorer.results.dataset import Dataset
from explorer.results.flux_units import convert, flux_unit
from explorer.times import format_mjd
from photometry_core import flags
from photometry_core.types import FloatArray

_N_NEAR = "n_aper_pix"
_COUNT_OF_BIT = {flag.bit: name for name, flag in COUNT_COLUMNS.items()}
_SEVERITIES = ("reject", "serious", "warn", "benign")
_MAX_DECIMALS = 6
_PLAIN_SIZES = (1e-4, 1e7)
"""Typical fluxes that are written without a power of ten."""


def with_minus(text: str) -> str:
    """Return a number with a real minus sign."""
    return text.replace("-", "\u2212")


def row_values(dataset: Dataset, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return rows as values by column, `None` where there is none.

    Parameters
    ----------
    dataset
        The measurements.
    rows
        Row numbers, each of which exists.
    """
    part = dataset.table.take(pa.array(rows, pa.int64())).to_pylist()
    return [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in part
    ]


def captions(dataset: Dataset, rows: Sequence[int], unit: str) -> list[dict[str, Any]]:
    """Return facts and texts of measurements.

    Parameters
    ----------
    dataset
        The measurements; any column but wavelength and flux may be absent.
    rows
        Row numbers, each of which exists.
    unit
        Key of the unit of fluxes, one of `explorer.results.flux_units.UNITS`.

    Returns
    -------
    list of dict
        Texts are `None` where there is no value. ``flux_text`` of a limit, which ``is_limit``
        says, is the number that the magnitude is above.

    Raises
    ------
    InvalidInputError
        There is no such unit.
    """
    label = flux_unit(unit).label
    wavelength = dataset.numbers("wavelength")
    converted = convert(dataset.numbers("flux"), dataset.numbers("flux_err"), wavelength, unit)
    text = _flux_text(converted.value, converted.error)
    return [
        {
            "row": row,
            "flux_text": text(float(converted.value[row])),
            "error_text": text(float(converted.error[row])),
            "is_limit": bool(converted.is_limit[row]),
            "unit": unit,
            "unit_label": label,
            **_facts(values),
        }
        for row, values in zip(rows, row_values(dataset, rows), strict=True)
    ]


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what does not depend on the unit."""
    mjd = values.get("mjd")
    return {
        "detector": values.get("det_id"),
        "exposure": values.get("obs_publisher_did"),
        "reason": values.get("reason") or "",
        "wavelength_text": _decimals(values.get("wavelength"), 4),
        "snr_text": _decimals(values.get("snr"), 1),
        "mjd_text": _decimals(mjd, 5),
        "date_text": _date(mjd),
        "flags": flag_chips(values),
    }


def flag_chips(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the flags of a row, the worst first.

    Parameters
    ----------
    values
        The row, by column.

    Returns
    -------
    list of dict
        ``bit``, ``name``, ``meaning``, ``severity``, and how many (``n_pix``) of the pixels near
        the target (``n_near``) carry it, `None` where the file does not say.
    """
    value = values.get("flags") or 0
    bits = (bit for bit in range(int(value).bit_length()) if value >> bit & 1)
    found = [_chip(bit, values) for bit in bits]
    return sorted(found, key=lambda chip: _SEVERITIES.index(chip["severity"]))


def _chip(bit: int, values: Mapping[str, Any]) -> dict[str, Any]:
    flag = flags.BY_BIT.get(bit)
    counts = values.get(_COUNT_OF_BIT.get(bit, "")), values.get(_N_NEAR)
    n_pix, n_near = (None, None) if None in counts else counts
    return {
        "bit": bit,
        "name": flag.name if flag else f"BIT_{bit}",
        "meaning": flag.meaning if flag else "Not described by this version",
        "severity": flag.severity if flag else "warn",
        "n_pix": n_pix,
        "n_near": n_near,
    }


def _flux_text(values: FloatArray, errors: FloatArray) -> Callable[[float], str | None]:
    """Return how the fluxes of a spectrum are written: all with two digits of a typical error."""
    size = _typical(np.abs(values)) or 1.0
    last = math.floor(math.log10(_typical(errors) or size / 1000)) - 1
    low, high = _PLAIN_SIZES
    if low <= size < high:
        style = f".{min(max(-last, 0), _MAX_DECIMALS)}f"
    else:
        style = f".{min(max(math.floor(math.log10(size)) - last, 1), _MAX_DECIMALS)}e"

    def text(value: float) -> str | None:
        return with_minus(f"{value:{style}}") if math.isfinite(value) else None

    return text


def _typical(values: FloatArray) -> float | None:
    usable = values[np.isfinite(values) & (values > 0)]
    return float(np.median(usable)) if usable.size else None


def _decimals(value: float | None, decimals: int) -> str | None:
    return None if value is None else with_minus(f"{value:.{decimals}f}")


def _date(mjd: float | None) -> str | None:
    """Return a time as a date; a number that is none, of a file that somebody opened, has none."""
    if mjd is None:
        return None
    try:
        return format_mjd(mjd)
    except OverflowError:
        return None
