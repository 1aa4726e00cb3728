// The spectrum: colours of the page's theme, clicks that select, a ring around the selected point.
// The models and their names are made by explorer/charts.py.

const DETECTORS = [1, 2, 3, 4, 5, 6];
const REACH_PIX = 24;

export async function drawPlot(element, selection, url) {
  const loading = document.getElementById("plot-loading");
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const answer = await response.json();
    const views = await Bokeh.embed.embed_item(answer.item, element);
    loading.remove();
    new Plot(views.roots[0].model, answer, selection);
    element.dataset.drawn = "true";
  } catch (error) {
    loading.textContent = "The spectrum could not be drawn. Reload the page to try again.";
    throw error;
  }
}

class Plot {
  constructor(figure, answer, selection) {
    this.figure = figure;
    this.selection = selection;
    const find = (name) => figure.document.get_model_by_name(name);
    this.measurements = find("measurements");
    this.ring = find("ring");
    this.selected = find("selection");
    this.points = new Map(DETECTORS.map((detector) => [detector, find(`points-${detector}`)]));
    this.errors = new Map(DETECTORS.map((detector) => [detector, find(`errors-${detector}`)]));
    const rows = this.measurements.data.row;
    this.indexOfRow = new Map(Array.from(rows, (row, index) => [row, index]));
    this.connectLegend(answer.n_points);
    this.connectRange(answer);
    this.applyTheme();
    this.showSelection();
    if (matchMedia("(pointer: coarse)").matches) {
      // A finger on the plot must be able to scroll the page.
      for (const tool of figure.toolbar.tools) if (tool.type === "BoxZoomTool") tool.active = false;
    }
    figure.on_event("tap", (event) => this.tapped(event));
    selection.addEventListener("change", () => this.showSelection());
    document.addEventListener("themechange", () => this.applyTheme());
  }

  showSelection() {
    const index = this.indexOfRow.get(this.selection.row);
    const { wavelength, flux } = this.measurements.data;
    this.selected.data = index === undefined
      ? { wavelength: [], flux: [] }
      : { wavelength: [wavelength[index]], flux: [flux[index]] };
  }

  // The nearest visible point within reach of a finger.
  tapped(event) {
    const { x_range: xs, y_range: ys, inner_width: width, inner_height: height } = this.figure;
    const perX = width / (xs.end - xs.start);
    const perY = height / (ys.end - ys.start);
    const { wavelength, flux, row, detector } = this.measurements.data;
    let nearest = -1;
    let least = REACH_PIX ** 2;
    for (let i = 0; i < row.length; i += 1) {
      const square = ((wavelength[i] - event.x) * perX) ** 2 + ((flux[i] - event.y) * perY) ** 2;
      if (square < least && this.points.get(detector[i]).visible) {
        least = square;
        nearest = i;
      }
    }
    if (nearest >= 0) this.selection.select(row[nearest]);
  }

  connectLegend(counts) {
    const legend = document.getElementById("legend");
    legend.hidden = false;
    for (const item of legend.querySelectorAll("[data-detector]")) {
      const detector = Number(item.dataset.detector);
      if (!counts[detector]) continue;
      item.hidden = false;
      item.title += `, ${counts[detector]} points`;
      item.querySelector("input").addEventListener("change", (event) => {
        this.points.get(detector).visible = event.target.checked;
        this.errors.get(detector).visible = event.target.checked;
      });
    }
  }

  connectRange(answer) {
    if (!answer.n_outside) return;
    const outside = document.getElementById("outside");
    const text = outside.querySelector("span");
    const button = document.getElementById("show-all");
    const one = answer.n_outside === 1;
    let showsAll = false;
    const say = () => {
      text.textContent = showsAll ? "" : `${answer.n_outside} point${one ? " lies" : "s lie"} outside of this range.`;
      button.textContent = showsAll ? "Show the main range" : "Show all points";
    };
    button.addEventListener("click", () => {
      showsAll = !showsAll;
      const [start, end] = showsAll ? answer.y_all : answer.y_shown;
      this.figure.y_range.setv({ start, end, reset_start: start, reset_end: end });
      say();
    });
    say();
    outside.hidden = false;
  }

  applyTheme() {
    const ink = color("--ink");
    const muted = color("--ink-muted");
    const line = color("--line");
    for (const axis of [...this.figure.below, ...this.figure.left]) {
      axis.setv({
        axis_label_text_color: ink, major_label_text_color: muted,
        axis_line_color: line, major_tick_line_color: line,
      });
    }
    for (const grid of this.figure.center) grid.setv({ grid_line_color: line });
    this.ring.glyph.line_color = { value: ink };
    for (const detector of DETECTORS) {
      const value = color(`--detector-${detector}`);
      this.points.get(detector)?.glyph.setv({ line_color: { value }, fill_color: { value } });
      this.errors.get(detector)?.glyph.setv({ line_color: { value } });
    }
  }
}

// A token's value in the theme in use: the browser computes it for an element.
function color(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
