// Files that are dropped on the page, wherever on it: a list of targets.

// Browsers say again and again that something is dragged; when they don't, it left the window.
const SILENCE_MS = 700;

// `taken` is called with the files; the cover shows meanwhile that they can be dropped.
export function takeDrops(cover, taken) {
  let timer = null;
  const hide = () => {
    clearTimeout(timer);
    cover.hidden = true;
  };
  const show = () => {
    cover.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(hide, SILENCE_MS);
  };
  // Before the map or a field that would take a file has its turn.
  const listen = (kind, listener) => document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    listener(event);
  }, { capture: true });
  listen("dragenter", show);
  listen("dragover", (event) => {
    event.dataTransfer.dropEffect = "copy";
    show();
  });
  listen("dragleave", (event) => {
    if (!event.relatedTarget) hide();
  });
  listen("drop", (event) => {
    hide();
    if (event.dataTransfer.files.length) taken(event.dataTransfer.files);
  });
}
