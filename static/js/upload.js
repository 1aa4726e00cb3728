// The Upload page: a file can be dropped, and stays chosen while questions about it are answered.

const form = document.getElementById("upload-form");
const zone = document.getElementById("drop-zone");
const input = document.getElementById("id_file");
const button = document.getElementById("open-file");
const status = document.getElementById("upload-status");
const errors = document.getElementById("upload-errors");
const questions = document.getElementById("upload-questions");

const chosen = document.getElementById("chosen-file");

zone.classList.add("has-script");
zone.querySelector(".drop-only").hidden = false;
showChosen();

function showChosen() {
  const file = input.files[0];
  chosen.hidden = !file;
  chosen.textContent = file ? `${file.name} · ${size(file.size)}` : "";
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

// A file that misses the box must not replace the page.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
}
zone.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.dataTransfer.dropEffect = "copy";
  zone.classList.add("is-over");
});
zone.addEventListener("dragleave", (event) => {
  if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
});
zone.addEventListener("drop", (event) => {
  zone.classList.remove("is-over");
  if (event.dataTransfer.files.length === 0) return;
  if (event.dataTransfer.files.length > 1) {
    status.textContent = "One file at a time; put several into a zip file.";
    return;
  }
  input.files = event.dataTransfer.files;
  forget();
  form.requestSubmit();
});
input.addEventListener("change", forget);

// The file that is being sent, as something that can be stopped; null: none is.
let sending = null;

// Questions and errors are about the file that was sent, not about the one chosen now.
function forget() {
  stopSending();
  errors.replaceChildren();
  questions.replaceChildren();
  const file = input.files[0];
  const most = Number(form.dataset.mostBytes);
  const tooLarge = file && file.size > most;
  input.setCustomValidity(tooLarge ? `This file has ${size(file.size)}; allowed: at most ${size(most)}.` : "");
  status.textContent = "";
  showChosen();
}

function stopSending() {
  sending?.abort();
  sending = null;
  button.disabled = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  const mine = new AbortController();
  sending = mine;
  button.disabled = true;
  status.textContent = `Opening ${input.files[0]?.name ?? "the file"}\u2026`;
  try {
    // Until the next page is there, nothing more is sent.
    if (await send(mine.signal)) return;
  } catch {
    if (mine.signal.aborted) return;
    status.textContent = "The server does not answer. The file is still chosen; try again.";
  }
  stopSending();
});

// Returns whether the page is being left.
async function send(signal) {
  const response = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "HX-Request": "true" },
    signal,
  });
  const address = response.headers.get("HX-Redirect");
  if (address) {
    location.assign(address);
    return true;
  }
  const answer = new DOMParser().parseFromString(await response.text(), "text/html");
  const found = answer.getElementById("upload-errors");
  if (!found) {
    status.textContent = "Something went wrong on the server. The file is still chosen; try again.";
    return false;
  }
  status.textContent = "";
  document.title = answer.title;
  errors.replaceChildren(...found.childNodes);
  questions.replaceChildren(...answer.getElementById("upload-questions").childNodes);
  const first = questions.querySelector("select[required]");
  (first ?? document.getElementById("error-summary"))?.focus();
  return false;
}

// Coming back with the browser's button finds a form that can be sent again.
addEventListener("pageshow", ({ persisted }) => {
  // It was dropped before the page was there as a whole.
  if (sending && !persisted) return;
  stopSending();
  status.textContent = "";
  showChosen();
});
