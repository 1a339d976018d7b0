/* What the workbench asks of the framed map beyond window.XT: where to look, what to mark, what to draw or measure. */
(() => {
  const map = window.MAP;
  const host = new URL(window.location.href).origin;
  let mark = null;
  let measuring = null;

  /* While drawing or measuring, a click belongs to the drawing, not to what lies below it. */
  const fire = L.Canvas.prototype._fireEvent;
  L.Canvas.include({
    _fireEvent(layers, event, type) {
      return fire.call(this, map.pm.globalDrawModeEnabled() ? false : layers, event, type);
    },
  });

  const send = (name, detail) => window.parent.postMessage({ xiangtu: name, detail }, host);

  function view({ lat, lng, zoom }) {
    map.setView([lat, lng], zoom, { animate: false });
  }
  /* Look at a box [west, south, east, north] and put a ring around it. */
  function focus({ bounds, move = true }) {
    if (mark) mark.remove();
    mark = null;
    if (!bounds) return;
    const [west, south, east, north] = bounds;
    const box = L.latLngBounds([south, west], [north, east]);
    const small = box.getNorthEast().equals(box.getSouthWest(), 1e-5);
    if (move) map.fitBounds(box, { maxZoom: 12, padding: [80, 80], animate: false });
    mark = small ? L.circleMarker(box.getCenter(), { radius: 14, color: "#d55e00", weight: 3, fill: false, interactive: false })
      : L.rectangle(box, { color: "#d55e00", weight: 2, dashArray: "6 4", fill: false, interactive: false });
    mark.addTo(map);
  }
  function draw({ shape }) {
    map.pm.disableDraw();
    if (shape) map.pm.enableDraw(shape, { snappable: true, finishOn: shape === "Polygon" ? "dblclick" : undefined });
  }
  function measure({ on }) {
    map.pm.disableDraw();
    if (measuring) measuring.remove();
    measuring = null;
    if (on) map.pm.enableDraw("Line", { snappable: false, finishOn: "dblclick" });
  }
  function box() {
    const b = map.getBounds();
    const at = map.getCenter();
    send("box", { bbox: [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()], lat: +at.lat.toFixed(5), lng: +at.lng.toFixed(5), zoom: map.getZoom() });
  }
  /* Length along the line on the sphere; the workbench says so. */
  map.on("pm:create", ({ layer, shape }) => {
    if (shape !== "Line") return;
    measuring = layer;
    const points = layer.getLatLngs();
    let length = 0;
    for (let i = 1; i < points.length; i += 1) length += map.distance(points[i - 1], points[i]);
    send("measured", { length_m: length });
  });
  const ends = { view, focus, draw, measure, box };
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== host) return;
    const { workbench: command, value = {} } = event.data || {};
    if (Object.hasOwn(ends, command)) ends[command](value);
  });
  map.on("moveend resize", box);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { map.pm.disableDraw(); send("escape", {}); }
  });
  window.addEventListener("resize", () => map.invalidateSize());
  send("loaded", {});
  box();
})();
