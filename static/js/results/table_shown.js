// What is shown of the spectrum, in one line above every pane: how many rows, and why not all.

import { element } from "./dom.js";
import { drops } from "./flags_mask.js";
import { channelInWords, isOfChannel } from "./light_curve.js";

const MOST_CHARACTERS = 300;

// `remove` is told which column's filter goes.
export function mountShown(pane, remove) {
  const { store } = pane;
  const line = document.getElementById("active-filters");
  const count = document.getElementById("shown-count");
  const chips = document.getElementById("filter-chips");
  let shown = "";
  document.getElementById("clear-filters").addEventListener("click", () => pane.clearFilters());

  pane.showActive = () => {
    const made = Object.entries(store.get("filters")).map(([column, { text, unit }]) => {
      const known = pane.column(column);
      const ofUnit = known?.is_flux ? ` ${pane.unitLabel(unit)}` : "";
      return chip(`${known?.label ?? column} ${text}${ofUnit}`, () => remove(column));
    });
    if (store.get("sql")) made.push(chip(store.get("sql"), () => store.set({ sql: "", page: null })));
    if (store.get("mask") !== "0") made.push(chip(maskWords(pane), () => store.set({ mask: "0", page: null })));
    if (isOfChannel(store)) made.push(chip(channelInWords(store.get("channel")), () => store.set({ channel: null, page: null })));
    // Somebody may be pressing one of them: they are made anew only if they differ.
    const words = JSON.stringify(made.map((one) => one.textContent));
    if (words !== shown) chips.replaceChildren(...made);
    shown = words;
    line.hidden = !made.length;
    count.textContent = pane.answer ? countWords(pane.answer) : "";
  };
}

// A list of rows may be as long as the spectrum.
function shortened(text) {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}\u2026` : text;
}

function countWords({ n_kept, n_rows }) {
  return `${n_kept.toLocaleString("en-US")} of ${n_rows.toLocaleString("en-US")} shown`;
}

function maskWords({ store, flags }) {
  const names = flags.filter(({ bit }) => drops(store.get("mask"), bit)).map(({ name }) => name);
  return names.length ? `Left out: ${names.join(", ")}` : "Flags left out";
}

function chip(whole, remove) {
  const text = shortened(whole);
  const made = element("span", "active-filter");
  const words = element("span", "active-filter-text", text);
  words.title = text;
  const button = element("button", "active-filter-remove");
  button.type = "button";
  button.title = "Remove this filter";
  const cross = element("span", "", "\u00d7");
  cross.setAttribute("aria-hidden", "true");
  button.append(cross, element("span", "visually-hidden", `Remove the filter ${text}`));
  button.addEventListener("click", remove);
  made.append(words, button);
  return made;
}
