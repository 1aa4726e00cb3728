// The large view of the selected cutout, read pixel by pixel with pointer or keys.

import { clearCanvas, drawCutout, hasLimits, missingWords } from "./cutout_draw.js";
import { LAYERS, numberText, valueOf } from "./cutout_scale.js";
import { Readout, bitsAt, pixelAt } from "./readout.js";
import { setLayer } from "./strip_controls.js";
import { selectionParts } from "./strip_selection.js";

const BLINKED = ["image", "model", "residual"];
const BLINK_MS = 800;
const ZOOM_STEP = 1.3;
const TICKS = 5;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const DRAG_PX = 4;
const HINT = matchMedia("(hover: none)").matches
  ? "Touch a pixel to read it."
  : "Point at a pixel, or move the cursor with the arrow keys.";

export class Viewer {
  #blink = null;
  #layer = null;
  #cursor = null;
  #frame = null;
  #drag = null;

  // `strip` knows the cutouts, how they look and where one goes from here.
  constructor(strip, dialog) {
    this.strip = strip;
    this.store = strip.store;
    this.dialog = dialog;
    for (const name of ["canvas", "missing", "title", "readout", "bar", "ticks", "blink", "legend", "layers"]) {
      this[name] = dialog.querySelector(`[data-viewer=${name}]`);
    }
    this.readout = new Readout(this.readout, strip.readout.names, HINT);
    this.legendHome = document.getElementById("mask-legend").parentElement;
    this.#bindButtons();
    this.#bindCanvas();
    dialog.addEventListener("keydown", (event) => this.#pressed(event));
    dialog.addEventListener("close", () => this.#closed());
    new ResizeObserver(() => this.draw()).observe(this.canvas.parentElement);
  }

  open() {
    if (this.dialog.open || this.store.get("row") === null) return;
    // A legend that is used in two places is moved, not copied.
    const panel = this.legendHome.closest("[popover]");
    if (panel.matches(":popover-open")) panel.hidePopover();
    this.legend.append(document.getElementById("mask-legend"));
    this.#cursor = null;
    this.dialog.showModal();
    this.canvas.focus();
    this.draw();
  }

  get #cutout() {
    return this.strip.cache.get(this.store.get("row"));
  }

  get layer() {
    return this.#layer ?? this.store.get("layer");
  }

  draw() {
    if (!this.dialog.open) return;
    const cutout = this.#cutout;
    const layer = this.layer;
    const words = cutout ? missingWords(cutout, layer) : "";
    this.title.replaceChildren(...(cutout ? selectionParts(cutout) : []));
    this.missing.hidden = words === "";
    this.missing.textContent = words;
    this.#frame = null;
    const look = this.strip.look(this.strip.shown, layer);
    if (cutout && !words) {
      this.#frame = drawCutout(this.canvas, cutout.pixels, look, this.strip.panOf(cutout.row), this.#cursor);
    } else clearCanvas(this.canvas);
    this.#drawBar(cutout, look, words);
    this.#showLayer();
    this.#read();
  }

  #bindButtons() {
    const actions = {
      close: () => this.dialog.close(),
      previous: () => this.#step(-1),
      next: () => this.#step(1),
      reset: () => this.strip.resetPan(this.store.get("row")),
      blink: () => this.#toggleBlink(),
      larger: () => this.#zoom(ZOOM_STEP),
      smaller: () => this.#zoom(1 / ZOOM_STEP),
    };
    for (const [name, action] of Object.entries(actions)) {
      this.dialog.querySelector(`[data-action=${name}]`).addEventListener("click", action);
    }
    this.layers.addEventListener("change", (event) => {
      this.#stopBlink();
      setLayer(this.store, event.target.value);
    });
    if (this.#movesLittle) this.blink.textContent = "Blink: next layer";
  }

  #bindCanvas() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.#frame || event.button !== 0) return;
      this.#drag = { x: event.clientX, y: event.clientY, frame: this.#frame };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => this.#moved(event));
    canvas.addEventListener("pointerup", (event) => this.#released(event));
    canvas.addEventListener("pointercancel", () => { this.#drag = null; });
    canvas.addEventListener("wheel", (event) => {
      if (!this.#frame || event.ctrlKey) return;
      event.preventDefault();
      this.#zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, this.#point(event));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => this.strip.resetPan(this.store.get("row")));
  }

  #moved(event) {
    if (!this.#frame) return;
    const ratio = devicePixelRatio;
    if (this.#drag) {
      const [across, down] = [event.clientX - this.#drag.x, event.clientY - this.#drag.y];
      this.strip.moved(this.store.get("row"), this.#drag.frame.dragged(across * ratio, down * ratio));
      return;
    }
    this.#cursor = pixelAt(this.#cutout.pixels, this.#frame, this.#point(event));
    this.draw();
  }

  // A finger does not hover: it reads the pixel that it touches.
  #released(event) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || Math.hypot(event.clientX - drag.x, event.clientY - drag.y) >= DRAG_PX) return;
    this.#cursor = pixelAt(this.#cutout.pixels, this.#frame, this.#point(event));
    this.draw();
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * devicePixelRatio, (event.clientY - box.top) * devicePixelRatio];
  }

  #zoom(factor, point = [this.canvas.width / 2, this.canvas.height / 2]) {
    if (this.#frame) this.strip.moved(this.store.get("row"), this.#frame.zoomed(factor, point));
  }

  #step(step) {
    this.strip.step(step);
  }

  #pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isTyping = event.target.closest("input, select");
    if (event.target === this.canvas && event.key in ARROWS) this.#moveCursor(ARROWS[event.key]);
    else if (isTyping) return;
    else if (["PageDown", "j"].includes(event.key)) this.#step(1);
    else if (["PageUp", "k"].includes(event.key)) this.#step(-1);
    else if (event.key === "b") this.#toggleBlink();
    else if (event.key === "m") this.store.set({ masks: !this.store.get("masks") });
    else if (event.key === "+" || event.key === "=") this.#zoom(ZOOM_STEP);
    else if (event.key === "-") this.#zoom(1 / ZOOM_STEP);
    else if (event.key === "0") this.strip.resetPan(this.store.get("row"));
    else return;
    event.preventDefault();
  }

  // From the target's pixel at first; never off the stamp.
  #moveCursor([across, up]) {
    const pixels = this.#cutout?.pixels;
    if (!pixels) return;
    const middle = (pixels.target ?? [pixels.size / 2, pixels.size / 2]).map((value) => Math.floor(value + 0.5));
    const [x, y] = this.#cursor ?? middle;
    const within = (value) => Math.min(Math.max(value, 0), pixels.size - 1);
    this.#cursor = this.#cursor ? this.#neighbour([x, y], [across, up]).map(within) : middle;
    this.draw();
  }

  // The neighbour that lies in the direction of the key on the screen, however the image is turned.
  #neighbour([x, y], [across, up]) {
    const steps = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy])).filter(([dx, dy]) => dx || dy);
    const toward = ([dx, dy]) => {
      const [right, down] = this.#frame.along([dx, dy]);
      return (right * across - down * up) / Math.hypot(right, down);
    };
    const [best] = steps.sort((one, other) => toward(other) - toward(one));
    return [x + best[0], y + best[1]];
  }

  #read() {
    const cutout = this.#cutout;
    if (!this.#cursor || !cutout?.pixels) {
      this.readout.clear();
      this.strip.legend.highlight([]);
      return;
    }
    this.readout.show(cutout, this.#cursor, this.layer);
    this.strip.legend.highlight(bitsAt(cutout.pixels, this.#cursor));
  }

  #showLayer() {
    for (const radio of this.layers.querySelectorAll("input")) radio.checked = radio.value === this.layer;
  }

  // Blinking is for people to start; for those who asked for little motion, every press is a step.

  get #movesLittle() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  #toggleBlink() {
    if (this.#movesLittle) this.#nextLayer();
    else if (this.#blink) this.#stopBlink();
    else {
      this.#blink = setInterval(() => this.#nextLayer(), BLINK_MS);
      this.#nextLayer();
      this.blink.setAttribute("aria-pressed", "true");
    }
  }

  #nextLayer() {
    this.#layer = BLINKED[(BLINKED.indexOf(this.layer) + 1) % BLINKED.length];
    this.draw();
  }

  #stopBlink() {
    clearInterval(this.#blink);
    this.#blink = null;
    this.#layer = null;
    this.blink.setAttribute("aria-pressed", "false");
    this.draw();
  }

  #drawBar(cutout, look, words) {
    const isShown = Boolean(cutout && !words && hasLimits(look.layer));
    this.bar.parentElement.classList.toggle("is-empty", !isShown);
    if (!isShown) return;
    const limits = look.limitsOf(cutout.pixels);
    const context = this.bar.getContext("2d");
    for (let step = 0; step < 256; step += 1) {
      context.fillStyle = `rgb(${look.table.slice(3 * step, 3 * step + 3).join(" ")})`;
      context.fillRect(step, 0, 1, 1);
    }
    const values = Array.from({ length: TICKS }, (_, tick) => valueOf(tick / (TICKS - 1), limits, look.curve, look.layer));
    this.ticks.replaceChildren(...values.map((value) => {
      const tick = document.createElement("span");
      tick.textContent = numberText(value, 3);
      return tick;
    }));
    this.bar.setAttribute("aria-label", `Colours from ${numberText(limits[0])} to ${numberText(limits[1])} ${LAYERS[look.layer].unit}`);
    this.dialog.querySelector("[data-viewer=unit]").textContent = LAYERS[look.layer].unit;
  }

  #closed() {
    this.#stopBlink();
    this.legendHome.append(document.getElementById("mask-legend"));
    this.strip.left();
    this.strip.selectedButton?.focus();
  }
}
