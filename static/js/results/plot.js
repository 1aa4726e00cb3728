// The spectrum: what is drawn follows the store, and what people do in the plot goes into the store.

import { Latest, Refused } from "./api.js";
import { drawFeatures, featuresAt, featuresOf, labelFeatures } from "./lines.js";
import { forgetBlend, showBlend } from "./plot_blend.js";
import { themeColors } from "./plot_colors.js";
import { mountPlotControls } from "./plot_controls.js";
import { decoded, nearestPoint } from "./plot_data.js";
import { Drawing } from "./plot_drawing.js";
import { mountPlotExport } from "./plot_export.js";
import { showFoot } from "./plot_foot.js";
import { showLegend } from "./plot_legend.js";
import { mountRecipe } from "./plot_recipe.js";
import { SelectionBar } from "./plot_selection.js";
import { showEmpty, showFailure } from "./plot_state.js";

const REACH_PIX = 24;
const ABOVE_POINTER_PX = 38;
const REST_MS = 250;
// What the server has to be asked again for.
const ASKED = [
  "job", "target", "filters", "sql", "mask", "derived", "unit", "x", "channel", "y", "panels", "redshift",
  "color", "binned", "binning", "compare", "scale", "all_targets",
];
// What ranges and selected points are of.
const AXES = ["job", "target", "x", "redshift", "channel", "y", "unit", "scale", "compare"];

export function mountPlot(parts) {
  parts.plot = new PlotPane(parts);
}

class PlotPane {
  #latest = new Latest();
  #figures = new Map();
  #element = document.getElementById("plot");
  #state = document.getElementById("plot-state");
  #pointed = document.getElementById("plot-feature");
  #legend = document.getElementById("plot-legend");
  #timers = {};
  #turn = 0;
  // Counts what the plot is to show, one after the other.
  #wanted = 0;

