// Who shares the light of the selected measurement: targets fitted together with it.

import { Latest, Refused } from "./api.js";
import { element } from "./dom.js";

const latest = new Latest();

export async function showBlend(plot, store, api) {
  const place = document.getElementById("plot-blend");
  const row = store.get("row");
  if (row === null || !plot.about.has_correlation || plot.spectra[0].target !== store.get("target")) {
    place.hidden = true;
    return;
  }
  let found;
  try {
    found = await latest.ask((signal) => api.post("blend", { row }, { signal }));
  } catch (error) {
    place.hidden = true;
    // The row belongs to a spectrum that is being left.
    if (error instanceof Refused) return;
    throw error;
  }
  if (!found) return;
  place.hidden = found.correlation === null;
  if (found.correlation === null) return;
  const strength = `Row ${row} is blended: correlation ${found.correlation.toFixed(3).replace("-", "\u2212")} with the neighbour that matters most`;
  place.replaceChildren(`${strength}${found.partners.length ? "; measured in the same exposure: " : "."}`);
  found.partners.forEach(({ target, name, separation, row: theirs }, number) => {
    const link = element("button", "plot-link", name);
    link.type = "button";
    link.addEventListener("click", () => store.show(store.get("job"), target, theirs));
    place.append(number ? ", " : "", link, ` (${separation.toFixed(1)}\u2033 away)`);
  });
}
