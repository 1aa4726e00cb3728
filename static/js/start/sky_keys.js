// Keys of the map.

import { keys } from "./keys.js";

const MAP = { within: "#sky-frame" };
const ZOOM_STEP = 1.5;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export function addSkyKeys(view) {
  const use = (action) => (event) => {
    document.dispatchEvent(new CustomEvent("skyused"));
    action(event);
  };
  keys.add(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"], "Move, on the map", use(({ key }) => view.pan(...STEPS[key])), MAP);
  keys.add(["+", "="], "Zoom in, on the map", use(() => view.zoom(1 / ZOOM_STEP)), MAP);
  keys.add(["-"], "Zoom out, on the map", use(() => view.zoom(ZOOM_STEP)), MAP);
  keys.add(["Enter"], "Take its middle as target, on the map", use(() => view.pickMiddle()), MAP);
}
