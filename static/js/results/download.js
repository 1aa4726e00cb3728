// The Download dialog: it says what will be saved, in the server's words, before it is.

import { Latest, Refused } from "./api.js";
import { element } from "./dom.js";
import { mountSamp } from "./samp.js";
import { mountShare } from "./share.js";

// Changes of the view that change what is saved.
const OF_VIEW = [
  "job", "target", "filters", "sql", "mask", "derived", "x", "channel", "columns", "sort", "unit", "redshift", "binning",
];
const REST_MS = 120;
const STARTED_MS = 6000;

export function mountDownload(parts) {
  mountDialogs();
  new DownloadDialog(parts);
  mountShare(parts);
  mountSamp(parts);
}

// The head of the page is replaced when another spectrum is shown: its buttons are found when pressed.
function mountDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.openDialog);
      dialog.showModal();
      dialog.dispatchEvent(new Event("opened"));
    }
    if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog").close();
    // A click beside the dialog meets the dialog itself, which its contents cover.
    if (event.target.matches("dialog") && isBeside(event)) event.target.close();
  });
}

function isBeside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

class DownloadDialog {
  #latest = new Latest();
  #timer;
  #listed = "";

  constructor({ store, api }) {
    this.store = store;
    this.api = api;
    this.dialog = document.getElementById("download-dialog");
    this.form = document.getElementById("download-form");
    this.result = this.form.querySelector(".save-result");
    this.dialog.addEventListener("opened", () => this.#ask());
    this.form.addEventListener("change", () => this.#ask());
    this.form.addEventListener("submit", (event) => this.#save(event));
    store.on(OF_VIEW, () => {
      if (this.dialog.open) this.#ask();
    });
  }

  get #wanted() {
    const fields = new FormData(this.form);
    return {
      what: fields.get("what"),
      targets: [...this.form.querySelectorAll("[data-target-number]:checked")].map((box) => Number(box.dataset.targetNumber)),
      rows: fields.get("rows") ?? "all",
      data: fields.get("data") ?? "measurements",
      columns: fields.get("columns") ?? "file",
      images: fields.get("images") === "1",
      format: fields.get("format"),
    };
  }

  #ask() {
    this.#arrange();
    this.result.classList.add("is-old");
    this.#button.disabled = true;
    // What was asked before is no longer the question.
    this.#latest.ask(async () => undefined);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#plan(), REST_MS);
  }

  async #plan() {
    try {
      const answer = await this.#latest.ask((signal) => this.api.post("download/plan", { save: this.#wanted }, { signal }));
      if (!answer) return undefined;
      this.#offer(answer.choices);
      this.#say(answer);
      return answer;
    } catch (error) {
      this.#say({ error: error instanceof Refused ? error.message : "The server does not answer. Try again in a moment." });
      return null;
    }
  }

  // What makes no sense with the rest of the form can't be chosen.
  #arrange() {
    const { what, data } = this.#wanted;
    for (const part of this.form.querySelectorAll("[data-of-spectra]")) part.disabled = what === "list";
    for (const part of this.form.querySelectorAll("[data-of-measurements]")) part.disabled = what === "list" || data === "averages";
    document.getElementById("save-targets").hidden = what !== "chosen";
  }

  #offer(choices) {
    const derived = (count) => (count ? ` + ${count} derived` : "");
    // Numbers of rows are those of the spectrum that is looked at; the sentence counts all.
    const isOne = this.#wanted.what === "this";
    const said = {
      ...choices,
      n_rows: isOne ? choices.n_rows : "rows",
      n_shown: isOne ? choices.n_shown ?? "rows" : "rows",
      plus_derived: derived(choices.n_derived),
      plus_shown_derived: derived(choices.n_shown_derived),
    };
    for (const place of this.form.querySelectorAll("[data-say]")) place.textContent = said[place.dataset.say];
    for (const label of this.form.querySelectorAll("[data-several]")) label.hidden = choices.n_targets < 2;
    const averages = choices.averages_need.length
      ? `Not possible: the file has no ${choices.averages_need.join(", ")}.` : "";
    this.#forbid("data", ["averages", "both"], averages, "averages-why");
    this.#forbid("images", ["1"], choices.has_images ? "" : "There are no images of this spectrum.", "images-why");
    this.#list(choices.names);
  }

  #forbid(name, values, why, place) {
    for (const value of values) {
      const input = this.form.querySelector(`[name="${name}"][value="${value}"]`);
      input.disabled = why !== "";
      if (why && input.checked) input.checked = false;
    }
    if (!new FormData(this.form).has(name) && name === "data") this.form.querySelector('[value="measurements"]').checked = true;
    const words = document.getElementById(place);
    words.textContent = why;
    words.hidden = why === "";
  }

  // Ticks for every target of the job; those that are shown now are ticked at first.
  #list(names) {
    const job = this.store.get("job");
    if (this.#listed === job) return;
    this.#listed = job;
    const shown = new Set([
      this.store.get("target"),
      ...this.store.get("compare").filter((one) => one.job === job).map((one) => one.target),
    ]);
    document.getElementById("save-targets").replaceChildren(...names.map((name, number) => {
      const label = element("label");
      const box = element("input");
      box.type = "checkbox";
      box.dataset.targetNumber = number;
      box.checked = shown.has(number);
      label.append(box, element("span", "", name));
      return label;
    }));
  }

  #say({ sentence = "", remarks = [], error = "" }) {
    document.getElementById("save-sentence").textContent = sentence;
    document.getElementById("save-error").textContent = error;
    document.getElementById("save-remarks").replaceChildren(...remarks.map((words) => element("li", "", words)));
    this.result.classList.remove("is-old");
    this.#button.disabled = error !== "";
  }

  get #button() {
    return document.getElementById("save-now");
  }

  // What was said is asked once more, so that what can't be saved is said here and not on another page.
  async #save(event) {
    event.preventDefault();
    this.#button.disabled = true;
    const started = document.getElementById("save-started");
    started.textContent = "";
    const answer = await this.#plan();
    if (answer === undefined) started.textContent = "Something else was chosen meanwhile. Press Download once more.";
    if (!answer || answer.error) return;
    const { view } = this.store;
    this.form.action = this.api.address("download");
    this.form.elements.view.value = JSON.stringify(view);
    this.form.elements.targets.value = this.#wanted.targets.join(",");
    this.form.submit();
    started.textContent = "The file is being made; your browser saves it.";
    setTimeout(() => { started.textContent = ""; }, STARTED_MS);
  }
}
