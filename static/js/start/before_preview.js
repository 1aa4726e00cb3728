// The target on one exposure of the archive, with north up.

import { Latest, Refused, unpacked } from "../results/api.js";
import { clearCanvas, drawCutout } from "../results/cutout_draw.js";
import { CENTERED, skySteps } from "../results/cutout_geometry.js";
import { colorTable } from "../results/cutout_scale.js";
import { element } from "../results/dom.js";
import { ask } from "./before_ask.js";

const LOOK = {
  layer: "image", curve: "asinh", arcmin: 1.6, matched: true, marks: true, masks: [], opacity: 1,
  limitsOf: ({ limits }) => limits.image["99"],
};

export class Preview {
  #latest = new Latest();
  #fields = null;
  #shown = null;
  #band = "";
  #marks = { ellipse: null, sources: [] };

  constructor(section) {
    this.address = section.dataset.preview;
    this.figure = document.getElementById("before-preview");
    this.canvas = document.getElementById("before-canvas");
    this.over = document.getElementById("before-over");
    this.caption = document.getElementById("before-caption");
    // The counts of the bands are the buttons that choose one.
    this.buttons = [...section.querySelectorAll("[data-band]")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        this.#band = button.dataset.band;
        this.#press(this.#band);
        this.#load();
      });
    }
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
  }

  // Asks for the place of another target, or with other choices; null: there is none. `isRow`: it
  // is one of many, so that its name is said.
  show(fields, name, isRow = false) {
    Object.assign(this, { name, isRow });
    this.#fields = fields;
    this.figure.hidden = fields === null;
    for (const button of this.buttons) button.disabled = fields === null;
    if (fields) this.#load();
    else {
      this.#latest.ask(async () => {});
      this.#shown = null;
      this.#press("");
    }
  }

  // While another target is typed, it shows the one before.
  growOld(isOld) {
    this.figure.classList.toggle("is-old", isOld);
  }

  // What is drawn on it: the galaxy, and sources as offsets in arcsec to the east and north.
  mark(marks) {
    this.#marks = marks;
    this.#draw();
  }

  async #load() {
    const fields = new URLSearchParams(this.#fields);
    fields.set("band", this.#band);
    this.#state("loading", this.#shown ? "" : "Loading a preview\u2026");
    try {
      const answer = await this.#latest.ask((signal) => ask(this.address, fields, signal));
      if (answer) this.#take(answer);
    } catch (error) {
      this.#lose("failed", error instanceof Refused ? error.message : "The preview could not be loaded.");
    }
  }

  #take(answer) {
    if (answer.detector) this.#press(String(answer.detector));
    if (!answer.pixels) {
      this.#lose("none", answer.missing);
      return;
    }
    const { pixels, exposure, detector, outside } = answer;
    this.#shown = { ...pixels, image: unpacked(pixels.image), wavelength: null, aperture_pix: null };
    const lines = [
      this.isRow ? this.name : "", `D${detector}, ${exposure.wavelength.toFixed(3)} \u00b5m`, `${exposure.date} UTC${outside ? ", outside the chosen times" : ""}`,
      exposure.id, exposure.simulated ? "simulated" : "",
    ].filter(Boolean);
    this.caption.replaceChildren(...lines.map((line) => element("li", "", line)));
    this.canvas.setAttribute("aria-label", `${this.name} in ${lines.join(", ")}; north is up, east to the left`);
    this.#state("drawn", "");
    this.#draw();
  }

  #lose(state, words) {
    this.#shown = null;
    clearCanvas(this.canvas);
    this.canvas.setAttribute("aria-label", words);
    this.caption.replaceChildren();
    this.#state(state, words);
  }

  #state(state, words) {
    this.figure.dataset.state = state;
    this.over.textContent = words;
  }

  #press(band) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.band === band));
  }

  #draw() {
    if (!this.#shown || !this.canvas.clientWidth) return;
    const { target } = this.#shown;
    const { east, north } = skySteps(this.#shown);
    const { ellipse, sources } = this.#marks;
    const neighbours = sources.map(({ name, offset: [toEast, toNorth] }) => ({
      name, at: [0, 1].map((axis) => target[axis] + (toEast * east[axis] + toNorth * north[axis]) / 3600),
    }));
    const look = { ...LOOK, table: colorTable("grey", "image") };
    drawCutout(this.canvas, { ...this.#shown, ellipse, neighbours }, look, CENTERED);
  }
}
