// How a list comes in: dropped, chosen, pasted or fetched, and what the page says about it then.

import { takeDrops } from "./drop.js";
import { keep, restore } from "./kept_form.js";
import { setSize } from "./panel.js";

const FIELDS = ["file", "text", "url"];
const WAIT = "Not taken: another list is being read. Try again when that is done.";
const NO_ANSWER = "The server does not answer. Nothing is lost; try again.";

export function mountIntake(store) {
  const panel = document.getElementById("panel");
  const intake = document.getElementById("intake");
  const jobForm = document.getElementById("job-form");
  if (!intake) return;
  restore(jobForm);
  tell(store);

  const file = document.getElementById("list-file");
  file.addEventListener("change", () => {
    if (file.files.length) forms.file.requestSubmit();
  });
  const forms = {};
  for (const field of FIELDS) {
    forms[field] = document.getElementById(`list-${field}-form`);
    forms[field].addEventListener("submit", (event) => {
      event.preventDefault();
      send(forms[field], field, jobForm);
    });
    input(field).addEventListener("input", () => say(field, ""));
  }
  takeDrops(document.getElementById("drop-cover"), (files) => {
    store.set({ mode: "multi" });
    if (panel.dataset.size === "low") setSize("half");
    take(files, file, forms.file);
  });

  // Another list is another page: what is typed beside it goes along.
  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-leaves-list]") && !event.metaKey && !event.ctrlKey) keep(jobForm);
  });
  document.getElementById("list-change-form").addEventListener("submit", (event) => {
    event.preventDefault();
    deleteList(event.target, event.submitter);
  });
  document.body.addEventListener("htmx:afterSwap", () => tell(store));
  // What was refused is not what would be sent now.
  document.body.addEventListener("listchanged", () => document.getElementById("error-summary")?.remove());
  mountTitle(store, jobForm.elements.title);
  addEventListener("pageshow", () => busy(""));
}

// What the other parts of the page know of the list; the rows tell more of it.
function tell(store) {
  const shown = document.getElementById("list-summary")?.dataset;
  if (!shown) return;
  const known = store.get("list");
  store.set({
    list: {
      ...(known?.id === shown.id ? known : {}),
      id: shown.id, name: shown.name, rows: Number(shown.rows), good: Number(shown.good),
      errors: Number(shown.errors), warnings: Number(shown.warnings), sentence: shown.sentence,
    },
  });
}

// A title that is left empty is made by the server, which says what it would be.
function mountTitle(store, title) {
  const offered = title.placeholder;
  const show = () => {
    const made = document.querySelector("#position-feedback [data-default-title]")?.dataset;
    if (!made) title.placeholder = store.get("mode") === "multi" ? offered : "";
    else title.placeholder = store.get("mode") === "multi" ? made.listTitle ?? "" : made.defaultTitle;
  };
  store.on(["mode", "list"], show);
  // What is said of the single target comes with news of the options.
  document.addEventListener("optionsinwords", show);
  show();
}

function input(field) {
  return document.getElementById(`list-${field}`);
}

// `words` are a text, or nodes with links in them.
function say(field, words) {
  document.getElementById(`list-${field}-error`).replaceChildren(...[words].flat());
  if (words.length) input(field).setAttribute("aria-invalid", "true");
  else input(field).removeAttribute("aria-invalid");
}

function isBusy() {
  return document.getElementById("intake").classList.contains("is-busy");
}

function busy(words) {
  const status = document.getElementById("list-status");
  status.hidden = !words;
  status.querySelector("p").textContent = words;
  document.getElementById("intake").classList.toggle("is-busy", Boolean(words));
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

// What is known to be refused is not sent.
function tooLarge(field) {
  const { mostBytes, mostText } = document.getElementById("intake").dataset;
  if (field === "file") {
    const bytes = input("file").files[0]?.size ?? 0;
    if (bytes > Number(mostBytes)) return `This file has ${size(bytes)}; allowed: at most ${size(Number(mostBytes))}.`;
  }
  if (field === "text" && new Blob([input("text").value]).size > Number(mostText)) {
    return `This is more than ${size(Number(mostText))} of text; save it as a file, and choose that.`;
  }
  return "";
}

async function send(form, field, jobForm) {
  if (isBusy()) {
    say(field, WAIT);
    // It can be chosen once more.
    if (field === "file") input("file").value = "";
    return;
  }
  const refusal = tooLarge(field);
  say(field, refusal);
  if (refusal) return;
  const name = field === "file" ? input("file").files[0].name : "";
  busy({ file: `Reading ${name}\u2026`, text: "Reading the rows\u2026", url: "Fetching the table\u2026" }[field]);
  try {
    const response = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: { "HX-Request": "true" },
    });
    const address = response.headers.get("HX-Redirect");
    if (address) {
      keep(jobForm);
      location.assign(address);
      return;
    }
    await refuse(response, field);
  } catch {
    say(field, field === "file" ? "The file could not be sent: it changed on your disk, or the server does not answer. Choose it again." : NO_ANSWER);
  }
  busy("");
  // The same file can be chosen again after it was mended.
  if (field === "file") input("file").value = "";
}

async function refuse(response, field) {
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  const said = FIELDS.map((name) => answer.getElementById(`list-${name}-error`)).find((one) => one?.textContent.trim());
  say(field, said ? [...said.childNodes] : `The server refused this (${response.status}). Load the page again, and try once more.`);
  // Whoever went on elsewhere stays there.
  if (field !== "file" && hasFocus(input(field).form)) input(field).focus();
}

function hasFocus({ elements }) {
  return document.activeElement === document.body || [...elements].includes(document.activeElement);
}

function take(files, file, form) {
  document.getElementById("source-file").click();
  document.getElementById("intake-replace")?.setAttribute("open", "");
  if (files.length > 1) {
    say("file", "One file at a time.");
    input("file").closest(".intake-part").scrollIntoView({ block: "nearest" });
    return;
  }
  if (isBusy()) {
    say("file", WAIT);
    return;
  }
  file.files = files;
  form.requestSubmit();
}

// Deleting a list without leaving the page.
async function deleteList(form, button) {
  if (!confirm(`Delete the list \u201c${button.dataset.deletes}\u201d, with all that you corrected in it?`)) return;
  button.disabled = true;
  try {
    const response = await fetch(button.formAction, {
      method: "POST", body: new FormData(form), headers: { "HX-Request": "true" },
    });
    if (!response.ok && response.status !== 404) throw new Error(String(response.status));
    forget(button.closest("li"));
  } catch {
    button.disabled = false;
    const warning = document.createElement("p");
    warning.className = "field-error";
    warning.textContent = NO_ANSWER;
    button.after(warning);
  }
}

function forget(item) {
  const items = item.parentElement;
  const next = item.nextElementSibling ?? item.previousElementSibling;
  const wasHere = document.activeElement === document.body || item.contains(document.activeElement);
  item.remove();
  document.getElementById("earlier-count").textContent = items.children.length;
  if (next && wasHere) next.querySelector("button").focus();
  if (!next && document.getElementById("source-earlier").checked) document.getElementById("source-file").click();
}
