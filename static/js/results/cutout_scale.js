// From values to colours: limits, stretch, colour maps.

export const LAYERS = {
  image: { name: "image", unit: "MJy/sr", limits: "image" },
  model: { name: "model", unit: "MJy/sr", limits: "image" },
  residual: { name: "image \u2212 model", unit: "MJy/sr", limits: "residual" },
  variance: { name: "variance", unit: "(MJy/sr)\u00b2", limits: "variance" },
  flags: { name: "flags", unit: "", limits: null },
};

// Each with its inverse, between 0 and 1.
const CURVES = {
  linear: [(part) => part, (shade) => shade],
  asinh: [(part) => Math.asinh(10 * part) / Math.asinh(10), (shade) => Math.sinh(shade * Math.asinh(10)) / 10],
  log: [(part) => Math.log1p(1000 * part) / Math.log(1001), (shade) => (1001 ** shade - 1) / 1000],
  sqrt: [Math.sqrt, (shade) => shade ** 2],
};

// A few colours, evenly spaced; what lies between is mixed. Lightness rises steadily in all.
const ANCHORS = {
  grey: ["#000000", "#ffffff"],
  inverse: ["#ffffff", "#000000"],
  viridis: ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"],
  cividis: ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"],
  magma: ["#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf"],
};
// Blue below zero, red above: also told apart with a weakness for red or green.
const DIVERGING = ["#0b3c7d", "#3f87c4", "#a8cfe6", "#f6f6f4", "#f5b796", "#d6553f", "#7d0b22"];
const STEPS = 256;
const tables = new Map();

// "zscale", or "99 asinh": which values are at the ends, and how it goes from one to the other.
export function stretchOf(text) {
  const [interval, curve = "linear"] = text.split(" ");
  return {
    interval: ["zscale", "99", "95", "minmax"].includes(interval) ? interval : "zscale",
    curve: curve in CURVES ? curve : "linear",
  };
}

export function stretchText({ interval, curve }) {
  return curve === "linear" ? interval : `${interval} ${curve}`;
}

export function plane(pixels, layer) {
  if (layer === "residual") {
    if (!pixels.model) return null;
    pixels.residual ??= pixels.image.map((value, index) => value - pixels.model[index]);
  }
  return pixels[layer] ?? null;
}

// What the image itself asks for; null if it lacks the layer.
export function automaticLimits(pixels, layer, interval) {
  return pixels.limits[LAYERS[layer].limits]?.[interval] ?? null;
}

// One pair for all images: the lowest to the highest of theirs.
export function commonLimits(cutouts, layer, interval) {
  const pairs = cutouts
    .map((cutout) => cutout?.pixels && automaticLimits(cutout.pixels, layer, interval))
    .filter(Boolean);
  if (!pairs.length) return null;
  return [Math.min(...pairs.map(([low]) => low)), Math.max(...pairs.map(([, high]) => high))];
}

export function colorTable(name, layer) {
  const key = layer === "residual" ? "diverging" : name in ANCHORS ? name : "grey";
  if (!tables.has(key)) tables.set(key, mixed(key === "diverging" ? DIVERGING : ANCHORS[key]));
  return tables.get(key);
}

function mixed(anchors) {
  const colors = anchors.map((text) => [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(3 * STEPS);
  for (let step = 0; step < STEPS; step += 1) {
    const place = (step / (STEPS - 1)) * (colors.length - 1);
    const from = Math.min(Math.floor(place), colors.length - 2);
    for (let channel = 0; channel < 3; channel += 1) {
      const [one, next] = [colors[from][channel], colors[from + 1][channel]];
      table[3 * step + channel] = one + (place - from) * (next - one);
    }
  }
  return table;
}

// Both halves of a residual are stretched alike.
function shadeOf(value, [low, high], curve, layer) {
  const part = Math.min(Math.max((value - low) / (high - low), 0), 1);
  const [bend] = CURVES[curve];
  if (layer !== "residual") return bend(part);
  return 0.5 + (Math.sign(part - 0.5) * bend(Math.abs(2 * part - 1))) / 2;
}

export function valueOf(shade, [low, high], curve, layer) {
  const [, straighten] = CURVES[curve];
  const part = layer === "residual"
    ? 0.5 + (Math.sign(shade - 0.5) * straighten(Math.abs(2 * shade - 1))) / 2
    : straighten(shade);
  return low + part * (high - low);
}

// Pixels without a value stay transparent.
export function shadedImage(values, size, limits, { curve, table, layer }) {
  const image = new ImageData(size, size);
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const step = 3 * Math.round(shadeOf(value, limits, curve, layer) * (STEPS - 1));
    image.data.set([table[step], table[step + 1], table[step + 2], 255], 4 * index);
  });
  return image;
}

export function numberText(value, digits = 4) {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(digits - 1) : value.toPrecision(digits);
  return text.replaceAll("-", "\u2212");
}
