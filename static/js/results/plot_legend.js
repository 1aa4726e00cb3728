// The legend: detectors can be switched off, which is a filter on det_id that table and cutouts
// follow.

import { element } from "./dom.js";

const OURS = /^in \(([\d, ]+)\)$/;

export function showLegend(list, plot, store) {
  const { by, classes, label } = plot.color;
  // A box that is pressed keeps the focus when the legend is made anew.
  const focused = list.contains(document.activeElement) && document.activeElement.closest("[data-detector]")?.dataset.detector;
  list.replaceChildren();
  list.setAttribute("aria-label", label);
  if (plot.about.detectors.length && (["detector", "number"].includes(by) || isFilteredByDetector(store))) {
    list.append(...detectorItems(plot, store, by === "detector"));
  }
  if (by !== "detector" && by !== "number") {
    for (const [number, name] of classes) {
      const token = by === "spectrum" ? `--spectrum-${(number % 8) + 1}` : `--severity-${number}`;
      const item = element("li", "legend-plain");
      item.title = name;
      item.append(swatch(`var(${token})`), element("span", "ellipsis", name));
      list.append(item);
    }
  }
  if (focused) list.querySelector(`[data-detector="${focused}"] input`)?.focus();
}

function swatch(color) {
  const mark = element("span", "swatch");
  mark.style.setProperty("--band-color", color);
  return mark;
}

function isFilteredByDetector(store) {
  return Boolean(store.get("filters").det_id);
}

function detectorItems(plot, store, isColored) {
  const all = plot.about.detectors.map(([number]) => number);
  const text = store.get("filters").det_id?.text ?? "";
  const ours = OURS.exec(text);
  const drawn = new Set(plot.points.detector);
  const shown = new Set(ours ? ours[1].split(",").map(Number) : text ? all.filter((one) => drawn.has(one)) : all);
  return plot.about.detectors.map(([number, count]) => {
    const item = element("li");
    const label = element("label", "legend-item");
    label.title = `Detector ${number}: ${count} measurement${count === 1 ? "" : "s"}`;
    label.dataset.detector = number;
    const box = element("input");
    box.type = "checkbox";
    box.checked = shown.has(number);
    box.addEventListener("change", () => {
      if (box.checked) shown.add(number);
      else shown.delete(number);
      setDetectors(store, all, shown);
    });
    label.append(box, swatch(isColored ? `var(--detector-${number})` : "var(--line-strong)"), `D${number}`);
    item.append(label);
    return item;
  });
}

function setDetectors(store, all, shown) {
  const { det_id: before, ...others } = store.get("filters");
  void before;
  const kept = all.filter((number) => shown.has(number));
  if (kept.length === all.length) store.set({ filters: others });
  else {
    // No detector at all is a filter that nothing passes.
    const text = `in (${kept.length ? kept.join(", ") : 0})`;
    store.set({ filters: { ...others, det_id: { text, unit: "uJy" } } });
  }
}
