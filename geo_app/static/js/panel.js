// The panel beside the map: a number, what it is made of, its gaps, the rows behind it, and one row with its history.
import { byId, cell, distance, el, fill, number, rate, say, unknown } from "./dom.js";
import { get, working } from "./http.js";

const body = () => byId("panel-body");

function tally(title, part, byPerson) {
  if (!part || !part.units) return null;
  const text = part.persons === null || part.persons === undefined ? say("units_only", { units: number(part.units) }) : say("units_persons", { units: number(part.units), persons: number(part.persons) });
  return el("p", { class: "line" }, el("span", { class: "quiet" }, `${title} `), text, byPerson ? "" : "");
}

function rangeBar(figure) {
  // low – value – high on a line of 0 to 100, the target as a tick
  const ns = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(ns, "svg");
  picture.setAttribute("viewBox", "0 0 328 14");
  picture.setAttribute("class", "plot");
  picture.setAttribute("aria-hidden", "true");
  const at = (value) => 4 + (320 * Math.max(0, Math.min(100, value))) / 100;
  const add = (name, values) => {
    const node = document.createElementNS(ns, name);
    for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
    picture.append(node);
  };
  add("rect", { x: 4, y: 5, width: 320, height: 4, fill: "#eef1f3" });
  if (figure.low !== null && figure.high !== null) add("rect", { x: at(figure.low), y: 5, width: Math.max(1, at(figure.high) - at(figure.low)), height: 4, fill: "#9db8cc" });
  if (figure.value !== null) add("rect", { x: at(figure.value) - 1.5, y: 2, width: 3, height: 10, fill: "#1d5c8f" });
  if (figure.target !== null && figure.target !== undefined) add("path", { d: `M${at(figure.target)} 0v14`, stroke: "#d55e00", "stroke-width": 1.5, "stroke-dasharray": "2 2" });
  return el("div", { class: "range" }, picture);
}

function missing(code) {
  if (!code) return unknown;
  return String(code).split(/[,;]\s*/).map((part) => { const text = say(`missing_${part}`); return text === `missing_${part}` ? part : text; }).join("、");
}

function unit(name) {
  const text = say(`unit_${name}`);
  return text === `unit_${name}` ? name || "" : text;
}

function gapTable(found, open) {
  const rows = found.gaps.map((gap) => el("tr", { tabIndex: 0, "data-unit": gap.unit_id, onclick: () => open(gap), onkeydown: (event) => event.key === "Enter" && open(gap) },
    el("td", { class: "nowrap" }, gap.unit_name || gap.unit_id), el("td", { class: "number" }, number(gap.persons)), el("td", {}, missing(gap.missing)),
    el("td", { class: "number" }, gap.distance_m !== null && gap.distance_m !== undefined ? distance(gap.distance_m) : gap.shortfall !== null && gap.shortfall !== undefined ? `${cell(gap.shortfall)} ${unit(gap.shortfall_unit)}` : unknown),
    el("td", { class: "number" }, projects(gap.projects))));
  return el("div", { class: "table-wrap" }, el("table", {}, el("thead", {}, el("tr", {}, ["unit", "persons", "missing", "distance", "project"].map((key) => el("th", { scope: "col" }, say(key))))), el("tbody", {}, rows)));
}

/** How many projects a gap row mentions; their names on hovering. */
function projects(list) {
  if (!list || !list.length) return unknown;
  const names = (Array.isArray(list) ? list : String(list).split(/;\s*/)).map((item) => (typeof item === "object" ? item.name || item.project_id : item));
  return el("span", { title: names.join("\n") }, number(names.length));
}

