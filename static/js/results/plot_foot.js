// Sentences below the plot: what lies outside, what has no value, how averages are made.

export function showFoot(plot, store) {
  showOutside(plot, store);
  showMissing(plot);
  const notes = [plot.means_note, ...plot.notes.map((note) => `${note}.`), ...plot.skipped];
  put("plot-notes", notes.filter(Boolean).join(" "));
  document.getElementById("plot-limit-mark").hidden = !plot.panels.some(({ limit }) => limit.some(Boolean));
}

function showOutside(plot, store) {
  const place = document.getElementById("plot-outside");
  const [{ n_outside: count, full }, ...others] = plot.panels;
  const points = (number) => `${number} point${number === 1 ? " lies" : "s lie"} outside of the range`;
  const lower = others.filter(({ n_outside: number }) => number).map((panel) => `${points(panel.n_outside)} of ${panel.name}.`);
  place.hidden = !count && !lower.length;
  place.querySelector("span").textContent = [...(count ? [`${points(count)} shown at first.`] : []), ...lower].join(" ");
  place.querySelector("button").hidden = !count;
  place.querySelector("button").onclick = () => {
    store.set({ zoom: { x: store.get("zoom")?.x ?? null, y: full } });
  };
}

function showMissing(plot) {
  const counts = plot.panels.map(({ n_missing: count }) => count);
  const rows = (count) => `${count} row${count === 1 ? " has" : "s have"} no value`;
  if (!counts.some(Boolean)) put("plot-missing", "");
  else if (new Set(counts).size === 1) put("plot-missing", `${rows(counts[0])} here.`);
  else {
    const parts = plot.panels.filter((panel) => panel.n_missing);
    put("plot-missing", `${parts.map(({ n_missing: count, name }) => `${rows(count)} of ${name}`).join(", ")}.`);
  }
}

function put(id, text) {
  const place = document.getElementById(id);
  place.textContent = text;
  place.title = text;
  place.hidden = !text;
}
