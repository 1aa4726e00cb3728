// The list of targets, and the head of the page: they follow the spectrum that is shown.

import { exchange } from "../titles.js";
import { Latest } from "./api.js";
import { TargetOrder } from "./targets_order.js";

export function mountTargets({ store, api, keys }) {
  const pane = document.getElementById("pane-targets");
  const latest = new Latest();
  const order = new TargetOrder(pane);
  let listedJob = store.get("job");

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
    const answer = await latest.ask((signal) => Promise.all([
      api.get("head", { signal }),
      job === listedJob ? null : fetch(`/jobs/${job}/target-list`, { signal }).then((list) => list.text()),
    ]));
    if (!answer) return;
    const [head, list] = answer;
    exchange(document.getElementById("results-head"), head);
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

  const empty = document.getElementById("pane-empty");
  document.addEventListener("headchange", () => {
    const found = document.querySelector(".results-head").dataset.rows;
    empty.hidden = found !== "0";
    document.getElementById("instrument").dataset.empty = String(found === "0");
  });
}
