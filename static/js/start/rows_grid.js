// The grid of rows: which cell has the focus, which row is selected, and which cell is edited.

import { CellEditor } from "./rows_editor.js";
import { addRowsKeys } from "./rows_keys.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAGE_OF_KEYS = 10;

export class RowsGrid {
  // The cell that had the focus before it was clicked.
  #clickedBefore = null;

  // `actions`: those of CellEditor, and turn(step, place), which shows another page with the focus in
  // its "first" or "last" row.
  constructor(store, region, actions) {
    this.store = store;
    this.region = region;
    this.actions = actions;
    this.editor = new CellEditor(region, actions);
    region.addEventListener("click", (event) => this.#clicked(event));
    region.addEventListener("pointerdown", () => { this.#clickedBefore = this.#focused(); });
    region.addEventListener("dblclick", (event) => this.#edit(event.target.closest(".cell")));
    addRowsKeys(region, (event) => this.#pressed(event));
    region.addEventListener("focusin", (event) => this.#entered(event.target.closest("td, th")));
  }

  get rows() {
    return [...this.region.querySelectorAll("tbody tr[data-row]")];
  }

  // Goes to the first row.
  enter() {
    const [row] = this.rows;
    if (row) this.#moveTo(row, 0);
  }

  // Puts other rows in the place of these: the focus stays in its cell, or where that cell was.
  exchange(fill, { place = null } = {}) {
    const cell = this.#focused();
    const row = cell && rowOf(cell);
    const at = cell && {
      row: row.dataset.row, index: row === cell.parentElement ? cell.cellIndex : 0, order: this.rows.indexOf(row),
    };
    const scroll = this.region.querySelector(".rows-scroll");
    const [top, left] = [scroll?.scrollTop ?? 0, scroll?.scrollLeft ?? 0];
    const typing = this.editor.suspend();
    fill();
    const rows = this.rows;
    const now = this.region.querySelector(".rows-scroll");
    if (now) now.scrollTo({ top: place === "first" ? 0 : top, left });
    this.mark(this.store.get("row"), { scroll: false });
    this.#rove(rows[0]?.cells[0]);
    if (typing && this.editor.resume(typing)) return;
    if (!at || !rows.length) return;
    const order = { first: 0, last: rows.length - 1 }[place] ?? Math.min(Math.max(at.order, 0), rows.length - 1);
    const next = (place ? null : rows.find((one) => one.dataset.row === at.row)) ?? rows[order];
    this.#focus(next.cells[at.index] ?? next.cells[0]);
    if (place) this.#select(next);
  }

  // Marks a row as selected; says whether it is on this page.
  mark(number, { scroll = true } = {}) {
    let found = null;
    for (const row of this.rows) {
      const isIt = number !== null && row.dataset.row === String(number);
      row.setAttribute("aria-selected", String(isIt));
      if (isIt) found = row;
    }
    if (found && scroll) found.scrollIntoView({ block: "nearest", inline: "nearest" });
    return Boolean(found);
  }

  #focused() {
    return this.region.contains(document.activeElement) ? document.activeElement.closest("td, th") : null;
  }

  #rove(cell) {
    if (!cell) return;
    for (const one of this.region.querySelectorAll("tbody [tabindex='0']")) one.tabIndex = -1;
    cell.tabIndex = 0;
  }

  #focus(cell) {
    this.#rove(cell);
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #select(row) {
    this.store.set({ row: Number(row.dataset.row) });
    if (row.dataset.ra && document.getElementById("rows-follow").checked) {
      this.store.look(Number(row.dataset.ra), Number(row.dataset.dec));
    }
  }

  #entered(cell) {
    if (cell?.closest("tr[data-row]")) this.#rove(cell);
  }

  #clicked(event) {
    const row = rowOf(event.target);
    if (!row) return;
    const button = event.target.closest("button");
    if (button) {
      event.preventDefault();
      this.#press(row, button);
      return;
    }
    if (event.target.closest("input")) return;
    this.#select(row);
    // A finger has no double click: whoever touches the cell once more means to change it.
    const cell = event.target.closest(".cell");
    if (cell && cell === this.#clickedBefore) this.#edit(cell);
  }

  #press(row, button) {
    const { role, suggestion } = button.dataset;
    const cell = role === undefined ? button.closest("td") : row.querySelector(`.cell[data-role="${role}"]`);
    this.#focus(cell ?? row.cells[0]);
    if (role !== undefined && cell) this.editor.send(cell, suggestion);
    else this.actions.change(row.dataset.row, role === undefined ? { action: button.value } : { action: "correct", role, text: suggestion });
  }

  #pressed(event) {
    const cell = event.target.closest("tr[data-row] :is(td, th)");
    if (!cell || event.target.closest("button") || event.metaKey || event.ctrlKey || event.altKey) return;
    if (this.editor.cell) {
      this.#pressedInEditor(event);
      return;
    }
    const row = cell.parentElement;
    if (event.key in MOVES) this.#move(cell, ...MOVES[event.key]);
    else if (event.key === "PageDown") this.#move(cell, PAGE_OF_KEYS, 0);
    else if (event.key === "PageUp") this.#move(cell, -PAGE_OF_KEYS, 0);
    else if (event.key === "Home") this.#focus(row.cells[0]);
    else if (event.key === "End") this.#focus(row.cells[row.cells.length - 1]);
    else if (event.key === "Delete") this.#press(row, row.querySelector(".rows-action button"));
    else if (event.key === "Enter" || event.key === "F2") this.#act(cell, event.key);
    else return;
    event.preventDefault();
  }

  #act(cell, key) {
    const button = cell.querySelector("button");
    if (cell.matches(".cell")) this.#edit(cell);
    else if (button && key === "Enter") this.#press(cell.parentElement, button);
    else this.#select(cell.parentElement);
  }

  #move(cell, down, right) {
    const rows = this.rows;
    const order = rows.indexOf(cell.parentElement) + down;
    if (down && (order < 0 || order >= rows.length)) {
      if (Math.abs(down) === 1) this.actions.turn(down, down > 0 ? "first" : "last");
      else this.#moveTo(rows[down > 0 ? rows.length - 1 : 0], cell.cellIndex);
      return;
    }
    if (down) this.#moveTo(rows[order], cell.cellIndex);
    else if (cell.parentElement.cells[cell.cellIndex + right]) this.#focus(cell.parentElement.cells[cell.cellIndex + right]);
  }

  #moveTo(row, index) {
    this.#focus(row.cells[index]);
    this.#select(row);
  }

  #edit(cell) {
    if (!cell || this.editor.cell) return;
    this.#select(cell.parentElement);
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.editor.open(cell);
  }

  // The next cell is opened at once, so that what is typed goes there, whenever the answer comes.
  #pressedInEditor(event) {
    const { cell } = this.editor;
    const cells = [...this.region.querySelectorAll("tbody .cell")];
    const next = event.key === "Tab" ? cells[cells.indexOf(cell) + (event.shiftKey ? -1 : 1)] : null;
    if (event.key === "Escape") this.editor.giveUp();
    else if (event.key === "Enter" || event.key === "Tab") this.editor.take();
    else return;
    if (next) this.#edit(next);
    else this.#focus(cell);
    event.preventDefault();
    event.stopPropagation();
  }
}

// The row that an element is in, also if it says what is wrong with the row.
function rowOf(element) {
  const row = element.closest("tbody tr");
  return row && !row.dataset.row ? row.previousElementSibling : row;
}
