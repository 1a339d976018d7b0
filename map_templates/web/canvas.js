/* Markers, cased lines and the no-data hatch on Leaflet's canvas; sizes come from the symbols of the map, in pixels. */
const xtShapes = {};

function xtTracePath(context, corners, x, y, size) {
  corners.forEach(([dx, dy], i) => (i ? context.lineTo : context.moveTo).call(context, x + dx * size, y - dy * size));
  context.closePath();
}

L.Canvas.include({
  _xtMarker(layer) {
    if (!this._drawing || layer._empty()) return;
    const s = layer.options.symbol, c = this._ctx, p = layer._point, corners = xtShapes[s.shape] || [];
    const outline = () => {
      c.beginPath();
      if (corners.length) xtTracePath(c, corners, p.x, p.y, s.size);
      else c.arc(p.x, p.y, s.size / 2, 0, Math.PI * 2);
    };
    c.globalAlpha = 1;
    c.lineJoin = "round";
    if (layer.options.picked) {
      outline(); c.lineWidth = s.outline_width + 5; c.strokeStyle = layer.options.picked; c.stroke();
    }
    outline();
    c.fillStyle = s.half ? "#ffffff" : (s.fill || "rgba(255,255,255,.01)");
    c.fill();
    if (s.half) {
      c.save(); outline(); c.clip(); c.fillStyle = s.fill; c.fillRect(p.x - s.size, p.y, 2 * s.size, s.size); c.restore();
      outline();
    }
    c.lineWidth = s.outline_width; c.strokeStyle = s.outline; c.stroke();
    if (s.dot) { c.beginPath(); c.arc(p.x, p.y, s.size / 5, 0, Math.PI * 2); c.fillStyle = s.dot; c.fill(); }
  },
});

const XtMarker = L.CircleMarker.extend({
  _updatePath() { this._renderer._xtMarker(this); },
});

/* One 45° line per tile, drawn so that tiles join; works as the fill of a canvas path. */
function xtHatch(hatch) {
  const n = Math.max(4, Math.round(hatch.spacing * 1.4)), tile = document.createElement("canvas");
  tile.width = tile.height = n;
  const c = tile.getContext("2d");
  c.fillStyle = hatch.fill; c.fillRect(0, 0, n, n);
  c.strokeStyle = hatch.line; c.lineWidth = 1;
  for (const shift of [-n, 0, n]) { c.beginPath(); c.moveTo(shift, n); c.lineTo(shift + n, 0); c.stroke(); }
  return c.createPattern(tile, "repeat");
}

function xtLineStyle(symbol, casing) {
  return {
    color: casing ? symbol.casing : symbol.colour,
    weight: Math.max(casing ? symbol.casing_width : symbol.width, 0.6),
    dashArray: !casing && symbol.dash.length ? symbol.dash.map((d) => Math.max(d, 1)).join(",") : null,
    lineCap: symbol.round_caps && !symbol.dash.length ? "round" : "butt",
    fill: false,
  };
}

function xtFillStyle(symbol) {
  return {
    fill: symbol.fill !== null, fillColor: symbol.fill, fillOpacity: symbol.opacity,
    stroke: symbol.outline !== null, color: symbol.outline, weight: Math.max(symbol.outline_width, 0.5), opacity: 1,
    dashArray: symbol.dash.length ? symbol.dash.map((d) => Math.max(d, 1)).join(",") : null, lineCap: "butt",
  };
}
