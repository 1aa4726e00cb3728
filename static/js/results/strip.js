// The strip of cutouts: the selected measurement and its neighbours in the order of the view.

import { CENTERED } from "./cutout_geometry.js";
import { stretchOf } from "./cutout_scale.js";
import { lookOf } from "./cutout_draw.js";
import { MaskLegend } from "./masks.js";
import { maskStyles } from "./masks_patterns.js";
import { Readout, bitsAt } from "./readout.js";
import { CutoutCache } from "./strip_cache.js";
import { LimitFields, Panel, bindControls, bindStretch, mountMore } from "./strip_controls.js";
import { StripItem } from "./strip_items.js";
import { showSelection } from "./strip_selection.js";
import { Viewer } from "./viewer.js";

const AHEAD = 10;
const SOON = 4;
const DRAWN_BY = [
  "row", "unit", "count", "size", "layer", "wcs", "stretch", "limits", "shared", "colormap", "marks", "masks",
  "bits", "opacity", "strip_order",
];
const find = (id) => document.getElementById(id);

export function mountStrip({ store, api, keys }) {
  return new Strip(store, api, keys);
}

class Strip {
  #items = [];
  #at = 0;
  // The row that was selected when the strip was drawn last.
  #selected = null;
  #pans = new Map();
  #frame = 0;
  // The rows in the order of the strip, once the table has said so.
  #order = null;
  #places = new Map();

  constructor(store, api, keys) {
    this.store = store;
    this.list = find("strip");
    this.cache = new CutoutCache(store, api);
    const flags = JSON.parse(find("image-flags").textContent);
    this.styles = maskStyles(flags);
    this.readout = new Readout(find("cutout-readout"), new Map(flags.map(({ bit, name }) => [bit, name])));
    this.legend = new MaskLegend(store, flags, this.styles, find("mask-legend"));
    this.viewer = new Viewer(this, find("cutout-viewer"));
    this.#bind(keys);
    this.#follow();
    if (store.kept.length) this.#reorder();
    else this.draw();
  }

  #bind(keys) {
    bindControls(this.store, find("strip-pane"));
    bindStretch(this.store, find("cutout-interval"), find("cutout-curve"));
    this.limits = new LimitFields(this.store, {
      low: find("cutout-low"), high: find("cutout-high"), problem: find("cutout-limits-problem"), reset: find("cutout-automatic"),
    });
    for (const name of ["cutout-scale", "mask-panel"]) new Panel(find(`${name}-open`), find(name));
    mountMore(find("strip-more-open"), find("strip-more"));
    find("previous-row").addEventListener("click", () => this.#alongTable(-1));
    find("next-row").addEventListener("click", () => this.#alongTable(1));
    find("previous-cutout").addEventListener("click", () => this.step(-1));
    addEventListener("resize", () => this.#center());
    find("next-cutout").addEventListener("click", () => this.step(1));
    find("cutout-reset").addEventListener("click", () => this.resetPan());
    find("cutout-large").addEventListener("click", () => this.opened());
    find("strip-again").addEventListener("click", () => this.cache.tryAgain());
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.step(step);
    });
    keys.add(["m"], "Show or hide the mask layer of the cutouts", () => this.store.set({ masks: !this.store.get("masks") }));
    keys.add(["o"], "Large view of the selected cutout", () => this.opened());
  }

  #follow() {
    const { store } = this;
    store.on(["job", "target"], () => {
      this.cache.clear();
      this.#pans.clear();
      this.#order = null;
      this.#places = new Map();
    });
    store.on([...DRAWN_BY, "job", "target"], () => this.draw());
    store.on(["wcs"], () => this.resetPan());
    store.addEventListener("kept", () => this.#reorder());
    this.cache.addEventListener("loaded", () => this.draw());
    new ResizeObserver(() => this.#drawSoon()).observe(this.list);
  }

  #reorder() {
    this.#order = this.store.strip;
    this.#places = new Map(Array.from(this.#order, (row, place) => [row, place]));
    this.draw();
  }

