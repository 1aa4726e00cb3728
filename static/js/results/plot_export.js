// Saves the plot that is drawn, under its own name whatever is shown meanwhile, as it is zoomed: drawn once more out of sight, black on white, at the size of a
// page of a journal, whatever the theme and the size of the window.

import { Refused } from "./api.js";
import { drawFeatures } from "./lines.js";
import { classColor, paperColors } from "./plot_colors.js";
import { Drawing } from "./plot_drawing.js";

const WIDTH_CM = 17;
// CSS pixels: 17 cm at 144 dpi, so that text is as large as that of a figure in print.
const WIDTH = 964;
const HEIGHT = 520;
const PANEL_HEIGHT = 150;
const TITLE_HEIGHT = 22;
const LINE_HEIGHT = 15;

export function mountPlotExport(pane) {
  const menu = document.getElementById("plot-save-menu");
  const words = document.getElementById("plot-save-words");
  const usual = words.textContent;
  for (const button of menu.querySelectorAll("[data-save]")) {
    button.addEventListener("click", async () => {
      if (!pane.plot) return;
      words.textContent = "Being made\u2026";
      try {
        await SAVERS[button.dataset.save](pane, Number(button.dataset.scale));
        words.textContent = usual;
        menu.open = false;
      } catch (error) {
        words.textContent = error instanceof Refused ? error.message : "The plot could not be saved.";
        if (!(error instanceof Refused)) throw error;
      }
    });
  }
}

const SAVERS = {
  svg: async (pane) => {
    const { file_stem: stem } = pane.plot;
    const svg = await svgOf(pane);
    download(new Blob([svg.text], { type: "image/svg+xml" }), `${stem}.svg`);
  },
  png: async (pane, scale) => {
    const { file_stem: stem } = pane.plot;
    const svg = await svgOf(pane);
    const tail = scale > 1 ? `_${scale}x` : "";
    download(await pngOf(svg, scale), `${stem}${tail}.png`);
  },
  print: async (pane) => print(pane.plot, await svgOf(pane)),
  html: async ({ plot, asked, api, store }) => {
    const { job, target, view, allTargets } = asked;
    const [raw, errors] = [store.get("raw"), store.get("errors")];
    const body = { view: { ...view, raw, errors }, all_targets: allTargets };
    const text = await api.post("plot.html", body, { job, target });
    download(new Blob([text], { type: "text/html" }), `${plot.file_stem}.html`);
  },
};

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The plot as SVG with its size in cm.
async function svgOf(pane) {
  // As it is now: the page may be about to draw another plot.
  const { plot, store, palette, features } = pane;
  const [raw, errors] = [store.get("raw"), store.get("errors")];
  const zoomed = pane.drawing ? pane.drawing.zoomed : store.get("zoom");
  const height = HEIGHT + PANEL_HEIGHT * (plot.panels.length - 1);
  const stage = document.createElement("div");
  stage.style.cssText = `position: fixed; left: -20000px; top: 0; width: ${WIDTH}px; height: ${height}px; background: #fff`;
  stage.setAttribute("aria-hidden", "true");
  document.body.append(stage);
  const drawing = await Drawing.into(stage, pane.item, plot.panels.length);
  try {
    const theme = paperColors(palette);
    drawing.layout.toolbar.visible = false;
    drawing.fill(plot);
    drawing.dress(theme);
    drawing.show({ raw, errors });
    drawing.zoom(zoomed);
    putLegend(drawing, plot, theme);
    await settled(drawing);
    drawFeatures(drawing, features);
    await settled(drawing);
    return await composed(drawing, plot, height);
  } finally {
    drawing.remove();
    stage.remove();
  }
}

function putLegend(drawing, plot, theme) {
  const { by, classes } = plot.color;
  if (by === "number") return;
  drawing.find("samples").data = {
    x: classes.map(() => NaN), y: classes.map(() => NaN), label: classes.map(([, name]) => name),
    color: classes.map(([number]) => classColor(theme, by, number)),
  };
  drawing.find("legend").setv({ visible: true, label_text_color: theme.ink });
}

// Bokeh lays out and paints in frames of its own.
async function settled({ root }) {
  await root.ready;
  for (let frame = 0; frame < 4; frame += 1) await new Promise((done) => { setTimeout(done, 40); });
}

// The panels of the drawing in one SVG, with a title above and where the data come from below.
async function composed(drawing, plot, height) {
  const space = "http://www.w3.org/2000/svg";
  const foot = TITLE_HEIGHT + height;
  const total = foot + plot.provenance.length * LINE_HEIGHT + 7;
  const svg = document.createElementNS(space, "svg");
  const attributes = {
    viewBox: `0 0 ${WIDTH} ${total}`, width: `${WIDTH_CM}cm`, height: `${((WIDTH_CM * total) / WIDTH).toFixed(3)}cm`,
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const paper = document.createElementNS(space, "rect");
  for (const [name, value] of Object.entries({ width: WIDTH, height: total, fill: "#ffffff" })) paper.setAttribute(name, value);
  svg.append(paper, text(space, plot.title, 16, 15));
  plot.provenance.forEach((line, number) => svg.append(text(space, line, foot + (number + 1) * LINE_HEIGHT, 11)));
  const { left: left0, top: top0 } = drawing.root.el.getBoundingClientRect();
  for (const figure of drawing.panels) {
    const view = drawing.root.owner.find_one(figure);
    const { left, top } = view.el.getBoundingClientRect();
    const blob = await view.export("svg", false).to_blob();
    const part = new DOMParser().parseFromString(await blob.text(), "image/svg+xml").documentElement;
    part.setAttribute("x", left - left0);
    part.setAttribute("y", top - top0 + TITLE_HEIGHT);
    svg.append(document.importNode(part, true));
  }
  return { text: new XMLSerializer().serializeToString(svg), width: WIDTH, height: total };
}

function text(space, words, y, size) {
  const made = document.createElementNS(space, "text");
  const attributes = { x: 12, y, "font-size": size, "font-family": "system-ui, sans-serif", fill: "#000000" };
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = words;
  return made;
}

async function pngOf({ text: svg, width, height }, scale) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, fail) => {
      canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture was made"))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Only the plot is printed; the name of the file that browsers propose is the title of the page.
async function print(plot, svg) {
  const sheet = document.createElement("div");
  sheet.className = "plot-sheet";
  const image = new Image();
  image.alt = plot.title;
  image.src = URL.createObjectURL(new Blob([svg.text], { type: "image/svg+xml" }));
  sheet.append(image);
  document.body.append(sheet);
  const title = document.title;
  document.title = plot.file_stem;
  document.documentElement.classList.add("prints-plot");
  try {
    await image.decode();
    window.print();
  } finally {
    document.documentElement.classList.remove("prints-plot");
    // The head of another target may have come.
    if (document.title === plot.file_stem) document.title = title;
    URL.revokeObjectURL(image.src);
    sheet.remove();
  }
}
