"""What a saved plot says of itself, and what its file is called."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from explorer.results.dataset import Dataset
from explorer.results.file_names import origin_stem
from explorer.results.flux_units import LIMIT_MARK_IN_WORDS
from explorer.results.plot_data import PlotData
from explorer.results.plot_parts import Source
from explorer.results.provenance import filters_in_words
from explorer.results.query import select_rows
from explorer.results.view import View
from photometry_core import flags
from photometry_core.arrow_columns import clean_text
from photometry_core.channels import nominal_band_um
from photometry_core.errors import InvalidInputError

_PLAIN = re.compile(r"[^A-Za-z0-9.+-]+")
_MOST_NAMES = 3
_NAME_LENGTH = 60
_FILTER_LENGTH = 200
_LINE_LENGTH = 125
"""Characters below a plot as wide as a page, if all are capitals."""


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
    """Return where the data come from, and which of them are shown; simulated data say so first.

    It ends with what triangles mean, if there are any.
    """
    return " | ".join(_sentences(data))


def lines_below(data: PlotData) -> list[str]:
    """Return the same in lines that fit below a plot."""
    return [line for words in _sentences(data) for line in textwrap.wrap(words, _LINE_LENGTH)]


def file_stem_of(data: PlotData, view: View) -> str:
    """Return the name of a file with the plot, without its extension.

    Target, quantity and form of the view, so that several can be told apart.
    """
    is_simulated = any(source.dataset.is_simulated for source in data.sources)
    name = data.sources[0].dataset.name[:_NAME_LENGTH]
    parts = [name, f"spherex{origin_stem(is_simulated)}"]
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
    if _selection(data.sources[0]):
        parts.append("filtered")
    stem = "_".join(_PLAIN.sub("_", part).strip("_") for part in parts)
    return stem[:120]


def _sentences(data: PlotData) -> list[str]:
    """Return where the data come from, what is shown of filtered spectra, and what marks mean."""
    several = len(data.sources) > 1
    found = dict.fromkeys(_provenance(source.dataset) for source in data.sources)
    for source in data.sources:
        if words := _selection(source):
            found[f"{source.name}: {words}" if several else words] = None
    if any(panel.is_limit.any() for panel in data.panels):
        found[f"triangles: {LIMIT_MARK_IN_WORDS}"] = None
    return list(found)


def _selection(source: Source) -> str:
    """Return how many rows are shown, and why not all; empty if all are."""
    dataset, view = source.dataset, source.view
    try:
        n_shown = select_rows(dataset, view).rows.size
    except InvalidInputError:
        # It is not drawn, and the notes say why.
        return ""
    if n_shown == dataset.n_rows:
        return ""
    words = [f"{n_shown:,} of {dataset.n_rows:,} rows shown"]
    if filters := filters_in_words(view):
        words.append("filters: " + "; ".join(_shortened(clean_text(one)) for one in filters))
    if view.light_curve_channel:
        words.append(light_curve_in_words(view))
    if view.mask:
        words.append(f"left out: rows with any of {', '.join(flags.decode(view.mask))}")
    return "; ".join(words)


def _shortened(text: str) -> str:
    if len(text) <= _FILTER_LENGTH:
        return text
    return f"{text[:_FILTER_LENGTH]}\u2026 ({len(text):,} characters)"


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
