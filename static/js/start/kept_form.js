// What is typed into the form survives when the page is loaded anew with another list.

const KEY = "start.kept";
// They belong to the page that is left, or to the list.
const OWN = new Set(["csrfmiddlewaretoken", "submission_key", "list", "mode", "partners"]);

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && field.form === form && !OWN.has(field.name) && !field.name.includes(":")
      && field.type !== "file" && field.type !== "submit" && field.type !== "button",
  );
}

// Now, and once more when the page is left: until then, more can be typed.
export function keep(form) {
  put(form);
  addEventListener("pagehide", () => put(form), { once: true });
}

function put(form) {
  const kept = fields(form).map((field) => [field.name, field.value, Boolean(field.checked)]);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // No storage: the form begins anew.
  }
}

export function restore(form) {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
  } catch {
    return;
  }
  if (!Array.isArray(kept)) return;
  for (const field of fields(form)) {
    const isSwitch = field.type === "checkbox" || field.type === "radio";
    const found = kept.find(([name, value]) => name === field.name && (!isSwitch || value === field.value));
    if (!found) continue;
    const [, value, checked] = found;
    if (isSwitch ? field.checked === checked : field.value === value) continue;
    if (isSwitch) field.checked = checked;
    else field.value = value;
    // Other parts of the page look at what is typed.
    if (!isSwitch || checked) {
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}
