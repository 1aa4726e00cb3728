// Questions to the server about the spectrum that is shown.

const DECODERS = { float64: Float64Array, float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

// An answer that says what was wrong with the question, in a sentence for people.
export class Refused extends Error {}

export class Api {
  constructor(store, csrf) {
    this.store = store;
    this.csrf = csrf;
  }

  address(name, job = this.store.get("job"), target = this.store.get("target")) {
    return `/jobs/${job}/targets/${target}/${name}`;
  }

  // `body` goes with the view; the answer is JSON.
  async post(name, body = {}, { signal, job, target } = {}) {
    const response = await answered(this.address(name, job, target), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify({ view: this.store.view, ...body }),
      signal,
    });
    return read(response);
  }

  async get(name, { signal, job, target } = {}) {
    return read(await answered(this.address(name, job, target), { signal }));
  }
}

// What browsers say of a server that is away is nothing for people.
export async function answered(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer.", { cause: error });
  }
}

async function read(response) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (response.status >= 400 && response.status < 500 && isJson) {
    throw new Refused((await response.json()).error);
  }
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return isJson ? response.json() : response.text();
}

// {"dtype", "data"} of explorer/results/arrays.py as a typed array.
export function unpacked({ dtype, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return new DECODERS[dtype](bytes.buffer);
}

// Of questions that follow each other, only the last one's answer counts.
export class Latest {
  #controller;

  async ask(question) {
    this.#controller?.abort();
    const mine = new AbortController();
    this.#controller = mine;
    try {
      const answer = await question(mine.signal);
      return mine.signal.aborted ? undefined : answer;
    } catch (error) {
      if (mine.signal.aborted) return undefined;
      throw error;
    }
  }

  // Nobody waits for the answer any more.
  drop() {
    this.#controller?.abort();
  }
}
