// Who shares the light of the selected measurement: targets fitted together with it.

import { Latest, Refused } from "./api.js";
import { element } from "./dom.js";

const latest = new Latest();

// What was asked about another measurement is not said any more.
export function forgetBlend() {
  latest.drop();
  document.getElementById("plot-blend").hidden = true;
}

export async function showBlend(plot, store, api) {
  const place = document.getElementById("plot-blend");
  const row = store.get("row");
  const { job, target } = plot.spectra[0];
  const isShown = job === store.get("job") && target === store.get("target");
  if (row === null || !plot.about.has_correlation || !isShown) return forgetBlend();
  let found;
  try {
    found = await latest.ask((signal) => api.post("blend", { row }, { signal }));
  } catch (error) {
    place.hidden = true;
    // The row belongs to a spectrum that is being left.
    if (error instanceof Refused) return undefined;
    throw error;
  }
  if (!found) return undefined;
  place.hidden = found.correlation === null;
  if (found.correlation === null) return undefined;
  const strength = `Row ${row} is blended: its strongest correlation with a neighbour is ${signed(found.correlation)}`;
  place.replaceChildren(`${strength}${found.partners.length ? "; in the same exposure: " : "."}`);
  found.partners.forEach((partner, number) => {
    const link = element("button", "plot-link", partner.name);
    link.type = "button";
    link.addEventListener("click", () => store.show(store.get("job"), partner.target, partner.row));
    place.append(number ? "; " : "", link, ` (${partnerWords(partner)})`);
  });
  if (found.partners.some(({ at_most: atMost }) => atMost !== null)) {
    place.append(". The file has the strongest correlation of each row only; limits follow from both.");
  }
  return undefined;
}

function partnerWords({ separation, pixels, correlation, at_most: atMost }) {
  const words = [`${separation.toFixed(1)}\u2033`];
  if (pixels !== null) words.push(`${pixels.toFixed(2)} pix`);
  if (correlation !== null) words.push(`correlation ${signed(correlation)}`);
  else if (atMost !== null) words.push(`correlation within \u00b1${atMost.toFixed(3)}`);
  else words.push("not fitted together");
  return words.join(", ");
}

function signed(value) {
  return value.toFixed(3).replace("-", "\u2212");
}
