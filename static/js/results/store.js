// What the results page shows, in one place: every pane reads it here, changes it here and
// listens to "change", whose detail is the set of keys that changed. The address keeps all of it.
//
// Keys of VIEW go to the server (explorer/results/view.py says what they mean); those of
// PER_SPECTRUM belong to one spectrum and are kept for each while the page's tab lives; those of
// PREFERENCES are remembered by the browser.

const VIEW = {
  filters: {}, sql: "", mask: "0", derived: [], sort: "", descending: false, columns: null,
  strip_order: "wavelength", unit: "uJy", x: "wavelength", channel: null, y: "flux", panels: [],
  redshift: null, color: "det_id", errors: true, raw: true, binned: false, binning: null,
  compare: [], scale: "none",
};
const BROWSER = {
  job: "", target: 0, row: null, page: null, zoom: null, lines: [], pane: "spectrum", multiples: false,
  all_targets: false, side: "flags", line_redshift: 0,
};
const PREFERENCES = {
  count: 5, size: 1.2, layer: "image", wcs: true, stretch: "zscale", limits: null, shared: false,
  colormap: "grey", marks: true, masks: false, bits: null, opacity: 0.8,
};
const PER_SPECTRUM = [
  "filters", "sql", "mask", "sort", "descending", "row", "page", "zoom", "redshift", "line_redshift", "channel", "x",
];
// What leaves no row out; a light curve without a channel is of all of them.
export const NO_FILTERS = { filters: {}, sql: "", mask: "0", channel: null };
const DEFAULTS = { ...VIEW, ...BROWSER, ...PREFERENCES };
const REST_MS = 150;

export class Store extends EventTarget {
  #state;
  #defaults;
  #kept = new Int32Array(0);
  #positions = new Map();
  // Steps taken before the rows of this spectrum are known wait for them.
  #isKnown = false;
  #steps = 0;
  #strip = new Int32Array(0);
  #memory;
  #timer;
  #written = 0;

  // `start` is what the server says: job, target, row.
  constructor(start) {
    super();
    this.#defaults = { ...DEFAULTS, ...start };
    this.#memory = stored(sessionStorage, "results");
    const kept = stored(localStorage, "results");
    for (const key of Object.keys(PREFERENCES)) if (key in kept) this.#defaults[key] = kept[key];
    const address = this.#readAddress();
    const remembered = Object.keys(address).length ? {} : this.#memory[this.#memoryKey(start)] ?? {};
    const row = new URL(location).searchParams.has("row") ? { row: start.row } : {};
    this.#state = { ...this.#defaults, ...remembered, ...address, ...row };
    addEventListener("hashchange", () => {
      const patch = this.#readAddress();
      if (Object.keys(patch).length) this.set(patch);
    });
  }

  get(key) {
    return this.#state[key];
  }

  // Which one is shown, as a text.
  get spectrum() {
    return this.#memoryKey(this.#state);
  }

