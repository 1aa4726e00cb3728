// What else shines near the target: the nearest source, and those to be fitted together with it.

import { Latest } from "../results/api.js";
import { element } from "../results/dom.js";
import { ask } from "./before_ask.js";

// In mas/yr: what moves less stays on its pixel from Gaia's epoch to the survey and beyond.
const NOTICEABLE_MOTION = 20;
const SAME_ARCSEC = 0.05;
const WANTED = "catalogue-wanted";

export class Neighbours {
  #latest = new Latest();
  #fields = null;
  #found = null;

  // `changed` hears of sources to be drawn on the preview.
  constructor(section, store, form, changed) {
    Object.assign(this, { address: section.dataset.neighbours, store, form, changed });
    this.nearest = document.getElementById("before-nearest");
    this.list = document.getElementById("before-neighbours");
    this.button = document.getElementById("fit-together");
    this.button.addEventListener("click", () => this.#fitTogether());
    store.on(["partners"], () => this.#show());
  }

  // Sources near the target with their offsets, for the preview; numbered as they are listed.
  get sources() {
    const { neighbours = [], nearest, is_target: isTarget } = this.#found ?? {};
    const near = neighbours.map(({ offset }, at) => ({ name: String(at + 1), offset }));
    const isListed = nearest && neighbours.some((source) => isSame(source, nearest));
    return nearest && !isTarget && !isListed ? [...near, { name: "", offset: nearest.offset }] : near;
  }

  // Null: there is no target.
  show(fields) {
    this.#fields = fields;
    this.#found = null;
    this.#show();
    if (fields) this.#load();
    else this.#latest.ask(async () => {});
  }

  // While another target is looked at, these are not its neighbours.
  growOld(isOld) {
    this.list.classList.toggle("is-old", isOld);
    this.button.disabled = isOld;
  }

  async #load() {
    const fields = new URLSearchParams(this.#fields);
    if (sessionStorage.getItem(WANTED)) fields.set("ask", "1");
    this.nearest.hidden = false;
    this.nearest.textContent = "Looking for known sources\u2026";
    try {
      const answer = await this.#latest.ask((signal) => ask(this.address, fields, signal));
      if (!answer) return;
      this.#found = answer;
    } catch {
      this.#found = { state: "failed", message: "Known sources around the target could not be looked up." };
    }
    this.#show();
  }

  #fitTogether() {
    const added = this.#offered().map(({ name, ra, dec }) => ({ name, ra, dec }));
    this.store.set({ partners: [...this.store.get("partners"), ...added] });
    // The button is gone: on to where they can be taken out again.
    document.querySelector("#partners button")?.focus();
  }

  #offered() {
    const partners = this.store.get("partners");
    return (this.#found?.neighbours ?? []).filter((source) => !partners.some((one) => isSame(one, source)));
  }

  #show() {
    this.nearest.replaceChildren(...this.#words());
    this.nearest.hidden = this.nearest.childNodes.length === 0;
    const offered = this.#offered();
    const all = this.#found?.neighbours ?? [];
    this.list.hidden = offered.length === 0;
    this.list.querySelector("ul").replaceChildren(...offered.map((source) => neighbourItem(source, all.indexOf(source) + 1)));
    this.changed();
  }

  #words() {
    const { state, nearest, is_target: isTarget, message, catalogue } = this.#found ?? {};
    if (state === "failed") return [message];
    if (state === "offered") return this.#offer();
    if (state !== "known") return [];
    if (!nearest) return [`No source of ${catalogue} is near the target.`];
    const name = element("strong", "", nearest.label);
    // What is listed below says there how bright it is.
    if (this.#offered().some((source) => isSame(source, nearest))) return ["Nearest source: ", name, `, ${placeWords(nearest)}.`];
    return [
      "Nearest source: ", name, `, ${placeWords(nearest)}; ${nearest.brightness}.`,
      ...(isTarget ? this.#motionOffer(nearest) : []),
    ];
  }

  // Nothing is asked of another site unless the visitor says so, once for as long as the page is open.
  #offer() {
    const button = linkButton("Look for known sources in Gaia DR3 and 2MASS", () => {
      sessionStorage.setItem(WANTED, "1");
      this.#load();
    });
    return [button, element("span", "muted", " The position is sent to a catalogue service.")];
  }

  #motionOffer({ ra, dec, motion }) {
    const fields = ["pm_ra", "pm_dec", "ref_epoch"].map((name) => this.form.elements.namedItem(name));
    if (!motion || fields.includes(null) || Math.hypot(motion.pm_ra, motion.pm_dec) < NOTICEABLE_MOTION) return [];
    if (fields.some((field) => field.value.trim())) return [];
    const button = linkButton(`Use its position of ${motion.ref_epoch} and its motion`, () => {
      fill(this.form.elements.namedItem("target"), `${ra} ${dec} icrs`);
      [motion.pm_ra, motion.pm_dec, motion.ref_epoch].forEach((value, at) => fill(fields[at], String(value)));
      fields[2].dispatchEvent(new Event("change", { bubbles: true }));
    });
    return [` It moves by ${motion.pm_ra.toFixed(1)}, ${motion.pm_dec.toFixed(1)} mas/yr. `, button];
  }
}

function linkButton(words, action) {
  const button = element("button", "link-button", words);
  button.type = "button";
  button.addEventListener("click", action);
  return button;
}

function fill(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function neighbourItem(source, number) {
  const item = element("li");
  const words = element("span");
  words.append(element("strong", "", source.label), `, ${placeWords(source)}; ${source.brightness}`);
  item.append(element("span", "before-number", String(number)), words);
  return item;
}

function placeWords({ separation, direction }) {
  return separation < SAME_ARCSEC ? "at the position" : `${separation.toFixed(1)} arcsec ${direction}`;
}

// Whether two places near each other are one.
function isSame(one, other) {
  const across = ((one.ra - other.ra + 540) % 360) - 180;
  const toEast = across * Math.cos((other.dec * Math.PI) / 180);
  return 3600 * Math.hypot(toEast, one.dec - other.dec) < SAME_ARCSEC;
}
