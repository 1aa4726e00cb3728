// Targets on the map: the typed one with its ellipse, its neighbours, the rows of a list.

const ELLIPSE_POINTS = 72;
const STATUS_COLORS = { error: "#ff8f85", warning: "#edb95e", out: "#7b8896" };
const GOOD = "#6fd6a4";
const TARGET = "#ffffff";
const PARTNER = "#c7a6ff";
const SHADOW = "rgb(0 0 0 / 0.75)";

export function drawMarks(A, view, store) {
  const rows = A.catalog({ name: "rows", shape: (source, context) => drawRow(source, context, store) });
  const targets = A.catalog({ name: "targets", shape: drawTarget });
  const ellipse = A.graphicOverlay({ name: "profile", color: TARGET, lineWidth: 1.5 });
  const layers = [ellipse, rows, targets];
  view.aladin.addOverlay(ellipse);
  view.aladin.addCatalog(rows);
  view.aladin.addCatalog(targets);

  const drawRows = () => {
    rows.removeAll();
    const positions = store.get("mode") === "single" ? [] : store.get("positions");
    rows.addSources(positions.map((position) => A.source(position.ra, position.dec, position)));
  };
  const drawTargets = () => {
    targets.removeAll();
    ellipse.removeAll();
    if (store.get("mode") === "single") {
      const target = store.get("target");
      const partners = store.get("partners").map(({ ra, dec, name }) => A.source(ra, dec, { name, partner: true }));
      targets.addSources(target ? [...partners, A.source(target.ra, target.dec, { name: target.name })] : partners);
      const profile = store.get("profile");
      if (target && profile) ellipse.add(A.polygon(ellipsePoints(target, profile), { color: TARGET, lineWidth: 1.5 }));
    }
    view.aladin.view.requestRedraw();
  };
  store.on(["positions", "mode"], drawRows);
  store.on(["row"], () => rows.reportChange());
  store.on(["target", "profile", "partners", "mode"], drawTargets);
  drawRows();
  drawTargets();
  const marks = {
    shown: true,
    show(shown) {
      marks.shown = shown;
      for (const layer of layers) layer[shown ? "show" : "hide"]();
      view.aladin.view.requestRedraw();
    },
  };
  return marks;
}

// The half-light ellipse on the sky; the position angle runs from north through east.
export function ellipsePoints({ ra, dec }, { axisRatio, positionAngle, radius }) {
  const angle = (positionAngle * Math.PI) / 180;
  const points = [];
  for (let n = 0; n < ELLIPSE_POINTS; n += 1) {
    const phase = (2 * Math.PI * n) / ELLIPSE_POINTS;
    const along = radius * Math.cos(phase);
    const across = radius * axisRatio * Math.sin(phase);
    const east = along * Math.sin(angle) + across * Math.cos(angle);
    const north = along * Math.cos(angle) - across * Math.sin(angle);
    points.push(offset(ra, dec, east / 3600, north / 3600));
  }
  return points;
}

// The position so many degrees to the east and to the north, along a great circle.
function offset(ra, dec, east, north) {
  const [x, y] = [(east * Math.PI) / 180, (north * Math.PI) / 180];
  const latitude = (dec * Math.PI) / 180;
  const depth = Math.cos(latitude) - y * Math.sin(latitude);
  const longitude = Math.atan2(x, depth);
  const height = Math.atan2(Math.sin(latitude) + y * Math.cos(latitude), Math.hypot(x, depth));
  return [(ra + (longitude * 180) / Math.PI + 360) % 360, (height * 180) / Math.PI];
}

function drawTarget(source, context) {
  const { x, y } = source;
  const [inner, outer] = source.data.partner ? [0, 0] : [7, 17];
  const path = new Path2D();
  if (source.data.partner) {
    path.rect(x - 6, y - 6, 12, 12);
  } else {
    for (const [right, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      path.moveTo(x + right * inner, y + down * inner);
      path.lineTo(x + right * outer, y + down * outer);
    }
  }
  stroke(context, path, source.data.partner ? PARTNER : TARGET, 2);
}

function drawRow(source, context, store) {
  const { x, y, data } = source;
  const color = STATUS_COLORS[data.status] ?? GOOD;
  const chosen = data.row === store.get("row");
  const path = new Path2D();
  path.arc(x, y, 4.5, 0, 2 * Math.PI);
  stroke(context, path, color, 1.75);
  if (!chosen) return;
  const ring = new Path2D();
  ring.arc(x, y, 11, 0, 2 * Math.PI);
  stroke(context, ring, TARGET, 2);
}

function stroke(context, path, color, width) {
  context.setLineDash([]);
  context.strokeStyle = SHADOW;
  context.lineWidth = width + 2;
  context.stroke(path);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke(path);
}
