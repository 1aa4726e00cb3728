// What stands where the plot would be: why there is nothing, and what can be done about it.

import { Refused } from "./api.js";
import { element } from "./dom.js";
import { isOfChannel } from "./light_curve.js";
import { NO_FILTERS } from "./store.js";

function say(state, sentence, ...actions) {
  const row = element("div", "actions");
  for (const [words, action] of actions) {
    const button = element("button", "button button-small", words);
    button.type = "button";
    button.addEventListener("click", action);
    row.append(button);
  }
  state.replaceChildren(element("p", "", sentence), ...(actions.length ? [row] : []));
  state.hidden = false;
}

export function showFailure(state, store, error, retry) {
  const actions = [["Try again", retry]];
  if (error instanceof Refused) {
    actions.unshift(["Show flux against wavelength", () => store.set({
      y: "flux", panels: [], x: "wavelength", channel: null, color: "det_id", unit: "uJy", compare: [],
    })]);
    if (isFiltered(store)) actions.push(clearing(store));
  }
  say(state, error instanceof Refused ? `${error.message}.` : "The spectrum could not be fetched.", ...actions);
}

// A plot without points says why there are none.
export function showEmpty(state, store, plot) {
  const { counts, about, panels } = plot;
  if (counts.drawn || plot.points.row.length) return;
  if (!about.n_measured && counts.kept === about.n_rows) {
    say(state, about.n_rows
      ? "Nothing could be measured: none of the exposures gave a flux. The table says why."
      : "No exposure covers this position.");
  } else if (!counts.kept) {
    say(state, "All rows are filtered out.", ...(isFiltered(store) ? [clearing(store)] : []),
      ...(isOfChannel(store) ? [["All channels", () => store.set({ channel: null })]] : []));
  } else {
    say(state, counts.kept === 1
      ? `The only row kept has no value of ${panels[0].name} here.`
      : `None of the ${counts.kept} rows kept has a value of ${panels[0].name} here.`,
    ...(isFiltered(store) ? [clearing(store)] : []));
  }
}

function isFiltered(store) {
  return Object.keys(NO_FILTERS).some((key) => !store.isDefault(key));
}

function clearing(store) {
  return ["Clear all filters", () => store.set(NO_FILTERS)];
}
