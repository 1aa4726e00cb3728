// The options: folded away, with a line of what differs from the defaults.

import { keys } from "./keys.js";

export function mountOptions() {
  const fold = document.getElementById("options");
  const summary = document.getElementById("options-summary");
  document.addEventListener("optionsinwords", (event) => {
    summary.textContent = event.detail || "defaults";
  });
  for (const name of ["time_start", "time_end"]) mountReading(fold.querySelector(`[name=${name}]`));
  keys.add(["o"], "Options", () => {
    fold.open = !fold.open;
    fold.querySelector("summary").focus();
  });
}

// How a time is understood fades while another text is being looked at.
function mountReading(input) {
  const reading = document.getElementById(`${input.id}_help`);
  let read = input.value;
  const age = () => reading.classList.toggle("is-old", input.value !== read);
  input.addEventListener("input", age);
  reading.addEventListener("htmx:afterSwap", ({ detail }) => {
    read = detail.requestConfig.parameters[input.name];
    age();
  });
}
