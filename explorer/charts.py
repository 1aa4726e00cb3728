"""The spectrum as a Bokeh plot, without any script in it.

The page's own scripts find the models by their names: ``spectrum`` (the figure),
``measurements`` (the data, with the row of the table of every point), ``selection`` (a ring
around the selected point), and ``points-<detector>`` and ``errors-<detector>``. Colours are
those of the light theme; the page's scripts replace them by those of the theme in use.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.embed import json_item
from bokeh.models import (
    CDSView,
    ColumnDataSource,
    HoverTool,
    IndexFilter,
    InlineStyleSheet,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

from explorer.bands import BANDS
from explorer.measurements import column, flux_decimals, is_measured
from photometry_core import flags
from photometry_core.spectrum import Spectrum
from photometry_core.types import FloatArray

# Distinguishable for people with any of the usual colour deficiencies, and at least 3:1
# against a white page; static/css/explorer.css has the same, and those of the dark theme.
COLORS = {1: "#4b2aa8", 2: "#2196c9", 3: "#0b5447", 4: "#a88a14", 5: "#8a2a0a", 6: "#e2608a"}

_TOOLTIPS = [
    ("Row", "@row"),
    ("Wavelength", "@wavelength{0.0000} \u00b5m"),
    ("Flux", "@flux_text \u00b5Jy"),
    ("Detector", "D@detector"),
    ("Time", "MJD @mjd{0.00000}"),
    ("Flags", "@flags"),
]
_MARKERS: dict[flags.Severity, str] = {
    "benign": "circle",
    "warn": "circle",
    "serious": "circle_x",
    "reject": "circle_x",
}
_MEDIAN_POINTS = 5


def spectrum_plot(spectrum: Spectrum) -> dict[str, Any]:
    """Return the plot of a spectrum and what the page says about it, as JSON values.

    Returns
    -------
    dict
        ``item``: Bokeh's JSON; ``n_points``: how many per detector; ``y_shown`` and
        ``y_all``: the flux ranges (uJy) shown at first and of all points;
        ``n_outside``: how many points lie outside of the first.
    """
    plotted = np.flatnonzero(is_measured(spectrum))
    data = _plot_data(spectrum, plotted)
    y_shown, y_all = _flux_ranges(data["flux"], data["low"], data["high"])
    outside = (data["flux"] < y_shown[0]) | (data["flux"] > y_shown[1])
    plot = _figure(data["wavelength"], y_shown)
    source = ColumnDataSource(data, name="measurements")
    n_points = {}
    renderers = []
    for band in BANDS:
        members = np.flatnonzero(data["detector"] == band.detector)
        if members.size:
            n_points[band.detector] = int(members.size)
            view = CDSView(filter=IndexFilter(indices=members.tolist()))
            renderers.append(_draw_band(plot, source, view, band.detector))
    plot.scatter(
        "wavelength",
        "flux",
        source=ColumnDataSource({"wavelength": [], "flux": []}, name="selection"),
        size=18,
        line_width=2.5,
        line_color="#16202b",
        fill_color=None,
        level="overlay",
        name="ring",
    )
    plot.add_tools(
        HoverTool(
            renderers=renderers,
            tooltips=_TOOLTIPS,
            limit=1,
            point_policy="snap_to_data",
            name="hover",
        )
    )
    return {
        "item": json_item(plot),
        "n_points": n_points,
        "y_shown": list(y_shown),
        "y_all": list(y_all),
        "n_outside": int(np.count_nonzero(outside)),
    }


def _plot_data(spectrum: Spectrum, plotted: np.ndarray) -> dict[str, Any]:
    """Return the columns of the data source, one element per plotted row."""
    flux = column(spectrum, "flux")[plotted]
    error = column(spectrum, "flux_err")[plotted]
    values = np.array(spectrum.table["flags"])[plotted]
    names = {int(value): ", ".join(flags.decode(value)) or "none" for value in np.unique(values)}
    worst = {value: flags.worst_severity(value) for value in names}
    decimals = flux_decimals(spectrum)
    size = 8 if plotted.size <= 300 else 6 if plotted.size <= 3000 else 4
    return {
        "row": plotted.astype(np.int32),
        "wavelength": column(spectrum, "wavelength")[plotted],
        "flux": flux,
        "low": flux - error,
        "high": flux + error,
        "flux_text": [
            f"{f:.{decimals}f}" + (f" \u00b1 {e:.{decimals}f}" if np.isfinite(e) else "")
            for f, e in zip(flux, error, strict=True)
        ],
        "mjd": column(spectrum, "mjd")[plotted],
        "detector": np.array(spectrum.table["det_id"])[plotted].astype(np.int32),
        "flags": [names[int(value)] for value in values],
        "marker": [_MARKERS[worst[int(value)]] for value in values],
        "fill": np.array(
            [0.85 if worst[int(value)] == "benign" else 0.0 for value in values], np.float32
        ),
        "size": np.full(plotted.size, size, np.float32),
    }


def _flux_ranges(
    flux: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of fluxes to show at first, and that of everything.

    A few wild points must not press the spectrum flat: if everything needs more than three
    times the room of the running median, only the room of that is shown at first. Lines stay
    in view, since several exposures in a row have them. Fluxes are in order of wavelength.
    """
    if flux.size == 0:
        return (0.0, 1.0), (0.0, 1.0)
    everything = _padded(
        float(np.min(np.where(np.isfinite(low), low, flux))),
        float(np.max(np.where(np.isfinite(high), high, flux))),
    )
    if flux.size < _MEDIAN_POINTS:
        return everything, everything
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(flux, _MEDIAN_POINTS), axis=1)
    main = _padded(float(smooth.min()), float(smooth.max()), part=0.15)
    if everything[1] - everything[0] > 3 * (main[1] - main[0]):
        return main, everything
    return everything, everything


