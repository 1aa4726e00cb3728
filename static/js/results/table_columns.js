// The choice of columns and their order.

import { element } from "./dom.js";

export function mountColumns(pane) {
  const { store } = pane;
  const dialog = document.getElementById("choose-dialog");
  const search = document.getElementById("choose-search");
  const list = document.getElementById("choose-list");

  // In their order; the number of the row is always there.
  const chosen = () => {
    const names = store.get("columns") ?? usual(pane);
    return names.filter((name) => name !== "row" && pane.column(name));
  };

  const choose = (names) => {
    store.set({ columns: JSON.stringify(names) === JSON.stringify(usual(pane)) ? null : names });
    draw();
  };

  const draw = () => {
    const names = chosen();
    const others = pane.columns.filter((column) => column.name !== "row" && !names.includes(column.name));
    const sought = search.value.trim().toLowerCase();
    const shown = [...names.map((name) => pane.column(name)), ...others].filter((column) => {
      return `${column.name} ${column.label} ${column.description}`.toLowerCase().includes(sought);
    });
    list.replaceChildren(...shown.map((column) => line(column, names)));
    if (!shown.length) list.append(element("li", "muted", "No column is called like that."));
  };

  const line = (column, names) => {
    const made = element("li");
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = names.includes(column.name);
    box.addEventListener("change", () => {
      choose(box.checked ? [...names, column.name] : names.filter((name) => name !== column.name));
      list.querySelector(`[data-column="${CSS.escape(column.name)}"] input`)?.focus();
    });
    const text = element("span", "choose-words");
    text.append(element("strong", "", column.label));
    if (column.label !== column.name) text.append(" ", element("code", "", column.name));
    if (column.unit) text.append(" ", element("span", "muted", column.unit));
    if (column.description) text.append(element("span", "choose-description", column.description));
    label.append(box, text);
    made.dataset.column = column.name;
    made.append(label);
    if (box.checked) made.append(mover(column, names, -1), mover(column, names, 1));
    return made;
  };

  const mover = (column, names, step) => {
    const [from, to] = [names.indexOf(column.name), names.indexOf(column.name) + step];
    const button = element("button", "button button-small button-icon");
    button.type = "button";
    button.disabled = to < 0 || to >= names.length;
    const words = `Move ${column.label} ${step < 0 ? "to the left" : "to the right"}`;
    button.title = words;
    const arrow = element("span", "", step < 0 ? "\u2191" : "\u2193");
    arrow.setAttribute("aria-hidden", "true");
    button.append(arrow, element("span", "visually-hidden", words));
    button.addEventListener("click", () => {
      const moved = [...names];
      moved.splice(to, 0, ...moved.splice(from, 1));
      choose(moved);
      const again = list.querySelectorAll(`[data-column="${CSS.escape(column.name)}"] button`);
      (again[step < 0 ? 0 : 1].disabled ? again[step < 0 ? 1 : 0] : again[step < 0 ? 0 : 1])?.focus();
    });
    return button;
  };

  document.getElementById("table-choose").addEventListener("click", () => {
    search.value = "";
    draw();
    dialog.showModal();
  });
  search.addEventListener("input", draw);
  // Enter in the search box would close the dialog.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  document.getElementById("choose-usual").addEventListener("click", () => choose(usual(pane)));
  document.getElementById("choose-all").addEventListener("click", () => {
    choose([...chosen(), ...pane.columns.map((one) => one.name).filter((name) => name !== "row" && !chosen().includes(name))]);
  });
}

// As the server chooses without a choice: the order of a reader's interest, then what was added.
function usual(pane) {
  return pane.columns.filter((column) => column.usual !== null && column.name !== "row")
    .sort((one, other) => one.usual - other.usual)
    .map((column) => column.name);
}
