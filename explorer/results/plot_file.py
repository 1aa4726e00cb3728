"""The plot as a page of its own: one file that works without this site."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.models import Div
from bokeh.resources import INLINE

from explorer.results.figure import spectrum_figure
from explorer.results.plot_colors import Colors, colors_of, css_colors
from explorer.results.plot_data import PlotData
from explorer.results.plot_words import provenance_line, title_of
from explorer.results.view import View
from photometry_core import flags
from photometry_core.types import FloatArray

_LEAST_HEIGHT, _PANEL_HEIGHT = 300, 120
"""CSS pixels."""
_MARKERS = ("circle", "circle", "circle", "circle_x")
_FILLS = (0.85, 0.85, 0.0, 0.0)


def plot_page(data: PlotData, view: View) -> str:
    """Return the plot of a view as HTML, with its data and everything that it needs.

    Its values are over the power of ten that the label of their axis names.
    """
    layout = spectrum_figure(len(data.panels))
    # Looked up once, since each search goes through all of them.
    models = {model.name: model for model in layout.references() if model.name}
    colors = colors_of(data, view)
    _fill_points(models, data, colors, view)
    _fill_means(models, data, colors, view)
    _label(models, data, colors)
    style = {"font": "13px system-ui, sans-serif", "color": "#17212b", "padding": "6px 12px"}
    head = Div(
        text=html.escape(title_of(data, view)),
        styles=style | {"font-weight": "600"},
        sizing_mode="stretch_width",
        disable_math=True,
    )
    words = [provenance_line(data), *data.notes, data.means_note]
    foot = Div(
        text="<br>".join(html.escape(text) for text in words if text),
        styles=style,
        sizing_mode="stretch_width",
        disable_math=True,
    )
    height = f"max(calc(100vh - 20px), {_LEAST_HEIGHT + _PANEL_HEIGHT * len(data.panels)}px)"
    page = column(head, layout, foot, sizing_mode="stretch_both", styles={"height": height})
    return file_html(page, INLINE, title_of(data, view))


def _fill_points(models: dict[str, Any], data: PlotData, colors: Colors, view: View) -> None:
    values, codes = np.unique(data.flags, return_inverse=True)
    names = [", ".join(flags.decode(int(value))) or "none" for value in values]
    severity = [_severity(int(value)) for value in values]
    filled = np.array([_FILLS[one] for one in severity])[codes] if values.size else np.zeros(0)
    points = {
        "row": data.row,
        "x": data.x,
        "color": css_colors(colors.by, colors.number, colors.span),
        "fill": filled,
        "flags": [names[code] for code in codes],
        "name": [data.sources[index].name for index in data.spectrum],
    }
    for number, panel in enumerate(data.panels):
        limit = "inverted_triangle" if panel.flipped else "triangle"
        points |= {
            f"y{number}": panel.value / 10.0**panel.power,
            f"low{number}": panel.low / 10.0**panel.power,
            f"high{number}": panel.high / 10.0**panel.power,
            f"marker{number}": [
                limit if is_limit else _MARKERS[severity[code]]
                for is_limit, code in zip(panel.is_limit, codes, strict=True)
            ],
        }
        models[f"points-{number}"].visible = view.raw
        models[f"errors-{number}"].visible = view.raw and view.errors
        hover = next(tool for tool in models[f"panel-{number}"].tools if tool.name == "hover")
        hover.tooltips = [
            ("Spectrum", "@name"),
            ("Row", "@row"),
            (_plain(data.x_label), "@x{0.[00000]}"),
            *((_plain(one.label), f"@y{place}") for place, one in enumerate(data.panels)),
            ("Flags", "@flags"),
        ]
    models["points"].data = points


def _severity(value: int) -> int:
    order = {"benign": 1, "warn": 2, "serious": 3, "reject": 3}
    return order[flags.worst_severity(value)]


def _plain(label: str) -> str:
    """Return a label without what Bokeh would take for a name of a column."""
    return label.replace("@", "").replace("$", "")


def _fill_means(models: dict[str, Any], data: PlotData, colors: Colors, view: View) -> None:
    means = data.means
    if means is None:
        return
    numbers: FloatArray = (means.spectrum if colors.by == "spectrum" else means.detector).astype(
        float
    )
    by = "spectrum" if colors.by == "spectrum" else "detector"
    values = {
        "x": means.x,
        "left": means.left,
        "right": means.right,
        "color": css_colors(by, numbers, colors.span),
    }
    for number, panel in enumerate(data.panels):
        limit = "inverted_triangle" if panel.flipped else "triangle"
        values |= {
            f"y{number}": means.value[number] / 10.0**panel.power,
            f"low{number}": means.low[number] / 10.0**panel.power,
            f"high{number}": means.high[number] / 10.0**panel.power,
            f"marker{number}": [
                limit if is_limit else "square" for is_limit in means.is_limit[number]
            ],
        }
    models["means"].data = values


def _label(models: dict[str, Any], data: PlotData, colors: Colors) -> None:
    for number, panel in enumerate(data.panels):
        plot = models[f"panel-{number}"]
        plot.background_fill_color = plot.border_fill_color = "#ffffff"
        if len(data.panels) == 1:
            plot.yaxis.axis_label = panel.label
        else:
            plot.title.text, plot.title.visible = panel.label, True
        start, end = (edge / 10.0**panel.power for edge in panel.shown)
        plot.y_range.update(start=start, end=end, reset_start=start, reset_end=end)
    last = models[f"panel-{len(data.panels) - 1}"]
    last.xaxis.axis_label = data.x_label
    start, end = data.x_range
    last.x_range.update(start=start, end=end, reset_start=start, reset_end=end)
    if colors.by == "number":
        mapper, bar = models["color-mapper"], models["color-bar"]
        mapper.low, mapper.high = (end / 10.0**colors.power for end in colors.span)
        bar.title, bar.visible = colors.label, True
        return
    numbers = np.array([number for number, _ in colors.classes], dtype=float)
    models["samples"].data = {
        "x": np.full(numbers.size, np.nan),
        "y": np.full(numbers.size, np.nan),
        "label": [name for _, name in colors.classes],
        "color": css_colors(colors.by, numbers, colors.span),
    }
    models["legend"].visible = True
