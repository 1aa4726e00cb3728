// The shape of a galaxy: what its numbers mean while they are typed, and a picture of it. What is
// wrong with a number the server says.

import { keys } from "./keys.js";

const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/;
const MOST_ELONGATED = 100;
const PICTURE = { half: 36, margin: 1.25, leastArcsec: 9.2 };
const PLACES = 4;

const form = document.getElementById("job-form");
const preview = document.getElementById("shape-preview");
const limits = readLimits();

export function mountModel(store) {
  const show = () => {
    const shape = form.elements.model.value === "sersic" ? readShape() : null;
    store.set({ profile: shape });
    draw(shape);
  };
  for (const event of ["input", "change"]) {
    document.getElementById("sersic").addEventListener(event, show);
  }
  for (const radio of form.elements.model) radio.addEventListener("change", show);
  document.getElementById("axis-ratio-note").addEventListener("click", (event) => {
    if (!event.target.closest("button")) return;
    form.elements.axis_ratio_kind.value = "a/b";
    form.elements.axis_ratio_kind.dispatchEvent(new Event("change", { bubbles: true }));
    form.elements.axis_ratio.focus();
  });
  keys.add(["p"], "Point source or galaxy", () => {
    form.elements.model.value = form.elements.model.value === "sersic" ? "point" : "sersic";
    show();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  addEventListener("pageshow", show);
  show();
}

function readLimits() {
  const { index, most, least, units } = preview.dataset;
  const pairs = units.split(";").filter(Boolean).map((pair) => pair.split(" "));
  return {
    index: index.split(" ").map(Number),
    most: Number(most),
    least: Number(least),
    units: Object.fromEntries(pairs.map(([unit, arcsec]) => [unit, Number(arcsec)])),
  };
}

// Returns the profile, or null as long as one of the four is missing or out of its range.
function readShape() {
  const n = numberIn("sersic_index");
  const positionAngle = numberIn("position_angle");
  const [low, high] = limits.index;
  const axisRatio = readAxisRatio();
  const radius = readRadius();
  const isWhole = n >= low && n <= high && Math.abs(positionAngle ?? 999) <= 360 && axisRatio && radius;
  return n !== null && isWhole ? { n, axisRatio, positionAngle, radius } : null;
}

// A number that is typed, null if the field is empty, NaN if it is something else.
function numberIn(name) {
  const text = form.elements[name].value.trim().replace("\u2212", "-");
  if (!text) return null;
  return NUMBER.test(text) ? Number(text) : NaN;
}

function readAxisRatio() {
  const value = numberIn("axis_ratio");
  const kind = form.elements.axis_ratio_kind.value;
  const ratio = { "b/a": value, "a/b": 1 / value, "1-b/a": 1 - value }[kind];
  const isFine = value !== null && ratio > 0 && ratio <= 1 && (kind !== "a/b" || value <= MOST_ELONGATED);
  const note = document.getElementById("axis-ratio-note");
  if (isFine && kind !== "b/a") say(note, `b/a is ${rounded(ratio)}`);
  else if (kind === "b/a" && value > 1 && value <= MOST_ELONGATED) askForInverse(note, value);
  else say(note, "");
  return isFine ? ratio : null;
}

// Never converted silently: somebody has to say that it is the other way round.
function askForInverse(note, value) {
  const words = `It is a/b: take ${rounded(1 / value)}`;
  if (!say(note, words, "is-asking")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = words;
  note.replaceChildren(button);
}

function readRadius() {
  const value = numberIn("effective_radius");
  const unit = form.elements.effective_radius_unit.value;
  const arcsec = value === null ? null : value * limits.units[unit];
  const isFine = arcsec > 0 && arcsec <= limits.most;
  const note = document.getElementById("effective-radius-note");
  const converted = unit === "arcsec" ? "" : `${rounded(arcsec)} arcsec`;
  if (!isFine) say(note, "");
  else if (arcsec < limits.least) say(note, `${converted && `${converted}; `}below ${limits.least} arcsec it is measured as a point source`, "is-asking");
  else say(note, converted && `${converted} = ${rounded(arcsec / limits.units.pix)} pixels`);
  return isFine ? arcsec : null;
}

// Returns whether the words are new: what is there stays, and with it a button being pressed.
function say(note, words, name = "") {
  if (note.dataset.words === words) return false;
  note.className = `field-note ${name}`;
  note.dataset.words = words;
  note.textContent = words;
  return true;
}

function rounded(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(PLACES))) : "?";
}

// North is up and east is left, as on the map; the square is a pixel.
function draw(shape) {
  preview.hidden = shape === null;
  if (!shape) return;
  const { axisRatio, positionAngle, radius } = shape;
  const scale = PICTURE.half / Math.max(PICTURE.margin * radius, PICTURE.leastArcsec);
  const ellipse = document.getElementById("shape-ellipse");
  ellipse.setAttribute("rx", axisRatio * radius * scale);
  ellipse.setAttribute("ry", radius * scale);
  ellipse.setAttribute("transform", `rotate(${-positionAngle})`);
  const major = document.getElementById("shape-major");
  major.setAttribute("d", `M0 0V${-radius * scale}`);
  major.setAttribute("transform", `rotate(${-positionAngle})`);
  const side = limits.units.pix * scale;
  const pixel = document.getElementById("shape-pixel");
  for (const [name, value] of Object.entries({ x: 47 - side, y: 47 - side, width: side, height: side })) {
    pixel.setAttribute(name, value);
  }
  document.getElementById("shape-words").textContent =
    `S\u00e9rsic n ${rounded(shape.n)}\nRe ${rounded(radius)} arcsec\nb/a ${rounded(axisRatio)}\nPA ${rounded(positionAngle)}\u00b0\nThe square is one pixel.`;
}
