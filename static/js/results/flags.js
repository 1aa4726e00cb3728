// The flags pane: which measurements the mask of flags keeps, and steps to flagged ones.

import { Latest, Refused, unpacked } from "./api.js";
import { element } from "./dom.js";
import { FlagList } from "./flags_list.js";
import { decoded, hexadecimal, integer } from "./flags_mask.js";
import { mountFlagsOfRow } from "./flags_row.js";

const CUSTOM = { key: "custom", label: "Custom", meaning: "set by the ticks below" };
const MOST_DERIVED = 40;
const FLAGGED = 1;
const COUNTING = "The flags of this spectrum are still being counted.";

export function mountFlags({ store, api, keys }) {
  const list = new FlagList(store);
  const presets = mountPresets(store);
  const latest = new Latest();
  let answer = null;
  let severities = null;
  let counted = "";
  let failure = "";

  const refresh = async () => {
    const { spectrum } = store;
    const isOther = spectrum !== counted;
    failure = "";
    let found;
    try {
      found = await latest.ask((signal) => api.post("flags", { severities: isOther }, { signal }));
    } catch (error) {
      failure = error instanceof Refused ? `Not counted: ${error.message}` : "The flags could not be counted.";
      showError(failure, refresh);
      if (isOther) forget();
      return;
    }
    if (!found) return;
    showError("");
    answer = found;
    if (found.severities) [severities, counted] = [unpacked(found.severities), spectrum];
    showCounting();
    byId("flags-absent").hidden = answer.has_flags;
    byId("flags-controls").hidden = !answer.has_flags;
    list.show(answer.bits);
    presets.show(answer.presets);
    showKept(answer);
    showDecode(store, answer);
  };

  // Counts of another spectrum say nothing of this one.
  const forget = () => {
    answer = null;
    for (const name of ["absent", "controls"]) byId(`flags-${name}`).hidden = true;
  };

  const mark = () => {
    list.mark();
    presets.mark();
    byId("flags-mask-decimal").textContent = String(integer(store.get("mask")));
    byId("flags-mask-hex").textContent = hexadecimal(store.get("mask"));
  };

  const isCounted = () => store.isKnown && counted === store.spectrum;
  const showCounting = () => {
    const note = byId("flags-step-note");
    if (isCounted() && note.textContent === COUNTING) note.hidden = true;
  };

  // The next flagged measurement along the table's order, if there is one.
  const step = (by) => {
    const note = byId("flags-step-note");
    if (failure && counted !== store.spectrum) {
      showError("The flags of this spectrum are being counted again\u2026");
      refresh();
      return;
    }
    if (!isCounted()) {
      note.hidden = false;
      note.textContent = COUNTING;
      return;
    }
    const rows = store.kept;
    const here = store.positionOf(store.get("row"));
    let at = here === undefined ? (by > 0 ? -1 : rows.length) : here;
    do at += by; while (at >= 0 && at < rows.length && !(severities[rows[at]] >= FLAGGED));
    note.hidden = at >= 0 && at < rows.length;
    if (note.hidden) store.select(rows[at]);
    else note.textContent = `No flagged measurement ${by > 0 ? "after" : "before"} this one in the table.`;
  };

  keys.add(["f"], "Next flagged measurement", () => step(1));
  keys.add(["F"], "Previous flagged measurement", () => step(-1));
  byId("flags-next").addEventListener("click", () => step(1));
  byId("flags-previous").addEventListener("click", () => step(-1));
  byId("flags-decode").addEventListener("click", () => answer && decode(store, answer));
  store.on(["row"], () => { byId("flags-step-note").hidden = true; });
  store.addEventListener("kept", showCounting);
  store.on(["mask", "sql"], mark);
  store.on(["derived"], () => answer && showDecode(store, answer));
  store.on(["job", "target", "filters", "sql", "mask", "derived", "x", "channel"], refresh);
  mountFlagsOfRow({ store, api });
  mark();
  refresh();
}

function byId(id) {
  return document.getElementById(id);
}