/** Show the figures of an area; `open(gap)` moves to a unit, `rows()` shows what is behind the number, `compute()` starts a run. */
export async function showFigures(url, { open, rows, compute, stillWanted }) {
  const place = body();
  const found = await working(place, get(url));
  if (!stillWanted()) return found;
  const figure = found.figure;
  const parts = [
    el("div", { class: "place" }, el("h1", { id: "panel-title" }, found.area.name), el("span", { class: "small quiet nowrap" }, found.area.code)),
    el("p", { class: "small quiet" }, `${found.indicator.code} ${found.indicator.title}`),
  ];
  if (!found.run) {
    parts.push(el("div", { class: "empty-state" }, el("p", {}, say("no_run")), el("button", { type: "button", class: "primary", onclick: compute }, say("compute"))));
  } else if (!figure) {
    parts.push(el("p", { class: "quiet" }, say("no_figure")));
  } else {
    const bounds = figure.low !== null && figure.low !== figure.high ? el("small", {}, ` (${number(figure.low, 1)}–${number(figure.high, 1)})`) : null;
    parts.push(el("p", { class: "figure", id: "figure" }, figure.value === null ? say("no_data") : rate(figure.value), bounds), rangeBar(figure));
    const target = figure.target === null || figure.target === undefined ? el("span", { class: "quiet" }, say("no_target")) : [el("span", { class: "quiet" }, `${say("target")} `), rate(figure.target), " ", el("span", { class: `status ${figure.target_status}` }, say(figure.target_status || "none"))];
    parts.push(el("p", { class: "line" }, target));
    if (found.tally) parts.push(tally(say("not_reached"), found.tally.fails), tally(say("not_known"), found.tally.unknown));
    if (found.simulated) parts.push(el("p", { class: "line" }, el("span", { class: "simulated" }, say("simulated"))));
    if (found.run.stale) parts.push(el("p", { class: "notice warning small" }, say("stale_run"), " ", el("button", { type: "button", class: "plain", onclick: compute }, say("compute"))));
    parts.push(el("h2", {}, say("gap_list"), found.gap_total > found.gaps.length ? ` · ${say("more_rows", { shown: found.gaps.length, total: number(found.gap_total) })}` : ` · ${number(found.gap_total)}`));
    parts.push(found.gaps.length ? gapTable(found, open) : el("p", { class: "quiet small" }, say("no_gaps")));
  }
  const links = [el("a", { href: found.links.method }, say("method")), el("a", { href: found.links.area }, say("area_page"))];
  if (found.run) links.push(el("a", { href: found.run.href }, `${say("run")} #${found.run.id}`), el("button", { type: "button", class: "plain", id: "show-rows", onclick: rows }, say("rows")));
  parts.push(el("div", { class: "links" }, links));
  if (found.indicator.caveat) parts.push(el("p", { class: "small quiet" }, found.indicator.caveat));
  fill(place, parts);
  return found;
}

const STATE = { fails: "not_reached", unknown: "not_known", passes: "covered" };

/** Show the units behind a number, and open one on a choice. */
export async function showUnits(url, { title, back, open }) {
  const place = body();
  const found = await working(place, get(url));
  const rows = found.rows.map((unit) => {
    const part = unit.state === "fails" && unit.numerator > 0 ? "part_covered" : STATE[unit.state];
    return el("tr", { tabIndex: 0, onclick: () => open(unit), onkeydown: (event) => event.key === "Enter" && open(unit) },
      el("td", {}, unit.unit_name || unit.unit_id), el("td", { class: "number" }, cell(unit.numerator)), el("td", { class: "number" }, cell(unit.denominator)), el("td", {}, say(part)));
  });
  fill(place, el("div", { class: "place" }, el("h1", {}, title), el("button", { type: "button", class: "plain", onclick: back }, say("back"))),
    el("p", { class: "small quiet" }, `${say("rows")} · ${say("run")} #${found.run} · ${found.total > rows.length ? say("more_rows", { shown: number(rows.length), total: number(found.total) }) : say("rows_of", { total: number(found.total) })}`),
    el("div", { class: "table-wrap" }, el("table", { id: "units" }, el("thead", {}, el("tr", {}, ["unit", "numerator", "denominator", "state"].map((key) => el("th", { scope: "col" }, say(key))))), el("tbody", {}, rows))));
}

/** The thumbnail of a photograph; the server gives it to whoever reads its project. */
function picture(found) {
  const number = found.facts.find((fact) => fact.name === "photo_id")?.value;
  if (!number) return null;
  const address = `/photographs/${encodeURIComponent(number)}`;
  return el("a", { href: address, target: "_blank", rel: "noopener" }, el("img", { src: `${address}/thumbnail`, alt: found.name, class: "picked-photo" }));
}

/** Show one row: its values and the changes that made it. */
export async function showRow(layer, code, { back, zoom }) {
  const place = body();
  const found = await working(place, get(`/layers/${encodeURIComponent(layer)}/rows/${encodeURIComponent(code)}`));
  const facts = found.facts.filter((fact) => fact.value !== null && !["id"].includes(fact.name));
  fill(place,
    el("div", { class: "place" }, el("h1", {}, found.name), el("button", { type: "button", class: "plain", onclick: back }, say("back"))),
    el("p", { class: "small quiet" }, `${found.title} · ${found.code}`),
    found.bounds ? el("button", { type: "button", onclick: () => zoom(found.bounds) }, say("zoom_to")) : null,
    layer === "photographs" ? picture(found) : null,
    el("h2", {}, say("source_values")),
    el("dl", { class: "grid-facts", id: "facts" }, facts.flatMap((fact) => [el("dt", {}, fact.title), el("dd", {}, `${cell(fact.value)}${fact.unit ? ` ${fact.unit}` : ""}`)])),
    el("h2", {}, say("history")),
    el("ul", { class: "small", id: "history" }, found.history.map((item) => el("li", {}, el("a", { href: item.href }, `${say("changed_by")} #${item.change}`), ` ${item.at.replace("T", " ")} ${item.who} · ${item.reason}`))));
  return found;
}
