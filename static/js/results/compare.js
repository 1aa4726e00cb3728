// Which spectra lie over each other in the plot: targets of this job, and pinned ones of any job.

import { Latest } from "./api.js";
import { mountMultiples } from "./compare_multiples.js";
import { element } from "./dom.js";
import { nameOf } from "./targets.js";

const STORED = "pinned-spectra";
const MOST = 24;
const MOST_LISTED = 100;
const byId = (name) => document.getElementById(`compare-${name}`);

export function mountCompare(parts) {
  const compare = new Compare(parts);
  mountMultiples(parts);
  return compare;
}

class Compare {
  #latest = new Latest();

  constructor({ store, api }) {
    Object.assign(this, { store, api });
    this.targets = { names: [], title: "" };
    this.listedJob = null;
    byId("scale").addEventListener("change", ({ target }) => store.set({ scale: target.value }));
    byId("all").addEventListener("change", ({ target }) => store.set({ all_targets: target.checked }));
    byId("none").addEventListener("click", () => store.set({ compare: [] }));
    byId("pin").addEventListener("click", () => this.#pin());
    byId("search").addEventListener("input", () => this.#showTargets());
    const menu = document.getElementById("compare-menu");
    menu.addEventListener("toggle", () => { if (menu.open) this.#open(); });
    store.on(["job"], () => { if (menu.open) this.#open(); });
    store.on(["job", "target", "compare", "scale", "all_targets"], () => this.show());
    this.show();
  }

  async #open() {
    const job = this.store.get("job");
    if (this.listedJob !== job) {
      byId("targets").replaceChildren(element("p", "hint", "The targets are being listed\u2026"));
      let found;
      try {
        found = await this.#latest.ask((signal) => this.api.get("spectra", { signal }));
      } catch (error) {
        this.#showFailure(`The targets could not be listed. ${error.message}`);
        return;
      }
      if (!found) return;
      this.targets = found;
      this.listedJob = job;
    }
    this.show();
  }

  #showFailure(words) {
    const sentence = element("p", "hint", `${words} `);
    sentence.setAttribute("role", "alert");
    const again = element("button", "link-button", "Try again");
    again.type = "button";
    again.addEventListener("click", () => this.#open());
    sentence.append(again);
    byId("targets").replaceChildren(sentence);
  }

  show() {
    const { store } = this;
    const compared = this.#others();
    byId("scale").value = store.get("scale");
    byId("all").checked = store.get("all_targets");
    byId("count").textContent = ` ${compared.length + 1}`;
    byId("count").hidden = !compared.length;
    byId("none").hidden = !compared.length;
    byId("words").textContent = store.get("all_targets")
      ? "Filters and left-out flags of this spectrum apply to every one."
      : "Filters apply to the shown spectrum; of the others only the flags left out here are left out.";
    if (this.listedJob === store.get("job")) this.#showTargets();
    this.#showPins();
  }

  #others() {
    return this.store.get("compare").filter((one) => !this.#isShown(one));
  }

  #isShown({ job, target }) {
    return job === this.store.get("job") && target === this.store.get("target");
  }

  #showTargets() {
    const job = this.store.get("job");
    const search = byId("search");
    const { names, n_targets: count } = this.targets;
    search.hidden = names.length <= 12;
    const wanted = search.value.trim().toLowerCase();
    const found = names.map((name, target) => ({ job, target, name }))
      .filter(({ name }) => name.toLowerCase().includes(wanted));
    const rows = found.slice(0, MOST_LISTED).map((one) => this.#row(one));
    if (names.length === 1) rows.push(element("p", "hint", "It has no other."));
    if (found.length > MOST_LISTED || count > names.length) {
      rows.push(element("p", "hint", `${MOST_LISTED} of ${count} are listed; search for the others.`));
    }
    refill(byId("targets"), rows);
  }

  #showPins() {
    const pins = pinned();
    const rows = pins.map((pin) => {
      const line = element("div", "compare-pin");
      const away = element("button", "plot-link", "remove");
      away.type = "button";
      away.setAttribute("aria-label", `Remove ${pin.name} from the pinned spectra`);
      away.addEventListener("click", () => {
        keep(pinned().filter((one) => !isSame(one, pin)));
        this.store.set({ compare: this.store.get("compare").filter((one) => !isSame(one, pin)) });
        this.show();
      });
      line.append(this.#row(pin), away);
      return line;
    });
    if (!rows.length) rows.push(element("p", "hint", "A pinned spectrum can be compared with those of any job. None is."));
    refill(byId("pins"), rows);
    byId("pin").disabled = pins.some((pin) => this.#isShown(pin));
  }

  #row({ job, target, name }) {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    const compared = this.store.get("compare");
    const isShown = this.#isShown({ job, target });
    box.checked = isShown || compared.some((one) => isSame(one, { job, target }));
    box.disabled = isShown || (!box.checked && compared.length >= MOST);
    box.addEventListener("change", () => {
      const others = this.store.get("compare").filter((one) => !isSame(one, { job, target }));
      this.store.set({ compare: box.checked ? [...others, { job, target }] : others });
    });
    label.append(box, ` ${name}${isShown ? " (shown)" : ""}`);
    return label;
  }

  #pin() {
    const { store } = this;
    const [job, target] = [store.get("job"), store.get("target")];
    keep([...pinned(), { job, target, name: nameOf(store) ?? `Target ${target}` }]);
    this.show();
  }
}

// The focus stays on the same line when a list is made anew.
function refill(list, rows) {
  const at = [...list.querySelectorAll("input, button")].indexOf(document.activeElement);
  list.replaceChildren(...rows);
  if (at >= 0) list.querySelectorAll("input, button")[at]?.focus();
}

function isSame(one, other) {
  return one.job === other.job && one.target === other.target;
}

// What was stored is somebody's browser's: anything that is no pin is passed over.
function pinned() {
  try {
    const found = JSON.parse(localStorage.getItem(STORED)) ?? [];
    return found.filter((pin) => typeof pin?.job === "string" && Number.isInteger(pin?.target) && typeof pin?.name === "string");
  } catch {
    return [];
  }
}

function keep(pins) {
  try {
    localStorage.setItem(STORED, JSON.stringify(pins));
  } catch {
    // Full or refused.
  }
}
