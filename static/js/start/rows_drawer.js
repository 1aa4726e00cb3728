// The drawer with the rows: its height, which is remembered, and whether it is open. On a phone it
// takes all the room, and is opened anew each time: the form must not be hidden from the beginning.

const LEAST = 140;
const STEP = 32;
const KEY = "start.rows";
const USUAL = 0.42;
const NARROW = matchMedia("(max-width: 700px)");

export function mountDrawer(section) {
  const toggle = document.getElementById("rows-toggle");
  const grip = document.getElementById("rows-grip");
  const kept = remembered();
  let { height, isOpen } = kept;

  const most = () => Math.round(window.innerHeight * 0.75);
  const show = () => {
    height = Math.round(Math.min(Math.max(height, LEAST), most()));
    section.classList.toggle("is-closed", !isOpen);
    section.style.setProperty("--rows-height", `${height}px`);
    toggle.setAttribute("aria-expanded", String(isOpen));
    grip.setAttribute("aria-valuemin", LEAST);
    grip.setAttribute("aria-valuemax", most());
    grip.setAttribute("aria-valuenow", height);
    // Others, such as the panel and the map, make room for what the drawer takes.
    const space = section.hidden ? 0 : section.offsetHeight;
    document.documentElement.style.setProperty("--rows-space", `${space}px`);
  };
  const keep = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify({ height, isOpen: isOpen || NARROW.matches }));
    } catch {
      // A browser that keeps nothing shows it as it is at first.
    }
    show();
  };

  toggle.addEventListener("click", () => { isOpen = !isOpen; keep(); });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    height += step;
    isOpen = true;
    keep();
  });
  grip.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const start = { y: event.clientY, height: isOpen ? height : LEAST };
    const move = ({ clientY }) => { height = start.height + start.y - clientY; isOpen = true; show(); };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => {
      grip.removeEventListener("pointermove", move);
      keep();
    }, { once: true });
  });
  addEventListener("resize", show);
  new MutationObserver(show).observe(section, { attributes: true, attributeFilter: ["hidden"] });
  show();
  return { open: () => { isOpen = true; show(); } };
}

function remembered() {
  const usual = { height: Math.round(window.innerHeight * USUAL), isOpen: !NARROW.matches };
  try {
    const { height, isOpen } = JSON.parse(localStorage.getItem(KEY)) ?? {};
    return {
      height: Number.isFinite(height) ? height : usual.height,
      isOpen: usual.isOpen && isOpen !== false,
    };
  } catch {
    return usual;
  }
}
