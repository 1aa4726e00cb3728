// The bar above the strip: which measurement is selected, in words that are read aloud.

import { element } from "./dom.js";
import { chipList, fluxText } from "./strip_items.js";

export function showSelection(line, { row, cutout, isHidden, problem }) {
  delete line.dataset.row;
  if (row === null) {
    line.replaceChildren(element("span", "muted", "No measurement is selected."));
    return;
  }
  if (!cutout) {
    line.replaceChildren(element("strong", "", `Row ${row}`), ...(problem ? [element("span", "muted", problem)] : []));
    return;
  }
  line.replaceChildren(...selectionParts(cutout, isHidden));
  line.dataset.row = row;
}

export function selectionParts(cutout, isHidden = false) {
  const parts = [element("strong", "", `Row ${cutout.row}`)];
  if (cutout.detector !== null) parts.push(element("span", "", `D${cutout.detector}`));
  if (cutout.wavelength_text) parts.push(element("span", "", `${cutout.wavelength_text} \u00b5m`));
  parts.push(element("strong", "", fluxText(cutout)));
  if (cutout.is_limit) parts.push(element("span", "muted", "3\u03c3 limit"));
  if (cutout.snr_text) parts.push(element("span", "", `S/N ${cutout.snr_text}`));
  if (cutout.mjd_text) parts.push(timeOf(cutout));
  if (cutout.flags.length) parts.push(chipList(cutout.flags, "chips", true));
  if (isHidden) parts.push(element("span", "selection-hidden", "hidden by the filters"));
  if (cutout.reason) parts.push(element("span", "field-error", cutout.reason));
  return parts;
}

function timeOf({ mjd_text: mjd, date_text: date }) {
  const time = element("span", "muted", `MJD ${mjd}`);
  if (!date) return time;
  time.title = `${date} UTC`;
  time.append(" ", element("span", "selection-date", `(${date} UTC)`));
  return time;
}
