// Filters: the boxes under the headers, and the condition on whole rows.

import { Refused } from "./api.js";
import { element } from "./dom.js";
import { NO_FILTERS } from "./store.js";
import { mountShown } from "./table_shown.js";

const REST_MS = 600;

export function mountFilters(pane) {
  const { store, scroll } = pane;
  // What was typed and is not (yet) what is shown, by column.
  const typed = new Map();
  const refused = new Map();
  // What the server is being asked about, by column.
  const asked = new Map();
  let lastColumn = "flux";
  let timer;

  const applied = (column) => store.get("filters")[column]?.text ?? "";
  const boxOf = (column) => scroll.querySelector(`.filter[data-column="${CSS.escape(column)}"]`);

  const apply = async (column, text) => {
    clearTimeout(timer);
    refused.delete(column);
    if (text.trim() === applied(column)) {
      typed.delete(column);
      return pane.syncFilters();
    }
    typed.set(column, text);
    if (asked.get(column) === text) return undefined;
    asked.set(column, text);
    const wanted = { text: text.trim(), unit: pane.column(column)?.is_flux ? store.get("unit") : "uJy" };
    try {
      await pane.attempt(() => {
        // Somebody has thought better of it.
        if (typed.get(column) !== text) return null;
        const { [column]: _, ...filters } = store.get("filters");
        return { filters: wanted.text ? { ...filters, [column]: wanted } : filters };
      });
      // More may have been typed meanwhile.
      if (typed.get(column) === text) typed.delete(column);
    } catch (error) {
      if (typed.get(column) === text) refused.set(column, words(error, column));
    }
    if (asked.get(column) === text) asked.delete(column);
    return pane.syncFilters();
  };

  pane.syncFilters = () => {
    for (const box of scroll.querySelectorAll(".filter")) {
      const { column } = box.dataset;
      const text = typed.get(column) ?? applied(column);
      if (box.value !== text) box.value = text;
      box.classList.toggle("is-used", Boolean(applied(column)));
      const isWrong = refused.has(column);
      box.setAttribute("aria-invalid", String(isWrong));
      if (isWrong) box.setAttribute("aria-errormessage", "filter-error");
      else box.removeAttribute("aria-errormessage");
      showUnit(pane, box, column);
    }
    showRefusal();
    pane.showActive();
  };

  // Under its box, wherever the table is scrolled to.
  const showRefusal = () => {
    const place = document.getElementById("filter-error");
    const focused = document.activeElement?.dataset?.column;
    const column = refused.has(focused) ? focused : refused.keys().next().value;
    const box = column === undefined ? null : boxOf(column);
    place.hidden = !box;
    if (!box) return;
    if (place.textContent !== refused.get(column)) place.textContent = refused.get(column);
    const [around, at] = [pane.region.getBoundingClientRect(), box.getBoundingClientRect()];
    const room = Math.max(around.width - place.offsetWidth - 8, 0);
    place.style.left = `${Math.min(Math.max(at.left - around.left, 4), room)}px`;
    place.style.top = `${at.bottom - around.top + 4}px`;
  };

  mountShown(pane, (column) => {
    const { [column]: _, ...others } = store.get("filters");
    typed.delete(column);
    refused.delete(column);
    store.set({ filters: others, page: null });
  });

  pane.clearFilters = () => {
    typed.clear();
    refused.clear();
    store.set({ ...NO_FILTERS, page: null });
    pane.syncFilters();
    // The button that was pressed is gone.
    if (store.get("pane") !== "spectrum") scroll.focus({ preventScroll: true });
  };

  pane.focusFilter = () => {
    const box = boxOf(lastColumn) ?? scroll.querySelector(".filter");
    box?.focus();
    box?.select();
  };

  scroll.addEventListener("focusin", (event) => {
    const column = event.target.closest(".filter")?.dataset.column;
    if (!column) return;
    lastColumn = column;
    // The column of row numbers stays in front of what is scrolled under it.
    const covered = scroll.querySelector(".heads th").getBoundingClientRect().right;
    const hidden = covered - event.target.getBoundingClientRect().left;
    if (hidden > 0 && column !== "row") scroll.scrollLeft -= hidden + 4;
    showRefusal();
  });
  scroll.addEventListener("input", (event) => {
    const box = event.target.closest(".filter");
    if (!box) return;
    const { column } = box.dataset;
    typed.set(column, box.value);
    clearTimeout(timer);
    timer = setTimeout(() => apply(column, box.value), REST_MS);
  });
  scroll.addEventListener("change", (event) => {
    const box = event.target.closest(".filter");
    if (box && typed.has(box.dataset.column)) apply(box.dataset.column, box.value);
  });
  scroll.addEventListener("keydown", (event) => {
    const box = event.target.closest(".filter");
    if (!box) return;
    if (event.key === "Enter") apply(box.dataset.column, box.value);
    if (event.key !== "Escape") return;
    clearTimeout(timer);
    typed.delete(box.dataset.column);
    refused.delete(box.dataset.column);
    pane.syncFilters();
    scroll.focus({ preventScroll: true });
  });
  scroll.addEventListener("scroll", showRefusal);
  addEventListener("resize", showRefusal);
  // Another spectrum has filters of its own.
  store.on(["job", "target"], () => {
    typed.clear();
    refused.clear();
  });
  store.on(["filters", "sql", "mask", "x", "channel"], () => pane.syncFilters());
  // Those of the address are there to be removed, even if the server refuses them.
  pane.showActive();
  mountAdvanced(pane);
}

// A filter keeps the unit that it was typed in; that is said when another one is shown.
function showUnit(pane, box, column) {
  const filter = pane.store.get("filters")[column];
  const isOther = filter && pane.column(column)?.is_flux && (filter.unit || "uJy") !== pane.store.get("unit");
  const note = box.parentElement.querySelector(".filter-unit");
  if (!isOther) return note?.remove();
  const words = note ?? element("span", "filter-unit");
  words.textContent = `in ${pane.unitLabel(filter.unit)}`;
  if (!note) box.after(words);
  return undefined;
}

function words(error, column) {
  if (!(error instanceof Refused)) return `The filter could not be tried. ${error.message}`;
  const start = `filter of ${column}: `;
  return error.message.startsWith(start) ? error.message.slice(start.length) : error.message;
}

function mountAdvanced(pane) {
  const dialog = document.getElementById("advanced-dialog");
  const text = document.getElementById("advanced-sql");
  const error = document.getElementById("advanced-error");
  // Which opening of the dialog it is, and what it began with.
  let opening = 0;
  let start = "";

  const attempt = async (sql) => {
    const [asked, typed] = [opening, text.value];
    error.hidden = true;
    try {
      if (sql !== pane.store.get("sql") && !(await pane.attempt(() => ({ sql })))) return;
      // Somebody may have typed on meanwhile, or have opened the dialog anew.
      if (asked === opening && text.value === typed) dialog.close();
      else if (asked !== opening && text.value === start) begin();
    } catch (problem) {
      if (asked !== opening) return;
      error.textContent = problem.message;
      error.hidden = false;
    }
  };

  const begin = () => {
    start = pane.store.get("sql");
    text.value = start;
  };

  document.getElementById("table-advanced").addEventListener("click", () => {
    opening += 1;
    begin();
    error.hidden = true;
    dialog.showModal();
    text.focus();
  });
  document.getElementById("advanced-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(text.value.trim());
  });
  document.getElementById("advanced-clear").addEventListener("click", () => attempt(""));
  document.getElementById("advanced-close").addEventListener("click", () => dialog.close());
}
