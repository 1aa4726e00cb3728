// The legend of the mask layer: a switch for every flag that pixels can carry.

import { element } from "./dom.js";
import { shownBits } from "./cutout_draw.js";
import { drawSwatch } from "./masks_patterns.js";

export class MaskLegend {
  #lines = new Map();
  #present = "";

  // `flags`: what the page's JSON lists; `styles`: of masks_patterns.js.
  constructor(store, flags, styles, root) {
    this.store = store;
    this.flags = flags;
    this.styles = styles;
    this.here = root.querySelector("[data-masks=here]");
    this.elsewhere = root.querySelector("[data-masks=elsewhere]");
    this.none = root.querySelector("[data-masks=none]");
    this.opacity = root.querySelector("[data-masks=opacity]");
    for (const flag of flags) this.#lines.set(flag.bit, this.#line(flag));
    root.querySelector("[data-masks=all]").addEventListener("click", () => {
      store.set({ masks: true, bits: flags.map(({ bit }) => bit) });
    });
    root.querySelector("[data-masks=nothing]").addEventListener("click", () => store.set({ bits: [] }));
    this.opacity.addEventListener("input", () => store.set({ opacity: Number(this.opacity.value) }));
    store.on(["bits", "opacity"], () => this.#show());
    this.elsewhere.append(...Array.from(this.#lines.values(), ({ item }) => item));
    this.#show();
  }

  // Flags of pixels in the cutouts that are shown come first.
  showPresent(cutouts) {
    const counts = new Map();
    for (const cutout of cutouts) {
      for (const value of cutout?.pixels?.flags ?? []) {
        for (let rest = value, bit = 0; rest; rest >>>= 1, bit += 1) {
          if (rest & 1) counts.set(bit, (counts.get(bit) ?? 0) + 1);
        }
      }
    }
    for (const [bit, { count }] of this.#lines) count.textContent = counts.has(bit) ? `${counts.get(bit)} pix` : "";
    const present = this.flags.filter(({ bit }) => counts.has(bit)).map(({ bit }) => bit);
    if (present.join() === this.#present) return;
    this.#present = present.join();
    this.#arrange(new Set(present));
  }

  // The names of a pixel's flags stand out.
  highlight(bits) {
    for (const [bit, { item }] of this.#lines) item.classList.toggle("is-under-pointer", bits.includes(bit));
  }

  #arrange(present) {
    const focused = document.activeElement;
    for (const [bit, { item }] of this.#lines) (present.has(bit) ? this.here : this.elsewhere).append(item);
    this.none.hidden = present.size > 0;
    // An element that is moved loses the focus.
    if (this.here.contains(focused) || this.elsewhere.contains(focused)) focused.focus();
  }

  #line({ bit, name, meaning }) {
    const item = element("li", "mask-line");
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.dataset.bit = bit;
    box.addEventListener("change", () => {
      const shown = new Set(shownBits(this.store, this.styles));
      if (box.checked) shown.add(bit);
      else shown.delete(bit);
      this.store.set({ bits: [...shown].sort((one, other) => one - other) });
    });
    const swatch = element("canvas", "mask-swatch");
    swatch.setAttribute("aria-hidden", "true");
    drawSwatch(swatch, this.styles.get(bit));
    const count = element("span", "mask-count muted");
    label.append(box, swatch, element("span", "mask-name", name), count, element("span", "mask-meaning muted", meaning));
    item.append(label);
    return { item, box, count };
  }

  #show() {
    const shown = shownBits(this.store, this.styles);
    for (const [bit, { box }] of this.#lines) box.checked = shown.includes(bit);
    this.opacity.value = this.store.get("opacity");
  }
}
