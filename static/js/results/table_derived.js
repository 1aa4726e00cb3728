// Columns that are added by an expression.

import { Latest } from "./api.js";
import { element } from "./dom.js";

const REST_MS = 300;
const MOST_CHARACTERS = 2000;
const KINDS = { bool: "long", null: "double" };
const WORDS = { double: "real numbers", long: "whole numbers", text: "texts", null: "no value" };

export function mountDerived(pane) {
  const { store, api } = pane;
  const dialog = document.getElementById("derive-dialog");
  const fields = Object.fromEntries(["preset", "name", "expression", "kind", "unit", "description"].map((name) => {
    return [name, document.getElementById(`derive-${name}`)];
  }));
  const result = document.getElementById("derive-result");
  const latest = new Latest();
  const saving = new Latest();
  let edited = null;
  // How often the form was filled anew.
  let fillings = 0;
  let timer;

  const say = (text, isError = false) => {
    result.textContent = text;
    result.classList.toggle("is-error", isError);
  };

  const candidate = () => ({
    name: fields.name.value.trim(),
    expression: fields.expression.value.trim(),
    kind: fields.kind.value,
    unit: fields.unit.value.trim(),
    description: fields.description.value.trim(),
  });

  // The added columns with the one in the form among them, in the place of the one that is edited.
  const together = (column, former) => {
    const derived = store.get("derived");
    return former ? derived.map((one) => (one.name === former ? column : one)) : [...derived, column];
  };

  const tried = (column, former, signal) => {
    const view = { ...store.view, derived: together(column, former) };
    return api.post("check_expression", { view, name: column.name }, { signal });
  };

  // The type that was chosen, or else the one that comes out: every expression has a text.
  const checked = async (column, former, signal) => {
    const named = { ...column, name: column.name || "unnamed" };
    if (column.kind) return { answer: await tried(named, former, signal), kind: column.kind };
    const first = await tried({ ...named, kind: "text" }, former, signal);
    const kind = KINDS[first.kind] ?? first.kind;
    return { answer: { ...(await tried({ ...named, kind }, former, signal)), kind: first.kind }, kind };
  };

  const check = async () => {
    if (!fields.expression.value.trim()) {
      latest.drop();
      return say("");
    }
    const [column, former] = [candidate(), edited];
    try {
      const found = await latest.ask((signal) => checked(column, former, signal));
      if (found) say(described(found.answer));
    } catch (error) {
      say(error.message, true);
    }
    return undefined;
  };

  const fill = (column, name = null) => {
    edited = name;
    fillings += 1;
    // What was asked about the form before is not said below this one.
    clearTimeout(timer);
    latest.drop();
    for (const key of ["name", "expression", "kind", "unit", "description"]) fields[key].value = column[key] ?? "";
    fields.preset.value = "";
    document.getElementById("derive-save").textContent = name ? "Save changes" : "Add column";
    document.getElementById("derive-cancel").hidden = !name;
    say("");
    if (column.expression) check();
  };

  const drawList = () => {
    const list = document.getElementById("derived-list");
    const derived = store.get("derived");
    list.hidden = !derived.length;
    list.replaceChildren(...derived.map((column) => {
      const line = element("li");
      const words = element("span", "derived-words");
      words.append(element("strong", "", column.name), " ", element("code", "", column.expression));
      const edit = button("Edit", `Edit ${column.name}`, () => fill(column, column.name));
      const remove = button("Remove", `Remove ${column.name}`, () => removed(pane, column.name, say).then(() => {
        if (edited === column.name) fill({});
        drawList();
      }));
      line.append(words, edit, remove);
      return line;
    }));
  };

  const save = async () => {
    if (!fields.name.value.trim()) {
      say("A name is needed: a letter, then letters, digits and _.", true);
      return fields.name.focus();
    }
    const [asked, former, filled] = [candidate(), edited, fillings];
    // Somebody may type on meanwhile, or begin anew: that stays.
    const isSame = () => filled === fillings && JSON.stringify(candidate()) === JSON.stringify(asked);
    try {
      const found = await saving.ask((signal) => checked(asked, former, signal));
      if (!found) return undefined;
      const column = { ...asked, kind: found.kind };
      const change = () => ({ derived: together(column, former), ...renamed(pane, former, column.name) });
      if (!await pane.attempt(change)) return undefined;
      if (isSame()) dialog.close();
      // The column that is being edited may have another name now.
      else if (former && edited === former) edited = column.name;
      drawList();
      showColumn(pane, column.name);
    } catch (error) {
      if (isSame()) say(error.message, true);
    }
    return undefined;
  };

  document.getElementById("table-derive").addEventListener("click", () => {
    drawPresets(pane, fields.preset);
    drawList();
    fill({});
    dialog.showModal();
    fields.expression.focus();
  });
  fields.preset.addEventListener("change", () => {
    const chosen = presets(pane).find((one) => one.words === fields.preset.value);
    if (!chosen) return;
    fill(chosen.column(), edited);
    fields.preset.value = chosen.words;
  });
  for (const field of [fields.expression, fields.name, fields.kind]) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(check, REST_MS);
    });
  }
  document.getElementById("derive-form").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    save();
  });
  document.getElementById("derive-cancel").addEventListener("click", () => fill({}));
  document.getElementById("derive-close").addEventListener("click", () => dialog.close());
}

