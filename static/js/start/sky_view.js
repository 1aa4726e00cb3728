// Where the map looks, and what is done on it: moving, clicking, keys.

import { addSkyKeys } from "./sky_keys.js";
import { freeCenter } from "./sky_space.js";

// The northern deep field, where there is most to see.
const FIRST_VIEW = { ra: 270, dec: 66.56, fov: 30 };
const CLOSE_DEG = 0.6;
const WIDE_DEG = 3;
const HIT_PIX = 11;
const PAN_FRACTION = 0.15;
const RANGE_DEG = [0.01, 180];

export class SkyView {
  #first;
  #picked = null;
  #listeners = [];

  constructor(A, sky, store) {
    this.sky = sky;
    this.frame = document.getElementById("sky-frame");
    this.store = store;
    this.#first = store.get("view") ?? FIRST_VIEW;
    const { ra, dec, fov } = this.#first;
    this.aladin = A.aladin(document.getElementById("sky-view"), {
      survey: A.HiPS(sky.dataset.hips || location.origin + sky.dataset.localHips),
      target: `${ra} ${dec}`, fov, cooFrame: "ICRS", projection: "SIN", mode: "dark",
      backgroundColor: "#090c11", gridColor: "#8ba0b5", gridOpacity: 0.5, log: false, samp: false, inertia: false,
      showReticle: false, showZoomControl: false, showLayersControl: false, showFullscreenControl: false,
      showSimbadPointerControl: false, showCooGridControl: false, showSettingsControl: false,
      showColorPickerControl: false, showShareControl: false, showFrame: false, showFov: false,
      showCooLocation: false, showProjectionControl: false, showContextMenu: false, showStatusBar: false,
    });
    this.aladin.setFoVRange(...RANGE_DEG);
    for (const name of ["positionChanged", "zoomChanged", "resizeChanged"]) this.aladin.on(name, () => this.#moved());
    this.grid = { show: (shown) => this.aladin.setCooGrid({ enabled: shown }) };
    this.#listenToTouches();
    addSkyKeys(this);
  }

  get fov() {
    return this.aladin.getFov()[0];
  }

  // Calls a function whenever the map moved.
  onMove(listener) {
    this.#listeners.push(listener);
    listener(this.#freeView());
  }

  // Looks at a place, with it in the middle of what the panel leaves free.
  look(ra, dec, fov = null) {
    if (fov) this.aladin.setFoV(Math.min(Math.max(fov, RANGE_DEG[0]), RANGE_DEG[1]));
    this.aladin.gotoRaDec(ra, dec);
    const { width, height } = this.frame.getBoundingClientRect();
    const free = freeCenter(this.frame);
    const center = this.#worldOf(width - free.x, height - free.y);
    if (center) this.aladin.gotoRaDec(...center);
    this.#moved();
  }

  zoom(factor) {
    const { ra, dec, fov } = this.#freeView();
    this.look(ra, dec, fov * factor);
  }

  // Moves by a part of what is shown: `right` and `up` are -1, 0 or 1.
  pan(right, up) {
    const { width, height } = this.frame.getBoundingClientRect();
    const center = this.#worldOf(width * (0.5 + right * PAN_FRACTION), height * (0.5 - up * PAN_FRACTION));
    if (center) this.aladin.gotoRaDec(...center);
    this.#moved();
  }

  goToTarget() {
    const target = this.store.get("target");
    if (target) this.look(target.ra, target.dec, this.fov > WIDE_DEG ? CLOSE_DEG : null);
    else this.lookAtAll(this.store.get("positions"));
  }

  // Looks at several places at once.
  lookAtAll(positions) {
    if (!positions.length) return;
    const vectors = positions.map(({ ra, dec }) => unitVector(ra, dec));
    const sum = vectors.reduce((total, vector) => total.map((value, axis) => value + vector[axis]), [0, 0, 0]);
    const length = Math.hypot(...sum) || 1;
    const middle = sum.map((value) => value / length);
    const least = Math.min(...vectors.map((vector) => vector.reduce((dot, value, axis) => dot + value * middle[axis], 0)));
    const reach = (Math.acos(Math.min(Math.max(least, -1), 1)) * 180) / Math.PI;
    const ra = ((Math.atan2(middle[1], middle[0]) * 180) / Math.PI + 360) % 360;
    this.look(ra, (Math.asin(middle[2]) * 180) / Math.PI, Math.max(reach * 4, CLOSE_DEG));
  }

  // Goes where the store points.
  follow() {
    const { store } = this;
    store.addEventListener("look", ({ detail }) => this.look(detail.ra, detail.dec, detail.fov));
    store.on(["target"], () => {
      const target = store.get("target");
      if (target && !this.#wasPicked(target)) this.goToTarget();
    });
    // Rows that are changed, left out or looked up leave the map where somebody went; those of
    // another list or another frame are all elsewhere.
    let before = store.get("positions");
    store.on(["positions"], () => {
      const positions = store.get("positions");
      if (!hasPlaceOf(positions, before)) this.lookAtAll(positions);
      before = positions;
    });
    store.on(["row"], () => {
      const row = store.get("positions").find((position) => position.row === store.get("row"));
      if (row && !this.#isInFreeSpace(row)) this.look(row.ra, row.dec, this.fov > WIDE_DEG ? WIDE_DEG : null);
    });
    // The map begins with its first view in its own middle, behind the panel.
    if (store.get("target")) this.goToTarget();
    else if (store.get("positions").length) this.lookAtAll(store.get("positions"));
    else this.look(this.#first.ra, this.#first.dec);
  }

  listenToClicks(marks) {
    this.aladin.on("click", ({ ra, dec, x, y, isDragging }) => {
      if (isDragging) return;
      const row = marks.shown ? this.#rowAt(x, y) : null;
      if (row !== null) this.store.set({ row });
      else if (this.store.get("mode") === "single" && Number.isFinite(ra)) this.#pick(ra, dec);
    });
  }

  // Takes what is in the middle of the free part of the map as the target.
  pickMiddle() {
    const { ra, dec } = this.#freeView();
    if (this.store.get("mode") === "single") this.#pick(ra, dec);
  }

  pixelOf({ ra, dec }) {
    const pixel = this.aladin.world2pix(ra, dec);
    return pixel && Number.isFinite(pixel[0]) ? pixel : null;
  }

  #pick(ra, dec) {
    const input = document.getElementById("id_target");
    if (!input) return;
    this.#picked = { ra, dec };
    input.value = `${ra.toFixed(6)} ${dec.toFixed(6)}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #wasPicked({ ra, dec }) {
    const picked = this.#picked;
    return picked !== null && Math.abs(picked.dec - dec) < 1e-5
      && Math.abs(((picked.ra - ra + 540) % 360) - 180) * Math.cos((dec * Math.PI) / 180) < 1e-5;
  }

  #rowAt(x, y) {
    let [nearest, least] = [null, HIT_PIX ** 2];
    if (this.store.get("mode") === "single") return null;
    for (const position of this.store.get("positions")) {
      const pixel = this.pixelOf(position);
      const distance = pixel ? (pixel[0] - x) ** 2 + (pixel[1] - y) ** 2 : Infinity;
      if (distance < least) [nearest, least] = [position.row, distance];
    }
    return nearest;
  }

  #isInFreeSpace(position) {
    const pixel = this.pixelOf(position);
    if (!pixel) return false;
    const { x, y, width, height } = freeCenter(this.frame);
    return Math.abs(pixel[0] - x) < width * 0.48 && Math.abs(pixel[1] - y) < height * 0.48;
  }

  #worldOf(x, y) {
    const world = this.aladin.pix2world(x, y, "icrs");
    return world && world.every(Number.isFinite) ? world : null;
  }

  // What the middle of the free part of the map shows.
  #freeView() {
    const free = freeCenter(this.frame);
    const [ra, dec] = this.#worldOf(free.x, free.y) ?? this.aladin.getRaDec();
    return { ra, dec, fov: this.fov };
  }

  #moved() {
    const view = this.#freeView();
    this.store.set({ view });
    for (const listener of this.#listeners) listener(view);
  }

  #listenToTouches() {
    const used = () => document.dispatchEvent(new CustomEvent("skyused"));
    for (const name of ["pointerdown", "wheel"]) this.frame.addEventListener(name, used, { capture: true, passive: true });
  }

}

// Whether any row is where it was before.
function hasPlaceOf(positions, before) {
  const places = new Set(before.map(({ row, ra, dec }) => `${row} ${ra} ${dec}`));
  return positions.some(({ row, ra, dec }) => places.has(`${row} ${ra} ${dec}`));
}

function unitVector(ra, dec) {
  const [longitude, latitude] = [(ra * Math.PI) / 180, (dec * Math.PI) / 180];
  return [Math.cos(latitude) * Math.cos(longitude), Math.cos(latitude) * Math.sin(longitude), Math.sin(latitude)];
}
