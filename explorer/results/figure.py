"""The plot as Bokeh models, without data and without any script in them.

The page's scripts, and `explorer.results.plot_file`, find the models by their names and fill them:

- ``panel-<n>``: the figures from top to bottom, 0 the main one, all on one horizontal range. What
  stacked ones show stands above them: beside them there is no room for it.
- ``points``: the source of all measurements: ``row, x, color, fill`` and for each panel
  ``y<n>, low<n>, high<n>, marker<n>``. Drawn by ``errors-<n>`` and ``points-<n>``.
- ``means``: averages of channels: ``x, left, right, color``, ``y<n>, low<n>, high<n>, marker<n>``.
  Drawn by ``means-<n>``, ``means-bars-<n>`` and ``means-widths-<n>``.
- ``selection``: ``x, y<n>`` of the selected point; drawn by ``ring-<n>``.
- ``lines``, ``bands``, ``line-labels``: spectral features, through all panels.
- ``samples``: ``label, color`` of the legend; ``legend``, ``color-bar``, ``color-mapper``: hidden
  unless asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bokeh.core.properties import value
from bokeh.embed import json_item
from bokeh.layouts import gridplot
from bokeh.models import (
    BasicTickFormatter,
    BoxSelectTool,
    BoxZoomTool,
    ColorBar,
    ColumnDataSource,
    GridPlot,
    HoverTool,
    InlineStyleSheet,
    LassoSelectTool,
    Legend,
    LegendItem,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.palettes import Cividis256
from bokeh.plotting import figure

MAX_PANELS = 5
"""The main one and four below it."""

PALETTE = Cividis256
"""For numbers: as dark as it is bright for every kind of colour vision."""

_FONT = "system-ui, sans-serif"
_LABEL_WIDTH = 62
"""Room for the vertical axes, so that panels stay aligned whatever their numbers, CSS pixels."""


def spectrum_figure(n_panels: int) -> GridPlot:
    """Return the empty plot.

    Parameters
    ----------
    n_panels
        1 to `MAX_PANELS`.
    """
    x_range = Range1d(0.7, 5.05, name="x-range")
    sources = _sources(n_panels)
    mapper = LinearColorMapper(palette=list(PALETTE), low=0, high=1, name="color-mapper")
    figures = [_panel(number, n_panels, x_range, sources) for number in range(n_panels)]
    main = figures[0]
    _add_legend(main, sources["samples"])
    main.add_layout(
        ColorBar(
            color_mapper=mapper,
            name="color-bar",
            visible=False,
            width=12,
            padding=6,
            title_text_font=_FONT,
            major_label_text_font=_FONT,
            title_text_font_style="normal",
            background_fill_color=None,
            formatter=BasicTickFormatter(use_scientific=False),
        ),
        "right",
    )
    layout = gridplot(
        [[one] for one in figures],
        toolbar_location="above",
        merge_tools=True,
        sizing_mode="stretch_both",
        toolbar_options={"logo": None},
    )
    # The last panel has the horizontal axis below it.
    layout.rows = ["2.4fr", *["1fr"] * (n_panels - 2), "1.6fr"] if n_panels > 1 else ["1fr"]
    layout.cols = ["1fr"]
    layout.name = "layout"
    # Tokens of the page's stylesheet reach into Bokeh's elements.
    layout.toolbar.stylesheets = [
        InlineStyleSheet(css=".bk-divider { background-color: var(--line); }")
    ]
    return layout


@lru_cache(maxsize=MAX_PANELS)
def figure_item(n_panels: int) -> dict[str, Any]:
    """Return the empty plot as Bokeh's JSON, for ``Bokeh.embed.embed_item``.

    It is kept, since making the models takes longer than filling them.
    """
    return dict(json_item(spectrum_figure(n_panels)))


def _sources(n_panels: int) -> dict[str, ColumnDataSource]:
    def per_panel(*names: str) -> list[str]:
        return [f"{name}{number}" for number in range(n_panels) for name in names]

    columns = {
        "points": ["row", "x", "color", "fill", *per_panel("y", "low", "high", "marker")],
        "means": ["x", "left", "right", "color", *per_panel("y", "low", "high", "marker")],
        "selection": ["x", *per_panel("y")],
        "lines": ["x"],
        "bands": ["left", "right"],
        "line-labels": ["x", "y", "text"],
        "samples": ["x", "y", "label", "color"],
    }
    return {
        name: ColumnDataSource({column: [] for column in names}, name=name)
        for name, names in columns.items()
    }


def _panel(
    number: int, n_panels: int, x_range: Range1d, sources: dict[str, ColumnDataSource]
) -> figure:
    """Return one panel with everything that is drawn in it, from the back to the front."""
    plot = figure(
        name=f"panel-{number}",
        sizing_mode="stretch_both",
        min_height=100 if number == 0 else 98 if number == n_panels - 1 else 54,
        x_range=x_range,
        y_range=Range1d(0, 1),
        tools="",
        # Without a graphics processor WebGL is slower, and error bars make up most of the work.
        output_backend="canvas",
        min_border_left=_LABEL_WIDTH,
        min_border_right=20,
        min_border_top=4,
        min_border_bottom=4,
    )
    _draw_features(plot, sources, is_main=number == 0)
    plot.segment(
        "x", f"low{number}", "x", f"high{number}",
        source=sources["points"], line_color="color", line_alpha=0.45, name=f"errors-{number}",
    )  # fmt: skip
    points = plot.scatter(
        "x", f"y{number}",
        source=sources["points"], size=7, marker=f"marker{number}", line_width=1.3,
        line_color="color", fill_color="color", fill_alpha="fill", name=f"points-{number}",
    )  # fmt: skip
    points.nonselection_glyph.line_alpha = 0.15
    points.nonselection_glyph.fill_alpha = 0.06
    _draw_means(plot, sources["means"], number)
    plot.scatter(
        "x", f"y{number}",
        source=sources["selection"], size=13 if number else 18, line_width=2.5,
        line_color="#16202b",
        fill_color=None, level="overlay", name=f"ring-{number}",
    )  # fmt: skip
    _add_tools(plot, points)
    _style(plot, has_x_axis=number == n_panels - 1)
    if number:
        # A lower panel is too low for more.
        plot.yaxis.ticker.desired_num_ticks = 2
    return plot


def _draw_features(plot: figure, sources: dict[str, ColumnDataSource], *, is_main: bool) -> None:
    plot.vstrip(
        "left", "right", source=sources["bands"], fill_alpha=0.13, line_color=None,
        fill_color="#6b7785", level="underlay", name="feature-bands",
    )  # fmt: skip
    plot.vspan(
        "x", source=sources["lines"], line_color="#6b7785", line_dash="dotted", level="underlay",
        name="feature-lines",
    )  # fmt: skip
    if is_main:
        plot.extra_y_ranges = {"height": Range1d(0, 1)}
        plot.text(
            "x", "y", text="text", source=sources["line-labels"], y_range_name="height",
            text_font=value(_FONT), text_font_size="11px", text_align="center", text_baseline="top",
            text_color="#55626f", background_fill_color="#ffffff", background_fill_alpha=0.8,
            level="overlay", name="feature-labels",
        )  # fmt: skip


def _draw_means(plot: figure, source: ColumnDataSource, number: int) -> None:
    """Draw averages open, so that the measurements that they are made of are seen."""
    plot.segment(
        "left", f"y{number}", "right", f"y{number}",
        source=source, line_color="color", line_width=1, line_alpha=0.6,
        name=f"means-widths-{number}",
    )  # fmt: skip
    plot.segment(
        "x", f"low{number}", "x", f"high{number}",
        source=source, line_color="color", line_width=1.3, name=f"means-bars-{number}",
    )  # fmt: skip
    plot.scatter(
        "x", f"y{number}",
        source=source, size=8, marker=f"marker{number}", line_width=1.3, line_color="color",
        fill_color=None, name=f"means-{number}",
    )  # fmt: skip


def _add_tools(plot: figure, points: Any) -> None:
    box_zoom = BoxZoomTool()
    plot.add_tools(
        PanTool(),
        box_zoom,
        WheelZoomTool(),
        BoxSelectTool(renderers=[points], persistent=False),
        LassoSelectTool(renderers=[points], persistent=False, continuous=False),
        ResetTool(),
        HoverTool(
            renderers=[points],
            tooltips=[("Row", "@row")],
            limit=1,
            point_policy="snap_to_data",
            name="hover",
        ),
    )
    plot.toolbar.active_drag = box_zoom


def _add_legend(plot: figure, source: ColumnDataSource) -> None:
    samples = plot.scatter(
        "x",
        "y",
        source=source,
        size=8,
        line_color="color",
        fill_color="color",
        name="samples-drawn",
    )
    plot.add_layout(
        Legend(
            items=[LegendItem(label={"field": "label"}, renderers=[samples])],
            orientation="horizontal",
            visible=False,
            name="legend",
            border_line_color=None,
            background_fill_color=None,
            label_text_font=_FONT,
            label_text_font_size="12px",
            padding=2,
            margin=0,
        ),
        "above",
    )


def _style(plot: figure, *, has_x_axis: bool) -> None:
    # The page shines through, in whichever theme.
    plot.outline_line_color = plot.border_fill_color = plot.background_fill_color = None
    for axis in plot.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_size = "13px"
        axis.major_label_text_font_size = "12px"
        axis.minor_tick_line_color = None
        axis.axis_label_standoff = 6
    plot.title.visible = False
    plot.title.text_font = _FONT
    plot.title.text_font_size = "12px"
    plot.title.text_font_style = "normal"
    plot.title.standoff = 3
    # A power of ten stands in the label of an axis, not beside each of its numbers.
    for axis in plot.axis:
        axis.formatter = BasicTickFormatter(use_scientific=False)
    plot.xaxis.visible = has_x_axis
