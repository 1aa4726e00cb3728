// The list of targets, and the head of the page: they follow the spectrum that is shown.

import { exchange } from "../titles.js";
import { Latest, answered } from "./api.js";
import { element } from "./dom.js";
import { TargetOrder } from "./targets_order.js";

// What the head of the page says of the target alone.
const OF_TARGET = ".title-line, .facts-line, .head-notice";

export function mountTargets({ store, api, keys }) {
  const pane = document.getElementById("pane-targets");
  const head = document.getElementById("results-head");
  const latest = new Latest();
  const order = new TargetOrder(pane);
  let listedJob = store.get("job");
  head.dataset.spectrum = store.spectrum;

  const mark = () => {
    for (const row of pane.querySelectorAll("tr[data-target]")) {
      const isShown = Number(row.dataset.target) === store.get("target") && listedJob === store.get("job");
      if (isShown) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (isShown) row.scrollIntoView({ block: "nearest" });
    }
  };

  const follow = async () => {
    mark();
    const job = store.get("job");
    wait(head);
    let answer;
    try {
      answer = await latest.ask((signal) => Promise.all([
        api.get("head", { signal }),
        job === listedJob ? null : listOf(job, signal),
      ]));
    } catch (error) {
      showMissing();
      document.title = `${nameOf(store) ?? "Target"} \u00b7 SPHEREx Explorer`;
      showFailure(head, job, `What is known of ${nameOf(store) ?? "this target"} could not be loaded. ${error.message}`, follow);
      return;
    }
    if (!answer) return;
    const [html, list] = answer;
    exchange(head, html);
    head.dataset.spectrum = store.spectrum;
    head.removeAttribute("aria-busy");
    document.title = document.querySelector(".results-head").dataset.title;
    if (list !== null) {
      listedJob = job;
      pane.innerHTML = list;
      order.renew();
      document.dispatchEvent(new Event("targetschange"));
      mark();
    }
    document.dispatchEvent(new Event("headchange"));
  };

  pane.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.target.closest("button")) return;
    const row = event.target.closest("tr[data-target]");
    if (!row) return;
    event.preventDefault();
    store.show(listedJob, Number(row.dataset.target));
  });

  // Along the list as it is sorted and searched; from a target that it leaves out, into it.
  const step = (by) => {
    const { shown } = order;
    const at = shown.indexOf(store.get("target"));
    const to = at < 0 ? shown.at(by > 0 ? 0 : -1) : shown[at + by];
    if (to !== undefined) store.show(listedJob, to);
  };
  keys.add(["n"], "Next target", () => step(1));
  keys.add(["p"], "Previous target", () => step(-1));
  store.on(["job", "target"], follow);

  // Another target starts at its first measurement, as the page does.
  store.addEventListener("kept", () => {
    if (store.get("row") === null && store.kept.length) store.set({ row: Math.min(...store.kept) });
  });

  document.addEventListener("headchange", () => {
    showMissing(document.querySelector(".results-head").dataset.rows === "0");
  });
}

// Whether a sentence stands where the panes would be.
function showMissing(isEmpty = false) {
  document.getElementById("pane-empty").hidden = !isEmpty;
  document.getElementById("instrument").dataset.empty = String(isEmpty);
}

// The name of the target that is shown, if the page knows it by now.
export function nameOf(store) {
  const [job, target] = [store.get("job"), store.get("target")];
  const line = document.querySelector(`#targets-pane[data-job="${CSS.escape(job)}"] tr[data-target="${target}"]`);
  const head = document.getElementById("results-head");
  return line?.dataset.name ?? (head.dataset.spectrum === store.spectrum ? head.querySelector("h1")?.textContent.trim() : null);
}

async function listOf(job, signal) {
  const response = await answered(`/jobs/${job}/target-list`, { signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.text();
}

// Name and position are still those of the target before: nobody shall copy them. A title of the
// job may be typed meanwhile.
function wait(head) {
  head.setAttribute("aria-busy", "true");
  const failed = head.querySelector(".head-failure");
  if (failed) failed.textContent = "What is known of this target is being loaded\u2026";
  for (const part of head.querySelectorAll(OF_TARGET)) part.inert = true;
}

function showFailure(head, job, words, again) {
  head.removeAttribute("aria-busy");
  // Of another target of the same job, the title of the job and the buttons are right.
  const isOfJob = head.dataset.spectrum.startsWith(`${job}/`);
  for (const part of head.querySelectorAll(isOfJob ? OF_TARGET : ".results-head")) part.hidden = true;
  head.querySelector(".head-failure")?.remove();
  const sentence = element("p", "notice notice-warning head-failure", `${words} `);
  sentence.setAttribute("role", "alert");
  const button = element("button", "link-button", "Try again");
  button.type = "button";
  button.addEventListener("click", () => again());
  sentence.append(button);
  head.append(sentence);
}
