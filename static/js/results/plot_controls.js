// The controls of the plot: each shows what the store says and writes to the store alone.

import { element } from "./dom.js";
import { channelOfRow, lightCurveInWords } from "./light_curve.js";
import { mountMenus } from "./plot_menus.js";

// What people look at first.
const MAIN = ["flux", "snr", "flux_bkg", "fit_ql"];
const MOST_PANELS = 4;
const REDSHIFTS = [-0.5, 20];

const byId = (name) => document.getElementById(`plot-${name}`);

export function mountPlotControls(store, keys) {
  mountMenus(byId("bar"));
  const controls = new Controls(store);
  keys.add(["b"], "Background below the spectrum", () => controls.togglePanel("flux_bkg"));
  return controls;
}

class Controls {
  constructor(store) {
    this.store = store;
    this.about = null;
    this.spectrum = "";
    // The spectrum whose light curve is wanted before its channels are known.
    this.awaited = "";
    this.columns = [];
    for (const name of ["y", "unit", "color"]) {
      byId(name).addEventListener("change", ({ target }) => store.set({ [name]: target.value }));
    }
    for (const name of ["raw", "errors", "binned"]) {
      byId(name).addEventListener("change", ({ target }) => store.set({ [name]: target.checked }));
    }
    this.#mountAxis();
    this.#mountRedshift();
    store.addEventListener("change", () => this.show());
  }

  // What the spectrum and the plot have to offer.
  offer(plot, vocabulary) {
    this.about = plot.about;
    this.columns = plot.about.columns;
    this.vocabulary = vocabulary;
    this.isCompared = plot.spectra.length > 1;
    const { job, target } = plot.spectra[0];
    this.spectrum = `${job}/${target}`;
    const isTime = this.awaited === this.spectrum && !this.about.missing.includes("mjd");
    if (this.awaited === this.spectrum) this.awaited = "";
    this.show();
    if (isTime) this.#chooseAxis("mjd");
  }

  show() {
    if (!this.about) return;
    const { store } = this;
    this.#showColumns();
    fillSelect(byId("unit"), this.vocabulary.units.map(([value, label]) => ({ value, label })), store.get("unit"));
    for (const name of ["raw", "errors"]) byId(name).checked = store.get(name);
    byId("errors").disabled = !store.get("raw");
    this.#showBinned();
    this.#showPanels();
    this.#showAxis();
    this.#showLines();
  }

  togglePanel(column) {
    if (this.about && !this.columns.some(({ name }) => name === column)) return;
    const panels = this.store.get("panels");
    if (panels.includes(column)) this.store.set({ panels: panels.filter((one) => one !== column) });
    else if (panels.length < MOST_PANELS) this.store.set({ panels: [...panels, column] });
  }

