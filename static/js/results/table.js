// The table of measurements: it asks which rows are shown, in which order, and tells everybody.

import { Latest, Refused, unpacked } from "./api.js";
import { mountColumns } from "./table_columns.js";
import { mountDerived } from "./table_derived.js";
import { mountFilters } from "./table_filters.js";
import { mountTableKeys } from "./table_keys.js";
import { mountStatistics } from "./table_statistics.js";

const PAGE_SIZE = 100;
// What decides on the rows and their order, and what only on how they look.
const ROWS = [
  "job", "target", "filters", "sql", "mask", "derived", "x", "channel", "sort", "descending", "strip_order",
];
const LOOKS = ["columns", "unit"];

export function mountTable({ store, api, keys }) {
  const pane = {
    store, api, keys,
    scroll: document.getElementById("table-scroll"),
    region: document.getElementById("table-region"),
    columns: [], flags: [], units: {}, answer: null,
    // A filter that was written into an address by hand may name none.
    unitLabel: (key) => pane.units[key || "uJy"] ?? key,
    column: (name) => pane.columns.find((one) => one.name === name),
  };
  const latest = new Latest();
  // What was asked for last, and what stands in the table: {rows, looks, page}, the first two as texts.
  let asked = {};
  let shown = {};
  let isAccepting = false;

  const accept = (answer, { rows, looks, page }) => {
    const isNews = Boolean(answer.rows);
    pane.answer = { ...pane.answer, ...answer };
    // A page beyond the last one is answered by the last one.
    asked = shown = { rows, looks, page: page ?? answer.page };
    pane.region.removeAttribute("aria-busy");
    showError("");
    if (isNews) {
      pane.columns = answer.columns;
      pane.flags = answer.flags;
      pane.units = answer.units;
    }
    pane.render(answer);
    if (isNews) store.setKept(unpacked(answer.rows), unpacked(answer.strip));
    pane.mark();
    // Another row may have been selected meanwhile.
    follow();
  };

  // Show what the store says. What can't be shown leaves the last good rows in sight.
  const follow = async () => {
    if (isAccepting) return;
    const view = store.view;
    const [rows, looks] = [signature(store, view, ROWS), signature(store, view, LOOKS)];
    // Only rows that are here have pages; of those on their way, the page is asked for afterwards.
    const isHere = rows === shown.rows && store.isKnown;
    const wanted = { rows, looks, page: isHere ? wantedPage(store, pane) : store.get("page") };
    const isAskedFor = rows === asked.rows && looks === asked.looks;
    if (isAskedFor && (!isHere || wanted.page === asked.page)) return;
    asked = wanted;
    if (isHere && looks === shown.looks && wanted.page === shown.page) return stay();
    pane.region.setAttribute("aria-busy", "true");
    const place = wanted.page === null ? { row: store.get("row") } : { page: wanted.page };
    try {
      const answer = await latest.ask((signal) => api.post("table", { view, ...place, rows: !isHere }, { signal }));
      if (answer) accept(answer, wanted);
    } catch (error) {
      pane.region.removeAttribute("aria-busy");
      asked = {};
      showError(error instanceof Refused ? error.message : `The table could not be loaded. ${error.message}`, follow);
    }
  };

  // What is in sight is what is wanted: somebody has thought better of a page on its way.
  const stay = () => {
    latest.drop();
    pane.region.removeAttribute("aria-busy");
    showError("");
  };

  // Change the view if the server understands it; a Refused is the caller's to show. Changes wait
  // for each other; `change` makes a patch of what is the case when its turn comes, or null.
  let queue = Promise.resolve();
  pane.attempt = (change) => {
    const turn = queue.then(() => tryOut(change));
    queue = turn.catch(() => {});
    return turn;
  };

  const tryOut = async (change) => {
    const everything = () => signature(store, store.view, [...ROWS, ...LOOKS]);
    const before = everything();
    const patch = change();
    if (!patch) return false;
    const view = { ...store.view, ...patch };
    const answer = await api.post("table", { view, row: store.get("row"), rows: true });
    // Something else has changed meanwhile: what was asked is no longer the question.
    if (everything() !== before) return tryOut(change);
    if (!change()) return false;
    // An older question may still be on its way.
    await latest.ask(async () => answer);
    isAccepting = true;
    try {
      store.set({ ...patch, page: null });
    } finally {
      isAccepting = false;
    }
    accept(answer, { rows: signature(store, view, ROWS), looks: signature(store, view, LOOKS), page: null });
    return true;
  };

  mountRows(pane);
  mountFilters(pane);
  mountColumns(pane);
  mountDerived(pane);
  mountStatistics(pane);
  mountPager(pane);
  mountTableKeys(pane);
  store.on([...ROWS, ...LOOKS, "page", "row"], follow);
  // What was hidden could not be scrolled to its row.
  store.on(["row", "pane"], () => pane.mark());
  follow();
}

function signature(store, view, names) {
  const values = names.map((name) => view[name] ?? store.get(name));
  // The order by a flux is that of the shown numbers: magnitudes count backwards.
  if (names === ROWS && /flux/.test(view.sort)) values.push(view.unit);
  return JSON.stringify(values);
}

// The chosen page, or else that of the selected row, or else the one in sight.
function wantedPage(store, pane) {
  const page = store.get("page");
  if (page !== null) return page;
  const position = store.positionOf(store.get("row"));
  return position === undefined ? pane.answer?.page ?? 0 : Math.floor(position / PAGE_SIZE);
}

