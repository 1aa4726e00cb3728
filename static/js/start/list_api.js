// Questions to the server about the list in use.

// An answer that says what was wrong with the question, in a sentence for people.
export class Refused extends Error {}

// The id of the list that the page is about, or an empty text.
export function listOfPage() {
  const field = document.querySelector("#job-form [name=list]");
  return field?.value || new URLSearchParams(location.search).get("list") || "";
}

// Whether what came with the page is how the list is: a browser that goes back shows an old page.
export function isFresh() {
  return performance.getEntriesByType("navigation")[0]?.type !== "back_forward";
}

export class ListApi {
  constructor(id) {
    this.id = id;
  }

  address(name) {
    return `/lists/${encodeURIComponent(this.id)}/${name}`;
  }

  async get(name, values = {}) {
    return read(await fetch(`${this.address(name)}?${new URLSearchParams(values)}`));
  }

  // Changes the list; `values` are fields by name.
  post(name, values = {}) {
    const changing = this.#send(name, values);
    changes.add(changing);
    changing.catch(() => {}).finally(() => changes.delete(changing));
    return changing;
  }

  // Looks up the next few names.
  lookUp() {
    return this.#send("resolve", {});
  }

  async #send(name, values) {
    const csrf = document.querySelector("#mapping-form [name=csrfmiddlewaretoken]").value;
    return read(await fetch(this.address(name), {
      method: "POST",
      headers: { "X-CSRFToken": csrf, "X-Requested-With": "fetch" },
      body: new URLSearchParams(values),
    }));
  }
}

const changes = new Set();

// Whether something of the list is being changed.
export function isChanging() {
  return changes.size > 0;
}

// Waits until all changes are stored, with those that follow them; says whether all were taken.
export async function settled() {
  let wereTaken = true;
  while (isChanging()) {
    const all = await Promise.allSettled([...changes]);
    wereTaken &&= all.every(({ status }) => status === "fulfilled");
    // What waited for them begins.
    await new Promise((done) => { setTimeout(done); });
  }
  return wereTaken;
}

async function read(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok && type.startsWith("text/plain")) throw new Refused(await response.text());
  if (response.status === 404) throw new Refused("This list is no longer there.");
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return type.startsWith("application/json") ? response.json() : response.text();
}

// What to say when a question failed.
export function wordsOf(error) {
  if (error instanceof Refused) return error.message;
  return "The server does not answer, so nothing was changed. Try again.";
}

// Puts a fragment of the server in the place of what an element holds.
export function fill(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  element.replaceChildren(template.content);
}

// Tells all parts of the page that the list is no more what it was.
export function announce(from) {
  document.body.dispatchEvent(new CustomEvent("listchanged", { detail: { from } }));
}
