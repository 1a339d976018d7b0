// Geometry by hand: the nearest place on a line, a line in two parts, coordinates as text and back. Pure, in degrees, no map.

const flat = (lat) => Math.cos((lat * Math.PI) / 180);
const partsOf = (geometry) => (geometry.type === "MultiLineString" ? geometry.coordinates : [geometry.coordinates]);
const lineOf = (parts) => (parts.length === 1 ? { type: "LineString", coordinates: parts[0] } : { type: "MultiLineString", coordinates: parts });

/** Find the place on a line that is nearest to [longitude, latitude]: part, segment, how far along it, and the point itself. */
export function nearest(geometry, [x, y]) {
  const k = flat(y);
  let best = null;
  partsOf(geometry).forEach((points, part) => {
    for (let i = 1; i < points.length; i += 1) {
      const [ax, ay] = points[i - 1];
      const [dx, dy] = [(points[i][0] - ax) * k, points[i][1] - ay];
      const square = dx * dx + dy * dy;
      const t = square === 0 ? 0 : Math.max(0, Math.min(1, (((x - ax) * k) * dx + (y - ay) * dy) / square));
      const at = t === 0 ? points[i - 1] : t === 1 ? points[i] : [ax + (points[i][0] - ax) * t, ay + (points[i][1] - ay) * t];
      const away = Math.hypot((at[0] - x) * k, at[1] - y);
      if (!best || away < best.away) best = { part, segment: i - 1, t, at, away };
    }
  });
  return best;
}

/** Cut one part of a line at a place; null where the place is its very beginning or end. */
function splitPart(points, { segment, t, at }) {
  const first = t === 0 ? points.slice(0, segment + 1) : [...points.slice(0, segment + 1), at];
  const second = t === 1 ? points.slice(segment + 1) : [at, ...points.slice(segment + 1)];
  return first.length > 1 && second.length > 1 ? [first, second] : null;
}

/** Split a line at the place nearest to a point; two geometries that share that place, or null where there is nothing to split. */
export function splitAt(geometry, point) {
  const place = nearest(geometry, point);
  if (!place) return null;
  const parts = partsOf(geometry);
  const halves = splitPart(parts[place.part], place);
  if (!halves) {
    const before = place.segment === 0 && place.t === 0 ? place.part : place.part + 1;
    return before > 0 && before < parts.length ? [lineOf(parts.slice(0, before)), lineOf(parts.slice(before))] : null;
  }
  return [lineOf([...parts.slice(0, place.part), halves[0]]), lineOf([halves[1], ...parts.slice(place.part + 1)])];
}

/** Where two segments cross: how far along the first (0–1) and the point; null where they do not. */
function crossing([ax, ay], [bx, by], [cx, cy], [dx, dy]) {
  const [rx, ry, sx, sy] = [bx - ax, by - ay, dx - cx, dy - cy];
  const cross = rx * sy - ry * sx;
  if (cross === 0) return null;
  const t = ((cx - ax) * sy - (cy - ay) * sx) / cross;
  const u = ((cx - ax) * ry - (cy - ay) * rx) / cross;
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? { t, at: [ax + rx * t, ay + ry * t] } : null;
}

/** Split a line wherever a cutting line crosses it, in the order of the line; one geometry where it never does. */
export function splitBy(geometry, cut) {
  const pieces = [];
  partsOf(geometry).forEach((points) => {
    let piece = [points[0]];
    for (let i = 1; i < points.length; i += 1) {
      const found = [];
      for (let j = 1; j < cut.length; j += 1) {
        const met = crossing(points[i - 1], points[i], cut[j - 1], cut[j]);
        if (met) found.push(met);
      }
      found.sort((a, b) => a.t - b.t);
      for (const { at } of found) {
        const last = piece.at(-1);
        if (last[0] !== at[0] || last[1] !== at[1]) piece.push(at);
        if (piece.length > 1) { pieces.push(piece); piece = [at]; }
      }
      const last = piece.at(-1);
      if (last[0] !== points[i][0] || last[1] !== points[i][1]) piece.push(points[i]);
    }
    if (piece.length > 1) pieces.push(piece);
  });
  return pieces.map((points) => ({ type: "LineString", coordinates: points }));
}

const alike = (a, b) => Math.abs(a[0] - b[0]) < 1e-12 && Math.abs(a[1] - b[1]) < 1e-12;

/** Where a cutting line crosses a ring, in the order of the cutting line; a corner that it passes through counts once. */
function crossings(ring, cut) {
  const found = [];
  for (let j = 1; j < cut.length; j += 1) {
    for (let i = 1; i < ring.length; i += 1) {
      const met = crossing(cut[j - 1], cut[j], ring[i - 1], ring[i]);
      if (met && !found.some((item) => alike(item.at, met.at))) found.push({ along: j - 1 + met.t, segment: i - 1, at: met.at });
    }
  }
  return found.sort((a, b) => a.along - b.along);
}

