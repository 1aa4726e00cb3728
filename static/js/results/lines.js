// Spectral features marked in the plot: narrow ones as lines, wide ones as bands, with labels where
// neither another label nor a measurement is. Those that find no room are named under the pointer.

const LABEL_HEIGHT_PX = 15;
const LABEL_GAP_PX = 6;
const EDGE_PX = 3;
const LEVELS = { top: 4, bottom: 2 };
// Around a measurement no label is written.
const SYMBOL_PX = 6;
const REACH_PX = 5;

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

// Returns the features that found no room for a label.
export function drawFeatures(drawing, { lines, bands }) {
  put(drawing.find("lines"), { x: lines.map(({ x }) => x) });
  put(drawing.find("bands"), { left: bands.map(({ left }) => left), right: bands.map(({ right }) => right) });
  return labelFeatures(drawing, { lines, bands });
}

// Labels in the topmost free row, or else in one at the bottom.
export function labelFeatures(drawing, { lines, bands }) {
  const { start, end } = drawing.xRange;
  const { inner_width: width, inner_height: height } = drawing.panels[0];
  if (!width || !height) return [];
  const perX = width / (end - start);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "11px system-ui, sans-serif";
  // The middle of what is in sight of a band has room for its name.
  const marks = [
    ...lines.map((feature) => ({ feature, x: feature.x })),
    ...bands.map((feature) => ({ feature, x: (Math.max(feature.left, start) + Math.min(feature.right, end)) / 2 })),
  ].filter(({ x }) => x >= start && x <= end).sort((one, other) => one.x - other.x);
  const levels = marks.length ? emptyLevels(drawing, width, height) : [];
  const placed = { x: [], y: [], text: [] };
  const dropped = [];
  for (const { feature, x } of marks) {
    const half = pen.measureText(feature.label).width / 2;
    const at = Math.min(Math.max((x - start) * perX, half + EDGE_PX), width - half - EDGE_PX);
    const [from, to] = [Math.floor(at - half), Math.ceil(at + half)];
    const level = levels.find(({ taken }) => !taken.subarray(Math.max(from, 0), to + 1).includes(1));
    if (!level) {
      dropped.push(feature);
      continue;
    }
    level.taken.fill(1, Math.max(from - LABEL_GAP_PX, 0), to + LABEL_GAP_PX + 1);
    placed.x.push(start + at / perX);
    placed.y.push(1 - level.top / height);
    placed.text.push(feature.label);
  }
  put(drawing.labels, placed);
  return dropped;
}

// The rows that labels can stand in, and which of their pixels measurements take.
function emptyLevels(drawing, width, height) {
  const rows = Math.max(Math.floor(height / LABEL_HEIGHT_PX), 1);
  const tops = [
    ...Array.from({ length: Math.min(LEVELS.top, rows) }, (_, row) => EDGE_PX + row * LABEL_HEIGHT_PX),
    ...Array.from({ length: Math.min(LEVELS.bottom, Math.max(rows - LEVELS.top, 0)) },
      (_, row) => height - EDGE_PX - (row + 1) * LABEL_HEIGHT_PX),
  ];
  const levels = tops.map((top) => ({ top, taken: new Uint8Array(Math.ceil(width) + 1) }));
  const { xRange: xs, yRange: ys, plot } = drawing;
  const [perX, perY] = [width / (xs.end - xs.start), height / (ys.end - ys.start)];
  const take = (x, y) => {
    const [right, down] = [(x - xs.start) * perX, height - (y - ys.start) * perY];
    for (const { top, taken } of levels) {
      if (down > top - SYMBOL_PX && down < top + LABEL_HEIGHT_PX + SYMBOL_PX) {
        taken.fill(1, Math.max(Math.floor(right - SYMBOL_PX), 0), Math.max(Math.ceil(right + SYMBOL_PX), 0));
      }
    }
  };
  if (drawing.find("points-0").visible) plot.points.x.forEach((x, i) => take(x, plot.panels[0].y[i]));
  plot.means?.x.forEach((x, i) => take(x, plot.means.panels[0].y[i]));
  return levels;
}

// What to say of the features at a place: all lines within reach, and bands whose names have no room.
export function featuresAt(drawing, { lines, bands }, dropped, x) {
  const reach = REACH_PX * Math.abs(drawing.xRange.end - drawing.xRange.start) / drawing.panels[0].inner_width;
  const near = lines.filter((line) => Math.abs(line.x - x) <= reach);
  const around = bands.filter((band) => band.left <= x && x <= band.right && dropped.includes(band));
  return [
    ...near.map(({ label, x: at }) => `${label} ${at.toFixed(3)} \u00b5m`),
    ...around.map(({ label, left, right }) => `${label} ${left.toFixed(2)}\u2013${right.toFixed(2)} \u00b5m`),
  ];
}

// Whatever is put into a source has all points painted again.
function put(source, data) {
  if (JSON.stringify(source.data) !== JSON.stringify(data)) source.data = data;
}
