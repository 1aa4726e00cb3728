// The checks pane: what the program finds when it does what the guide tells people to do.

import { Latest, Refused } from "./api.js";
import { element } from "./dom.js";

const SIGNS = { ok: "\u2713", look: "!", bad: "\u00d7", impossible: "\u2013" };

export function mountChecks({ store, api }) {
  const list = document.getElementById("checks-list");
  const summary = document.getElementById("checks-summary");
  const alarm = document.getElementById("checks-error");
  const latest = new Latest();
  // What somebody opened or closed stays so when the checks are done again.
  const opened = new Map();
  let isCurrent = false;

  const refresh = async () => {
    if (store.get("side") !== "checks" || isCurrent) return;
    isCurrent = true;
    list.setAttribute("aria-busy", "true");
    summary.textContent = "Checking\u2026";
    let answer;
    try {
      answer = await latest.ask((signal) => api.post("checks", {}, { signal }));
    } catch (error) {
      isCurrent = false;
      alarm.hidden = false;
      alarm.textContent = error instanceof Refused ? `Not checked: ${error.message}` : "The checks could not be done.";
      summary.textContent = "";
      list.replaceChildren();
      list.removeAttribute("aria-busy");
      return;
    }
    if (!answer) return;
    alarm.hidden = true;
    list.removeAttribute("aria-busy");
    summary.textContent = sentence(answer);
    list.replaceChildren(...answer.checks.map((check, number) => checkItem(check, number, store, opened)));
  };

  const renew = () => {
    isCurrent = false;
    refresh();
  };
  store.on(["job", "target"], () => {
    opened.clear();
    // Its links to rows are another target's.
    list.replaceChildren();
  });
  store.on(["job", "target", "filters", "sql", "mask", "derived", "x", "channel"], renew);
  store.on(["side"], refresh);
  store.on(["row"], () => markRow(list, store.get("row")));
  mountRowLinks(store);
  refresh();
}

function sentence({ checks, n_checked, n_rows }) {
  const counts = ["bad", "look", "ok", "impossible"]
    .map((verdict) => checks.filter((check) => check.verdict === verdict))
    .filter((found) => found.length)
    .map((found) => `${found.length} ${found[0].word}`);
  return `${counts.join(", ")}. Checked: ${n_checked.toLocaleString("en-US")} of ${n_rows.toLocaleString("en-US")} measurements, those that are shown and have a flux.`;
}

function verdictMark(verdict, word) {
  const mark = element("span", `verdict verdict-${verdict}`);
  const sign = element("span", "verdict-sign", SIGNS[verdict]);
  sign.setAttribute("aria-hidden", "true");
  mark.append(sign, element("span", "verdict-word", word));
  return mark;
}

function checkItem(check, number, store, opened) {
  const item = element("li", "check");
  item.dataset.check = check.key;
  item.dataset.verdict = check.verdict;
  const details = element("details");
  details.open = opened.get(check.key) ?? ["look", "bad"].includes(check.verdict);
  const summary = element("summary");
  summary.append(
    element("span", "check-title", `${number + 1}. ${check.title}`), " ", verdictMark(check.verdict, check.word),
  );
  summary.addEventListener("click", () => opened.set(check.key, !details.open));
  const findings = element("ul", "findings");
  findings.append(...check.findings.map((finding) => findingItem(finding, store)));
  details.append(summary, findings);
  item.append(details);
  return item;
}

function findingItem(finding, store) {
  const item = element("li", "finding");
  const text = element("p");
  text.append(verdictMark(finding.verdict, finding.word), " ", finding.text);
  item.append(text);
  if (finding.rows.length) item.append(rowList(finding, store));
  if (finding.limit) item.append(element("p", "finding-limit", finding.limit));
  return item;
}

function rowList(finding, store) {
  const list = element("ul", "row-links");
  for (const { row, note } of finding.rows) {
    const line = element("li");
    const link = element("a", "", `row ${row}`);
    link.href = `?target=${store.get("target")}&row=${row}`;
    link.dataset.selectRow = row;
    line.append(link);
    if (note) line.append(" ", element("span", "row-note", note));
    list.append(line);
  }
  const more = finding.n_rows - finding.rows.length;
  if (more > 0) {
    const line = element("li");
    const button = element("button", "link-button", `and ${more.toLocaleString("en-US")} more`);
    button.type = "button";
    button.dataset.rowFilter = finding.filter;
    const shown = finding.n_in_filter === finding.n_rows ? "all" : "the worst";
    button.setAttribute("aria-label", `and ${more} more: show ${shown} ${finding.n_in_filter} in the table`);
    line.append(button);
    list.append(line);
  }
  markRow(list, store.get("row"));
  return list;
}

function markRow(list, row) {
  for (const link of list.querySelectorAll("[data-select-row]")) {
    if (Number(link.dataset.selectRow) === row) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// Links to measurements, here and in what is said about the target.
function mountRowLinks(store) {
  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("[data-select-row]");
    const filter = event.target.closest("[data-row-filter]")?.dataset.rowFilter;
    if (link) {
      event.preventDefault();
      store.select(Number(link.dataset.selectRow));
    } else if (filter) {
      store.set({ filters: { ...store.get("filters"), row: { text: filter, unit: "uJy" } }, page: null });
    }
  });
}
