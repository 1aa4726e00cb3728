// The single target: examples, how it was understood, its motion, and who is fitted with it.

import { keys } from "./keys.js";

const STORED = "lastTarget";

const form = document.getElementById("job-form");
const box = form.elements.target;
const feedback = document.getElementById("position-feedback");

export function mountTarget(store) {
  mountLast();
  document.addEventListener("click", (event) => {
    const example = event.target.closest("[data-example]");
    if (!example || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    type(example.dataset.example);
    box.focus();
  });
  mountFeedback(store);
  mountMotion();
  mountPartners(store);
  keys.add(["x"], "Empty the target", () => { type(""); box.focus(); });
}

function type(text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// What is shown belongs to what is typed: while that is being checked, it fades, and what it
// offers is not for taking.
function mountFeedback(store) {
  const growOld = () => {
    feedback.classList.add("is-old");
    for (const button of feedback.querySelectorAll("button")) button.disabled = true;
  };
  // The answer to an earlier question can come while another text is typed.
  const isOfBox = ({ detail }) => detail.requestConfig.parameters.target === box.value;
  box.addEventListener("input", growOld);
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    box.closest(".field-target").addEventListener(failure, (event) => {
      if (event.target !== box.closest(".field-target") || !isOfBox(event)) return;
      const warning = document.createElement("p");
      warning.className = "feedback feedback-warning";
      warning.textContent = "The server does not answer, so this could not be checked yet.";
      feedback.replaceChildren(warning);
      feedback.classList.remove("is-old");
      store.set({ target: null });
    });
  }
  feedback.addEventListener("htmx:afterSwap", (event) => {
    if (!isOfBox(event)) {
      growOld();
      return;
    }
    feedback.classList.remove("is-old");
    const answer = feedback.querySelector("[data-default-title]");
    if (!answer) return;
    form.elements.title.placeholder = answer.dataset.defaultTitle;
    store.set({ target: targetOf(answer.dataset) });
    document.dispatchEvent(new CustomEvent("optionsinwords", { detail: answer.dataset.options }));
  });
}

function targetOf({ name, ra, dec, pmRa, pmDec, refEpoch }) {
  if (ra === undefined) return null;
  const motion = pmRa === undefined
    ? null
    : { pm_ra: Number(pmRa), pm_dec: Number(pmDec), ref_epoch: Number(refEpoch) };
  return { name, ra: Number(ra), dec: Number(dec), motion };
}

// The last target that was sent is offered, not forced.
function mountLast() {
  const line = document.getElementById("last-target");
  const last = localStorage.getItem(STORED);
  if (last) {
    const example = document.createElement("a");
    example.className = "example";
    example.href = `?target=${encodeURIComponent(last)}`;
    example.dataset.example = last;
    example.textContent = last;
    line.querySelector(".examples-list").replaceChildren(example);
    line.hidden = false;
  }
  form.addEventListener("submit", () => {
    const typed = box.value.trim();
    if (typed && form.elements.mode.value === "single") localStorage.setItem(STORED, typed);
  });
}

// What a resolver knows of a motion is used when somebody says so.
function mountMotion() {
  const { pm_ra: east, pm_dec: north, ref_epoch: epoch } = form.elements;
  const fold = document.getElementById("motion");
  const summary = document.getElementById("motion-summary");
  const show = () => {
    summary.textContent = [east, north, epoch].some((field) => field.value.trim())
      ? `${east.value || "?"}, ${north.value || "?"} mas/yr, ${epoch.value || "epoch?"}` : "none";
  };
  // A motion that was taken from a resolver belongs to its object: another one has another.
  let owner = null;
  const taken = () => [east, north, epoch].map((field) => field.value).join();
  box.addEventListener("input", () => {
    if (!owner || owner.motion !== taken() || owner.text === box.value.trim()) return;
    for (const field of [east, north, epoch]) field.value = "";
    owner = null;
    show();
  });
  feedback.addEventListener("click", (event) => {
    const button = event.target.closest("[data-use-motion]");
    if (!button) return;
    east.value = button.dataset.pmRa;
    north.value = button.dataset.pmDec;
    epoch.value = button.dataset.refEpoch;
    owner = { text: box.value.trim(), motion: taken() };
    fold.open = true;
    epoch.dispatchEvent(new Event("change", { bubbles: true }));
    east.focus();
  });
  fold.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}

function mountPartners(store) {
  const hidden = form.elements.partners;
  const shown = document.getElementById("partners");
  const list = document.getElementById("partners-list");
  // Neighbours that are farther from a new target belong to the old one.
  const most = Number(shown.dataset.mostArcsec);
  let place = null;
  try {
    store.set({ partners: JSON.parse(hidden.value || "[]") });
  } catch {
    hidden.value = "";
  }
  const show = () => {
    const partners = store.get("partners");
    hidden.value = partners.length ? JSON.stringify(partners) : "";
    shown.hidden = partners.length === 0;
    list.replaceChildren(...partners.map((partner) => partnerChip(store, partner)));
  };
  store.on(["partners"], show);
  store.on(["target"], () => {
    const target = store.get("target");
    if (!target) return;
    const moved = place && (place.ra !== target.ra || place.dec !== target.dec);
    place = target;
    if (moved) {
      store.set({ partners: store.get("partners").filter((one) => arcsecBetween(one, target) <= most) });
    }
  });
  show();
}

function partnerChip(store, partner) {
  const item = document.createElement("li");
  const remove = document.createElement("button");
  remove.type = "button";
  remove.textContent = "\u00d7";
  remove.setAttribute("aria-label", `Without ${partner.name}`);
  remove.addEventListener("click", () => {
    store.set({ partners: store.get("partners").filter((one) => one !== partner) });
  });
  item.append(partner.name, remove);
  return item;
}

function arcsecBetween(one, other) {
  const radians = Math.PI / 180;
  const half = (degrees) => Math.sin((degrees * radians) / 2) ** 2;
  const across = Math.cos(one.dec * radians) * Math.cos(other.dec * radians) * half(one.ra - other.ra);
  return (7200 / radians) * Math.asin(Math.min(1, Math.sqrt(half(one.dec - other.dec) + across)));
}
