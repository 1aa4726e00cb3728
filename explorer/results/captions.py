"""What is said of a measurement beside its cutout, in the unit of the view."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from explorer.results.dataset import Dataset
from explorer.results.flux_units import convert, flux_unit
from explorer.results.number_texts import flux_format, real_text
from explorer.results.row_flags import row_flags
from explorer.times import format_mjd


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
    text = flux_format(converted.value, converted.error)
    return [
        {
            "row": row,
            "flux_text": _written(text, converted.value[row]),
            "error_text": _written(text, converted.error[row]),
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
        "flags": [asdict(flag) for flag in row_flags(values)],
    }


def _written(text: Callable[[float], str], value: float) -> str | None:
    return text(float(value)) if math.isfinite(value) else None


def _decimals(value: float | None, decimals: int) -> str | None:
    return None if value is None else real_text(value, decimals)


def _date(mjd: float | None) -> str | None:
    """Return a time as a date; a number that is none, of a file that somebody opened, has none."""
    if mjd is None:
        return None
    try:
        return format_mjd(mjd)
    except OverflowError:
        return None