  // Until the table has answered, rows stand in the order of the file.
  get #length() {
    return this.#order ? this.#order.length : this.cache.nRows ?? (this.store.get("row") === null ? 0 : 1);
  }

  #rowAt(place) {
    if (this.#order) return this.#order[place];
    return this.cache.nRows === null ? this.store.get("row") : place;
  }

  #placeOf(row) {
    if (row === null) return undefined;
    if (this.#order) return this.#places.get(row);
    return this.cache.nRows === null ? 0 : row;
  }

  #slice(first, end) {
    const [from, to] = [Math.max(first, 0), Math.min(end, this.#length)];
    return Array.from({ length: Math.max(to - from, 0) }, (_, step) => this.#rowAt(from + step));
  }

  // Another measurement along the strip.
  step(step) {
    const place = this.#placeOf(this.store.get("row"));
    if (!this.#length) return;
    const next = place === undefined ? this.#at : Math.min(Math.max(place + step, 0), this.#length - 1);
    this.store.select(this.#rowAt(next));
  }

  #alongTable(step) {
    if (this.#order) this.store.move(step);
    else this.step(step);
  }

  draw() {
    const row = this.store.get("row");
    const place = this.#placeOf(row);
    // Without the selected row, the strip stays where it was.
    if (place !== undefined) this.#at = place;
    this.#at = Math.max(0, Math.min(this.#at, this.#length - 1));
    const count = Math.min(this.store.get("count"), this.#length);
    const first = Math.min(Math.max(this.#at - (count >> 1), 0), this.#length - count);
    const rows = this.#slice(first, first + count);
    this.cache.want(rows, this.#needed(first, count));
    if (row !== null && !this.cache.get(row)) this.cache.want([row], []);
    this.#drawItems(rows);
    this.#describe(row, place);
    this.viewer.draw();
  }

  // What is soon needed is fetched in one go with what follows it.
  #needed(first, count) {
    const isMissing = (row) => !this.cache.get(row);
    const soon = this.#slice(first - SOON, first + count + SOON);
    return soon.some(isMissing) ? this.#slice(first - AHEAD, first + count + AHEAD) : [];
  }

  #drawItems(rows) {
    const focused = this.#items.find(({ button }) => button === document.activeElement)?.row;
    while (this.#items.length > rows.length) this.#items.pop().remove();
    while (this.#items.length < rows.length) this.#items.push(new StripItem(this.list, this));
    this.list.style.setProperty("--count", this.store.get("count"));
    const cutouts = rows.map((row) => this.cache.get(row));
    const look = this.look(cutouts);
    // The focus goes along with the selection; cutouts that arrive leave it where it is.
    const selected = this.store.get("row");
    const stays = selected === this.#selected && rows.includes(focused);
    this.#selected = selected;
    rows.forEach((row, number) => {
      const isSelected = row === selected;
      this.#items[number].show(row, cutouts[number], { isSelected, look, pan: this.panOf(row), problem: this.cache.problem });
      if (focused !== undefined && row === (stays ? focused : selected)) this.#items[number].button.focus({ preventScroll: true });
    });
    this.legend.showPresent(cutouts);
    this.shown = cutouts;
    this.#center();
  }

  look(cutouts = this.shown, layer = this.store.get("layer")) {
    return lookOf(this.store, cutouts, this.styles, layer);
  }

  // On a narrow screen the strip scrolls sideways.
  #center() {
    const { list } = this;
    const item = this.#items.find(({ row }) => row === this.store.get("row"));
    if (!item || list.scrollWidth <= list.clientWidth) return;
    const [box, at] = [list.getBoundingClientRect(), item.button.getBoundingClientRect()];
    list.scrollLeft += at.left + at.width / 2 - box.left - box.width / 2;
  }

  #describe(row, place) {
    const { cache, store } = this;
    const cutout = row === null ? undefined : cache.get(row);
    showSelection(find("selection-text"), { row, cutout, isHidden: place === undefined, problem: cache.problem });
    this.limits.show(cutout, store.get("layer"), stretchOf(store.get("stretch")).interval);
    this.#countEnds(place);
    find("strip-empty").hidden = this.#length > 0;
    find("strip-empty").textContent = this.#order ? "No measurement passes the filters." : "There is no measurement to show.";
    find("strip-problem").hidden = cache.problem === "";
    find("strip-problem").firstElementChild.textContent = cache.problem;
    for (const [name, isEnd] of [["previous-cutout", place === 0], ["next-cutout", place === this.#length - 1]]) {
      find(name).setAttribute("aria-disabled", String(isEnd || !this.#length));
    }
  }

  // How many cutouts there are on either side: rows have numbers, places in an order need none.
  #countEnds(place) {
    const isKnown = place !== undefined && (this.#order !== null || this.cache.nRows !== null);
    for (const [name, count] of [["before", place], ["after", this.#length - 1 - place]]) {
      find(`strip-${name}`).hidden = !isKnown;
      find(`strip-${name}`).querySelector(".numeric").textContent = isKnown ? count : "";
    }
  }

  #drawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.draw());
  }

  // Pan and zoom: of all cutouts, or of each if they are not matched.

  panOf(row) {
    return this.#pans.get(this.store.get("wcs") ? "all" : row) ?? CENTERED;
  }

  resetPan(row = null) {
    if (row === null || this.store.get("wcs")) this.#pans.clear();
    else this.#pans.delete(row);
    this.#drawSoon();
    find("cutout-reset").disabled = this.#pans.size === 0;
  }

  // What happens in a cutout.

  moved(row, pan) {
    this.#pans.set(this.store.get("wcs") ? "all" : row, pan);
    find("cutout-reset").disabled = false;
    this.#drawSoon();
  }

  picked(row) {
    this.store.select(row);
  }

  opened() {
    this.viewer.open();
  }

  hovered(cutout, pixel) {
    this.readout.show(cutout, pixel, this.store.get("layer"));
    this.legend.highlight(bitsAt(cutout.pixels, pixel));
  }

  left() {
    this.readout.clear();
    this.legend.highlight([]);
  }

  get selectedButton() {
    return this.#items.find(({ row }) => row === this.store.get("row"))?.button;
  }
}