function showColumn({ scroll }, name) {
  const head = scroll.querySelector(`th[data-column="${CSS.escape(name)}"]`);
  if (head) scroll.scrollLeft = head.offsetLeft + head.offsetWidth - scroll.clientWidth;
}

function described({ kind, values, n_null, n_rows, n_true }) {
  if (kind === "bool") return `True for ${n_true} of ${n_rows} rows, false for ${n_rows - n_true - n_null}, no value for ${n_null}; kept as 1 or 0.`;
  const shown = values.map(({ row, text }) => `${text ?? "no value"} (row ${row})`).join(", ");
  const missing = n_null ? `; ${n_null} of ${n_rows} rows without a value` : "";
  return `Gives ${WORDS[kind]}: ${shown}${missing}.`;
}

function button(text, words, action) {
  const made = element("button", "button button-small", text);
  made.type = "button";
  made.setAttribute("aria-label", words);
  made.addEventListener("click", action);
  return made;
}

// What begins an expression; rows are named by their number in the file.
function presets(pane) {
  const { store } = pane;
  const found = !pane.column("flags") ? [] : pane.flags.map(({ name, bit }) => ({
    group: "Decode a flag",
    words: `${name} (bit ${bit})`,
    column: () => ({
      name: `is_${name.toLowerCase()}`, kind: "long", description: `Whether ${name} is set`,
      expression: `MOD(FLOOR("flags" / POWER(2, ${bit})), 2) = 1`,
    }),
  }));
  const mark = (words, name, expression, description) => {
    if (expression.length > MOST_CHARACTERS) return;
    found.push({ group: "Mark measurements", words, column: () => ({ name, kind: "long", expression, description }) });
  };
  const row = store.get("row");
  if (row !== null) mark("the selected one", "selected", `"row" = ${row}`, `Whether it is row ${row}`);
  const rows = Array.from(store.kept).sort((one, other) => one - other);
  if (rows.length && rows.length < pane.answer.n_rows) {
    mark("those that are shown", "shown", ranges(rows), "Whether it passed the filters when the column was added");
  }
  mark("by number, from 1", "number", '"row" + 1', "Number of the measurement in the file");
  return found;
}

// A condition on ascending row numbers: runs as BETWEEN, the rest as a list.
function ranges(rows) {
  const runs = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && row === last[1] + 1) last[1] = row;
    else runs.push([row, row]);
  }
  const alone = runs.filter(([first, last]) => first === last).map(([row]) => row);
  const parts = runs.filter(([first, last]) => first !== last).map(([first, last]) => `"row" BETWEEN ${first} AND ${last}`);
  if (alone.length) parts.push(`"row" IN (${alone.join(", ")})`);
  return parts.join(" OR ");
}

function drawPresets(pane, select) {
  const groups = new Map();
  for (const { group, words } of presets(pane)) {
    if (!groups.has(group)) {
      const made = element("optgroup");
      made.label = group;
      groups.set(group, made);
    }
    const option = element("option", "", words);
    option.value = words;
    groups.get(group).append(option);
  }
  select.replaceChildren(select.options[0], ...groups.values());
}

// A column that goes takes along what stands on it.
async function removed(pane, name, say) {
  try {
    await pane.attempt(() => without(pane.store, name));
  } catch (error) {
    say(error.message, true);
  }
}

function without(store, name) {
  const { [name]: _, ...filters } = store.get("filters");
  const patch = {
    derived: store.get("derived").filter((one) => one.name !== name),
    filters,
    panels: store.get("panels").filter((one) => one !== name),
  };
  if (store.get("sort") === name) Object.assign(patch, { sort: "", descending: false });
  if (store.get("columns")) patch.columns = store.get("columns").filter((one) => one !== name);
  for (const key of ["y", "color"]) if (store.get(key) === name) patch[key] = store.defaultOf(key);
  return patch;
}

// A column that is added is shown; one whose name changes keeps its place.
function renamed(pane, from, to) {
  const { store } = pane;
  const patch = {};
  const columns = store.get("columns");
  if (columns && !from) patch.columns = [...columns, to];
  if (!from || from === to) return patch;
  const swap = (one) => (one === from ? to : one);
  if (columns) patch.columns = columns.map(swap);
  for (const key of ["sort", "y", "color"]) patch[key] = swap(store.get(key));
  patch.panels = store.get("panels").map(swap);
  patch.filters = Object.fromEntries(Object.entries(store.get("filters")).map(([name, filter]) => [swap(name), filter]));
  return patch;
}