/** The corners of an open ring from one place on it forward to another. */
function forward(open, from, to) {
  const away = ({ segment, at }) => Math.hypot(at[0] - open[segment][0], at[1] - open[segment][1]);
  const passed = [];
  if (from.segment === to.segment && away(to) >= away(from)) return passed;
  for (let i = from.segment; passed.length <= open.length;) {
    i = (i + 1) % open.length;
    passed.push(open[i]);
    if (i === to.segment) break;
  }
  return passed;
}

const turn = (ring) => ring.slice(1).reduce((sum, [x, y], i) => sum + (ring[i][0] * y - x * ring[i][1]), 0);
const closed = (points) => {
  const ring = points.filter((point, i) => i === 0 || !alike(point, points[i - 1]));
  return alike(ring[0], ring.at(-1)) ? ring : [...ring, ring[0]];
};
const holds = (ring, [x, y]) => ring.slice(1).reduce((within, [bx, by], i) => {
  const [ax, ay] = ring[i];
  return (ay > y) !== (by > y) && x < ((bx - ax) * (y - ay)) / (by - ay) + ax ? !within : within;
}, false);

/** Part one polygon: what lies left of the cutting line and what lies right of it; null where the line does not cross it as it must. */
function splitPolygon([outline, ...holes], cut, [from, to]) {
  const open = outline.slice(0, -1);
  const between = cut.filter((_, i) => i > from.along && i < to.along);
  const next = between[0] || to.at;
  if (!holds(outline, [(from.at[0] + next[0]) / 2, (from.at[1] + next[1]) / 2])) return null; // it begins within and leaves
  const rings = [
    closed([from.at, ...forward(open, from, to), to.at, ...between.slice().reverse()]),
    closed([to.at, ...forward(open, to, from), from.at, ...between]),
  ];
  if (rings.some((ring) => ring.length < 4 || turn(ring) === 0)) return null;
  const [left, right] = turn(rings[0]) > 0 ? [rings[1], rings[0]] : rings;
  return [left, right].map((ring) => [ring, ...holes.filter((hole) => holds(ring, hole[0]))]);
}

/** Split an area by a line that crosses each outline twice or never, and no hole; the area left of it and that right of it, or null. */
export function splitAreaBy(geometry, cut) {
  const sides = [[], []];
  let met = 0;
  for (const polygon of geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates]) {
    const found = crossings(polygon[0], cut);
    if (polygon.slice(1).some((hole) => crossings(hole, cut).length)) return null;
    if (!found.length) { sides[0].push(polygon); continue; }
    const halves = found.length === 2 ? splitPolygon(polygon, cut, found) : null;
    if (!halves) return null;
    halves.forEach((half, side) => sides[side].push(half));
    met += 1;
  }
  const areaOf = (parts) => (parts.length === 1 ? { type: "Polygon", coordinates: parts[0] } : { type: "MultiPolygon", coordinates: parts });
  return met ? sides.map(areaOf) : null;
}

/** West, south, east, north of a geometry. */
export function boundsOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (value) => {
    if (typeof value[0] === "number") {
      box[0] = Math.min(box[0], value[0]); box[1] = Math.min(box[1], value[1]);
      box[2] = Math.max(box[2], value[0]); box[3] = Math.max(box[3], value[1]);
    } else value.forEach(walk);
  };
  walk(geometry.coordinates);
  return box;
}

/** Whether coordinates can be written as one list of places: a point, one line, a polygon without holes. */
export const simple = (geometry) => !geometry || geometry.type === "Point" || geometry.type === "LineString" || (geometry.type === "Polygon" && geometry.coordinates.length === 1);

/** Write the places of a simple geometry, one "longitude, latitude" a line; a ring without its repeated end. */
export function coordinateText(geometry) {
  if (!geometry) return "";
  const points = geometry.type === "Point" ? [geometry.coordinates] : geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates[0].slice(0, -1);
  return points.map(([x, y]) => `${+x.toFixed(8)}, ${+y.toFixed(8)}`).join("\n");
}

/** Read places written one a line; give a geometry of the shape, or the number of the line that cannot be read. */
export function readCoordinates(text, shape) {
  const points = [];
  const lines = text.split(/\n/).map((line) => line.trim());
  for (const [i, line] of lines.entries()) {
    if (!line) continue;
    const numbers = line.split(/[\s,，;；]+/).filter(Boolean).map(Number);
    if (numbers.length !== 2 || !numbers.every(Number.isFinite) || Math.abs(numbers[0]) > 180 || Math.abs(numbers[1]) > 90) return { line: i + 1 };
    points.push(numbers);
  }
  const least = { point: 1, line: 2, polygon: 3 }[shape];
  if (points.length < least || (shape === "point" && points.length > 1)) return { few: least };
  if (shape === "point") return { geometry: { type: "Point", coordinates: points[0] } };
  if (shape === "line") return { geometry: { type: "LineString", coordinates: points } };
  return { geometry: { type: "Polygon", coordinates: [[...points, points[0]]] } };
}
