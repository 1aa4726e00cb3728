// Colours of points and of everything around them, in the theme in use or on white paper.

import { color } from "./dom.js";

const N_SPECTRA = 8;
const FILLED = 0.85;
const MARKERS = ["circle", "circle", "circle", "circle_x"];

// All colours of the page's theme, read once; `palette` is for numbers.
export function themeColors(palette) {
  const detectors = [0, 1, 2, 3, 4, 5, 6].map((number) => color(number ? `--detector-${number}` : "--line-strong"));
  return {
    palette,
    ink: color("--ink"),
    muted: color("--ink-muted"),
    line: color("--line"),
    surface: color("--surface"),
    unknown: color("--line-strong"),
    detector: detectors,
    severity: [0, 1, 2, 3].map((number) => color(`--severity-${number}`)),
    spectrum: Array.from({ length: N_SPECTRA }, (_, number) => color(`--spectrum-${number + 1}`)),
  };
}

// The colours of the light theme, whatever the page wears: what is saved goes on white paper.
export function paperColors(palette) {
  const root = document.documentElement;
  const before = root.style.colorScheme;
  root.style.colorScheme = "light";
  try {
    return { ...themeColors(palette), surface: "#ffffff", ink: "#000000", muted: "#000000", line: "#b8c0c8" };
  } finally {
    root.style.colorScheme = before;
  }
}

export function classColor(theme, by, number) {
  const colors = theme[by];
  return colors[by === "spectrum" ? number % colors.length : number] ?? theme.unknown;
}

export function pointColors(theme, { by, span }, numbers) {
  if (by !== "number") return Array.from(numbers, (number) => classColor(theme, by, number));
  const [low, high] = span;
  const { palette } = theme;
  const scale = palette.length / (high - low);
  const last = palette.length - 1;
  return Array.from(numbers, (value) => (
    Number.isNaN(value) ? theme.unknown : palette[Math.min(Math.max(Math.floor((value - low) * scale), 0), last)]
  ));
}

// Filled where nothing or only benign flags speak against a measurement, open where flags ask for a
// look, open with a cross where they are serious.
export function pointFills(plot) {
  return Float32Array.from(plot.points.flags, (set) => (plot.flag_sets[set].severity <= 1 ? FILLED : 0));
}

export function pointMarkers(plot, panel) {
  const { limit, shown } = plot.panels[panel];
  const down = limitMarker(shown);
  return Array.from(plot.points.flags, (set, i) => (limit[i] ? down : MARKERS[plot.flag_sets[set].severity]));
}

// A limit points to where the value may lie.
export function limitMarker(shown) {
  return shown[0] > shown[1] ? "inverted_triangle" : "triangle";
}
