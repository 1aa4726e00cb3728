// One cutout of the strip: a button with the picture and its caption.

import { clearCanvas, drawCutout, missingWords } from "./cutout_draw.js";
import { element } from "./dom.js";
import { pixelAt } from "./readout.js";

const DRAG_PX = 4;
const ZOOM_STEP = 1.25;

// `strip` is told what happens: picked, opened, hovered, moved.
export class StripItem {
  #start = null;
  #wasDragged = false;

  constructor(list, strip) {
    this.strip = strip;
    this.frame = null;
    this.cutout = null;
    this.button = element("button", "cutout");
    this.button.type = "button";
    this.canvas = element("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.missing = element("span", "cutout-missing");
    this.picture = element("span", "cutout-picture");
    this.picture.append(this.canvas, this.missing);
    this.caption = element("span", "cutout-caption");
    this.button.append(this.picture, this.caption);
    this.item = element("li");
    this.item.append(this.button);
    list.append(this.item);
    this.#listen();
  }

  remove() {
    this.item.remove();
  }

  show(row, cutout, { isSelected, look, pan, problem }) {
    this.row = row;
    this.cutout = cutout;
    this.button.dataset.row = row;
    this.button.setAttribute("aria-pressed", String(isSelected));
    const words = cutout ? missingWords(cutout, look.layer) : problem ? "not loaded" : "";
    this.canvas.hidden = words !== "";
    this.missing.hidden = words === "";
    this.missing.textContent = words;
    // The caption first: it takes its room from the picture.
    this.caption.replaceChildren(...captionParts(row, cutout));
    this.frame = null;
    if (cutout && !words) this.frame = drawCutout(this.canvas, cutout.pixels, look, pan);
    else clearCanvas(this.canvas);
    const names = cutout?.flags.map(({ name }) => name).join(", ");
    this.button.title = [`Row ${row}`, cutout?.exposure, names].filter(Boolean).join("\n");
  }

  #listen() {
    const { button } = this;
    button.addEventListener("click", (event) => {
      if (this.#wasDragged) return;
      // The second click of two: the first one has selected, and moved the strip. A finger
      // that is on the selected one already has nothing else to mean.
      const isAgain = event.pointerType === "touch" && this.button.getAttribute("aria-pressed") === "true";
      if (event.detail > 1 || isAgain) this.strip.opened();
      else this.strip.picked(this.row);
    });
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.strip.picked(this.row);
      this.strip.opened();
    });
    button.addEventListener("pointerdown", (event) => this.#press(event));
    button.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, () => { this.#start = null; });
    button.addEventListener("pointerleave", () => this.strip.left());
    this.picture.addEventListener("wheel", (event) => {
      if (!this.frame || event.ctrlKey) return;
      event.preventDefault();
      const factor = event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP;
      this.strip.moved(this.row, this.frame.zoomed(factor, this.#point(event)));
    }, { passive: false });
  }

  #press(event) {
    this.#wasDragged = false;
    // A finger moves the strip or the page.
    if (event.button !== 0 || event.pointerType === "touch" || !this.frame || event.target !== this.canvas) return;
    this.#start = { x: event.clientX, y: event.clientY, frame: this.frame };
    // Now it's a drag wherever the pointer goes.
    this.button.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (!this.frame) return;
    if (!this.#start) {
      if (event.target !== this.canvas) return;
      const pixel = pixelAt(this.cutout.pixels, this.frame, this.#point(event));
      if (pixel) this.strip.hovered(this.cutout, pixel);
      else this.strip.left();
      return;
    }
    const [across, down] = [event.clientX - this.#start.x, event.clientY - this.#start.y];
    if (!this.#wasDragged && Math.hypot(across, down) < DRAG_PX) return;
    this.#wasDragged = true;
    const ratio = devicePixelRatio;
    this.strip.moved(this.row, this.#start.frame.dragged(across * ratio, down * ratio));
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * devicePixelRatio, (event.clientY - box.top) * devicePixelRatio];
  }
}

function captionParts(row, cutout) {
  if (!cutout) return [element("span", "muted", `Row ${row}`)];
  const where = element("span", "cutout-where");
  if (cutout.wavelength_text) where.append(element("span", "", `${cutout.wavelength_text} \u00b5m`), " ");
  where.append(element("span", "", cutout.detector === null ? `Row ${row}` : `D${cutout.detector}`));
  const parts = [where, fluxParts(cutout)];
  if (cutout.snr_text) parts.push(element("span", "cutout-snr muted", `S/N ${cutout.snr_text}`), " ");
  parts.push(...flagCount(cutout.flags), " ");
  if (cutout.reason && cutout.pixels) parts.push(element("span", "cutout-why", cutout.reason));
  parts.push(chipList(cutout.flags, "cutout-flags"));
  return parts;
}

// Where there is no room for the names of all flags, their number says that there are some.
function flagCount(flags) {
  const serious = flags.filter(({ severity }) => severity !== "benign");
  if (!serious.length) return [];
  const worst = serious.find(({ severity }) => severity !== "warn") ?? serious[0];
  const count = element("span", `cutout-count chip chip-${worst.severity}`, String(serious.length));
  count.append(element("span", "", serious.length === 1 ? " flag" : " flags"));
  return [count];
}

// Lines break between numbers, never in one.
function fluxParts(cutout) {
  const made = element("span", "cutout-flux");
  for (const words of fluxWords(cutout)) made.append(element("span", "", words), " ");
  return made;
}

export function fluxText(cutout) {
  return fluxWords(cutout).join(" ");
}

function fluxWords({ flux_text: flux, error_text: error, is_limit: isLimit, unit_label: unit }) {
  if (flux === null) return ["no flux"];
  if (isLimit) return [`> ${flux}`, unit];
  return error === null ? [flux, unit] : [flux, `\u00b1 ${error}`, unit];
}

export function chipList(flags, name, withPixels = false) {
  const list = element("span", name);
  for (const { name: flag, meaning, severity, n_pix: pixels, n_near: near } of flags) {
    const chip = element("span", `chip chip-${severity}`, flag);
    chip.title = pixels === null ? meaning : `${meaning}: ${pixels} of ${near} pixels near the target`;
    if (withPixels && pixels !== null) chip.append(" ", element("span", "chip-pixels", `${pixels}/${near} pix`));
    list.append(chip);
  }
  return list;
}