function showError(text, again) {
  const place = document.getElementById("table-error");
  place.hidden = !text;
  place.textContent = text;
  if (!text || !again) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = "Try again";
  button.addEventListener("click", () => again());
  place.append(" ", button);
}

// The rows themselves: drawn, clicked, sorted, marked.
function mountRows(pane) {
  const { store, scroll } = pane;

  pane.render = ({ html, n_kept }) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const table = made.content.querySelector("table");
    const old = scroll.querySelector("table");
    let focused = null;
    if (old && heads(old) === heads(table)) {
      // The header stays: somebody may be typing in it.
      old.tBodies[0].replaceWith(table.tBodies[0]);
      copySorting(table, old);
    } else {
      focused = scroll.contains(document.activeElement) ? document.activeElement : null;
      scroll.replaceChildren(table);
    }
    scroll.querySelector(".table-empty")?.remove();
    if (!n_kept) scroll.append(emptyNote(pane));
    scroll.scrollTop = 0;
    pane.showCount();
    pane.showPager();
    pane.syncFilters();
    const box = focused?.matches(".filter") && scroll.querySelector(`.filter[data-column="${CSS.escape(focused.dataset.column)}"]`);
    if (!box) return;
    box.focus();
    // Whoever is typing goes on where they were.
    box.setSelectionRange(focused.selectionStart, focused.selectionEnd);
  };

  pane.mark = () => {
    const row = store.get("row");
    for (const marked of scroll.querySelectorAll("tr[aria-current]")) {
      if (marked.dataset.row !== String(row)) marked.removeAttribute("aria-current");
    }
    const found = row === null ? null : scroll.querySelector(`tr[data-row="${row}"]`);
    if (found) {
      found.setAttribute("aria-current", "true");
      // Somebody who turned to a page looks at its top.
      if (store.get("page") === null) reveal(scroll, found);
    }
    const away = document.getElementById("table-away");
    const isAway = row !== null && pane.answer && !store.isKept(row);
    away.hidden = !isAway;
    away.textContent = isAway ? `Row ${row}, which is selected, is filtered out.` : "";
  };

  pane.showCount = () => {
    const { n_kept, n_rows, n_before_mask } = pane.answer;
    const masked = n_before_mask - n_kept;
    const words = n_kept === n_rows ? `${n_rows} measurements` : `${n_kept} of ${n_rows} measurements`;
    document.getElementById("table-count").textContent = masked ? `${words}, ${masked} hidden by the flag mask` : words;
  };

  scroll.addEventListener("click", (event) => {
    const sort = event.target.closest("button.sort");
    if (sort) return sortBy(pane, sort.closest("th").dataset.column);
    const row = event.target.closest("tr[data-row]");
    if (row && !String(getSelection())) store.select(Number(row.dataset.row));
  });
}

function heads(table) {
  return Array.from(table.querySelectorAll(".heads th"), (head) => {
    return `${head.dataset.column}/${head.querySelector(".sort").title}/${head.querySelector(".unit")?.textContent}`;
  }).join("|");
}

function copySorting(from, to) {
  const [fresh, shown] = [from, to].map((table) => table.querySelectorAll(".heads th"));
  fresh.forEach((head, place) => {
    const sort = head.getAttribute("aria-sort");
    if (sort) shown[place].setAttribute("aria-sort", sort);
    else shown[place].removeAttribute("aria-sort");
    shown[place].querySelector(".sort-mark").textContent = head.querySelector(".sort-mark").textContent;
  });
}

// Ascending, then descending, then as in the file; its top is what one sorts for.
function sortBy({ store }, column) {
  const isSorted = store.get("sort") === column;
  if (isSorted && store.get("descending")) store.set({ sort: "", descending: false, page: 0 });
  else store.set({ sort: column, descending: isSorted, page: 0 });
}

function emptyNote(pane) {
  const note = document.createElement("div");
  note.className = "table-empty";
  const words = document.createElement("p");
  words.textContent = pane.answer.n_rows ? "No measurement passes the filters." : "There are no measurements.";
  note.append(words);
  if (pane.answer.n_rows) {
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "button";
    clear.textContent = "Clear filters";
    clear.addEventListener("click", () => pane.clearFilters());
    note.append(clear);
  }
  return note;
}

// Scrolls the table alone: the page, and who has the focus, stay.
function reveal(scroll, row) {
  const head = scroll.querySelector("thead").offsetHeight;
  const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
  if (top < scroll.scrollTop) scroll.scrollTop = top;
  else if (bottom > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = bottom - scroll.clientHeight;
}

function mountPager(pane) {
  const { store } = pane;
  const pager = document.getElementById("table-pager");
  const places = { first: () => 0, previous: (page) => page - 1, next: (page) => page + 1, last: (_, count) => count - 1 };

  pager.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-page]");
    if (!button) return;
    const { page, n_pages: count } = pane.answer;
    const within = (number) => Math.min(Math.max(number, 0), count - 1);
    // Pressed again while a page is on its way, it goes on from there.
    store.set({ page: within(places[button.dataset.page](within(store.get("page") ?? page), count)) });
  });

  pane.showPager = () => {
    const { page, n_pages, n_kept } = pane.answer;
    pager.hidden = n_pages < 2;
    const last = Math.min((page + 1) * PAGE_SIZE, n_kept);
    document.getElementById("table-place").textContent = `${page * PAGE_SIZE + 1}\u2013${last} of ${n_kept}`;
    for (const button of pager.querySelectorAll("button")) {
      const isBack = ["first", "previous"].includes(button.dataset.page);
      button.disabled = isBack ? page === 0 : page >= n_pages - 1;
    }
  };
}