  #options() {
    const labelled = this.columns.map(({ name, label }) => ({ value: name, label: label === name ? name : `${label} \u00b7 ${name}` }));
    const main = MAIN.flatMap((name) => labelled.filter(({ value }) => value === name));
    return { main, others: labelled.filter(({ value }) => !MAIN.includes(value)) };
  }

  #showColumns() {
    const { main, others } = this.#options();
    const plain = main.map(({ value, label }) => ({ value, label: label.split(" \u00b7 ")[0] }));
    fillSelect(byId("y"), plain, this.store.get("y"), others);
    fillSelect(byId("color"), [
      { value: "det_id", label: this.isCompared ? "Spectrum" : "Detector" },
      { value: "flags", label: "Flags" },
      { value: "mjd", label: "Date" },
    ], this.store.get("color"), [...plain, ...others].filter(({ value }) => !["det_id", "flags", "mjd"].includes(value)));
  }

  #showBinned() {
    const missing = this.about.missing.filter((name) => name !== "mjd");
    const box = byId("binned");
    box.checked = this.store.get("binned");
    box.disabled = missing.length > 0 && !box.checked;
    byId("binned-label").title = missing.length
      ? `Averages need ${missing.join(", ")}: not in this file`
      : "Averages of the visits of each of the 102 nominal channels";
    byId("recipe").hidden = !this.store.get("binned");
  }

  #showPanels() {
    const chosen = this.store.get("panels");
    const { main, others } = this.#options();
    const full = chosen.length >= MOST_PANELS;
    const list = byId("panels");
    // An open list of columns stays open.
    const signature = JSON.stringify([chosen, main, others]);
    if (list.dataset.signature === signature) return;
    list.dataset.signature = signature;
    const rows = [...main, ...others].filter(({ value }, at) => at < main.length || chosen.includes(value));
    const boxes = rows.map(({ value, label }) => {
      const row = element("label");
      const box = element("input");
      box.type = "checkbox";
      box.checked = chosen.includes(value);
      box.disabled = full && !box.checked;
      box.addEventListener("change", () => this.togglePanel(value));
      row.append(box, ` ${label.split(" \u00b7 ")[0]}`);
      return row;
    });
    const add = element("select");
    add.setAttribute("aria-label", "Another column below the spectrum");
    add.disabled = full;
    add.append(new Option("Another column\u2026", ""));
    for (const { value, label } of others) if (!chosen.includes(value)) add.append(new Option(label, value));
    add.addEventListener("change", () => this.togglePanel(add.value));
    const at = [...list.querySelectorAll("input, select")].indexOf(document.activeElement);
    list.replaceChildren(...boxes, add);
    if (at >= 0) list.querySelectorAll("input, select")[at]?.focus();
  }

  #mountAxis() {
    for (const radio of document.querySelectorAll("input[name=plot-x]")) {
      radio.addEventListener("change", () => this.#chooseAxis(radio.value));
    }
    byId("channel").addEventListener("change", ({ target }) => {
      this.store.set({ channel: target.value ? target.value.split(" ").map(Number) : null, page: null });
    });
  }

  #chooseAxis(value) {
    const { store } = this;
    const isTime = value === "mjd";
    this.awaited = isTime && this.spectrum !== store.spectrum ? store.spectrum : "";
    if (this.awaited) return;
    store.set({
      x: isTime ? "mjd" : "wavelength",
      channel: isTime ? channelOfRow(this.about, store.get("row")) : null,
      redshift: value === "rest" ? store.get("line_redshift") : null,
    });
  }

  #showAxis() {
    const { store } = this;
    const redshift = store.get("redshift");
    const x = store.get("x") === "mjd" ? "mjd" : redshift === null ? "observed" : "rest";
    for (const radio of document.querySelectorAll("input[name=plot-x]")) {
      radio.checked = radio.value === (this.awaited === store.spectrum ? "mjd" : x);
      if (radio.value === "mjd") {
        radio.disabled = this.about.missing.includes("mjd") && x !== "mjd";
        radio.parentElement.title = radio.disabled ? "mjd: not in this file" : "";
      }
    }
    const z = redshift ?? store.get("line_redshift");
    const words = { observed: "Wavelength", rest: `Rest, z = ${z}`, mjd: lightCurveInWords(this.about, store.get("channel")) };
    byId("x-words").textContent = words[x];
    byId("redshift-row").hidden = x === "mjd";
    if (document.activeElement !== byId("redshift") && byId("redshift-error").hidden) byId("redshift").value = String(z);
    if (document.activeElement !== byId("redshift-slider")) byId("redshift-slider").value = z;
    byId("channel-row").hidden = x !== "mjd";
    const channel = store.get("channel");
    fillSelect(byId("channel"), [
      { value: "", label: this.about.channels.length ? "All channels together" : "All: x_image, y_image not in this file" },
      ...this.about.channels.map(([detector, number, wavelength, count]) => ({
        value: `${detector} ${number}`,
        label: `D${detector} channel ${number}, ${wavelength.toFixed(3)} \u00b5m (${count})`,
      })),
    ], channel ? channel.join(" ") : "");
  }

  #mountRedshift() {
    const field = byId("redshift");
    const error = byId("redshift-error");
    const set = (z) => {
      const isAtRest = this.store.get("redshift") !== null;
      this.store.set({ line_redshift: z, ...(isAtRest ? { redshift: z } : {}) });
    };
    field.addEventListener("change", () => {
      const text = field.value.trim().replace("\u2212", "-");
      const z = Number(text);
      const isGood = text !== "" && z >= REDSHIFTS[0] && z <= REDSHIFTS[1];
      error.hidden = isGood;
      error.textContent = isGood ? "" : `Redshift: ${text || "nothing"} given; allowed: ${REDSHIFTS[0]} to ${REDSHIFTS[1]}.`;
      if (isGood) set(z);
    });
    const slider = byId("redshift-slider");
    // Lines move along at once; fetching waits until the slider rests.
    slider.addEventListener("input", () => {
      error.hidden = true;
      field.value = slider.value;
      if (this.store.get("redshift") === null) set(Number(slider.value));
    });
    slider.addEventListener("change", () => set(Number(slider.value)));
  }

  #showLines() {
    const list = byId("lines");
    const chosen = this.store.get("lines");
    if (!list.querySelector("input")) {
      for (const { key, name } of this.vocabulary.lines) {
        const label = element("label");
        const box = element("input");
        box.type = "checkbox";
        box.value = key;
        box.addEventListener("change", () => {
          const others = this.store.get("lines").filter((one) => one !== key);
          this.store.set({ lines: box.checked ? [...others, key] : others });
        });
        label.append(box, ` ${name}`);
        list.append(label);
      }
    }
    for (const box of list.querySelectorAll("input")) box.checked = chosen.includes(box.value);
    list.hidden = this.store.get("x") === "mjd";
  }
}

// Options are made anew only when they change, so that an open list stays open. What is chosen is
// always there, even if the spectrum does not have it.
function fillSelect(select, options, value, others = []) {
  const isThere = [...options, ...others].some((option) => option.value === value);
  const all = isThere ? options : [...options, { value, label: `${value}: not in this file` }];
  const signature = JSON.stringify([all, others]);
  if (select.dataset.signature !== signature) {
    select.dataset.signature = signature;
    select.replaceChildren(...all.map(({ value: key, label }) => new Option(label, key)));
    if (others.length) {
      const group = element("optgroup");
      group.label = "All columns";
      group.append(...others.map(({ value: key, label }) => new Option(label, key)));
      select.append(group);
    }
  }
  select.value = value;
}