  constructor({ store, api, keys }) {
    Object.assign(this, { store, api });
    this.drawing = null;
    this.plot = null;
    // With what the drawn plot was asked for.
    this.asked = null;
    this.selection = new SelectionBar(store, () => this.agrees);
    this.controls = mountPlotControls(store, keys);
    this.recipe = mountRecipe(store);
    mountPlotExport(this);
    store.on(ASKED, (changed) => {
      this.#wanted += 1;
      this.#forgetZoom(changed);
      if (!this.agrees) this.selection.clear();
      this.#shut();
      this.#element.dataset.drawn = "false";
      clearTimeout(this.#timers.load);
      this.#timers.load = setTimeout(() => this.load());
    });
    store.on(["raw", "errors"], () => this.drawing?.show({ raw: store.get("raw"), errors: store.get("errors") }));
    store.on(["row"], () => this.#showRow());
    store.on(["zoom"], () => {
      if (this.agrees) this.drawing?.zoom(store.get("zoom"));
    });
    store.on(["lines", "line_redshift"], () => this.#showFeatures());
    document.addEventListener("themechange", () => {
      this.drawing?.dress(themeColors(this.palette));
    });
    this.load();
  }

  // Whether what is drawn is of the spectrum and the quantities that the store names.
  get agrees() {
    return this.asked?.axes === axesOf(this.store);
  }

  get #isOfSpectrum() {
    return this.asked?.spectrum === this.store.spectrum;
  }

  // What stands around another spectrum's plot can't be used any more: it would change this one.
  #shut() {
    for (const part of [this.#legend, document.getElementById("plot-foot")]) part.inert = !this.agrees;
    if (!this.#isOfSpectrum) forgetBlend();
  }

  // A range of one quantity says nothing about another.
  #forgetZoom(changed) {
    const zoom = this.store.get("zoom");
    if (!zoom || changed.has("zoom") || changed.has("job") || changed.has("target")) return;
    if (["x", "redshift", "channel"].some((key) => changed.has(key))) this.store.set({ zoom: null });
    else if (zoom.y && ["y", "unit", "scale", "compare"].some((key) => changed.has(key))) {
      this.store.set({ zoom: zoom.x ? { x: zoom.x, y: null } : null });
    }
  }

  async load() {
    const { store } = this;
    const nPanels = 1 + store.get("panels").length;
    const wanted = this.#wanted;
    const [job, target, allTargets] = ["job", "target", "all_targets"].map((key) => store.get(key));
    const asked = { wanted, job, target, allTargets, view: store.view, spectrum: store.spectrum, axes: axesOf(store) };
    // Until it shows what the store says.
    this.#element.dataset.drawn = "false";
    this.#state.hidden = Boolean(this.drawing);
    try {
      const found = await this.#latest.ask((signal) => Promise.all([
        this.#figure(nPanels),
        this.api.post("points", { all_targets: allTargets }, { signal }),
      ]));
      if (found && wanted === this.#wanted) await this.#draw(found[0], decoded(found[1]), nPanels, asked);
    } catch (error) {
      showFailure(this.#state, store, error, () => this.load());
      if (!(error instanceof Refused)) throw error;
    }
  }

  async #figure(nPanels) {
    if (!this.#figures.has(nPanels)) {
      const { item, palette, vocabulary } = await this.api.get(`figure?panels=${nPanels}`);
      this.palette = palette;
      this.vocabulary = vocabulary;
      this.#figures.set(nPanels, item);
    }
    return this.#figures.get(nPanels);
  }

  // The empty plot, for somebody who draws the same elsewhere.
  get item() {
    return this.#figures.get(this.plot.panels.length);
  }

  async #draw(item, plot, nPanels, asked) {
    this.#turn += 1;
    const turn = this.#turn;
    let drawing = this.drawing;
    if (!drawing || drawing.panels.length !== nPanels) {
      drawing?.remove();
      this.drawing = null;
      // What was about to be said of its ranges is not true of the next one.
      clearTimeout(this.#timers.zoom);
      this.#element.style.setProperty("--panels", nPanels - 1);
      drawing = await Drawing.into(this.#element, item, nPanels);
      if (turn !== this.#turn) {
        drawing.remove();
        return;
      }
      this.#listen(drawing);
    }
    this.plot = plot;
    this.asked = asked;
    drawing.fill(plot);
    drawing.dress(themeColors(this.palette));
    drawing.show({ raw: this.store.get("raw"), errors: this.store.get("errors") });
    if (this.drawing !== drawing) {
      this.drawing = drawing;
      this.selection.follow(drawing);
    } else this.selection.clear();
    drawing.zoom(this.store.get("zoom"));
    this.#state.hidden = true;
    showEmpty(this.#state, this.store, plot);
    this.controls.offer(plot, this.vocabulary);
    this.recipe.offer(this.vocabulary);
    showLegend(this.#legend, plot, this.store);
    showFoot(plot, this.store);
    this.#shut();
    this.#showRow();
    this.#showFeatures();
    // Something else may be wanted by now.
    this.#element.dataset.drawn = String(asked.wanted === this.#wanted);
    this.#element.dataset.shows = `${plot.spectra[0].job}/${plot.spectra[0].target}`;
  }

  #listen(drawing) {
    drawing.panels.forEach((figure, panel) => {
      figure.on_event("tap", (event) => this.#tapped(event, panel));
      figure.on_event("doubletap", () => {
        if (this.agrees) this.store.set({ zoom: null });
      });
      figure.on_event("mousemove", (event) => this.#nameFeatures(event, panel));
      figure.on_event("mouseleave", () => { this.#pointed.hidden = true; });
    });
    drawing.panels[0].properties.inner_width.change.connect(() => this.#resized());
    for (const range of [drawing.xRange, drawing.yRange]) {
      for (const name of ["start", "end"]) {
        range.properties[name].change.connect(() => this.#zoomed());
      }
    }
    if (matchMedia("(pointer: coarse)").matches) {
      // A finger on the plot must be able to scroll the page.
      for (const figure of drawing.panels) figure.toolbar.active_drag = null;
      for (const tool of drawing.layout.toolbar.tools) {
        if (tool.tools?.[0]?.type === "BoxZoomTool" || tool.type === "BoxZoomTool") tool.active = false;
      }
    }
  }

  // The nearest point within reach: of the shown spectrum, or of another, which is shown then.
  #tapped(event, panel) {
    if (!this.store.get("raw")) return;
    const index = nearestPoint(this.plot, panel, event, { ...this.drawing.scaleOf(panel), reach: REACH_PIX });
    if (index < 0) return;
    const { row, spectrum } = this.plot.points;
    const { job, target } = this.plot.spectra[spectrum[index]];
    this.store.show(job, target, row[index]);
  }

  #zoomed() {
    clearTimeout(this.#timers.zoom);
    this.#timers.zoom = setTimeout(() => {
      // The range of what was left is none of what comes.
      if (this.agrees) this.store.set({ zoom: this.drawing.zoomed });
      this.dropped = labelFeatures(this.drawing, this.features);
    }, REST_MS);
  }

  #resized() {
    clearTimeout(this.#timers.size);
    this.#timers.size = setTimeout(() => {
      if (this.features && this.drawing) this.dropped = labelFeatures(this.drawing, this.features);
    }, REST_MS);
  }

  #nameFeatures({ x, sx, sy }, panel) {
    const names = this.features && this.drawing ? featuresAt(this.drawing, this.features, this.dropped, x) : [];
    this.#pointed.hidden = !names.length;
    if (!names.length) return;
    this.#pointed.textContent = names.join(", ");
    const around = this.#element.getBoundingClientRect();
    const { left, top } = this.drawing.root.owner.find_one(this.drawing.panels[panel]).el.getBoundingClientRect();
    const half = this.#pointed.offsetWidth / 2;
    const at = Math.min(Math.max(left - around.left + sx, half), around.width - half);
    this.#pointed.style.translate = `${at - half}px ${Math.max(top - around.top + sy - ABOVE_POINTER_PX, 0)}px`;
  }

  #showRow() {
    if (!this.drawing || !this.plot) return;
    // The numbers of rows are those of a spectrum.
    this.drawing.ring(this.#isOfSpectrum ? this.store.get("row") : null);
    clearTimeout(this.#timers.blend);
    this.#timers.blend = setTimeout(() => showBlend(this.plot, this.store, this.api), REST_MS);
  }

  #showFeatures() {
    if (!this.drawing || !this.agrees) return;
    const isAtRest = this.store.get("redshift") !== null;
    const keys = this.store.get("x") === "wavelength" ? this.store.get("lines") : [];
    const redshift = isAtRest ? 0 : this.store.get("line_redshift");
    this.features = featuresOf(this.vocabulary.lines, keys, redshift);
    this.#pointed.hidden = true;
    this.dropped = drawFeatures(this.drawing, this.features);
  }
}

function axesOf(store) {
  return JSON.stringify(AXES.map((key) => store.get(key)));
}
