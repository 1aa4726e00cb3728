// Parts of a page that renew themselves do not do so under a hand: a button that is pressed would
// be another one when it is let go. What was held back comes with the next answer.

// A touch becomes a click a moment after the finger is lifted.
const LIFTED_MS = 400;

let pressed = null;
let timer = null;

function press({ target, button = 0 }) {
  clearTimeout(timer);
  // Menus of other buttons take the rest of the press.
  pressed = button === 0 ? target : null;
}

function lift() {
  clearTimeout(timer);
  timer = setTimeout(() => { pressed = null; }, LIFTED_MS);
}

function forget() {
  clearTimeout(timer);
  pressed = null;
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, press, { capture: true });
for (const kind of ["pointerup", "pointercancel", "keyup"]) addEventListener(kind, lift, { capture: true });
// A question to be confirmed, or another window, takes what would end the press.
addEventListener("click", forget, { capture: true });
addEventListener("blur", forget);

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const part = detail.target;
  if (!part?.matches("#job-rows, #job-status")) return;
  // The answer to a form that is gone would not be heard.
  if (part.contains(pressed) || part.querySelector("form.htmx-request")) detail.shouldSwap = false;
});

// What was asked for and did not happen is said, until it is asked for again.
const FAILURES = ["htmx:sendError", "htmx:responseError", "htmx:timeout"];

function failure() {
  return document.getElementById("not-done");
}

for (const kind of FAILURES) {
  document.addEventListener(kind, ({ target }) => {
    if (!target.matches?.("form[hx-post]")) return;
    const words = target.querySelector("button[type=submit]").textContent.trim();
    const line = failure() ?? document.createElement("p");
    Object.assign(line, { id: "not-done", className: "notice notice-error" });
    line.setAttribute("role", "alert");
    line.textContent = `The server did not answer as it should: \u201c${words}\u201d may not have been done. Try again.`;
    document.querySelector("#main > header").after(line);
    // The button may be far below.
    line.scrollIntoView({ block: "nearest" });
  });
}
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches?.("form[hx-post]")) failure()?.remove();
});
