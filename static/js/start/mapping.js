// Which column of the list is what: every choice is sent at once, and what comes of it is shown.
// Answers to questions are sent by buttons: an answered question is gone, so that nobody may give
// an answer on the way to another one.

import { ListApi, announce, fill, isFresh, listOfPage, wordsOf } from "./list_api.js";

const ANSWER = "answer:";

export function mountMapping() {
  const id = listOfPage();
  if (id) new MappingPanel(new ListApi(id)).start();
}

class MappingPanel {
  #place = placeOfMapping();
  #form = document.getElementById("mapping-form");
  #isBusy = false;
  #isStale = false;
  #answers = [];

  constructor(api) {
    this.api = api;
  }

  start() {
    this.#place.addEventListener("change", (event) => this.#changed(event.target));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(event.submitter);
    });
    this.#place.addEventListener("focusin", (event) => openSearch(event.target));
    this.#place.addEventListener("focusout", (event) => closeSearch(event.target));
    this.#place.addEventListener("keydown", (event) => {
      // Enter in a field would submit the form; here it means "take this".
      if (event.key !== "Enter" || !event.target.matches("input[type=text]")) return;
      event.preventDefault();
      event.target.dispatchEvent(new Event("change", { bubbles: true }));
    });
    // Rows that were fixed change the samples.
    document.body.addEventListener("listchanged", (event) => {
      if (event.detail?.from !== "mapping") this.#load();
    });
    if (!isFresh() || !this.#place.querySelector(".mapping")) this.#load();
  }

  async #load() {
    try {
      this.#show(await this.api.get("mapping"));
    } catch (error) {
      this.#fail(error);
    }
  }

  #changed(field) {
    if (field.name.startsWith(ANSWER)) return;
    if (field.matches(".role-search")) {
      if (field.value === "(none)") field.value = "";
      delete field.dataset.before;
    }
    this.#send();
  }

  async #answer(button) {
    const question = button?.closest(".question");
    if (!question) return;
    const list = question.querySelector("select");
    if (list && !list.value) {
      list.focus();
      return;
    }
    const order = this.#questions.indexOf(question);
    const { name, value } = list ?? button;
    this.#answers.push([name, value]);
    if (await this.#send()) this.#goOn(order);
  }

  get #questions() {
    return [...this.#place.querySelectorAll(".question")];
  }

  // To the question that took the place of the answered one, to what else is missing, or to what
  // came of it.
  #goOn(order) {
    const questions = this.#questions;
    const next = (questions[order] ?? questions[0])?.querySelector("button, select")
      ?? this.#place.querySelector("[aria-invalid='true']") ?? document.getElementById("map-samples");
    next.focus({ preventScroll: true });
    (next.closest(".question") ?? next).scrollIntoView({ block: "nearest" });
  }

  // Choices are sent one after the other; what was chosen meanwhile goes with the next one. Says
  // whether this one was taken.
  async #send() {
    if (this.#isBusy) {
      this.#isStale = true;
      return false;
    }
    this.#isBusy = true;
    this.#place.setAttribute("aria-busy", "true");
    try {
      let html;
      do {
        this.#isStale = false;
        html = await this.api.post("mapping", this.#values());
      } while (this.#isStale);
      this.#show(html);
      announce("mapping");
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    } finally {
      this.#isBusy = false;
      this.#place.removeAttribute("aria-busy");
    }
  }

  #values() {
    const values = new FormData(this.#form);
    values.delete("csrfmiddlewaretoken");
    for (const name of [...values.keys()]) if (name.startsWith(ANSWER)) values.delete(name);
    for (const [name, value] of this.#answers.splice(0)) values.set(name, value);
    return values;
  }

  #show(html) {
    const before = this.#place.querySelector(".mapping");
    const wasOpen = before?.open;
    const isMotionOpen = this.#place.querySelector(".roles-motion")?.open;
    const { id, selectionStart } = this.#place.contains(document.activeElement)
      ? document.activeElement : {};
    const chosen = [...this.#place.querySelectorAll(".question select")].map(({ name, value }) => [name, value]);
    fill(this.#place, html);
    for (const [name, value] of chosen) {
      const list = this.#place.querySelector(`select[name="${CSS.escape(name)}"]`);
      if (list) list.value = value;
    }
    const now = this.#place.querySelector(".mapping");
    if (before) now.open = wasOpen || "asks" in now.dataset;
    if (isMotionOpen) now.querySelector(".roles-motion").open = true;
    if (!id) return;
    const field = document.getElementById(id) ?? now.querySelector("summary");
    field.focus({ preventScroll: true });
    if (selectionStart != null) field.setSelectionRange?.(selectionStart, selectionStart);
  }

  // What was chosen stays on the page, with the reason why it was not taken.
  #fail(error) {
    this.#place.querySelector(".mapping-failure")?.remove();
    const words = document.createElement("p");
    words.className = "mapping-failure";
    words.setAttribute("role", "alert");
    words.textContent = wordsOf(error);
    this.#place.prepend(words);
  }
}

function placeOfMapping() {
  const found = document.getElementById("mapping");
  if (found) return found;
  const made = document.createElement("div");
  made.id = "mapping";
  const summary = document.getElementById("list-summary");
  if (summary) summary.after(made);
  else document.getElementById("list-panel").append(made);
  return made;
}

// A box with a list of all columns offers them all when it is entered, not only what it holds.
function openSearch(field) {
  if (!field.matches(".role-search") || !field.value) return;
  field.dataset.before = field.value;
  field.placeholder = field.value;
  field.value = "";
}

function closeSearch(field) {
  if (!("before" in field.dataset) || field.value) return;
  field.value = field.dataset.before;
  field.placeholder = "(none)";
  delete field.dataset.before;
}
