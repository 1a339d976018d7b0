/* Layers drawn from vector tiles in the framed map. The frame reaches no server: it asks the page around it for every tile. */
(() => {
  const map = window.MAP;
  const host = new URL(window.location.href).origin;
  const layers = new Map();
  const waiting = new Map();
  const BRUSH = 8;
  let tickets = 0;
  let tip = null;
  const send = (name, detail) => window.parent.postMessage({ xiangtu: name, detail }, host);

  const pane = map.createPane("xt-tiles");
  pane.style.zIndex = 450;
  pane.style.pointerEvents = "none";

  /* ---- tiles come as messages ---- */
  function source(name) {
    return {
      getZxy(z, x, y, signal) {
        const ticket = (tickets += 1);
        return new Promise((resolve, reject) => {
          waiting.set(ticket, (data) => resolve(data ? { data } : undefined));
          signal?.addEventListener("abort", () => {
            waiting.delete(ticket);
            reject(new DOMException("another zoom", "AbortError"));
          });
          send("tile", { layer: name, z, x, y, ticket });
        });
      },
    };
  }
  function tile({ ticket, data }) {
    waiting.get(ticket)?.(data);
    waiting.delete(ticket);
  }

  /* ---- symbols: the same as of the GeoJSON layers ---- */
  function trace(context, geometry, closed) {
    context.beginPath();
    for (const part of geometry) {
      part.forEach((point, i) => (i ? context.lineTo(point.x, point.y) : context.moveTo(point.x, point.y)));
      if (closed) context.closePath();
    }
  }
  function stroke(context, colour, width, { dash = [], opacity = 1, round = false } = {}) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.globalAlpha = opacity;
    context.lineCap = round && !dash.length ? "round" : "butt";
    context.lineJoin = "round";
    context.setLineDash(dash.map((part) => Math.max(part, 1)));
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
  /* What is too small for its own shape at this zoom comes as a point. */
  function dot(context, geometry, colour) {
    context.fillStyle = colour;
    for (const [point] of geometry) context.fillRect(point.x - 1, point.y - 1, 2, 2);
  }
  function marker(context, geometry, s) {
    for (const part of geometry) for (const point of part) drawMarker(context, point, s);
  }
  function drawMarker(c, p, s) {
    const corners = xtShapes[s.shape] || [];
    const outline = () => {
      c.beginPath();
      if (corners.length) xtTracePath(c, corners, p.x, p.y, s.size);
      else c.arc(p.x, p.y, s.size / 2, 0, Math.PI * 2);
    };
    outline();
    c.fillStyle = s.half ? "#ffffff" : s.fill || "rgba(255,255,255,.01)";
    c.fill();
    if (s.half) {
      c.save();
      c.clip();
      c.fillStyle = s.fill;
      c.fillRect(p.x - s.size, p.y, 2 * s.size, s.size);
      c.restore();
      outline();
    }
    stroke(c, s.outline, s.outline_width);
    if (s.dot) {
      c.beginPath();
      c.arc(p.x, p.y, s.size / 5, 0, Math.PI * 2);
      c.fillStyle = s.dot;
      c.fill();
    }
  }
  function draw(symbol) {
    return (context, geometry, zoom, feature) => {
      if (symbol.kind === "point") return marker(context, geometry, symbol);
      if (feature.geomType === 1) return dot(context, geometry, (symbol.kind === "line" ? symbol.colour : symbol.fill || symbol.outline));
      if (symbol.kind === "line") {
        trace(context, geometry, false);
        return stroke(context, symbol.colour, Math.max(symbol.width, 0.6), { dash: symbol.dash, round: symbol.round_caps });
      }
      trace(context, geometry, true);
      if (symbol.fill) {
        context.globalAlpha = symbol.opacity;
        context.fillStyle = symbol.fill;
        context.fill("evenodd");
        context.globalAlpha = 1;
      }
      if (symbol.band) stroke(context, symbol.band, symbol.band_width, { opacity: symbol.band_opacity });
      if (symbol.outline) stroke(context, symbol.outline, Math.max(symbol.outline_width, 0.5), { dash: symbol.dash });
      return undefined;
    };
  }
  function casing(symbol) {
    return (context, geometry, zoom, feature) => {
      if (feature.geomType === 1) return;
      trace(context, geometry, false);
      stroke(context, symbol.casing, Math.max(symbol.casing_width, 0.6), { round: true });
    };
  }
  function rules({ name, legend, hidden }) {
    const shown = legend.filter((entry) => !hidden.includes(entry.key.split("/")[0])).reverse();
    const rule = (entry, how) => ({ dataLayer: name, symbolizer: { draw: how }, filter: (zoom, feature) => feature.props.k === entry.key });
    return [
      ...shown.filter((entry) => entry.symbol.casing).map((entry) => rule(entry, casing(entry.symbol))),
      ...shown.map((entry) => rule(entry, draw(entry.symbol))),
    ];
  }

  /* ---- layers ---- */
  function tiles(layer) {
    untile({ name: layer.name });
    const drawn = protomapsL.leafletLayer({
      url: source(layer.name), paintRules: rules(layer), labelRules: [], attribution: "", pane: "xt-tiles",
      levelDiff: 1, maxDataZoom: layer.deepest, zIndex: Math.round(layer.order * 10), noWrap: true, maxZoom: 20, updateWhenZooming: false,
    });
    drawn.on("load", () => send("tiled", { layer: layer.name, version: layer.version }));
    layers.set(layer.name, { drawn, hidden: layer.hidden, order: layer.order });
    drawn.addTo(map);
  }
  function untile({ name }) {
    layers.get(name)?.drawn.remove();
    layers.delete(name);
  }

  /* ---- hovering and picking ---- */
  function at(latlng) {
    for (const [name, { drawn, hidden }] of [...layers].sort((a, b) => b[1].order - a[1].order)) {
      for (const found of drawn.queryTileFeaturesDebug(latlng.lng, latlng.lat, BRUSH).values()) {
        const hit = found.find(({ feature }) => !hidden.includes(String(feature.props.k).split("/")[0]));
        if (hit) return { name, props: hit.feature.props };
      }
    }
    return null;
  }
  map.getContainer().addEventListener("click", (event) => {
    if (!layers.size || event.target.closest(".leaflet-control, .leaflet-popup") || map.dragging.moved() || map.pm?.globalDrawModeEnabled()) return;
    const latlng = map.mouseEventToLatLng(event);
    const hit = at(latlng);
    if (!hit) return;
    event.stopImmediatePropagation();
    send("select", { code: hit.props.id, name: hit.props.n, layer: hit.name, lat: latlng.lat, lng: latlng.lng });
  }, true);
  let resting = 0;
  map.on("mousemove", ({ latlng }) => {
    clearTimeout(resting);
    tip?.remove();
    tip = null;
    if (!layers.size) return;
    resting = setTimeout(() => {
      const hit = at(latlng);
      if (hit?.props.n) tip = L.tooltip({ direction: "bottom", offset: [0, 8] }).setLatLng(latlng).setContent(xtElement("div", "", hit.props.n)).addTo(map);
    }, 80);
  });

  const ends = { tiles, untile, tile };
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== host) return;
    const { workbench: command, value = {} } = event.data || {};
    if (Object.hasOwn(ends, command)) ends[command](value);
  });
  window.XTT = { layers, at };
})();