function showError(words, again = null) {
  const place = byId("flags-error");
  byId("flags-loading").hidden = true;
  place.textContent = words;
  place.hidden = !words;
  if (!again) return;
  const button = element("button", "link-button", "Try again");
  button.type = "button";
  button.addEventListener("click", () => again());
  place.append(" ", button);
}

function showKept({ n_kept, n_before_mask, n_rows }) {
  const filtered = n_rows - n_before_mask;
  const others = filtered ? ` \u00b7 filters leave out ${filtered.toLocaleString("en-US")} more` : "";
  const kept = element("strong", "", `kept ${n_kept.toLocaleString("en-US")} of ${n_before_mask.toLocaleString("en-US")}`);
  byId("flags-kept").replaceChildren(kept, others);
}

function mountPresets(store) {
  const place = byId("flags-presets");
  const lines = new Map();
  let known = [];
  // Somebody who picks "custom" means it, whatever the ticks are at the moment.
  let isCustom = false;

  const pick = (preset) => {
    isCustom = preset.key === CUSTOM.key;
    if (!isCustom) store.set({ mask: preset.mask });
    mark();
  };

  const make = (preset) => {
    const label = element("label", "flags-preset");
    label.title = preset.meaning;
    const input = element("input");
    Object.assign(input, { type: "radio", name: "flags-preset", value: preset.key });
    input.addEventListener("change", () => pick(preset));
    const words = element("span");
    words.append(element("strong", "", preset.label), " ", element("span", "flag-meaning", preset.meaning));
    const count = element("span", "flag-count numeric");
    label.append(input, words, count);
    place.append(label);
    lines.set(preset.key, { input, count });
  };

  const mark = () => {
    const mask = integer(store.get("mask"));
    const preset = known.find((one) => integer(one.mask) === mask);
    const key = preset && !isCustom ? preset.key : CUSTOM.key;
    const line = lines.get(key);
    if (line) line.input.checked = true;
  };

  const show = (presets) => {
    known = presets;
    if (!lines.size) [...presets, CUSTOM].forEach(make);
    for (const { key, n_kept } of presets) lines.get(key).count.textContent = n_kept.toLocaleString("en-US");
    mark();
  };

  store.on(["job", "target"], () => { isCustom = false; });
  return { show, mark };
}

function columnsFor({ bits }) {
  return bits.filter((flag) => flag.in_file > 0).map((flag) => ({
    name: `flag_${flag.name.toLowerCase()}`,
    expression: decoded(flag.bit),
    kind: "long",
    unit: "",
    description: flag.meaning,
  }));
}

function showDecode(store, answer) {
  const there = new Set(store.get("derived").map((one) => one.name));
  const wanted = columnsFor(answer);
  const button = byId("flags-decode");
  const isDone = wanted.length > 0 && wanted.every((one) => there.has(one.name));
  button.textContent = isDone ? "Remove the decoded columns" : "Decode to columns";
  button.dataset.done = String(isDone);
  button.disabled = !wanted.length;
}

// One column of 0 and 1 for each flag that a measurement has; or all of them away again.
function decode(store, answer) {
  const wanted = columnsFor(answer);
  const names = new Set(wanted.map((one) => one.name));
  const derived = store.get("derived");
  const note = byId("flags-decode-note");
  if (byId("flags-decode").dataset.done === "true") {
    const columns = store.get("columns");
    store.set({
      derived: derived.filter((one) => !names.has(one.name)),
      columns: columns && columns.filter((name) => !names.has(name)),
    });
    note.textContent = `${names.size} columns removed.`;
    return;
  }
  const there = new Set(derived.map((one) => one.name));
  const missing = wanted.filter((one) => !there.has(one.name));
  if (derived.length + missing.length > MOST_DERIVED) {
    note.textContent = `Not decoded: a table has room for ${MOST_DERIVED} added columns, and ${derived.length} are there.`;
    return;
  }
  // Without a choice of columns the table shows the usual ones and all that are added.
  const shown = store.get("columns");
  store.set({
    derived: [...derived, ...missing],
    columns: shown && [...shown, ...[...names].filter((name) => !shown.includes(name))],
  });
  note.textContent = `${missing.length} columns added to the table: ${[...names].join(", ")}.`;
}
