// One small plot on a canvas: points in a frame, with a few numbers along two of its sides.

import { superscript } from "./plot_data.js";

const FONT = "11px system-ui, sans-serif";
const TICK_PX = 3;
const LINE_PX = 13;
const PLAIN = [1e-3, 1e5];
const MOST_TICKS = { x: 6, y: 6 };

export function drawSmall(canvas, plot, { x_range: xs, shown: ys }, theme) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !height) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  pen.font = FONT;
  const axes = { x: numbersOf(xs, MOST_TICKS.x), y: numbersOf(ys, MOST_TICKS.y) };
  const widest = Math.max(0, ...axes.y.texts.map((text) => pen.measureText(text).width));
  const frame = {
    left: widest + TICK_PX + 3, right: width - 8, top: axes.y.power ? LINE_PX + 2 : 6, bottom: height - LINE_PX - TICK_PX - 2,
  };
  const across = (x) => frame.left + ((x - xs[0]) / (xs[1] - xs[0])) * (frame.right - frame.left);
  const down = (y) => frame.bottom - ((y - ys[0]) / (ys[1] - ys[0])) * (frame.bottom - frame.top);
  drawFrame(pen, frame, axes, { across, down }, theme);
  drawPoints(pen, plot, frame, { across, down }, theme);
}

function drawFrame(pen, frame, { x, y }, { across, down }, theme) {
  pen.strokeStyle = theme.line;
  pen.fillStyle = theme.ink;
  pen.strokeRect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  pen.beginPath();
  pen.textAlign = "center";
  pen.textBaseline = "top";
  x.values.forEach((value, i) => {
    pen.moveTo(across(value), frame.bottom);
    pen.lineTo(across(value), frame.bottom + TICK_PX);
    pen.fillText(x.texts[i], across(value), frame.bottom + TICK_PX + 2);
  });
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  y.values.forEach((value, i) => {
    // Zero goes all through, since faint spectra scatter around it.
    pen.moveTo(value === 0 ? frame.right : frame.left, down(value));
    pen.lineTo(frame.left - TICK_PX, down(value));
    pen.fillText(y.texts[i], frame.left - TICK_PX - 2, down(value));
  });
  pen.stroke();
  if (!y.power) return;
  pen.textAlign = "left";
  pen.textBaseline = "top";
  pen.fillText(`\u00d7 10${superscript(y.power)}`, 0, 0);
}

function drawPoints(pen, plot, frame, { across, down }, theme) {
  for (let i = 0; i < plot.x.length; i += 1) {
    const [x, y] = [across(plot.x[i]), down(plot.y[i])];
    if (!(y >= frame.top && y <= frame.bottom && x >= frame.left && x <= frame.right)) continue;
    pen.strokeStyle = pen.fillStyle = theme.dots[plot.detector[i]];
    pen.beginPath();
    if (plot.limit[i]) drawLimit(pen, x, y, plot.points_down);
    else pen.arc(x, y, 1.8, 0, 2 * Math.PI);
    if (plot.severity[i] <= 1) pen.fill();
    else pen.stroke();
  }
}

// A limit points to where the value may lie.
function drawLimit(pen, x, y, pointsDown) {
  const tip = pointsDown ? 2.4 : -2.4;
  pen.moveTo(x - 2.2, y - tip / 2);
  pen.lineTo(x + 2.2, y - tip / 2);
  pen.lineTo(x, y + tip);
  pen.closePath();
}

// Round numbers within a range, at most so many, and how they are written.
export function numbersOf([one, other], most) {
  const [low, high] = one < other ? [one, other] : [other, one];
  const rough = (high - low) / most;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * size >= rough) * size;
  const values = [];
  for (let at = Math.ceil(low / step - 1e-9); at <= high / step + 1e-9; at += 1) values.push(at * step);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const power = largest >= PLAIN[0] && largest < PLAIN[1] ? 0 : Math.floor(Math.log10(largest));
  const decimals = Math.min(Math.max(0, power - Math.floor(Math.log10(step) + 1e-9)), 15);
  const texts = values.map((value) => (value / 10 ** power).toFixed(decimals).replace("-", "\u2212"));
  return { values, texts, power };
}
