// The rows of the list: a page of them at a time, with what is wrong and how to fix it.

import { ListApi, announce, fill, isFresh, listOfPage, wordsOf } from "./list_api.js";
import { mountDrawer } from "./rows_drawer.js";
import { RowsGrid } from "./rows_grid.js";
import { NameLookup } from "./rows_names.js";

const TYPING_MS = 300;

export function mountRows(store) {
  const id = listOfPage();
  const section = document.getElementById("rows");
  if (!id || !section) return;
  section.classList.remove("is-waiting");
  const show = () => { section.hidden = store.get("mode") !== "multi"; };
  store.on(["mode"], show);
  show();
  const drawer = mountDrawer(section);
  new RowsPane(store, new ListApi(id), drawer).start();
}

class RowsPane {
  #view = { page: 0, show: "all", find: "" };
  #undo = [];
  #changes = Promise.resolve();
  #asked = 0;
  #located = 0;
  #region = byId("rows-region");
  #message = byId("rows-message");

  constructor(store, api, drawer) {
    Object.assign(this, { store, api, drawer });
    this.grid = new RowsGrid(store, this.#region, {
      change: (row, values) => this.change(`rows/${row}`, values),
      turn: (step, place) => this.#turn(step, place),
    });
    this.names = new NameLookup(api, () => {
      this.load();
      this.#changed();
    });
  }

  start() {
    byId("rows-show").addEventListener("change", (event) => {
      this.load({ page: 0, show: event.target.value });
    });
    let typing;
    byId("rows-find").addEventListener("input", (event) => {
      clearTimeout(typing);
      typing = setTimeout(() => this.load({ page: 0, find: event.target.value }), TYPING_MS);
    });
    byId("rows-undo").addEventListener("click", () => this.#takeBack());
    byId("rows-leave-out").addEventListener("click", () => {
      this.change("rows", { action: "leave_out_bad" });
    });
    byId("rows-names-leave-out").addEventListener("click", () => {
      this.change("rows", { action: "leave_out_unresolved" });
    });
    this.#region.addEventListener("click", (event) => {
      const turn = event.target.closest("[data-turn]");
      const all = event.target.closest("[data-show-all]");
      if (turn || all) event.preventDefault();
      if (turn) this.#turn(Number(turn.dataset.turn));
      if (all) this.#showAll();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest("[data-show-problem]")) return;
      event.preventDefault();
      this.#showProblem();
    });
    this.store.on(["row"], () => this.#selected());
    document.body.addEventListener("listchanged", (event) => {
      if (event.detail?.from === "rows") return;
      // Another mapping makes other rows; what was done to the old ones can't be undone in them.
      if (event.detail?.from === "mapping") this.#undo = [];
      this.load();
      this.#locate();
    });
    const page = this.#region.querySelector(".rows-page");
    if (isFresh() && page) this.grid.exchange(() => this.#shown());
    else this.load();
    if (!isFresh()) announce("browser");
    this.#locate();
  }

  // Shows a page of rows; of questions that follow each other only the last one's answer counts.
  async load(view = {}, values = {}, focus = {}) {
    this.#view = { ...this.#view, ...view };
    this.#asked += 1;
    const asked = this.#asked;
    this.#region.setAttribute("aria-busy", "true");
    try {
      const html = await this.api.get("rows", { ...this.#view, ...values });
      if (asked === this.#asked) this.#show(html, focus);
    } catch (error) {
      if (asked === this.#asked) this.#say(wordsOf(error));
    }
  }

  // Changes something and shows the page that comes of it, one change after the other. Says
  // whether that went well.
  change(name, values, { isUndo = false } = {}) {
    const changing = this.#changes.then(async () => {
      try {
        const html = await this.api.post(name, { ...this.#view, ...values });
        this.#asked += 1;
        const page = this.#show(html);
        if (!isUndo) this.#undo.push(JSON.parse(page.dataset.undo));
        this.#changed();
        return true;
      } catch (error) {
        this.#say(wordsOf(error));
        return false;
      }
    });
    this.#changes = changing;
    return changing;
  }

  #changed() {
    byId("rows-undo").disabled = !this.#undo.length;
    this.#locate();
    announce("rows");
  }

  async #takeBack() {
    const last = this.#undo.pop();
    if (!last) return;
    const { row, rows, ...values } = last;
    const name = rows === undefined ? `rows/${row}` : "rows";
    const went = await this.change(name, rows === undefined ? values : { ...values, rows }, { isUndo: true });
    if (!went) this.#undo.push(last);
    if (row !== undefined) this.store.set({ row });
    byId("rows-undo").disabled = !this.#undo.length;
  }

  #show(html, focus = {}) {
    this.#say("");
    this.grid.exchange(() => fill(this.#region, html), focus);
    this.#region.setAttribute("aria-busy", "false");
    return this.#shown();
  }

  // Says around the rows what the page of them knows.
  #shown() {
    const page = this.#region.querySelector(".rows-page");
    this.#view.page = Number(page.dataset.page);
    this.#view.show = page.dataset.show;
    showBar(page);
    this.names.offer(Number(page.dataset.unresolved));
    return page;
  }

  // What keeps the list from being sent: a question about its columns, or rows with errors.
  async #showProblem() {
    const question = document.querySelector("#mapping .question :is(button, select)");
    if (question) {
      question.closest("details").open = true;
      question.focus();
      return;
    }
    this.drawer.open();
    const { errors } = this.#region.querySelector(".rows-page").dataset;
    byId("rows-find").value = "";
    await this.load({ page: 0, show: errors === "0" ? "unresolved" : "error", find: "" });
    this.grid.enter();
  }

  #turn(step, place = null) {
    const page = this.#region.querySelector(".rows-page");
    const next = this.#view.page + step;
    if (!page || next < 0 || next >= Number(page.dataset.pages)) return;
    this.load({ page: next }, {}, place ? { place } : {});
  }

  #showAll() {
    byId("rows-find").value = "";
    this.load({ page: 0, show: "all", find: "" });
  }

  // Somebody else, such as the map, has selected a row: its page is shown.
  async #selected() {
    const row = this.store.get("row");
    if (row === null || this.grid.mark(row)) return;
    await this.load({}, { select: row });
    if (this.grid.mark(row)) return;
    byId("rows-find").value = "";
    await this.load({ show: "all", find: "" }, { select: row });
    this.grid.mark(row);
  }

  // Of questions that follow each other only the last one's answer counts, here as well.
  async #locate() {
    this.#located += 1;
    const located = this.#located;
    try {
      const { list, rows } = await this.api.get("positions");
      if (located !== this.#located) return;
      this.store.set({ list: { ...this.store.get("list"), ...list }, positions: rows });
    } catch (error) {
      if (located === this.#located) this.#say(wordsOf(error));
    }
  }

  #say(words) {
    this.#message.textContent = words;
    this.#message.hidden = !words;
    this.#region.setAttribute("aria-busy", "false");
  }
}

function showBar(page) {
  const { summary, errors, report } = page.dataset;
  const status = byId("rows-summary");
  if (status.textContent !== summary) status.textContent = summary;
  const leaveOut = byId("rows-leave-out");
  leaveOut.hidden = errors === "0";
  leaveOut.textContent = errors === "1" ? "Leave out the bad row" : `Leave out ${Number(errors).toLocaleString("en")} bad`;
  const link = byId("rows-report");
  link.hidden = !report;
  if (report) link.href = report;
  const show = byId("rows-show");
  const options = page.querySelector(".rows-filters");
  show.replaceChildren(...[...options.options].map((one) => (
    new Option(one.textContent, one.value, false, "selected" in one.dataset)
  )));
  options.remove();
}

function byId(id) {
  return document.getElementById(id);
}
