// The spinner in the tab of the job monitor: it turns while a job of this visitor waits or runs.

const INTERVAL_MS = 5000;

const place = document.getElementById("activity");
const nav = document.getElementById("site-nav");
let timer = null;
let asked = 0;

// Jobs can start on the start page (and from it in other windows); elsewhere none is expected.
function isOfInterest() {
  return Number(place.dataset.active) > 0 || document.body.classList.contains("start-page");
}

function show(active) {
  place.dataset.active = active;
  place.hidden = active === 0;
  place.title = `${active} running`;
  document.getElementById("activity-count").textContent = active;
}

async function ask() {
  asked += 1;
  const mine = asked;
  try {
    const answer = await fetch(nav.dataset.activity);
    const active = answer.ok && answer.status !== 204 ? (await answer.json()).active : 0;
    // Of questions that cross, the last one counts.
    if (mine !== asked) return;
    if (answer.ok) show(active);
  } catch {
    // No connection: what was known last stays.
  }
  if (mine === asked) wait();
}

// Nobody looks at a hidden page.
function wait() {
  clearTimeout(timer);
  if (!document.hidden && isOfInterest()) timer = setTimeout(ask, INTERVAL_MS);
}

document.addEventListener("visibilitychange", () => (document.hidden ? wait() : ask()));
// A page that the browser kept shows what was true when it was left.
addEventListener("pageshow", (event) => (event.persisted ? ask() : wait()));
