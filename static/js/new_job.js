// The new-job form: examples fill the box, the title follows the target and the options.

const target = document.getElementById("id_target");
const title = document.getElementById("id_title");
const submit = document.getElementById("submit-job");

for (const example of document.querySelectorAll("[data-example]")) {
  example.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    target.value = example.dataset.example;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.focus();
  });
}

// An error belongs to what was submitted, not to what is being typed.
for (const field of document.querySelectorAll(".field.has-error")) {
  field.addEventListener("input", () => {
    field.classList.remove("has-error");
    for (const error of field.querySelectorAll(".field-error")) error.remove();
    for (const input of field.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  }, { once: true });
}

// What is shown belongs to what is typed: while that is being checked, it fades.
const feedback = document.getElementById("position-feedback");
target.addEventListener("input", () => feedback.classList.add("is-old"));
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  target.closest(".field-target").addEventListener(failure, () => {
    const warning = document.createElement("p");
    warning.className = "feedback feedback-warning";
    warning.textContent = "The server does not answer, so this could not be checked yet.";
    feedback.replaceChildren(warning);
    feedback.classList.remove("is-old");
  });
}
feedback.addEventListener("htmx:afterSwap", () => feedback.classList.remove("is-old"));

function showDefaultTitle() {
  const made = document.querySelector("#position-feedback [data-default-title]");
  title.placeholder = made?.dataset.defaultTitle ?? "";
}
document.body.addEventListener("htmx:afterSwap", showDefaultTitle);

// One click, one job; the server takes care of those who click without scripts.
document.getElementById("job-form").addEventListener("submit", () => {
  submit.textContent = "Submitting\u2026";
  setTimeout(() => { submit.disabled = true; });
});
// Coming back with the browser's button finds the form as it was, ready to be sent again.
addEventListener("pageshow", () => {
  submit.disabled = false;
  submit.textContent = "Measure spectrum";
});
