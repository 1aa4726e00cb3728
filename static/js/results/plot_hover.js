// What hovering over a measurement says: the values of its row, decoded.

import { element } from "./dom.js";
import { isoOfMjd, numberText } from "./plot_data.js";

// Over Bokeh's own padding; the tokens of the page's theme reach into Bokeh's elements.
const STYLE = `display: grid; grid-template-columns: auto auto; gap: 1px 10px; max-width: 340px; margin: -5px;
  padding: 6px 9px; background: var(--raised); color: var(--ink); font: 12px var(--font)`;

// A function for Bokeh's HoverTool, called with the index of the point.
export function hoverContent(plot) {
  return (_source, { index }) => {
    const list = element("div");
    list.dataset.hover = "";
    list.style.cssText = STYLE;
    for (const [name, value] of wordsOf(plot, index)) {
      const term = element("span", "", name);
      term.style.opacity = "0.7";
      list.append(term, element("span", "", value));
    }
    return list;
  };
}

function wordsOf(plot, index) {
  const { points, panels, spectra, flag_sets: sets } = plot;
  const words = [];
  if (spectra.length > 1) words.push(["Spectrum", spectra[points.spectrum[index]].name]);
  words.push(["Row", String(points.row[index])]);
  const observed = points.wavelength[index];
  if (plot.x.label.startsWith("Rest")) words.push(["Rest wavelength", `${points.x[index].toFixed(4)} \u00b5m`]);
  if (Number.isFinite(observed)) words.push(["Wavelength", `${observed.toFixed(4)} \u00b5m`]);
  for (const panel of panels) words.push([panel.name, valueText(panel, index)]);
  if (points.detector[index]) words.push(["Detector", `D${points.detector[index]}`]);
  if (Number.isFinite(points.mjd[index])) {
    words.push(["Time", `MJD ${points.mjd[index].toFixed(5)}`], ["", isoOfMjd(points.mjd[index])]);
  }
  if (plot.color.by === "number") words.push([plot.color.label, numberText(points.color[index], null)]);
  words.push(["Flags", sets[points.flags[index]].names.join(", ") || "none"]);
  return words;
}

function valueText({ y, error, limit, decimals, unit_label: unit }, index) {
  const tail = unit ? ` ${unit}` : "";
  const value = numberText(y[index], decimals);
  if (limit[index]) return `fainter than ${value}${tail} (3 sigma)`;
  return Number.isFinite(error[index])
    ? `${value} \u00b1 ${numberText(error[index], decimals)}${tail}`
    : `${value}${tail}`;
}
