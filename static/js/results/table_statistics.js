// What the values of each column are like, over the rows that are shown.

import { Latest } from "./api.js";

export function mountStatistics(pane) {
  const { store, api } = pane;
  const place = document.getElementById("table-statistics");
  const toggle = document.getElementById("table-statistics-toggle");
  const latest = new Latest();

  const draw = async () => {
    if (place.hidden) return latest.drop();
    try {
      const answer = await latest.ask((signal) => api.post("statistics", {}, { signal }));
      if (answer) place.innerHTML = answer.html;
    } catch (error) {
      place.textContent = error.message;
    }
    return undefined;
  };

  // Nothing is better than numbers of other rows.
  const empty = () => {
    latest.drop();
    place.textContent = "Loading\u2026";
  };

  const show = (isShown) => {
    place.hidden = !isShown;
    empty();
    toggle.setAttribute("aria-expanded", String(isShown));
    draw();
  };
  toggle.addEventListener("click", () => show(place.hidden));
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    toggle.focus();
  });
  store.on(["job", "target"], empty);
  store.addEventListener("kept", draw);
  store.on(["columns", "unit"], draw);
}
