// The Help page: a box that leaves only what has all of the typed words.

const ENTRIES = "tbody tr, li, p, .help-words > div";
const HIGHLIGHT = "found";

const search = document.getElementById("help-search");
const found = document.getElementById("help-found");
const sections = [...document.querySelectorAll("#help-text > section")].map((section) => {
  const title = section.querySelector("h2").textContent;
  const entries = [...section.querySelectorAll(ENTRIES)];
  return {
    section,
    link: document.querySelector(`.contents a[href="#${section.id}"]`).parentElement,
    // A section's title counts for all that is in it.
    entries: entries.map((entry) => ({ entry, text: plain(`${title} ${words(entry)}`) })),
  };
});

document.getElementById("help-filter").hidden = false;
search.addEventListener("input", filter);
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  search.value = "";
  filter();
});
// Browsers keep what was typed when a page is reloaded.
if (search.value) filter();

// Between the cells of a table there is no space.
function words(entry) {
  const parts = entry.matches("tr, div") ? [...entry.children] : [entry];
  return parts.map((part) => part.textContent).join(" ");
}

// "é" is found by "e", and small letters by capitals.
function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// What begins like a typed word: "hot" is not in "photon", but "transient" is in "n_transient".
function beginning(word) {
  return new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}`, "giu");
}

function filter() {
  const sought = plain(search.value).split(/\s+/).filter(Boolean).map(beginning);
  let count = 0;
  for (const { section, link, entries } of sections) {
    let shown = 0;
    for (const { entry, text } of entries) {
      entry.hidden = !sought.every((word) => text.search(word) >= 0);
      if (!entry.hidden) shown += 1;
    }
    for (const block of section.querySelectorAll(".table-scroll, ol, ul, dl")) {
      block.hidden = !block.querySelector(":is(tbody tr, li, div):not([hidden])");
    }
    for (const heading of section.querySelectorAll("h3")) {
      heading.hidden = heading.nextElementSibling.hidden;
    }
    section.hidden = shown === 0;
    link.hidden = shown === 0;
    count += shown;
  }
  found.textContent = sought.length === 0 ? "" : count ? `${count} found` : "Nothing found";
  highlight(sought);
}

// Without changing the page, where browsers can do that.
function highlight(sought) {
  if (!CSS.highlights) return;
  CSS.highlights.delete(HIGHLIGHT);
  if (sought.length === 0) return;
  const ranges = [];
  const walker = document.createTreeWalker(document.getElementById("help-text"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const { index, 0: hit } of sought.flatMap((word) => [...node.data.matchAll(word)])) {
      const range = new Range();
      range.setStart(node, index);
      range.setEnd(node, index + hit.length);
      ranges.push(range);
    }
  }
  CSS.highlights.set(HIGHLIGHT, new Highlight(...ranges));
}
