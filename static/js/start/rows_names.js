// Names of the list are looked up, a few at a time, until none is left or nobody answers.

import { wordsOf } from "./list_api.js";

export class NameLookup {
  #isBusy = false;
  #hasFailed = false;
  #bar = document.getElementById("rows-names");
  #progress = document.getElementById("rows-names-progress");
  #words = document.getElementById("rows-names-words");
  #again = document.getElementById("rows-names-again");
  #leaveOut = document.getElementById("rows-names-leave-out");

  // `changed` is called whenever more names are known.
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
    this.#again.addEventListener("click", () => {
      this.#hasFailed = false;
      this.#run();
    });
  }

  // Says how many rows have a name that was not looked up: it begins by itself.
  offer(number) {
    if (this.#isBusy) return;
    if (number === 0) {
      this.#bar.hidden = true;
      // Names that come back later are looked up as the first ones were.
      this.#hasFailed = false;
    } else if (!this.#hasFailed) {
      this.#run();
    }
  }

  async #run() {
    this.#isBusy = true;
    this.#bar.hidden = false;
    this.#again.hidden = true;
    this.#leaveOut.hidden = true;
    this.#words.textContent = "Looking up names\u2026";
    let answer = { left: 1, failure: "" };
    try {
      while (answer.left > 0 && !answer.failure) {
        answer = await this.api.lookUp();
        this.#show(answer);
      }
      if (answer.failure) this.#stop(answer.failure);
    } catch (error) {
      this.#stop(wordsOf(error));
    } finally {
      this.#isBusy = false;
    }
    this.changed();
  }

  #show({ done, left }) {
    this.#progress.max = Math.max(done + left, 1);
    this.#progress.value = done;
    this.#words.textContent = `${done} of ${done + left} names looked up`;
  }

  #stop(words) {
    this.#hasFailed = true;
    this.#words.textContent = words;
    this.#again.hidden = false;
    this.#leaveOut.hidden = false;
  }
}
