// What is wrong with a field stands beside it: the sentence that submitting would give.

// They are looked at as they are typed by others, or only when they are sent.
const OWN = new Set(["target", "title", "list"]);

const form = document.getElementById("job-form");

// `problems`: [{field, label, message, missing}] of the whole form; what is not among them is fine.
export function showProblems(problems) {
  const found = new Map(problems.map((problem) => [problem.field, problem]));
  for (const line of form.querySelectorAll(".field-error[data-field]")) {
    if (OWN.has(line.dataset.field)) continue;
    const problem = found.get(line.dataset.field);
    // Nobody is blamed for what is still to come, unless something stood there already.
    say(line, problem && (!problem.missing || line.textContent) ? problem.message : "");
  }
}

// Shows the field, wherever it is folded away, and puts the cursor there.
export function goTo(field) {
  const control = controls(field)[0];
  for (let fold = control?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  // Neighbours are in a hidden field; what takes them off can be pressed.
  if (control?.type === "hidden") document.querySelector(`#${field} button`)?.focus();
  else control?.focus();
}

// The others' errors belong to what was submitted, not to what is being typed.
export function mountErrors() {
  for (const line of form.querySelectorAll(".has-error .field-error[data-field]")) {
    if (!OWN.has(line.dataset.field)) continue;
    line.closest(".field")?.addEventListener("input", () => say(line, ""), { once: true });
  }
}

function say(line, words) {
  if (line.textContent !== words) line.textContent = words;
  for (const control of controls(line.dataset.field)) {
    if (words) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  const field = line.closest(".field");
  const lines = [...(field?.querySelectorAll(":scope > .field-error") ?? [])];
  field?.classList.toggle("has-error", lines.some((one) => one.textContent));
}

// One input, or the boxes of a choice.
function controls(name) {
  const named = form.elements[name];
  if (!named) return [];
  return named instanceof RadioNodeList ? [...named] : [named];
}
