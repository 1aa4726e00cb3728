// The sky map: starts Aladin Lite, keeps it and the store in step, and says so if there is no map.

import { mountFootprints } from "./sky_footprints.js";
import { keepLayers } from "./sky_layers.js";
import { drawMarks } from "./sky_marks.js";
import { mountSurveys } from "./sky_survey.js";
import { mountTools } from "./sky_tools.js";
import { SkyView } from "./sky_view.js";

const REASONS = {
  missing: "The sky viewer is not installed on this site.",
  script: "The sky viewer could not be loaded.",
  graphics: "This browser can't draw the map: WebGL 2 is missing or switched off.",
  failed: "The sky viewer could not start.",
};

export function mountSky(store) {
  const sky = document.getElementById("sky");
  if (!sky) return;
  mountSurveys(store);
  start(sky, store).catch((error) => {
    console.info("no sky map:", error);
    sayMissing(sky, error instanceof MapError ? error.reason : "failed");
  });
}

class MapError extends Error {
  constructor(reason) {
    super(REASONS[reason]);
    this.reason = reason;
  }
}

async function start(sky, store) {
  if (!sky.dataset.viewer) throw new MapError("missing");
  if (!document.createElement("canvas").getContext("webgl2")) throw new MapError("graphics");
  const A = await loaded(sky.dataset.viewer);
  await A.init;
  const view = new SkyView(A, sky, store);
  const layers = keepLayers(A, view, sky);
  const marks = drawMarks(A, view, store);
  const footprints = mountFootprints(A, view, store, sky);
  mountTools(view, store, { coverage: layers.coverage, deep: layers.deep, targets: marks, grid: view.grid });
  view.follow();
  view.listenToClicks(marks);
  listenForFailures(sky);
  sky.dataset.state = "ready";
  document.getElementById("sky-tools").hidden = false;
  document.getElementById("sky-readout").hidden = false;
  // For whoever looks at the page from outside, such as tests.
  window.start.sky = { view, layers, footprints };
}

async function loaded(address) {
  try {
    return (await import(address)).default;
  } catch {
    throw new MapError("script");
  }
}

function sayMissing(sky, reason) {
  sky.dataset.state = "missing";
  if (reason !== "missing") document.getElementById("sky-missing-reason").textContent = REASONS[reason];
  document.getElementById("sky-missing").hidden = false;
}

// Of a survey that does not answer the viewer says so only here; the map itself goes on.
function listenForFailures(sky) {
  addEventListener("unhandledrejection", (event) => {
    if (!sky.dataset.hips || !String(event.reason?.stack ?? event.reason).match(/aladin|HiPS|fetch/)) return;
    event.preventDefault();
    const note = document.getElementById("sky-note");
    note.textContent = "The picture of the sky can't be loaded from its site now. Choose another one under Layers; everything else works.";
    note.hidden = false;
  });
}
