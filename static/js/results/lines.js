// Spectral features marked in the plot: narrow ones as lines, wide ones as bands, with labels that
// do not lie over each other.

const LABEL_HEIGHT_PX = 14;
const LABEL_GAP_PX = 5;
const MOST_LEVELS = 4;

// What the lists mark, where it is on the horizontal axis: at rest, or redshifted.
export function featuresOf(lists, keys, redshift) {
  const stretch = 1 + redshift;
  const chosen = lists.filter(({ key }) => keys.includes(key));
  return {
    lines: chosen.flatMap(({ lines }) => lines.map(([label, at]) => ({ label, x: at * stretch }))),
    bands: chosen.flatMap(({ bands }) => bands.map(([label, low, high]) => (
      { label, left: low * stretch, right: high * stretch, x: ((low + high) / 2) * stretch }
    ))),
  };
}

export function drawFeatures(drawing, { lines, bands }) {
  put(drawing.find("lines"), { x: lines.map(({ x }) => x) });
  put(drawing.find("bands"), { left: bands.map(({ left }) => left), right: bands.map(({ right }) => right) });
  labelFeatures(drawing, { lines, bands });
}

// Labels in as few levels as they need; one that finds no room is left out until somebody zooms in.
export function labelFeatures(drawing, { lines, bands }) {
  const { start, end } = drawing.xRange;
  const { inner_width: width, inner_height: height } = drawing.panels[0];
  if (!width || !height) return;
  const perX = width / (end - start);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px system-ui, sans-serif";
  const ends = Array.from({ length: MOST_LEVELS }, () => -Infinity);
  const placed = { x: [], y: [], text: [] };
  // The middle of what is in sight of a band has room for its name.
  const marks = [
    ...lines,
    ...bands.map((band) => ({ label: band.label, x: (Math.max(band.left, start) + Math.min(band.right, end)) / 2 })),
  ].filter(({ x }) => x >= start && x <= end).sort((one, other) => one.x - other.x);
  for (const { label, x } of marks) {
    const half = pen.measureText(label).width / 2;
    const at = Math.min(Math.max((x - start) * perX, half + 2), width - half - 2);
    const level = ends.findIndex((taken) => at - half > taken + LABEL_GAP_PX);
    if (level < 0) continue;
    ends[level] = at + half;
    placed.x.push(start + at / perX);
    placed.y.push(1 - (3 + level * LABEL_HEIGHT_PX) / height);
    placed.text.push(label);
  }
  put(drawing.labels, placed);
}

// Whatever is put into a source has all points painted again.
function put(source, data) {
  if (JSON.stringify(source.data) !== JSON.stringify(data)) source.data = data;
}
