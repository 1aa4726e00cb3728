// How many exposures there are, per band, and how long a job would take.

import { element } from "../results/dom.js";
import { ask, pause } from "./before_ask.js";

const LONG_SECONDS = 1800;
const part = (name) => document.getElementById(`before-${name}`);
const number = (value) => value.toLocaleString("en-US");
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function aboutText(seconds) {
  if (seconds < 1) return "about a second";
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  const hours = Math.round(seconds / 360) / 10;
  return `about ${hours} h`;
}

// Counts for all targets, a portion after the other; calls `show` with the sums after each.
export async function count(address, fields, signal, show) {
  let sums = null;
  let next = 0;
  while (next !== null) {
    fields.set("part", String(next));
    const answer = await ask(address, fields, signal);
    // A search that takes longer than a request goes on; its counts are asked for again.
    if (answer.next !== null && answer.counted === 0) await pause(500, signal);
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
    notes: sums.notes ?? answer.notes,
    visits: sums.visits ?? answer.visits,
    target_rows: sums.target_rows ?? answer.target_rows,
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
  showBands(sums);
  showVisits(isList || !isDone ? [] : sums.visits ?? []);
}

function showWords(sums, isList) {
  const seconds = sums.rows * sums.pace.seconds_per_row;
  const head = part("head");
  head.replaceChildren(element("strong", "", headWords(sums, isList)));
  if (sums.rows) head.append(` \u00b7 ${aboutText(seconds + sums.pace.seconds_ahead)}`);
  if (sums.jobs > 1) head.append(` \u00b7 ${plural(sums.jobs, "job")}`);
  head.classList.toggle("is-empty", sums.rows === 0);
  const notes = [...(isList ? [] : sums.notes ?? []), ...(isList ? listNotes(sums) : [])];
  if (seconds > LONG_SECONDS) notes.push("That is a long job: fewer bands or a shorter time range make it quicker.");
  showNotes(notes);
  showPace(sums);
}

function headWords(sums, isList) {
  if (isList) return `${plural(sums.rows, "measurement")} of ${plural(sums.n_targets, "target")}`;
  const exposures = plural(sums.target_rows, "exposure");
  if (sums.n_targets === 1) return exposures;
  return `${exposures}, ${number(sums.rows)} measurements of ${sums.n_targets} targets`;
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

function showPace({ pace: { basis, jobs_ahead: jobs, seconds_ahead: seconds }, rows, begin, end, deep }) {
  const words = [];
  if (rows) {
    words.push(begin === end ? begin : `${begin} to ${end}`);
    if (deep) words.push(`${number(deep)} of the deep survey`);
    words.push(`time ${basis}`);
    if (jobs) words.push(`${plural(jobs, "job")} ahead, ${aboutText(seconds)}`);
  }
  part("pace").textContent = words.join(" \u00b7 ");
}

function showBands({ bands }) {
  part("bands").hidden = !bands;
  if (!bands) return;
  const most = Math.max(1, ...bands.map((band) => band.rows));
  for (const { detector, chosen, rows, deep } of bands) {
    const row = part("bands").querySelector(`[data-detector="${detector}"]`);
    row.classList.toggle("is-left-out", !chosen);
    row.classList.toggle("is-missing", chosen && rows === 0);
    row.querySelector(".before-bar span").style.width = `${(100 * rows) / most}%`;
    row.querySelector(".before-count").textContent = chosen ? number(rows) : "not chosen";
    row.querySelector(".before-count").title = deep ? `${number(deep)} of the deep survey` : "";
  }
}

// When the position was observed: a mark for each visit, on the time from the first to the last.
function showVisits(visits) {
  const figure = part("visits");
  figure.hidden = visits.length < 2;
  if (figure.hidden) return;
  const [begin, end] = [visits[0].mjd[0], visits.at(-1).mjd[1]];
  figure.querySelector(".before-line").replaceChildren(...visits.map(({ mjd: [from, to] }) => {
    const mark = element("span");
    mark.style.left = `${(100 * (from - begin)) / (end - begin)}%`;
    mark.style.width = `${(100 * (to - from)) / (end - begin)}%`;
    return mark;
  }));
  const gaps = visits.slice(1).map((visit, at) => ({ days: visit.mjd[0] - visits[at].mjd[1], from: visits[at].end, to: visit.begin }));
  const longest = gaps.reduce((one, other) => (other.days > one.days ? other : one));
  figure.querySelector("figcaption").textContent =
    `${visits.length} visits; none between ${longest.from} and ${longest.to} (${Math.round(longest.days)} days)`;
}
