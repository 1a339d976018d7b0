/* The furniture of the map: legend, list of layers, credits, finder. Text of the data is only ever set as textContent. */
function xtElement(tag, className, content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (content !== undefined && content !== null) element.textContent = String(content);
  return element;
}

function xtSvg(tag, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (parent) parent.append(element);
  return element;
}

function xtHatchPattern(hatch) {
  const svg = xtSvg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "xt-defs" });
  const pattern = xtSvg("pattern", {
    id: "xt-hatch", width: hatch.spacing, height: hatch.spacing, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)",
  }, xtSvg("defs", {}, svg));
  xtSvg("rect", { width: hatch.spacing, height: hatch.spacing, fill: hatch.fill }, pattern);
  xtSvg("line", { x1: 0, y1: 0, x2: 0, y2: hatch.spacing, stroke: hatch.line, "stroke-width": 1.6 }, pattern);
  return svg;
}

function xtSwatch(symbol) {
  const svg = xtSvg("svg", { width: 28, height: 16, class: "xt-swatch", "aria-hidden": "true" });
  const common = { "stroke-linejoin": "round" };
  if (symbol.kind === "line") {
    const line = { x1: 2, y1: 8, x2: 26, y2: 8 };
    if (symbol.casing) xtSvg("line", { ...line, stroke: symbol.casing, "stroke-width": symbol.casing_width }, svg);
    xtSvg("line", { ...line, stroke: symbol.colour, "stroke-width": symbol.width, "stroke-dasharray": symbol.dash.join(" ") || "none" }, svg);
  } else if (symbol.kind === "fill") {
    xtSvg("rect", {
      x: 2, y: 2, width: 24, height: 12, fill: symbol.hatch ? "url(#xt-hatch)" : symbol.fill || "none", "fill-opacity": symbol.fill ? symbol.opacity : 0,
      stroke: symbol.outline || "none", "stroke-width": Math.max(symbol.outline_width, 0.5), "stroke-dasharray": symbol.dash.join(" ") || "none",
    }, svg);
  } else {
    const style = { ...common, fill: symbol.half ? "#ffffff" : symbol.fill || "none", stroke: symbol.outline, "stroke-width": symbol.outline_width };
    const corners = xtShapes[symbol.shape] || [];
    const points = corners.map(([x, y]) => `${14 + x * symbol.size},${8 - y * symbol.size}`).join(" ");
    if (corners.length) xtSvg("polygon", { ...style, points }, svg);
    else xtSvg("circle", { ...style, cx: 14, cy: 8, r: symbol.size / 2 }, svg);
    if (symbol.half) xtSvg("polygon", { fill: symbol.fill, points: `${14 - symbol.size * 0.6},8 ${14 + symbol.size * 0.6},8 14,${8 + symbol.size * 0.6}` }, svg);
    if (symbol.dot) xtSvg("circle", { cx: 14, cy: 8, r: symbol.size / 5, fill: symbol.dot }, svg);
  }
  return svg;
}

function xtNumber(value, decimals, language) {
  return value.toLocaleString(language === "zh" ? "zh-CN" : "en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function xtRow(body, title, value) {
  const row = xtElement("tr");
  row.append(xtElement("th", "", title), xtElement("td", "", value));
  body.append(row);
}

/* The legend of the coloured areas: one row a class with a bar of its count; no data apart, hatched. */
function xtLegend(data) {
  const box = xtElement("details", "xt-box xt-legend"), c = data.choropleth;
  box.open = window.innerWidth > 720;
  box.setAttribute("aria-label", data.texts.legend);
  box.append(xtElement("summary", "", `${c.title}${c.unit ? ` / ${c.unit}` : ""}`));
  const most = Math.max(1, ...c.counts, c.no_data), rows = [...c.labels.map((label, i) => [c.colours[i], label, c.counts[i]])];
  if (c.no_data || !rows.length) rows.push([null, data.texts.no_data, c.no_data]);
  const table = xtElement("table");
  table.append(xtElement("caption", "", `${data.texts.number_of_noun || c.noun}`));
  for (const [colour, label, count] of rows) {
    const row = xtElement("tr", colour ? "xt-class" : "xt-no-data"), swatch = xtElement("td"), bar = xtElement("td", "xt-bar");
    swatch.append(xtSwatch({ kind: "fill", fill: colour || "#fff", opacity: 1, outline: data.colours.edge, outline_width: 0.6, dash: [], hatch: !colour }));
    const strip = xtElement("span", "xt-strip");
    strip.style.width = `${Math.round((56 * count) / most)}px`;
    if (colour) strip.style.background = colour;
    else strip.classList.add("xt-hatched");
    bar.append(strip, xtElement("span", "xt-count", xtNumber(count, 0, data.language)));
    row.append(swatch, xtElement("td", "xt-label", label), bar);
    table.append(row);
  }
  box.append(table);
  if (c.target !== null) box.append(xtElement("p", "xt-note", `${data.texts.target_line} ${xtNumber(c.target, c.decimals, data.language)} ${c.unit}`));
  data.notes.forEach((note) => box.append(xtElement("p", "xt-note", note)));
  return box;
}

/* One check box a layer, its symbols below it; `toggle(name, shown)` is called on a change. */
function xtLayerList(data, toggle) {
  const box = xtElement("details", "xt-box xt-layers");
  box.open = window.innerWidth > 720;
  box.append(xtElement("summary", "", data.texts.layers));
  let group = null;
  for (const layer of [...data.layers].reverse()) {
    if (layer.group && layer.group !== group) box.append(xtElement("h3", "", layer.group));
    group = layer.group;
    const label = xtElement("label"), input = xtElement("input");
    input.type = "checkbox"; input.checked = layer.visible; input.dataset.layer = layer.name;
    input.addEventListener("change", () => toggle(layer.name, input.checked));
    label.append(input);
    if (layer.legend.length === 1) label.append(xtSwatch(layer.legend[0].symbol));
    label.append(xtElement("span", "xt-name", layer.title), xtElement("span", "xt-count", xtNumber(layer.total, 0, data.language)));
    box.append(label);
    if (layer.legend.length > 1) {
      const list = xtElement("ul");
      for (const entry of layer.legend) {
        const item = xtElement("li");
        item.append(xtSwatch(entry.symbol), xtElement("span", "xt-name", entry.label), xtElement("span", "xt-count", xtNumber(entry.count, 0, data.language)));
        list.append(item);
      }
      box.append(list);
    }
    if (layer.note) box.append(xtElement("p", "xt-note", layer.note));
  }
  return box;
}

function xtFinder(data, choose) {
  const box = xtElement("div", "xt-box xt-finder"), input = xtElement("input"), list = xtElement("datalist");
  list.id = "xt-areas"; input.type = "search"; input.setAttribute("list", list.id); input.setAttribute("aria-label", data.texts.find);
  input.placeholder = data.texts.find;
  const codes = new Map();
  for (const feature of data.choropleth.features.features) {
    const { n, c } = feature.properties, shown = codes.has(n) ? `${n} ${c}` : n;
    if (!shown) continue;
    codes.set(shown, c);
    const option = xtElement("option"); option.value = shown; list.append(option);
  }
  input.addEventListener("change", () => { if (codes.has(input.value)) choose(codes.get(input.value)); });
  box.append(input, list);
  return box;
}

function xtControl(position, element) {
  const control = L.control({ position });
  control.onAdd = () => { L.DomEvent.disableClickPropagation(element); L.DomEvent.disableScrollPropagation(element); return element; };
  return control;
}
