// The rows of the list: a page of them at a time, with what is wrong and how to fix it.

import { ListApi, announce, isFresh, listOfPage, wordsOf } from "./list_api.js";
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
  // The last question for rows: what it asks besides the view, and whether its answer is awaited.
  #asked = { values: {}, isOpen: false, isOld: false };
  // Whether the rows are not shown as they are, because one that left them is edited.
  #isOld = false;
  #typing = null;
  #located = 0;
  #region = byId("rows-region");
  #message = byId("rows-message");

  constructor(store, api, drawer) {
    Object.assign(this, { store, api, drawer });
    this.grid = new RowsGrid(store, this.#region, {
      change: (row, values) => this.change(`rows/${row}`, values),
      left: () => { if (this.#isOld) this.#reload(); },
      refused: () => this.#say(),
      turn: (step, place) => this.#turn(step, place),
    });
    this.names = new NameLookup(api, () => {
      this.#reload();
      this.#changed();
    });
  }

  start() {
    byId("rows-show").addEventListener("change", (event) => {
      this.load({ page: 0, show: event.target.value });
    });
    byId("rows-find").addEventListener("input", (event) => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.load({ page: 0, find: event.target.value }), TYPING_MS);
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
      this.#undo = [];
      this.#offerUndo();
      this.#reload();
      this.#locate();
    });
    // A page that comes back as it was left says what the list was then.
    addEventListener("pageshow", (event) => {
      if (event.persisted) announce("browser");
    });
    const page = this.#region.querySelector(".rows-page");
    if (isFresh() && page) this.grid.exchange(() => this.#around(page));
    else this.load();
    if (!isFresh()) announce("browser");
    this.#locate();
  }

  // Shows a page of rows. Of questions that follow each other only the last one's answer counts;
  // says whether it was this one's.
  load(view = {}, values = {}, focus = {}) {
    this.#view = { ...this.#view, ...view };
    this.#asked = { values, isOpen: true, isOld: false };
    return this.#ask(this.#asked, focus);
  }

  async #ask(asked, focus) {
    this.#region.setAttribute("aria-busy", "true");
    let [html, failure] = [null, null];
    do {
      asked.isOld = false;
      try {
        html = await this.api.get("rows", { ...this.#view, ...asked.values });
      } catch (error) {
        failure = error;
      }
      if (asked !== this.#asked) return false;
    } while (asked.isOld && !failure);
    asked.isOpen = false;
    if (failure) this.#fail(failure);
    else this.#show(pageOf(html), focus);
    return !failure;
  }

  // Shows what became of the rows; a question that is under way is asked once more.
  #reload() {
    if (this.#asked.isOpen) this.#asked.isOld = true;
    else this.load();
  }

  // The rows that are still shown are those of their page.
  #fail(error) {
    const page = this.#region.querySelector(".rows-page");
    if (page && page.dataset.show === this.#view.show) this.#view.page = Number(page.dataset.page);
    this.#say(wordsOf(error));
  }

  // Changes something and shows the page that comes of it, one change after the other. Says why
  // that was refused, or nothing.
  change(name, values) {
    const undo = this.#undo;
    return this.#inTurn(() => this.#change(name, values, undo));
  }

  #inTurn(step) {
    const done = this.#changes.then(step);
    this.#changes = done.catch(() => {});
    return done;
  }

  async #change(name, values, undo = null) {
    const asked = this.#asked;
    let html;
    try {
      html = await this.api.post(name, { ...this.#view, ...values });
    } catch (error) {
      this.#say(wordsOf(error));
      return wordsOf(error);
    }
    const page = pageOf(html);
    const step = JSON.parse(page.dataset.undo);
    if (step.rows !== "") undo?.push(step);
    // Whoever went to other rows meanwhile is not brought back.
    if (asked === this.#asked && !asked.isOpen) this.#show(page);
    else this.#reload();
    this.#changed();
    return "";
  }

  #changed() {
    this.#offerUndo();
    this.#locate();
    announce("rows");
  }

  #offerUndo() {
    byId("rows-undo").disabled = !this.#undo.length;
  }

  // Takes back the last change, also if its answer is still awaited.
  #takeBack() {
    const selected = this.store.get("row");
    return this.#inTurn(async () => {
      const undo = this.#undo;
      const last = undo.pop();
      if (!last) return;
      const { row, ...values } = last;
      const refusal = await this.#change(row === undefined ? "rows" : `rows/${row}`, values);
      if (refusal) undo.push(last);
      this.#offerUndo();
      const isElsewhere = this.grid.editor.cell || this.store.get("row") !== selected;
      if (row !== undefined && !refusal && !isElsewhere) this.store.set({ row });
    });
  }

  // Shows a page of rows. One without the row whose cell is edited waits until the cell is left.
  #show(page, focus = {}) {
    this.#isOld = this.grid.editor.isMissingIn(page);
    this.#say();
    this.#around(page);
    if (!this.#isOld) this.grid.exchange(() => this.#region.replaceChildren(page), focus);
  }

  // Says around the rows what the page of them knows.
  #around(page) {
    this.#view.page = Number(page.dataset.page);
    this.#view.show = page.dataset.show;
    showBar(page);
    this.names.offer(Number(page.dataset.unresolved));
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
    const isShown = await this.#loadAnyName({ page: 0, show: errors === "0" ? "unresolved" : "error" });
    // Whoever types elsewhere by now is not called away.
    const isFree = document.activeElement.matches("body, [data-show-problem], #rows *");
    if (isShown && isFree) this.grid.enter();
  }

  #turn(step, place = null) {
    const page = this.#region.querySelector(".rows-page");
    const next = this.#view.page + step;
    if (!page || next < 0 || next >= Number(page.dataset.pages)) return;
    this.load({ page: next }, {}, place ? { place } : {});
  }

  #showAll() {
    this.#loadAnyName({ page: 0, show: "all" });
  }

  #loadAnyName(view, values = {}) {
    clearTimeout(this.#typing);
    byId("rows-find").value = "";
    return this.load({ ...view, find: "" }, values);
  }

  // Somebody else, such as the map, has selected a row: its page is shown.
  async #selected() {
    const row = this.store.get("row");
    if (row === null || this.grid.mark(row)) {
      // The page of a row that was selected before is no more wanted.
      if (this.#asked.isOpen && "select" in this.#asked.values) this.load();
      return;
    }
    const isDone = () => this.store.get("row") !== row || this.grid.mark(row);
    if (!await this.load({}, { select: row }) || isDone()) return;
    if (await this.#loadAnyName({ show: "all" }, { select: row })) isDone();
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

  // What was refused is said as long as it is offered again.
  #say(words = "") {
    const said = words || this.grid.editor.refusals.join(" ");
    this.#message.textContent = said;
    this.#message.hidden = !said;
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
  const filters = page.querySelector(".rows-filters");
  show.replaceChildren(...[...filters.options].map((one) => (
    new Option(one.textContent, one.value, false, "selected" in one.dataset)
  )));
  filters.remove();
}

function pageOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelector(".rows-page");
}

function byId(id) {
  return document.getElementById(id);
}
