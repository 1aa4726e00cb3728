// The cell of the grid that is edited. Answers arrive while somebody goes on: what is typed stays
// in its cell, and what was not taken is offered when its cell is opened again.

const MOST_QUOTED = 40;

export class CellEditor {
  #edited = null;
  // By cell: the text that is under way to the server, and the one that was not taken.
  #sent = new Map();
  #refused = new Map();

  // `actions`: change(row, values) answers why a change was not taken, or an empty text; left() is
  // told that a cell is no more edited, and refused() that other texts than before are refused.
  constructor(region, actions) {
    Object.assign(this, { region, actions });
    region.addEventListener("focusout", (event) => this.#left(event));
  }

  // The cell that is edited, or null.
  get cell() {
    return this.#edited?.cell ?? null;
  }

  // What was not taken, and why: a sentence for each cell.
  get refusals() {
    return [...this.#refused.values()].map(({ words }) => words);
  }

  open(cell) {
    const key = keyOf(cell);
    const offered = this.#sent.get(key)?.text ?? this.#refused.get(key)?.text ?? cell.dataset.text;
    const input = document.createElement("input");
    input.type = "text";
    input.className = "cell-editor";
    input.value = offered;
    input.maxLength = 4000;
    input.setAttribute("aria-label", `${cell.dataset.label}, row ${cell.parentElement.cells[0].textContent}`);
    this.#edited = { cell, input, offered };
    cell.classList.add("is-edited");
    cell.append(input);
    input.focus({ preventScroll: true });
    input.select();
  }

  // Takes what was typed.
  take() {
    const { cell, input, offered } = this.#edited;
    const text = input.value.trim();
    const key = keyOf(cell);
    const known = this.#sent.get(key)?.text ?? cell.dataset.text;
    const wasRefused = this.#refused.has(key);
    this.#close();
    if (text !== known && (text !== offered.trim() || wasRefused)) this.send(cell, text);
    else this.#forget(key);
    this.actions.left();
  }

  // Leaves the cell as it was.
  giveUp() {
    const { cell } = this.#edited;
    this.#close();
    this.#forget(keyOf(cell));
    this.actions.left();
  }

  async send(cell, text) {
    const key = keyOf(cell);
    const sent = { text };
    const { label, role } = cell.dataset;
    const { row } = cell.parentElement.dataset;
    this.#sent.set(key, sent);
    this.#forget(key);
    const refusal = await this.actions.change(row, { action: "correct", role, text });
    // Of the texts of a cell the last one counts.
    if (this.#sent.get(key) !== sent) return;
    this.#sent.delete(key);
    if (!refusal) return;
    const quoted = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}\u2026` : text;
    const words = `${label}, row ${Number(row) + 1}: \u201c${quoted}\u201d was not taken. ${refusal}`;
    this.#refused.set(key, { text, words });
    this.actions.refused();
    // Whoever went on is not called back.
    const now = this.#find(this.region, key);
    if (now && now === document.activeElement) this.open(now);
  }

  // Whether the edited cell is not on another page of rows.
  isMissingIn(page) {
    return this.#edited !== null && !this.#find(page, keyOf(this.cell));
  }

  // Ends editing as long as other rows take the place of these; `resume` takes what this returns.
  suspend() {
    if (!this.#edited) return null;
    const { cell, input, offered } = this.#edited;
    this.#edited = null;
    return {
      key: keyOf(cell),
      text: input.value,
      isTyped: input.value !== offered,
      selection: [input.selectionStart, input.selectionEnd, input.selectionDirection],
    };
  }

  // Goes on with the cell that was edited; a text that nobody touched is that of the new rows.
  resume({ key, text, isTyped, selection }) {
    const cell = this.#find(this.region, key);
    if (!cell) return false;
    this.open(cell);
    const { input } = this.#edited;
    if (isTyped) input.value = text;
    if (input.value === text) input.setSelectionRange(...selection);
    return true;
  }

  #left(event) {
    if (!this.#edited || event.target !== this.#edited.input) return;
    // Text that was typed is not lost by a click elsewhere.
    if (event.relatedTarget !== this.cell) this.take();
  }

  #close() {
    const { cell, input } = this.#edited;
    this.#edited = null;
    cell.classList.remove("is-edited");
    input.remove();
  }

  #forget(key) {
    if (this.#refused.delete(key)) this.actions.refused();
  }

  #find(place, key) {
    const [row, role] = key.split(" ");
    return place.querySelector(`tr[data-row="${row}"] .cell[data-role="${role}"]`);
  }
}

function keyOf(cell) {
  return `${cell.parentElement.dataset.row} ${cell.dataset.role}`;
}
