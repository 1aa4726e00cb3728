// What is drawn over a cutout: the target, the aperture, the galaxy, neighbours, directions.

import { ellipseInStamp, skySteps } from "./cutout_geometry.js";

const TARGET = "#ffd24d";
const APERTURE = "#ff9f40";
const ELLIPSE = "#ff8ad1";
const NEIGHBOUR = "#9fe870";
const COMPASS = "#7fd4ff";
const RIM = "#000b";
// Letters on a smaller picture would hide it.
const LEAST_COMPASS_PX = 80;

// `ratio`: canvas pixels per pixel of the page.
export function drawMarks(context, pixels, frame, ratio) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  const pen = new Pen(context, ratio, Math.min(frame.width, frame.height));
  if (pixels.target) {
    drawCross(pen, frame.toCanvas(pixels.target));
    if (pixels.aperture_pix) drawAperture(pen, pixels, frame);
    if (pixels.ellipse) pen.outline(ellipseInStamp(pixels, pixels.ellipse).map((at) => frame.toCanvas(at)), ELLIPSE);
    for (const { name, at } of pixels.neighbours) drawNeighbour(pen, frame.toCanvas(at), name);
  }
  if (pen.side >= LEAST_COMPASS_PX * ratio) drawCompass(pen, pixels, frame);
}

// The pixel under the pointer or the keyboard's cursor.
export function drawCursor(context, frame, [x, y], ratio) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  const corners = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
  new Pen(context, ratio, frame.width).outline(corners.map(([dx, dy]) => frame.toCanvas([x + dx, y + dy])), "#fff");
}

class Pen {
  constructor(context, ratio, side) {
    this.context = context;
    this.ratio = ratio;
    this.side = side;
    this.width = Math.min(Math.max(1.3 * ratio, side / 150), 2.2 * ratio);
    this.font = Math.min(Math.max(10 * ratio, side / 15), 14 * ratio);
  }

  // A dark rim keeps a line visible on white pixels.
  stroke(color) {
    const { context } = this;
    context.lineJoin = "round";
    for (const [style, extra] of [[RIM, 2.3], [color, 1]]) {
      context.strokeStyle = style;
      context.lineWidth = this.width * extra;
      context.stroke();
    }
  }

  lines(pairs, color) {
    this.context.beginPath();
    for (const [from, to] of pairs) {
      this.context.moveTo(...from);
      this.context.lineTo(...to);
    }
    this.stroke(color);
  }

  outline(points, color) {
    this.context.beginPath();
    for (const point of points) this.context.lineTo(...point);
    this.context.closePath();
    this.stroke(color);
  }

  text(words, at, color, align = "center") {
    const { context } = this;
    context.font = `600 ${this.font}px system-ui, sans-serif`;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3 * this.ratio;
    context.strokeStyle = RIM;
    context.strokeText(words, ...at);
    context.fillStyle = color;
    context.fillText(words, ...at);
  }
}

// The middle stays free: that is where the light is.
function drawCross(pen, [x, y]) {
  const [inner, outer] = [0.055, 0.12].map((part) => part * pen.side);
  pen.lines([[1, 0], [-1, 0], [0, 1], [0, -1]].map(([dx, dy]) => [
    [x + dx * inner, y + dy * inner], [x + dx * outer, y + dy * outer],
  ]), TARGET);
}

function drawAperture(pen, { target: [x, y], aperture_pix: radius }, frame) {
  const points = Array.from({ length: 60 }, (_, step) => {
    const turn = (2 * Math.PI * step) / 60;
    return frame.toCanvas([x + radius * Math.cos(turn), y + radius * Math.sin(turn)]);
  });
  pen.context.setLineDash([4 * pen.ratio, 4 * pen.ratio]);
  pen.outline(points, APERTURE);
  pen.context.setLineDash([]);
}

function drawNeighbour(pen, [x, y], name) {
  const size = 0.035 * pen.side;
  pen.outline([[x - size, y], [x, y - size], [x + size, y], [x, y + size]], NEIGHBOUR);
  const isRight = x > frameMiddle(pen);
  pen.text(name, [x + (isRight ? -1 : 1) * (size + 3 * pen.ratio), y], NEIGHBOUR, isRight ? "right" : "left");
}

function frameMiddle(pen) {
  return pen.context.canvas.width / 2;
}

function drawCompass(pen, pixels, frame) {
  const { east, north } = skySteps(pixels);
  const length = Math.min(0.1 * pen.side, 34 * pen.ratio);
  const arms = Object.entries({ N: north, E: east }).map(([name, step]) => {
    const [x, y] = frame.along(step);
    const norm = Math.hypot(x, y);
    return [name, [(x / norm) * length, (y / norm) * length]];
  });
  // In the lower right corner, with room for the letters wherever the arms point.
  const origin = [frame.width, frame.height].map(
    (end, axis) => end - Math.max(0.05 * pen.side, 0.7 * pen.font) - 1.6 * Math.max(0, ...arms.map(([, arm]) => arm[axis])),
  );
  for (const [name, [x, y]] of arms) {
    pen.lines([[origin, [origin[0] + x, origin[1] + y]]], COMPASS);
    pen.text(name, [origin[0] + 1.5 * x, origin[1] + 1.5 * y], COMPASS);
  }
}
