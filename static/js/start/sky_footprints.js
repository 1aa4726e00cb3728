// Outlines of the exposures that cover the target, on request, coloured by detector.

const HINT = "Outlines of exposures that cover the target.";
const UNSENT = new Set(["csrfmiddlewaretoken", "submission_key", "target", "file", "text"]);
// Choices that say which exposures there are.
const SHOWN_BY = new Set(["bands", "time_start", "time_end", "releases", "pm_ra", "pm_dec", "ref_epoch"]);

export function mountFootprints(A, view, store, sky) {
  const button = document.getElementById("sky-footprints-button");
  const note = document.getElementById("sky-footprints-note");
  const legend = document.getElementById("sky-detectors");
  const overlay = A.graphicOverlay({ name: "footprints", lineWidth: 1 });
  view.aladin.addOverlay(overlay);
  let asked = 0;
  // From the click that asks for them until they are cleared, also while they are on their way.
  let isWanted = false;

  const clear = (text) => {
    asked += 1;
    isWanted = false;
    overlay.removeAll();
    view.aladin.view.requestRedraw();
    button.setAttribute("aria-pressed", "false");
    button.textContent = "Show footprints";
    legend.hidden = true;
    note.textContent = text;
  };
  const show = async () => {
    const target = store.get("target");
    if (!target) {
      clear("Choose a target first.");
      return;
    }
    clear("Looking for exposures\u2026");
    isWanted = true;
    const mine = asked;
    const { found, problem } = await answered(sky.dataset.footprints, target);
    if (mine !== asked) return;
    if (problem) {
      clear(problem);
      return;
    }
    const colors = detectorColors(document.getElementById("sky-frame"));
    for (const { detector, corners } of found.footprints) {
      overlay.add(A.polygon(corners, { color: colors[detector], lineWidth: 1, opacity: 0.8 }));
    }
    view.aladin.view.requestRedraw();
    button.setAttribute("aria-pressed", "true");
    button.textContent = "Hide footprints";
    legend.hidden = !found.footprints.length;
    note.textContent = sentence(found.footprints.length, found.total);
    if (found.footprints.length) view.look(target.ra, target.dec, Math.max(view.fov, 12));
  };
  button.addEventListener("click", () => (button.getAttribute("aria-pressed") === "true" ? clear(HINT) : show()));
  // Outlines of another target would be wrong.
  store.on(["target", "mode"], () => {
    if (button.getAttribute("aria-pressed") === "true" || note.textContent !== HINT) clear(HINT);
  });
  document.getElementById("job-form")?.addEventListener("change", (event) => {
    if (SHOWN_BY.has(event.target.name) && isWanted) show();
  });
  return { overlay };
}

function sentence(shown, total) {
  if (!total) return "No exposure covers the target.";
  if (shown === total) return `${total.toLocaleString("en")} exposures`;
  return `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} exposures, spread over the time range`;
}

// The options of the form as they are, and the target as it was understood.
async function answered(address, { ra, dec }) {
  const asked = new URLSearchParams({ target: `${ra} ${dec}` });
  const form = document.getElementById("job-form");
  for (const [name, value] of form ? new FormData(form) : []) {
    if (typeof value === "string" && value && !UNSENT.has(name)) asked.append(name, value);
  }
  asked.set("mode", "single");
  try {
    const answer = await fetch(`${address}?${asked}`);
    const found = await answer.json();
    return answer.ok ? { found } : { problem: found.error };
  } catch {
    return { problem: "The server does not answer." };
  }
}

// The colours that detectors have in the dark theme, on which the map is drawn.
function detectorColors(frame) {
  const colors = {};
  const probe = document.createElement("span");
  frame.append(probe);
  for (let detector = 1; detector <= 6; detector += 1) {
    probe.style.color = `var(--detector-${detector})`;
    colors[detector] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colors;
}
