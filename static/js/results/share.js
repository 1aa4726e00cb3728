// Links for others: a read-only link to the page as it is, and scripts that fetch the spectrum.

import { Latest, Refused } from "./api.js";

const SAID_MS = 4000;
const OF_SCRIPT = ["job", "target", "filters", "sql", "mask", "derived", "x", "channel"];
const COPY_WORDS = { python: "Copy as Python", curl: "Copy as curl" };

export function mountShare(parts) {
  mountScripts(parts);
  if (document.getElementById("share-copy")) mountLink(parts);
}

function mountLink({ store, api }) {
  const said = document.getElementById("share-said");
  const field = document.getElementById("share-link");

  // One after the other, in the order in which they were asked for.
  let queue = Promise.resolve();
  const press = (id, action) => document.getElementById(id).addEventListener("click", () => {
    const job = store.get("job");
    const view = `${location.search}${location.hash}`;
    queue = queue.then(() => action(job, view));
  });

  press("share-copy", async (job, view) => {
    const form = new FormData();
    for (const compared of store.get("compare")) form.append("also", compared.job);
    try {
      const { path } = await ask(api, `/jobs/${job}/share`, form);
      field.value = `${location.origin}${path}${view}`;
      field.hidden = false;
      say(said, await copied(field.value) ? "Copied." : "Copy it from the box.");
      field.select();
    } catch {
      say(said, "The server does not answer. Try again in a moment.");
    }
  });

  press("share-revoke", async (job) => {
    try {
      await ask(api, `/jobs/${job}/share/revoke`, new FormData());
      field.hidden = true;
      say(said, "All links to this job are void, those in scripts as well.");
    } catch {
      say(said, "The server does not answer: the links still work.");
    }
  });
}

async function ask(api, address, form) {
  const response = await fetch(address, { method: "POST", headers: { "X-CSRFToken": api.csrf }, body: form });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.json();
}

function mountScripts({ store, api }) {
  const dialog = document.getElementById("elsewhere-dialog");
  const text = document.getElementById("script-text");
  const copy = document.getElementById("script-copy");
  const failed = document.getElementById("script-error");
  const tabs = [...dialog.querySelectorAll("[data-script]")];
  const latest = new Latest();
  let scripts = null;
  let shown = "python";

  const show = () => {
    for (const tab of tabs) {
      const isShown = tab.dataset.script === shown;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    text.setAttribute("aria-labelledby", `tab-${shown}`);
    text.textContent = scripts?.[shown] ?? "";
    copy.textContent = COPY_WORDS[shown];
    copy.disabled = scripts === null;
  };

  const renew = async () => {
    scripts = null;
    failed.textContent = "";
    show();
    try {
      scripts = await latest.ask((signal) => api.post("links", { purpose: "script" }, { signal })) ?? null;
    } catch (error) {
      failed.textContent = error instanceof Refused ? error.message : "The server does not answer. Try again in a moment.";
    }
    show();
  };

  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      shown = tab.dataset.script;
      show();
    });
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      shown = tabs.find((other) => other !== tab).dataset.script;
      show();
      document.getElementById(`tab-${shown}`).focus();
    });
  }
  copy.addEventListener("click", async () => {
    const said = document.getElementById("script-said");
    if (await copied(text.textContent)) return say(said, "Copied.");
    getSelection().selectAllChildren(text);
    say(said, "Selected: copy it with the keyboard.");
  });
  dialog.addEventListener("opened", renew);
  store.on(OF_SCRIPT, () => {
    if (dialog.open) renew();
  });
}

// Browsers refuse it on pages without HTTPS, and if the person does.
async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

function say(place, words) {
  place.textContent = words;
  setTimeout(() => {
    if (place.textContent === words) place.textContent = "";
  }, SAID_MS);
}
