// What else shines near the target: the nearest source, and those to be fitted together with it.

import { Latest } from "../results/api.js";
import { element } from "../results/dom.js";
import { ask } from "./before_ask.js";

// In arcsec and mas/yr: below, a catalogue's position or motion is as good as the form's.
const NOTICEABLE_MOTION = 20;
const FAR_ARCSEC = 60;
const WANTED = "catalogue-wanted";

export class Neighbours {
  #latest = new Latest();
  #fields = null;
  #target = null;
  #found = null;

  // `changed` hears of sources to be drawn on the preview.
  constructor(section, store, form, changed) {
    Object.assign(this, { address: section.dataset.neighbours, store, form, changed });
    this.box = document.getElementById("before-sources");
    this.nearest = document.getElementById("before-nearest");
    this.list = document.getElementById("before-neighbours");
    this.chips = document.getElementById("before-partners");
    this.input = partnersInput(form);
    document.getElementById("fit-together").addEventListener("click", () => this.#fitTogether());
    const kept = readPartners(this.input.value);
    if (kept.length) store.set({ partners: kept });
    store.on(["partners"], () => this.#show());
    this.#show();
  }

  get partners() {
    return this.store.get("partners");
  }

  // Offsets of what is near, for the preview.
  get sources() {
    const near = (this.#found?.neighbours ?? []).map(({ offset }, at) => ({ name: String(at + 1), offset }));
    const nearest = this.#found?.nearest;
    if (nearest && !this.#found.is_target && !near.some(({ offset }) => String(offset) === String(nearest.offset))) {
      near.push({ name: "", offset: nearest.offset });
    }
    return near;
  }

  async show(fields, target) {
    this.#fields = fields;
    this.#leave(target);
    this.#target = target;
    this.#found = null;
    if (fields) await this.#load();
    else this.#latest.ask(async () => {});
    this.#show();
  }

  async #load() {
    const fields = new URLSearchParams(this.#fields);
    if (sessionStorage.getItem(WANTED)) fields.set("ask", "1");
    this.nearest.textContent = "Looking for known sources\u2026";
    try {
      const answer = await this.#latest.ask((signal) => ask(this.address, fields, signal));
      if (answer) this.#found = answer;
    } catch {
      this.#found = { state: "failed", message: "Known sources around the target could not be looked up." };
    }
    this.#show();
  }

  // Neighbours belong to a position: those far from a new one are taken out, and it is said.
  #leave(target) {
    const [before, partners] = [this.#target, this.partners];
    if (!before || !target || !partners.length || apart(before, target) < 1) return;
    const near = partners.filter((partner) => apart(partner, target) < FAR_ARCSEC);
    if (near.length === partners.length) return;
    this.removed = partners.filter((partner) => !near.includes(partner));
    this.store.set({ partners: near });
  }

  #fitTogether() {
    const added = this.#offered().map(({ name, ra, dec }) => ({ name, ra, dec }));
    this.removed = [];
    this.store.set({ partners: [...this.partners, ...added] });
    this.chips.querySelector("button")?.focus();
  }

  #offered() {
    const isIn = (source) => this.partners.some((partner) => apart(partner, source) < 0.05);
    return (this.#found?.neighbours ?? []).filter((source) => !isIn(source));
  }

  #show() {
    this.input.value = this.partners.length ? JSON.stringify(this.partners) : "";
    const { state } = this.#found ?? {};
    this.nearest.replaceChildren(...this.#words());
    this.nearest.hidden = this.nearest.childNodes.length === 0;
    const offered = this.#offered();
    this.list.hidden = offered.length === 0;
    const numbers = this.#found?.neighbours ?? [];
    this.list.querySelector("ul").replaceChildren(...offered.map((source) => neighbourItem(source, numbers.indexOf(source) + 1)));
    this.#showChips();
    this.box.hidden = (!state || state === "none") && !this.partners.length && !this.removed?.length;
    this.changed();
  }

  #words() {
    const { state, nearest, is_target: isTarget, message, catalogue } = this.#found ?? {};
    if (state === "failed") return [message];
    if (state === "offered") return this.#offer();
    if (state !== "known") return [];
    if (!nearest) return [`No source of ${catalogue} is near the target.`];
    const words = ["Nearest source: ", element("strong", "", nearest.label), ` ${placeWords(nearest)}, ${nearest.brightness}`];
    return [...words, ...(isTarget ? this.#motionOffer(nearest) : [])];
  }

  // Nothing is asked of another site unless the visitor says so, once a visit.
  #offer() {
    const button = element("button", "link-button", "Look for known sources in Gaia DR3 and 2MASS");
    button.type = "button";
    button.addEventListener("click", () => {
      sessionStorage.setItem(WANTED, "1");
      this.#load();
    });
    return [button, element("span", "muted", " The position is sent to a catalogue service.")];
  }

  #motionOffer({ ra, dec, motion }) {
    const fields = ["pm_ra", "pm_dec", "ref_epoch"].map((name) => this.form.elements.namedItem(name));
    if (!motion || fields.includes(null) || Math.hypot(motion.pm_ra, motion.pm_dec) < NOTICEABLE_MOTION) return [];
    const said = `It moves by ${motion.pm_ra.toFixed(1)}, ${motion.pm_dec.toFixed(1)} mas/yr. `;
    const button = element("button", "link-button", `Use its position of ${motion.ref_epoch} and its motion`);
    button.type = "button";
    button.addEventListener("click", () => {
      fill(this.form.elements.namedItem("target"), `${ra} ${dec} icrs`);
      [motion.pm_ra, motion.pm_dec, motion.ref_epoch].forEach((value, at) => fill(fields[at], String(value)));
    });
    return [". ", said, button];
  }

  #showChips() {
    this.chips.hidden = !this.partners.length && !this.removed?.length;
    const chips = this.partners.map((partner) => {
      const chip = element("button", "before-chip", partner.name);
      chip.type = "button";
      chip.title = `Fit ${partner.name} no longer together with the target`;
      chip.setAttribute("aria-label", `Remove ${partner.name}`);
      chip.addEventListener("click", () => this.store.set({ partners: this.partners.filter((one) => one !== partner) }));
      return chip;
    });
    const label = chips.length ? [element("span", "before-chips-label", "Fitted together with")] : [];
    this.chips.replaceChildren(...label, ...chips, ...this.#removedWords());
  }

  #removedWords() {
    if (!this.removed?.length) return [];
    const count = this.removed.length;
    const back = element("button", "link-button", "Put back");
    back.type = "button";
    back.addEventListener("click", () => {
      const partners = [...this.partners, ...this.removed];
      this.removed = [];
      this.store.set({ partners });
    });
    return [element("span", "muted", `${count === 1 ? "A neighbour" : `${count} neighbours`} of the former position taken out. `), back];
  }
}

// The form's own field, or one that is made if it has none.
function partnersInput(form) {
  const there = form.elements.namedItem("partners");
  if (there) return there;
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name: "partners", id: "id_partners" });
  form.append(input);
  return input;
}

function readPartners(text) {
  try {
    const listed = JSON.parse(text || "[]");
    return Array.isArray(listed) ? listed : [];
  } catch {
    return [];
  }
}

function fill(input, value) {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function neighbourItem(source, number) {
  const item = element("li");
  item.append(element("span", "before-number", String(number)), element("strong", "", source.label), ` ${placeWords(source)}, ${source.brightness}`);
  return item;
}

function placeWords({ separation, direction }) {
  return separation < 0.05 ? "at the position" : `${separation.toFixed(1)} arcsec ${direction}`;
}

// The angle between two places, arcsec; good for small ones.
function apart(one, other) {
  const radians = Math.PI / 180;
  const across = ((one.ra - other.ra + 540) % 360) - 180;
  return 3600 * Math.hypot(across * Math.cos(other.dec * radians), one.dec - other.dec);
}
