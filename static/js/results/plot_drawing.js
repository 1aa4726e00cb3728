// Bokeh's models filled with data and dressed in colours. They are made by
// explorer/results/figure.py, which says what they are called.

import { hoverContent } from "./plot_hover.js";
import { classColor, limitMarker, pointColors, pointFills, pointMarkers } from "./plot_colors.js";

export class Drawing {
  // `item` is Bokeh's JSON of the empty plot.
  static async into(element, item, nPanels) {
    await bokeh();
    const views = await Bokeh.embed.embed_item(item, element);
    return new Drawing(views, nPanels);
  }

  constructor(views, nPanels) {
    this.views = views;
    [this.root] = views.roots;
    this.layout = this.root.model;
    const { document } = this.layout;
    this.find = (name) => document.get_model_by_name(name);
    this.panels = Array.from({ length: nPanels }, (_, number) => this.find(`panel-${number}`));
    this.xRange = this.panels[0].x_range;
    this.yRange = this.panels[0].y_range;
    this.labels = this.find("line-labels");
  }

  remove() {
    this.views.clear();
  }

  fill(plot) {
    this.plot = plot;
    const { points } = plot;
    const data = { row: points.row, x: points.x, color: [], fill: pointFills(plot) };
    plot.panels.forEach((panel, number) => {
      data[`y${number}`] = panel.y;
      data[`low${number}`] = panel.low;
      data[`high${number}`] = panel.high;
      data[`marker${number}`] = pointMarkers(plot, number);
    });
    this.data = data;
    this.#label(plot);
    const content = hoverContent(plot);
    for (const panel of this.panels) {
      panel.toolbar.tools.find((tool) => tool.type === "HoverTool").tooltips = content;
    }
    const size = points.row.length <= 300 ? 8 : points.row.length <= 3000 ? 6 : 4;
    for (let number = 0; number < this.panels.length; number += 1) {
      this.find(`points-${number}`).glyph.size = { value: size };
    }
  }

