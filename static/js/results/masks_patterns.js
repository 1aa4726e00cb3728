// Every flag that pixels can carry looks different: seven hues in four shades, each shade with a
// pattern of its own, since nobody tells 28 colours apart. The hues are those of Okabe and Ito
// (2008), chosen to be distinct with any common colour vision.

const HUES = ["#d55e00", "#56b4e9", "#f0e442", "#cc79a7", "#009e73", "#e69f00", "#0072b2"];
const PATTERNS = ["rising", "falling", "dots", "grid"];
const TINTS = [["#ffffff", 0], ["#ffffff", 0.22], ["#ffffff", 0.42], ["#ffffff", 0.62]];
// What patterns are shown on where there is no image: every one of them is lighter.
export const GROUND = "#15191d";
const TILE = 7;
const WASH = 0.4;
const tiles = new Map();

// A map from bits to {color, pattern, isUsual}; `flags` as the page's JSON lists them. The light of
// catalogued sources is no problem of an image: those pixels are marked on request only.
export function maskStyles(flags) {
  return new Map(flags.map(({ bit, name }, index) => {
    // Flags that are next to each other in the list differ in both.
    const [hue, round] = [index % HUES.length, Math.floor(index / HUES.length)];
    const shade = (hue + round) % PATTERNS.length;
    const color = mix(HUES[hue], ...TINTS[shade]);
    return [bit, { color, pattern: PATTERNS[shade], isUsual: name !== "SOURCE" }];
  }));
}

function mix(color, other, part) {
  const channels = [1, 3, 5].map((at) => {
    const [one, two] = [color, other].map((text) => Number.parseInt(text.slice(at, at + 2), 16));
    return Math.round(one + part * (two - one)).toString(16).padStart(2, "0");
  });
  return `#${channels.join("")}`;
}

// Fills the current path of a context whose transform is the identity.
export function fillMask(context, style, opacity, ratio) {
  context.save();
  context.globalAlpha = opacity * WASH;
  context.fillStyle = style.color;
  context.fill();
  context.globalAlpha = opacity;
  context.fillStyle = context.createPattern(tileOf(style, ratio), "repeat");
  context.fill();
  context.restore();
}

function tileOf(style, ratio) {
  const key = `${style.color} ${style.pattern} ${ratio}`;
  if (!tiles.has(key)) tiles.set(key, drawnTile(style, Math.max(4, Math.round(TILE * ratio)), ratio));
  return tiles.get(key);
}

function drawnTile({ color, pattern }, side, ratio) {
  const tile = new OffscreenCanvas(side, side);
  const context = tile.getContext("2d");
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.6 * ratio;
  context.beginPath();
  if (pattern === "dots") {
    context.arc(side / 2, side / 2, 1.7 * ratio, 0, 2 * Math.PI);
    context.fill();
  } else if (pattern === "grid") {
    context.moveTo(side / 2, 0);
    context.lineTo(side / 2, side);
    context.moveTo(0, side / 2);
    context.lineTo(side, side / 2);
    context.stroke();
  } else {
    // Three strokes, so that the corners of the tile join.
    const rise = pattern === "rising" ? 1 : -1;
    for (const shift of [-side, 0, side]) {
      const start = rise > 0 ? side : 0;
      context.moveTo(shift - side, start + rise * side);
      context.lineTo(shift + 2 * side, start - rise * 2 * side);
    }
    context.stroke();
  }
  return tile;
}

export function drawSwatch(canvas, style) {
  const ratio = devicePixelRatio;
  canvas.width = 22 * ratio;
  canvas.height = 14 * ratio;
  const context = canvas.getContext("2d");
  context.fillStyle = GROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.beginPath();
  context.rect(0, 0, canvas.width, canvas.height);
  fillMask(context, style, 1, ratio);
}
