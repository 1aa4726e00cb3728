// Runs before the first paint, so that a page never flashes in the wrong theme or arrangement.
(() => {
  // Pages that are arranged by scripts are something else without them.
  document.documentElement.classList.add("has-scripts");
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") {
    document.documentElement.dataset.theme = theme;
  }
})();
