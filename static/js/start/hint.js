// The card for first visits: it goes when somebody says so, or does what it says, and stays away.

const STORED = "start.hint";

export function mountHint(store) {
  const card = document.getElementById("start-hint");
  // Whoever comes with a target knows the way, and nothing is remembered of it.
  if (!card || wasRead() || document.getElementById("id_target").value) return;
  card.hidden = false;

  const close = () => {
    if (card.hidden) return;
    const hadFocus = card.contains(document.activeElement);
    card.hidden = true;
    if (hadFocus) document.getElementById("id_target").focus();
    remember();
  };
  document.getElementById("start-hint-close").addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest("dialog")) close();
  });
  store.on(["target", "list"], () => {
    if (store.get("target") || store.get("list")) close();
  });
}

function wasRead() {
  try {
    return localStorage.getItem(STORED) === "read";
  } catch {
    // Where nothing can be remembered it would come again and again.
    return true;
  }
}

function remember() {
  try {
    localStorage.setItem(STORED, "read");
  } catch {
    // Full or refused.
  }
}
