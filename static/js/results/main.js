// The results page: one spectrum, shown by plot, table, cutouts and flags together.

import { mountAbout } from "./about.js";
import { Api } from "./api.js";
import { mountChecks } from "./checks.js";
import { mountCompare } from "./compare.js";
import { mountDownload } from "./download.js";
import { mountFlags } from "./flags.js";
import { Keys } from "../keys.js";
import { mountLayout } from "./layout.js";
import { mountPlot } from "./plot.js";
import { Store } from "./store.js";
import { mountStrip } from "./strip.js";
import { mountTable } from "./table.js";
import { mountTargets } from "./targets.js";

const { job, target, row, csrf } = document.getElementById("instrument").dataset;
const store = new Store({ job, target: Number(target), row: row === "" ? null : Number(row) });
const parts = { store, api: new Api(store, csrf), keys: new Keys() };

for (const mount of [
  mountLayout, mountTargets, mountTable, mountPlot, mountStrip, mountFlags, mountChecks, mountAbout, mountCompare, mountDownload,
]) {
  mount(parts);
}

// For people at the browser's console, and for tests.
window.results = parts;
