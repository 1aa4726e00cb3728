// How many exposures there are, per band, and how long a job would take.

import { element } from "../results/dom.js";
import { ask, pause } from "./before_ask.js";
import { goTo } from "./field_errors.js";

const LONG_SECONDS = 1800;
const part = (name) => document.getElementById(`before-${name}`);
const number = (value) => value.toLocaleString("en-US");
// Six of them stand side by side.
const compact = (value) => (value < 10_000 ? String(value) : `${Math.round(value / 1000)}k`);
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

// A number and its unit stay on one line.
export function aboutText(seconds) {
  if (seconds < 1) return "about a\u00a0second";
  if (seconds < 90) return `about\u00a0${Math.round(seconds)}\u00a0s`;
  if (seconds < 5400) return `about\u00a0${Math.round(seconds / 60)}\u00a0min`;
  const hours = Math.round(seconds / 360) / 10;
  return `about\u00a0${hours}\u00a0h`;
}

// Counts for all targets, a portion after the other; calls `show` with the sums after each.
export async function count(address, fields, signal, show) {
  let sums = null;
  let next = 0;
  while (next !== null) {
    fields.set("part", String(next));
    const answer = await ask(address, fields, signal);
    // A search that takes longer than a request goes on; its counts are asked for again.
    if (answer.next !== null && answer.counted === 0) await pause(300, signal);
    sums = added(sums, answer);
    next = answer.next;
    show(sums);
  }
  return sums;
}

function added(sums, answer) {
  if (!answer.n_targets || !answer.bands) return { ...answer, rows: 0, counted: 0 };
  if (!sums) return answer;
  const dates = (name, which) => {
    const known = [sums[name], answer[name]].filter(Boolean).sort();
    return known.at(which) ?? null;
  };
  return {
    ...answer,
    ...Object.fromEntries(["jobs", "problem", "of_target"].map((name) => [name, sums[name] ?? answer[name]])),
    counted: sums.counted + answer.counted,
    rows: sums.rows + answer.rows,
    deep: sums.deep + answer.deep,
    bands: sums.bands.map((band, at) => ({
      ...band, rows: band.rows + answer.bands[at].rows, deep: band.deep + answer.bands[at].deep,
    })),
    uncovered: {
      n: sums.uncovered.n + answer.uncovered.n,
      names: [...sums.uncovered.names, ...answer.uncovered.names].slice(0, 10),
    },
    begin: dates("begin", 0),
    end: dates("end", -1),
  };
}

// `isList`: many targets, of which no single one is shown.
export function showCounts(sums, isList) {
  const isDone = sums.next === null;
  part("counts").setAttribute("aria-busy", String(!isDone));
  part("counts").classList.remove("is-old");
  part("progress").hidden = isDone;
  if (!isDone) part("progress").textContent = `Exposures counted for ${number(sums.counted)} of ${number(sums.n_targets)} targets`;
  if (isDone) showWords(sums, isList);
  showBands(isList || !isDone ? sums.bands : sums.of_target.bands);
  showVisits(isList || !isDone ? [] : sums.of_target.visits);
}

// Nothing is counted as long as a field is not valid; `words` say which one.
export function showStopped(words, problem) {
  withoutCounts();
  const [what, why] = words.split(/: (.*)/s);
  part("head").replaceChildren(element("strong", "", what), `: ${why}`);
  part("head").classList.add("is-empty");
  const button = element("button", "link-button", `Go to ${problem.label}`);
  button.type = "button";
  button.addEventListener("click", () => goTo(problem.field));
  part("pace").replaceChildren(button);
  showNotes([]);
}

export function withoutCounts() {
  part("counts").setAttribute("aria-busy", "false");
  part("counts").classList.remove("is-old");
  for (const name of ["progress", "bands", "visits"]) part(name).hidden = true;
  for (const name of ["head", "pace"]) part(name).replaceChildren();
}

