// Menus that open below their buttons: one at a time, closed by Escape or a click elsewhere, and
// never beyond the edge of the window.

const EDGE_PX = 8;

export function mountMenus(root) {
  const menus = [...root.querySelectorAll("details.menu")];
  for (const menu of menus) {
    menu.addEventListener("toggle", () => {
      if (!menu.open) return;
      for (const other of menus) if (other !== menu) other.open = false;
      place(menu);
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
  document.addEventListener("pointerdown", (event) => {
    for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  addEventListener("resize", () => menus.filter(({ open }) => open).forEach(place));
}

function place(menu) {
  const body = menu.querySelector(".menu-body");
  body.style.translate = "none";
  const { left, right, top } = body.getBoundingClientRect();
  const beyond = Math.max(0, right - (document.documentElement.clientWidth - EDGE_PX));
  body.style.translate = `${-Math.min(beyond, left - EDGE_PX)}px 0`;
  body.style.maxHeight = `${Math.max(innerHeight - top - EDGE_PX, 160)}px`;
}
