// Why the selected measurement is flagged.

import { Latest, Refused } from "./api.js";
import { element } from "./dom.js";
import { chip, power } from "./flags_list.js";
import { bitsOf } from "./flags_mask.js";

export function mountFlagsOfRow({ store, api }) {
  const place = document.getElementById("flags-why");
  const latest = new Latest();

  const follow = async () => {
    const row = store.get("row");
    if (row === null) {
      latest.drop();
      place.replaceChildren(element("p", "flags-note", "Select a measurement."));
      return;
    }
    let answer;
    try {
      answer = await latest.ask((signal) => api.post("flags/row", { row }, { signal }));
    } catch (error) {
      const words = error instanceof Refused ? error.message : `The flags of row ${row} could not be had.`;
      place.replaceChildren(element("p", "flags-error", words));
      return;
    }
    if (answer) place.replaceChildren(...explained(answer, store));
  };

  // What is said of a row of another target is not said of this one's.
  store.on(["job", "target"], () => place.replaceChildren());
  store.on(["row", "job", "target", "mask"], follow);
  follow();
}

function explained(answer, store) {
  const head = element("p", "flags-row-head");
  head.append(element("strong", "", `Row ${answer.row}`));
  if (answer.value !== "0") {
    const sum = bitsOf(answer.value).map(power).join(" + ");
    head.append(" ", element("span", "numeric", `flags ${answer.value} = ${sum}`));
  }
  const parts = [head];
  if (answer.dropped_by.length) {
    parts.push(element("p", "flags-dropped", `Not shown: the mask drops ${answer.dropped_by.join(", ")}.`));
  }
  if (answer.reason) {
    const reason = element("p", "flags-reason");
    reason.append(element("strong", "", "Why there is no flux: "), answer.reason);
    parts.push(reason);
  }
  if (!answer.flags.length) {
    parts.push(element("p", "flags-note", "No flag: nothing speaks against it."));
    return parts;
  }
  const list = element("ul", "flags-reasons");
  list.append(...answer.flags.map((flag) => reasonOf(flag, store)));
  parts.push(list);
  return parts;
}

function reasonOf(flag, store) {
  const item = element("li");
  const head = element("div", "flags-reason-head");
  head.append(chip(flag), element("span", "flag-severity", flag.severity));
  if (flag.in_image) {
    const show = element("button", "link-button", "show in the cutouts");
    show.type = "button";
    show.setAttribute("aria-label", `Show ${flag.name} in the cutouts`);
    show.addEventListener("click", () => store.set({ masks: true, bits: [flag.bit] }));
    head.append(show);
  }
  item.append(head, element("p", "", `${flag.meaning}. ${pixelsOf(flag)}`));
  item.append(element("p", "flag-advice", `${flag.advice[0].toUpperCase()}${flag.advice.slice(1)}.`));
  return item;
}

function pixelsOf(flag) {
  if (!flag.in_image) return "";
  const share = flag.n_pix === null
    ? "This file does not say how many pixels"
    : `${flag.n_pix} of ${flag.n_near} pixels near the target`;
  return `${share}; such pixels ${flag.ignored_by_fit ? "are ignored by the fit" : "take part in the fit"}.`;
}
