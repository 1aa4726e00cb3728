// The strip of cutouts: the selected measurement and its neighbours in the table's order.

import { drawCutout } from "./cutout.js";

const COUNT = 5;
// What is fetched at once, so that stepping along rarely waits.
const AHEAD = 6;
const KEPT = 400;

export class CutoutStrip {
  constructor(list, selection, url) {
    this.list = list;
    this.selection = selection;
    this.url = url;
    this.cutouts = new Map();
    this.asked = new Set();
    this.text = document.getElementById("selection-text");
    this.controls = {
      layer: document.getElementById("layer"),
      size: document.getElementById("cutout-size"),
      stretch: document.getElementById("stretch"),
      northUp: document.getElementById("north-up"),
    };
    document.getElementById("strip-controls").hidden = false;
    for (const control of Object.values(this.controls)) {
      control.addEventListener("change", () => this.draw());
    }
    this.items = Array.from({ length: Math.min(COUNT, selection.count) }, () => new StripItem(list, selection));
    selection.addEventListener("change", () => this.show());
    this.show();
  }

  get rows() {
    const n = this.items.length;
    const first = Math.min(Math.max(this.selection.row - (n >> 1), 0), this.selection.count - n);
    return Array.from({ length: n }, (_, i) => first + i);
  }

  async show() {
    this.draw();
    const rows = this.rows;
    const from = Math.max(rows[0] - AHEAD, 0);
    const to = Math.min(rows.at(-1) + AHEAD, this.selection.count - 1);
    const isMissing = (row) => !this.cutouts.has(row) && !this.asked.has(row);
    if (!rows.some(isMissing)) return;
    const wanted = [];
    for (let row = from; row <= to; row += 1) if (isMissing(row)) wanted.push(row);
    for (const row of wanted) this.asked.add(row);
    try {
      const response = await fetch(`${this.url}?rows=${wanted.join(",")}`);
      if (!response.ok) throw new Error(`${response.status}`);
      this.keep((await response.json()).cutouts);
      this.failed = false;
    } catch {
      this.failed = true;
    }
    for (const row of wanted) this.asked.delete(row);
    this.draw();
  }

  keep(cutouts) {
    if (this.cutouts.size > KEPT) this.cutouts.clear();
    for (const cutout of cutouts) this.cutouts.set(cutout.row, cutout);
  }

  draw() {
    const view = {
      layer: this.controls.layer.value,
      arcmin: Number(this.controls.size.value),
      stretch: this.controls.stretch.value,
      northUp: this.controls.northUp.checked,
    };
    this.rows.forEach((row, i) => {
      this.items[i].show(row, this.cutouts.get(row), row === this.selection.row, view, this.failed);
    });
    this.say(this.cutouts.get(this.selection.row));
    this.center();
  }

  // On a narrow screen the strip scrolls sideways.
  center() {
    const { list } = this;
    if (list.scrollWidth <= list.clientWidth) return;
    const item = this.items[this.rows.indexOf(this.selection.row)].button;
    const box = list.getBoundingClientRect();
    const at = item.getBoundingClientRect();
    list.scrollLeft += at.left + at.width / 2 - box.left - box.width / 2;
  }

  say(cutout) {
    if (!cutout) {
      this.text.replaceChildren(
        this.failed ? "The cutouts could not be loaded. Select another measurement to try again." : `Row ${this.selection.row}`,
      );
      return;
    }
    const parts = [element("strong", "", `Row ${cutout.row}`), element("span", "", `D${cutout.detector}`)];
    if (cutout.wavelength_text) {
      parts.push(element("span", "", `${cutout.wavelength_text} \u00b5m`));
    }
    parts.push(element("strong", "", fluxText(cutout)));
    if (cutout.snr_text) parts.push(element("span", "muted", `S/N ${cutout.snr_text}`));
    parts.push(element("span", "muted", `MJD ${cutout.mjd}`));
    parts.push(chips(cutout.flags, "chips", true));
    if (cutout.reason) parts.push(element("span", "field-error", cutout.reason));
    this.text.replaceChildren(...parts);
    this.text.dataset.row = cutout.row;
  }
}

class StripItem {
  constructor(list, selection) {
    this.button = element("button", "cutout");
    this.button.type = "button";
    this.canvas = element("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.reason = element("span", "cutout-reason");
    this.caption = element("span", "cutout-caption");
    this.button.append(this.canvas, this.reason, this.caption);
    this.button.addEventListener("click", () => selection.select(this.row));
    const item = element("li");
    item.append(this.button);
    list.append(item);
  }

  show(row, cutout, isSelected, view, failed) {
    this.row = row;
    this.button.dataset.row = row;
    this.button.setAttribute("aria-pressed", String(isSelected));
    const plane = cutout?.image && (view.layer === "image" || cutout.model);
    this.canvas.hidden = !plane && Boolean(cutout);
    this.reason.hidden = !this.canvas.hidden;
    if (!cutout) {
      this.caption.replaceChildren(element("span", "muted", failed ? `Row ${row}: not loaded` : `Row ${row}`));
      this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
      return;
    }
    if (plane) {
      drawCutout(this.canvas, cutout, view);
    } else {
      this.reason.textContent = cutout.image ? "No model: nothing was fitted" : cutout.reason || "No pixels";
    }
    const where = cutout.wavelength_text ? `${cutout.wavelength_text} \u00b5m \u00b7 D${cutout.detector}` : `D${cutout.detector}`;
    this.caption.replaceChildren(
      element("span", "", where),
      element("span", "", fluxText(cutout)),
      chips(cutout.flags, "cutout-flags"),
    );
    this.button.title = `Row ${row}, ${cutout.exposure}`;
  }
}

function fluxText(cutout) {
  if (!cutout.flux_text) return "no flux";
  return cutout.error_text ? `${cutout.flux_text} \u00b1 ${cutout.error_text} \u00b5Jy` : `${cutout.flux_text} \u00b5Jy`;
}

function chips(flags, name, withPixels = false) {
  const list = element("span", name);
  for (const flag of flags) {
    const chip = element("span", `chip chip-${flag.severity}`, flag.name);
    chip.title = flag.explanation;
    if (withPixels && flag.pixels) chip.append(" ", element("span", "chip-pixels", flag.pixels));
    list.append(chip);
  }
  return list;
}

function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}
