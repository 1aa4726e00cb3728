// Small plots of all targets of the job, side by side; a click shows one.

import { Latest, Refused, unpacked } from "./api.js";
import { color, element } from "./dom.js";
import { drawSmall } from "./small_plot.js";

const ASKED = [
  "job", "filters", "sql", "mask", "derived", "unit", "x", "channel", "y", "redshift", "all_targets", "multiples",
];
const LEAST_WIDTH = 230;
const HEIGHTS = [120, 320];
// Width over height that a small plot should have.
const SHAPE = 1.7;
// Of a plot's button: its head, padding and border.
const AROUND_PX = 36;
const byId = (name) => document.getElementById(`multiples${name && `-${name}`}`);

export function mountMultiples({ store, api }) {
  const pane = document.getElementById("compare-pane");
  const words = byId("words");
  const shared = byId("shared");
  const latest = new Latest();
  let start = 0;
  let found = null;

  const draw = () => {
    if (!found || pane.hidden) return;
    arrange(pane, byId(""), found.plots.length);
    const common = shared.checked ? commonRanges(found.plots) : null;
    const theme = { ink: color("--ink-muted"), line: color("--line"), dots: [0, 1, 2, 3, 4, 5, 6].map((n) => color(n ? `--detector-${n}` : "--line-strong")) };
    for (const item of byId("").children) {
      const plot = found.plots[Number(item.dataset.index)];
      item.querySelector("button")?.toggleAttribute("aria-current", found.job === store.get("job") && plot.target === store.get("target"));
      const canvas = item.querySelector("canvas");
      if (canvas) drawSmall(canvas, plot, common ?? plot, theme);
      const ends = item.querySelector(".multiple-range");
      if (ends) ends.textContent = rangeWords(common ?? plot);
    }
  };

  // A page on or back, pressed again while one is on its way as well.
  const turn = (pages) => {
    const { n_targets: count, per_page: each } = found;
    const last = Math.floor((count - 1) / each) * each;
    start = Math.min(Math.max(start + pages * each, 0), last);
    load();
  };

  const load = async () => {
    const job = store.get("job");
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
      found = { ...answer, job, start, plots: answer.plots.map(unpackedPlot) };
    } catch (error) {
      start = found?.job === job ? found.start : 0;
      words.textContent = error instanceof Refused ? `${error.message}.` : "The spectra could not be fetched.";
      if (!(error instanceof Refused)) throw error;
      return;
    }
    const first = found.plots.find(({ label }) => label);
    words.textContent = first ? `${first.label} against ${first.x_label}. ${
      store.get("all_targets") ? "Filters apply to all." : "Filters apply to the shown spectrum only, left-out flags to all."}` : "";
    byId("").replaceChildren(...found.plots.map((plot, index) => item(plot, index, store, job)));
    byId("pages").hidden = found.n_targets <= found.per_page;
    byId("where").textContent = `${start + 1}\u2013${start + found.plots.length} of ${found.n_targets}`;
    byId("previous").disabled = start === 0;
    byId("next").disabled = start + found.per_page >= found.n_targets;
    draw();
  };

  byId("switch").addEventListener("change", ({ target }) => store.set({ multiples: target.checked }));
  byId("close").addEventListener("click", () => store.set({ multiples: false }));
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  shared.addEventListener("change", draw);
  document.addEventListener("themechange", draw);
  new ResizeObserver(draw).observe(pane);
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

// As many columns as let the plots fill the pane, each in a good shape.
function arrange(pane, list, count) {
  const isPage = getComputedStyle(pane).overflowY === "visible";
  const gap = parseFloat(getComputedStyle(list).columnGap);
  const { width, top } = list.getBoundingClientRect();
  const room = isPage ? 0 : pane.getBoundingClientRect().bottom - top - pane.scrollTop - 2 * gap;
  const most = Math.max(1, Math.min(count, Math.floor((width + gap) / (LEAST_WIDTH + gap))));
  const shapes = Array.from({ length: most }, (_, number) => {
    const columns = number + 1;
    const wide = (width + gap) / columns - gap;
    const free = room / Math.ceil(count / columns) - gap - AROUND_PX;
    const high = Math.min(Math.max(isPage ? wide / SHAPE : free, HEIGHTS[0]), HEIGHTS[1]);
    const unlike = Math.abs(Math.log(wide / high / SHAPE)) + Math.max(0, (high - free) / HEIGHTS[1]);
    return { columns, high, unlike };
  });
  const best = shapes.reduce((one, other) => (other.unlike < one.unlike ? other : one));
  list.style.setProperty("--columns", best.columns);
  list.style.setProperty("--plot-height", `${Math.floor(best.high)}px`);
}

function unpackedPlot(plot) {
  if (plot.error) return plot;
  return { ...plot, x: unpacked(plot.x), y: unpacked(plot.y), detector: unpacked(plot.detector), severity: unpacked(plot.severity), limit: unpacked(plot.limit) };
}

function item(plot, index, store, job) {
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
  button.append(head, canvas, element("span", "multiple-range visually-hidden"));
  button.addEventListener("click", () => store.set({ multiples: false }) ?? store.show(job, plot.target));
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