def _padded(low: float, high: float, part: float = 0.05) -> tuple[float, float]:
    margin = (high - low) * part or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _figure(wavelength: FloatArray, y_range: tuple[float, float]) -> figure:
    x_range = (
        _padded(float(wavelength.min()), float(wavelength.max()), part=0.03)
        if wavelength.size
        else (BANDS[0].start_um, BANDS[-1].end_um)
    )
    plot = figure(
        name="spectrum",
        sizing_mode="stretch_both",
        min_height=220,
        x_range=Range1d(*x_range),
        y_range=Range1d(*y_range),
        x_axis_label="Wavelength (\u00b5m)",
        y_axis_label="Flux density (\u00b5Jy)",
        tools="pan,box_zoom,save",
        active_drag="box_zoom",
        toolbar_location="above",
        # Without a graphics processor WebGL is slower, and error bars make up most of the work.
        output_backend="canvas",
    )
    plot.add_tools(WheelZoomTool(), ResetTool())
    plot.toolbar.logo = None
    # Tokens of the page's stylesheet reach into bokeh's elements.
    plot.toolbar.stylesheets = [
        InlineStyleSheet(css=".bk-divider { background-color: var(--line); }")
    ]
    # The page shines through, in whichever theme.
    plot.outline_line_color = plot.border_fill_color = plot.background_fill_color = None
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font = axis.major_label_text_font = "system-ui, sans-serif"
        axis.axis_label_text_font_size = "13px"
        axis.major_label_text_font_size = "12px"
        axis.minor_tick_line_color = None
    return plot


def _draw_band(plot: figure, source: ColumnDataSource, view: CDSView, detector: int) -> Any:
    color = COLORS[detector]
    plot.segment(
        "wavelength",
        "low",
        "wavelength",
        "high",
        source=source,
        view=view,
        line_color=color,
        line_alpha=0.45,
        name=f"errors-{detector}",
    )
    return plot.scatter(
        "wavelength",
        "flux",
        source=source,
        view=view,
        size="size",
        marker="marker",
        line_color=color,
        fill_color=color,
        fill_alpha="fill",
        line_width=1.3,
        name=f"points-{detector}",
    )
