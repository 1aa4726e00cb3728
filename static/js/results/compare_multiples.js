// Small plots of all targets of the job, side by side; a click shows one.

import { Latest, Refused, unpacked } from "./api.js";
import { color, element } from "./dom.js";

const ASKED = [
  "job", "filters", "sql", "mask", "derived", "unit", "x", "channel", "y", "redshift", "all_targets", "multiples",
];
const FRAME = { left: 4, right: 4, top: 4, bottom: 4 };
const byId = (name) => document.getElementById(`multiples${name && `-${name}`}`);

export function mountMultiples({ store, api }) {
  const pane = document.getElementById("compare-pane");
  const words = byId("words");
  const shared = byId("shared");
  const latest = new Latest();
  let start = 0;
  let found = null;

  const draw = () => {
    if (!found) return;
    const common = shared.checked ? commonRanges(found.plots) : null;
    const theme = { ink: color("--ink-muted"), line: color("--line"), dots: [0, 1, 2, 3, 4, 5, 6].map((n) => color(n ? `--detector-${n}` : "--line-strong")) };
    for (const item of byId("").children) {
      const plot = found.plots[Number(item.dataset.index)];
      item.querySelector("button")?.toggleAttribute("aria-current", plot.target === store.get("target"));
      const canvas = item.querySelector("canvas");
      if (canvas) drawSmall(canvas, plot, common ?? plot, theme);
      const ends = item.querySelector(".multiple-range");
      if (ends) ends.textContent = rangeWords(common ?? plot);
    }
  };

  const load = async () => {
    const isOn = store.get("multiples");
    pane.hidden = !isOn;
    document.getElementById("plot-body").hidden = isOn;
    byId("switch").checked = isOn;
    // What was hidden had no size to draw in.
    if (!isOn) return void dispatchEvent(new Event("resize"));
    words.textContent = "The spectra are being fetched\u2026";
    try {
      const answer = await latest.ask((signal) => api.post("multiples", { start, all_targets: store.get("all_targets") }, { signal }));
      if (!answer) return;
      found = { ...answer, plots: answer.plots.map(unpackedPlot) };
    } catch (error) {
      words.textContent = error instanceof Refused ? `${error.message}.` : "The spectra could not be fetched.";
      if (!(error instanceof Refused)) throw error;
      return;
    }
    const first = found.plots.find(({ label }) => label);
    words.textContent = first ? `${first.label} against ${first.x_label}. ${
      store.get("all_targets") ? "Filters apply to all." : "Filters apply to the shown spectrum only, left-out flags to all."}` : "";
    byId("").replaceChildren(...found.plots.map((plot, index) => item(plot, index, store)));
    byId("pages").hidden = found.n_targets <= found.per_page;
    byId("where").textContent = `${start + 1}\u2013${start + found.plots.length} of ${found.n_targets}`;
    byId("previous").disabled = start === 0;
    byId("next").disabled = start + found.per_page >= found.n_targets;
    draw();
  };

  byId("switch").addEventListener("change", ({ target }) => store.set({ multiples: target.checked }));
  byId("close").addEventListener("click", () => store.set({ multiples: false }));
  byId("previous").addEventListener("click", () => { start = Math.max(0, start - found.per_page); load(); });
  byId("next").addEventListener("click", () => { start += found.per_page; load(); });
  shared.addEventListener("change", draw);
  document.addEventListener("themechange", draw);
  addEventListener("resize", draw);
  store.on(ASKED, (changed) => {
    if (changed.has("job")) start = 0;
    if (store.get("multiples") || changed.has("multiples")) load();
  });
  store.on(["target"], () => {
    if (!store.get("multiples")) return;
    // Filters belong to the spectrum that is shown.
    load();
  });
  if (store.get("multiples")) load();
}

function unpackedPlot(plot) {
  if (plot.error) return plot;
  return { ...plot, x: unpacked(plot.x), y: unpacked(plot.y), detector: unpacked(plot.detector), severity: unpacked(plot.severity) };
}

function item(plot, index, store) {
  const line = element("li");
  line.dataset.index = index;
  if (plot.error) {
    line.className = "multiple multiple-missing";
    line.append(element("strong", "ellipsis", plot.name), element("span", "hint", plot.error));
    return line;
  }
  const button = element("button", "multiple");
  button.type = "button";
  button.dataset.target = plot.target;
  const head = element("span", "multiple-head");
  head.append(element("strong", "ellipsis", plot.name), element("span", "muted", `${plot.n} point${plot.n === 1 ? "" : "s"}`));
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  button.append(head, canvas, element("span", "multiple-range"));
  button.addEventListener("click", () => store.set({ multiples: false }) ?? store.show(store.get("job"), plot.target));
  line.append(button);
  return line;
}

function commonRanges(plots) {
  const drawn = plots.filter(({ n }) => n);
  if (!drawn.length) return null;
  const flipped = drawn[0].shown[0] > drawn[0].shown[1];
  const hull = (name) => {
    const ends = drawn.flatMap((plot) => plot[name]);
    return [Math.min(...ends), Math.max(...ends)];
  };
  const shown = hull("shown");
  return { x_range: hull("x_range"), shown: flipped ? shown.reverse() : shown };
}

function rangeWords({ x_range: [left, right], shown: [bottom, top] }) {
  const short = (value) => String(Number(value.toPrecision(3))).replace("-", "\u2212");
  return `${short(left)} to ${short(right)} \u00b7 ${short(bottom)} to ${short(top)}`;
}

function drawSmall(canvas, plot, { x_range: xs, shown: ys }, theme) {
  const ratio = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const inner = { width: width - FRAME.left - FRAME.right, height: height - FRAME.top - FRAME.bottom };
  const place = (x, y) => [
    FRAME.left + ((x - xs[0]) / (xs[1] - xs[0])) * inner.width,
    FRAME.top + (1 - (y - ys[0]) / (ys[1] - ys[0])) * inner.height,
  ];
  pen.strokeStyle = theme.line;
  pen.strokeRect(FRAME.left - 0.5, FRAME.top - 0.5, inner.width + 1, inner.height + 1);
  const zero = place(xs[0], 0)[1];
  if (zero > FRAME.top && zero < height - FRAME.bottom) {
    pen.beginPath();
    pen.moveTo(FRAME.left, zero);
    pen.lineTo(width - FRAME.right, zero);
    pen.stroke();
  }
  for (let i = 0; i < plot.x.length; i += 1) {
    const [x, y] = place(plot.x[i], plot.y[i]);
    if (!(y >= FRAME.top && y <= height - FRAME.bottom && x >= FRAME.left && x <= width - FRAME.right)) continue;
    pen.beginPath();
    pen.arc(x, y, 1.6, 0, 2 * Math.PI);
    pen.strokeStyle = pen.fillStyle = theme.dots[plot.detector[i]];
    if (plot.severity[i] <= 1) pen.fill();
    else pen.stroke();
  }
}
