// How the target was measured, which another target changes.

import { Latest } from "./api.js";

export function mountAbout({ store, api }) {
  const latest = new Latest();
  store.on(["job", "target"], async () => {
    const pane = document.getElementById("about-pane");
    pane.setAttribute("aria-busy", "true");
    // Its links to rows are another target's.
    pane.inert = true;
    try {
      const answer = await latest.ask((signal) => api.get("about", { signal }));
      if (answer) pane.outerHTML = answer;
    } catch {
      // Better nothing than what was said of another target.
      pane.textContent = "How this target was measured could not be had.";
      pane.removeAttribute("aria-busy");
      pane.inert = false;
    }
  });
}