  #label(plot) {
    plot.panels.forEach((panel, number) => {
      const figure = this.panels[number];
      if (plot.panels.length === 1) figure.left[0].axis_label = panel.label;
      else figure.title.setv({ text: panel.label, visible: true });
      const [start, end] = panel.shown;
      figure.y_range.setv({ reset_start: start, reset_end: end });
      if (number > 0) figure.y_range.setv({ start, end });
      divideBy(figure.left[0].formatter, panel.power);
    });
    this.panels.at(-1).below[0].axis_label = plot.x.label;
    const [start, end] = plot.x.range;
    this.xRange.setv({ reset_start: start, reset_end: end });
    const isNumber = plot.color.by === "number";
    const bar = this.find("color-bar");
    if (isNumber) {
      this.find("color-mapper").setv({ low: plot.color.span[0], high: plot.color.span[1] });
      bar.title = plot.color.label;
      divideBy(bar.formatter, plot.color.power);
    }
    if (bar.visible !== isNumber) bar.visible = isNumber;
  }

  // Draws everything that has a colour; the data come along, so that they are drawn once.
  dress(theme) {
    this.theme = theme;
    const { plot } = this;
    this.data.color = pointColors(theme, plot.color, plot.points.color);
    this.find("points").data = { ...this.data };
    this.#dressMeans(theme);
    for (const figure of this.panels) dressFigure(figure, theme);
    for (let number = 0; number < this.panels.length; number += 1) {
      this.find(`ring-${number}`).glyph.line_color = { value: theme.ink };
    }
    const bar = this.find("color-bar");
    bar.setv({ title_text_color: theme.ink, major_label_text_color: theme.muted, bar_line_color: null });
  }

  #dressMeans(theme) {
    const { means, color } = this.plot;
    const source = this.find("means");
    if (!means) {
      if (source.data.x.length) source.data = Object.fromEntries(Object.keys(source.data).map((name) => [name, []]));
      return;
    }
    const by = color.by === "spectrum" ? "spectrum" : "detector";
    const data = {
      x: means.x, left: means.left, right: means.right,
      // Averages stand out from the measurements around them by the colour of text.
      color: Array.from(means[by], (number) => (by === "spectrum" ? classColor(theme, by, number) : theme.ink)),
    };
    means.panels.forEach((panel, number) => {
      const down = limitMarker(this.plot.panels[number].shown);
      data[`y${number}`] = panel.y;
      data[`low${number}`] = panel.low;
      data[`high${number}`] = panel.high;
      data[`marker${number}`] = Array.from(panel.limit, (limit) => (limit ? down : "square"));
    });
    source.data = data;
  }

  show({ raw, errors }) {
    for (let number = 0; number < this.panels.length; number += 1) {
      this.find(`points-${number}`).visible = raw;
      this.find(`errors-${number}`).visible = raw && errors;
    }
  }

  // A ring around a measurement of the shown spectrum, in every panel.
  ring(row) {
    const { points, panels } = this.plot;
    const index = this.plot.indexOf(row);
    const data = { x: index === undefined ? [] : [points.x[index]] };
    panels.forEach((panel, number) => {
      data[`y${number}`] = index === undefined ? [] : [panel.y[index]];
    });
    this.find("selection").data = data;
  }

  // `zoom` is {x: [a, b] or null, y: [a, b] or null}, or null for everything that is shown at first.
  zoom(zoom) {
    setRange(this.xRange, zoom?.x ?? this.plot.x.range);
    setRange(this.yRange, zoom?.y ?? this.plot.panels[0].shown);
  }

  // What is in sight, null where it is what is shown at first.
  get zoomed() {
    const x = [this.xRange.start, this.xRange.end];
    const y = [this.yRange.start, this.yRange.end];
    const zoom = {
      x: isSame(x, this.plot.x.range) ? null : x,
      y: isSame(y, this.plot.panels[0].shown) ? null : y,
    };
    return zoom.x || zoom.y ? zoom : null;
  }

  scaleOf(panel) {
    const { x_range: xs, y_range: ys, inner_width: width, inner_height: height } = this.panels[panel];
    return { perX: width / (xs.end - xs.start), perY: height / (ys.end - ys.start) };
  }
}

function setRange(range, [start, end]) {
  if (!isSame([range.start, range.end], [start, end])) range.setv({ start, end });
}

// Numbers beside an axis whose label names the power of ten.
function divideBy(formatter, power) {
  const plain = Object.getPrototypeOf(formatter).doFormat;
  formatter.doFormat = (ticks, options) => plain.call(formatter, ticks.map((tick) => tick / 10 ** power), options);
}

function isSame([a, b], [c, d]) {
  const step = 1e-9 * Math.abs(d - c);
  return Math.abs(a - c) <= step && Math.abs(b - d) <= step;
}

function dressFigure(figure, theme) {
  for (const axis of [...figure.below, ...figure.left]) {
    axis.setv({
      axis_label_text_color: theme.ink, major_label_text_color: theme.muted,
      axis_line_color: theme.line, major_tick_line_color: theme.line,
    });
  }
  figure.title.text_color = theme.ink;
  for (const part of figure.center) if ("grid_line_color" in part) part.grid_line_color = theme.line;
  for (const renderer of figure.renderers) {
    if (renderer.name === "feature-lines") renderer.glyph.line_color = { value: theme.muted };
    if (renderer.name === "feature-labels") {
      renderer.glyph.setv({ text_color: { value: theme.muted }, background_fill_color: { value: theme.surface } });
    }
    if (renderer.name === "feature-bands") renderer.glyph.fill_color = { value: theme.muted };
  }
}

// It is large, and comes after the page's own scripts: these ask for the data meanwhile.
async function bokeh() {
  if (window.Bokeh) return;
  await new Promise((resolve, reject) => {
    const script = document.getElementById("bokeh");
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("The plot's library did not load.")));
  });
}
