// The list of flags: one line for each, with its count and a tick that shows or drops it.

import { element } from "./dom.js";
import { drops, isOnlyWith, onlyWith, toggled, without } from "./flags_mask.js";

const SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

export function power(bit) {
  return `2${Array.from(String(bit), (digit) => SUPERSCRIPTS[digit]).join("")}`;
}

export function chip(flag) {
  return element("span", `chip chip-${flag.severity}`, flag.name);
}

export class FlagList {
  #store;
  #present = document.getElementById("flags-present");
  #others = document.getElementById("flags-others");
  #lines = new Map();

  constructor(store) {
    this.#store = store;
  }

  // `flags`: as in the answer of "flags". Lines stay where they are, so that the focus does.
  show(flags) {
    const wanted = new Set(flags.map((flag) => flag.bit));
    for (const [bit, line] of this.#lines) {
      if (wanted.has(bit)) continue;
      line.item.remove();
      this.#lines.delete(bit);
    }
    for (const flag of flags) {
      const line = this.#lines.get(flag.bit) ?? this.#make(flag);
      this.#fill(line, flag);
    }
    for (const [list, isIn] of [[this.#present, true], [this.#others, false]]) {
      const items = flags.filter((flag) => flag.in_file > 0 === isIn).map((flag) => this.#lines.get(flag.bit).item);
      if (items.some((item, place) => list.children[place] !== item)) list.replaceChildren(...items);
    }
    document.getElementById("flags-none").hidden = this.#present.children.length > 0;
    this.mark();
  }

  // What follows from the store alone, without waiting for an answer.
  mark() {
    const [mask, sql] = [this.#store.get("mask"), this.#store.get("sql")];
    for (const [bit, line] of this.#lines) {
      const isDropped = drops(mask, bit);
      line.tick.checked = !isDropped;
      line.item.classList.toggle("is-dropped", isDropped);
      line.only.setAttribute("aria-pressed", String(isOnlyWith(sql, bit)));
    }
  }

  #make(flag) {
    const item = element("li", "flag-line");
    item.dataset.bit = flag.bit;
    const label = element("label", "flag-name");
    const tick = element("input");
    tick.type = "checkbox";
    const words = [flag.severity, `${power(flag.bit)} = ${flag.value}`, flag.meaning];
    const meaning = element("span", "flag-meaning", words.join(" \u00b7 "));
    meaning.id = `flag-meaning-${flag.bit}`;
    tick.setAttribute("aria-describedby", meaning.id);
    label.append(tick, chip(flag));
    const count = element("span", "flag-count numeric");
    const only = element("button", "link-button", "only these");
    only.type = "button";
    only.setAttribute("aria-label", `Only these: measurements with ${flag.name}`);
    item.append(label, count, only, meaning);
    tick.disabled = !flag.can_mask;
    tick.addEventListener("change", () => {
      this.#store.set({ mask: toggled(this.#store.get("mask"), flag.bit) });
    });
    only.addEventListener("click", () => {
      this.#store.set({
        sql: onlyWith(this.#store.get("sql"), flag.bit),
        mask: without(this.#store.get("mask"), flag.bit),
        page: null,
      });
    });
    const line = { item, tick, count, only };
    this.#lines.set(flag.bit, line);
    return line;
  }

  #fill(line, flag) {
    const dropped = flag.dropped ? `, ${flag.dropped.toLocaleString("en-US")} dropped` : "";
    line.count.textContent = `${flag.count.toLocaleString("en-US")}${dropped}`;
    line.only.hidden = flag.in_file === 0;
  }
}
