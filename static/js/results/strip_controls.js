// The controls of the cutouts: each shows one key of the store and changes it.

import { LAYERS, automaticLimits, numberText, stretchOf, stretchText } from "./cutout_scale.js";

const GAP_PX = 6;
const NUMBERS = new Set(["size", "count"]);

// Selects and check boxes with data-key, wherever they are.
export function bindControls(store, root) {
  for (const control of root.querySelectorAll("[data-key]")) {
    const { key } = control.dataset;
    const isSwitch = control.type === "checkbox";
    const show = () => {
      if (isSwitch) control.checked = store.get(key);
      else control.value = String(store.get(key));
    };
    control.addEventListener("change", () => {
      const value = isSwitch ? control.checked : NUMBERS.has(key) ? Number(control.value) : control.value;
      if (key === "layer") setLayer(store, value);
      else store.set({ [key]: value });
    });
    store.on([key], show);
    show();
  }
}

// Limits in MJy/sr mean nothing to a layer with another unit or another zero.
export function setLayer(store, layer) {
  const keepsLimits = LAYERS[layer].limits === LAYERS[store.get("layer")].limits;
  store.set(keepsLimits ? { layer } : { layer, limits: null });
}

export function bindStretch(store, interval, curve) {
  const show = () => {
    const stretch = stretchOf(store.get("stretch"));
    interval.value = stretch.interval;
    curve.value = stretch.curve;
  };
  for (const control of [interval, curve]) {
    control.addEventListener("change", () => {
      store.set({ stretch: stretchText({ interval: interval.value, curve: curve.value }) });
    });
  }
  store.on(["stretch"], show);
  show();
}

// Two numbers typed by hand; what is left empty is automatic.
export class LimitFields {
  constructor(store, { low, high, problem, reset }) {
    this.store = store;
    Object.assign(this, { low, high, problem });
    for (const field of [low, high]) field.addEventListener("change", () => this.#typed());
    reset.addEventListener("click", () => {
      store.set({ limits: null });
      this.#fill();
    });
    store.on(["limits"], () => this.#fill());
    this.#fill();
  }

  // What is automatic for the selected cutout stands in the empty fields.
  show(cutout, layer, interval) {
    const automatic = cutout?.pixels ? automaticLimits(cutout.pixels, layer, interval) : null;
    for (const [field, at] of [[this.low, 0], [this.high, 1]]) {
      field.placeholder = automatic ? numberText(automatic[at]) : "";
      field.disabled = LAYERS[layer].limits === null;
    }
  }

  #fill() {
    const limits = this.store.get("limits") ?? [null, null];
    [this.low.value, this.high.value] = limits.map((limit) => limit ?? "");
    this.#say("");
  }

  #typed() {
    const texts = [this.low.value.trim(), this.high.value.trim()];
    const limits = texts.map((text) => (text === "" ? null : Number(text.replace("\u2212", "-"))));
    const [low, high] = limits;
    if (limits.some((limit) => limit !== null && !Number.isFinite(limit))) this.#say("Limits must be numbers.");
    else if (low !== null && high !== null && low >= high) {
      this.#say(`The lower limit, ${low}, must be below the upper one, ${high}.`);
    } else {
      this.#say("");
      this.store.set({ limits: low === null && high === null ? null : limits });
    }
  }

  #say(words) {
    this.problem.textContent = words;
    for (const field of [this.low, this.high]) field.setAttribute("aria-invalid", String(words !== ""));
  }
}

// A panel beside its button that stays while one works with the cutouts.
export class Panel {
  constructor(button, panel) {
    this.button = button;
    this.panel = panel;
    panel.addEventListener("toggle", (event) => {
      const isOpen = event.newState === "open";
      button.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) this.#place();
      else if (panel.contains(document.activeElement)) this.#anchor.focus();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    panel.querySelector("[data-close]").addEventListener("click", () => this.close());
    addEventListener("resize", () => { if (this.isOpen) this.#place(); });
    button.setAttribute("aria-expanded", "false");
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidePopover();
    this.#anchor.focus();
  }

  // A button may lie in a panel that is closed by now.
  get #anchor() {
    return this.button.checkVisibility() ? this.button : document.getElementById("strip-more-open");
  }

  // Above the button if there is more room than below it.
  #place() {
    const { style } = this.panel;
    const at = this.#anchor.getBoundingClientRect();
    const below = innerHeight - at.bottom - 2 * GAP_PX;
    const above = at.top - 2 * GAP_PX;
    const isAbove = above > below;
    style.maxHeight = `${Math.max(160, isAbove ? above : below)}px`;
    style.top = isAbove ? "auto" : `${at.bottom + GAP_PX}px`;
    style.bottom = isAbove ? `${innerHeight - at.top + GAP_PX}px` : "auto";
    style.left = `${Math.max(GAP_PX, Math.min(at.left, innerWidth - this.panel.offsetWidth - GAP_PX))}px`;
  }
}

// Controls that are in the line of the others where there is room for them, as strip.css says too.
const NARROW = "(min-width: 1080px) and (max-height: 800px), (max-width: 700px)";

export function mountMore(button, box) {
  const panel = new Panel(button, box);
  const narrow = matchMedia(NARROW);
  const fold = () => {
    if (narrow.matches) box.setAttribute("popover", "manual");
    else box.removeAttribute("popover");
  };
  narrow.addEventListener("change", fold);
  fold();
  // One panel at a time.
  box.addEventListener("click", (event) => {
    if (event.target.closest("[popovertarget]")) panel.close();
  });
}
