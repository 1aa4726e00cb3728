// The small toolbar of the map, and the line that says where it looks.

import { freeCenter } from "./sky_space.js";

const ZOOM_STEP = 1.6;
const LEAST_MENU_PIX = 150;

// `layers`: what the boxes with data-layer switch, by their names.
export function mountTools(view, store, layers) {
  const by = (id) => document.getElementById(id);
  by("sky-in").addEventListener("click", () => view.zoom(1 / ZOOM_STEP));
  by("sky-out").addEventListener("click", () => view.zoom(ZOOM_STEP));
  by("sky-go").addEventListener("click", () => view.goToTarget());
  const enable = () => { by("sky-go").disabled = !store.get("target") && !store.get("positions").length; };
  store.on(["target", "positions"], enable);
  enable();
  for (const [name, layer] of Object.entries(layers)) {
    const box = document.querySelector(`[data-layer="${name}"]`);
    box.addEventListener("change", () => layer.show(box.checked));
  }
  mountMenu(by("sky-menu-button"), by("sky-menu"), view.frame);
  view.onMove(({ ra, dec, fov }) => {
    by("sky-position").textContent = `${sexagesimal(ra / 15, "")} ${sexagesimal(dec, dec < 0 ? "\u2212" : "+")}`;
    by("sky-fov").textContent = `${angle(fov)} wide`;
  });
}

function mountMenu(button, menu, frame) {
  const open = (opened) => {
    button.setAttribute("aria-expanded", String(opened));
    menu.hidden = !opened;
    if (!opened) return;
    // The sheet of a phone lies over the lower part of the map.
    const free = freeCenter(frame);
    const above = menu.getBoundingClientRect().top - frame.getBoundingClientRect().top;
    menu.style.maxHeight = `${Math.max(free.y + free.height / 2 - above - 8, LEAST_MENU_PIX)}px`;
  };
  button.addEventListener("click", () => open(menu.hidden));
  const tools = button.closest(".sky-tools");
  tools.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    event.stopPropagation();
    open(false);
    button.focus();
  });
  document.addEventListener("skyused", () => open(false));
}

function sexagesimal(value, sign) {
  const seconds = Math.round(Math.abs(value) * 3600);
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(seconds / 3600) % (sign ? 1000 : 24);
  return `${sign}${two(whole)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function angle(degrees) {
  if (degrees >= 10) return `${degrees.toFixed(0)}\u00b0`;
  if (degrees >= 1) return `${degrees.toFixed(1)}\u00b0`;
  return `${(degrees * 60).toFixed(degrees < 1 / 6 ? 1 : 0)}\u2032`;
}
