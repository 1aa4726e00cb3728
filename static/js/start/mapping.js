// Which column of the list is what: every choice is sent at once, and what comes of it is shown.
// What is typed while an answer is under way stays where it is.
// Answers to questions are sent by buttons: an answered question is gone, so that nobody may give
// an answer on the way to another one.

import { ListApi, announce, fill, isFresh, listOfPage, wordsOf } from "./list_api.js";

const ANSWER = "answer:";
const OPEN_MS = 50;

export function mountMapping() {
  const id = listOfPage();
  if (id) new MappingPanel(new ListApi(id)).start();
}

class MappingPanel {
  #place = placeOfMapping();
  #form = document.getElementById("mapping-form");
  #asking = null;
  #mustSend = false;
  #mustLoad = false;
  #isFilling = false;
  #answers = [];
  // The fields as the server gave them, and as it last heard of them, by name.
  #given = new Map();
  #told = new Map();

  constructor(api) {
    this.api = api;
  }

  start() {
    this.#given = this.#told = this.#values();
    this.#place.addEventListener("change", (event) => this.#changed(event.target));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(event.submitter);
    });
    this.#place.addEventListener("focusin", (event) => openSearch(event.target));
    this.#place.addEventListener("focusout", (event) => this.#left(event.target));
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

  #changed(field) {
    if (this.#isFilling || field.name.startsWith(ANSWER)) return;
    if (field.matches(".role-search")) {
      // Nothing was typed into the box that was emptied to be searched in.
      if (!field.value && "before" in field.dataset) return;
      if (field.value === "(none)") field.value = "";
      delete field.dataset.before;
    }
    this.#send();
  }

  // Text that was put back into a new field is nothing that the browser saw change.
  #left(field) {
    if (this.#isFilling) return;
    closeSearch(field);
    if (field.matches("input[type=text]") && field.value !== this.#told.get(field.name)) this.#send();
  }

  async #answer(button) {
    const question = button?.closest(".question");
    if (!question) return;
    const list = question.querySelector("select");
    if (list && !list.value) {
      list.focus();
      return;
    }
    // A second click says nothing new.
    if ("said" in question.dataset) return;
    question.dataset.said = "";
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
    // Somebody who is elsewhere by now stays there.
    const at = document.activeElement;
    if (at !== document.body && !at.closest(".question, .mapping > summary")) return;
    const questions = this.#questions;
    const next = (questions[order] ?? questions[0])?.querySelector("button, select")
      ?? this.#place.querySelector("[aria-invalid='true']") ?? document.getElementById("map-samples");
    next.focus({ preventScroll: true });
    (next.closest(".question") ?? next).scrollIntoView({ block: "nearest" });
  }

  // Says what is chosen; answers whether that was taken.
  #send() {
    this.#mustSend = true;
    return this.#ask();
  }

  // Shows what became of the list elsewhere.
  #load() {
    this.#mustLoad = true;
    return this.#ask();
  }

  #ask() {
    this.#asking ??= this.#askAll();
    return this.#asking;
  }

  // One question after the other, so that no answer is shown after a newer one, and what is said
  // next is said of what the server has by now.
  async #askAll() {
    let [wasTaken, failure, unanswered] = [false, null, null];
    this.#place.setAttribute("aria-busy", "true");
    while (this.#mustSend || this.#mustLoad) {
      const isSaid = this.#mustSend;
      const answer = isSaid ? this.#answers.shift() : null;
      try {
        await (isSaid ? this.#post(answer) : this.#get());
        // Choices that were refused are still on the page, and were said again.
        if (isSaid) [wasTaken, failure] = [true, null];
      } catch (error) {
        if (answer) unanswered = error;
        else if (isSaid || !failure) failure = error;
      }
    }
    failure ??= unanswered;
    this.#asking = null;
    this.#place.removeAttribute("aria-busy");
    if (failure) this.#fail(failure);
    if (wasTaken) announce("mapping");
    return wasTaken && !failure;
  }

  // Says what differs from what the server gave, and one answer; others follow.
  async #post(answer) {
    this.#mustLoad = false;
    this.#mustSend = this.#answers.length > 0;
    const values = this.#values();
    for (const name of [...values.keys()]) if (name.startsWith(ANSWER)) values.delete(name);
    const said = [...values].filter(([name, value]) => value !== this.#given.get(name));
    if (answer && this.#place.querySelector(`[name="${CSS.escape(answer[0])}"]`)) said.push(answer);
    this.#told = values;
    const html = await this.api.post("mapping", Object.fromEntries([...said, ...this.#sources]));
    await untilClosed(this.#place);
    this.#show(html, values);
  }

  async #get() {
    this.#mustLoad = false;
    const html = await this.api.get("mapping", Object.fromEntries(this.#sources));
    await untilClosed(this.#place);
    this.#show(html, null);
  }

  // Everything chosen and typed, by name. A box that was emptied to be searched in keeps its value.
  #values() {
    const fields = [...this.#place.querySelectorAll("input[name], select[name]")]
      .filter((field) => field.type !== "radio" || field.checked);
    return new Map(fields.map((field) => [field.name, field.value || field.dataset.before || ""]));
  }

  // Column or "One value": the page alone knows it as long as there is neither.
  get #sources() {
    return [...this.#place.querySelectorAll(".role-source")]
      .map(({ name, value }) => [name.replace(".source", ".shown"), value]);
  }

  // Shows the mapping anew, with what was typed since it was sent, or what was not taken.
  #show(html, sent) {
    const known = sent ?? this.#given;
    const kept = [...this.#values()].filter(([name, value]) => value !== (known.get(name) ?? ""));
    const words = sent || !kept.length ? null : this.#place.querySelector(".mapping-failure");
    const before = this.#place.querySelector(".mapping");
    const wasOpen = before?.open;
    const isMotionOpen = this.#place.querySelector(".roles-motion")?.open;
    const { id, selectionStart, selectionEnd, value, dataset } = this.#place.contains(document.activeElement)
      ? document.activeElement : {};
    const isEmptied = value === "" && "before" in dataset;
    this.#isFilling = true;
    fill(this.#place, html);
    this.#isFilling = false;
    this.#given = this.#told = this.#values();
    if (words) this.#place.prepend(words);
    const now = this.#place.querySelector(".mapping");
    if (before) now.open = wasOpen || "asks" in now.dataset;
    if (isMotionOpen) now.querySelector(".roles-motion").open = true;
    const field = id && (document.getElementById(id) ?? now.querySelector("summary"));
    field?.focus({ preventScroll: true });
    for (const [name, typed] of kept) this.#put(name, typed);
    if (isEmptied) openSearch(field);
    if (selectionStart != null) field.setSelectionRange?.(selectionStart, selectionEnd);
  }

  #put(name, value) {
    const fields = [...this.#place.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const [field] = fields;
    if (!field) return;
    if (field.type === "radio") for (const one of fields) one.checked = one.value === value;
    else if (field.matches("input") || [...field.options].some((one) => one.value === value)) field.value = value;
  }

  // What was chosen stays on the page, with the reason why it was not taken.
  #fail(error) {
    for (const question of this.#questions) delete question.dataset.said;
    this.#place.querySelector(".mapping-failure")?.remove();
    const words = document.createElement("p");
    words.className = "mapping-failure";
    words.setAttribute("role", "alert");
    words.textContent = wordsOf(error);
    this.#place.prepend(words);
  }
}

// An open list of choices is not taken away from under somebody's pointer.
async function untilClosed(place) {
  if (!CSS.supports("selector(:open)")) return;
  while (place.querySelector("select:open")) await new Promise((done) => { setTimeout(done, OPEN_MS); });
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
