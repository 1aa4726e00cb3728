"""The plot of a view as the page's scripts want it: packed numbers, ranges and true labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.results.arrays import packed
from explorer.results.channel_means import DEFAULT_RECIPE, NEEDED
from explorer.results.dataset import Dataset
from explorer.results.flux_units import UNITS, FluxUnit
from explorer.results.lines import LINE_LISTS
from explorer.results.plot_colors import colors_of, severity_code
from explorer.results.plot_data import PlotData
from explorer.results.quantities import plottable
from explorer.results.view import View
from photometry_core import flags
from photometry_core.channels import CHANNELS_PER_DETECTOR, nominal_band_um

N_DETECTORS = 6
_FLUX_NAMES = {"flux": "Flux", "aper_flux": "Aperture flux"}
"""In menus, where the unit stands beside them."""


def plot_answer(data: PlotData, view: View) -> dict[str, Any]:
    """Return the plot of a view as JSON values.

    Flags are given as codes into ``flag_sets``, since no number of JavaScript holds all bits.
    """
    values, codes = np.unique(data.flags, return_inverse=True)
    colors = colors_of(data, view)
    return {
        "points": {
            "row": packed(data.row, "i4"),
            "spectrum": packed(data.spectrum, "u1"),
            "x": packed(data.x),
            "wavelength": packed(data.wavelength_um, "f4"),
            "mjd": packed(data.mjd),
            "detector": packed(data.detector, "u1"),
            "flags": packed(codes, "i4"),
            "color": packed(colors.number, "f4"),
        },
        "flag_sets": [
            {
                "value": str(int(value)),
                "names": flags.decode(int(value)),
                "severity": severity_code(int(value)),
            }
            for value in values
        ],
        "color": {
            "by": colors.by,
            "label": colors.label,
            "power": colors.power,
            "classes": [[number, name] for number, name in colors.classes],
            "span": list(colors.span),
        },
        "x": {"label": data.x_label, "range": list(data.x_range)},
        "panels": [
            {
                "column": panel.quantity.column,
                "name": panel.quantity.name,
                "unit_label": panel.quantity.unit_label,
                "is_flux": panel.quantity.is_flux,
                "label": panel.label,
                "power": panel.power,
                "decimals": panel.decimals,
                "shown": list(panel.shown),
                "full": list(panel.full),
                "n_outside": panel.n_outside,
                "n_missing": panel.n_missing,
                "y": packed(panel.value),
                "error": packed(panel.error, "f4"),
                "low": packed(panel.low, "f4"),
                "high": packed(panel.high, "f4"),
                "limit": packed(panel.is_limit, "u1"),
            }
            for panel in data.panels
        ],
        "means": _means(data),
        "means_note": data.means_note,
        "spectra": [
            {
                "job": source.dataset.job_id,
                "target": source.dataset.index,
                "name": source.name,
                "simulated": source.dataset.is_simulated,
            }
            for source in data.sources
        ],
        "notes": data.notes,
        "counts": {"kept": data.n_kept, "drawn": data.n_drawn},
    }


def about_dataset(dataset: Dataset, view: View) -> dict[str, Any]:
    """Return what the controls of the plot offer for a spectrum, whatever is filtered out."""
    measured = dataset.is_measured()
    detectors = np.nan_to_num(dataset.numbers("det_id"))[measured].astype(int)
    numbers, counts = np.unique(detectors[detectors > 0], return_counts=True)
    return {
        "columns": [
            {"name": one.column, "label": _FLUX_NAMES.get(one.column, one.label)}
            for one in plottable(dataset, view)
        ],
        "detectors": [
            [int(number), int(count)] for number, count in zip(numbers, counts, strict=True)
        ],
        "channels": _channels(dataset, measured),
        "row_channel": packed(_channel_codes(dataset), "u1"),
        "missing": [name for name in (*NEEDED, "mjd") if name not in dataset.columns],
        "n_rows": dataset.n_rows,
        "has_correlation": "flux_corr" in dataset.columns,
        "n_measured": int(np.count_nonzero(measured)),
    }


def vocabulary() -> dict[str, Any]:
    """Return what the controls of the plot offer for every spectrum."""
    return {
        "units": [[unit.key, _in_menu(unit)] for unit in UNITS.values()],
        "lines": [one.as_json() for one in LINE_LISTS],
        "flags": [
            {"name": flag.name, "mask": str(flag.mask), "meaning": flag.meaning}
            for flag in flags.FLAGS
            if flag.in_output
        ],
        "default_mask": str(DEFAULT_RECIPE.mask),
    }


def _in_menu(unit: FluxUnit) -> str:
    if unit.key == "abmag":
        return unit.quantity
    return unit.label if unit.quantity == "Flux density" else f"{unit.quantity}, {unit.label}"


def _channels(dataset: Dataset, measured: np.ndarray) -> list[list[float]]:
    """Return detector, channel, nominal wavelength (um) and visits of each channel measured."""
    if "channel" not in dataset.columns or "det_id" not in dataset.columns:
        return []
    pairs = np.column_stack([dataset.numbers("det_id"), dataset.numbers("channel")])[measured]
    pairs = pairs[np.isfinite(pairs).all(axis=1)].astype(int)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    return [
        [int(detector), int(channel), nominal_band_um(int(detector), int(channel))[0], int(count)]
        for (detector, channel), count in zip(found, counts, strict=True)
    ]


def _channel_codes(dataset: Dataset) -> np.ndarray:
    """Return 17 times the detector plus the channel less 1 of each row; 0 where not known."""
    detector, channel = dataset.numbers("det_id"), dataset.numbers("channel")
    is_known = (detector >= 1) & (detector <= N_DETECTORS) & np.isfinite(channel)
    codes = np.where(is_known, CHANNELS_PER_DETECTOR * detector + channel - 1, 0)
    return codes.astype(np.int64)


def _means(data: PlotData) -> dict[str, Any] | None:
    means = data.means
    if means is None:
        return None
    return {
        "spectrum": packed(means.spectrum, "u1"),
        "detector": packed(means.detector, "u1"),
        "n_used": packed(means.n_used, "i4"),
        "x": packed(means.x),
        "left": packed(means.left),
        "right": packed(means.right),
        "panels": [
            {
                "y": packed(value),
                "low": packed(low),
                "high": packed(high),
                "limit": packed(limit, "u1"),
            }
            for value, low, high, limit in zip(
                means.value, means.low, means.high, means.is_limit, strict=True
            )
        ],
    }
