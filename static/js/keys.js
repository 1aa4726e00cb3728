// Keys of a page; the dialog behind "?" lists what is registered here.

const ELSEWHERE = "input:not([type=checkbox]):not([type=radio]), select, textarea, dialog, [contenteditable]";

export class Keys {
  #actions = new Map();
  #listed = [];

  constructor() {
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  // `names`: values of KeyboardEvent.key. `within`: a selector that the focus must be in; a key can
  // do one thing here and another there.
  add(names, words, action, { within = null } = {}) {
    for (const name of names) this.#actions.set(name, [...this.#actions.get(name) ?? [], { action, within }]);
    this.#listed.push({ names, words });
  }

  get listed() {
    return this.#listed;
  }

  #pressed(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.closest(ELSEWHERE)) return;
    const found = this.#actions.get(event.key)?.find(({ within }) => !within || event.target.closest(within));
    if (!found) return;
    event.preventDefault();
    found.action(event);
  }
}

// The dialog that lists the keys, opened by "?" and by the button #keys-open.
export function mountKeysDialog(keys) {
  const dialog = document.getElementById("keys-dialog");
  const list = document.getElementById("keys-list");
  const open = () => {
    list.replaceChildren(...keys.listed.flatMap(({ names, words }) => {
      const term = document.createElement("dt");
      for (const name of names) {
        const key = document.createElement("kbd");
        key.textContent = NAMES[name] ?? name;
        term.append(key, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = words;
      return [term, meaning];
    }));
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#keys-open")) open();
  });
  keys.add(["?"], "This list", open);
}

const NAMES = {
  ArrowRight: "\u2192", ArrowLeft: "\u2190", ArrowUp: "\u2191", ArrowDown: "\u2193",
  PageUp: "Page Up", PageDown: "Page Down", F: "Shift F", "-": "\u2212",
};
