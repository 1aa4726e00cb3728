// The panes: which are shown, how large they are, the side panel's tabs.

import { mountKeysDialog } from "../keys.js";

const STORED = "panes";
const STEP = 24;
const BOUNDS = {
  targets: { property: "--targets-width", axis: "x", sign: 1, least: 150, most: 520 },
  side: { property: "--side-width", axis: "x", sign: -1, least: 220, most: 620 },
  strip: { property: "--strip-height", axis: "y", sign: -1, least: 130, most: 640 },
};

export function mountLayout({ store, keys }) {
  const root = document.getElementById("instrument");
  const sizes = remembered();
  for (const [name, bounds] of Object.entries(BOUNDS)) mountSplitter(root, name, bounds, sizes);
  mountPanes(root, store);
  mountSide(root, store);
  mountFold(root, sizes);
  mountKeysDialog(keys);
  keys.add(["t"], "Spectrum or table", () => {
    store.set({ pane: store.get("pane") === "table" ? "spectrum" : "table" });
  });
}

function mountPanes(root, store) {
  const inputs = root.querySelectorAll("input[name=pane]");
  const show = () => {
    root.dataset.pane = store.get("pane");
    for (const input of inputs) input.checked = input.value === store.get("pane");
    // What was hidden had no size to draw in.
    dispatchEvent(new Event("resize"));
  };
  for (const input of inputs) input.addEventListener("change", () => store.set({ pane: input.value }));
  store.on(["pane"], show);
  show();
}

function mountSide(root, store) {
  const tabs = [...root.querySelectorAll("[role=tab]")];
  const show = () => {
    const side = store.get("side");
    root.dataset.side = side || "closed";
    for (const tab of tabs) {
      const isShown = tab.dataset.side === side;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown || (!side && tab === tabs[0]) ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isShown;
    }
    dispatchEvent(new Event("resize"));
  };
  // Also buttons elsewhere on the page that open a tab.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-side]");
    if (button) store.set({ side: button.dataset.side });
  });
  document.getElementById("side-close").addEventListener("click", () => {
    store.set({ side: "" });
    tabs[0].focus();
  });
  root.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = tabs.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = tabs[(at + step + tabs.length) % tabs.length];
    store.set({ side: next.dataset.side });
    next.focus();
  });
  store.on(["side"], show);
  show();
}

function mountSplitter(root, name, { property, axis, sign, least, most }, sizes) {
  const splitter = document.getElementById(`split-${name}`);
  const pane = document.getElementById(`pane-${name}`);
  const set = (size) => {
    const within = Math.round(Math.min(Math.max(size, least), most));
    root.style.setProperty(property, `${within}px`);
    splitter.setAttribute("aria-valuenow", within);
    sizes[name] = within;
    dispatchEvent(new Event("resize"));
  };
  const current = () => pane.getBoundingClientRect()[axis === "x" ? "width" : "height"];
  splitter.setAttribute("aria-valuemin", least);
  splitter.setAttribute("aria-valuemax", most);
  splitter.setAttribute("aria-valuenow", Math.round(current()));
  if (sizes[name]) set(sizes[name]);
  splitter.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    splitter.setPointerCapture(event.pointerId);
    const [start, size] = [event[axis], current()];
    const move = (moved) => set(size + sign * (moved[axis] - start));
    splitter.addEventListener("pointermove", move);
    splitter.addEventListener("lostpointercapture", () => {
      splitter.removeEventListener("pointermove", move);
      remember(sizes);
    }, { once: true });
  });
  splitter.addEventListener("keydown", (event) => {
    const steps = axis === "x" ? { ArrowRight: 1, ArrowLeft: -1 } : { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    set(current() + sign * step * STEP);
    remember(sizes);
  });
  splitter.addEventListener("dblclick", () => {
    root.style.removeProperty(property);
    delete sizes[name];
    splitter.setAttribute("aria-valuenow", Math.round(current()));
    remember(sizes);
    dispatchEvent(new Event("resize"));
  });
}

// A single target needs no list beside it; somebody who folds or opens it is remembered.
function mountFold(root, sizes) {
  const isAlone = root.querySelectorAll("tr[data-target]").length === 1;
  const show = () => {
    const isFolded = sizes.folded ?? isAlone;
    root.dataset.targets = isFolded ? "folded" : "open";
    const button = document.getElementById("targets-fold");
    button.setAttribute("aria-expanded", String(!isFolded));
    const words = isFolded ? "Show the list of targets" : "Fold the list of targets";
    button.title = words;
    button.querySelector("[aria-hidden]").textContent = isFolded ? "\u203a" : "\u2039";
    button.querySelector(".visually-hidden").textContent = words;
    dispatchEvent(new Event("resize"));
  };
  document.getElementById("pane-targets").addEventListener("click", (event) => {
    if (!event.target.closest("#targets-fold")) return;
    sizes.folded = root.dataset.targets !== "folded";
    remember(sizes);
    show();
  });
  document.addEventListener("targetschange", show);
  show();
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}

function remember(sizes) {
  try {
    localStorage.setItem(STORED, JSON.stringify(sizes));
  } catch {
    // Full or refused.
  }
}
