// The server's answer about the plot, decoded, and what is asked of it.

import { unpacked } from "./api.js";

// An element of each array per point; the shown spectrum is number 0.
export function decoded(answer) {
  const points = mapped(answer.points);
  const rowIndex = new Map();
  for (let i = 0; i < points.row.length; i += 1) {
    if (points.spectrum[i] === 0) rowIndex.set(points.row[i], i);
  }
  return {
    ...answer,
    points,
    about: { ...answer.about, row_channel: unpacked(answer.about.row_channel) },
    panels: answer.panels.map(withArrays),
    means: answer.means && { ...mapped(answer.means), panels: answer.means.panels.map(withArrays) },
    indexOf: (row) => rowIndex.get(row),
  };
}

function mapped(values) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value?.dtype ? unpacked(value) : value]),
  );
}

function withArrays(panel) {
  return { ...panel, ...mapped(panel) };
}

// A number as people read it: with the decimals that its error deserves, or a few digits.
export function numberText(value, decimals) {
  if (!Number.isFinite(value)) return "\u2013";
  let text;
  if (decimals !== null && decimals !== undefined) text = value.toFixed(decimals);
  else if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e7)) {
    const [digits, power] = value.toExponential(3).split("e");
    text = `${digits} \u00d7 10${superscript(Number(power))}`;
  } else text = String(Number(value.toPrecision(6)));
  return text.replace("-", "\u2212");
}

export function superscript(power) {
  return Array.from(String(power), (sign) => "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"["-0123456789".indexOf(sign)]).join("");
}

// MJD (UTC) as YYYY-MM-DD HH:MM:SS.
export function isoOfMjd(mjd) {
  const moment = new Date(Math.round((mjd - 40587) * 86_400) * 1000);
  return `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// The nearest point within reach of a finger in one panel, or -1.
export function nearestPoint(plot, panel, event, { perX, perY, reach }) {
  const { x } = plot.points;
  const { y } = plot.panels[panel];
  let nearest = -1;
  let least = reach ** 2;
  for (let i = 0; i < x.length; i += 1) {
    const square = ((x[i] - event.x) * perX) ** 2 + ((y[i] - event.y) * perY) ** 2;
    if (square < least) {
      least = square;
      nearest = i;
    }
  }
  return nearest;
}
