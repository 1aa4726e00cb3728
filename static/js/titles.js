// Titles of jobs, changed where they are shown: Enter keeps what is typed, Escape gives it up.

const MOST = 200;

// Heads of pages and rows of jobs are exchanged in place, so the buttons are listened to from above.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rename]");
  if (button) edit(button);
});

// Puts something else into a place; a title that is being typed in there goes on being typed.
export function exchange(place, html) {
  const input = place.querySelector(".title-form input");
  const typed = input && { text: input.value, start: input.selectionStart, end: input.selectionEnd };
  const job = input?.form.dataset.job;
  place.innerHTML = html;
  const button = typed && place.querySelector(`[data-rename="${CSS.escape(job)}"]`);
  if (button) edit(button, typed);
}

function edit(button, typed = null) {
  const { rename: job, address, csrf } = button.dataset;
  const shown = button.parentElement.querySelector(`[data-title-of="${job}"]`);
  const form = titleForm(typed?.text ?? shown.textContent);
  form.dataset.job = job;
  const input = form.querySelector("input");
  const wasHidden = shown.hidden;
  const close = () => {
    form.remove();
    button.hidden = false;
    button.focus();
    catchUp();
  };
  shown.hidden = true;
  button.hidden = true;
  button.after(form);
  input.focus();
  if (typed) input.setSelectionRange(typed.start, typed.end);
  else input.select();
  form.addEventListener("keydown", (event) => {
    // Keys of the page are not for a text that is being typed.
    event.stopPropagation();
    if (event.key !== "Escape") return;
    shown.hidden = wasHidden;
    close();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await save(address, csrf, input.value);
    if (answer.error) {
      complain(form, input, answer.error);
      return;
    }
    showEverywhere(job, answer.title);
    close();
  });
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
  input.focus();
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

// The list of jobs renews itself, but not under somebody's hands.
let isBehind = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.target?.querySelector(".title-form")) return;
  event.detail.shouldSwap = false;
  isBehind = true;
});

function catchUp() {
  const rows = document.getElementById("job-rows");
  const address = rows?.getAttribute("hx-get");
  if (isBehind && address && !rows.querySelector(".title-form")) {
    isBehind = false;
    window.htmx.ajax("GET", address, { target: rows, swap: "outerHTML" });
  }
}
