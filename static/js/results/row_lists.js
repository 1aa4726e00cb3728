// Lists of rows as filters of the column "row", as explorer/results/row_lists.py reads them: ranges
// keep them short.

// As in explorer/results/view.py; any choice of 20,000 rows has room.
export const MOST_CHARACTERS = 64_000;
const ITEMS = /^(not )?in \(([\d,\- ]+)\)$/i;

// [4, 1, 2, 3, 7] -> "1-4,7".
export function ranges(rows) {
  const sorted = [...new Set(rows)].sort((one, other) => one - other);
  const found = [];
  for (const row of sorted) {
    const last = found.at(-1);
    if (last && row === last[1] + 1) last[1] = row;
    else found.push([row, row]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

// A filter that keeps what it kept, without some rows; null where a list can't simply be added.
export function without(filter, rows) {
  const parts = filter.trim().split(/\s+and\s+/i).filter(Boolean);
  const others = parts.filter((part) => !ITEMS.exec(part)?.[1]);
  // An "or", or a bracket around several parts, would swallow what is added.
  if (others.some((part) => /\bor\b/i.test(part) || (part.includes("(") && !ITEMS.test(part)))) return null;
  const before = parts.filter((part) => !others.includes(part)).flatMap((part) => expanded(ITEMS.exec(part)[2]));
  return [...others, `not in (${ranges([...before, ...rows])})`].join(" and ");
}

function expanded(items) {
  return items.split(",").flatMap((item) => {
    const [first, last = first] = item.split("-").map(Number);
    return Array.from({ length: Math.max(last - first + 1, 0) }, (_, step) => first + step);
  });
}
