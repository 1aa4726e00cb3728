// Another picture of the sky. The page's security policy admits the site that it comes from, so
// the page is loaded anew; what was typed comes back.

const KEPT = "start-form";
const YEAR_SECONDS = 31_536_000;
const SECRET = new Set(["csrfmiddlewaretoken", "submission_key"]);

export function mountSurveys(sky) {
  const choice = document.getElementById("sky-survey");
  const form = document.getElementById("job-form");
  choice.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `survey=${choice.value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
    if (form) sessionStorage.setItem(KEPT, JSON.stringify(fieldsOf(form)));
    location.assign(location.pathname + location.search);
  });
  // The other parts of the page listen only once they are all mounted.
  if (form) setTimeout(() => restore(form));
}

function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !SECRET.has(name));
}

function restore(form) {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!kept) return;
  const values = new Map();
  for (const [name, value] of JSON.parse(kept)) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || SECRET.has(field.name) || field.type === "file") continue;
    const wanted = values.get(field.name) ?? [];
    const switched = field.type === "checkbox" || field.type === "radio";
    if (switched ? field.checked === wanted.includes(field.value) : field.value === wanted[0] || !wanted.length) continue;
    if (switched) field.checked = !field.checked;
    else [field.value] = wanted;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