function showWords(sums, isList) {
  const seconds = sums.rows * sums.pace.seconds_per_row;
  const head = part("head");
  head.replaceChildren(element("strong", "", headWords(sums, isList)));
  if (sums.rows) head.append(` \u00b7 ${aboutText(seconds + sums.pace.seconds_ahead)}`);
  if (sums.jobs > 1) head.append(` \u00b7 ${plural(sums.jobs, "job")}`);
  head.classList.toggle("is-empty", sums.rows === 0);
  const notes = isList ? listNotes(sums) : [...sums.of_target.notes];
  if (sums.problem) notes.push(sums.problem);
  if (seconds > LONG_SECONDS) notes.push("That is a long job: fewer bands or a shorter time range make it quicker.");
  showNotes(notes);
  showPace(sums, isList);
}

function headWords(sums, isList) {
  if (isList) return `${plural(sums.rows, "measurement")} of ${plural(sums.n_targets, "target")}`;
  const exposures = plural(sums.of_target.rows, "exposure");
  return sums.n_targets === 1 ? exposures : `${exposures}, ${sums.n_targets} targets together`;
}

function listNotes({ uncovered: { n, names }, bands, rows }) {
  const said = [];
  if (n) {
    const more = n > names.length ? ` and ${number(n - names.length)} more` : "";
    said.push(`0 exposures cover ${plural(n, "target")}: ${names.join(", ")}${more}.`);
  }
  const missing = bands.filter((band) => band.chosen && !band.rows).map((band) => `D${band.detector}`);
  if (rows && missing.length) said.push(`No exposure of any target in ${missing.join(", ")}.`);
  return said;
}

export function showNotes(notes) {
  const list = part("notes");
  list.hidden = notes.length === 0;
  list.replaceChildren(...notes.map((note) => element("li", "", note)));
}

function showPace({ pace, rows, begin, end, deep }, isList) {
  const words = [];
  if (rows) {
    if (isList) words.push(`${begin} to ${end}`);
    if (deep) words.push(`${number(deep)} of the deep survey`);
    words.push(`Time: ${pace.basis}`);
    if (pace.jobs_ahead) words.push(`${plural(pace.jobs_ahead, "job")} ahead, ${aboutText(pace.seconds_ahead)}`);
  }
  part("pace").textContent = words.join(" \u00b7 ");
}

function showBands(bands) {
  part("bands").hidden = !bands;
  if (!bands) return;
  const most = Math.max(1, ...bands.map((band) => band.rows));
  for (const { detector, chosen, rows, deep } of bands) {
    const button = part("bands").querySelector(`[data-band="${detector}"]`);
    button.classList.toggle("is-left-out", !chosen);
    button.classList.toggle("is-missing", chosen && rows === 0);
    button.querySelector(".before-bar span").style.width = `${(100 * rows) / most}%`;
    button.querySelector(".before-count").textContent = chosen ? compact(rows) : "\u2013";
    const ofDeep = deep ? `, ${number(deep)} of the deep survey` : "";
    const words = chosen ? `D${detector}: ${plural(rows, "exposure")}${ofDeep}` : `D${detector} is not chosen`;
    button.title = words;
    button.setAttribute("aria-label", words);
  }
}

// When the position was observed: a mark for each visit, on the time from the first to the last.
function showVisits(visits) {
  const box = part("visits");
  box.hidden = visits.length === 0;
  if (box.hidden) return;
  const [begin, end] = [visits[0].mjd[0], visits.at(-1).mjd[1]];
  const span = Math.max(end - begin, 1e-3);
  const line = box.querySelector(".before-line");
  line.hidden = visits.length === 1;
  line.replaceChildren(...visits.map(({ mjd: [from, to] }) => {
    const mark = element("span");
    mark.style.left = `${(100 * (from - begin)) / span}%`;
    mark.style.width = `${(100 * (to - from)) / span}%`;
    return mark;
  }));
  const gaps = visits.slice(1).map((visit, at) => visit.mjd[0] - visits[at].mjd[1]);
  const longest = gaps.length ? `, none for up to ${Math.round(Math.max(...gaps))} days between` : "";
  box.querySelector("p").textContent =
    `${plural(visits.length, "visit")} from ${visits[0].begin} to ${visits.at(-1).end}${longest}`;
}
