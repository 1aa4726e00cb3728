// Keys of the table: steps along its order, and the way to its filters.

// Where arrows have a meaning of their own.
const OWN_ARROWS = "input:focus, [role=tab]:focus, [role=slider]:focus, [role=separator]:focus, [role=listbox]:focus";
const FREE = `body:not(:has(${OWN_ARROWS}))`;
const TABLE = "#table-scroll";
// More rows than any spectrum has, also one whose rows are on their way.
const EVERYTHING = 1e9;

export function mountTableKeys(pane) {
  const { store, keys, scroll } = pane;
  const move = (step) => () => store.move(step);
  // One row less than fits, so that the last one seen is still in sight.
  const screenful = () => {
    const row = scroll.querySelector("tbody tr");
    const height = scroll.clientHeight - scroll.querySelector("thead").offsetHeight;
    return row ? Math.max(Math.floor(height / row.offsetHeight) - 1, 1) : 1;
  };
  keys.add(["j"], "Next measurement, in the order of the table", move(1));
  keys.add(["k"], "Previous measurement", move(-1));
  keys.add(["ArrowRight"], "Next measurement", move(1), { within: FREE });
  keys.add(["ArrowLeft"], "Previous measurement", move(-1), { within: FREE });
  keys.add(["ArrowDown"], "Next row, in the table", move(1), { within: TABLE });
  keys.add(["ArrowUp"], "Previous row, in the table", move(-1), { within: TABLE });
  keys.add(["PageDown"], "Rows further down, in the table", () => store.move(screenful()), { within: TABLE });
  keys.add(["PageUp"], "Rows further up, in the table", () => store.move(-screenful()), { within: TABLE });
  keys.add(["Home"], "First row, in the table", move(-EVERYTHING), { within: TABLE });
  keys.add(["End"], "Last row, in the table", move(EVERYTHING), { within: TABLE });
  keys.add(["/"], "Filter the column that was filtered last", () => {
    if (store.get("pane") === "spectrum") store.set({ pane: "table" });
    pane.focusFilter();
  });
}
