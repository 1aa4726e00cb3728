// Points inside a box or a lasso become filters, which table and cutouts follow.

import { MOST_CHARACTERS as MOST_LISTED, ranges, without } from "./row_lists.js";

const MOST_CHARACTERS = 2000;

// A small bar: "37 points: keep only these | leave these out | clear".
export class SelectionBar {
  #bar = document.getElementById("plot-selection");
  #words = this.#bar.querySelector("[data-words]");
  #message = this.#bar.querySelector("[role=status]");

  // `agrees` tells whether what is drawn is what the store says: rows and ranges are of that.
  constructor(store, agrees) {
    Object.assign(this, { store, agrees });
    this.#bar.querySelector("[data-keep]").addEventListener("click", () => this.#filter(true));
    this.#bar.querySelector("[data-leave]").addEventListener("click", () => this.#filter(false));
    this.#bar.querySelector("[data-clear]").addEventListener("click", () => this.clear());
  }

  // Follows what is selected in a drawing.
  follow(drawing) {
    this.drawing = drawing;
    this.geometry = null;
    for (const [number, figure] of drawing.panels.entries()) {
      figure.on_event("selectiongeometry", ({ geometry, final }) => {
        if (final) this.geometry = { ...geometry, panel: number };
      });
    }
    this.source = drawing.find("points");
    this.source.selected.properties.indices.change.connect(() => this.show());
    this.show();
  }

  clear() {
    if (!this.source) return;
    this.source.selected.indices = [];
    this.geometry = null;
    this.show();
  }

  get rows() {
    const { spectrum, row } = this.drawing.plot.points;
    return this.source.selected.indices.filter((index) => spectrum[index] === 0).map((index) => row[index]);
  }

  show() {
    const count = this.source.selected.indices.length;
    const own = this.rows.length;
    this.#bar.hidden = count === 0 || !this.agrees();
    this.#message.textContent = "";
    this.#words.textContent = own === count
      ? `${count} point${count === 1 ? "" : "s"}:`
      : `${own} of this spectrum's points, ${count - own} of others:`;
  }

  #filter(keep) {
    const { rows } = this;
    if (!rows.length) {
      this.#message.textContent = "None of them is of this spectrum, and filters are for this one.";
      return;
    }
    const filters = (keep && this.#boxFilters()) || this.#rowFilters(rows, keep);
    if (typeof filters === "string") this.#message.textContent = filters;
    else {
      this.clear();
      this.store.set({ filters, zoom: null });
    }
  }

  // Conditions on the columns of the axes; null where the box is not one of plain columns.
  #boxFilters() {
    const { geometry, store } = this;
    const panel = geometry && this.drawing.plot.panels[geometry.panel];
    const isPlain = geometry?.type === "rect" && store.get("redshift") === null
      && !(panel.is_flux && store.get("scale") !== "none" && store.get("compare").length)
      && !store.get("derived").some(({ name }) => name === panel.column)
      // A limit is no value that a condition could find.
      && !this.source.selected.indices.some((index) => panel.limit[index]);
    if (!isPlain) return null;
    const filters = { ...store.get("filters") };
    const { x } = this.drawing.plot.points;
    const wanted = [
      [store.get("x"), shortEdges(x, geometry.x0, geometry.x1), "uJy"],
      [panel.column, shortEdges(panel.y, geometry.y0, geometry.y1), panel.is_flux ? store.get("unit") : "uJy"],
    ];
    for (const [column, [low, high], unit] of wanted) {
      const text = `>= ${low} and <= ${high}`;
      const before = filters[column];
      if (before && (/\bor\b/i.test(before.text) || (before.unit ?? "uJy") !== unit)) return null;
      filters[column] = { text: before ? `${before.text} and ${text}` : text, unit };
      if (filters[column].text.length > MOST_CHARACTERS) return null;
    }
    return filters;
  }

  #rowFilters(rows, keep) {
    const text = keep ? `in (${ranges(rows)})` : without(this.store.get("filters").row?.text ?? "", rows);
    if (text === null) return "There is already a filter on column row; clear it first.";
    if (text.length > MOST_LISTED) {
      return `${rows.length} points are too many to be listed by row. ${
        keep ? "Draw a box instead: it becomes conditions on its axes." : "Select fewer at a time."}`;
    }
    return { ...this.store.get("filters"), row: { text, unit: "uJy" } };
  }
}

// The ends of a side of the box with as few digits as still hold the same points.
function shortEdges(values, one, other) {
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  for (let digits = 3; digits < 16; digits += 1) {
    const [a, b] = [Number(low.toPrecision(digits)), Number(high.toPrecision(digits))];
    if (values.every((value) => (value >= low && value <= high) === (value >= a && value <= b))) return [a, b];
  }
  return [low, high];
}
