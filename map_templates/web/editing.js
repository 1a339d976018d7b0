/* Edit mode of the framed map: draws what the page hands over, lets a person draw, move, drag, cut and point, and tells the
   page what came of it. The page keeps the features; this file keeps nothing that the page does not know. */
function startXiangtuEditing(map, data) {
  const options = data.options || {}, colours = data.colours;
  const items = new Map(), references = new Map(), ghosts = L.layerGroup().addTo(map);
  let selected = null, mode = "none", tool = "select", symbols = {}, waiting = 0, dragging = false, quiet = 0, fits = 0;

  const send = (name, detail) => window.parent.postMessage({ xiangtu: name, detail }, options.parent);

  map.createPane("xt-edit").style.zIndex = 450;
  const renderer = L.canvas({ pane: "xt-edit", tolerance: 8, padding: 0.2 });
  const base = { pane: "xt-edit", renderer };
  const icon = (name) => L.divIcon({ className: `xt-point ${name}`, iconSize: [18, 18] });
  map.eachLayer((layer) => { if (layer.options) { layer.options.snapIgnore = true; layer.options.pmIgnore = true; } });
  map.pm.setLang(data.language === "zh" ? "zh" : "en");
  map.pm.setGlobalOptions({ snappable: true, snapDistance: 15, snapSegment: true, allowSelfIntersection: true, removeLayerBelowMinVertexCount: false, draggable: true, removeVertexOn: "contextmenu", layerGroup: map });
  map.pm.setPathOptions({ color: colours.selected, weight: 3, fillOpacity: 0.12 });

  /* ---- features of the layer that is edited ---- */
  const look = {
    line: (symbol) => xtLineStyle(symbol, false),
    fill: (symbol) => ({ ...xtFillStyle(symbol), fill: true, fillColor: symbol.fill || "#ffffff", fillOpacity: symbol.fill ? symbol.opacity : 0.01 }),
  };
  function style(item) {
    const symbol = symbols[item.k] || symbols.line || symbols.area || symbols.point || {};
    const found = look[symbol.kind] ? { ...look[symbol.kind](symbol) } : {};
    if (item.state === "deleted") return { ...found, color: colours.ink, opacity: 0.35, fillOpacity: 0.05, dashArray: "2 6" };
    if (item.id === selected) return { ...found, stroke: true, color: colours.selected, weight: Math.max(found.weight || 0, 3), opacity: 1, dashArray: null };
    if (item.state !== "same") return { ...found, stroke: true, color: colours.accent, weight: Math.max(found.weight || 0, 3), opacity: 1, dashArray: item.state === "conflict" ? "8 4" : null };
    return found;
  }
  function pointMarker(item, at) {
    const symbol = symbols[item.k] || symbols.point || { shape: "circle", size: 8, fill: colours.accent, outline: "#ffffff", outline_width: 1 };
    if (item.id === selected && item.state !== "deleted") return L.marker(at, { icon: icon("on"), title: item.name || "", alt: item.name || "", keyboard: true });
    const ring = item.state === "deleted" ? colours.ink : item.state === "same" ? null : colours.accent;
    return new XtMarker(at, { ...base, symbol: { ...symbol, kind: "point" }, radius: symbol.size / 2 + 4, picked: ring, resizeableCircleMarker: false });
  }
  const parts = (layer) => (layer.getLayers ? layer.getLayers() : [layer]);
  function build(item) {
    if (!item.geometry) return null;
    const made = L.geoJSON({ type: "Feature", geometry: item.geometry, properties: {} }, { ...base, style: () => style(item), pointToLayer: (_, at) => pointMarker(item, at) });
    const layers = made.getLayers();
    const single = layers.length === 1 && !layers[0].getLayers ? layers[0] : made;
    for (const part of parts(single)) {
      part.options.snapIgnore = item.state === "deleted";
      part.on("click", (event) => { if (tool === "select" || tool === "splitAt") { L.DomEvent.stopPropagation(event); clicked(item.id, event.latlng); } });
      if (item.name && !(part instanceof L.Marker)) part.bindTooltip(() => xtElement("span", "", item.name), { sticky: true, direction: "top", pane: "tooltipPane" });
    }
    return single;
  }
  function clicked(id, at) {
    if (dragging || Date.now() < quiet) return;
    if (tool === "splitAt") { if (id === selected) send("edit:splitAt", { id, lng: at.lng, lat: at.lat }); return; }
    send("edit:picked", { id });
  }
  const geometryOf = (layer) => {
    if (!layer) return null;
    const found = layer.toGeoJSON(false);
    return found.type === "FeatureCollection" ? (found.features[0] || {}).geometry : found.geometry;
  };
  const text = (geometry) => JSON.stringify(geometry || null);

  function put(item, redraw) {
    const held = items.get(item.id);
    if (held && held.layer && item.id === selected && (dragging || document.querySelector(".leaflet-dragging, .leaflet-drag-target"))) return; // features of a new view arrive while a corner is in hand
    if (held && held.layer && !redraw && text(geometryOf(held.layer)) === text(item.geometry)) {
      const changed = held.state !== item.state || held.k !== item.k || held.name !== item.name;
      Object.assign(held, item);
      if (!changed) return;
      if (!parts(held.layer).some((part) => part instanceof XtMarker || part instanceof L.Marker)) { parts(held.layer).forEach((part) => part.setStyle(style(held))); return; }
    }
    if (held && held.layer) drop(held);
    const made = { ...held, ...item, layer: null };
    made.layer = build(made);
    items.set(item.id, made);
    if (made.layer) made.layer.addTo(map);
    if (item.id === selected) arm();
  }
  function drop(item) {
    parts(item.layer).forEach((part) => { if (part.pm) { part.pm.disable(); if (part.pm.layerDragEnabled && part.pm.layerDragEnabled()) part.pm.disableLayerDrag(); } });
    item.layer.remove();
  }

  /* ---- the selected one: its vertices, or the whole of it ---- */
  function disarm() {
    const item = items.get(selected);
    if (!item || !item.layer) return;
    parts(item.layer).forEach((part) => { if (part.pm) { part.pm.disable(); if (part.pm.layerDragEnabled()) part.pm.disableLayerDrag(); } });
  }
  /* Adding a corner by dragging its ghost tells of the corner first and of the drag after: one step for the person, so wait. */
  function commit(what) {
    clearTimeout(waiting);
    waiting = setTimeout(() => flush(what), 40);
  }
  function flush(what) {
    clearTimeout(waiting);
    const item = items.get(selected);
    if (dragging || !item || !item.layer || item.state === "deleted") return;
    const geometry = geometryOf(item.layer);
    if (text(geometry) === text(item.geometry)) return;
    item.geometry = geometry;
    send("edit:changed", { id: item.id, geometry, what });
  }
  /* A snapped corner leaves the cursor behind: the click that ends the drag then falls on the map and means nothing. */
  function dragEnded(what) {
    dragging = false;
    quiet = Date.now() + 300;
    flush(what);
  }
  function live(geometry) { send("edit:live", { geometry }); }
  function arm() {
    disarm();
    const item = items.get(selected);
    if (!item || !item.layer || item.state === "deleted" || mode === "none" || tool !== "select" || item.layer instanceof L.LayerGroup) return;
    const layer = item.layer;
    layer.off("pm:edit pm:markerdragstart pm:markerdragend pm:dragend pm:change pm:drag pm:dragstart");
    layer.on("pm:markerdragstart pm:dragstart", () => { dragging = true; });
    layer.on("pm:markerdragend", () => dragEnded("vertices"));
    layer.on("pm:dragend", () => dragEnded("drag"));
    layer.on("pm:edit", () => commit("vertices"));
    layer.on("pm:change pm:drag", () => live(geometryOf(layer)));
    if (mode === "drag" && !(layer instanceof L.Marker)) { layer.pm.setOptions({ draggable: true, snappable: false }); layer.pm.enableLayerDrag(); }
    else layer.pm.enable({ ...snapping(), draggable: layer instanceof L.Marker, allowSelfIntersection: true, removeLayerBelowMinVertexCount: false, removeVertexOn: "contextmenu" });
  }
  let snap = { on: true, distance: 15 };
  const snapping = () => ({ snappable: snap.on, snapDistance: snap.distance, snapSegment: true });

  /* ---- tools ---- */
  const shapeNames = { point: "Marker", line: "Line", polygon: "Polygon", splitLine: "Line", cut: "Cut" };
  function ended() { tool = "select"; send("edit:tool", { tool }); arm(); }
  function use({ name, shape, quiet }) {
    map.pm.disableDraw();
    tool = name;
    disarm();
    map.getContainer().classList.toggle("xt-splitting", name === "splitAt");
    if (name === "select") arm();
    else if (name === "draw") map.pm.enableDraw(shapeNames[shape], { ...snapping(), finishOn: shape === "point" ? null : "dblclick", continueDrawing: false, tooltips: true, markerStyle: { icon: icon("on") } });
    else if (name === "splitLine") map.pm.enableDraw("Line", { ...snapping(), finishOn: "dblclick", continueDrawing: false });
    else if (name === "cut") map.pm.enableDraw("Cut", { ...snapping(), finishOn: "dblclick", continueDrawing: false, layersToCut: [items.get(selected).layer] });
    if (!quiet) send("edit:tool", { tool });
  }
  map.on("pm:create", ({ layer, shape }) => {
    const geometry = geometryOf(layer);
    layer.remove();
    if (tool === "splitLine" && shape === "Line") send("edit:splitLine", { id: selected, geometry });
    else if (tool === "draw") send("edit:created", { geometry });
    setTimeout(ended);
  });
  map.on("pm:cut", ({ layer }) => {
    const found = parts(layer).map((part) => part.toGeoJSON(false).geometry);
    layer.remove();
    const id = selected, item = items.get(id);
    item.layer = build(item);
    item.layer.addTo(map);
    send("edit:cut", { id, geometries: found });
    setTimeout(() => { map.pm.disableDraw(); ended(); });
  });
  /* What is being drawn, with the cursor as its last corner. */
  map.on("mousemove", ({ latlng }) => {
    if (tool !== "draw" && tool !== "splitLine" && tool !== "cut") return;
    const drawing = map.pm.Draw[map.pm.Draw.getActiveShape()];
    const hint = drawing && drawing._hintMarker ? drawing._hintMarker.getLatLng() : latlng;
    const points = drawing && drawing._layer && drawing._layer.getLatLngs ? drawing._layer.getLatLngs().flat() : [];
    const line = [...points, hint].map((at) => [at.lng, at.lat]);
    const polygon = map.pm.Draw.getActiveShape() !== "Line" && line.length > 2;
    live(line.length < 2 ? { type: "Point", coordinates: line[0] } : polygon ? { type: "Polygon", coordinates: [[...line, line[0]]] } : { type: "LineString", coordinates: line });
  });
  map.on("click", () => { if (tool === "select" && selected !== null && !dragging && Date.now() > quiet) send("edit:picked", { id: null }); });

  /* ---- what the page asks for ---- */
  const ends = {
    editSymbols(value) { symbols = value; },
    editShow({ features, symbols: given }) {
      if (given) symbols = { ...symbols, ...given };
      const wanted = new Set(features.map((item) => item.id));
      for (const [id, item] of items) if (!wanted.has(id)) { if (item.layer) drop(item); items.delete(id); }
      for (const item of features) put(item, false);
    },
    editSelect({ id, how }) {
      dragging = false;
      flush(mode);
      disarm();
      const before = selected;
      selected = id;
      mode = how || "vertices";
      for (const one of new Set([before, id])) if (items.has(one) && items.get(one).layer) put(items.get(one), parts(items.get(one).layer).some((part) => part instanceof XtMarker || part instanceof L.Marker));
      for (const one of [before, id]) { const item = items.get(one); if (item && item.layer && !(item.layer instanceof L.Marker)) parts(item.layer).forEach((part) => part.setStyle && !(part instanceof XtMarker) && part.setStyle(style(item))); }
      if (items.has(id) && items.get(id).layer && items.get(id).layer.bringToFront) items.get(id).layer.bringToFront();
      arm();
    },
    editTool: use,
    editSnap(value) { snap = value; map.pm.setGlobalOptions({ snappable: snap.on, snapDistance: snap.distance }); arm(); },
    editReference({ name, features, symbols: given, snapped }) {
      ends.editReferenceOff({ name });
      const of = (feature) => given[feature.k] || given.line || given.area;
      references.set(name, L.geoJSON(features, {
        interactive: false, pmIgnore: true, snapIgnore: !snapped,
        style: (feature) => ({ ...(of(feature).kind === "line" ? xtLineStyle(of(feature), false) : of(feature).kind === "fill" ? xtFillStyle(of(feature)) : {}), opacity: 0.7 }),
        pointToLayer: (feature, at) => new XtMarker(at, { interactive: false, pmIgnore: true, snapIgnore: !snapped, symbol: of(feature), radius: of(feature).size / 2 + 2 }),
      }).addTo(map));
    },
    editReferenceOff({ name }) { if (references.has(name)) { references.get(name).remove(); references.delete(name); } },
    editGhosts({ shapes }) {
      ghosts.clearLayers();
      const ghostStyle = { interactive: false, snapIgnore: true, pmIgnore: true, pane: "xt-edit", renderer };
      let box = null;
      for (const { geometry, role, label } of shapes) {
        if (!geometry) continue;
        const look_ = { mine: { color: colours.selected, weight: 4 }, theirs: { color: colours.accent, weight: 4, dashArray: "9 5" }, base: { color: colours.ink, weight: 1.5, dashArray: "2 4", opacity: 0.7 } }[role];
        const made = L.geoJSON(geometry, { ...ghostStyle, style: () => ({ ...look_, fillOpacity: 0.08 }), pointToLayer: (_, at) => L.circleMarker(at, { ...ghostStyle, ...look_, radius: 8, fill: false }) });
        made.addTo(ghosts);
        const says = xtElement("strong", "", label);
        says.style.color = look_.color;
        made.eachLayer((part) => part.bindTooltip(says, { permanent: role !== "base", direction: role === "mine" ? "right" : "left", offset: role === "mine" ? [40, -24] : [-40, 24] }));
        box = box ? box.extend(made.getBounds()) : made.getBounds();
      }
      if (box && box.isValid()) map.fitBounds(box.pad(0.5), { maxZoom: 17, animate: false });
    },
    editFit({ bounds: [west, south, east, north] }) { fits += 1; map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [60, 60], animate: false }); },
    editFinish() { const drawing = map.pm.Draw[map.pm.Draw.getActiveShape()]; if (drawing && drawing._finishShape) drawing._finishShape(); },
    editBackOne() { const drawing = map.pm.Draw[map.pm.Draw.getActiveShape()]; if (drawing && drawing._removeLastVertex) drawing._removeLastVertex(); },
  };
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || (options.parent !== "*" && event.origin !== options.parent)) return;
    const { workbench: command, value = {} } = event.data || {};
    if (typeof command === "string" && command.startsWith("edit") && Object.hasOwn(ends, command)) ends[command](value);
  });
  document.addEventListener("keydown", (event) => {
    const drawing = tool !== "select";
    if (event.key === "Enter" && drawing) { ends.editFinish(); return; }
    if (event.key === "Escape" && drawing) { use({ name: "select" }); return; }
    if (event.key === "Backspace" && drawing) { ends.editBackOne(); return; }
    const command = event.ctrlKey || event.metaKey;
    if (event.key === "Delete" || event.key === "Escape" || (command && ["z", "y", "s"].includes(event.key.toLowerCase()))) {
      event.preventDefault();
      send("edit:key", { key: event.key, command, shift: event.shiftKey });
    }
  });
  send("edit:ready", {});
  return { items, references, ends, state: () => ({ selected, mode, tool, fits }) };
}
