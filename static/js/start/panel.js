// The panel that holds the form: one target or many, its size, its fading, and what is sent.

import { mountErrors } from "./field_errors.js";
import { keys } from "./keys.js";
import { isChanging, settled } from "./list_api.js";

const SIZES = ["low", "half", "full"];
const NARROW = matchMedia("(max-width: 700px)");
const DRAGGED_PX = 6;

const panel = document.getElementById("panel");
const form = document.getElementById("job-form");

export function mountPanel(store) {
  mountMode(store);
  mountSize();
  mountFading();
  mountSummary(store);
  mountOutlook();
  mountSubmit();
  mountErrors();
}

function mountMode(store) {
  const radios = [...form.elements.mode];
  const submit = document.getElementById("submit-job");
  const show = () => {
    const mode = form.elements.mode.value;
    panel.dataset.mode = mode;
    submit.textContent = submit.dataset[mode];
    store.set({ mode });
  };
  for (const radio of radios) radio.addEventListener("change", show);
  store.on(["mode"], () => {
    if (form.elements.mode.value === store.get("mode")) return;
    form.elements.mode.value = store.get("mode");
    show();
  });
  keys.add(["m"], "One target or a list", () => {
    store.set({ mode: store.get("mode") === "single" ? "multi" : "single" });
  });
  keys.add(["/"], "Type a target", () => {
    store.set({ mode: "single" });
    if (panel.dataset.size === "low") setSize("half");
    form.elements.target.focus();
    form.elements.target.select();
  });
  // Browsers restore radio buttons when somebody comes back.
  addEventListener("pageshow", show);
  show();
}

export function setSize(size) {
  panel.dataset.size = size;
  panel.style.removeProperty("--sheet-height");
  document.getElementById("panel-size-name").textContent = size;
  const collapse = document.getElementById("panel-collapse");
  const isOpen = size !== "low";
  const words = isOpen ? "Collapse the form" : "Open the form";
  collapse.setAttribute("aria-expanded", String(isOpen));
  collapse.title = `${words} (c)`;
  collapse.querySelector("[aria-hidden]").textContent = isOpen ? "\u2013" : "+";
  collapse.querySelector(".visually-hidden").textContent = words;
}

function mountSize() {
  const toggle = () => setSize(panel.dataset.size === "low" ? "half" : "low");
  document.getElementById("panel-collapse").addEventListener("click", toggle);
  keys.add(["c"], "Collapse or open the form", toggle);
  mountHandle(document.getElementById("panel-handle"));
  // An error that can't be seen is none.
  form.addEventListener("invalid", () => setSize("half"), true);
}

// The handle of the sheet: dragged it goes to the nearest height, pressed to the next one.
function mountHandle(handle) {
  const head = panel.querySelector(".panel-head");
  let drag = null;
  let wasDragged = false;
  head.addEventListener("pointerdown", (event) => {
    wasDragged = false;
    if (!NARROW.matches || event.target.closest("button:not(.panel-handle)")) return;
    drag = { y: event.clientY, height: panel.offsetHeight };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const moved = drag.y - event.clientY;
    if (!wasDragged && Math.abs(moved) < DRAGGED_PX) return;
    wasDragged = true;
    panel.classList.add("is-dragged");
    panel.style.setProperty("--sheet-height", `${Math.max(80, drag.height + moved)}px`);
  });
  const release = () => {
    if (drag && wasDragged) {
      const fraction = panel.offsetHeight / panel.parentElement.offsetHeight;
      setSize(fraction > 0.78 ? "full" : fraction > 0.36 ? "half" : "low");
    }
    drag = null;
    panel.classList.remove("is-dragged");
  };
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  handle.addEventListener("click", () => {
    if (!wasDragged) setSize(SIZES[(SIZES.indexOf(panel.dataset.size) + 1) % SIZES.length]);
    wasDragged = false;
  });
}

// Whoever uses the map wants to see it; whoever comes back finds the form as it was.
function mountFading() {
  document.addEventListener("skyused", () => panel.classList.add("is-faded"));
  for (const event of ["pointerenter", "focusin"]) {
    panel.addEventListener(event, () => panel.classList.remove("is-faded"));
  }
}

// One line instead of the form: what would be sent.
function mountSummary(store) {
  const summary = document.getElementById("panel-summary");
  const options = document.getElementById("options-summary");
  const show = () => {
    const words = store.get("mode") === "multi" ? wordsOfList(store) : wordsOfTarget(store);
    const differing = options.textContent.trim();
    summary.textContent = differing === "defaults" ? words : `${words}, ${differing}`;
  };
  store.on(["mode", "target", "profile", "partners", "list"], show);
  new MutationObserver(show).observe(options, { childList: true, characterData: true, subtree: true });
  show();
}

// How many exposures, and how long: beside the button as well, wherever the form is scrolled to.
function mountOutlook() {
  const outlook = document.getElementById("panel-outlook");
  const before = document.getElementById("before");
  const head = document.getElementById("before-head");
  const show = () => {
    const words = before.hidden ? "" : head.textContent.trim();
    if (outlook.textContent !== words) outlook.textContent = words;
    outlook.classList.toggle("is-empty", head.classList.contains("is-empty"));
    outlook.classList.toggle("is-old", head.closest(".is-old") !== null);
  };
  const observer = new MutationObserver(show);
  observer.observe(before, { attributes: true, attributeFilter: ["hidden", "class"], childList: true, subtree: true });
  show();
}

function wordsOfTarget(store) {
  const target = store.get("target");
  const profile = store.get("profile");
  const partners = store.get("partners").length;
  const typed = form.elements.target.value.trim();
  const parts = [target?.name ?? (typed ? `\u201c${typed}\u201d` : "No target yet")];
  if (profile) parts.push(`S\u00e9rsic n ${profile.n}`);
  if (partners) parts.push(`with ${partners} neighbour${partners > 1 ? "s" : ""}`);
  return parts.join(", ");
}

function wordsOfList(store) {
  const list = store.get("list");
  if (!list) return "No list yet";
  return `${list.rows} row${list.rows === 1 ? "" : "s"} in ${list.name}`;
}

// One click, one job; the server takes care of those who click without scripts.
function mountSubmit() {
  const submit = document.getElementById("submit-job");
  const other = document.getElementById("rows-submit");
  let isWaiting = false;
  // What is being changed in the list is measured as it was changed.
  const wait = async (button) => {
    if (isWaiting) return;
    isWaiting = true;
    submit.textContent = "Storing changes\u2026";
    const wereTaken = await settled();
    isWaiting = false;
    submit.textContent = submit.dataset[form.elements.mode.value];
    if (wereTaken) form.requestSubmit(button);
  };
  form.addEventListener("submit", (event) => {
    if (form.elements.mode.value === "multi" && isChanging()) {
      event.preventDefault();
      wait(event.submitter);
      return;
    }
    form.action = addressOfForm();
    submit.textContent = "Submitting\u2026";
    setTimeout(() => { submit.disabled = other.disabled = true; });
  });
  // Coming back with the browser's button finds the form as it was, ready to be sent again.
  addEventListener("pageshow", () => {
    submit.disabled = other.disabled = false;
    submit.textContent = submit.dataset[form.elements.mode.value];
  });
}

// Should the form come back with errors, its address shows the same list or target again.
function addressOfForm() {
  const { mode, list, target } = form.elements;
  const query = mode.value === "single" ? { target: target.value.trim() }
    : list.value ? { list: list.value } : { mode: "multi" };
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `${new URL(form.action).pathname}${words.size ? `?${words}` : ""}`;
}
