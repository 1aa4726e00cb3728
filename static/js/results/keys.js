// Keys of the results page; the dialog behind "?" lists what is registered here.

const ELSEWHERE = "input:not([type=checkbox]):not([type=radio]), select, textarea, dialog, [contenteditable]";

export class Keys {
  #actions = new Map();
  #listed = [];

  constructor() {
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  // `names`: values of KeyboardEvent.key. `within`: a selector that the focus must be in.
  add(names, words, action, { within = null } = {}) {
    for (const name of names) this.#actions.set(name, { action, within });
    this.#listed.push({ names, words });
  }

  get listed() {
    return this.#listed;
  }

  #pressed(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    const found = this.#actions.get(event.key);
    if (!found || event.target.closest(ELSEWHERE)) return;
    if (found.within && !event.target.closest(found.within)) return;
    event.preventDefault();
    found.action(event);
  }
}
