// What the page says before a job is sent: exposures, time, a look at the place, its neighbours.

import { Latest, Refused } from "../results/api.js";
import { fieldsOf, fieldsOfRow } from "./before_ask.js";
import { count, showCounts, showNotes, showStopped, withoutCounts } from "./before_counts.js";
import { Neighbours } from "./before_neighbours.js";
import { Preview } from "./before_preview.js";
import { showProblems } from "./field_errors.js";

const DELAY_MS = 450;
// What the picture depends on, besides the target.
const PICTURED = ["pm_ra", "pm_dec", "ref_epoch", "time_start", "time_end", "releases"];

export function mountBefore(store) {
  const section = document.getElementById("before");
  const form = document.getElementById("job-form");
  if (section && form) new Before(section, form, store);
}

class Before {
  #latest = new Latest();
  #asked = "";
  #timer = null;
  #pictured = "";
  #place = "";
  #subject = "";

  constructor(section, form, store) {
    Object.assign(this, { section, form, store });
    this.preview = new Preview(section);
    this.neighbours = new Neighbours(section, store, form, () => this.#mark());
    for (const event of ["input", "change"]) form.addEventListener(event, () => this.#soon());
    store.on(["mode", "target", "profile", "partners"], () => this.#soon());
    // The rows of a list change while the form stays as it is.
    store.on(["list", "positions"], () => this.#again());
    document.body.addEventListener("listchanged", () => this.#again());
    store.on(["row"], () => this.#showRow());
    store.on(["profile"], () => this.#mark());
    // Examples fill the form without an event of their own, and a page can come back filled in.
    document.body.addEventListener("htmx:afterSwap", () => this.#soon());
    this.#soon();
  }

  #again() {
    this.#asked = "";
    this.#soon();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#age();
    this.#timer = setTimeout(() => this.#ask(), DELAY_MS);
  }

  async #ask() {
    const fields = fieldsOf(this.form);
    const question = String(fields);
    if (question === this.#asked) return;
    this.#asked = question;
    const isList = fields.get("mode") === "multi";
    // Options are looked at without a target, too.
    if (!fields.get(isList ? "list" : "target")?.trim()) this.#nothing();
    document.getElementById("before-counts").classList.add("is-old");
    document.getElementById("before-counts").setAttribute("aria-busy", "true");
    try {
      await this.#latest.ask((signal) => count(this.section.dataset.estimate, fields, signal, (sums) => {
        if (!signal.aborted) this.#take(sums, fields, isList);
      }));
    } catch (error) {
      this.#asked = "";
      this.#fail(fields, error instanceof Refused ? error.message : "The server does not answer, so exposures are not counted. The job can be sent all the same.");
    }
  }

  #take(sums, fields, isList) {
    showProblems(sums.problems ?? []);
    if (!sums.n_targets) {
      this.#nothing();
      return;
    }
    this.section.hidden = false;
    if (sums.stopped) showStopped(sums.stopped, sums.problems[0]);
    else if (sums.counted || sums.next === null) showCounts(sums, isList);
    if (isList) this.#showRow();
    else this.#showTarget(fields, sums.target);
  }

  #showTarget(fields, target) {
    const place = `${target.ra} ${target.dec}`;
    const pictured = picturedIn(fields, place);
    if (pictured !== this.#pictured) this.preview.show(fields, target.name);
    if (place !== this.#place) this.neighbours.show(fields);
    [this.#pictured, this.#place, this.#subject] = [pictured, place, subjectOf(fields)];
    this.#age();
  }

  // While another target is typed, its picture and neighbours are not those that are shown.
  #age() {
    const isOld = this.#subject !== "" && subjectOf(fieldsOf(this.form)) !== this.#subject;
    for (const part of [this.preview, this.neighbours]) part.growOld(isOld);
  }

  // Of a list, the place of the selected row.
  #showRow() {
    if (this.store.get("mode") !== "multi") return;
    const row = this.store.get("positions").find((one) => one.row === this.store.get("row"));
    const fields = fieldsOf(this.form);
    const pictured = row?.ra == null ? "" : picturedIn(fields, `row ${row.ra} ${row.dec}`);
    if (pictured === this.#pictured) return;
    [this.#pictured, this.#place, this.#subject] = [pictured, "", ""];
    this.#age();
    this.neighbours.show(null);
    this.preview.show(pictured ? fieldsOfRow(fields, row) : null, row?.name, true);
  }

  #mark() {
    const profile = this.store.get("profile");
    const ellipse = profile && {
      radius_arcsec: profile.radius, axis_ratio: profile.axisRatio, position_angle_deg: profile.positionAngle,
    };
    this.preview.mark({ ellipse, sources: this.neighbours?.sources ?? [] });
  }

  // There is no target to say anything about.
  #nothing() {
    this.#latest.ask(async () => {});
    this.section.hidden = true;
    document.getElementById("before-head").replaceChildren();
    showNotes([]);
    this.#forget();
  }

  #forget() {
    this.preview.show(null);
    this.neighbours.show(null);
    [this.#pictured, this.#place, this.#subject] = ["", "", ""];
    this.#age();
  }

  #fail(fields, words) {
    this.section.hidden = false;
    // A look at one target says nothing about another.
    const isOther = fields.get("mode") === "multi" ? this.#subject !== "" : this.#subject !== subjectOf(fields);
    if (isOther) this.#forget();
    this.#showRow();
    withoutCounts();
    showNotes([words]);
  }
}

// Whose picture and neighbours they are: the single target as it is typed.
function subjectOf(fields) {
  return ["mode", "target", "resolver"].map((name) => fields.get(name)?.trim()).join("|");
}

function picturedIn(fields, place) {
  return [place, ...PICTURED.map((name) => fields.getAll(name).join())].join("|");
}
