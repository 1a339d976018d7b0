/* Draws a map from plain values and answers as window.XT: on, show, setLayer, removeLayer, select, clear, toggle. */
function startXiangtuMap(map, first) {
  const listeners = {}, options = first.options || {};
  let data = first, areas = null, byCode = new Map(), groups = new Map(), controls = [], picked = null, drawn = null, hatch = null;

  function emit(name, detail) {
    (listeners[name] || []).forEach((listener) => listener(detail));
    if (options.parent && window.parent !== window) window.parent.postMessage({ xiangtu: name, detail }, options.parent);
  }

  /* ---- areas ---- */
  function areaStyle(feature) {
    const k = feature.properties.k;
    return { fill: true, fillColor: k < 0 ? hatch : data.choropleth.colours[k], fillOpacity: 1, color: data.colours.edge, weight: 0.6, opacity: 1, dashArray: null };
  }

  function shownValue(p) {
    return p.v === null ? data.texts.no_data : `${xtNumber(p.v, data.choropleth.decimals, data.language)} ${data.choropleth.unit}`;
  }

  function areaTip(layer) {
    const p = layer.feature.properties, box = xtElement("div");
    box.append(xtElement("strong", "", p.n || p.c), xtElement("div", "", shownValue(p)));
    if (p.s) box.append(xtElement("div", "xt-fake", data.texts.simulated));
    return box;
  }

  function areaTable(p) {
    const c = data.choropleth, t = data.texts, box = xtElement("div", "xt-popup"), table = xtElement("table"), body = xtElement("tbody");
    const whole = (v) => (v === null ? t.unknown : xtNumber(v, Number.isInteger(v) ? 0 : 1, data.language));
    xtRow(body, c.title, shownValue(p));
    if (p.lo !== null && p.hi !== null && p.lo !== p.hi) xtRow(body, t.range, `${xtNumber(p.lo, c.decimals, data.language)} – ${xtNumber(p.hi, c.decimals, data.language)} ${c.unit}`);
    xtRow(body, t.numerator, whole(p.num)); xtRow(body, t.denominator, whole(p.den)); xtRow(body, t.unknown, whole(p.unk));
    if (c.target !== null) {
      const state = p.v === null || (p.lo !== null && p.lo < c.target && p.hi >= c.target) ? t.cannot_be_known : p.v >= c.target ? t.met : t.not_met;
      xtRow(body, `${t.target_line} ${xtNumber(c.target, c.decimals, data.language)}`, state);
    }
    xtRow(body, t.code, p.c);
    table.append(body); box.append(xtElement("strong", "", p.n || p.c), table);
    if (p.s) box.append(xtElement("p", "xt-fake", t.simulated));
    return box;
  }

  function drawAreas() {
    if (areas) areas.remove();
    areas = null; byCode = new Map();
    if (!data.choropleth) return;
    areas = L.geoJSON(data.choropleth.features, {
      style: areaStyle,
      onEachFeature(feature, layer) {
        byCode.set(String(feature.properties.c), layer);
        layer.bindTooltip(areaTip, { sticky: true, direction: "top" });
        layer.on("click", (e) => { L.DomEvent.stopPropagation(e); pick(layer, e.latlng, "choropleth"); });
      },
    }).addTo(map);
  }

  /* ---- layers ---- */
  function featureTable(layer, p) {
    const box = xtElement("div", "xt-popup"), table = xtElement("table"), body = xtElement("tbody");
    layer.details.forEach((detail, i) => {
      const value = p.d[i], yes = data.language === "zh" ? ["否", "是"] : ["no", "yes"];
      const shown = value === null ? data.texts.unknown : typeof value === "boolean" ? yes[+value] : typeof value === "number" ? xtNumber(value, Number.isInteger(value) ? 0 : 1, data.language) : value;
      xtRow(body, detail.title, detail.unit && value !== null ? `${shown} ${detail.unit}` : shown);
    });
    table.append(body); box.append(xtElement("strong", "", p.n || layer.title), xtElement("div", "xt-kind", layer.title), table);
    return box;
  }

  function buildLayer(layer) {
    const symbols = new Map(layer.legend.map((entry) => [entry.key, entry.symbol])), of = (f) => symbols.get(f.properties.k), parts = [];
    const cased = layer.legend.some((entry) => entry.symbol.kind === "line" && entry.symbol.casing);
    if (cased) parts.push(L.geoJSON(layer.features, { interactive: false, filter: (f) => of(f).kind === "line" && of(f).casing, style: (f) => xtLineStyle(of(f), true) }));
    const banded = layer.legend.some((entry) => entry.symbol.band);
    if (banded) parts.push(L.geoJSON(layer.features, { interactive: false, style: (f) => ({ fill: false, color: of(f).band || of(f).outline, weight: of(f).band_width, opacity: of(f).band ? of(f).band_opacity : 0 }) }));
    const passive = layer.legend.every((entry) => entry.symbol.kind === "fill" && (entry.symbol.fill === null || layer.name === "neighbours"));
    parts.push(L.geoJSON(layer.features, {
      interactive: !passive,
      style: (f) => (of(f).kind === "line" ? xtLineStyle(of(f), false) : of(f).kind === "fill" ? xtFillStyle(of(f)) : {}),
      pointToLayer: (f, at) => new XtMarker(at, { symbol: of(f), radius: of(f).size / 2 + 2 }),
      onEachFeature(feature, item) {
        if (passive) return;
        const p = feature.properties;
        if (layer.names && p.n) item.bindTooltip(() => xtElement("span", "", p.n), of(feature).kind === "fill" ? { permanent: true, direction: "center", className: "xt-map-name" } : { permanent: true, direction: "right", offset: [4, 0], className: "xt-map-name" });
        else item.bindTooltip(() => xtElement("div", "", p.n || layer.title), { sticky: true, direction: "top" });
        item.on("click", (e) => { L.DomEvent.stopPropagation(e); pick(item, e.latlng, layer.name, layer); });
      },
    }));
    return L.layerGroup(parts);
  }

  function drawLayers() {
    groups.forEach((group) => group.remove());
    groups = new Map();
    for (const layer of data.layers) {
      groups.set(layer.name, buildLayer(layer));
      if (layer.visible) groups.get(layer.name).addTo(map);
    }
    stack();
  }

  /* Canvas draws in the order of adding: bring the shown layers up again from the lowest to the highest. */
  function stack() {
    for (const layer of data.layers) {
      const group = groups.get(layer.name);
      if (!group || !map.hasLayer(group)) continue;
      group.eachLayer((part) => (layer.order < 1 ? part.bringToBack() : part.bringToFront()));
    }
    if (drawn) drawn.bringToFront();
  }

  function toggle(name, shown) {
    const layer = data.layers.find((item) => item.name === name), group = groups.get(name);
    if (!layer || !group) return false;
    layer.visible = shown;
    if (shown) group.addTo(map); else group.remove();
    stack();
    document.querySelectorAll(".xt-layers input").forEach((input) => { if (input.dataset.layer === name) input.checked = shown; });
    emit("layer", { name, visible: shown });
    return true;
  }

  /* ---- picking ---- */
  function unpick() {
    if (!picked) return;
    const { item, source } = picked;
    if (item instanceof XtMarker) { item.options.picked = null; item.redraw(); }
    else if (source === "choropleth" && areas) areas.resetStyle(item);
    else if (picked.before) item.setStyle(picked.before);
    picked = null;
    map.closePopup();
  }

  function pick(item, at, source, layer) {
    unpick();
    const p = item.feature.properties;
    picked = { item, source };
    if (item instanceof XtMarker) { item.options.picked = data.colours.selected; item.redraw(); }
    else { picked.before = { color: item.options.color, weight: item.options.weight }; item.setStyle({ color: data.colours.selected, weight: 3 }); item.bringToFront(); if (source === "choropleth") stack(); }
    if (options.popups !== false) {
      const content = source === "choropleth" ? areaTable(p) : featureTable(layer, p);
      picked.popup = L.popup({ maxWidth: 340, autoPanPadding: [24, 24] }).setLatLng(at).setContent(content).openOn(map);
    }
    emit("select", { code: p.c, name: p.n, layer: source, lat: at.lat, lng: at.lng });
  }

  function select(code) {
    const item = byCode.get(String(code));
    if (!item) return false;
    map.fitBounds(item.getBounds().pad(1.2), { maxZoom: 15, animate: false });
    pick(item, item.getCenter(), "choropleth");
    return true;
  }

  function clear() {
    unpick();
    if (drawn) { drawn.remove(); drawn = null; }
    emit("clear", {});
  }

  /* ---- drawing a query area ---- */
  function ring(circle) {
    const points = [], centre = circle.getLatLng(), radius = circle.getRadius() / 6371008.8, lat = (centre.lat * Math.PI) / 180;
    for (let i = 0; i <= 64; i += 1) {
      const bearing = (2 * Math.PI * i) / 64;
      const y = Math.asin(Math.sin(lat) * Math.cos(radius) + Math.cos(lat) * Math.sin(radius) * Math.cos(bearing));
      const x = Math.atan2(Math.sin(bearing) * Math.sin(radius) * Math.cos(lat), Math.cos(radius) - Math.sin(lat) * Math.sin(y));
      points.push([+(centre.lng + (x * 180) / Math.PI).toFixed(6), +((y * 180) / Math.PI).toFixed(6)]);
    }
    points[64] = points[0];
    return { type: "Polygon", coordinates: [points] };
  }

  if (options.draw && map.pm) {
    map.pm.setLang(data.language === "zh" ? "zh" : "en");
    map.pm.setPathOptions({ color: data.colours.selected, weight: 2, fillOpacity: 0.08 });
    map.on("pm:create", ({ layer, shape }) => {
      if (drawn) drawn.remove();
      drawn = layer;
      emit("draw", { shape, geometry: layer.getRadius ? ring(layer) : layer.toGeoJSON(6).geometry });
    });
    map.on("pm:remove", ({ layer }) => { if (layer === drawn) { drawn = null; emit("draw", { shape: null, geometry: null }); } });
  }

  /* ---- furniture ---- */
  function furnish() {
    controls.forEach((control) => control.remove());
    controls = [];
    const add = (position, element, first) => {
      const control = xtControl(position, element).addTo(map);
      controls.push(control);
      if (first) element.parentNode.prepend(element);
    };
    if (options.finder !== false && data.choropleth && data.choropleth.features.features.length) add("topleft", xtFinder(data, select), true);
    if (options.heading !== false && data.title) {
      const box = xtElement("header", "xt-box xt-heading");
      box.append(xtElement("h1", "", data.title));
      if (data.subtitle) box.append(xtElement("p", "", data.subtitle));
      add("topleft", box, true);
    }
    if (data.simulated) add("topright", xtElement("div", "xt-simulated", data.texts.simulated));
    if (options.controls !== false && data.layers.length) add("topright", xtLayerList(data, toggle));
    const credits = xtElement("footer", "xt-credits");
    data.credits.forEach((line) => credits.append(xtElement("span", "", line)));
    add("bottomright", credits);
    if (options.controls !== false && data.choropleth) add("bottomright", xtLegend(data));
  }

  function show(values) {
    unpick();
    data = { ...values, options };
    hatch = xtHatch(data.hatch);
    Object.assign(xtShapes, data.shapes);
    document.documentElement.lang = data.language === "zh" ? "zh-CN" : "en";
    drawAreas(); drawLayers(); furnish();
  }

  function setLayer(layer) {
    removeLayer(layer.name);
    data.layers = [...data.layers, layer].sort((a, b) => a.order - b.order);
    groups.set(layer.name, buildLayer(layer));
    if (layer.visible) groups.get(layer.name).addTo(map);
    stack(); furnish();
  }

  function removeLayer(name) {
    if (picked && picked.source === name) unpick();
    if (groups.has(name)) { groups.get(name).remove(); groups.delete(name); }
    data.layers = data.layers.filter((item) => item.name !== name);
    furnish();
  }

  const narrow = () => map.getContainer().clientWidth < 480;
  const whole = () => {
    const low = narrow() ? map.getContainer().querySelector(".xt-credits")?.offsetHeight ?? 0 : 0; // a small map stays clear of its credits
    map.fitBounds(data.bounds, { paddingTopLeft: [8, 8], paddingBottomRight: [8, 8 + low], animate: false });
  };
  const ends = { select, clear, toggle, show, setLayer, removeLayer, whole, on(name, listener) { (listeners[name] = listeners[name] || []).push(listener); return ends; } };

  document.body.append(xtHatchPattern(data.hatch));
  L.control.zoom({ position: "topleft", zoomInTitle: data.texts.zoom_in, zoomOutTitle: data.texts.zoom_out }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
  const home = xtElement("button", "xt-home", "⤢");
  home.type = "button"; home.title = data.texts.whole_area; home.setAttribute("aria-label", data.texts.whole_area);
  home.addEventListener("click", whole);
  xtControl("topleft", home).addTo(map);
  const place = xtElement("div", "xt-place");
  xtControl("bottomleft", place).addTo(map);
  map.on("mousemove", (e) => { place.textContent = `${e.latlng.lng.toFixed(5)}, ${e.latlng.lat.toFixed(5)}`; });
  map.on("moveend", () => { const at = map.getCenter(); emit("move", { lat: +at.lat.toFixed(5), lng: +at.lng.toFixed(5), zoom: map.getZoom() }); });
  map.on("click", () => { if (picked) { unpick(); emit("clear", {}); } });
  map.on("popupclose", ({ popup }) => { if (picked && picked.popup === popup) unpick(); });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") clear(); });
  map.getContainer().setAttribute("aria-label", data.title);
  map.getContainer().setAttribute("role", "application");
  window.addEventListener("message", (e) => {
    if (!options.parent || e.source !== window.parent || (options.parent !== "*" && e.origin !== options.parent)) return;
    const { xiangtu: command, values = [] } = e.data || {};
    if (["select", "clear", "toggle", "show", "setLayer", "removeLayer", "whole"].includes(command)) ends[command](...values);
  });
  whole(); show(data);
  if (narrow()) whole();
  setTimeout(() => emit("ready", {}));
  return ends;
}
