// The options: folded away, with a line of what differs from the defaults.

import { keys } from "./keys.js";

export function mountOptions() {
  const fold = document.getElementById("options");
  const summary = document.getElementById("options-summary");
  document.addEventListener("optionsinwords", (event) => {
    summary.textContent = event.detail || "defaults";
  });
  keys.add(["o"], "Options", () => {
    fold.open = !fold.open;
    fold.querySelector("summary").focus();
  });
}
