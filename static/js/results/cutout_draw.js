// Draws one cutout: pixels, masks, marks; what has no value is hatched.

import { Frame } from "./cutout_geometry.js";
import { drawCursor, drawMarks } from "./cutout_marks.js";
import { LAYERS, automaticLimits, colorTable, commonLimits, plane, shadedImage, stretchOf } from "./cutout_scale.js";
import { GROUND as FLAGS_GROUND, fillMask } from "./masks_patterns.js";

const GROUND = "#26303a";
const HATCH = "#4b5763";

// How the store wants cutouts drawn; `shown` are those that share limits, if they do.
export function lookOf(store, shown, styles, layer = store.get("layer")) {
  const { interval, curve } = stretchOf(store.get("stretch"));
  const manual = store.get("limits");
  const common = store.get("shared") ? commonLimits(shown, layer, interval) : null;
  const bits = store.get("masks") || layer === "flags" ? shownBits(store, styles) : [];
  return {
    layer,
    curve,
    table: colorTable(store.get("colormap"), layer),
    arcmin: store.get("size"),
    matched: store.get("wcs"),
    marks: store.get("marks"),
    masks: bits.map((bit) => [bit, styles.get(bit)]),
    opacity: layer === "flags" ? 1 : store.get("opacity"),
    limitsOf: (pixels) => limitsOf(manual, common ?? automaticLimits(pixels, layer, interval)),
  };
}

// An end that nobody typed is automatic.
function limitsOf(manual, automatic) {
  const [low, high] = [0, 1].map((end) => manual?.[end] ?? automatic[end]);
  return low < high ? [low, high] : [low, low + (Math.abs(low) || 1) * 1e-3];
}

export function shownBits(store, styles) {
  const chosen = store.get("bits");
  return [...styles.keys()].filter((bit) => (chosen ? chosen.includes(bit) : styles.get(bit).isUsual));
}

// Why a cutout has no picture; empty if it has one.
export function missingWords({ pixels, missing }, layer) {
  if (!pixels) return missing;
  if (plane(pixels, layer)) return "";
  return layer === "variance" ? "No variance was saved" : "No model: nothing was fitted";
}

// Returns the frame, which says what is where on the canvas.
export function drawCutout(canvas, pixels, look, pan, cursor = null) {
  const ratio = devicePixelRatio;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const frame = new Frame(pixels, { width, height, arcmin: look.arcmin, matched: look.matched, pan });
  context.setTransform(1, 0, 0, 1, 0, 0);
  drawGround(context, width, height, ratio);
  drawPixels(context, pixels, look, frame);
  drawMasks(context, pixels, look, frame, ratio);
  if (look.marks) drawMarks(context, pixels, frame, ratio);
  if (cursor) drawCursor(context, frame, cursor, ratio);
  return frame;
}

export function clearCanvas(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

function drawGround(context, width, height, ratio) {
  context.fillStyle = GROUND;
  context.fillRect(0, 0, width, height);
  context.strokeStyle = HATCH;
  context.lineWidth = ratio;
  context.beginPath();
  for (let at = -height; at < width; at += 12 * ratio) {
    context.moveTo(at, height);
    context.lineTo(at + height, 0);
  }
  context.stroke();
}

function drawPixels(context, pixels, look, frame) {
  const { size } = pixels;
  context.setTransform(...frame.matrix);
  if (look.layer === "flags") {
    context.fillStyle = FLAGS_GROUND;
    context.fillRect(-0.5, -0.5, size, size);
    return;
  }
  const shaded = shadedImage(plane(pixels, look.layer), size, look.limitsOf(pixels), look);
  const off = new OffscreenCanvas(size, size);
  off.getContext("2d").putImageData(shaded, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(off, -0.5, -0.5);
}

// Patterns keep their size on the page, whatever the zoom: paths are in canvas pixels.
function drawMasks(context, pixels, look, frame, ratio) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  for (const [bit, style] of look.masks) {
    const path = pathOf(pixels, bit, frame, context);
    if (path) fillMask(context, style, look.opacity, ratio);
  }
}

function pathOf({ flags, size }, bit, frame, context) {
  let isAny = false;
  flags.forEach((value, index) => {
    // The flags of pixels end at bit 29, within what `&` takes.
    if (!((value >> bit) & 1)) return;
    if (!isAny) context.beginPath();
    isAny = true;
    const [x, y] = [index % size, Math.floor(index / size)];
    context.moveTo(...frame.toCanvas([x - 0.5, y - 0.5]));
    for (const [dx, dy] of [[0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) context.lineTo(...frame.toCanvas([x + dx, y + dy]));
    context.closePath();
  });
  return isAny;
}

export function hasLimits(layer) {
  return LAYERS[layer].limits !== null;
}
