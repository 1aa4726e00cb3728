// What every page does: the theme toggle, copy buttons, words about a job's progress.

import "./polling.js";
import "./titles.js";

const THEMES = ["automatic", "light", "dark"];
const root = document.documentElement;
const toggle = document.getElementById("theme-toggle");

function showTheme() {
  document.getElementById("theme-name").textContent = root.dataset.theme ?? "automatic";
  toggle.title = `Color theme: ${root.dataset.theme ?? "automatic"}`;
}

toggle.hidden = false;
showTheme();
toggle.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "automatic") + 1) % THEMES.length];
  if (next === "automatic") {
    delete root.dataset.theme;
    localStorage.removeItem("theme");
  } else {
    root.dataset.theme = next;
    localStorage.setItem("theme", next);
  }
  showTheme();
  document.dispatchEvent(new CustomEvent("themechange"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("themechange"));
});

// Heads of pages are exchanged in place, so that the buttons are listened to from above.
const copied = new WeakMap();
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  const label = button.firstChild;
  button.dataset.words ??= label.textContent;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  label.textContent = "Copied";
  clearTimeout(copied.get(button));
  copied.set(button, setTimeout(() => { label.textContent = button.dataset.words; }, 1500));
});
// Without a secure connection browsers have no clipboard for pages.
root.classList.toggle("has-clipboard", Boolean(navigator.clipboard));

document.getElementById("error-summary")?.focus();

// A screen reader hears what a job is doing when that changes, not once a second.
const announcement = document.getElementById("job-announcement");
if (announcement) {
  announcement.textContent = document.getElementById("job-status")?.dataset.sentence ?? "";
  document.body.addEventListener("htmx:afterSwap", () => {
    const sentence = document.getElementById("job-status")?.dataset.sentence ?? "";
    if (announcement.textContent !== sentence) announcement.textContent = sentence;
  });
}
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(failure, () => {
    for (const warning of document.querySelectorAll(".connection-lost")) warning.hidden = false;
  });
}
