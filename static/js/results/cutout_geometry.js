// Where the pixels of a stamp are: on the canvas, on the sky, in wavelength.
//
// Positions in a stamp are in pixels, the centre of the first one is 0, y runs up. A pan is where
// the middle of the view is: arcsec to the right of the target and above it, and the zoom.

const ARCSEC_PER_DEG = 3600;
const RADIANS = Math.PI / 180;

export const CENTERED = { right: 0, up: 0, zoom: 1 };
const ZOOMS = [0.4, 16];

// The middle of a stamp stands for a target whose place in it is not known.
function targetOf({ target, size }) {
  return target ?? [(size - 1) / 2, (size - 1) / 2];
}

function pixelArcsec({ cd: [[a, b], [c, d]] }) {
  return Math.sqrt(Math.abs(a * d - b * c)) * ARCSEC_PER_DEG;
}

// From stamp pixels (y up) to a canvas (y down). Matched: north is up, east to the left.
export class Frame {
  constructor(pixels, { width, height, arcmin, matched, pan }) {
    const [[a, b], [c, d]] = pixels.cd;
    // Canvas pixels per arcsec; the smaller side shows `arcmin`.
    this.scale = (Math.min(width, height) * pan.zoom) / (60 * arcmin);
    const perDeg = this.scale * ARCSEC_PER_DEG;
    const perPixel = this.scale * pixelArcsec(pixels);
    const [xx, xy, yx, yy] = matched
      ? [-a * perDeg, -b * perDeg, -c * perDeg, -d * perDeg]
      : [perPixel, 0, 0, -perPixel];
    const [x, y] = targetOf(pixels);
    const dx = width / 2 - xx * x - xy * y - pan.right * this.scale;
    const dy = height / 2 - yx * x - yy * y + pan.up * this.scale;
    Object.assign(this, { width, height, pan, xx, xy, yx, yy, dx, dy });
  }

  // As CanvasRenderingContext2D.setTransform takes it.
  get matrix() {
    return [this.xx, this.yx, this.xy, this.yy, this.dx, this.dy];
  }

  toCanvas([x, y]) {
    return [this.xx * x + this.xy * y + this.dx, this.yx * x + this.yy * y + this.dy];
  }

  // The direction of a step in the stamp, without where it starts.
  along([x, y]) {
    return [this.xx * x + this.xy * y, this.yx * x + this.yy * y];
  }

  toStamp([across, down]) {
    const determinant = this.xx * this.yy - this.xy * this.yx;
    const [u, v] = [across - this.dx, down - this.dy];
    return [(this.yy * u - this.xy * v) / determinant, (this.xx * v - this.yx * u) / determinant];
  }

  // The pan after a drag by so many canvas pixels.
  dragged(across, down) {
    const { right, up, zoom } = this.pan;
    return { right: right - across / this.scale, up: up + down / this.scale, zoom };
  }

  // The pan after a zoom that leaves a point of the canvas where it is.
  zoomed(factor, [across, down]) {
    const { right, up, zoom } = this.pan;
    const next = Math.min(Math.max(zoom * factor, ZOOMS[0]), ZOOMS[1]);
    const moved = (1 - zoom / next) / this.scale;
    return {
      right: right + (across - this.width / 2) * moved,
      up: up - (down - this.height / 2) * moved,
      zoom: next,
    };
  }
}

// A step of a degree to the east and to the north, in pixels: the columns of the inverse of cd.
export function skySteps({ cd: [[a, b], [c, d]] }) {
  const determinant = a * d - b * c;
  return { east: [d / determinant, -c / determinant], north: [-b / determinant, a / determinant] };
}

// Right ascension and declination in degrees, by the inverse gnomonic projection about the target.
export function skyAt(pixels, x, y) {
  if (!pixels.sky || !pixels.target) return null;
  const { cd: [[a, b], [c, d]], target, sky: [ra0, dec0] } = pixels;
  const [u, v] = [x - target[0], y - target[1]];
  const [east, north] = [(a * u + b * v) * RADIANS, (c * u + d * v) * RADIANS];
  const [sine, cosine] = [Math.sin(dec0 * RADIANS), Math.cos(dec0 * RADIANS)];
  const forward = cosine - north * sine;
  const ra = ra0 + Math.atan2(east, forward) / RADIANS;
  const dec = Math.atan2(sine + north * cosine, Math.hypot(east, forward)) / RADIANS;
  return [((ra % 360) + 360) % 360, dec];
}

export function wavelengthAt({ wavelength, target }, x, y) {
  if (!wavelength) return null;
  const [dx, dy] = wavelength.per_pix_um;
  return wavelength.at_target_um + dx * (x - target[0]) + dy * (y - target[1]);
}

// The outline of an ellipse on the sky, in stamp pixels.
export function ellipseInStamp(pixels, { radius_arcsec, axis_ratio, position_angle_deg }, steps = 72) {
  const { east, north } = skySteps(pixels);
  const angle = position_angle_deg * RADIANS;
  const size = radius_arcsec / ARCSEC_PER_DEG;
  return Array.from({ length: steps }, (_, step) => {
    const turn = (2 * Math.PI * step) / steps;
    const [major, minor] = [size * Math.cos(turn), size * axis_ratio * Math.sin(turn)];
    // The major axis points position_angle_deg east of north.
    const toEast = major * Math.sin(angle) + minor * Math.cos(angle);
    const toNorth = major * Math.cos(angle) - minor * Math.sin(angle);
    return [0, 1].map((axis) => pixels.target[axis] + toEast * east[axis] + toNorth * north[axis]);
  });
}
