// Draws one stamp: pixels in grey, what has no value hatched, the target, north and east.

const ARCSEC_PER_DEG = 3600;
const MARK = "#ffd24d";
const COMPASS = "#7fd4ff";

export function drawCutout(canvas, cutout, view) {
  const side = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio)) || 240;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, side, side);
  hatch(context, side);
  const toScreen = transform(cutout, view, side);
  context.setTransform(...toScreen);
  context.imageSmoothingEnabled = false;
  // The first pixel's centre is 0, so its corner is at -0.5; the list runs from the bottom up.
  context.drawImage(pixels(cutout, view), -0.5, -0.5);
  context.setTransform(1, 0, 0, 1, 0, 0);
  drawTarget(context, side);
  drawCompass(context, cutout.cd, toScreen, side);
}

// The matrix from stamp pixels (y up) to the canvas (y down), with the target in the middle.
function transform(cutout, view, side) {
  const [[a, b], [c, d]] = cutout.cd;
  const pixelArcsec = Math.sqrt(Math.abs(a * d - b * c)) * ARCSEC_PER_DEG;
  const scale = (side * pixelArcsec) / (view.arcmin * 60);
  // East to the left: the canvas's x is minus the offset to the east.
  const perDeg = (scale * ARCSEC_PER_DEG) / pixelArcsec;
  const [xx, xy, yx, yy] = view.northUp
    ? [-a * perDeg, -b * perDeg, -c * perDeg, -d * perDeg]
    : [scale, 0, 0, -scale];
  const [x, y] = cutout.target;
  return [xx, yx, xy, yy, side / 2 - xx * x - xy * y, side / 2 - yx * x - yy * y];
}

function pixels(cutout, view) {
  const { size } = cutout;
  const values = plane(cutout, view.layer);
  const [low, high] = view.layer === "residual" ? cutout.limits.residual : cutout.limits[view.stretch];
  const image = new ImageData(size, size);
  values.forEach((value, i) => {
    if (value === null) return;
    const grey = (255 * (value - low)) / (high - low || 1);
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  const off = new OffscreenCanvas(size, size);
  off.getContext("2d").putImageData(image, 0, 0);
  return off;
}

function plane(cutout, layer) {
  if (layer === "model") return cutout.model;
  if (layer === "residual") {
    return cutout.image.map((value, i) => (value === null || cutout.model[i] === null ? null : value - cutout.model[i]));
  }
  return cutout.image;
}

function hatch(context, side) {
  context.fillStyle = "#26303a";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "#55616d";
  context.lineWidth = Math.max(1, side / 200);
  context.beginPath();
  for (let at = -side; at < side; at += side / 14) {
    context.moveTo(at, side);
    context.lineTo(at + side, 0);
  }
  context.stroke();
}

function drawTarget(context, side) {
  const middle = side / 2;
  context.beginPath();
  for (const [x, y] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(middle + x * side * 0.08, middle + y * side * 0.08);
    context.lineTo(middle + x * side * 0.17, middle + y * side * 0.17);
  }
  strokeOnAnything(context, MARK, side);
}

// A dark rim keeps a line visible on white pixels.
function strokeOnAnything(context, color, side) {
  const width = Math.max(1.5, side / 110);
  for (const [style, extra] of [["#000b", 2.2], [color, 1]]) {
    context.strokeStyle = style;
    context.lineWidth = width * extra;
    context.stroke();
  }
}

function drawCompass(context, cd, [xx, yx, xy, yy], side) {
  const [[a, b], [c, d]] = cd;
  const determinant = a * d - b * c;
  // Pixel offsets of a step to the north and to the east: columns of the inverse of cd.
  const directions = { N: [-b / determinant, a / determinant], E: [d / determinant, -c / determinant] };
  const length = side * 0.1;
  const arms = Object.entries(directions).map(([name, [dx, dy]]) => {
    const [x, y] = [xx * dx + xy * dy, yx * dx + yy * dy];
    const norm = Math.hypot(x, y);
    return [name, (x / norm) * length, (y / norm) * length];
  });
  // In the lower right corner, with room for the letters wherever the arms point.
  const origin = [1, 2].map((axis) => side * 0.95 - 1.55 * Math.max(0, ...arms.map((arm) => arm[axis])));
  context.font = `600 ${Math.round(side * 0.075)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const [name, x, y] of arms) {
    context.beginPath();
    context.moveTo(...origin);
    context.lineTo(origin[0] + x, origin[1] + y);
    strokeOnAnything(context, COMPASS, side);
    const at = [origin[0] + 1.5 * x, origin[1] + 1.5 * y];
    context.strokeStyle = "#000b";
    context.lineWidth = Math.max(3, side / 45);
    context.strokeText(name, ...at);
    context.fillStyle = COMPASS;
    context.fillText(name, ...at);
  }
}
