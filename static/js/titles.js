// Titles of jobs, changed where they are shown: Enter keeps what is typed, Escape gives it up.

const MOST = 200;
const ANSWERED = "titleanswered";

// Heads of pages and rows of jobs are exchanged in place, so the buttons are listened to from above.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rename]");
  if (button) edit(button);
});

// Puts something else into a place; a title that is being typed in there goes on being typed.
export function exchange(place, html) {
  const input = place.querySelector(".title-form input");
  const typed = input && {
    text: input.value, start: input.selectionStart, end: input.selectionEnd,
    isSaved: input.readOnly, hasFocus: isHere(input.form),
  };
  const job = input?.form.dataset.job;
  place.innerHTML = html;
  const button = typed && place.querySelector(`[data-rename="${CSS.escape(job)}"]`);
  if (button) edit(button, typed);
}

// Whoever went on to something else meanwhile keeps the focus there.
function isHere(form) {
  return document.activeElement === document.body || form.contains(document.activeElement);
}

function edit(button, typed = null) {
  const { rename: job, address, csrf } = button.dataset;
  const shown = button.parentElement.querySelector(`[data-title-of="${job}"]`);
  const form = titleForm(typed?.text ?? shown.textContent);
  form.dataset.job = job;
  const input = form.querySelector("input");
  const wasHidden = shown.hidden;
  const close = () => {
    const wasHere = isHere(form);
    form.remove();
    button.hidden = false;
    if (wasHere) button.focus();
    catchUp();
  };
  shown.hidden = true;
  button.hidden = true;
  button.after(form);
  input.readOnly = typed?.isSaved ?? false;
  if (typed?.hasFocus ?? true) input.focus();
  if (typed) input.setSelectionRange(typed.start, typed.end);
  else input.select();
  form.addEventListener("keydown", (event) => {
    // Keys of the page are not for a text that is being typed.
    event.stopPropagation();
    if (event.key !== "Escape" || input.readOnly) return;
    shown.hidden = wasHidden;
    close();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.readOnly) send(form, address, csrf);
  });
  form.addEventListener(ANSWERED, ({ detail: answer }) => {
    input.readOnly = false;
    if (answer.error) complain(form, input, answer.error);
    else close();
  });
}

// What is on its way is not changed any more: the answer would take the rest away.
async function send(form, address, csrf) {
  const { job } = form.dataset;
  const input = form.querySelector("input");
  input.readOnly = true;
  const answer = await save(address, csrf, input.value);
  if (!answer.error) showEverywhere(job, answer.title);
  // Another form may have come into the place of this one.
  const open = document.querySelector(`.title-form[data-job="${CSS.escape(job)}"]`);
  open?.dispatchEvent(new CustomEvent(ANSWERED, { detail: answer }));
}

function titleForm(title) {
  const form = document.createElement("form");
  form.className = "title-form";
  const input = document.createElement("input");
  Object.assign(input, { type: "text", name: "title", value: title, maxLength: MOST, autocomplete: "off" });
  input.setAttribute("aria-label", "Title");
  const button = document.createElement("button");
  Object.assign(button, { type: "submit", className: "button button-small", textContent: "Save" });
  const error = document.createElement("p");
  Object.assign(error, { className: "field-error", id: "title-error", hidden: true });
  error.setAttribute("role", "alert");
  form.append(input, button, error);
  return form;
}

async function save(address, csrf, title) {
  try {
    const response = await fetch(address, {
      method: "POST", headers: { "X-CSRFToken": csrf }, body: new URLSearchParams({ title }),
    });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    return isJson ? await response.json() : { error: `The server answered ${response.status}.` };
  } catch {
    return { error: "The server does not answer; the title is not changed." };
  }
}

function complain(form, input, words) {
  const error = form.querySelector(".field-error");
  error.hidden = false;
  error.textContent = words;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", error.id);
  if (isHere(form)) input.focus();
}

function showEverywhere(job, title) {
  for (const shown of document.querySelectorAll(`[data-title-of="${job}"]`)) {
    document.title = document.title.replace(shown.textContent, () => title);
    shown.textContent = title;
    shown.title = title;
    shown.hidden = shown.dataset.hiddenAs === title;
  }
  for (const label of document.querySelectorAll(`[data-rename="${job}"] .visually-hidden`)) label.textContent = `Change the title ${title}`;
}

// What renews itself does not do so under somebody's hands, nor does the page go elsewhere.
let isBehind = false;
let next = "";
const isTyped = (place) => place?.querySelector(".title-form") != null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isTyped(event.detail.target)) return;
  event.detail.shouldSwap = false;
  isBehind = true;
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const address = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!address || !isTyped(document)) return;
  event.preventDefault();
  next = address;
});

function catchUp() {
  if (isTyped(document)) return;
  if (next) {
    location.assign(next);
    return;
  }
  const rows = document.getElementById("job-rows");
  const address = rows?.getAttribute("hx-get");
  if (isBehind && address) {
    isBehind = false;
    window.htmx.ajax("GET", address, { target: rows, swap: "outerHTML" });
  }
}
