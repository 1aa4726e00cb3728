// Questions about the form as it is filled in.

import { Refused } from "../results/api.js";

// What a job is made of; files, pasted texts and titles stay where they are.
const FIELDS = [
  "csrfmiddlewaretoken", "mode", "target", "resolver", "model", "sersic_index", "axis_ratio", "axis_ratio_kind",
  "position_angle", "effective_radius", "effective_radius_unit", "pm_ra", "pm_dec", "ref_epoch", "partners", "list",
  "bands", "time_start", "time_end", "background_size", "engine", "releases", "aperture_radius", "psf_center", "weights",
];
const MOTION = ["pm_ra", "pm_dec", "ref_epoch"];

export function fieldsOf(form) {
  const fields = new URLSearchParams();
  const data = new FormData(form);
  for (const name of FIELDS) {
    for (const value of data.getAll(name)) if (typeof value === "string") fields.append(name, value);
  }
  return fields;
}

// The same form for one row of a list.
export function fieldsOfRow(fields, { ra, dec }) {
  const single = new URLSearchParams(fields);
  for (const name of ["list", "partners", "model", ...MOTION]) single.delete(name);
  single.set("mode", "single");
  single.set("target", `${ra} ${dec} icrs`);
  return single;
}

// The answer to a question, also if the server needs longer than one request for it.
export async function ask(address, fields, signal) {
  for (;;) {
    const answer = await post(address, fields, signal);
    if (!answer.pending) return answer;
    await pause(700, signal);
  }
}

async function post(address, fields, signal) {
  const response = await fetch(address, { method: "POST", body: fields, signal });
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (isJson && response.status < 500) {
    const answer = await response.json();
    if (answer.error) throw new Refused(answer.error);
    return answer;
  }
  throw new Error(`The server answered ${response.status}.`);
}

export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
