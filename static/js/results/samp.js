// SAMP: the spectrum is handed to TOPCAT, Aladin and others through the hub on the visitor's machine.
//
// The Web Profile of SAMP 1.3 (https://www.ivoa.net/documents/SAMP/): XML-RPC to port 21012. The
// page only tells, and asks for no calls back.

const HUBS = ["http://localhost:21012/", "http://127.0.0.1:21012/"];
const HIGHLIGHT = "table.highlight.row";
// People need a while to find the hub's question.
const ANSWER_MS = 120_000;

class SampError extends Error {}

export function mountSamp({ store, api }) {
  const said = document.getElementById("samp-said");
  const failed = document.getElementById("samp-error");
  const send = document.getElementById("samp-send");
  const leave = document.getElementById("samp-leave");
  let hub = null;
  let table = null;

  const forget = () => {
    hub = table = null;
    leave.hidden = true;
  };

  send.addEventListener("click", async () => {
    failed.textContent = "";
    send.disabled = true;
    said.textContent = "Asking the hub; it may ask you for permission…";
    try {
      hub ??= await SampHub.connect();
      leave.hidden = false;
      const sent = await sendSpectrum(hub, api, store);
      table = sent.table;
      said.textContent = sent.receivers.length
        ? `Sent ${sent.name} to ${sent.receivers.join(", ")}.`
        : "A hub runs, but no program in it takes tables or spectra. Start TOPCAT or Aladin and send it again.";
    } catch (error) {
      said.textContent = "";
      failed.textContent = error instanceof SampError ? error.message : `Nothing was sent. ${error.message}`;
      forget();
    } finally {
      send.disabled = false;
    }
  });

  leave.addEventListener("click", () => {
    hub?.leave();
    forget();
    said.textContent = "Disconnected.";
  });

  // The file has all rows in the order of their numbers.
  store.on(["row"], () => {
    const row = store.get("row");
    if (!hub || !table || row === null) return;
    if (table.job !== store.get("job") || table.target !== store.get("target")) return;
    hub.tell(HIGHLIGHT, { "table-id": table.id, url: table.url, row: String(row) }).catch(() => {
      forget();
      said.textContent = "The hub is gone.";
    });
  });
  // The page may come back, but the hub has forgotten it then.
  addEventListener("pagehide", () => {
    hub?.leave();
    forget();
  });
}

async function sendSpectrum(hub, api, store) {
  const job = store.get("job");
  const target = store.get("target");
  const { address, name } = await api.post("links", { purpose: "samp" });
  const table = { id: `spherex-${job}-${target}`, url: address, job, target };
  const receivers = new Set();
  const messages = [
    ["table.load.votable", { "table-id": table.id, url: address, name }],
    [
      "spectrum.load.ssa-generic",
      { "spectrum-id": table.id, url: address, name, meta: { "Access.Reference": address, "Access.Format": "application/x-votable+xml" } },
    ],
  ];
  // A program that takes both would show the spectrum twice.
  for (const [type, parameters] of messages) {
    for (const id of await hub.subscribers(type)) {
      if (receivers.has(id)) continue;
      receivers.add(id);
      await hub.tellOne(id, type, parameters);
    }
  }
  return { table, name, receivers: await Promise.all([...receivers].map((id) => hub.nameOf(id))) };
}

class SampHub {
  #address;
  #key;

  constructor(address, key) {
    this.#address = address;
    this.#key = key;
  }

  static async connect() {
    const address = await findHub();
    let registered;
    try {
      registered = await call(address, "samp.webhub.register", [{ "samp.name": "SPHEREx Explorer" }]);
    } catch (error) {
      throw new SampError(`The hub did not let this page in: ${error.message}`);
    }
    const hub = new SampHub(address, registered["samp.private-key"]);
    await hub.#ask("declareMetadata", {
      "samp.name": "SPHEREx Explorer", "samp.description.text": "Spectra from SPHEREx images", "samp.documentation.url": location.origin,
    });
    return hub;
  }

  #ask(method, ...values) {
    return call(this.#address, `samp.webhub.${method}`, [this.#key, ...values]);
  }

  async subscribers(type) {
    return Object.keys(await this.#ask("getSubscribedClients", type));
  }

  async nameOf(id) {
    return (await this.#ask("getMetadata", id))["samp.name"] ?? id;
  }

  tell(type, parameters) {
    return this.#ask("notifyAll", { "samp.mtype": type, "samp.params": parameters });
  }

  tellOne(id, type, parameters) {
    return this.#ask("notify", id, { "samp.mtype": type, "samp.params": parameters });
  }

  leave() {
    // The page may be on its way out: nobody waits for the answer.
    this.#ask("unregister").catch(() => {});
  }
}

async function findHub() {
  for (const address of HUBS) {
    try {
      await call(address, "samp.webhub.ping", []);
      return address;
    } catch {
      continue;
    }
  }
  throw new SampError("No SAMP hub answers on this computer. Start TOPCAT or Aladin, which bring one, and send it again.");
}

async function call(address, method, values) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "text/xml" },
    body: request(method, values),
    signal: AbortSignal.timeout(ANSWER_MS),
    keepalive: true,
  });
  const answer = new DOMParser().parseFromString(await response.text(), "text/xml");
  const fault = answer.querySelector("methodResponse > fault > value");
  if (fault) throw new SampError(valueOf(fault).faultString);
  const value = answer.querySelector("methodResponse > params > param > value");
  if (!value) throw new SampError("The hub's answer is not understood.");
  return valueOf(value);
}

// SAMP knows texts, lists and maps only.
function request(method, values) {
  const made = document.implementation.createDocument(null, "methodCall");
  const add = (parent, tag, text = "") => {
    const node = made.createElement(tag);
    node.textContent = text;
    parent.append(node);
    return node;
  };
  const put = (parent, value) => {
    const node = add(parent, "value");
    if (typeof value === "string") {
      add(node, "string", value);
      return;
    }
    const struct = add(node, "struct");
    for (const [name, inner] of Object.entries(value)) {
      const member = add(struct, "member");
      add(member, "name", name);
      put(member, inner);
    }
  };
  add(made.documentElement, "methodName", method);
  const params = add(made.documentElement, "params");
  for (const value of values) put(add(params, "param"), value);
  return `<?xml version="1.0"?>${new XMLSerializer().serializeToString(made)}`;
}

function valueOf(node) {
  const typed = node.firstElementChild;
  if (!typed) return node.textContent;
  if (typed.tagName === "struct") {
    return Object.fromEntries(Array.from(typed.children, (member) => [
      member.querySelector(":scope > name").textContent, valueOf(member.querySelector(":scope > value")),
    ]));
  }
  if (typed.tagName === "array") return Array.from(typed.querySelectorAll(":scope > data > value"), valueOf);
  return typed.textContent;
}
