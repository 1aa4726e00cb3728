// The panes: which are shown, how large they are, the side panel's tabs.

import { mountKeysDialog } from "../keys.js";
import { mountSplitters } from "./layout_splitters.js";

const STORED = "panes";

export function mountLayout({ store, keys }) {
  const root = document.getElementById("instrument");
  const sizes = remembered();
  mountPanes(root, store);
  mountSplitters(root, sizes, () => remember(sizes));
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
    root.dataset.panels = store.get("panels").length;
    for (const input of inputs) input.checked = input.value === store.get("pane");
    // What was hidden had no size to draw in.
    dispatchEvent(new Event("resize"));
  };
  for (const input of inputs) input.addEventListener("change", () => store.set({ pane: input.value }));
  store.on(["pane", "panels"], show);
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
