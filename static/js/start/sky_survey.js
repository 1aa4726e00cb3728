// Another picture of the sky. The page's security policy admits the site that it comes from, so
// the page is loaded anew; what was typed comes back.

import { keep } from "./kept_form.js";

const KEPT = "start.keptForSky";
const YEAR_SECONDS = 31_536_000;

export function mountSurveys(store) {
  comeBack(store);
  const choice = document.getElementById("sky-survey");
  choice.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `survey=${choice.value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
    keep(document.getElementById("job-form"));
    keepView(store);
    addEventListener("pagehide", () => keepView(store), { once: true });
    location.assign(location.pathname + location.search);
  });
}

function keepView(store) {
  const [mode, partners, view] = ["mode", "partners", "view"].map((key) => store.get(key));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ mode, partners, view }));
  } catch {
    // No storage: the map begins anew.
  }
}

function comeBack(store) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    sessionStorage.removeItem(KEPT);
    if (kept) store.set(kept);
  } catch {
    // Nothing was kept that can be read.
  }
}
