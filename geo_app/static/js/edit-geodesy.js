// Length and area on the ellipsoid of CGCS2000 (GRS80 axes, GB 22021): what is shown while drawing agrees with what is stored.

const A = 6378137;
const F = 1 / 298.257222101;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const rad = (degrees) => (degrees * Math.PI) / 180;
/** Difference of longitudes the short way round, in radians; a small one is exact, which the area of a yard needs. */
const turnOf = (from, to) => { const by = to - from; return rad(by > 180 ? by - 360 : by < -180 ? by + 360 : by); };

/** Distance in metres between two [longitude, latitude] along the geodesic (Vincenty 1975, inverse), to a tenth of a millimetre. */
export function distance([lon1, lat1], [lon2, lat2]) {
  if (lon1 === lon2 && lat1 === lat2) return 0;
  const L = turnOf(lon1, lon2);
  const U1 = Math.atan((1 - F) * Math.tan(rad(lat1)));
  const U2 = Math.atan((1 - F) * Math.tan(rad(lat2)));
  const [s1, c1, s2, c2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)];
  let lambda = L;
  for (let i = 0; i < 200; i += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sinS = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinS === 0) return 0;
    const cosS = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sinS, cosS);
    const sinA = (c1 * c2 * sl) / sinS;
    const cos2A = 1 - sinA * sinA;
    const cos2M = cos2A === 0 ? 0 : cosS - (2 * s1 * s2) / cos2A;
    const C = (F / 16) * cos2A * (4 + F * (4 - 3 * cos2A));
    const before = lambda;
    lambda = L + (1 - C) * F * sinA * (sigma + C * sinS * (cos2M + C * cosS * (2 * cos2M * cos2M - 1)));
    if (Math.abs(lambda - before) < 1e-13) {
      const u2 = (cos2A * (A * A - B * B)) / (B * B);
      const k1 = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
      const k2 = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
      const more = k2 * sinS * (cos2M + (k2 / 4) * (cosS * (2 * cos2M * cos2M - 1) - (k2 / 6) * cos2M * (4 * sinS * sinS - 3) * (4 * cos2M * cos2M - 3)));
      return B * k1 * (sigma - more);
    }
  }
  return NaN; // nearly opposite points of the globe: no edit has them
}

/** Length in metres of a line of [longitude, latitude]. */
export function lineLength(points) {
  let total = 0;
  for (let i = 1; i < points.length; i += 1) total += distance(points[i - 1], points[i]);
  return total;
}

const q = (s) => (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E);
const QP = q(1);
/** Square of the radius of the sphere with the ellipsoid's surface. */
const R2 = (A * A * QP) / 2;

/** Tangent of half the authalic latitude: the latitude on the sphere of equal area. */
function halfTangent(lat) {
  const s = Math.max(-1, Math.min(1, q(Math.sin(rad(lat))) / QP));
  return s / (1 + Math.sqrt(Math.max(0, 1 - s * s)));
}

/**
 * Area in square metres inside a ring of [longitude, latitude].
 *
 * Latitudes become authalic ones, which keep every area exactly; edges are great circles of that sphere instead of geodesics of
 * the ellipsoid, which for edges of 1 km moves the area by some 1e-8 of itself and for edges of 100 km by some 1e-5.
 */
export function ringArea(ring) {
  let total = 0;
  for (let i = 1; i < ring.length; i += 1) {
    const turn = turnOf(ring[i - 1][0], ring[i][0]);
    const [t1, t2] = [halfTangent(ring[i - 1][1]), halfTangent(ring[i][1])];
    total += 2 * Math.atan2(Math.tan(turn / 2) * (t1 + t2), 1 + t1 * t2);
  }
  return Math.abs(total) * R2;
}

const polygonArea = (rings) => rings.reduce((total, ring, i) => total + (i ? -1 : 1) * ringArea(ring), 0);
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Measure a GeoJSON geometry: `length_m` of lines, `area_m2` and `perimeter_m` of polygons, `vertices` of any. */
export function measure(geometry) {
  if (!geometry) return { vertices: 0 };
  const c = geometry.coordinates;
  switch (geometry.type) {
    case "LineString": return { length_m: lineLength(c), vertices: c.length };
    case "MultiLineString": return { length_m: sum(c.map(lineLength)), vertices: sum(c.map((line) => line.length)) };
    case "Polygon": return { area_m2: polygonArea(c), perimeter_m: sum(c.map(lineLength)), vertices: sum(c.map((ring) => ring.length - 1)) };
    case "MultiPolygon": return { area_m2: sum(c.map(polygonArea)), perimeter_m: sum(c.flat().map(lineLength)), vertices: sum(c.flat().map((ring) => ring.length - 1)) };
    case "MultiPoint": return { vertices: c.length };
    default: return { vertices: 1 };
  }
}
