// The pixel under the pointer in words: value, place, wavelength, flags by name.

import { skyAt, wavelengthAt } from "./cutout_geometry.js";
import { LAYERS, numberText, plane } from "./cutout_scale.js";
import { element } from "./dom.js";

const HINT = matchMedia("(hover: none)").matches
  ? "A tap on the selected cutout opens the large view, which reads single pixels."
  : "Point at a pixel to read it. Scroll to zoom, drag to move.";

// The pixel of a stamp that a point of the canvas is in, or null.
export function pixelAt(pixels, frame, point) {
  const at = frame.toStamp(point).map((value) => Math.floor(value + 0.5));
  return at.every((value) => value >= 0 && value < pixels.size) ? at : null;
}

export function bitsAt({ flags, size }, [x, y]) {
  const value = flags[y * size + x];
  // Bits of pixels end at 29.
  return Array.from({ length: 30 }, (_, bit) => bit).filter((bit) => (value >> bit) & 1);
}

// Parts of the sentence, as [class, words]; `names` is a map from bits to names.
function describePixel(cutout, [x, y], layer, names) {
  const { pixels } = cutout;
  const index = y * pixels.size + x;
  const parts = [["readout-row", `Row ${cutout.row}`], ["readout-value", valueWords(pixels, index, layer)]];
  parts.push(["readout-pixel", `x ${pixels.origin[0] + x}, y ${pixels.origin[1] + y}`]);
  const sky = skyAt(pixels, x, y);
  if (sky) parts.push(["readout-sky", `${sky[0].toFixed(5)} ${signed(sky[1])}`]);
  const wavelength = wavelengthAt(pixels, x, y);
  if (wavelength !== null) parts.push(["readout-wavelength", `\u2248 ${wavelength.toFixed(4)} \u00b5m`]);
  const bits = bitsAt(pixels, [x, y]);
  parts.push(["readout-flags", bits.length ? bits.map((bit) => names.get(bit) ?? `BIT_${bit}`).join(", ") : "no flags"]);
  return parts;
}

function valueWords(pixels, index, layer) {
  const values = plane(pixels, layer);
  if (layer === "flags") return `flags ${values[index]}`;
  if (!values || Number.isNaN(values[index])) return "no value";
  return `${numberText(values[index])} ${LAYERS[layer].unit}`;
}

function signed(dec) {
  return `${dec < 0 ? "\u2212" : "+"}${Math.abs(dec).toFixed(5)}`;
}

// A line of text that never changes its height.
export class Readout {
  constructor(line, names, hint = HINT) {
    this.line = line;
    this.names = names;
    this.hint = hint;
    this.clear();
  }

  show(cutout, pixel, layer) {
    const parts = describePixel(cutout, pixel, layer, this.names);
    this.line.replaceChildren(...parts.map(([name, words]) => element("span", name, words)));
  }

  clear() {
    this.line.replaceChildren(element("span", "readout-hint", this.hint));
  }
}