  isDefault(key) {
    return same(this.#state[key], DEFAULTS[key]);
  }

  defaultOf(key) {
    return DEFAULTS[key];
  }

  // The part that the server understands.
  get view() {
    return Object.fromEntries(Object.keys(VIEW).map((key) => [key, this.#state[key]]));
  }

  set(patch) {
    const changed = new Set();
    const next = { ...this.#state };
    for (const [key, value] of Object.entries(patch)) {
      if (!(key in DEFAULTS)) throw new Error(`${key} is not a key of the page's state`);
      if (same(value, next[key])) continue;
      next[key] = value;
      changed.add(key);
    }
    if (!changed.size) return;
    this.#state = next;
    if (changed.has("job") || changed.has("target")) [this.#isKnown, this.#steps] = [false, 0];
    this.#remember(changed);
    this.dispatchEvent(new CustomEvent("change", { detail: changed }));
    // At once, so that a reload keeps it; but browsers refuse hundreds of changes in seconds.
    clearTimeout(this.#timer);
    const rest = this.#written + REST_MS - performance.now();
    if (rest <= 0) this.#writeAddress();
    else this.#timer = setTimeout(() => this.#writeAddress(), rest);
  }

  // Calls `listener` whenever one of the keys changes.
  on(keys, listener) {
    this.addEventListener("change", (event) => {
      if (keys.some((key) => event.detail.has(key))) listener(event.detail);
    });
  }

  // The rows that the table shows, in its order, and those of the strip in its own: set by the table.
  get kept() {
    return this.#kept;
  }

  get strip() {
    return this.#strip;
  }

  // Whether those rows are of the spectrum that is shown: another one's arrive after a while.
  get isKnown() {
    return this.#isKnown;
  }

  setKept(rows, strip) {
    this.#kept = rows;
    this.#strip = strip;
    this.#positions = new Map(Array.from(rows, (row, position) => [row, position]));
    const steps = this.#steps;
    [this.#isKnown, this.#steps] = [true, 0];
    this.dispatchEvent(new Event("kept"));
    if (steps) this.move(steps);
  }

  isKept(row) {
    return this.#positions.has(row);
  }

  positionOf(row) {
    return this.#positions.get(row);
  }

  select(row) {
    this.set({ row, page: null });
  }

  // Another row along the table's order; from a row that is filtered out, the first one.
  move(step) {
    if (!this.#isKnown) this.#steps += step;
    if (!this.#isKnown || !this.#kept.length) return;
    const at = this.#positions.get(this.#state.row);
    const to = at === undefined ? 0 : Math.min(Math.max(at + step, 0), this.#kept.length - 1);
    this.select(this.#kept[to]);
  }

  // Show another spectrum, as it was when it was last shown.
  show(job, target, row = null) {
    const here = { job: this.#state.job, target: this.#state.target };
    if (here.job === job && here.target === target) {
      if (row !== null) this.select(row);
      return;
    }
    this.#memory[this.#memoryKey(here)] = pick(this.#state, PER_SPECTRUM);
    const then = this.#memory[this.#memoryKey({ job, target })] ?? pick(DEFAULTS, PER_SPECTRUM);
    const filters = this.#state.all_targets ? pick(this.#state, ["filters", "sql", "mask", "sort", "descending"]) : {};
    const compare = exchanged(this.#state.compare, { job, target }, here);
    this.set({ ...then, ...filters, ...(row === null ? {} : { row }), job, target, compare, page: null });
  }

  #memoryKey({ job, target }) {
    return `${job}/${target}`;
  }

  #remember(changed) {
    this.#memory[this.#memoryKey(this.#state)] = pick(this.#state, PER_SPECTRUM);
    save(sessionStorage, "results", this.#memory);
    if (Object.keys(PREFERENCES).some((key) => changed.has(key))) {
      save(localStorage, "results", pick(this.#state, Object.keys(PREFERENCES)));
    }
  }

  #writeAddress() {
    this.#written = performance.now();
    const address = new URL(location);
    const { job, target, row } = this.#state;
    address.pathname = address.pathname.replace(/\/jobs\/[^/]+\//, `/jobs/${job}/`);
    address.searchParams.set("target", target);
    if (row === null) address.searchParams.delete("row");
    else address.searchParams.set("row", row);
    const parts = Object.keys(DEFAULTS)
      .filter((key) => !["job", "target", "row", "page"].includes(key) && !same(this.#state[key], DEFAULTS[key]))
      .map((key) => `${key}=${encodeURIComponent(JSON.stringify(this.#state[key])).replaceAll("%2C", ",")}`);
    address.hash = parts.join("&");
    history.replaceState(history.state, "", address);
  }

  // A part that is not ours (a link to an anchor, a mangled address) is passed over.
  #readAddress() {
    const patch = {};
    for (const part of location.hash.slice(1).split("&")) {
      const [key, text] = part.split("=");
      if (!(key in DEFAULTS) || text === undefined || ["job", "target", "row"].includes(key)) continue;
      try {
        patch[key] = JSON.parse(decodeURIComponent(text));
      } catch {
        continue;
      }
    }
    return patch;
  }
}

// The compared spectra when one of them is shown instead of another, which takes its place: as many
// lie over each other as before.
function exchanged(compare, shown, left) {
  const is = (one) => ({ job, target }) => job === one.job && target === one.target;
  if (!compare.some(is(shown))) return compare;
  return compare.filter((one) => !is(left)(one)).map((one) => (is(shown)(one) ? left : one));
}

function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function pick(values, keys) {
  return Object.fromEntries(keys.map((key) => [key, values[key]]));
}

// Private windows may refuse storage: the page works without.
function stored(storage, key) {
  try {
    return JSON.parse(storage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function save(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or refused.
  }
}
