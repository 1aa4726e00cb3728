// The cutouts that were fetched for the spectrum that is shown. "loaded" tells that there are more,
// or that fetching them failed.

import { Refused, unpacked } from "./api.js";

const MOST_ROWS = 30;
const KEPT = 500;
const PLANES = ["image", "model", "variance", "flags"];

export class CutoutCache extends EventTarget {
  #cutouts = new Map();
  #asked = new Set();
  #generation = 0;

  constructor(store, api) {
    super();
    this.store = store;
    this.api = api;
    this.clear();
  }

  // Another spectrum is shown.
  clear() {
    this.#cutouts.clear();
    this.#asked.clear();
    this.#generation += 1;
    this.nRows = null;
    this.problem = "";
  }

  // In any unit: a caption in the former one is better than none for a moment.
  get(row) {
    return this.#cutouts.get(row);
  }

  // Fetches what is missing of `shown`, with the rows around it, which are needed next.
  want(shown, around) {
    const unit = this.store.get("unit");
    const isMissing = (row) => !this.#cutouts.has(row) && !this.#asked.has(`${row} ${unit}`);
    const isOld = (row) => this.get(row) && this.get(row).unit !== unit && !this.#asked.has(`${row} ${unit}`);
    const near = [...new Set([...shown, ...around])];
    const missing = near.filter(isMissing).slice(0, MOST_ROWS);
    if (missing.length) this.#fetch(missing, unit, true);
    const old = shown.filter(isOld);
    if (old.length) this.#fetch(old, unit, false);
  }

  tryAgain() {
    this.problem = "";
    this.dispatchEvent(new Event("loaded"));
  }

  async #fetch(rows, unit, withPixels) {
    if (this.problem) return;
    const generation = this.#generation;
    for (const row of rows) this.#asked.add(`${row} ${unit}`);
    try {
      const query = `rows=${rows.join(",")}&unit=${unit}&pixels=${withPixels ? 1 : 0}`;
      const { cutouts, n_rows: nRows } = await this.api.get(`cutouts?${query}`);
      if (generation !== this.#generation) return;
      this.nRows = nRows;
      this.#keep(cutouts, withPixels);
    } catch (error) {
      if (generation !== this.#generation) return;
      this.problem = error instanceof Refused ? error.message : "The cutouts could not be loaded.";
    }
    for (const row of rows) this.#asked.delete(`${row} ${unit}`);
    this.dispatchEvent(new Event("loaded"));
  }

  #keep(cutouts, withPixels) {
    if (this.#cutouts.size > KEPT) this.#cutouts.clear();
    for (const cutout of cutouts) {
      const former = this.#cutouts.get(cutout.row);
      if (withPixels) this.#cutouts.set(cutout.row, { ...cutout, pixels: decoded(cutout.pixels) });
      else if (former) this.#cutouts.set(cutout.row, { ...former, ...cutout });
    }
  }
}

function decoded(pixels) {
  if (!pixels) return null;
  const planes = PLANES.map((name) => [name, pixels[name] && unpacked(pixels[name])]);
  return { ...pixels, ...Object.fromEntries(planes) };
}
