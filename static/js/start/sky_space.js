// Which part of the map is not covered by what lies on it.

const COVERING = ["panel", "rows"];

// Middle and size of the largest free rectangle of an element, in its pixels.
export function freeCenter(frame) {
  const own = frame.getBoundingClientRect();
  // Of a map that is longer than the window, what is in the window counts.
  const top = Math.max(own.top, 0);
  let free = { left: own.left, top, right: own.right, bottom: Math.max(Math.min(own.bottom, innerHeight), top + 1) };
  for (const id of COVERING) {
    const element = document.getElementById(id);
    const rect = element?.getBoundingClientRect();
    if (rect?.width && rect.height) free = largestBeside(free, rect);
  }
  return {
    x: (free.left + free.right) / 2 - own.left, y: (free.top + free.bottom) / 2 - own.top,
    width: free.right - free.left, height: free.bottom - free.top,
  };
}

function largestBeside(free, rect) {
  const overlaps = rect.left < free.right && rect.right > free.left && rect.top < free.bottom && rect.bottom > free.top;
  if (!overlaps) return free;
  const parts = [
    { ...free, right: rect.left }, { ...free, left: rect.right }, { ...free, bottom: rect.top }, { ...free, top: rect.bottom },
  ];
  const area = ({ left, top, right, bottom }) => Math.max(right - left, 0) * Math.max(bottom - top, 0);
  const largest = parts.reduce((best, part) => (area(part) > area(best) ? part : best));
  // A map that is all covered has its middle where it always was.
  return area(largest) > 10_000 ? largest : free;
}
