// Swatches of symbols, the legend of the coloured areas, and the list of layers.
import { byId, el, fill, number, say, svg } from "./dom.js";

let shapes = {};
export const useShapes = (values) => { shapes = values; };

/** Draw a symbol as a small picture. */
export function swatch(symbol) {
  const picture = svg("svg", { width: 24, height: 14, "aria-hidden": "true" });
  const dash = (symbol.dash || []).join(" ") || "none";
  if (symbol.kind === "line") {
    const line = { x1: 1, y1: 7, x2: 23, y2: 7 };
    if (symbol.casing) picture.append(svg("line", { ...line, stroke: symbol.casing, "stroke-width": symbol.casing_width }));
    picture.append(svg("line", { ...line, stroke: symbol.colour, "stroke-width": symbol.width, "stroke-dasharray": dash }));
  } else if (symbol.kind === "fill") {
    picture.append(svg("rect", { x: 1, y: 1, width: 22, height: 12, fill: symbol.fill || "none", "fill-opacity": symbol.fill ? symbol.opacity : 0, stroke: symbol.outline || "none", "stroke-width": Math.max(symbol.outline_width, 0.6), "stroke-dasharray": dash }));
  } else {
    const style = { fill: symbol.half ? "#fff" : symbol.fill || "none", stroke: symbol.outline === "#ffffff" ? symbol.fill || "#888" : symbol.outline, "stroke-width": symbol.outline_width };
    const corners = shapes[symbol.shape] || [];
    const size = Math.min(symbol.size, 13);
    if (corners.length) picture.append(svg("polygon", { ...style, points: corners.map(([x, y]) => `${12 + x * size},${7 - y * size}`).join(" ") }));
    else picture.append(svg("circle", { ...style, cx: 12, cy: 7, r: size / 2 }));
    if (symbol.half) picture.append(svg("rect", { x: 12 - size / 3, y: 7, width: (2 * size) / 3, height: size / 2.6, fill: symbol.fill }));
    if (symbol.dot) picture.append(svg("circle", { cx: 12, cy: 7, r: size / 5, fill: symbol.dot }));
  }
  return picture;
}

function row(colour, label, count) {
  const box = svg("svg", { width: 24, height: 14, "aria-hidden": "true" });
  if (colour) box.append(svg("rect", { x: 0.5, y: 0.5, width: 23, height: 13, fill: colour, stroke: "#5d6b70", "stroke-width": 0.6 }));
  else {
    box.append(svg("rect", { x: 0.5, y: 0.5, width: 23, height: 13, fill: "#f1f1f1", stroke: "#5d6b70", "stroke-width": 0.6 }));
    for (let x = -10; x < 24; x += 5) box.append(svg("line", { x1: x, y1: 13.5, x2: x + 13, y2: 0.5, stroke: "#8f8f8f", "stroke-width": 1 }));
  }
  return el("div", { class: "legend-row" }, box, el("span", {}, label), el("span", { class: "n" }, number(count)));
}

/** Show the classes of the coloured areas with their counts, and no data apart. */
export function showLegend(choropleth) {
  const place = byId("legend");
  if (!choropleth) {
    fill(place, el("p", { class: "small quiet" }, say("legend_empty")));
    return;
  }
  const rows = choropleth.labels.map((label, i) => row(choropleth.colours[i], label, choropleth.counts[i]));
  if (choropleth.no_data || !rows.length) rows.push(row(null, say("no_data"), choropleth.no_data));
  fill(place, el("p", { class: "small" }, `${choropleth.title} / ${choropleth.unit}`), rows);
}

/** Fill the list of layers; `change(name, shown)` and `classes(name, hidden)` are called on a choice. */
export function layerList(layers, shown, hidden, { change, classes }) {
  fill(byId("layer-list"), layers.map((layer) => {
    const several = layer.classes.length > 1;
    const box = el("input", { type: "checkbox", checked: shown.has(layer.name), disabled: layer.count === 0 });
    const parts = several ? el("div", { class: "sub-classes", hidden: !shown.has(layer.name) }, layer.classes.filter((item) => !item.key.includes("/") && item.key !== "point").map((item) => {
      const part = el("input", { type: "checkbox", checked: !hidden.has(`${layer.name}/${item.key}`) });
      part.addEventListener("change", () => {
        const name = `${layer.name}/${item.key}`;
        if (part.checked) hidden.delete(name);
        else hidden.add(name);
        classes(layer.name);
      });
      return el("label", { class: "line" }, part, swatch(item.symbol), item.title);
    })) : null;
    box.addEventListener("change", () => {
      if (parts) parts.hidden = !box.checked;
      change(layer.name, box.checked);
    });
    return el("li", { "data-layer": layer.name }, el("div", { class: "layer-row" },
      el("label", {}, box, swatch(layer.classes[0].symbol), el("span", { class: "name" }, layer.title), el("span", { class: "n" }, layer.count === null ? "" : number(layer.count)))), parts);
  }));
}
