"""What a saved plot says of itself, and what its file is called."""

from __future__ import annotations

import re
from typing import Any

from explorer.results.dataset import Dataset
from explorer.results.flux_units import LIMIT_MARK_IN_WORDS
from explorer.results.plot_data import PlotData
from explorer.results.view import View
from photometry_core.channels import nominal_band_um

_PLAIN = re.compile(r"[^A-Za-z0-9.+-]+")
_MOST_NAMES = 3


def title_of(data: PlotData, view: View) -> str:
    """Return the names of the spectra and what is shown of them."""
    names = [source.name for source in data.sources]
    shown = ", ".join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        shown += f" and {len(names) - _MOST_NAMES} more"
    words = f"{shown}: {data.panels[0].quantity.name}"
    return f"{words}, {light_curve_in_words(view)}" if view.x == "mjd" else words


def light_curve_in_words(view: View) -> str:
    """Return what a light curve is of."""
    if view.channel is None:
        return "light curve, all channels"
    detector, channel = view.channel
    wavelength_um, _ = nominal_band_um(detector, channel)
    return f"light curve, D{detector} channel {channel}, {wavelength_um:.2f} \u00b5m"


def provenance_line(data: PlotData) -> str:
    """Return where the data come from, in one line; simulated data say so first.

    It ends with what triangles mean, if there are any.
    """
    parts = [_provenance(source.dataset) for source in data.sources]
    line = " | ".join(dict.fromkeys(parts))
    has_limits = any(panel.is_limit.any() for panel in data.panels)
    return f"{line}; triangles: {LIMIT_MARK_IN_WORDS}" if has_limits else line


def file_stem_of(data: PlotData, view: View) -> str:
    """Return the name of a file with the plot, without its extension.

    Target, quantity and form of the view, so that several can be told apart.
    """
    parts = [data.sources[0].dataset.name, "spherex"]
    if len(data.sources) > 1:
        parts.append(f"and_{len(data.sources) - 1}_more")
    parts.append(view.y)
    if data.panels[0].quantity.is_flux:
        parts.append(view.unit)
    if view.x == "mjd":
        parts.append("lightcurve")
        if view.channel:
            parts.append(f"D{view.channel[0]}ch{view.channel[1]}")
    elif view.redshift is not None:
        parts.append("rest")
    if data.means is not None:
        parts.append("binned" if not view.raw else "with_binned")
    stem = "_".join(_PLAIN.sub("_", part).strip("_") for part in parts)
    return stem[:120]


def _provenance(dataset: Dataset) -> str:
    found: dict[str, Any] = dict(dataset.metadata.get("provenance") or {})
    words = []
    if dataset.is_simulated:
        words.append("SIMULATED data, not an observation")
    elif dataset.is_simulated is None:
        words.append("the file does not say whether its data are simulated")
    if found:
        words.append(f"archive: {found['archive']}")
        words.append(f"measured with {found['software']} on {found['created'][:10]}")
    elif dataset.metadata.get("upload"):
        words.append("from an opened file")
    return "; ".join(words)
