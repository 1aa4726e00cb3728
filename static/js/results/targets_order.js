// The order of the list of targets, and the search in it.

const COLLATOR = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const MARKS = { ascending: "\u25b2", descending: "\u25bc" };
// What is looked for first: the brightest, or those with most measurements.
const FIRST = { name: "ascending", measured: "descending", snr: "descending" };

export class TargetOrder {
  #by = "";
  #direction = "";
  #words = "";

  constructor(pane) {
    this.pane = pane;
    pane.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-sort]");
      if (button) this.#sortBy(button.dataset.sort);
    });
    pane.addEventListener("input", (event) => {
      if (event.target.id !== "targets-search") return;
      this.#words = event.target.value.trim().toLowerCase();
      this.apply();
    });
    pane.addEventListener("keydown", (event) => {
      if (event.target.id !== "targets-search" || event.key !== "Escape" || !event.target.value) return;
      event.stopPropagation();
      event.target.value = this.#words = "";
      this.apply();
    });
  }

  // The targets that the list shows, from top to bottom.
  get shown() {
    return this.#rows.filter((row) => !row.hidden).map((row) => Number(row.dataset.target));
  }

  // Another list has no search yet.
  renew() {
    this.#words = "";
    this.apply();
  }

  apply() {
    const rows = this.#rows;
    if (!rows.length) return;
    const ordered = [...rows].sort((one, other) => this.#compare(one.dataset, other.dataset));
    if (ordered.some((row, place) => row !== rows[place])) rows[0].parentElement.append(...ordered);
    for (const row of rows) {
      row.hidden = !`${row.dataset.name} ${row.dataset.position}`.toLowerCase().includes(this.#words);
    }
    const isNone = rows.every((row) => row.hidden);
    document.getElementById("targets-none").textContent = isNone ? "No target is called that." : "";
    this.#mark();
  }

  get #rows() {
    return [...this.pane.querySelectorAll("tr[data-target]")];
  }

  // One way, the other way, then as in the job.
  #sortBy(by) {
    const first = FIRST[by];
    const second = first === "ascending" ? "descending" : "ascending";
    if (this.#by !== by) this.#direction = first;
    else this.#direction = this.#direction === first ? second : "";
    this.#by = this.#direction ? by : "";
    this.apply();
  }

  // Targets without a value stand last either way.
  #compare(one, other) {
    const inJob = Number(one.target) - Number(other.target);
    if (!this.#by) return inJob;
    const [first, second] = [one[this.#by], other[this.#by]];
    if (first === "" || second === "") return (first === "") - (second === "") || inJob;
    const order = this.#by === "name" ? COLLATOR.compare(first, second) : Number(first) - Number(second);
    return (this.#direction === "descending" ? -order : order) || inJob;
  }

  #mark() {
    for (const button of this.pane.querySelectorAll("button[data-sort]")) {
      const isSorted = button.dataset.sort === this.#by;
      const head = button.closest("th");
      if (isSorted) head.setAttribute("aria-sort", this.#direction);
      else head.removeAttribute("aria-sort");
      button.querySelector(".sort-mark").textContent = isSorted ? MARKS[this.#direction] : "";
    }
  }
}
