// Keys of the rows of a list.

import { keys } from "./keys.js";

// A cell that has the focus itself: a button in it has keys of its own.
const CELL = { within: "#rows-region tbody :is(td, th):focus" };

// `pressed` takes the event; it also hears of keys in a cell that is being edited.
export function addRowsKeys(region, pressed) {
  keys.add(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"], "Next cell, in the rows of a list", pressed, CELL);
  keys.add(["PageUp", "PageDown"], "Ten rows up or down, in the rows of a list", pressed, CELL);
  keys.add(["Home", "End"], "First or last cell of the row of a list", pressed, CELL);
  keys.add(["Enter", "F2"], "Change the cell of a list; Enter also presses its button", pressed, CELL);
  keys.add(["Delete"], "Leave out the row of a list, or take it again", pressed, CELL);
  region.addEventListener("keydown", (event) => {
    if (event.target.matches("input")) pressed(event);
  });
}
