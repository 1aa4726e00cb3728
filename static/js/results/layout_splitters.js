// The bars between panes: dragged, or moved by the arrow keys; a double click forgets the size.

const STEP_PX = 24;
// Shares of plot and table, per cent.
const SHARES = { unit: "%", least: 15, most: 85 };

const SPLITTERS = [
  { id: "targets", form: () => ({ key: "targets", property: "--targets-width", axis: "x", sign: 1, unit: "px", least: 150, most: 520 }) },
  { id: "side", form: () => ({ key: "side", property: "--side-width", axis: "x", sign: -1, unit: "px", least: 220, most: 620 }) },
  { id: "strip", form: stripForm },
  { id: "parts", form: partsForm },
];

// `sizes` are those that the browser remembers, by name; `keep` is called when one has changed.
export function mountSplitters(root, sizes, keep) {
  for (const { id, form } of SPLITTERS) new Splitter(root, id, form, sizes, keep);
}

// In low windows cutouts are small beside panels or a table, and have a height of their own there.
function stripForm(root) {
  const isDense = getComputedStyle(root).getPropertyValue("--strip-form").trim() === "dense";
  return isDense
    ? { key: "stripDense", property: "--strip-dense", axis: "y", sign: -1, unit: "px", least: 84, most: 640 }
    : { key: "strip", property: "--strip-usual", axis: "y", sign: -1, unit: "px", least: 130, most: 640 };
}

// Plot and table stand beside each other, or above where there is no room for that.
function partsForm(root) {
  const parts = root.querySelector(".pane-parts");
  const axis = getComputedStyle(parts).getPropertyValue("--parts-axis").trim() === "x" ? "x" : "y";
  return { key: axis === "x" ? "beside" : "above", property: `--share-${axis}`, axis, sign: 1, ...SHARES };
}

class Splitter {
  constructor(root, id, form, sizes, keep) {
    Object.assign(this, { root, sizes, keep });
    this.find = () => form(root);
    this.bar = document.getElementById(`split-${id}`);
    this.pane = document.getElementById(this.bar.getAttribute("aria-controls"));
    this.#restore();
    this.#describe();
    this.bar.addEventListener("pointerdown", (event) => this.#press(event));
    this.bar.addEventListener("keydown", (event) => this.#pressed(event));
    this.bar.addEventListener("dblclick", () => this.#forget());
    addEventListener("resize", () => this.#describe());
  }

  // Another form, in another window, may have another size.
  #restore() {
    const { key, property, unit } = this.find();
    if (this.sizes[key]) this.root.style.setProperty(property, `${this.sizes[key]}${unit}`);
    this.restored = key;
  }

  #describe() {
    const form = this.find();
    if (form.key !== this.restored) this.#restore();
    const { axis, least, most } = form;
    this.bar.setAttribute("aria-orientation", axis === "x" ? "vertical" : "horizontal");
    this.bar.setAttribute("aria-valuemin", least);
    this.bar.setAttribute("aria-valuemax", most);
    this.bar.setAttribute("aria-valuenow", Math.round(this.#size(form)));
  }

  #pixels({ axis }, element = this.pane) {
    return element.getBoundingClientRect()[axis === "x" ? "width" : "height"];
  }

  // Of one of its units, pixels.
  #scale(form) {
    return form.unit === "%" ? Math.max(this.#pixels(form, this.pane.parentElement), 1) / 100 : 1;
  }

  #size(form) {
    return this.#pixels(form) / this.#scale(form);
  }

  #set(form, size) {
    const within = Math.min(Math.max(size, form.least), form.most);
    const rounded = form.unit === "%" ? Math.round(10 * within) / 10 : Math.round(within);
    this.root.style.setProperty(form.property, `${rounded}${form.unit}`);
    this.sizes[form.key] = rounded;
    dispatchEvent(new Event("resize"));
  }

  #press(event) {
    event.preventDefault();
    this.bar.setPointerCapture(event.pointerId);
    const form = this.find();
    const [start, size] = [event[form.axis], this.#size(form)];
    const move = (moved) => this.#set(form, size + (form.sign * (moved[form.axis] - start)) / this.#scale(form));
    this.bar.addEventListener("pointermove", move);
    this.bar.addEventListener("lostpointercapture", () => {
      this.bar.removeEventListener("pointermove", move);
      this.keep();
    }, { once: true });
  }

  #pressed(event) {
    const form = this.find();
    const steps = form.axis === "x" ? { ArrowRight: 1, ArrowLeft: -1 } : { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    this.#set(form, this.#size(form) + (form.sign * step * STEP_PX) / this.#scale(form));
    this.keep();
  }

  #forget() {
    const { key, property } = this.find();
    this.root.style.removeProperty(property);
    delete this.sizes[key];
    this.keep();
    dispatchEvent(new Event("resize"));
  }
}
