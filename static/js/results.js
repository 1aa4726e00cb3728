// The results page: one selected row, shown by the plot, the table and the cutouts together.

import { Selection } from "./selection.js";
import { drawPlot } from "./plot.js";
import { CutoutStrip } from "./strip.js";
import { MeasurementTable } from "./table.js";

const page = document.getElementById("main");
const data = page.dataset;
const selection = new Selection(Number(data.nRows), Number(data.row));

new MeasurementTable(document.getElementById("table-region"), selection, data.tableUrl, Number(data.pageSize));
new CutoutStrip(document.getElementById("strip"), selection, data.cutoutsUrl);

const plot = document.getElementById("plot");
if (plot) drawPlot(plot, selection, data.plotUrl);

// The address follows when the selection rests: browsers refuse hundreds of changes in seconds.
const REST_MS = 150;
let timer;
selection.addEventListener("change", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = new URL(location.href);
    address.searchParams.set("row", selection.row);
    address.searchParams.delete("page");
    history.replaceState(history.state, "", address);
  }, REST_MS);
});

for (const [id, step] of [["previous-row", -1], ["next-row", 1]]) {
  const button = document.getElementById(id);
  button.hidden = false;
  button.addEventListener("click", () => selection.move(step));
}

page.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-select-row]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  selection.select(Number(link.dataset.selectRow));
});

const STEPS = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 };
const STEPS_IN_LISTS = { ArrowDown: 1, ArrowUp: -1 };
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const inList = event.target.closest("#table-region, #strip");
  const step = STEPS[event.key] ?? (inList ? STEPS_IN_LISTS[event.key] : undefined);
  if (step === undefined) return;
  event.preventDefault();
  selection.move(step);
});
